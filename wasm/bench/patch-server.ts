/** The largest scenario with a network, for its benchmark: 900 clients, their update server, and the memory of its host. */
import * as v from 'valibot';
import { networkKit } from '#lib/sim/network';
import { Run } from '#lib/sim/run';
import { secondsToNs } from '#lib/units';
import { scenarioSchema } from '#lib/world/schema';

/** Runs the first `seconds` of a scenario (its file's text). @returns whether its books balance */
export function firstSeconds(module: WebAssembly.Module, file: string, seconds: number): boolean {
  const scenario = v.parse(scenarioSchema, JSON.parse(file));
  const document = { v: 1 as const, scenario, seed: scenario.seed, commands: [], t: 0, view: {} };
  const run = new Run(module, document, scenario, () => 0, 0, networkKit);
  while (run.advance(secondsToNs(seconds)));
  return run.world.network!.read(run.timeNs, { audit: true }).conservation.agrees;
}
