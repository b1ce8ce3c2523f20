/** The same frame at two places: what a device on the way rewrote, put in or took out. */
import type { Bytes } from '#lib/units';
import type { Dissection, Field, Layer, ProtocolCode } from './dissect';

export type ByteChange = 0 | 1 | 2;
export const SAME: ByteChange = 0;
/** There in both, and different. */
export const REWRITTEN: ByteChange = 1;
/** There in this one only. */
export const ONLY_HERE: ByteChange = 2;

export interface FieldChange {
  protocol: ProtocolCode;
  code: string;
  before: string;
  after: string;
}

export interface FrameComparison {
  /** One for each byte of the frame. */
  before: Uint8Array;
  after: Uint8Array;
  /** Rewritten fields, in the order of the frame; those of a layer that is only in one have an empty side. */
  fields: FieldChange[];
  /** Layers that are in one only. */
  added: ProtocolCode[];
  removed: ProtocolCode[];
}

/**
 * Compares two frames layer by layer and field by field, so that a tag that was put in does not make all that follows
 * look rewritten. A layer answers to the one of the same protocol and the same rank.
 */
export function compareFrames(
  before: { bytes: Uint8Array; dissection: Dissection },
  after: { bytes: Uint8Array; dissection: Dissection },
): FrameComparison {
  const result: FrameComparison = {
    before: new Uint8Array(before.bytes.length),
    after: new Uint8Array(after.bytes.length),
    fields: [],
    added: [],
    removed: [],
  };
  const theirs = ranked(after.dissection.layers);
  const matched = new Set<Layer>();
  for (const [key, layer] of ranked(before.dissection.layers)) {
    const other = theirs.get(key);
    if (!other) {
      result.removed.push(layer.protocol);
      result.before.fill(ONLY_HERE, layer.offset, layer.offset + layer.length);
      continue;
    }
    matched.add(other);
    compareLayers(before.bytes, layer, after.bytes, other, result);
  }
  for (const layer of theirs.values()) {
    if (matched.has(layer)) continue;
    result.added.push(layer.protocol);
    result.after.fill(ONLY_HERE, layer.offset, layer.offset + layer.length);
  }
  return result;
}

function ranked(layers: readonly Layer[]): Map<string, Layer> {
  const counts = new Map<string, number>();
  return new Map(
    layers.map((layer) => {
      const rank = counts.get(layer.protocol) ?? 0;
      counts.set(layer.protocol, rank + 1);
      return [`${layer.protocol} ${rank}`, layer];
    }),
  );
}

/** Fields that hold no others, by code and rank. */
function leaves(layer: Layer): Map<string, Field> {
  const counts = new Map<string, number>();
  const found = new Map<string, Field>();
  const walk = (fields: readonly Field[], prefix: string) => {
    for (const field of fields) {
      const path = `${prefix}${field.code}`;
      const rank = counts.get(path) ?? 0;
      counts.set(path, rank + 1);
      const key = `${path} ${rank}`;
      if (field.fields && field.fields.length > 0) walk(field.fields, `${key} `);
      else found.set(key, field);
    }
  };
  walk(layer.fields, '');
  return found;
}

/** What a sender changes along with the length or the place of things is no rewriting of its own. */
function compareLayers(a: Uint8Array, one: Layer, b: Uint8Array, two: Layer, result: FrameComparison): void {
  const theirs = leaves(two);
  const matched = new Set<Field>();
  for (const [key, field] of leaves(one)) {
    const other = theirs.get(key);
    if (!other) {
      result.before.fill(ONLY_HERE, field.offset, field.offset + field.length);
      result.fields.push({ protocol: one.protocol, code: field.code, before: field.display, after: '' });
      continue;
    }
    matched.add(other);
    const isSame = sameBytes(a, field, b, other);
    if (isSame || (field.bits && field.value === other.value)) continue;
    mark(a, field, b, other, result.before);
    mark(b, other, a, field, result.after);
    result.fields.push({
      protocol: one.protocol,
      code: field.code,
      before: field.display,
      after: other.display,
    });
  }
  for (const field of theirs.values()) {
    if (matched.has(field)) continue;
    result.after.fill(ONLY_HERE, field.offset, field.offset + field.length);
    result.fields.push({ protocol: two.protocol, code: field.code, before: '', after: field.display });
  }
}

function sameBytes(a: Uint8Array, one: Field, b: Uint8Array, two: Field): boolean {
  if (one.length !== two.length) return false;
  for (let i = 0; i < one.length; i++) if (a[one.offset + i] !== b[two.offset + i]) return false;
  return true;
}

function mark(own: Uint8Array, field: Field, other: Uint8Array, twin: Field, marks: Uint8Array): void {
  const at = (offset: Bytes): boolean =>
    field.length !== twin.length || own[field.offset + offset] !== other[twin.offset + offset];
  for (let i = 0; i < field.length; i++) if (at(i)) marks[field.offset + i] = REWRITTEN;
}
