/**
 * A world under watch: all that it tells and shows is held to what the mechanisms promise, at every event and at every
 * look. Each promise counts how often it was put to the test.
 */
import { expect } from 'vitest';
import { Field, VmColumn, type Core } from '../../src/lib/core/core';
import { OPTION_NUMBERS } from '../../src/lib/core/codes';
import { EventLog } from '../../src/lib/sim/event-log';
import type { EventRecord, Receipt } from '../../src/lib/sim/protocol';
import type { World } from '../../src/lib/sim/world';
import type { Command } from '../../src/lib/world/schema';
import { EventKind } from '../shared/events';
import { EVENT_RING_RECORDS } from '../shared/limits';
import { Option } from '../shared/options';
import { PageState } from '../shared/page-class';
import { solve } from './solver';
import { fingerprint } from './worlds';

const [HIGH, LOW] = [0, 3];
/** Two ways to solve differ in their last bits. */
const ROUNDING = 1e-6;
const THRESHOLDS = [Option.freeHigh, Option.freeSoft, Option.freeHard, Option.freeLow];
const LEDGER = [
  Field.consolePages,
  Field.vmkernelPages,
  Field.overheadPages,
  Field.privatePages,
  Field.sharedCopies,
  Field.freePages,
];
const LOST = [
  VmColumn.blockedMs,
  VmColumn.guestFaultMs,
  VmColumn.swapInMs,
  VmColumn.reclaimMs,
  VmColumn.fileReadMs,
];

/** Kinds that something is promised of; the rest are many. */
const HEARD: ReadonlySet<EventKind> = new Set([
  EventKind.optionChanged,
  EventKind.stateChanged,
  EventKind.balloonInflated,
  EventKind.balloonDeflated,
  EventKind.pageSwappedOut,
  EventKind.vmBlocked,
  EventKind.vmUnblocked,
]);

/** How often each promise was tried. */
export const tried = {
  audits: 0,
  refusals: 0,
  pagesInOneState: 0,
  targets: 0,
  targetsUnderPressure: 0,
  identities: 0,
  minimums: 0,
  minimumsWithPagesTaken: 0,
  statesDown: 0,
  statesUp: 0,
  statesKept: 0,
  quietWhenHigh: 0,
  inflations: 0,
  inflationsByReclaim: 0,
  deflations: 0,
  blocked: 0,
  unblocked: 0,
  pageOuts: 0,
  lives: 0,
  livesThatWaited: 0,
  estimates: 0,
};

/** How often a command of each kind was accepted and refused, and each reason was given. */
export const answers = new Map<string, number>();
const count = (answer: string) => answers.set(answer, (answers.get(answer) ?? 0) + 1);

export class Watch {
  readonly core: Core;
  readonly #log = new EventLog();
  #state = HIGH;
  #options = new Map<number, number>();
  /** A guarantee was raised above what the VM had: then it takes time to be kept. */
  #raised = false;

  constructor(readonly world: World) {
    this.core = world.core;
    // What was told while it was opened was with nothing running.
    this.#log.drain(this.core);
    for (const which of Object.values(OPTION_NUMBERS)) this.#options.set(which, this.core.option(which));
  }

  /** To a moment; every event on the way is looked at. */
  to(timeNs: number): void {
    while (this.world.advance(timeNs, this.#log.drained)) this.#listen();
    this.#listen();
  }

  /** A command, which changes nothing when it is refused. */
  apply(command: Command): Receipt {
    const before = fingerprint(this.core);
    if (command.kind === 'set-min') this.#raised = true;
    const receipt = this.world.apply(command);
    count(`${command.kind} ${receipt.kind}`);
    if (receipt.kind === 'refused') {
      tried.refusals++;
      count(receipt.reason);
      expect(fingerprint(this.core), `refused for ${receipt.reason}`).toBe(before);
    }
    this.#listen();
    return receipt;
  }

  get #slots(): number[] {
    return [...this.world.registry.vms.keys()];
  }

  get #running(): number[] {
    return this.#slots.filter((vm) => this.core.power(vm) !== 'off');
  }

  // ── events ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #listen(): void {
    const first = this.#log.drain(this.core);
    expect(this.#log.last - first, 'records since the last look').toBeLessThan(EVENT_RING_RECORDS);
    for (let n = first; n <= this.#log.last; n++)
      if (HEARD.has(this.#log.kindOf(n))) this.#heard(this.#log.get(n)!);
  }

  #heard(event: EventRecord): void {
    const { kind, reason, a, b, c } = event;
    const said = () => JSON.stringify(event);
    switch (kind) {
      case 'option-changed':
        this.#options.set(a, c);
        break;
      case 'state-changed':
        this.#stateChanged(event);
        break;
      case 'balloon-inflated':
        tried.inflations++;
        expect(this.#state, said()).not.toBe(HIGH);
        // From the guest's free list fast; what the guest must free first slowly.
        expect(b, said()).toBeLessThanOrEqual(c > 0 ? 2048 : 16_384);
        if (c > 0) tried.inflationsByReclaim++;
        break;
      case 'balloon-deflated':
        tried.deflations++;
        if (reason !== 'tools-removed') expect(b, said()).toBeLessThanOrEqual(16_384);
        break;
      case 'page-swapped-out':
        tried.pageOuts++;
        if (this.#state !== HIGH) break;
        tried.quietWhenHigh++;
        expect(reason, said()).toBe('nothing-free');
        break;
      case 'vm-blocked':
        tried.blocked++;
        expect(this.#state, said()).toBe(LOW);
        expect(a, said()).toBeGreaterThan(b);
        break;
      case 'vm-unblocked':
        tried.unblocked++;
        break;
    }
  }

  /** Permilles of memory, as the core rounds them. */
  #pages(which: number): number {
    return Math.floor((this.core.field(Field.hostPages) * (this.#options.get(which) ?? 0)) / 1000);
  }

  /** Down below the threshold of each lower state; up above that of each higher one by the margin. */
  #stateChanged(event: EventRecord): void {
    const { a: before, b: now, c: free } = event;
    const said = JSON.stringify(event);
    expect(before, said).toBe(this.#state);
    expect(now, said).not.toBe(before);
    const threshold = (state: number) => this.#pages(THRESHOLDS[state]!);
    const margin = this.#pages(Option.freeMargin);
    if (now > before) {
      tried.statesDown++;
      for (let state = before + 1; state <= now; state++) expect(free, said).toBeLessThan(threshold(state));
      if (now < LOW) expect(free, said).toBeGreaterThanOrEqual(threshold(now + 1));
    } else {
      tried.statesUp++;
      for (let state = before - 1; state >= now; state--)
        expect(free, said).toBeGreaterThan(threshold(state) + margin);
      if (now > HIGH) expect(free, said).toBeLessThanOrEqual(threshold(now - 1) + margin);
    }
    this.#state = now;
  }

  // ── looks ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** All that can be said of any moment. */
  look(): void {
    const { core } = this;
    const f = (field: Field) => core.field(field);
    tried.audits++;
    expect(core.x.audit(), 'differences between the ledger and the tables').toBe(0);
    expect(
      LEDGER.reduce((total, part) => total + f(part), 0),
      'sum of the ledger',
    ).toBe(f(Field.hostPages));
    expect(f(Field.hostState)).toBe(this.#state);
    const thresholds = THRESHOLDS.map((which) => this.#pages(which));
    expect(thresholds, 'high ≥ soft ≥ hard ≥ low').toEqual([...thresholds].sort((a, b) => b - a));
    if (f(Field.runningVms) > 0 && this.#state < LOW) {
      tried.statesKept++;
      // Whoever takes memory looks at what is left of it.
      expect(f(Field.freePages)).toBeGreaterThanOrEqual(this.#pages(THRESHOLDS[this.#state + 1]!));
    }
    expect(f(Field.reservedPages)).toBeLessThanOrEqual(
      f(Field.hostPages) - f(Field.consolePages) - f(Field.vmkernelPages),
    );
    expect(f(Field.swapReservedPages)).toBeLessThanOrEqual(f(Field.swapPages));
    let swapped = 0;
    for (const vm of this.#slots) {
      swapped += core.vm(vm, VmColumn.swappedPages);
      if (core.power(vm) !== 'off') this.#lookAt(vm);
    }
    expect(f(Field.swapUsedPages), 'slots in use').toBe(swapped);
  }

  #lookAt(vm: number): void {
    const { core } = this;
    const c = (column: VmColumn) => core.vm(vm, column);
    const max = c(VmColumn.maxPages);
    if (c(VmColumn.blocked)) expect(this.#state, `VM ${vm} is blocked`).toBe(LOW);
    const largest = Math.floor((max * core.option(Option.ctlMaxPercent)) / 100);
    expect(c(VmColumn.balloonTarget)).toBeLessThanOrEqual(largest);
    if (!c(VmColumn.tools)) expect(c(VmColumn.balloonPages), 'a balloon without a driver').toBe(0);
    expect(c(VmColumn.balloonAllocRate)).toBeLessThanOrEqual(2048);
    expect(c(VmColumn.balloonAllocRate)).toBeGreaterThanOrEqual(512);
    tried.estimates++;
    expect(c(VmColumn.activePages)).toBeLessThanOrEqual(max);
    expect(c(VmColumn.sampleTouched)).toBe(core.samples(vm).filter(({ touched }) => touched).length);
    const floor = core.field(Field.swapPages) === 0 ? max : c(VmColumn.minPages);
    expect(c(VmColumn.targetPages)).toBeLessThanOrEqual(max);
    if (!this.#raised) expect(c(VmColumn.targetPages)).toBeGreaterThanOrEqual(floor);
    this.#guarantee(vm, floor);
    this.#time(vm);
  }

  /**
   * At most what lies above the minimum is taken from a VM. Only then may it be less: when memory is promised to the last
   * page, and a VM at its own minimum takes the page that it needs from itself.
   */
  #guarantee(vm: number, floor: number): void {
    const { core } = this;
    if (this.#raised || core.x.unreservedPages() === 0n) return;
    tried.minimums++;
    const taken = core.vm(vm, VmColumn.swappedPages) + core.vm(vm, VmColumn.balloonPages);
    if (taken > 0) tried.minimumsWithPagesTaken++;
    const max = core.vm(vm, VmColumn.maxPages);
    expect(taken, `VM ${vm}: pages taken of ${max}, ${floor} guaranteed`).toBeLessThanOrEqual(max - floor);
  }

  /** What a guest has lost by now is what was booked but for what it still owes; the rest of its life it ran. */
  #time(vm: number): void {
    const c = (column: VmColumn) => this.core.vm(vm, column);
    const booked = LOST.reduce((sum, column) => sum + c(column), 0);
    const owed = c(VmColumn.stallMs);
    tried.lives++;
    if (booked > 0) tried.livesThatWaited++;
    expect(booked - owed, `VM ${vm}: time lost`).toBeLessThanOrEqual(c(VmColumn.lifeMs));
    expect(booked - owed).toBeGreaterThanOrEqual(0);
    expect(c(VmColumn.workDone)).toBeLessThanOrEqual(c(VmColumn.workWanted));
  }

  /** Every guest page in one state, counted one by one. */
  lookAtPages(): void {
    const { core } = this;
    for (const vm of this.#running) {
      const c = (column: VmColumn) => core.vm(vm, column);
      const counts = new Map<PageState, number>();
      for (let page = 0; page < c(VmColumn.maxPages); page++) {
        const state = core.x.guestPageClass(vm, page) >> 8;
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      const n = (...states: PageState[]) => states.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
      const { free, privatePage, zero, shared, sharedZero, ballooned, swapped } = PageState;
      tried.pagesInOneState++;
      expect(n(privatePage, zero, shared, sharedZero)).toBe(c(VmColumn.allocatedPages));
      expect(n(shared, sharedZero)).toBe(c(VmColumn.sharedPages));
      expect(n(zero, sharedZero)).toBe(c(VmColumn.zeroPages));
      expect(n(ballooned)).toBe(c(VmColumn.balloonPages));
      expect(n(swapped)).toBe(c(VmColumn.swappedPages));
      expect(
        n(privatePage, zero, shared, sharedZero, ballooned, swapped, free),
        'allocated + ballooned + swapped + untouched',
      ).toBe(c(VmColumn.maxPages));
    }
  }

  /** Has targets set by a command that changes nothing, and solves for them in another way. */
  lookAtTargets(): void {
    const { core } = this;
    const running = this.#running;
    if (running.length === 0) return;
    const value = core.option(Option.idleTax);
    expect(this.apply({ kind: 'set-option', option: 'idleTax', value }).kind).toBe('accepted');
    const f = (field: Field) => core.field(field);
    const kept = f(Field.consolePages) + f(Field.vmkernelPages) + f(Field.overheadPages);
    const available =
      f(Field.hostPages) +
      f(Field.sharedGuestPages) -
      f(Field.sharedCopies) -
      kept -
      this.#pages(Option.freeHigh);
    const tax = core.option(Option.idleTax);
    const claims = running.map((vm) => ({
      min:
        f(Field.swapPages) === 0
          ? core.vm(vm, VmColumn.maxPages)
          : Math.max(1, core.vm(vm, VmColumn.minPages)),
      max: core.vm(vm, VmColumn.maxPages),
      shares: core.vm(vm, VmColumn.shares),
      active: core.vm(vm, VmColumn.activePages),
    }));
    const solved = solve(claims, Math.max(0, available), tax);
    running.forEach((vm, i) => {
      const { pages, entitled, unclamped } = solved[i]!;
      const target = core.vm(vm, VmColumn.targetPages);
      tried.targets++;
      expect(
        Math.abs(target - pages),
        `target ${target}, solved ${pages}: ${JSON.stringify(claims)}`,
      ).toBeLessThan(1 + ROUNDING);
      if (!unclamped) return;
      tried.targetsUnderPressure++;
      const { active } = claims[i]!;
      if (tax !== 75 || entitled <= active) return;
      tried.identities++;
      expect(Math.abs(target - (0.75 * active + 0.25 * entitled))).toBeLessThan(1 + ROUNDING);
    });
  }
}
