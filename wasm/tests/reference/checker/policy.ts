/** The memory scheduler: four states by free memory, targets by shares and idle tax, balloons, paging, blocking. */
import { EventKind } from '../../../shared/events';
import { Reason } from '../../../shared/reasons';
import type { Drivers } from './driver';
import type { Host } from './host';
import { found } from './lists';
import type { HostMemory } from './memory';
import type { Sampler } from './sampler';
import type { Vm } from './vm';

const STATES = ['high', 'soft', 'hard', 'low'] as const;
type State = (typeof STATES)[number];
const THRESHOLDS: Record<State, string> = {
  high: 'freeHigh',
  soft: 'freeSoft',
  hard: 'freeHard',
  low: 'freeLow',
};
const HALVINGS = 60;
const CLUSTER = 32;
const ROUNDS_A_SECOND = 10;
const TOLD_BALLOON = 64;

/** Without a swap file all of a VM is guaranteed; with one, a page at the least. */
export const guaranteed = (vm: Vm, swapSize: number): number =>
  swapSize === 0 ? vm.size : Math.max(1, vm.minPages);

export class Policy {
  state: State = 'high';
  /** Number of the event with which it began. */
  stateCause = 0;

  constructor(
    readonly host: Host,
    readonly memory: HostMemory,
    readonly sampler: Sampler,
    readonly drivers: Drivers,
    /** Console and vmkernel. */
    readonly hostsOwn: number,
  ) {}

  get stateNumber(): number {
    return STATES.indexOf(this.state);
  }

  #pages(option: string): number {
    return Math.floor((this.memory.machine.total * this.host.option(option)) / 1000);
  }

  // ── states ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #next(): State {
    const { free } = this.memory.machine;
    let at = this.stateNumber;
    const first = at;
    for (; at < 3 && free < this.#pages(THRESHOLDS[found(STATES[at + 1])]); at++);
    if (at !== first) return found(STATES[at]);
    const margin = this.#pages('freeMargin');
    for (; at > 0 && free > this.#pages(THRESHOLDS[found(STATES[at - 1])]) + margin; at--);
    return found(STATES[at]);
  }

  observe(): void {
    const before = this.stateNumber;
    this.state = this.#next();
    const now = this.stateNumber;
    if (now === before) return;
    const reason = now > before ? Reason.freeMemoryFell : Reason.freeMemoryRose;
    const { free } = this.memory.machine;
    const cause = this.host.tell(EventKind.stateChanged, reason, 0, before, now, free);
    this.stateCause = cause;
    this.memory.policyCause = cause;
    this.reallocate(reason, cause);
  }

  reallocate(reason: Reason, cause: number): void {
    this.#setTargets(reason, cause);
    this.#act();
  }

  second(): void {
    if (this.host.seconds % this.host.option('balancePeriod') === 0)
      this.#setTargets(Reason.periodic, this.stateCause);
    this.#act();
    for (const vm of this.host.running) this.drivers.second(vm);
  }

  // ── targets ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Pages that VMs may have: all there are but the host's own and those that stay free; shared ones count for each. */
  get available(): number {
    const { machine, table } = this.memory;
    const saved = table.shares.reduce((sum, { mappers }) => sum + mappers.size - 1, 0);
    const overhead = this.host.running.reduce((sum, vm) => sum + vm.overhead.length, 0);
    return Math.max(0, machine.total + saved - this.hostsOwn - overhead - this.#pages('freeHigh'));
  }

  /** With the price of a share at 1/x: shares × x pages, of which the idle ones are taxed. */
  #wants(vm: Vm, x: number): number {
    const tax = this.host.option('idleTax') / 100;
    const active = Math.min(found(vm.life).active, vm.size);
    const entitled = vm.shares * x;
    const pages = entitled <= active ? entitled : tax * active + (1 - tax) * entitled;
    return Math.min(Math.max(pages, guaranteed(vm, this.memory.swap.size)), vm.size);
  }

  #setTargets(reason: Reason, cause: number): void {
    const { running } = this.host;
    const { available } = this;
    for (const vm of running) this.sampler.estimate(vm);
    const tax = this.host.option('idleTax') / 100;
    const fits = (x: number) => running.reduce((sum, vm) => sum + this.#wants(vm, x), 0) <= available;
    const richest = running.filter(({ shares }) => shares > 0).map((vm) => vm.size / (1 - tax) / vm.shares);
    let most = Math.max(0, ...richest) + 1;
    const all = fits(most);
    let x = all ? most : 0;
    if (!all)
      for (let n = 0; n < HALVINGS; n++) {
        const middle = (x + most) / 2;
        if (fits(middle)) x = middle;
        else most = middle;
      }
    let told = 0;
    const tell = () => {
      if (told) return;
      told = this.host.tell(EventKind.targetsSet, reason, 0, available, running.length, all ? 1 : 0, cause);
    };
    if (reason !== Reason.periodic) tell();
    for (const vm of running) {
      const before = vm.target;
      vm.target = Math.floor(this.#wants(vm, x));
      vm.given = 0;
      if (Math.abs(vm.target - before) <= Math.floor(vm.size / 100)) continue;
      tell();
      const { active } = found(vm.life);
      this.host.tell(EventKind.targetSet, reason, vm.slot, vm.target, vm.allocated, active, told);
    }
    if (told) this.memory.policyCause = told;
  }

  // ── what a state asks for ──────────────────────────────────────────────────────────────────────────────────────

  #act(): void {
    for (const vm of this.host.running) this.#aim(vm);
    this.#block();
  }

  #largestBalloon(vm: Vm): number {
    return Math.floor((vm.size * this.host.option('ctlMaxPercent')) / 100);
  }

  #aim(vm: Vm): void {
    const size = vm.balloonSize;
    let wanted = vm.driverRuns ? size + vm.excess : 0;
    if (this.state === 'high') wanted = Math.min(wanted, size);
    const target = Math.max(0, Math.min(wanted, this.#largestBalloon(vm)));
    const moved = Math.abs(target - vm.balloonTarget);
    vm.balloonTarget = target;
    if (moved === 0 || (moved < TOLD_BALLOON && target !== 0)) return;
    const reason = vm.excess > 0 ? Reason.aboveTarget : Reason.belowTarget;
    const { policyCause } = this.memory;
    this.host.tell(EventKind.balloonTargetSet, reason, vm.slot, target, size, vm.allocated, policyCause);
  }

  #block(): void {
    const { policyCause } = this.memory;
    for (const vm of this.host.running) {
      const blocked = this.state === 'low' && vm.excess > 0;
      if (blocked === vm.blocked) continue;
      vm.blocked = blocked;
      if (blocked) {
        const { allocated, target } = vm;
        this.host.tell(EventKind.vmBlocked, Reason.lowState, vm.slot, allocated, target, 0, policyCause);
      } else {
        const ms = found(vm.life).lost.blocked;
        this.host.tell(EventKind.vmUnblocked, Reason.belowTarget, vm.slot, ms, 0, 0, policyCause);
      }
    }
  }

  // ── the swap daemon ────────────────────────────────────────────────────────────────────────────────────────────

  #why(vm: Vm): Reason | null {
    if (this.state === 'high' || vm.excess <= 0) return null;
    if (this.state !== 'soft') return Reason.forcedPaging;
    if (!vm.driverRuns) return Reason.noBalloonDriver;
    return vm.balloonSize >= this.#largestBalloon(vm) ? Reason.balloonAtMaximum : null;
  }

  get mustPage(): boolean {
    return this.host.running.some((vm) => this.#why(vm) !== null);
  }

  /** Who must give, has pages of this kind, and is furthest above its target. */
  #furthest(what: 'own' | 'shared'): Vm | undefined {
    const has = (vm: Vm) => (what === 'shared' ? vm.shared : vm.allocated - vm.shared) > 0;
    const victims = this.host.running.filter((vm) => this.#why(vm) !== null && has(vm));
    const most = Math.max(...victims.map((vm) => vm.excess));
    return victims.find((vm) => vm.excess === most);
  }

  /** A tenth of a second's paging. */
  round(): void {
    for (let left = Math.floor(this.host.option('swapOutRate') / ROUNDS_A_SECOND); left > 0;) {
      const own = this.#furthest('own');
      const victim = own ?? this.#furthest('shared');
      if (!victim) break;
      const why = found(this.#why(victim));
      const there = own ? victim.allocated - victim.shared : victim.shared;
      const pages = Math.min(left, CLUSTER, victim.excess, there);
      left -= pages;
      for (let n = 0; n < pages; n++)
        if (!this.memory.pageOutRandom(victim, own ? 'own' : 'shared', why)) return this.observe();
    }
    this.observe();
    this.#block();
  }
}
