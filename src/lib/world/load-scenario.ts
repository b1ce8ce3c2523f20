/** The site's own scenarios, by id, each in a chunk of its own: what a page or an engine needs is fetched, no more. */
import * as v from 'valibot';
import { scenarioSchema, type RunDocument, type Scenario } from './schema';

const files = import.meta.glob<unknown>('/content/scenarios/**/*.json', { import: 'default' });
const byId = new Map(
  Object.entries(files).map(([path, load]) => [path.slice(path.lastIndexOf('/') + 1, -'.json'.length), load]),
);

/** @returns the scenario with its defaults filled in; null when the site has none of that id. */
export async function loadScenario(id: string): Promise<Scenario | null> {
  const load = byId.get(id);
  return load ? v.parse(scenarioSchema, await load()) : null;
}

/** The scenario of a run: its own, or the site's; null when the site has none of that name. */
export const loadScenarioOf = async (run: Pick<RunDocument, 'scenario'>): Promise<Scenario | null> =>
  typeof run.scenario === 'string' ? loadScenario(run.scenario) : run.scenario;
