import { Field, type Core } from '#lib/core/core';
import { NS_PER_SECOND, type Nanoseconds } from '#lib/units';
import type { SeriesPoint } from './protocol';

/** Points kept for the longest run; the interval between them grows with the run's duration. */
const MAX_POINTS = 20_000;
const COLUMNS = ['shared', 'reclaimed', 'zero', 'free', 'allocated'] as const;

/** The host's history: one point every so many simulated seconds, at exact moments, whatever the speed. */
export class Series {
  readonly intervalNs: Nanoseconds;
  #values: number[] = [];

  constructor(durationNs: Nanoseconds) {
    this.intervalNs = Math.ceil(durationNs / NS_PER_SECOND / MAX_POINTS) * NS_PER_SECOND;
  }

  /** The next moment to sample, seen from the world's present time. */
  nextNs(timeNs: Nanoseconds): Nanoseconds {
    // The present one, when it has not been sampled yet: the beginning, and moments at which commands wait.
    if (timeNs === this.length * this.intervalNs) return timeNs;
    return (Math.floor(timeNs / this.intervalNs) + 1) * this.intervalNs;
  }

  /** To be called when everything of a sampling moment has happened; other moments are ignored. */
  sample(core: Core): void {
    const timeNs = core.field(Field.timeNs);
    const index = timeNs / this.intervalNs;
    if (!Number.isInteger(index) || index !== this.length) return;
    const shared = core.field(Field.sharedGuestPages);
    const copies = core.field(Field.sharedCopies);
    const privatePages = core.field(Field.privatePages);
    this.#values.push(
      shared,
      shared - copies,
      core.field(Field.sharedZeroPages),
      core.field(Field.freePages),
      shared + privatePages,
    );
  }

  get length(): number {
    return this.#values.length / COLUMNS.length;
  }

  /** The future has changed. Points at this very moment are taken again. */
  truncate(timeNs: Nanoseconds): void {
    const keep = Math.ceil(timeNs / this.intervalNs);
    this.#values.length = Math.min(this.#values.length, keep * COLUMNS.length);
  }

  /** At most `points` of them up to `untilNs`, evenly thinned, the last one always there. */
  read(untilNs: Nanoseconds, points: number): SeriesPoint[] {
    const count = Math.min(this.length, Math.floor(untilNs / this.intervalNs) + 1);
    const stride = Math.max(1, Math.ceil(count / Math.max(2, points)));
    const indexes: number[] = [];
    for (let i = 0; i < count; i += stride) indexes.push(i);
    if (count > 0 && indexes[indexes.length - 1] !== count - 1) indexes.push(count - 1);
    return indexes.map((i) => {
      const at = i * COLUMNS.length;
      const [shared, reclaimed, zero, free, allocated] = this.#values.slice(at, at + COLUMNS.length) as [
        number,
        number,
        number,
        number,
        number,
      ];
      return { timeNs: i * this.intervalNs, shared, reclaimed, zero, free, allocated };
    });
  }
}
