/** The site's own scenarios, by id, each in a chunk of its own. The build has checked those that lessons name. */
import type { Scenario } from '#lib/world/schema';

const files = import.meta.glob<Scenario>('/content/scenarios/**/*.json', { import: 'default' });
const byId = new Map(
  Object.entries(files).map(([path, load]) => [path.slice(path.lastIndexOf('/') + 1, -'.json'.length), load]),
);

/** null when the site has no scenario of that id. */
export const loadScenario = async (id: string): Promise<Scenario | null> => (await byId.get(id)?.()) ?? null;
