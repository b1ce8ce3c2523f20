/**
 * Fingerprints of random worlds and networks, each told by a number: bundled for a browser as it is, so that the same
 * lines make and move the same worlds there.
 */
import fc from 'fast-check';
import { Field } from '../../../src/lib/core/core';
import { networkKit } from '../../../src/lib/sim/network';
import { Run } from '../../../src/lib/sim/run';
import type { Scenario } from '../../../src/lib/world/schema';
import { act, fingerprintOf, openRandom, randomWorld, run } from '../network/random';
import { anyScenario, commandsUpTo, fastClock, fingerprint, openRun, runTo, SECOND } from '../worlds';

export interface Found {
  fingerprint: string;
  /** Steps of the core, or operations, that led there. */
  steps: number;
}

/** How an environment cuts time: the answer must not depend on it. */
export interface Pace {
  msPerLook: number;
  budget: number;
}

const drawn = <T>(arbitrary: fc.Arbitrary<T>, seed: number): T =>
  fc.sample(arbitrary, { seed, numRuns: 1 })[0]!;

/** A random host with a random list of commands, after eight seconds: past its end, and there again. */
export function hostAfter(module: WebAssembly.Module, seed: number, { msPerLook, budget }: Pace): Found {
  const [scenario, commands] = drawn(fc.tuple(anyScenario, commandsUpTo(7, 12)), seed);
  const opened = openRun(module, scenario, commands, fastClock(msPerLook));
  runTo(opened, 9 * SECOND, budget);
  opened.rewind(8 * SECOND);
  runTo(opened, 8 * SECOND, budget);
  return {
    fingerprint: fingerprint(opened.world.core).toString(16),
    steps: opened.world.core.field(Field.steps),
  };
}

/** A random network with its random commands. */
export function networkAfter(module: WebAssembly.Module, seed: number, { budget }: Pace): Found {
  const { seed: salt, steps, ops } = drawn(randomWorld, seed);
  const world = openRandom(module, salt);
  for (const op of ops) {
    act(world, op);
    run(world, steps, [budget, 1 + (budget % 3)], 50e6);
  }
  return { fingerprint: fingerprintOf(world).toString(16), steps: world.core.field(Field.steps) };
}

/** A scenario that the site provides. */
export function scenarioAfter(
  module: WebAssembly.Module,
  scenario: Scenario,
  seconds: number,
  { msPerLook, budget }: Pace,
): Found {
  const document = { v: 1 as const, scenario, seed: scenario.seed, commands: [], t: 0, view: {} };
  const opened = new Run(module, document, scenario, fastClock(msPerLook), undefined, networkKit);
  opened.world.network?.wire.listen();
  runTo(opened, seconds * SECOND, budget);
  return {
    fingerprint: fingerprint(opened.world.core).toString(16),
    steps: opened.world.core.field(Field.steps),
  };
}
