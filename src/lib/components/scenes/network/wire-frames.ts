/** Records of the wire as lines of a list and as conversations: dissected when they are looked at, and not before. */
import { Conversations, type Conversation, type FrameMark } from '#lib/capture/conversations';
import { digest } from '#lib/capture/digest';
import { dissect } from '#lib/capture/dissect';
import type { WireRecord } from '#lib/sim/network-protocol';
import type { WireLog } from '#lib/state/wire-log.svelte';
import type { FrameLine, FrameSource } from './frame-line';

const FAULTS = ['bad-checksum', 'truncated', 'bad-length', 'bad-version', 'bad-value', 'bad-pointer'];

/** @param comment what happened to it here, in words; null: nothing to say. */
export function lineOf(record: WireRecord, comment: string | null, mark: FrameMark | null = null): FrameLine {
  const dissection = dissect(record.bytes, record.length);
  const ends = digest(dissection);
  return {
    // Lists count from one, as frames do.
    index: record.frame - 1,
    time: record.timeNs,
    protocol: ends?.protocol ?? 'eth',
    src: ends?.src ?? '',
    dst: ends?.dst ?? '',
    wireLength: record.length,
    summary: dissection.summary,
    isFaulty: dissection.layers.some((layer) => layer.notes.some(({ code }) => FAULTS.includes(code))),
    mark,
    comment,
  };
}

/** A list that is all here already. */
export const sourceOf = (
  records: readonly WireRecord[],
  comment: (record: WireRecord) => string | null,
): FrameSource => ({
  count: records.length,
  // Records are only ever added at the end and taken from the beginning.
  edition: (records[0]?.number ?? 0) * 8192 + records.length,
  load: async (from, to) => records.slice(from, to).map((record) => lineOf(record, comment(record))),
});

/** Conversations of what was heard, each as its speakers hold it: translated by a NAT, it is two. */
export class WireConversations {
  #conversations = new Conversations();
  #last = 0;
  #edition = 0;
  #records = new Map<number, WireRecord>();

  get list(): readonly Conversation[] {
    return this.#conversations.list;
  }

  /** Takes account of what is newer; of a log that is another one, of all of it. */
  hear({ records, edition }: WireLog, isHeard: (record: WireRecord) => boolean): void {
    if (edition !== this.#edition) this.clear();
    this.#edition = edition;
    for (const record of records) {
      if (record.number <= this.#last) continue;
      this.#last = record.number;
      if (record.kind !== 'sent' || !isHeard(record)) continue;
      this.#records.set(record.frame - 1, record);
      this.#conversations.hear({
        index: record.frame - 1,
        time: record.timeNs,
        interfaceId: 0,
        bytes: record.bytes,
        wireLength: record.length,
        offset: 0,
      });
    }
  }

  /** The newest frames of a conversation, in order. */
  linesOf(conversation: Conversation, most: number): FrameLine[] {
    return conversation.frames.slice(-most).flatMap((index) => {
      const record = this.#records.get(index);
      return record ? [lineOf(record, null, this.#conversations.marks.get(index) ?? null)] : [];
    });
  }

  /** Of a line of the list. */
  recordOf(index: number): WireRecord | null {
    return this.#records.get(index) ?? null;
  }

  clear(): void {
    this.#conversations = new Conversations();
    this.#records.clear();
    this.#last = 0;
  }
}
