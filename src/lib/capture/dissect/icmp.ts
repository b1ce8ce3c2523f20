/** ICMP (RFC 792), with the datagram that an error quotes opened too. */
import { hex, internetChecksum, ipv4, preview, u16, u8 } from './bytes';
import { addLayer, available, checkSum, isCut, note, summarise, type Dissector } from './context';
import type { Row } from './field';
import { fieldsOf, findField, oneField } from './table';

export const ICMP_TYPES = [0, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 17, 18];
export const UNREACHABLE = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 13];

const HEADER: readonly Row[] = [
  { code: 'icmp.type', at: 0, length: 1, named: ICMP_TYPES },
  { code: 'icmp.code', at: 1, length: 1 },
  { code: 'icmp.checksum', at: 2, length: 2, format: 'hex' },
];
const ECHO: readonly Row[] = [
  { code: 'icmp.ident', at: 4, length: 2 },
  { code: 'icmp.seq', at: 6, length: 2 },
];

export const icmp: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const there = available(cx, end);
  const fields = fieldsOf(bytes, start, end, HEADER);
  const layer = addLayer(cx, 'icmp', start, end - start, fields);
  if (isCut(cx, layer, 8, end)) return null;
  const type = u8(bytes, start);
  const code = u8(bytes, start + 1);
  if (type === 3 && UNREACHABLE.includes(code)) fields[1].meaning = `icmp.unreachable.${code}`;
  else if (type === 11 && code < 2) fields[1].meaning = `icmp.exceeded.${code}`;
  if (!cx.isQuoted) {
    if (there < end) fields[2].notes = [note('unverified-checksum')];
    else {
      const given = u16(bytes, start + 2);
      const sum = internetChecksum(bytes, start, end, 0xffff - given);
      checkSum(findField(fields, 'icmp.checksum'), internetChecksum(bytes, start, end) === 0, hex(sum, 4));
    }
  }
  const src = cx.addressesAt >= 0 ? ipv4(bytes, cx.addressesAt) : '';
  const dst = cx.addressesAt >= 0 ? ipv4(bytes, cx.addressesAt + 4) : '';
  if (type === 8 || type === 0) {
    fields.push(...fieldsOf(bytes, start, end, ECHO));
    const args = { src, dst, id: u16(bytes, start + 4), sequence: u16(bytes, start + 6) };
    summarise(cx, type === 8 ? 'icmp-echo-request' : 'icmp-echo-reply', args);
    if (there > start + 8)
      fields.push({
        code: 'data.data',
        offset: start + 8,
        length: there - start - 8,
        value: null,
        display: preview(bytes, start + 8, there - start - 8),
      });
    return null;
  }
  if (type === 3 || type === 4 || type === 5 || type === 11 || type === 12) {
    if (type === 5)
      fields.push(oneField(bytes, start + 4, { code: 'icmp.redir_gw', length: 4, format: 'ipv4' }));
    else if (type === 3 && code === 4)
      fields.push(oneField(bytes, start + 6, { code: 'icmp.mtu', length: 2 }));
    else if (type === 12) fields.push(oneField(bytes, start + 4, { code: 'icmp.pointer', length: 1 }));
    layer.length = 8;
    summarise(cx, ERRORS[type], { src, dst, code });
    if (cx.isQuoted || there <= start + 8) return null;
    cx.isQuoted = true;
    return { protocol: 'ip', start: start + 8, end };
  }
  summarise(cx, 'icmp', { src, dst, type });
  return null;
};

const ERRORS: Readonly<Record<number, string>> = {
  3: 'icmp-unreachable',
  4: 'icmp-quench',
  5: 'icmp-redirect',
  11: 'icmp-exceeded',
  12: 'icmp-parameter',
};
