import type { Simulation } from '#lib/state/simulation.svelte';
import type { Nanoseconds } from '#lib/units';

/** Longer than this, and a seek shows how far it is. */
const SLOW_MS = 1000;
const LOOK_MS = 200;

/**
 * Going to moments faster than the engine can: only the newest wish is kept while one is on its way,
 * so a slider that is dragged never queues up replays.
 */
export class Seeking {
  /** Where the reader wants to be; null when there. */
  targetNs = $state<Nanoseconds | null>(null);
  /** A seek has taken more than a second. */
  isSlow = $state(false);
  #isBusy = false;

  constructor(readonly simulation: Simulation) {}

  /** How far the replay is, 0 … 1, or null when it cannot be told. */
  readonly fraction = $derived.by(() => {
    if (this.targetNs === null) return null;
    return this.targetNs > 0 ? Math.min(1, this.simulation.timeNs / this.targetNs) : null;
  });

  async to(timeNs: Nanoseconds): Promise<void> {
    this.targetNs = Math.max(0, Math.round(timeNs));
    if (this.#isBusy) return;
    this.#isBusy = true;
    const slow = setTimeout(() => (this.isSlow = true), SLOW_MS);
    // A paused world is read once; while it replays, its clock is looked at.
    const look = setInterval(() => this.simulation.refresh(), LOOK_MS);
    let reached: Nanoseconds | null = null;
    while (this.targetNs !== null && this.targetNs !== reached) {
      reached = this.targetNs;
      await this.simulation.seek(reached);
    }
    clearTimeout(slow);
    clearInterval(look);
    this.isSlow = false;
    this.targetNs = null;
    this.#isBusy = false;
  }
}
