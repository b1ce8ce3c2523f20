/**
 * A sequence diagram: time runs down, hosts stand side by side, each frame is an arrow. Pure geometry in CSS pixels.
 * The space between two frames grows with the time between them, but by its logarithm: a microsecond and an hour fit
 * on one sheet, and what comes later is always lower.
 */
import { scaleLinear } from 'd3';
import type { Nanoseconds } from '#lib/units';

export interface SequenceFrame {
  /** Number of the frame in its capture. */
  index: number;
  time: Nanoseconds;
  from: string;
  to: string;
}

export interface SequenceSize {
  widthPx: number;
  /** For the times at the left of the first host. */
  marginPx: number;
  /** Between two frames at the same moment. */
  rowPx: number;
  /** Above the first frame: the names of the hosts. */
  headPx: number;
}

export interface SequenceArrow {
  index: number;
  time: Nanoseconds;
  /** From the left to the right host, or back; a frame to oneself is a loop. */
  x1: number;
  x2: number;
  y: number;
  /** To everyone: it reaches all the others. */
  isBroadcast: boolean;
  /** Nothing happened for so long before it that the line is broken; 0: it is not. */
  pause: Nanoseconds;
}

export interface SequenceLayout {
  hosts: { id: string; x: number }[];
  arrows: SequenceArrow[];
  heightPx: number;
  headPx: number;
}

/** Waits from here on are shown as breaks: longer than any round trip. */
const PAUSE: Nanoseconds = 1_000_000_000;
/** Space that a wait takes at most, in rows. */
const MAX_GAP_ROWS = 2;
const SHORTEST: Nanoseconds = 10_000;
/** Beside the outer hosts, as a part of the space between two. */
const EDGE = 0.35;

/**
 * @param frames in the order of time
 * @param everyone addresses that mean all hosts: they are no host of their own
 */
export function layoutSequence(
  frames: readonly SequenceFrame[],
  size: SequenceSize,
  everyone: (address: string) => boolean = () => false,
): SequenceLayout {
  const ids: string[] = [];
  for (const { from, to } of frames)
    for (const id of [from, to]) if (!everyone(id) && !ids.includes(id)) ids.push(id);
  const numbers = new Map(ids.map((id, i) => [id, i]));
  const places = scaleLinear([-EDGE, Math.max(0, ids.length - 1) + EDGE], [size.marginPx, size.widthPx]);
  const x = (id: string): number | undefined => (numbers.has(id) ? places(numbers.get(id)!) : undefined);
  const decades = scaleLinear([Math.log(SHORTEST), Math.log(PAUSE)], [0, MAX_GAP_ROWS * size.rowPx]).clamp(
    true,
  );
  const left = x(ids[0]) ?? size.marginPx;
  const right = x(ids[ids.length - 1]) ?? size.widthPx;
  let y = size.headPx + size.rowPx / 2;
  const arrows = frames.map(({ index, time, from, to }, i): SequenceArrow => {
    const waited = i > 0 ? Math.max(0, time - frames[i - 1].time) : 0;
    if (i > 0) y += size.rowPx + decades(Math.log(Math.max(SHORTEST, waited)));
    const isBroadcast = everyone(to);
    const x1 = x(from) ?? left;
    // A message to everyone goes to the far end.
    const x2 = isBroadcast ? (right - x1 >= x1 - left ? right : left) : (x(to) ?? right);
    return { index, time, x1, x2, y, isBroadcast, pause: waited >= PAUSE ? waited : 0 };
  });
  return {
    hosts: ids.map((id) => ({ id, x: x(id)! })),
    arrows,
    heightPx: y + size.rowPx,
    headPx: size.headPx,
  };
}
