import type { StepUnit } from '#lib/sim/protocol';
import type { Simulation } from '#lib/state/simulation.svelte';

/** The other pace of a world: one event, one frame or one hop of a packet, a pause to look, the next. */
export class Beat {
  isRunning = $state(false);
  unit: StepUnit = 'event';
  /** The frame that was followed to the end of its packet's way; 0: it goes on, or nobody asked. */
  endedAt = $state(0);
  #timer = 0;

  constructor(
    readonly simulation: Simulation,
    /** The frame whose packet is followed; 0: none. Frame by frame is then hop by hop. */
    private readonly followed: () => number = () => 0,
    readonly pauseMs = 900,
  ) {}

  /** Goes on with the packet that is followed. @returns false when it goes no further */
  async hop(frame = this.followed()): Promise<boolean> {
    const went = await this.simulation.step('hop', frame);
    this.endedAt = went === false ? frame : 0;
    return went !== false;
  }

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
    const frame = this.unit === 'frame' ? this.followed() : 0;
    let isOver = false;
    if (frame > 0) isOver = !(await this.hop(frame));
    else await this.simulation.step(this.unit);
    if (!this.isRunning) return;
    const { status, reading } = this.simulation;
    // At the end of the packet's way or of the run, or with a dead engine, there is nothing to wait for.
    if (
      isOver ||
      status.kind !== 'ready' ||
      (reading && reading.timeNs >= reading.durationNs && reading.eventCount === before)
    )
      this.stop();
    else this.#timer = window.setTimeout(this.#next, this.pauseMs);
  };
}
