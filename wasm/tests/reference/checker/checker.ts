/**
 * A second model of the host, slow and plain: objects and Maps, BigInt streams, the true 4096 bytes of every machine
 * page. Written from the description of the mechanisms, not from the core's tables; told the same scenario, seed and
 * commands it must come to the same pages, counts and events.
 */
import { GUEST_SYSTEMS, guestProfile, imagesOf, phaseRows, unrest } from '../../../../src/lib/world/guests';
import { GENERATION_OPTIONS } from '../../../../src/lib/world/limits';
import type { Command, Scenario, TimedCommand, VmSpec } from '../../../../src/lib/world/schema';
import { mix64 } from '../content';
import { EventKind, VmSetting } from '../../../shared/events';
import { GuestClass } from '../../../shared/guest-classes';
import { MAX_IMAGES, MAX_SHARES, MAX_VM_PAGES, MAX_VMS } from '../../../shared/limits';
import { Reason } from '../../../shared/reasons';
import { Drivers, startDriver } from './driver';
import { Guests } from './guest';
import { Host, OPTIONS } from './host';
import { found } from './lists';
import { HostMemory } from './memory';
import { guaranteed, Policy } from './policy';
import { Sampler } from './sampler';
import { Stream } from './streams';
import { Vm } from './vm';

const MIB_PAGES = 256;
const VMKERNEL_MIB = 24;
const NS_PER_SECOND = 1e9;
const STEP_NS = NS_PER_SECOND / 10;
/** Overhead that a VM which waits for it takes in a step. */
const OVERHEAD_STEP = 512;
const SAMPLE_STREAM = 2n ** 33n;
const POLICY_OPTIONS = [
  'idleTax',
  'ctlMaxPercent',
  'freeHigh',
  'freeSoft',
  'freeHard',
  'freeLow',
  'freeMargin',
];

/** Thresholds from much free memory to little. */
const STATES = ['freeHigh', 'freeSoft', 'freeHard', 'freeLow'];

const wordsOf = (spec: VmSpec): string[] => [imagesOf(spec).system, imagesOf(spec).application];

type What = Vm | 'scan' | 'second' | 'round';
type Happening = { timeNs: number; order: number; what: What };

export class Checker {
  readonly host = new Host();
  readonly memory: HostMemory;
  readonly guests: Guests;
  readonly drivers: Drivers;
  readonly sampler: Sampler;
  readonly policy: Policy;
  readonly #consolePages: number;
  readonly #timeline: TimedCommand[];
  readonly #images = new Map<string, number>();
  #queue: Happening[] = [];
  #order = 0;

  constructor(
    scenario: Scenario,
    readonly seed: number,
    commands: readonly TimedCommand[] = [],
  ) {
    const { host } = scenario;
    const salt = mix64(BigInt.asUintN(64, BigInt(seed) + 0x2545f4914f6cdd1dn));
    const swapPages = (host.swapMib ?? host.memoryMib) * MIB_PAGES;
    this.memory = new HostMemory(this.host, host.memoryMib * MIB_PAGES, swapPages, seed, salt);
    this.guests = new Guests(this.host, this.memory);
    this.drivers = new Drivers(this.guests);
    this.sampler = new Sampler(this.host);
    this.#consolePages = host.consoleMib * MIB_PAGES;
    const own = this.#consolePages + VMKERNEL_MIB * MIB_PAGES;
    this.policy = new Policy(this.host, this.memory, this.sampler, this.drivers, own);
    for (let n = 0; n < own; n++)
      this.memory.machine.take({ kind: n < this.#consolePages ? 'console' : 'vmkernel' });
    for (const [option, value] of Object.entries({ ...GENERATION_OPTIONS[host.generation], ...host.options }))
      this.#writeOption(option, value);
    for (const spec of scenario.vms) this.apply({ kind: 'add-vm', spec });
    const powerOns = scenario.vms.flatMap(({ name, powerOnAtSeconds }): TimedCommand[] =>
      powerOnAtSeconds === null
        ? []
        : [
            {
              timeNs: Math.round(powerOnAtSeconds * NS_PER_SECOND),
              command: { kind: 'power-on', vm: name },
            },
          ],
    );
    const byTime = (a: TimedCommand, b: TimedCommand) => a.timeNs - b.timeNs;
    // At one moment the scenario's own come first.
    this.#timeline = [
      ...[...powerOns, ...scenario.timeline].sort(byTime),
      ...[...commands].sort(byTime),
    ].sort(byTime);
  }

  get timeNs(): number {
    return this.host.timeNs;
  }

  // ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Everything up to and at this moment; commands come after what else happens at theirs. */
  advance(untilNs: number): void {
    for (;;) {
      const commandNs = this.#timeline[0]?.timeNs ?? Infinity;
      this.#runQueue(Math.min(untilNs, commandNs));
      if (commandNs > untilNs) return;
      this.apply(this.#timeline.shift()!.command);
    }
  }

  #runQueue(untilNs: number): void {
    for (;;) {
      const next = this.#next();
      if (!next || next.timeNs > untilNs) break;
      this.#queue.splice(this.#queue.indexOf(next), 1);
      this.host.timeNs = next.timeNs;
      this.#happen(next.what);
    }
    this.host.timeNs = Math.max(this.host.timeNs, untilNs);
  }

  #happen(what: What): void {
    if (what === 'scan') {
      if (this.#scanRate() > 0) this.memory.scanNext();
      this.#queueScan();
      // One page changes no state.
      return;
    }
    if (what === 'second') {
      if (this.host.running.length > 0) this.policy.second();
      this.#queueSecond();
    } else if (what === 'round') this.policy.round();
    else {
      if (this.#fillOverhead(what)) this.sampler.pass(what, this.guests.step(what));
      this.#at(this.host.timeNs + STEP_NS, what);
    }
    this.policy.observe();
    if (this.policy.state !== 'high') this.#queueRound();
  }

  #next(): Happening | undefined {
    let first = this.#queue[0];
    for (const other of this.#queue)
      if (other.timeNs < first!.timeNs || (other.timeNs === first!.timeNs && other.order < first!.order))
        first = other;
    return first;
  }

  #at(timeNs: number, what: What): void {
    this.#queue.push({ timeNs, order: this.#order++, what });
  }

  awaits(what: What): boolean {
    return this.#queue.some((happening) => happening.what === what);
  }

  /** Mem.ShareScanVM for each VM that runs, Mem.ShareScanTotal at most. */
  #scanRate(): number {
    if (!this.host.option('shareEnabled')) return 0;
    const running = this.host.running.length;
    return Math.min(this.host.option('shareScanVm') * running, this.host.option('shareScanTotal'));
  }

  #queueScan(): void {
    const rate = this.#scanRate();
    if (rate === 0 || this.awaits('scan')) return;
    this.#at(this.host.timeNs + Math.floor(NS_PER_SECOND / rate), 'scan');
  }

  #queueSecond(): void {
    if (this.host.running.length === 0 || this.awaits('second')) return;
    this.#at((this.host.seconds + 1) * NS_PER_SECOND, 'second');
  }

  #queueRound(): void {
    if (this.awaits('round') || !this.policy.mustPage) return;
    this.#at(this.host.timeNs + STEP_NS, 'round');
  }

  // ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** @returns the reason it was refused for, in kebab-case; null when it was accepted. */
  apply(command: Command): string | null {
    switch (command.kind) {
      case 'set-option':
        return this.#setOption(command.option, command.value);
      case 'add-vm':
        return this.#add(command.spec);
      case 'clone-vm': {
        const source = this.named(command.vm);
        return source ? this.#add({ ...source.spec, name: command.name }) : 'unknown-vm';
      }
    }
    if (!('vm' in command)) throw new Error(`${command.kind}: the checker has no network`);
    const vm = this.named(command.vm);
    if (!vm) return 'unknown-vm';
    switch (command.kind) {
      case 'power-on':
        return this.#powerOn(vm);
      case 'power-off':
        return this.#powerOff(vm);
      case 'reset':
        return this.#reset(vm);
      case 'remove-vm':
        if (vm.isOn) return 'vm-is-on';
        this.host.vms.delete(vm.slot);
        this.host.tell(EventKind.vmRemoved, Reason.command, vm.slot);
        return null;
      case 'set-memory':
        return this.#setMemory(vm, command.memoryMib);
      case 'set-min':
        return this.#setMin(vm, command.minMib * MIB_PAGES, command.minMib);
      case 'set-shares':
        if (command.shares > MAX_SHARES) return 'shares-out-of-range';
        this.#setShares(vm, command.shares);
        vm.spec = { ...vm.spec, shares: command.shares };
        return null;
      case 'set-tools':
        this.#setTools(vm, command.tools);
        vm.spec = { ...vm.spec, tools: command.tools };
        return null;
      case 'set-workload': {
        const { workload, clients, touchMib } = command;
        return this.#setWorkload(vm, { ...vm.spec, workload, clients, touchMib });
      }
      case 'write-page': {
        if (!vm.isOn) return 'vm-already-off';
        const page = vm.pages[command.page];
        if (!page) return 'page-out-of-range';
        if (page.ballooned) return 'page-in-balloon';
        this.memory.write(page, this.memory.freshId());
        this.policy.observe();
        this.#queueRound();
        return null;
      }
      case 'scan-page': {
        if (command.page >= vm.size) return 'page-out-of-range';
        const page = vm.pages[command.page];
        if (!vm.isOn || !page?.machine) return 'page-not-present';
        this.memory.scan(page, Reason.scan);
        return null;
      }
    }
  }

  named(name: string): Vm | undefined {
    return [...this.host.vms.values()].find((vm) => vm.spec.name === name);
  }

  #setOption(option: string, value: number): string | null {
    const [min, max] = OPTIONS[option] ?? [0, -1];
    if (value < min || value > max) return 'option-out-of-range';
    const at = STATES.indexOf(option);
    const [higher, lower] = [STATES[at - 1], STATES[at + 1]];
    if (at >= 0 && higher && value > this.host.option(higher)) return 'threshold-out-of-order';
    if (at >= 0 && lower && value < this.host.option(lower)) return 'threshold-out-of-order';
    this.#writeOption(option, value);
    return null;
  }

  #writeOption(option: string, value: number): void {
    const before = this.host.option(option);
    this.host.options.set(option, value);
    const number = Object.keys(OPTIONS).indexOf(option) + 1;
    const cause = this.host.tell(EventKind.optionChanged, Reason.command, 0, number, before, value);
    this.#queueScan();
    if (POLICY_OPTIONS.includes(option) && this.host.running.length > 0)
      this.#settle(Reason.settingChange, cause);
  }

  /** Something that the policy depends on has changed. */
  #settle(reason: Reason, cause: number): void {
    this.policy.observe();
    if (this.host.running.length > 0) this.policy.reallocate(reason, cause);
    this.#queueSecond();
    this.#queueRound();
  }

  #set(vm: Vm, setting: VmSetting, before: number, now: number): number {
    return this.host.tell(EventKind.settingChanged, Reason.command, vm.slot, setting, before, now);
  }

  // ── settings ───────────────────────────────────────────────────────────────────────────────────────────────────

  #add(given: VmSpec): string | null {
    const spec = {
      ...given,
      workload: given.workload ?? 'idle',
      vcpus: given.vcpus ?? 1,
      tools: given.tools ?? true,
    };
    if (this.named(spec.name)) return 'name-taken';
    if (spec.memoryMib < GUEST_SYSTEMS[spec.guest].minMib) return 'guest-memory-too-small';
    if ((spec.minMib ?? 0) > spec.memoryMib) return 'min-above-max';
    let slot = 1;
    while (this.host.vms.has(slot)) slot++;
    if (slot > MAX_VMS) return 'no-free-vm-slot';
    const images = this.#imagesWith(spec, null);
    if (!images) return 'too-many-images';
    if (spec.memoryMib * MIB_PAGES > MAX_VM_PAGES) return 'vm-memory-out-of-range';
    this.#keepImages(images);
    const stream = Stream.of(this.seed, BigInt(slot));
    const samples = Stream.of(this.seed, SAMPLE_STREAM + BigInt(slot));
    const pages = spec.memoryMib * MIB_PAGES;
    const vm = new Vm(slot, spec, pages, stream, samples);
    this.host.vms.set(slot, vm);
    this.host.tell(EventKind.vmAdded, Reason.command, slot, pages);
    this.#configure(vm);
    return null;
  }

  /** A VM that is off gets what its specification says. */
  #configure(vm: Vm): void {
    const { spec } = vm;
    vm.files = new Set(wordsOf(spec));
    this.#load(vm);
    vm.phases = phaseRows(spec);
    const half = this.memory.swap.size === 0 ? spec.memoryMib : Math.floor(spec.memoryMib / 2);
    this.#setMin(vm, Math.min(spec.minMib ?? half, spec.memoryMib) * MIB_PAGES, null);
    this.#setShares(vm, spec.shares ?? Math.min(MAX_SHARES, spec.memoryMib * 10));
    this.#setTools(vm, spec.tools);
  }

  /** What its guest finds on its disk at the next boot. */
  #load(vm: Vm): void {
    const { system, application } = imagesOf(vm.spec);
    vm.profile = guestProfile(vm.spec, found(this.#images.get(system)), found(this.#images.get(application)));
  }

  /** Numbers of disk images: kept while a VM uses them, else the lowest that is free. */
  #imagesWith(spec: VmSpec, instead: Vm | null): Map<string, number> | null {
    const others = [...this.host.vms.values()].filter((vm) => vm !== instead);
    const used = new Set([...others.flatMap(({ files }) => [...files]), ...wordsOf(spec)]);
    const images = new Map([...this.#images].filter(([word]) => used.has(word)));
    for (const word of wordsOf(spec)) {
      if (images.has(word)) continue;
      let number = 1;
      while ([...images.values()].includes(number)) number++;
      if (number > MAX_IMAGES) return null;
      images.set(word, number);
    }
    return images;
  }

  #keepImages(images: Map<string, number>): void {
    this.#images.clear();
    for (const [word, number] of images) this.#images.set(word, number);
  }

  #setMemory(vm: Vm, memoryMib: number): string | null {
    if (memoryMib < GUEST_SYSTEMS[vm.spec.guest].minMib) return 'guest-memory-too-small';
    if (vm.isOn) return 'vm-is-on';
    if (memoryMib * MIB_PAGES > MAX_VM_PAGES) return 'vm-memory-out-of-range';
    const { minMib } = vm.spec;
    vm.spec = {
      ...vm.spec,
      memoryMib,
      ...(minMib !== undefined && { minMib: Math.min(minMib, memoryMib) }),
    };
    const before = vm.size;
    vm.size = memoryMib * MIB_PAGES;
    vm.minPages = Math.min(vm.minPages, vm.size);
    this.#set(vm, VmSetting.maxPages, before, vm.size);
    this.#configure(vm);
    return null;
  }

  /** @param told what its specification says from now on; null: it says so already. */
  #setMin(vm: Vm, pages: number, told: number | null): string | null {
    if (pages > vm.size) return 'min-above-max';
    const before = vm.minPages;
    if (vm.isOn && this.memory.swap.size > 0) {
      const more = Math.max(1, pages) - Math.max(1, before);
      if (more > this.unreserved) return 'not-enough-memory';
      if (-more > this.unreservedSwap) return 'not-enough-swap';
    }
    if (told !== null) vm.spec = { ...vm.spec, minMib: told };
    // What is set to what it is is no event.
    if (pages === before) return null;
    vm.minPages = pages;
    this.#settle(Reason.settingChange, this.#set(vm, VmSetting.minPages, before, pages));
    return null;
  }

  #setShares(vm: Vm, shares: number): void {
    const before = vm.shares;
    if (shares === before) return;
    vm.shares = shares;
    this.#settle(Reason.settingChange, this.#set(vm, VmSetting.shares, before, shares));
  }

  #setTools(vm: Vm, tools: boolean): void {
    const before = vm.tools;
    if (tools === before) return;
    if (!tools) this.drivers.unload(vm);
    else if (vm.isOn) startDriver(vm);
    vm.tools = tools;
    this.#settle(Reason.settingChange, this.#set(vm, VmSetting.tools, Number(before), Number(tools)));
  }

  /** While it runs only what the workload asks for can change; the guest's files are those of its boot. */
  #setWorkload(vm: Vm, spec: VmSpec): string | null {
    const images = this.#imagesWith(spec, vm.life ? null : vm);
    if (!images) return 'too-many-images';
    this.#keepImages(images);
    vm.spec = spec;
    if (vm.life) {
      for (const word of wordsOf(spec)) vm.files.add(word);
      for (const [column, value] of unrest(spec)) vm.profile.set(column, value);
      vm.phases = phaseRows(spec);
      vm.life.phase = 0;
      if (vm.isUp) this.guests.startPhase(vm, 0);
      return null;
    }
    this.#configure(vm);
    return null;
  }

  // ── admission and power ────────────────────────────────────────────────────────────────────────────────────────

  /** 54 MiB, 10 more for a second processor, 32 more for each GiB above 512 MiB (as configured). */
  overheadOf(vm: Vm): number {
    const option = (name: string) => this.host.option(name);
    const mib = option('overheadBaseMib') + (vm.spec.vcpus > 1 ? option('overheadVcpuMib') : 0);
    const above = Math.max(0, vm.size - 512 * MIB_PAGES);
    return mib * MIB_PAGES + Math.floor((above * option('overheadGibMib') * MIB_PAGES) / (1024 * 256));
  }

  /** Promised: min + overhead of memory. */
  get reserved(): number {
    const { size } = this.memory.swap;
    return this.host.running.reduce((sum, vm) => sum + guaranteed(vm, size) + vm.overheadTarget, 0);
  }

  /** Promised: max − min of the swap file. */
  get reservedSwap(): number {
    const { size } = this.memory.swap;
    return this.host.running.reduce((sum, vm) => sum + vm.size - guaranteed(vm, size), 0);
  }

  get unreserved(): number {
    return this.memory.machine.total - this.policy.hostsOwn - this.reserved;
  }

  get unreservedSwap(): number {
    return this.memory.swap.size - this.reservedSwap;
  }

  #powerOn(vm: Vm): string | null {
    if (vm.isOn) return 'vm-already-on';
    const overhead = this.overheadOf(vm);
    const { size } = this.memory.swap;
    if (guaranteed(vm, size) + overhead > this.unreserved) return 'not-enough-memory';
    if (vm.size - guaranteed(vm, size) > this.unreservedSwap) return 'not-enough-swap';
    vm.overheadTarget = overhead;
    vm.target = vm.size;
    vm.makePages();
    this.#startBoot(vm);
    while (vm.overhead.length < overhead && this.memory.machine.free > 0) this.memory.takeOverhead(vm);
    const cause = this.host.tell(EventKind.vmPoweredOn, Reason.command, vm.slot, overhead);
    this.#at(this.host.timeNs + STEP_NS, vm);
    this.#queueScan();
    this.#settle(Reason.powerChange, cause);
    return null;
  }

  #startBoot(vm: Vm): void {
    this.guests.start(vm);
    this.sampler.start(vm);
  }

  /** What was not free at power-on is taken before the guest starts. @returns true when all is there. */
  #fillOverhead(vm: Vm): boolean {
    for (let n = 0; n < OVERHEAD_STEP; n++) {
      if (vm.overhead.length === vm.overheadTarget) return true;
      this.memory.takeOverhead(vm);
    }
    return false;
  }

  /** The guest starts again and with it the driver; its memory stays, a balloon is popped. */
  #reset(vm: Vm): string | null {
    if (!vm.isOn) return 'vm-already-off';
    this.#load(vm);
    const balloon = vm.balloonSize;
    for (const page of vm.pages) {
      page.ballooned = false;
      page.use = GuestClass.untouched;
    }
    const cause = this.host.tell(EventKind.vmReset, Reason.command, vm.slot);
    if (balloon > 0) this.host.tell(EventKind.balloonPopped, Reason.command, vm.slot, balloon, 0, 0, cause);
    this.#startBoot(vm);
    this.#settle(Reason.powerChange, cause);
    return null;
  }

  #powerOff(vm: Vm): string | null {
    if (!vm.isOn) return 'vm-already-off';
    const { machine, table } = this.memory;
    const before = machine.free;
    this.#queue = this.#queue.filter(({ what }) => what !== vm);
    table.removeHintsOf(vm.slot);
    for (const page of vm.pages) this.memory.unback(page);
    vm.overhead.sort((a, b) => a.number - b.number).forEach((page) => machine.giveBack(page));
    Object.assign(vm, {
      life: null,
      pages: [],
      overhead: [],
      overheadTarget: 0,
      given: 0,
      target: 0,
      blocked: false,
      balloonTarget: 0,
      allocRate: 0,
      freeRate: 0,
      slowSeconds: 0,
    } satisfies Partial<Vm>);
    vm.files = new Set(wordsOf(vm.spec));
    this.#load(vm);
    const cause = this.host.tell(EventKind.vmPoweredOff, Reason.command, vm.slot, machine.free - before);
    this.#settle(Reason.powerChange, cause);
    return null;
  }

  /** So that a test can say what a page must be. */
  page(name: string, number: number) {
    return found(this.named(name)?.pages[number]);
  }
}
