/** The policy's numbers, one by one: prices, targets, estimates, against what was published and what statistics demand. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Core, Field, VmColumn } from '../../src/lib/core/core';
import { price } from '../../src/lib/world/policy';
import { EventLog } from '../../src/lib/sim/event-log';
import { HostState } from '../shared/columns';
import { Phase, Profile } from '../shared/guest-classes';
import { Option } from '../shared/options';
import { COMPILE_MS, coreModule } from './core';
import { solve } from './solver';
import { SECOND } from './worlds';

let debug: WebAssembly.Module;
beforeAll(() => {
  debug = coreModule('debug');
}, COMPILE_MS);

const MIB = 256;
const VMKERNEL_MIB = 24;

interface Vm {
  mib: number;
  minMib?: number;
  shares?: number;
  /** Pages that it has touched: until its first period is over they all count as active. */
  touchedMib?: number;
}

/** A host with so much for its VMs and nothing kept free; its VMs are on and have not begun to boot. */
function open(poolMib: number, vms: Vm[], swapMib = 1024): Core {
  const core = new Core(debug);
  expect(core.x.openWorld((poolMib + VMKERNEL_MIB) * MIB, 0, swapMib * MIB, 1)).toBe(0);
  for (const option of [
    Option.freeHigh,
    Option.freeSoft,
    Option.freeHard,
    Option.freeLow,
    Option.overheadBaseMib,
  ])
    expect(core.x.setOption(option, 0)).toBe(0);
  vms.forEach(({ mib, minMib = 0, shares = 1000, touchedMib = 0 }, i) => {
    const vm = i + 1;
    expect(core.x.addVm(vm, mib * MIB, 1)).toBe(0);
    expect(core.x.setMin(vm, minMib * MIB)).toBe(0);
    expect(core.x.setShares(vm, shares)).toBe(0);
    expect(core.x.powerOn(vm)).toBe(0);
    for (let page = 0; page < touchedMib * MIB; page++) core.x.writePage(vm, page);
  });
  return core;
}

function targetsMib(core: Core, tax: number): number[] {
  expect(core.x.setOption(Option.idleTax, tax)).toBe(0);
  return Array.from(
    { length: core.field(Field.runningVms) },
    (_, i) => core.vm(i + 1, VmColumn.targetPages) / MIB,
  );
}

describe('the price of a page', () => {
  // 6000 shares, 4000 pages, a quarter active; 2000 shares, 2000 pages, 85 % active.
  test.each([
    [80, 0.375, 0.625],
    [0, 1.5, 1],
  ])('with a tax of %i %%', (tax, one, other) => {
    expect(price(6000, 4000, 1000, tax)).toBeCloseTo(one, 12);
    expect(price(2000, 2000, 1700, tax)).toBeCloseTo(other, 12);
  });
});

describe('targets', () => {
  const near = (actual: number[], expected: number[]) =>
    actual.forEach((mib, i) =>
      expect(Math.abs(mib - expected[i]!), String(actual)).toBeLessThanOrEqual(1 / MIB),
    );

  test('of two equal VMs, one idle: shares alone give each the same, the tax gives the busy one more', () => {
    const core = open(358, [
      { mib: 256, touchedMib: 20 },
      { mib: 256, touchedMib: 180 },
    ]);
    near(targetsMib(core, 0), [179, 179]);
    near(targetsMib(core, 75), [119, 239]);
    expect(core.x.audit()).toBe(0);
  });

  test('stop at the maximum, and at the minimum', () => {
    const busy = { mib: 256, touchedMib: 230 };
    near(targetsMib(open(358, [{ mib: 256, touchedMib: 20 }, busy]), 75), [102, 256]);
    near(targetsMib(open(358, [{ mib: 256, touchedMib: 20, minMib: 128 }, busy]), 75), [128, 230]);
  });

  test('without shares are the minimum, even where there is memory for all', () => {
    const core = open(1000, [{ mib: 100, minMib: 30, shares: 0, touchedMib: 60 }, { mib: 50 }]);
    near(targetsMib(core, 75), [30, 50]);
    // Nothing is taken away all the same while memory is not short.
    core.x.run(BigInt(20 * SECOND), 1e9, BigInt(core.field(Field.eventSequence)));
    expect(core.field(Field.hostState)).toBe(HostState.high);
    expect(core.vm(1, VmColumn.balloonPages) + core.vm(1, VmColumn.swappedPages)).toBe(0);
  });

  test('without a swap file are the maximum', () => {
    near(targetsMib(open(100, [{ mib: 60, shares: 0 }, { mib: 40 }], 0), 75), [60, 40]);
  });

  test('the other way to solve comes to the published ones too', () => {
    const idle = { min: 0, max: 256, shares: 1000, active: 20 };
    const solved = (active: number, tax: number) =>
      solve([idle, { ...idle, active }], 358, tax).map(({ pages }) => Math.round(pages));
    expect(solved(180, 0)).toEqual([179, 179]);
    expect(solved(180, 75)).toEqual([119, 239]);
    expect(solved(240, 75)).toEqual([102, 256]);
  });
});

describe('sampling', () => {
  const PAGES = 4096;

  /** A guest that has `part` of its pages in use and touches each of those in every second. */
  function sampled(part: number): { core: Core; log: EventLog } {
    const core = open(100, []);
    expect(core.x.addVm(1, PAGES, 1)).toBe(0);
    const used = Math.round(PAGES * part);
    core.x.setProfile(1, Profile.kernelPages, used);
    core.x.setProfile(1, Profile.bootMs, 100);
    core.x.setPhase(1, 0, Phase.programRate, (used + 10) * 1000);
    core.x.setOption(Option.samplePeriod, 1);
    core.x.setOption(Option.shareEnabled, 0);
    expect(core.x.powerOn(1)).toBe(0);
    return { core, log: new EventLog() };
  }

  function runTo({ core, log }: { core: Core; log: EventLog }, seconds: number): void {
    while (core.nextNs() <= seconds * SECOND) {
      core.x.run(BigInt(seconds * SECOND), 4096, BigInt(log.drained));
      log.drain(core);
    }
  }

  test.each([0.02, 0.2, 0.5, 0.9])(
    'of a guest that uses %f of its pages has that mean, and its deviation',
    (part) => {
      const PERIODS = 4000;
      const world = sampled(part);
      runTo(world, PERIODS + 3);
      const told = world.log.newest(world.log.last, { count: 1e9, kinds: new Set(['active-estimated']) });
      // The first periods are those of the boot.
      const parts = told.slice(0, PERIODS).map(({ a, b }) => a / b);
      expect(parts).toHaveLength(PERIODS);
      expect(told.every(({ b }) => b === 100)).toBe(true);
      const mean = parts.reduce((sum, p) => sum + p, 0) / PERIODS;
      const deviation = Math.sqrt(parts.reduce((sum, p) => sum + (p - mean) ** 2, 0) / (PERIODS - 1));
      const truth = Math.round(PAGES * part) / PAGES;
      // No page is drawn twice in a period: a little less than for independent draws.
      const expected = Math.sqrt(((truth * (1 - truth)) / 100) * ((PAGES - 100) / (PAGES - 1)));
      expect(Math.abs(mean - truth)).toBeLessThan((4.5 * expected) / Math.sqrt(PERIODS));
      expect(Math.abs(deviation / expected - 1)).toBeLessThan(0.07);
    },
  );

  test('goes up at once and comes down slowly', () => {
    const world = sampled(0.8);
    const { core } = world;
    const active = () => core.vm(1, VmColumn.activePages) / PAGES;
    core.x.setPhase(1, 0, Phase.programRate, 0);
    runTo(world, 200);
    expect(active()).toBe(0);
    core.x.setPhase(1, 0, Phase.programRate, 4000 * 1000);
    // Half of a period: the third average has seen it, the other two have not.
    runTo(world, 200.5);
    const { sampleFast, sampleSlow } = VmColumn;
    expect(core.vm(1, sampleFast) + core.vm(1, sampleSlow)).toBeLessThan(10);
    core.x.setOption(Option.idleTax, 75);
    expect(active()).toBeGreaterThan(0.1);
    runTo(world, 220);
    expect(active()).toBeGreaterThan(0.7);
    const high = core.vm(1, sampleSlow);
    core.x.setPhase(1, 0, Phase.programRate, 0);
    runTo(world, 221);
    const periods = core.vm(1, VmColumn.samplePeriods);
    runTo(world, 231);
    expect(core.vm(1, VmColumn.samplePeriods)).toBe(periods + 10);
    // The slow average loses 12 % a period; the fast one is next to nothing by now.
    expect(core.vm(1, sampleFast) / 65_536).toBeLessThan(0.002);
    expect(core.vm(1, sampleSlow) / high).toBeGreaterThan(0.88 ** 11 - 0.01);
    expect(core.vm(1, sampleSlow) / high).toBeLessThan(0.88 ** 10 + 0.02);
    expect(active()).toBeCloseTo(core.vm(1, sampleSlow) / 65_536, 3);
  });
});
