/** The site's own scenarios, by id: the files of content/scenarios, checked by the schema that checks a user's. */
import * as v from 'valibot';
import type { RunDocument, Scenario } from './schema';
import { scenarioSchema } from './schema';

const files = import.meta.glob<unknown>('/content/scenarios/**/*.json', { eager: true, import: 'default' });
const byId = new Map(
  Object.entries(files).map(([path, value]) => [
    path.slice(path.lastIndexOf('/') + 1, -'.json'.length),
    value,
  ]),
);
const checked = new Map<string, Scenario>();

export const SCENARIO_IDS: readonly string[] = [...byId.keys()].sort();

/**
 * @returns the scenario with its defaults filled in; null when there is none of that name.
 * @throws when the site's own file does not keep the schema (a test holds that none does).
 */
export function scenarioById(id: string): Scenario | null {
  const known = checked.get(id);
  if (known) return known;
  if (!byId.has(id)) return null;
  const scenario = v.parse(scenarioSchema, byId.get(id));
  checked.set(id, scenario);
  return scenario;
}

/** The scenario of a run: its own, or the site's; null when the site has none of that name. */
export const scenarioOf = (run: Pick<RunDocument, 'scenario'>): Scenario | null =>
  typeof run.scenario === 'string' ? scenarioById(run.scenario) : run.scenario;

/** A scenario from its beginning, with nothing done yet. */
export const runOf = (scenario: Scenario | string, seed?: number): RunDocument => {
  const world = typeof scenario === 'string' ? scenarioById(scenario) : scenario;
  return { v: 1, scenario, seed: seed ?? world?.seed ?? 1, commands: [], t: 0, view: {} };
};
