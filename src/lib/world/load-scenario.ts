/**
 * The site's own scenarios, by id, each in a chunk of its own: a page fetches the one it needs. As they are written:
 * the engine checks them, and fills their defaults in, by the schema that checks a user's.
 */
import type { RunDocument, Scenario } from './schema';

const files = import.meta.glob<Scenario>('/content/scenarios/*.json', { import: 'default' });

/** null when the site has no scenario of that id. */
export async function loadScenario(id: string): Promise<Scenario | null> {
  const load = files[`/content/scenarios/${id}.json`];
  if (load) return load();
  const { loadValidationScenario } = await import('./validation-scenarios');
  return loadValidationScenario(id);
}

/** The scenario of a run: its own, or the site's; null when the site has none of that name. */
export const loadScenarioOf = async (run: Pick<RunDocument, 'scenario'>): Promise<Scenario | null> =>
  typeof run.scenario === 'string' ? loadScenario(run.scenario) : run.scenario;
