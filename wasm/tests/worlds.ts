/** Random worlds and random commands, and ways to move them: what the property tests of the core share. */
import fc from 'fast-check';
import { Field, type Core } from '../../src/lib/core/core';
import { Run } from '../../src/lib/sim/run';
import type { World } from '../../src/lib/sim/world';
import type { Command, Scenario, TimedCommand, VmSpec } from '../../src/lib/world/schema';

export const SECOND = 1e9;
const NAMES = ['a', 'b', 'c', 'd'] as const;

/** `PROPERTY_SEED=… PROPERTY_PATH=…` (both printed with a failure) runs one case again. */
export const replaying = process.env.PROPERTY_SEED
  ? { seed: Number(process.env.PROPERTY_SEED), path: process.env.PROPERTY_PATH }
  : {};

const name = fc.constantFrom(...NAMES);
const linux = fc.record({
  guest: fc.constant('linux-24' as const),
  memoryMib: fc.constantFrom(16, 17, 20, 32, 40),
});
const windows = fc.record({
  guest: fc.constant('windows-2000' as const),
  memoryMib: fc.constantFrom(64, 65),
});

const specOf = (vmName: fc.Arbitrary<string>): fc.Arbitrary<VmSpec> =>
  fc
    .tuple(
      vmName,
      fc.oneof({ arbitrary: linux, weight: 6 }, { arbitrary: windows, weight: 1 }),
      fc.record({
        workload: fc.constantFrom('idle' as const, 'spec95' as const),
        vcpus: fc.constantFrom(1, 2),
        image: fc.constantFrom(undefined, 'disk'),
        application: fc.constantFrom(undefined, 'files'),
        powerOnAtSeconds: fc.constantFrom(null, 0, 0.05, 1, 7.3),
      }),
    )
    .map(([vm, system, more]) => {
      const { image, application, ...rest } = more;
      return { name: vm, ...system, ...rest, ...(image && { image }), ...(application && { application }) };
    });

const option = fc.oneof(
  fc.record({ option: fc.constant('shareScanVm' as const), value: fc.constantFrom(0, 50, 997, 4000) }),
  fc.record({ option: fc.constant('shareScanTotal' as const), value: fc.constantFrom(0, 200, 1500, 4000) }),
  fc.record({ option: fc.constant('shareHashBits' as const), value: fc.constantFrom(8, 9, 13, 33, 64) }),
  fc.record({ option: fc.constant('shareEnabled' as const), value: fc.constantFrom(0, 1) }),
  fc.record({ option: fc.constant('overheadBaseMib' as const), value: fc.constantFrom(0, 1, 9) }),
  fc.record({ option: fc.constant('traceTouches' as const), value: fc.constantFrom(0, 1) }),
);
const badOption = fc.record({
  option: fc.constantFrom('shareHashBits' as const, 'shareEnabled' as const),
  value: fc.constantFrom(0, 7, 65, 2_000_000_000),
});

const page = fc.oneof(fc.nat(40), fc.nat(4095), fc.constantFrom(4096, 16_383, 16_777_215));

/** Commands of all kinds, some of them impossible. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('power-on' as const), vm: name }), weight: 4 },
  { arbitrary: fc.record({ kind: fc.constant('power-off' as const), vm: name }), weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant('write-page' as const), vm: name, page }), weight: 6 },
  { arbitrary: fc.record({ kind: fc.constant('scan-page' as const), vm: name, page }), weight: 6 },
  { arbitrary: option.map((o) => ({ kind: 'set-option' as const, ...o })), weight: 4 },
  { arbitrary: badOption.map((o) => ({ kind: 'set-option' as const, ...o })), weight: 1 },
  { arbitrary: specOf(name).map((spec) => ({ kind: 'add-vm' as const, spec })), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('clone-vm' as const), vm: name, name }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('remove-vm' as const), vm: name }), weight: 2 },
  {
    arbitrary: fc.record({
      kind: fc.constant('set-memory' as const),
      vm: name,
      memoryMib: fc.constantFrom(1, 16, 24, 64, 4000),
    }),
    weight: 2,
  },
);

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

/** Small hosts, some of them too small for their VMs; one to three VMs. */
export const anyScenario: fc.Arbitrary<Scenario> = fc
  .record({
    seed: fc.nat(0xffff_ffff),
    memoryMib: fc.constantFrom(56, 72, 96, 160),
    options: fc.array(option, { maxLength: 5 }),
    vms: fc.uniqueArray(specOf(fc.constantFrom('a', 'b', 'c')), {
      minLength: 1,
      maxLength: 3,
      selector: (spec) => spec.name,
    }),
  })
  .map(({ seed, memoryMib, options, vms }) => ({
    v: 1,
    id: 'random',
    seed,
    durationSeconds: 90,
    host: {
      name: 'host',
      memoryMib,
      consoleMib: 2,
      options: {
        overheadBaseMib: 1,
        shareScanVm: 300,
        shareScanTotal: 800,
        ...Object.fromEntries(options.map((o) => [o.option, o.value])),
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
  };
}
