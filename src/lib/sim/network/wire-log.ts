/** What listeners on the wire have heard in this run, newest kept. When time goes back it begins anew. */
import { codesOf } from '#lib/core/codes';
import { DropReason, WireKind, WireMask, type CoreNetwork, type WireRow } from '#lib/core/network';
import type { Bytes } from '#lib/units';
import type { NetworkRequest, WireRecord } from '../network-protocol';

const CAPACITY = 20_000;
const CAPACITY_BYTES: Bytes = 24_000_000;
const DROP_REASONS = codesOf(DropReason as never);
const KINDS = {
  [WireKind.sent]: 'sent',
  [WireKind.received]: 'received',
  [WireKind.dropped]: 'dropped',
} as const;
export const ALL: number = WireMask.sent | WireMask.received | WireMask.dropped;

export const dropReason = (reason: number): string => DROP_REASONS[reason] ?? 'none';

export const wireRecord = (row: WireRow, number: number): WireRecord => ({
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
  bytes: row.bytes,
});

export class WireLog {
  #records: WireRecord[] = [];
  #bytes: Bytes = 0;
  /** Number of the newest record; 0: nothing was heard. */
  last = 0;

  get first(): number {
    return this.#records[0]?.number ?? this.last + 1;
  }

  /** Takes what was heard since it was last asked. */
  drain(net: CoreNetwork): void {
    for (const row of net.drainWire()) {
      this.#records.push(wireRecord(row, ++this.last));
      this.#bytes += row.bytes.length;
    }
    let gone = 0;
    while (this.#records.length - gone > CAPACITY || this.#bytes > CAPACITY_BYTES)
      this.#bytes -= this.#records[gone++]!.length;
    if (gone > 0) this.#records.splice(0, gone);
  }

  clear(): void {
    this.#records = [];
    this.#bytes = 0;
    this.last = 0;
  }

  /** Newest first. */
  read({ count, after = 0, frame, node, dropsOnly }: NonNullable<NetworkRequest['wire']>): WireRecord[] {
    const found: WireRecord[] = [];
    for (let i = this.#records.length - 1; i >= 0 && found.length < count; i--) {
      const record = this.#records[i]!;
      if (record.number <= after) break;
      if (frame !== undefined && record.frame !== frame && record.parent !== frame) continue;
      if (node !== undefined && record.node !== node) continue;
      if (dropsOnly && record.kind !== 'dropped') continue;
      found.push(record);
    }
    return found;
  }
}
