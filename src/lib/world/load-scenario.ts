/**
 * The site's own scenarios, by id, each in a chunk of its own: a page fetches the one it needs. As they are written:
 * the engine checks them, and fills their defaults in, by the schema that checks a user's.
 */
import type { RunDocument, Scenario } from './schema';

const files = import.meta.glob<Scenario>('/content/scenarios/**/*.json', { import: 'default' });
const byId = new Map(
  Object.entries(files).map(([path, load]) => [path.slice(path.lastIndexOf('/') + 1, -'.json'.length), load]),
);

/** null when the site has no scenario of that id. */
export const loadScenario = async (id: string): Promise<Scenario | null> => (await byId.get(id)?.()) ?? null;

/** The scenario of a run: its own, or the site's; null when the site has none of that name. */
export const loadScenarioOf = async (run: Pick<RunDocument, 'scenario'>): Promise<Scenario | null> =>
  typeof run.scenario === 'string' ? loadScenario(run.scenario) : run.scenario;
