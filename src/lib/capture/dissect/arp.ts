/** ARP (RFC 826) and RARP (RFC 903): the same packet under two Ethernet types. */
import { ipv4, mac, u16 } from './bytes';
import { addLayer, isCut, note, summarise, type Dissector } from './context';
import type { Row } from './field';
import { fieldsOf } from './table';

const HEADER: readonly Row[] = [
  { code: 'arp.hw.type', at: 0, length: 2, named: [1] },
  { code: 'arp.proto.type', at: 2, length: 2, format: 'hex', named: [0x0800] },
  { code: 'arp.hw.size', at: 4, length: 1 },
  { code: 'arp.proto.size', at: 5, length: 1 },
  { code: 'arp.opcode', at: 6, length: 2, named: [1, 2, 3, 4] },
];
const ETHERNET_IPV4: readonly Row[] = [
  { code: 'arp.src.hw_mac', at: 8, length: 6, format: 'mac' },
  { code: 'arp.src.proto_ipv4', at: 14, length: 4, format: 'ipv4' },
  { code: 'arp.dst.hw_mac', at: 18, length: 6, format: 'mac' },
  { code: 'arp.dst.proto_ipv4', at: 24, length: 4, format: 'ipv4' },
];
const LENGTH = 28;

const dissect =
  (protocol: 'arp' | 'rarp'): Dissector =>
  (cx, start, end) => {
    const { bytes } = cx;
    const layer = addLayer(cx, protocol, start, LENGTH, fieldsOf(bytes, start, end, HEADER));
    if (isCut(cx, layer, 8, end)) return null;
    if (u16(bytes, start + 4) !== 0x0604) {
      layer.notes.push(note('bad-length'));
      layer.length = 8;
      return null;
    }
    layer.fields.push(...fieldsOf(bytes, start, end, ETHERNET_IPV4));
    if (isCut(cx, layer, LENGTH, end)) return null;
    cx.contentEnd = start + LENGTH;
    const operation = u16(bytes, start + 6);
    const args = {
      sender: ipv4(bytes, start + 14),
      senderMac: mac(bytes, start + 8),
      target: ipv4(bytes, start + 24),
      targetMac: mac(bytes, start + 18),
    };
    if (operation === 1 && args.sender === args.target) summarise(cx, 'arp-gratuitous', args);
    else if (operation >= 1 && operation <= 4)
      summarise(cx, ['arp-request', 'arp-reply', 'rarp-request', 'rarp-reply'][operation - 1], args);
    else summarise(cx, 'arp-other', { operation });
    return null;
  };

export const arp = dissect('arp');
export const rarp = dissect('rarp');
