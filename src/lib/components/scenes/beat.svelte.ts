import type { StepUnit } from '#lib/sim/protocol';
import type { Simulation } from '#lib/state/simulation.svelte';

/** The other pace of a world: one event (or one frame's hop), a pause to look, the next. */
export class Beat {
  isRunning = $state(false);
  unit: StepUnit = 'event';
  #timer = 0;

  constructor(
    readonly simulation: Simulation,
    readonly pauseMs = 900,
  ) {}

  start(unit: StepUnit = 'event'): void {
    this.unit = unit;
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
    await this.simulation.step(this.unit);
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
