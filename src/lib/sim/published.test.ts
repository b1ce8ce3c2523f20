/** The published curve of page sharing, run whole: ten worlds of thirty simulated minutes. */
import { beforeAll, expect, test } from 'vitest';
import {
  judgeSharing,
  offLinePercent,
  SHARING_FIGURE,
  spreadPercent,
  type SharingPoint,
} from '#lib/model/published';
import { pagesToMib, secondsToNs } from '#lib/units';
import { runOf, scenarioById } from '#lib/world/scenarios';
import { COMPILE_MS, coreModule } from '../../../wasm/tests/core';
import { readHost } from './reading';
import { Run } from './run';

let core: WebAssembly.Module;
beforeAll(() => {
  core = coreModule('release');
}, COMPILE_MS);

function pointOf(id: string, vms: number): SharingPoint {
  const scenario = scenarioById(id)!;
  expect(scenario.vms).toHaveLength(vms);
  expect(scenario.vms.every(({ memoryMib }) => memoryMib === SHARING_FIGURE.vmMib)).toBe(true);
  // The rates of the era, not ours.
  expect(Object.keys(scenario.host.options)).toEqual(['overheadBaseMib']);
  const run = new Run(core, runOf(scenario), scenario, () => 0, 0);
  while (run.advance(secondsToNs(SHARING_FIGURE.seconds)));
  const { audit, sharing } = readHost(run, true);
  expect(audit?.agrees).toBe(true);
  expect(sharing.falseMatches).toBe(0);
  return {
    vms,
    sharedMib: pagesToMib(sharing.shared),
    reclaimedMib: pagesToMib(sharing.reclaimed),
    zeroMib: pagesToMib(sharing.zero),
  };
}

test('figure 4 of OSDI 2002: one to ten Linux VMs of 40 MB, thirty minutes each', () => {
  const points = SHARING_FIGURE.scenarios.map(({ id, vms }) => pointOf(id, vms));
  const verdicts = judgeSharing(points);
  expect(verdicts).toHaveLength(6);
  expect(verdicts.filter((verdict) => !verdict.agrees)).toEqual([]);
  // What the text says of the shape: a jump from one VM to two, and shared and reclaimed side by side from there.
  const [one, two] = points as [SharingPoint, SharingPoint];
  expect(two.sharedMib).toBeGreaterThan(5 * one.sharedMib);
  for (let i = 1; i < points.length; i++)
    expect(points[i]!.reclaimedMib).toBeGreaterThan(points[i - 1]!.reclaimedMib);
}, 120_000);

test('a run that is off is said to be off', () => {
  const good: SharingPoint[] = Array.from({ length: 10 }, (_, i) => {
    const vms = i + 1;
    const reclaimedMib = vms === 1 ? 5 : 26.1 * (vms - 1) + 5;
    return { vms, reclaimedMib, sharedMib: reclaimedMib + (vms === 1 ? 2 : 27), zeroMib: 2.75 };
  });
  expect(judgeSharing(good).every((verdict) => verdict.agrees)).toBe(true);
  const bent = good.map((point) => ({
    ...point,
    reclaimedMib: point.reclaimedMib * (1 + point.vms ** 2 / 150),
  }));
  const wrong = judgeSharing(bent).filter((verdict) => !verdict.agrees);
  expect(wrong.map(({ id }) => id)).toEqual(['reclaimed-percent', 'copies-constant', 'reclaimed-linear']);
});

test('distances from a mean and from a line', () => {
  expect(spreadPercent([90, 100, 110])).toBeCloseTo(10);
  expect(
    offLinePercent([
      [1, 10],
      [2, 20],
      [3, 30],
    ]),
  ).toBeCloseTo(0);
  // Least squares through (0, 0), (1, 3), (2, 0): the level line y = 1.
  expect(
    offLinePercent([
      [0, 0],
      [1, 3],
      [2, 0],
    ]),
  ).toBeCloseTo((100 * 2) / 3);
});
