/** The worlds of the published experiments: many, and asked for by few pages, so that the list itself is fetched when needed. */
import type { Scenario } from './schema';

const files = import.meta.glob<Scenario>('/content/scenarios/validation/*.json', { import: 'default' });

export const loadValidationScenario = async (id: string): Promise<Scenario | null> =>
  (await files[`/content/scenarios/validation/${id}.json`]?.()) ?? null;
