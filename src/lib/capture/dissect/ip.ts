/** IPv4 with its options (RFC 791). */
import type { Bytes } from '#lib/units';
import { hex, internetChecksum, ipv4, u16, u8 } from './bytes';
import { addLayer, available, checkSum, dataLayer, isCut, note, summarise, type Dissector } from './context';
import type { Field, ProtocolCode, Row } from './field';
import { fieldsOf, findField, oneField } from './table';

const CARRIED: Readonly<Record<number, ProtocolCode>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 47: 'gre' };
const PROTOCOLS = [1, 2, 6, 17, 41, 47, 50, 51, 88, 89, 103, 112, 132];

const HEADER: readonly Row[] = [
  { code: 'ip.version', at: 0, length: 1, bits: [0, 4] },
  { code: 'ip.hdr_len', at: 0, length: 1, bits: [4, 4], scale: 4 },
  {
    code: 'ip.dsfield',
    at: 1,
    length: 1,
    format: 'hex',
    rows: [
      { code: 'ip.dsfield.dscp', at: 1, length: 1, bits: [0, 6] },
      { code: 'ip.dsfield.ecn', at: 1, length: 1, bits: [6, 2] },
    ],
  },
  { code: 'ip.len', at: 2, length: 2 },
  { code: 'ip.id', at: 4, length: 2, format: 'hex' },
  {
    code: 'ip.flags',
    at: 6,
    length: 1,
    bits: [0, 3],
    format: 'hex',
    rows: [
      { code: 'ip.flags.rb', at: 6, length: 1, bits: [0, 1], format: 'flag' },
      { code: 'ip.flags.df', at: 6, length: 1, bits: [1, 1], format: 'flag' },
      { code: 'ip.flags.mf', at: 6, length: 1, bits: [2, 1], format: 'flag' },
    ],
  },
  { code: 'ip.frag_offset', at: 6, length: 2, bits: [3, 13], scale: 8 },
  { code: 'ip.ttl', at: 8, length: 1 },
  { code: 'ip.proto', at: 9, length: 1, named: PROTOCOLS },
  { code: 'ip.checksum', at: 10, length: 2, format: 'hex' },
  { code: 'ip.src', at: 12, length: 4, format: 'ipv4' },
  { code: 'ip.dst', at: 16, length: 4, format: 'ipv4' },
];
export const IP_OPTIONS = [0, 1, 7, 68, 130, 131, 137, 148];

export const ip: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const fields = fieldsOf(bytes, start, end, HEADER);
  const layer = addLayer(cx, 'ip', start, 20, fields);
  if (isCut(cx, layer, 20, end)) return null;
  const version = u8(bytes, start) >> 4;
  const headerLength = (u8(bytes, start) & 15) * 4;
  const total = u16(bytes, start + 2);
  const protocol = u8(bytes, start + 9);
  const src = ipv4(bytes, start + 12);
  const dst = ipv4(bytes, start + 16);
  summarise(cx, 'ip', { src, dst, protocol });
  cx.addressesAt = start + 12;
  if (version !== 4) {
    layer.notes.push(note('bad-version', { version }));
    return dataLayer(cx, start + 20, end);
  }
  if (headerLength < 20 || total < headerLength) {
    layer.notes.push(note('bad-length', { length: headerLength < 20 ? headerLength : total }));
    return dataLayer(cx, start + 20, end);
  }
  layer.length = headerLength;
  if (isCut(cx, layer, headerLength, end)) return null;
  const calculated = internetChecksum(bytes, start, start + headerLength);
  if (!cx.isQuoted) {
    const zeroed = bytes.slice(start, start + headerLength);
    zeroed[10] = zeroed[11] = 0;
    checkSum(
      findField(fields, 'ip.checksum'),
      calculated === 0,
      hex(internetChecksum(zeroed, 0, headerLength), 4),
    );
  }
  fields.push(...options(bytes, start + 20, start + headerLength));
  const stop = start + total;
  if (stop > end && !cx.isQuoted) layer.notes.push(note('truncated', { missing: stop - end }));
  else if (!cx.isQuoted && cx.layers.every(({ protocol: p }) => p === 'eth' || p === 'vlan' || p === 'ip'))
    cx.contentEnd = stop;
  const contentEnd = Math.min(stop, end);
  const fragment = u16(bytes, start + 6) & 0x3fff;
  if (fragment !== 0) {
    const offset = (fragment & 0x1fff) * 8;
    layer.notes.push(note('fragment', { offset }));
    summarise(cx, 'ip-fragment', { src, dst, offset });
    // Only the first has the header of what it carries, and no more than a part of it.
    return dataLayer(cx, start + headerLength, contentEnd);
  }
  const next = CARRIED[protocol];
  if (!next) return dataLayer(cx, start + headerLength, contentEnd);
  if (available(cx, contentEnd) <= start + headerLength && contentEnd <= start + headerLength) return null;
  return { protocol: next, start: start + headerLength, end: contentEnd };
};

function options(b: Uint8Array, from: Bytes, to: Bytes): Field[] {
  const fields: Field[] = [];
  let at = from;
  while (at < to) {
    const kind = b[at];
    const type = oneField(b, at, { code: 'ip.opt.type', length: 1, named: IP_OPTIONS });
    if (kind === 0 || kind === 1) {
      fields.push(option(kind, at, 1, [type]));
      at++;
      if (kind === 0) break;
      continue;
    }
    const length = at + 1 < to ? b[at + 1] : 0;
    if (length < 2 || at + length > to) {
      fields.push({ ...option(kind, at, to - at, [type]), notes: [note('bad-length', { length })] });
      break;
    }
    const inner = [type, oneField(b, at + 1, { code: 'ip.opt.len', length: 1 })];
    if (kind === 148 && length === 4) inner.push(oneField(b, at + 2, { code: 'ip.opt.ra', length: 2 }));
    else if ((kind === 7 || kind === 131 || kind === 137) && length >= 3) {
      inner.push(oneField(b, at + 2, { code: 'ip.opt.ptr', length: 1 }));
      for (let hop = at + 3; hop + 4 <= at + length; hop += 4)
        inner.push(oneField(b, hop, { code: 'ip.rec_rt', length: 4, format: 'ipv4' }));
    } else if (length > 2)
      inner.push(oneField(b, at + 2, { code: 'ip.opt.data', length: length - 2, format: 'bytes' }));
    fields.push(option(kind, at, length, inner));
    at += length;
  }
  return fields;
}

const option = (kind: number, offset: Bytes, length: Bytes, fields: Field[]): Field => ({
  code: 'ip.option',
  offset,
  length,
  value: kind,
  display: String(kind),
  ...(IP_OPTIONS.includes(kind) ? { meaning: `ip.opt.type.${kind}` } : {}),
  fields,
});
