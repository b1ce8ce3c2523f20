/**
 * A switch of a running world joined to the outside: real frames from a stream enter it, and what it sends to the tap goes
 * back. Simulated time then follows the wall clock, so that a real peer's timers mean what they say. The one place where
 * a world hears something that is not in its list of commands: such a run is not repeatable.
 */
import { WireKind, WireMask, type WireRow } from '#lib/core/network';
import { Reason } from '#lib/core/core';
import type { Nanoseconds } from '#lib/units';
import type { Run } from '../run';
import { fromMac } from './mac';

/** A stream to the outside. */
export interface Line {
  /** @returns false when the other side does not read fast enough: these bytes are lost, as frames on a wire are */
  send(bytes: Uint8Array): boolean;
  /** What came since it was last asked. */
  receive(): Uint8Array[];
  readonly isOpen: boolean;
  close(): void;
}

/** A length that no frame has: the other side speaks something else. */
export class NotFrames extends Error {
  constructor(readonly length: number) {
    super(`a length of ${length} bytes, where a frame has at most ${LONGEST}`);
  }
}

const PREFIX = 4;
const LONGEST = 65_535;

/** Frames out of a stream of "4 bytes of length, big-endian, and the frame". */
export class FrameStream {
  #rest: Uint8Array = new Uint8Array(0);

  /** @throws NotFrames */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let bytes = chunk;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + chunk.length);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.length);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (bytes.length - at >= PREFIX) {
      const length = view.getUint32(at);
      if (length > LONGEST) throw new NotFrames(length);
      if (bytes.length - at < PREFIX + length) break;
      yield bytes.subarray(at + PREFIX, at + PREFIX + length);
      at += PREFIX + length;
    }
    this.#rest = bytes.slice(at);
  }
}

export function prefixed(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(PREFIX + frame.length);
  new DataView(bytes.buffer).setUint32(0, frame.length);
  bytes.set(frame, PREFIX);
  return bytes;
}

export class Tap {
  readonly #port: number;
  readonly #stream = new FrameStream();
  #mac: number | null = null;
  /** Frames from outside, to outside, and of both those that were lost between: too long, or not read in time. */
  readonly counts = { in: 0, out: 0, lost: 0 };

  /** @param label of a switch that exists */
  constructor(
    private readonly run: Run,
    label: string,
    readonly line: Line,
  ) {
    this.#port = run.world.network!.tap(label);
  }

  /** From now on the outside hears the switch. What went before is no news to it. */
  open(): void {
    this.run.world.network!.net.watch(this.#port, WireMask.received);
  }

  /** What came from outside enters the switch, now. @throws NotFrames */
  take(): void {
    const { net } = this.run.world.network!;
    for (const chunk of this.line.receive())
      for (const frame of this.#stream.push(chunk)) {
        this.counts.in++;
        this.#knowMachine(frame);
        if (net.inject(this.#port, frame) !== Reason.none) this.counts.lost++;
      }
  }

  /** A virtual switch learns nothing: it is told whose card is behind the tap. One machine; the one that spoke last. */
  #knowMachine(frame: Uint8Array): void {
    if (frame.length < 14) return;
    const mac = fromMac(frame.subarray(6, 12));
    if (mac === this.#mac) return;
    this.#mac = mac;
    this.run.world.network!.net.setMac(this.#port, mac);
  }

  /** What the switch has sent to the tap goes out. */
  give(rows: readonly WireRow[]): void {
    for (const { port, kind, bytes } of rows) {
      if (port !== this.#port || kind !== WireKind.received) continue;
      if (this.line.send(prefixed(bytes))) this.counts.out++;
      else this.counts.lost++;
    }
  }
}

/** How far simulated time may fall behind the wall clock before it stops trying to catch up. */
const PATIENCE_MS = 50;

/** Simulated time tied to the wall clock from the moment this is made. */
export class Pace {
  #zeroMs: number;

  constructor(
    private readonly run: Run,
    private readonly now: () => number,
  ) {
    this.#zeroMs = now() - run.timeNs / 1e6;
  }

  /** The moment that simulated time should be at. What could not be kept up with is let go: nothing bursts. */
  target(): Nanoseconds {
    const behindMs = this.now() - this.#zeroMs - this.run.timeNs / 1e6;
    if (behindMs > PATIENCE_MS) this.#zeroMs += behindMs - PATIENCE_MS;
    return Math.round((this.now() - this.#zeroMs) * 1e6);
  }
}
