/**
 * How often a page can afford to draw its figures while a world flies: a machine that cannot do it at the usual cadence
 * and keep up with its screen draws them less often, and what moves stays smooth.
 */

/** Share of late frames from which figures come less often, and below which they come more often again. */
const TOO_MANY = 0.04;
const FEW = 0.01;
const SLOWER = 1.5;
const FASTER = 1 / 1.2;
const SLOWEST = 4;
/** Frames are judged together, so many milliseconds of them. */
const JUDGED_MS = 1000;
/** Nothing was drawn for so long: the page was out of sight, or time stood still. */
const PAUSE_MS = 500;
/** No screen is faster. */
const SHORTEST_FRAME_MS = 4;

/** Pure: it is told each frame's moment. */
export class FramePace {
  /** The usual time between two drawings of a figure is multiplied by this: 1 to 4. */
  factor: number;

  #lastMs = -Infinity;
  #shortestMs = Infinity;
  #sinceMs = 0;
  #frames = 0;
  #late = 0;

  constructor(factor = 1) {
    this.factor = factor;
  }

  /** @param nowMs moment of a frame, as `requestAnimationFrame` tells it: one call for each frame while time runs */
  frame(nowMs: number): void {
    const gapMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (gapMs > PAUSE_MS) return this.#begin(nowMs);
    if (gapMs < SHORTEST_FRAME_MS) return;
    this.#shortestMs = Math.min(this.#shortestMs, gapMs);
    this.#frames++;
    if (gapMs > 1.5 * this.#shortestMs) this.#late++;
    if (nowMs - this.#sinceMs < JUDGED_MS) return;
    const share = this.#late / this.#frames;
    if (share > TOO_MANY) this.factor = Math.min(SLOWEST, this.factor * SLOWER);
    else if (share < FEW) this.factor = Math.max(1, this.factor * FASTER);
    this.#begin(nowMs);
  }

  #begin(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#frames = 0;
    this.#late = 0;
  }
}

/** Watches each frame of the screen, whether it brings a reading or not, and slows what is drawn. Returns the end of it. */
export function keepPace(drawn: { slowed: number }): () => void {
  const pace = new FramePace(drawn.slowed);
  const watch = (nowMs: number) => {
    pace.frame(nowMs);
    drawn.slowed = pace.factor;
    frame = requestAnimationFrame(watch);
  };
  let frame = requestAnimationFrame(watch);
  return () => cancelAnimationFrame(frame);
}
