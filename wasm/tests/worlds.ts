/** Random worlds and random commands, and ways to move them: what the property tests of the core share. */
import fc from 'fast-check';
import { Field, type Core } from '../../src/lib/core/core';
import { Run } from '../../src/lib/sim/run';
import type { World } from '../../src/lib/sim/world';
import { GUEST_SYSTEMS, WORKLOADS } from '../../src/lib/world/guests';
import type { Command, Scenario, TimedCommand, VmSpec } from '../../src/lib/world/schema';
import { WORKLOAD_IDS } from '../../src/lib/world/vocabulary';
import { Profile } from '../shared/guest-classes';

export const SECOND = 1e9;
/** The first ones are those that most worlds have. */
const NAMES = ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'd', 'e'] as const;

/** `PROPERTY_SEED=… PROPERTY_PATH=…` (both printed with a failure) runs one case again. */
export const replaying = process.env.PROPERTY_SEED
  ? { seed: Number(process.env.PROPERTY_SEED), path: process.env.PROPERTY_PATH }
  : {};

/**
 * Guests are data, and these boot ten times as fast and work through their phases three hundred times as fast: what is
 * interesting begins after a few seconds.
 */
export function liveFast(): void {
  for (const system of Object.values(GUEST_SYSTEMS)) system.bootSeconds /= 10;
  for (const workload of Object.values(WORKLOADS)) {
    const { phases } = workload;
    workload.phases = (size) =>
      phases(size).map((phase) => ({ ...phase, seconds: phase.seconds && phase.seconds / 300 }));
  }
}

/** The columns of what a boot loads: without them a guest with a zero-page thread only clears its memory. */
const LOADED = [
  Profile.kernelPages,
  Profile.tablePages,
  Profile.programPages,
  Profile.applicationPages,
  Profile.cachePages,
  Profile.privatePages,
  Profile.zeroedPages,
];

/** A VM that has just been powered on will load nothing. */
export function loadsNothing(core: Core, vm: number): void {
  for (const column of LOADED) core.x.setProfile(vm, column, 0);
}

const name = fc.constantFrom(...NAMES);
const size = fc.oneof(
  {
    arbitrary: fc.record({
      guest: fc.constant('linux-24' as const),
      memoryMib: fc.constantFrom(16, 17, 20, 24, 32, 40),
    }),
    weight: 7,
  },
  {
    arbitrary: fc.record({ guest: fc.constant('windows-nt4' as const), memoryMib: fc.constant(32) }),
    weight: 2,
  },
  {
    arbitrary: fc.record({
      guest: fc.constant('windows-2000' as const),
      memoryMib: fc.constantFrom(64, 65),
    }),
    weight: 1,
  },
);

const work = {
  // The first ones fill and use much; all are tried.
  workload: fc.oneof(
    fc.constantFrom('toucher', 'dbench', 'spec95', 'idle'),
    fc.constantFrom(...WORKLOAD_IDS),
  ),
  clients: fc.constantFrom(undefined, 0, 7, 100),
  touchMib: fc.constantFrom(undefined, 4, 12, 30),
};
const shares = fc.constantFrom(undefined, undefined, 0, 1, 160, 1000, 100_000);

/** A machine as it may be configured; with `wrong`, now and then one that may not. */
const specOf = (vmName: fc.Arbitrary<string>, wrong = false): fc.Arbitrary<VmSpec> =>
  fc
    .record({
      name: vmName,
      size,
      ...work,
      vcpus: fc.constantFrom(1, 2),
      tools: fc.oneof(
        { arbitrary: fc.constant(true), weight: 3 },
        { arbitrary: fc.constant(false), weight: 1 },
      ),
      min: fc.constantFrom(undefined, undefined, 0, 0.2, 0.5, 1, ...(wrong ? [1.1] : [])),
      shares,
      image: fc.constantFrom(undefined, 'disk'),
      application: fc.constantFrom(undefined, 'files'),
      powerOnAtSeconds: fc.constantFrom(0, 0, 0.05, 1, 3.3, null),
    })
    .map(({ size: { guest, memoryMib }, min, ...rest }) => {
      const all = {
        ...rest,
        guest,
        memoryMib,
        minMib: min === undefined ? min : Math.floor(memoryMib * min),
      };
      // As in a file: what has its default is not there.
      return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as typeof all;
    });

const among = <Name extends string>(option: Name, ...values: number[]) =>
  fc.record({ option: fc.constant(option), value: fc.constantFrom(...values) });

const option = fc.oneof(
  among('shareScanVm', 0, 50, 997, 4000),
  among('shareScanTotal', 0, 200, 1500, 4000),
  among('shareHashBits', 8, 9, 13, 33, 64),
  among('shareEnabled', 0, 1),
  among('overheadBaseMib', 0, 1, 2),
  among('traceTouches', 0, 1),
  among('balancePeriod', 1, 2, 15),
  among('samplePeriod', 1, 2, 30),
  among('samplePages', 1, 10, 100, 256),
  among('idleTax', 0, 33, 75, 99),
  among('ctlMaxPercent', 0, 20, 50, 65, 100),
  among('freeHigh', 0, 60, 120, 500),
  among('freeSoft', 0, 40, 100, 300),
  among('freeHard', 0, 20, 80),
  among('freeLow', 0, 10, 60),
  among('freeMargin', 0, 5, 30),
  among('sampleSlowGain', 1, 12, 100),
  among('sampleFastGain', 1, 50, 100),
  among('swapOutRate', 0, 9, 500, 5000, 40_000),
  among('swapInMs', 0, 1, 8, 150),
  among('guestFaultMs', 0, 1, 8, 150),
);
const badOption = fc.oneof(
  among('shareHashBits', 0, 7, 65, 2_000_000_000),
  among('shareEnabled', 7, 65),
  among('idleTax', 100),
  among('samplePages', 0, 257),
  among('swapOutRate', 40_001),
);

const page = fc.oneof(fc.nat(40), fc.nat(4095), fc.nat(10_000), fc.constantFrom(4096, 16_383, 16_777_215));

const toVm = <Kind extends string, More extends object>(kind: Kind, more: fc.Arbitrary<More>) =>
  fc.record({ kind: fc.constant(kind), vm: name, more }).map(({ more, ...rest }) => ({ ...rest, ...more }));
const nothing = fc.constant({});

/** Commands of all kinds, some of them impossible. */
export const anyCommand = fc.oneof(
  { arbitrary: toVm('power-on', nothing), weight: 4 },
  { arbitrary: toVm('power-off', nothing), weight: 2 },
  { arbitrary: toVm('reset', nothing), weight: 2 },
  { arbitrary: toVm('write-page', fc.record({ page })), weight: 4 },
  { arbitrary: toVm('scan-page', fc.record({ page })), weight: 4 },
  { arbitrary: option.map((o) => ({ kind: 'set-option' as const, ...o })), weight: 6 },
  { arbitrary: badOption.map((o) => ({ kind: 'set-option' as const, ...o })), weight: 1 },
  { arbitrary: specOf(name, true).map((spec) => ({ kind: 'add-vm' as const, spec })), weight: 3 },
  { arbitrary: toVm('clone-vm', fc.record({ name })), weight: 2 },
  { arbitrary: toVm('remove-vm', nothing), weight: 2 },
  {
    arbitrary: toVm('set-memory', fc.record({ memoryMib: fc.constantFrom(1, 16, 24, 64, 4000) })),
    weight: 2,
  },
  { arbitrary: toVm('set-min', fc.record({ minMib: fc.constantFrom(0, 3, 8, 16, 40, 65) })), weight: 3 },
  {
    arbitrary: toVm('set-shares', fc.record({ shares: fc.constantFrom(0, 1, 300, 100_000, 100_001) })),
    weight: 3,
  },
  { arbitrary: toVm('set-tools', fc.record({ tools: fc.boolean() })), weight: 3 },
  {
    arbitrary: toVm(
      'set-workload',
      fc.record(work).map(({ workload, clients, touchMib }) => ({
        workload,
        ...(clients !== undefined && { clients }),
        ...(touchMib !== undefined && { touchMib }),
      })),
    ),
    weight: 3,
  },
) as fc.Arbitrary<Command>;

/** Times on the guests' grid, between, and together. */
const timeUpTo = (seconds: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.nat(seconds * 10).map((tenths) => tenths * (SECOND / 10)),
    fc.nat(seconds * 1000).map((ms) => ms * 1_000_000 + 123),
  );

export const commandsUpTo = (seconds: number, most: number): fc.Arbitrary<TimedCommand[]> =>
  fc
    .array(fc.record({ timeNs: timeUpTo(seconds), command: anyCommand }), { maxLength: most })
    .map((commands) => commands.sort((a, b) => a.timeNs - b.timeNs));

const THRESHOLDS = { freeHigh: 60, freeSoft: 40, freeHard: 20, freeLow: 10 };

/** The same values, from high down to low. */
function inOrder(options: Partial<Record<string, number>>): typeof options {
  const names = Object.keys(THRESHOLDS);
  const values = Object.values({ ...THRESHOLDS, ...pick(options, names) }).sort((a, b) => b - a);
  return { ...options, ...Object.fromEntries(names.map((name, i) => [name, values[i]])) };
}
const pick = (options: Partial<Record<string, number>>, names: string[]) =>
  Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));

/** Small hosts, most of them too small for all that their VMs could use; some without a swap file, or with a small one. */
export const anyScenario: fc.Arbitrary<Scenario> = fc
  .record({
    seed: fc.nat(0xffff_ffff),
    memoryMib: fc.constantFrom(52, 60, 72, 80, 96, 140, 200),
    consoleMib: fc.constantFrom(0, 2, 8),
    overheadBaseMib: fc.constantFrom(0, 1, 2),
    swapMib: fc.constantFrom(0, 12, 30, undefined, undefined, undefined),
    generation: fc.constantFrom('2.5' as const, '2.5' as const, '3.0' as const),
    options: fc.array(option, { maxLength: 5 }),
    vms: fc.uniqueArray(specOf(fc.constantFrom('a', 'b', 'c', 'd')), {
      minLength: 1,
      maxLength: 4,
      selector: (spec) => spec.name,
    }),
  })
  .map(({ seed, options, vms, overheadBaseMib, swapMib, ...host }) => ({
    v: 1,
    id: 'random',
    seed,
    durationSeconds: 90,
    host: {
      name: 'host',
      ...host,
      ...(swapMib !== undefined && { swapMib }),
      options: {
        overheadBaseMib,
        shareScanVm: 300,
        shareScanTotal: 800,
        ...inOrder(Object.fromEntries(options.map((o) => [o.option, o.value]))),
      },
    },
    vms,
    timeline: [],
  }));

/** To a moment, however often the ring must be emptied on the way. */
export function advanceTo(world: World, timeNs: number, budget?: number): void {
  while (world.advance(timeNs, world.core.field(Field.eventSequence), budget));
}

export const fingerprint = (core: Core): bigint => BigInt.asUintN(64, core.x.fingerprint());

/** A clock that runs so fast that checkpoints are taken all the time. */
export function fastClock(msPerLook: number): () => number {
  let now = 0;
  return () => (now += msPerLook);
}

export function openRun(
  module: WebAssembly.Module,
  scenario: Scenario,
  commands: TimedCommand[] = [],
  clock: () => number = fastClock(15),
): Run {
  const document = { v: 1 as const, scenario, seed: scenario.seed, commands, t: 0, view: {} };
  return new Run(module, document, scenario, clock);
}

export function runTo(run: Run, timeNs: number, budget?: number): void {
  while (run.advance(timeNs, budget));
}

/** All that a reader could see of a run up to now: state, events, points. */
export function visible(run: Run) {
  return {
    fingerprint: fingerprint(run.world.core),
    timeNs: run.timeNs,
    events: run.log.newest(run.log.drained, { count: 1e9 }),
    series: run.series.read(run.timeNs, 1e9),
    vms: [1, 2, 3, 4].map((vm) => run.series.readVm(vm, run.timeNs, 1e9)),
  };
}
