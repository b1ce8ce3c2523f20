/**
 * Whatever is built and whatever is done: no trap, no frame or byte unaccounted for, no drop without a reason; a refusal
 * changes nothing; a world that is restored goes on as it would have; how time is cut into slices does not matter.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Reason } from '#lib/core/core';
import { COMPILE_MS, coreModule } from '../core';
import { replaying } from '../worlds';
import {
  act,
  fingerprintOf,
  mustHold,
  openRandom,
  randomWorld,
  restore,
  run,
  save,
  type RandomWorld,
} from './random';

const RUNS = 60;
/** How often each promise was looked at: one that nobody looked at fails. */
const looked = { moments: 0, refusals: 0, restored: 0, slices: 0, drops: 0, hops: 0, jobs: 0, tunnels: 0 };

let module: WebAssembly.Module;
beforeAll(() => void (module = coreModule('debug')), COMPILE_MS);

const property = (name: string, runs: number, check: (world: RandomWorld) => void) =>
  it(
    name,
    () => {
      const parameters = {
        numRuns: runs,
        interruptAfterTimeLimit: 60_000,
        markInterruptAsFailure: false,
        ...replaying,
      };
      const result = fc.check(fc.property(randomWorld, check), parameters);
      if (!result.failed) return;
      const again = `PROPERTY_SEED=${result.seed} PROPERTY_PATH=${result.counterexamplePath} npx vitest run wasm/tests/network/random.test.ts -t '${name}'`;
      expect.fail(`again: ${again}\n${fc.defaultReportMessage(result) ?? ''}`);
    },
    120_000,
  );

property('every frame is somewhere, after every command', RUNS, ({ seed, steps, ops }) => {
  const world = openRandom(module, seed);
  for (const [n, op] of ops.entries()) {
    const before = n % 6 === 0 ? fingerprintOf(world) : null;
    const reason = act(world, op);
    if (before !== null && reason) {
      looked.refusals++;
      if (fingerprintOf(world) !== before)
        throw new Error(`refused (${Reason[reason]}), and yet it changed something`);
    }
    run(world, steps, [steps], 50e6);
    if (n % 3 !== 0) continue;
    mustHold(world);
    looked.moments++;
    looked.tunnels += world.net.tunnels().filter(({ open }) => open).length;
  }
  mustHold(world);
  looked.drops += world.net.conservation().dropped;
  looked.hops += world.net.hops;
  looked.jobs += world.net.jobs().length;
});

property('going back is the same again, and so is going on in other slices', 25, ({ seed, steps, ops }) => {
  const world = openRandom(module, seed);
  const half = ops.length >> 1;
  const go = (from: number, to: number, parts: readonly number[]) => {
    for (const op of ops.slice(from, to)) {
      act(world, op);
      run(world, steps, parts, 50e6);
    }
  };
  go(0, half, [steps]);
  const then = save(world);
  go(half, ops.length, [steps]);
  const end = fingerprintOf(world);
  restore(world, then);
  go(half, ops.length, [1, 7, 3, 50]);
  expect(fingerprintOf(world)).toBe(end);
  looked.restored++;
  // From the beginning, in another instance.
  const twin = openRandom(module, seed);
  for (const op of ops) {
    act(twin, op);
    run(twin, steps, [5, 1, 90], 50e6);
  }
  expect(fingerprintOf(twin)).toBe(end);
  looked.slices++;
});

afterAll(() => {
  if (replaying.seed !== undefined) return;
  for (const [what, count] of Object.entries(looked)) expect(count, what).toBeGreaterThan(0);
});
