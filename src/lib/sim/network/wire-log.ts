/**
 * What was heard on the wire, newest kept: at any moment of a run the newest records before it, however that moment was
 * reached. A checkpoint therefore remembers it, as it remembers the state.
 */
import { codesOf } from '#lib/core/codes';
import {
  DropReason,
  WireKind,
  WireMask,
  wireRows,
  wireStarts,
  type CoreNetwork,
  type WireRow,
} from '#lib/core/network';
import type { Bytes } from '#lib/units';
import type { NetworkRequest, WireRecord } from '../network-protocol';

/** Records kept: as many as a page shows. */
const CAPACITY = 2000;
/** They are kept in pieces of about so many bytes, which checkpoints share. */
const PIECE_BYTES: Bytes = 65_536;
/** As much may wait in the core until it is asked for: near what stops a run, as old records leave by a move of the newest. */
const WAITING_BYTES: Bytes = 5_500_000;
/** What is heard little by little grows in one piece up to this. */
const SMALL_BYTES: Bytes = 16_384;
const DROP_REASONS = codesOf(DropReason as never);
const KINDS = {
  [WireKind.sent]: 'sent',
  [WireKind.received]: 'received',
  [WireKind.dropped]: 'dropped',
} as const;
const ALL: number = WireMask.sent | WireMask.received | WireMask.dropped;

export const dropReason = (reason: number): string => DROP_REASONS[reason] ?? 'none';

const wireRecord = (row: WireRow, number: number): WireRecord => ({
  number,
  timeNs: row.timeNs,
  kind: KINDS[row.kind as keyof typeof KINDS],
  reason: dropReason(row.reason),
  port: row.port,
  node: row.node,
  peer: row.peer,
  frame: row.frame,
  parent: row.parent,
  length: row.bytes.length,
  bytes: row.bytes.slice(),
});

/** Immutable. */
export interface WireMemory {
  /** Number of the newest record; 0: nothing was heard. */
  readonly last: number;
  /** Records in the core's own form, in order. */
  readonly pieces: readonly Uint8Array[];
  /** Records in each. */
  readonly counts: readonly number[];
}

const NOTHING: WireMemory = { last: 0, pieces: [], counts: [] };

export class WireLog {
  #kept = NOTHING;
  #listens = false;
  /** Records that came after the kept ones, and that nobody had asked for before they were too old. */
  #gone = 0;
  /** Grows when time goes back: the same number may then mean another record. */
  edition = 0;

  constructor(private readonly net: CoreNetwork) {}

  /** Hears every port from now on. A recorder, which listens for itself, has a run that does not. */
  listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    this.net.watchAll(ALL);
  }
  get listens(): boolean {
    return this.#listens;
  }

  /** Number of the newest record; 0: nothing was heard. */
  get last(): number {
    return this.#heard().last;
  }
  /** Number of the oldest record that is kept. */
  get first(): number {
    return Math.max(1, this.last - CAPACITY + 1);
  }

  /** Makes room in the core for what will be heard. Most of it is gone before anybody asks, and is never copied. */
  makeRoom(): void {
    if (this.#listens && this.net.wireBytes > WAITING_BYTES) this.#gone += this.net.trimWire(CAPACITY);
  }

  /** Takes what was heard since it was last asked. */
  #heard(): WireMemory {
    if (!this.#listens || this.net.wireBytes === 0) return this.#kept;
    const heard = this.net.wire();
    const starts = wireStarts(heard);
    const pieces = [...this.#kept.pieces];
    const counts = [...this.#kept.counts];
    for (let from = Math.max(0, starts.length - CAPACITY); from < starts.length;) {
      let to = from + 1;
      while (to < starts.length && starts[to]! - starts[from]! < PIECE_BYTES) to++;
      const piece = heard.slice(starts[from], starts[to]);
      const before = pieces.at(-1);
      if (before && before.length + piece.length <= SMALL_BYTES) {
        pieces[pieces.length - 1] = joined(before, piece);
        counts[counts.length - 1]! += to - from;
      } else {
        pieces.push(piece);
        counts.push(to - from);
      }
      from = to;
    }
    this.net.emptyWire();
    const last = this.#kept.last + this.#gone + starts.length;
    this.#gone = 0;
    let kept = counts.reduce((sum, count) => sum + count, 0);
    let gone = 0;
    while (kept - counts[gone]! >= CAPACITY) kept -= counts[gone++]!;
    return (this.#kept = {
      last,
      pieces: pieces.slice(gone),
      counts: counts.slice(gone),
    });
  }

  remember(): WireMemory {
    return this.#heard();
  }
  recall(memory: WireMemory): void {
    this.net.emptyWire();
    this.#gone = 0;
    this.#kept = memory;
    this.edition++;
  }

  /** Newest first. */
  read({ count, after = 0, frame, node, dropsOnly }: NonNullable<NetworkRequest['wire']>): WireRecord[] {
    const { pieces } = this.#heard();
    const oldest = Math.max(after + 1, this.first);
    const found: WireRecord[] = [];
    let number = this.last;
    for (let piece = pieces.length - 1; piece >= 0 && number >= oldest; piece--) {
      const rows = wireRows(pieces[piece]!);
      for (let i = rows.length - 1; i >= 0; i--, number--) {
        if (number < oldest || found.length >= count) return found;
        const row = rows[i]!;
        if (frame !== undefined && row.frame !== frame && row.parent !== frame) continue;
        if (node !== undefined && row.node !== node) continue;
        if (dropsOnly && row.kind !== WireKind.dropped) continue;
        found.push(wireRecord(row, number));
      }
    }
    return found;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
