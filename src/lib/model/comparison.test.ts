import { expect, test } from 'vitest';
import { runOf, scenarioById } from '#lib/world/scenarios';
import type { Scenario } from '#lib/world/schema';
import { comparisonOf, partedRuns, planOf, runForLink, trunkOf, valueBefore, vmsOf } from './comparison';

const scenario = scenarioById('osdi02-fig7')!;
const [idle] = scenario.vms;
const start = runOf('osdi02-fig7');
const later = { ...start, t: 60e9 };

test('before a world begins a change is another scenario; nothing else differs', () => {
  const { run, commands } = planOf(start, scenario, { kind: 'set-shares', vm: idle.name, shares: 100 });
  expect(commands).toEqual([]);
  const world = run.scenario as Scenario;
  expect(world.vms[0].shares).toBe(100);
  expect({ ...world, vms: [] }).toEqual({ ...scenario, vms: [] });
  expect(world.vms[1]).toEqual(scenario.vms[1]);
  const host = planOf(start, scenario, { kind: 'set-host-memory', memoryMib: 512 }).run.scenario as Scenario;
  expect(host.host.memoryMib).toBe(512);
});

test('the Tools of all VMs are one change: of the scenario before it begins, a command to each VM later', () => {
  const change = { kind: 'set-all-tools' as const, tools: false };
  const world = planOf(start, scenario, change).run.scenario as Scenario;
  expect(world.vms.map(({ tools }) => tools)).toEqual(scenario.vms.map(() => false));
  expect({ ...world, vms: [] }).toEqual({ ...scenario, vms: [] });
  const { run, commands } = planOf(later, scenario, change);
  expect(run).toBe(later);
  expect(commands).toEqual(scenario.vms.map(({ name }) => ({ kind: 'set-tools', vm: name, tools: false })));
});

test('a minimum never exceeds a memory that is made smaller', () => {
  const plan = planOf(start, scenario, { kind: 'set-memory', vm: idle.name, memoryMib: 48 });
  expect((plan.run.scenario as Scenario).vms[0]).toMatchObject({ memoryMib: 48, minMib: 48 });
});

test('from a moment on a change is commands at that moment', () => {
  const change = { kind: 'set-memory' as const, vm: idle.name, memoryMib: 128 };
  const { run, commands } = planOf(later, scenario, change);
  expect(run).toBe(later);
  expect(commands.map(({ kind }) => kind)).toEqual(['power-off', 'set-memory', 'power-on']);
});

test('the future that was is not taken along, and a run at its end goes on', () => {
  const command = { kind: 'power-off' as const, vm: idle.name };
  const run = { ...later, commands: [30e9, 60e9, 90e9].map((timeNs) => ({ timeNs, command })) };
  expect(trunkOf(run, scenario).commands.map(({ timeNs }) => timeNs)).toEqual([30e9, 60e9]);
  const end = trunkOf({ ...start, t: scenario.durationSeconds * 1e9 }, scenario);
  expect((end.scenario as Scenario).durationSeconds).toBe(scenario.durationSeconds + 1800);
});

test('a comparison comes back from its link; what is not a change is left out', () => {
  const comparison = comparisonOf(later, scenario);
  expect(comparison).toMatchObject({ changes: [], measure: 'free', vm: idle.name });
  const full = {
    ...comparison,
    changes: [
      { kind: 'set-option' as const, option: 'idleTax' as const, value: 0 },
      { kind: 'set-tools' as const, vm: idle.name, tools: false },
    ],
    measure: 'vmWork' as const,
    vm: 'linux-dbench',
  };
  expect(comparisonOf(runForLink(full), scenario)).toEqual(full);
  const odd = { ...later, view: { b: '{"kind":"remove-vm","vm":"x"}', c: 'no', measure: 'constructor' } };
  expect(comparisonOf(odd, scenario)).toMatchObject({ changes: [], measure: 'free' });
});

test('VMs that commands made are there, those they removed are not', () => {
  const commands = [
    { timeNs: 0, command: { kind: 'clone-vm' as const, vm: idle.name, name: 'twin' } },
    { timeNs: 1, command: { kind: 'remove-vm' as const, vm: idle.name } },
  ];
  expect(vmsOf({ ...start, commands }, scenario).map(({ name }) => name)).toEqual(['linux-dbench', 'twin']);
});

test('a value is read at the last point up to a moment', () => {
  const curve = [
    [0, 1],
    [10, 2],
  ] as const;
  expect([valueBefore(curve, 9), valueBefore(curve, 10), valueBefore([], 9)]).toEqual([1, 2, null]);
});

test('runs part where they first differ: each goes on with what was done in it', () => {
  const at = (timeNs: number, tools: boolean) => ({
    timeNs,
    command: { kind: 'set-tools' as const, vm: idle.name, tools },
  });
  const run = { ...later, t: 90e9, commands: [at(10e9, false), at(30e9, true), at(40e9, false)] };
  const other = { ...later, commands: [at(10e9, false), at(50e9, true)] };
  expect(partedRuns([run, other])).toEqual({
    run: { ...run, t: 30e9, commands: [at(10e9, false)] },
    changes: [
      { kind: 'done', commands: [at(30e9, true), at(40e9, false)] },
      { kind: 'done', commands: [at(50e9, true)] },
    ],
  });
  // Alone, a run parts from itself without what was done; without anything done there is nothing to compare.
  const alone = partedRuns([run])!;
  expect(alone).toMatchObject({ run: { t: 10e9, commands: [] }, changes: [{ commands: run.commands }] });
  expect(partedRuns([later])).toBeNull();
  expect(partedRuns([run, { ...other, seed: run.seed + 1 }])).toBeNull();
  // The world with what was done is the run itself, from the moment at which they part; so it is in a link.
  const [change] = alone.changes;
  expect(planOf(alone.run, scenario, change)).toEqual({ run: { ...run, t: 10e9 }, commands: [] });
  const comparison = { ...alone, measure: 'swapped' as const, vm: idle.name };
  expect(comparisonOf(runForLink(comparison), scenario).changes).toEqual(alone.changes);
});
