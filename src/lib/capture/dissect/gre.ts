/** GRE: version 0 (RFC 2784, 2890) and the enhanced version 1 that carries the calls of PPTP (RFC 2637, 4.1). */
import type { Bytes } from '#lib/units';
import { hex, internetChecksum, u16, u32 } from './bytes';
import { addLayer, available, checkSum, dataLayer, isCut, note, summarise, type Dissector } from './context';
import type { ProtocolCode, Row } from './field';
import { fieldsOf, oneField } from './table';

const CARRIED: Readonly<Record<number, ProtocolCode>> = { 0x0800: 'ip', 0x880b: 'ppp', 0x6558: 'eth' };
export const GRE_TYPES = [0x0800, 0x6558, 0x880b];
const bit = (code: string, first: number): Row => ({
  code: `gre.flags.${code}`,
  at: 0,
  length: 2,
  bits: [first, 1],
  format: 'flag',
});
const FLAGS: readonly Row[] = [
  bit('checksum', 0),
  bit('routing', 1),
  bit('key', 2),
  bit('sequence_number', 3),
  bit('strict_source_route', 4),
];
const header = (isEnhanced: boolean): readonly Row[] => [
  {
    code: 'gre.flags_and_version',
    at: 0,
    length: 2,
    format: 'hex',
    rows: [
      ...FLAGS,
      ...(isEnhanced ? [bit('ack', 8)] : []),
      { code: 'gre.flags.version', at: 0, length: 2, bits: [13, 3] },
    ],
  },
  { code: 'gre.proto', at: 2, length: 2, format: 'hex', named: GRE_TYPES },
];

export const gre: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const flags = u16(bytes, start);
  const version = flags & 7;
  const layer = addLayer(cx, 'gre', start, 4, fieldsOf(bytes, start, end, header(version === 1)));
  if (isCut(cx, layer, 4, end)) return null;
  if (version > 1) {
    layer.notes.push(note('bad-version', { version }));
    return null;
  }
  const needed = 4 + words(flags, version) * 4;
  layer.length = needed;
  if (isCut(cx, layer, needed, end)) return null;
  let at = start + 4;
  const add = (code: string, length: Bytes, format?: Row['format']): void => {
    layer.fields.push(oneField(bytes, at, { code: `gre.${code}`, length, format }));
    at += length;
  };
  const args: Record<string, string | number> = { seq: '', ack: '', callId: '' };
  if (version === 0) {
    if (flags & 0xc000) {
      add('checksum', 2, 'hex');
      if (flags & 0x8000 && !cx.isQuoted && available(cx, end) === end) {
        const sum = internetChecksum(bytes, start, end, 0xffff - u16(bytes, start + 4));
        checkSum(layer.fields[2], internetChecksum(bytes, start, end) === 0, hex(sum, 4));
      }
      add('offset', 2);
    }
    if (flags & 0x2000) add('key', 4, 'hex');
  } else if (flags & 0x2000) {
    args.callId = u16(bytes, at + 2);
    add('key.payload_length', 2);
    add('key.call_id', 2);
  }
  if (flags & 0x1000) {
    args.seq = u32(bytes, at);
    add('sequence_number', 4);
  }
  if (version === 1 && flags & 0x0080) {
    args.ack = u32(bytes, at);
    add('ack_number', 4);
  }
  summarise(cx, version === 1 && !(flags & 0x1000) ? 'gre-ack' : 'gre', args);
  if (at >= end) return null;
  const protocol = CARRIED[u16(bytes, start + 2)];
  return protocol ? { protocol, start: at, end } : dataLayer(cx, at, end);
};

/** How many 32-bit words the flags announce. */
function words(flags: number, version: number): number {
  const has = (mask: number): number => ((flags & mask) !== 0 ? 1 : 0);
  return version === 0 ? has(0xc000) + has(0x2000) + has(0x1000) : has(0x2000) + has(0x1000) + has(0x0080);
}
