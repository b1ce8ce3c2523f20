/**
 * A process of its own for runs with checkpoints and all, bundled by world.bench.mjs: what else the bench holds in
 * memory is not collected again and again in their time. Asked over its channel; times are milliseconds of its processor.
 */
import { readFileSync } from 'node:fs';
import { Run } from '#lib/sim/run.ts';
import { secondsToNs } from '#lib/units.ts';
import { cpuMs } from './cpu-time.mjs';

const module = new WebAssembly.Module(readFileSync(/** @type {string} */ (process.argv[2])));

/** @param {() => void} work */
const timeOf = (work) => {
  const start = cpuMs();
  work();
  return cpuMs() - start;
};

/** @typedef {import('#lib/world/schema').Scenario} Scenario */

/** @param {Scenario} scenario */
const runOf = (scenario) =>
  new Run(module, { v: 1, scenario, seed: scenario.seed, commands: [], t: 0, view: {} }, scenario, cpuMs);

/** @param {Run} run @param {number} seconds */
const advance = (run, seconds) => {
  while (run.advance(secondsToNs(seconds)));
};

const QUESTIONS = {
  /** A whole run. @param {{ scenario: Scenario }} of */
  whole: ({ scenario }) => timeOf(() => advance(runOf(scenario), scenario.durationSeconds)),

  /**
   * The way back from `seconds` to so many moments before, and one more checkpoint of the present.
   * @param {{ scenario: Scenario, seconds: number, moments: number }} of
   */
  back({ scenario, seconds, moments }) {
    const run = runOf(scenario);
    advance(run, seconds);
    const times = Array.from({ length: moments }, (_, i) => {
      const to = (seconds * ((i * 7919 + 131) % 1000)) / 1000;
      return timeOf(() => {
        run.rewind(secondsToNs(to));
        advance(run, to);
      });
    });
    const { checkpoints } = run;
    const { count, bytes, last } = checkpoints;
    const checkpointMs = Math.min(
      ...[0, 0, 0].map(() => timeOf(() => last && checkpoints.take(run.world.core, last.meta))),
    );
    return { times, count, bytes, checkpointMs };
  },
};

process.on('message', (/** @type {any} */ { question, ...of }) => {
  process.send?.(QUESTIONS[/** @type {keyof typeof QUESTIONS} */ (question)](of));
});
