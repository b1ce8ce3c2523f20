/** TCP with its options (RFC 9293, 7323, 2018). */
import type { Bytes } from '#lib/units';
import { hex, ipv4, onesSum, pseudoSum, u16, u32, u8 } from './bytes';
import {
  addLayer,
  available,
  checkSum,
  dataLayer,
  isCut,
  note,
  summarise,
  type Context,
  type Dissector,
} from './context';
import type { Field, ProtocolCode, Row } from './field';
import { looksLikeHttp } from './http';
import { fieldsOf, findField, oneField } from './table';

const flag = (code: string, at: Bytes, bit: number): Row => ({
  code: `tcp.flags.${code}`,
  at,
  length: 1,
  bits: [bit, 1],
  format: 'flag',
});
const HEADER: readonly Row[] = [
  { code: 'tcp.srcport', at: 0, length: 2 },
  { code: 'tcp.dstport', at: 2, length: 2 },
  { code: 'tcp.seq_raw', at: 4, length: 4 },
  { code: 'tcp.ack_raw', at: 8, length: 4 },
  { code: 'tcp.hdr_len', at: 12, length: 1, bits: [0, 4], scale: 4 },
  {
    code: 'tcp.flags',
    at: 12,
    length: 2,
    bits: [4, 12],
    format: 'hex',
    rows: [
      flag('cwr', 13, 0),
      flag('ece', 13, 1),
      flag('urg', 13, 2),
      flag('ack', 13, 3),
      flag('push', 13, 4),
      flag('reset', 13, 5),
      flag('syn', 13, 6),
      flag('fin', 13, 7),
    ],
  },
  { code: 'tcp.window_size_value', at: 14, length: 2 },
  { code: 'tcp.checksum', at: 16, length: 2, format: 'hex' },
  { code: 'tcp.urgent_pointer', at: 18, length: 2 },
];
export const TCP_OPTIONS = [0, 1, 2, 3, 4, 5, 8];
const PORTS: Readonly<Record<number, ProtocolCode>> = { 53: 'dns', 445: 'nbss', 1723: 'pptp' };

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;

export const tcp: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const fields = fieldsOf(bytes, start, end, HEADER);
  const layer = addLayer(cx, 'tcp', start, 20, fields);
  const src = ipv4(bytes, cx.addressesAt);
  const dst = ipv4(bytes, cx.addressesAt + 4);
  if (isCut(cx, layer, 20, end)) return null;
  const srcport = u16(bytes, start);
  const dstport = u16(bytes, start + 2);
  const headerLength = (u8(bytes, start + 12) >> 4) * 4;
  const flags = u8(bytes, start + 13);
  const there = available(cx, end);
  if (headerLength < 20 || headerLength > end - start) {
    layer.notes.push(note('bad-length', { length: headerLength }));
    return null;
  }
  layer.length = Math.min(headerLength, there - start);
  verify(cx, fields, start, end);
  fields.push(...options(bytes, start + 20, Math.min(there, start + headerLength)));
  const carried = end - start - headerLength;
  summarise(cx, summaryCode(flags, carried), {
    src,
    dst,
    srcport,
    dstport,
    seq: u32(bytes, start + 4),
    ack: u32(bytes, start + 8),
    window: u16(bytes, start + 14),
    flags: flagLetters(flags),
    bytes: carried,
  });
  if (carried <= 0 || there <= start + headerLength) return null;
  const at = start + headerLength;
  const known = PORTS[dstport] ?? PORTS[srcport];
  if (known) return { protocol: known, start: at, end };
  if (looksLikeHttp(bytes, at, there)) return { protocol: 'http', start: at, end };
  return dataLayer(cx, at, end);
};

function verify(cx: Context, fields: Field[], start: Bytes, end: Bytes): void {
  if (cx.isQuoted) return;
  const field = findField(fields, 'tcp.checksum');
  if (!field) return;
  if (end > cx.bytes.length) {
    field.notes = [note('unverified-checksum')];
    return;
  }
  const sum = onesSum(cx.bytes, start, end, pseudoSum(cx.bytes, cx.addressesAt, 6, end - start));
  const given = u16(cx.bytes, start + 16);
  const expected = ~onesSum(cx.bytes, 0, 0, sum + (0xffff - given)) & 0xffff;
  checkSum(field, sum === 0xffff, hex(expected, 4));
}

function summaryCode(flags: number, carried: number): string {
  if (flags & RST) return 'tcp-reset';
  if ((flags & (SYN | ACK)) === SYN) return 'tcp-syn';
  if ((flags & (SYN | ACK)) === (SYN | ACK)) return 'tcp-syn-ack';
  if (flags & FIN) return 'tcp-fin';
  if (carried > 0) return 'tcp-data';
  return 'tcp-ack';
}

/** `SYN, ACK`: the names of the header, in the order of tcpdump and Wireshark. */
export function flagLetters(flags: number): string {
  let written = '';
  for (const [bit, name] of FLAG_NAMES) if (flags & bit) written += written === '' ? name : `, ${name}`;
  return written;
}
const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [SYN, 'SYN'],
  [FIN, 'FIN'],
  [RST, 'RST'],
  [PSH, 'PSH'],
  [ACK, 'ACK'],
  [URG, 'URG'],
];

function options(b: Uint8Array, from: Bytes, to: Bytes): Field[] {
  const fields: Field[] = [];
  let at = from;
  while (at < to) {
    const kind = b[at];
    const type = oneField(b, at, { code: 'tcp.option_kind', length: 1, named: TCP_OPTIONS });
    if (kind < 2) {
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
    const inner = [type, oneField(b, at + 1, { code: 'tcp.option_len', length: 1 })];
    const size = length - 2;
    if (kind === 2 && size === 2) inner.push(oneField(b, at + 2, { code: 'tcp.options.mss_val', length: 2 }));
    else if (kind === 3 && size === 1)
      inner.push(oneField(b, at + 2, { code: 'tcp.options.wscale.shift', length: 1 }));
    else if (kind === 8 && size === 8) {
      inner.push(oneField(b, at + 2, { code: 'tcp.options.timestamp.tsval', length: 4 }));
      inner.push(oneField(b, at + 6, { code: 'tcp.options.timestamp.tsecr', length: 4 }));
    } else if (kind === 5 && size % 8 === 0) {
      for (let edge = at + 2; edge + 8 <= at + length; edge += 8) {
        inner.push(oneField(b, edge, { code: 'tcp.options.sack_le', length: 4 }));
        inner.push(oneField(b, edge + 4, { code: 'tcp.options.sack_re', length: 4 }));
      }
    } else if (size > 0)
      inner.push(oneField(b, at + 2, { code: 'tcp.options.unknown.payload', length: size, format: 'bytes' }));
    fields.push(option(kind, at, length, inner));
    at += length;
  }
  return fields;
}

const option = (kind: number, offset: Bytes, length: Bytes, fields: Field[]): Field => ({
  code: 'tcp.option',
  offset,
  length,
  value: kind,
  display: String(kind),
  ...(TCP_OPTIONS.includes(kind) ? { meaning: `tcp.option_kind.${kind}` } : {}),
  fields,
});
