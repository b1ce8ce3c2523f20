/** Runs and state strings, fetched only when a figure needs them before it is started. */
import { nsToSeconds } from '#lib/units';
import { runOf } from '#lib/world/scenarios';
import { readState, writeState } from '#lib/world/state-string';

/** The beginning of a scenario of the site. @throws when its run has no link */
export async function stateOfScenario(id: string): Promise<string> {
  const written = await writeState(runOf(id));
  if (written.kind === 'refused') throw new Error(written.reason);
  return written.state;
}

/** Simulated seconds at which a state stands; 0 for a state that cannot be read. */
export async function momentOfState(state: string): Promise<number> {
  const read = await readState(state);
  return read.kind === 'read' ? nsToSeconds(read.run.t) : 0;
}
