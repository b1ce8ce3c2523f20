/** What the dissectors of one frame share. */
import type { Bytes } from '#lib/units';
import { preview } from './bytes';
import type { Field, Layer, Note, NoteCode, ProtocolCode, Summary } from './field';

/** What a frame carries that only an earlier frame tells: the ports of a TFTP transfer are chosen as it goes. */
export type Expect = (address: string, port: number) => ProtocolCode | null;

export interface Context {
  readonly bytes: Uint8Array;
  /** On the wire: more than `bytes.length` when the capture was cut. */
  readonly wireLength: Bytes;
  readonly layers: Layer[];
  readonly expect: Expect;
  summary: Summary;
  /** Where the addresses of the innermost IPv4 header stand (source, then destination); −1 before there is one. */
  addressesAt: Bytes;
  /** Where what Ethernet carries ends, when its own length says so; what follows is padding. */
  contentEnd: Bytes;
  /** In the datagram that an ICMP error quotes: cut by nature, so nothing is verified. */
  isQuoted: boolean;
}

/** The layer that follows: where, and up to where it may go (beyond the captured bytes when the capture was cut). */
export interface Next {
  protocol: ProtocolCode;
  start: Bytes;
  end: Bytes;
}

export type Dissector = (cx: Context, start: Bytes, end: Bytes) => Next | null;

export function addLayer(
  cx: Context,
  protocol: ProtocolCode,
  offset: Bytes,
  length: Bytes,
  fields: Field[],
): Layer {
  const layer: Layer = {
    protocol,
    offset,
    length: Math.max(0, Math.min(length, cx.bytes.length - offset)),
    fields,
    notes: [],
  };
  if (cx.isQuoted) layer.isQuoted = true;
  cx.layers.push(layer);
  return layer;
}

export const note = (code: NoteCode, args?: Note['args']): Note => (args ? { code, args } : { code });

/** What is here of a layer that may go beyond the captured bytes. */
export const available = (cx: Context, end: Bytes): Bytes => Math.min(end, cx.bytes.length);

/** The innermost layer that says something says it for the frame; a quoted one says nothing. */
export function summarise(cx: Context, code: string, args: Summary['args'] = {}): void {
  if (!cx.isQuoted) cx.summary = { code, args };
}

/** A header that does not fit: what is there is shown, and how much is missing. */
export function isCut(cx: Context, layer: Layer, needed: Bytes, end: Bytes): boolean {
  const there = available(cx, end) - layer.offset;
  if (there >= needed) return false;
  layer.length = Math.max(0, there);
  layer.notes.push(note('truncated', { missing: needed - there }));
  return true;
}

/** Bytes that no dissector here reads. */
export function dataLayer(cx: Context, start: Bytes, end: Bytes): null {
  const length = available(cx, end) - start;
  if (length > 0)
    addLayer(cx, 'data', start, length, [
      { code: 'data.data', offset: start, length, value: null, display: preview(cx.bytes, start, length) },
    ]);
  return null;
}

/** Sets the note of a checksum field that is wrong. @returns whether it was right */
export function checkSum(field: Field | undefined, isRight: boolean, expected: string): boolean {
  if (field && !isRight) (field.notes ??= []).push(note('bad-checksum', { expected }));
  return isRight;
}
