/** The side of the browser: what a page is asked for. */
import type { Scenario } from '../../../src/lib/world/schema';
import { liveFast } from '../worlds';
import * as fingerprints from './fingerprints';

let core: WebAssembly.Module;

/** @param base64 the core's bytes */
async function load(base64: string): Promise<void> {
  core = await WebAssembly.compile(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
  liveFast();
}

const asked = {
  load,
  hostAfter: (seeds: readonly number[], pace: fingerprints.Pace) =>
    seeds.map((seed) => fingerprints.hostAfter(core, seed, pace)),
  networkAfter: (seeds: readonly number[], pace: fingerprints.Pace) =>
    seeds.map((seed) => fingerprints.networkAfter(core, seed, pace)),
  scenarioAfter: (scenario: Scenario, seconds: number, pace: fingerprints.Pace) =>
    fingerprints.scenarioAfter(core, scenario, seconds, pace),
};

declare global {
  var everywhere: typeof asked;
}
globalThis.everywhere = asked;
