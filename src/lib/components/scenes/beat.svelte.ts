import type { Simulation } from '#lib/state/simulation.svelte';

/** The other pace of a world: one event, a pause to look, the next event. */
export class Beat {
  isRunning = $state(false);
  #timer = 0;

  constructor(
    readonly simulation: Simulation,
    readonly pauseMs = 900,
  ) {}

  start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    void this.#next();
  }

  stop(): void {
    this.isRunning = false;
    clearTimeout(this.#timer);
  }

  #next = async () => {
    const before = this.simulation.reading?.eventCount;
    await this.simulation.step('event');
    if (!this.isRunning) return;
    const { status, reading } = this.simulation;
    // At the end of the run, or with a dead engine, there is nothing to wait for.
    if (
      status.kind !== 'ready' ||
      (reading && reading.timeNs >= reading.durationNs && reading.eventCount === before)
    )
      this.stop();
    else this.#timer = window.setTimeout(this.#next, this.pauseMs);
  };
}
