/** Ethernet II and 802.1Q. IEEE 802.3, 802.1Q. */
import type { Bytes } from '#lib/units';
import { mac, u16 } from './bytes';
import { addLayer, dataLayer, isCut, summarise, type Context, type Dissector, type Next } from './context';
import type { ProtocolCode, Row } from './field';
import { fieldsOf, oneField } from './table';

const CARRIED: Readonly<Record<number, ProtocolCode>> = {
  0x0800: 'ip',
  0x0806: 'arp',
  0x8035: 'rarp',
  0x8100: 'vlan',
  0x88a8: 'vlan',
};
export const ETHER_TYPES = [0x0800, 0x0806, 0x8035, 0x8100, 0x86dd, 0x880b, 0x8863, 0x8864, 0x88a8, 0x88cc];
/** Up to this, the two bytes are the length of an 802.3 frame, not a type. */
const MAX_LENGTH = 1500;

const ADDRESSES: readonly Row[] = [
  { code: 'eth.dst', at: 0, length: 6, format: 'mac', named: () => false },
  { code: 'eth.src', at: 6, length: 6, format: 'mac' },
];

export const ethernet: Dissector = (cx, start, end) => {
  const fields = fieldsOf(cx.bytes, start, end, ADDRESSES);
  const layer = addLayer(cx, 'eth', start, 14, fields);
  const destination = fields[0];
  if (destination?.value === 'ff:ff:ff:ff:ff:ff') destination.meaning = 'eth.broadcast';
  else if (destination && cx.bytes[start] & 1) destination.meaning = 'eth.multicast';
  if (isCut(cx, layer, 14, end)) return null;
  summarise(cx, 'eth', { src: mac(cx.bytes, start + 6), dst: mac(cx.bytes, start) });
  return carried(cx, start + 12, end, 'eth');
};

const TAG: readonly Row[] = [
  { code: 'vlan.priority', at: 0, length: 2, bits: [0, 3] },
  { code: 'vlan.dei', at: 0, length: 2, bits: [3, 1], format: 'flag' },
  { code: 'vlan.id', at: 0, length: 2, bits: [4, 12] },
];

export const vlan: Dissector = (cx, start, end) => {
  const layer = addLayer(cx, 'vlan', start, 4, fieldsOf(cx.bytes, start, end, TAG));
  if (isCut(cx, layer, 4, end)) return null;
  return carried(cx, start + 2, end, 'vlan');
};

/** The type or length at `at`, as a field of the layer just added, and what follows. */
function carried(cx: Context, at: Bytes, end: Bytes, protocol: 'eth' | 'vlan'): Next | null {
  const layer = cx.layers[cx.layers.length - 1];
  const type = u16(cx.bytes, at);
  if (type <= MAX_LENGTH) {
    layer.fields.push(oneField(cx.bytes, at, { code: `${protocol}.len`, length: 2 }));
    cx.contentEnd = Math.min(end, at + 2 + type);
    return dataLayer(cx, at + 2, cx.contentEnd);
  }
  const code = protocol === 'eth' ? 'eth.type' : 'vlan.etype';
  const field = oneField(cx.bytes, at, { code, length: 2, format: 'hex' });
  if (ETHER_TYPES.includes(type)) field.meaning = `eth.type.${type}`;
  layer.fields.push(field);
  const next = CARRIED[type];
  if (next) return { protocol: next, start: at + 2, end };
  summarise(cx, 'eth-type', { type: field.display });
  return dataLayer(cx, at + 2, end);
}
