/** UDP (RFC 768). */
import { hex, ipv4, onesSum, pseudoSum, u16 } from './bytes';
import { addLayer, available, checkSum, dataLayer, isCut, note, summarise, type Dissector } from './context';
import type { ProtocolCode, Row } from './field';
import { fieldsOf } from './table';

const HEADER: readonly Row[] = [
  { code: 'udp.srcport', at: 0, length: 2 },
  { code: 'udp.dstport', at: 2, length: 2 },
  { code: 'udp.length', at: 4, length: 2 },
  { code: 'udp.checksum', at: 6, length: 2, format: 'hex' },
];
const PORTS: Readonly<Record<number, ProtocolCode>> = {
  53: 'dns',
  67: 'dhcp',
  68: 'dhcp',
  69: 'tftp',
  4011: 'dhcp',
};

export const udp: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const fields = fieldsOf(bytes, start, end, HEADER);
  const layer = addLayer(cx, 'udp', start, 8, fields);
  if (isCut(cx, layer, 8, end)) return null;
  const length = u16(bytes, start + 4);
  const srcport = u16(bytes, start);
  const dstport = u16(bytes, start + 2);
  const src = ipv4(bytes, cx.addressesAt);
  const dst = ipv4(bytes, cx.addressesAt + 4);
  summarise(cx, 'udp', { src, dst, srcport, dstport, bytes: length - 8 });
  let stop = end;
  if (!cx.isQuoted) {
    if (length < 8 || length > end - start) {
      fields[2].notes = [note('bad-length', { length })];
      return dataLayer(cx, start + 8, end);
    }
    stop = start + length;
    const given = u16(bytes, start + 6);
    if (given === 0) fields[3].notes = [note('no-checksum')];
    else if (available(cx, stop) < stop) fields[3].notes = [note('unverified-checksum')];
    else {
      const sum = onesSum(bytes, start, stop, pseudoSum(bytes, cx.addressesAt, 17, length));
      // As it would be without the field itself; zero is sent as all ones.
      const expected = ~onesSum(bytes, 0, 0, sum + (0xffff - given)) & 0xffff || 0xffff;
      checkSum(fields[3], sum === 0xffff, hex(expected, 4));
    }
  }
  if (stop <= start + 8) return null;
  const protocol =
    PORTS[dstport] ?? PORTS[srcport] ?? cx.expect(src, srcport) ?? cx.expect(dst, dstport) ?? 'data';
  return { protocol, start: start + 8, end: stop };
};
