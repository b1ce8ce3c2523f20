/** The published experiments, run whole: the same declarations, engine and readings as the Validation page. */
import { beforeAll, expect, test } from 'vitest';
import { EXPERIMENTS, FIG4_VM_MIB, findingsOf, requestFor } from '#lib/model/validation';
import { secondsToNs } from '#lib/units';
import { runOf, scenarioById } from '#lib/world/scenarios';
import { COMPILE_MS, coreModule } from '../../../wasm/tests/core';
import { Engine, type Surroundings } from './engine';
import type { Reading } from './protocol';

let core: WebAssembly.Module;
beforeAll(() => {
  core = coreModule('release');
}, COMPILE_MS);

/** No wall time passes: no checkpoint is taken, and nothing waits for a turn. */
const headless: Surroundings = {
  now: () => 0,
  turn: async () => {},
  rest: async () => {},
  module: async () => core,
  scenario: async (id) => scenarioById(id),
};

async function finished(id: string): Promise<Reading> {
  const scenario = scenarioById(id);
  if (!scenario) throw new Error(`No scenario ${id}`);
  const engine = new Engine(headless);
  const opened = await engine.open({ ...runOf(scenario), t: secondsToNs(scenario.durationSeconds) });
  expect(opened.kind, id).toBe('opened');
  const first = await engine.read({ audit: true });
  expect(first.host.audit?.agrees, id).toBe(true);
  expect(first.host.sharing.falseMatches, id).toBe(0);
  return engine.read(requestFor(first));
}

test.each(EXPERIMENTS.map((experiment) => [experiment.source, experiment] as const))(
  '%s comes out as published',
  async (_, experiment) => {
    const digests = [];
    for (const [world, id] of experiment.worlds.entries())
      digests.push(experiment.digest(await finished(id), world));
    const findings = findingsOf(experiment, digests).map(({ id, published, value, agrees }) => ({
      id,
      published,
      value,
      agrees,
    }));
    if (process.env.SHOW_FINDINGS)
      console.table(
        findings.map(({ published, ...rest }) => ({
          ...published,
          ...rest,
          published: JSON.stringify(published),
        })),
      );
    expect(findings.filter((finding) => !finding.agrees)).toEqual([]);
  },
  300_000,
);

test('figure 4 is run as it was: VMs of 40 MB, half an hour, the rates of the era, and a jump from one to two', async () => {
  const experiment = EXPERIMENTS.find(({ id }) => id === 'fig4')!;
  experiment.worlds.forEach((id, index) => {
    const scenario = scenarioById(id)!;
    expect(scenario.vms).toHaveLength(index + 1);
    expect(scenario.vms.every(({ memoryMib }) => memoryMib === FIG4_VM_MIB)).toBe(true);
    expect(scenario.durationSeconds).toBe(1800);
    expect(Object.keys(scenario.host.options)).toEqual(['overheadBaseMib']);
  });
  const [one, two] = await Promise.all(experiment.worlds.slice(0, 2).map(finished));
  expect(two.host.sharing.shared).toBeGreaterThan(5 * one.host.sharing.shared);
}, 60_000);
