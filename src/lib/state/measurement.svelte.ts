import type { TruthWorld } from '#lib/content/lesson-types';
import { measure, MEASURED, type LessonReading, type MeasureName } from '#lib/content/measures';
import { readMoves } from '#lib/content/models/index';
import { WorldJob } from './world-job';

export type MeasurementStatus =
  | { kind: 'idle' }
  | { kind: 'running'; world: number; fraction: number }
  | { kind: 'done' }
  | { kind: 'failed'; world: number };

interface Job {
  run(...args: Parameters<WorldJob['run']>): Promise<LessonReading | null>;
  cancel(): void;
}

/**
 * The truth of a guess: worlds brought to their end on their own, one after another, scenarios in an engine, each measured
 * once. The learner's world is not touched. Cancelling keeps the points that were measured.
 */
export class Measurement {
  status = $state.raw<MeasurementStatus>({ kind: 'idle' });
  /** One value a world, null until it is measured. */
  values = $state.raw<(number | null)[]>([]);

  #job: Job | null = null;

  constructor(
    readonly worlds: readonly TruthWorld[],
    readonly measured: MeasureName,
    /** The truth is what was added from this second of a scenario on. */
    readonly sinceSeconds = 0,
  ) {
    this.values = worlds.map(() => null);
  }

  /** Measures what is not measured yet. */
  async run(): Promise<void> {
    if (this.status.kind === 'running') return;
    for (const [world, truth] of this.worlds.entries()) {
      if (this.values[world] !== null) continue;
      this.status = { kind: 'running', world, fraction: 0 };
      const job = this.#jobOf(truth, (fraction) => {
        if (this.#job === job) this.status = { kind: 'running', world, fraction };
      });
      this.#job = job;
      let start = 0;
      const reading = await job.run(() => MEASURED, {
        seconds: this.sinceSeconds,
        take: (first) => (start = measure(this.measured, first)),
      });
      if (this.#job !== job) return;
      if (!reading) {
        this.status = { kind: 'failed', world };
        return;
      }
      const value = measure(this.measured, reading) - start;
      this.values = this.values.map((old, index) => (index === world ? value : old));
    }
    this.status = { kind: 'done' };
  }

  #jobOf(world: TruthWorld, onprogress: (fraction: number) => void): Job {
    if ('scenario' in world) return new WorldJob(world.scenario, onprogress);
    return { run: () => readMoves(world.model, world.moves), cancel: () => {} };
  }

  cancel(): void {
    if (this.status.kind !== 'running') return;
    this.#job?.cancel();
    this.#job = null;
    this.status = { kind: 'idle' };
  }
}
