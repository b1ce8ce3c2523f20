/** One direction of a TCP connection: segments in, bytes out in order, and what happened on the way. Bounded. */
import type { Bytes } from '#lib/units';

/** Where bytes stand in the file, so that they can be read again instead of kept. */
export interface Extent {
  /** In the file. */
  offset: Bytes;
  length: Bytes;
}

export interface StreamSink {
  /** The next bytes of the stream. `bytes` holds only during the call. */
  take(bytes: Uint8Array, offset: Bytes, frame: number): void;
  /** So many bytes are missing here: never captured, or too much was waiting for them. */
  gap(length: Bytes): void;
}

interface Held {
  seq: number;
  bytes: Uint8Array;
  offset: Bytes;
  frame: number;
}

/** Ahead of a hole, at most this much waits for it to be filled. */
const MAX_HELD: Bytes = 1 << 20;
const MAX_HELD_SEGMENTS = 1024;

/** a − b in the arithmetic of sequence numbers: negative when a is before b. */
export const sequenceDifference = (a: number, b: number): number => (a - b) | 0;

export type Arrival = 'new' | 'again' | 'early';

export class TcpStream {
  /** The next byte expected; null before anything was seen. */
  next: number | null = null;
  /** The furthest byte seen. */
  highest: number | null = null;
  readonly #sink: StreamSink | null;
  #held: Held[] = [];
  #heldBytes: Bytes = 0;

  constructor(sink: StreamSink | null) {
    this.#sink = sink;
  }

  /** The stream begins at this number (that of SYN, plus one). */
  begin(seq: number): void {
    this.next ??= seq >>> 0;
    this.highest ??= seq >>> 0;
  }

  /**
   * Takes a segment.
   * @param bytes what was captured of its payload; `length` is what was sent
   * @returns whether it brought something new, was sent before, or leaves a hole before it
   */
  segment(seq: number, bytes: Uint8Array, length: Bytes, offset: Bytes, frame: number): Arrival {
    this.begin(seq);
    const start = seq >>> 0;
    const end = (start + length) >>> 0;
    const ahead = sequenceDifference(start, this.next!);
    const isNew = sequenceDifference(end, this.highest!) > 0;
    const arrival: Arrival = !isNew && this.#hasSeen(start, end) ? 'again' : ahead > 0 ? 'early' : 'new';
    if (isNew) this.highest = end;
    if (ahead > 0) this.#hold({ seq: start, bytes: bytes.slice(), offset, frame });
    else this.#deliver(start, bytes, length, offset, frame);
    this.#release();
    return arrival;
  }

  /** No more will come: what waits is given with its holes. */
  end(): void {
    while (this.#held.length > 0) this.#skipToHeld();
  }

  /** Before `next` all was seen; after it, what is held. */
  #hasSeen(start: number, end: number): boolean {
    if (sequenceDifference(end, this.next!) <= 0) return true;
    return this.#held.some(
      ({ seq, bytes }) =>
        sequenceDifference(start, seq) >= 0 && sequenceDifference(end, seq + bytes.length) <= 0,
    );
  }

  #deliver(seq: number, bytes: Uint8Array, length: Bytes, offset: Bytes, frame: number): void {
    const old = -sequenceDifference(seq, this.next!);
    if (length <= old) return;
    const fresh = bytes.subarray(Math.min(old, bytes.length));
    if (fresh.length > 0) this.#sink?.take(fresh, offset + old, frame);
    // Cut by the capture: the rest was sent, and is not here.
    const missing = length - Math.max(old, bytes.length);
    if (missing > 0) this.#sink?.gap(missing);
    this.next = (seq + length) >>> 0;
  }

  #hold(held: Held): void {
    if (held.bytes.length === 0 || this.#sink === null) return;
    const at = this.#held.findIndex(({ seq }) => sequenceDifference(seq, held.seq) > 0);
    this.#held.splice(at < 0 ? this.#held.length : at, 0, held);
    this.#heldBytes += held.bytes.length;
    while (this.#heldBytes > MAX_HELD || this.#held.length > MAX_HELD_SEGMENTS) this.#skipToHeld();
  }

  #release(): void {
    while (this.#held.length > 0 && sequenceDifference(this.#held[0].seq, this.next!) <= 0) {
      const { seq, bytes, offset, frame } = this.#held.shift()!;
      this.#heldBytes -= bytes.length;
      this.#deliver(seq, bytes, bytes.length, offset, frame);
    }
  }

  #skipToHeld(): void {
    const missing = sequenceDifference(this.#held[0].seq, this.next!);
    if (missing > 0) {
      this.#sink?.gap(missing);
      this.next = this.#held[0].seq;
    }
    this.#release();
  }
}
