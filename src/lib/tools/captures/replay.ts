/**
 * Frames of a capture as a command to a world: the same frames, the same time apart, put onto one of its switches.
 * A run with this command in it is a replay that a link can carry.
 */
import type * as v from 'valibot';
import type { networkCommands } from '#lib/world/network';
import type { Bytes, Nanoseconds } from '#lib/units';

/** What the core takes from outside: a header at least, and no jumbo frame. */
const MIN_FRAME: Bytes = 14;
export const MAX_REPLAYED_FRAME: Bytes = 1536;
/** As many as one command may bring. */
export const MAX_REPLAYED_FRAMES = 2000;

export type InjectFrames = Extract<
  v.InferOutput<(typeof networkCommands)[number]>,
  { kind: 'inject-frames' }
>;

export interface Replay {
  command: InjectFrames;
  /** Frames that a switch of 2006 would not take, and those that are too many for one command. */
  leftOut: { tooShort: number; tooLong: number; tooMany: number };
}

/**
 * @param label of the switch
 * @param frames in the order of their time, which is counted from the first
 */
export function replayOnto(
  label: string,
  frames: Iterable<{ time: Nanoseconds; bytes: Uint8Array }>,
): Replay {
  const leftOut = { tooShort: 0, tooLong: 0, tooMany: 0 };
  const taken: InjectFrames['frames'] = [];
  let first: Nanoseconds | null = null;
  for (const { time, bytes } of frames) {
    if (bytes.length < MIN_FRAME) leftOut.tooShort++;
    else if (bytes.length > MAX_REPLAYED_FRAME) leftOut.tooLong++;
    else if (taken.length >= MAX_REPLAYED_FRAMES) leftOut.tooMany++;
    else {
      first ??= time;
      // A clock that was set back while it was captured does not make a frame come before the first.
      taken.push({ afterNs: Math.max(0, Math.round(time - first)), bytes: base64(bytes) });
    }
  }
  return { command: { kind: 'inject-frames', switch: label, frames: taken }, leftOut };
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
