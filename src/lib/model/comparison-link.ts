/** The address of worlds to be compared that someone else has chosen: a lesson. */
import { loadScenario } from '#lib/world/load-scenario';
import { hashOfState, writeState } from '#lib/world/state-string';
import { runForLink, type Comparison } from './comparison';

/** @returns the hash that « Compare » opens with; null when the site has no such scenario, or no link holds it */
export async function comparisonHash({
  scenario: id,
  ...chosen
}: { scenario: string } & Pick<Comparison, 'changes' | 'measure' | 'vm'>): Promise<string | null> {
  const scenario = await loadScenario(id);
  if (!scenario) return null;
  const run = { v: 1 as const, scenario: id, seed: scenario.seed, commands: [], t: 0, view: {} };
  const written = await writeState(runForLink({ run, ...chosen }));
  return written.kind === 'written' ? hashOfState(written.state) : null;
}
