import { eventCode, reasonCode } from '#lib/core/codes';
import { EVENT_BYTES, type Core, Field } from '#lib/core/core';
import type { EventKind } from '#wasm/shared/events';
import type { EventRecord } from './protocol';

/** Events kept: 32 MB. Older ones are forgotten, and counted. */
export const LOG_CAPACITY = 1_048_576;
/** Room is taken for so many at a time, and stays where it is: a log that moved as it grew would touch twice its size. */
const SEGMENT = 16_384;

export interface EventFilter {
  count: number;
  kinds?: ReadonlySet<string>;
  vm?: number;
  /** Only events with a smaller sequence number. */
  before?: number;
}

/**
 * All events of a run, in the core's own 32-byte form. The core's ring is small; this takes from it after each slice.
 * A replay records the same events under the same numbers: what is known already is not stored twice.
 */
export class EventLog {
  /** Of `SEGMENT` events each, from the first time that one of them is stored. */
  readonly #segments: (DataView | undefined)[] = [];
  /** Events up to this one were never stored. */
  #base = 0;
  /** Sequence number of the newest stored event. */
  last = 0;
  /** Sequence number up to which the core's ring has been read. */
  drained = 0;

  /** Takes what the core has recorded since the last time. @returns the first new sequence number. */
  drain(core: Core): number {
    const to = core.field(Field.eventSequence);
    const from = Math.max(this.drained, this.last);
    if (to > from) {
      for (let at = from; at < to;) {
        const end = Math.min(to, at - (at % SEGMENT) + SEGMENT);
        core.copyEvents(at, end, new Uint8Array(this.#segmentOf(at + 1).buffer));
        at = end;
      }
      this.last = to;
    }
    this.drained = to;
    return from + 1;
  }

  /** For a copy of a world that is under way: what happened before is not known here. */
  startAt(sequence: number): void {
    this.#base = sequence;
    this.last = sequence;
    this.drained = sequence;
  }

  /** After a restore: the core counts on from `sequence`. */
  rewindTo(sequence: number): void {
    this.drained = sequence;
  }

  /** The future has changed: what was recorded after `sequence` never happened. */
  truncate(sequence: number): void {
    // What the future had written over stays lost.
    this.#base = Math.min(this.forgotten, sequence);
    if (this.last > sequence) this.last = sequence;
    this.drained = Math.min(this.drained, sequence);
  }

  get forgotten(): number {
    return Math.max(this.#base, this.last - LOG_CAPACITY);
  }

  /** Kind of a stored event, without the cost of the rest. */
  kindOf(sequence: number): EventKind {
    return this.#segmentOf(sequence).getUint16(placeOf(sequence) + 8, true);
  }

  /** @returns null when the event is not (or no longer) there. */
  get(sequence: number): EventRecord | null {
    if (sequence < 1 || sequence > this.last || sequence <= this.forgotten) return null;
    const view = this.#segmentOf(sequence);
    const at = placeOf(sequence);
    return {
      sequence,
      timeNs: Number(view.getBigUint64(at, true)),
      kind: eventCode(view.getUint16(at + 8, true)),
      reason: reasonCode(view.getUint16(at + 10, true)),
      vm: view.getUint16(at + 12, true),
      a: view.getUint32(at + 16, true),
      b: view.getUint32(at + 20, true),
      c: view.getUint32(at + 24, true),
      cause: view.getUint32(at + 28, true),
    };
  }

  /** Newest first, among those with a sequence number up to `until`. `accept` sees each that passes the filter. */
  newest(until: number, filter: EventFilter, accept?: (event: EventRecord) => boolean): EventRecord[] {
    const found: EventRecord[] = [];
    const start = Math.min(until, this.last, (filter.before ?? Infinity) - 1);
    for (let sequence = start; sequence > this.forgotten && found.length < filter.count; sequence--) {
      if (
        filter.vm !== undefined &&
        this.#segmentOf(sequence).getUint16(placeOf(sequence) + 12, true) !== filter.vm
      )
        continue;
      if (filter.kinds && !filter.kinds.has(eventCode(this.kindOf(sequence)))) continue;
      const event = this.get(sequence)!;
      if (!accept || accept(event)) found.push(event);
    }
    return found;
  }

  #segmentOf(sequence: number): DataView {
    const number = Math.floor(((sequence - 1) % LOG_CAPACITY) / SEGMENT);
    return (this.#segments[number] ??= new DataView(new ArrayBuffer(SEGMENT * EVENT_BYTES)));
  }
}

/** Where an event lies in its segment. */
const placeOf = (sequence: number): number => ((sequence - 1) % SEGMENT) * EVENT_BYTES;
