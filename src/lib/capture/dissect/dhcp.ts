/** DHCP and BOOTP (RFC 2131, 2132), with the options that a network boot uses (PXE 2.1). */
import type { Bytes } from '#lib/units';
import { ipv4, preview, textAt, u32, u8 } from './bytes';
import { addLayer, available, isCut, note, summarise, type Dissector } from './context';
import type { Field, Format, Layer, Row } from './field';
import { fieldsOf, oneField } from './table';

const HEADER: readonly Row[] = [
  { code: 'dhcp.type', at: 0, length: 1, named: [1, 2] },
  { code: 'dhcp.hw.type', at: 1, length: 1, format: 'hex', named: [1] },
  { code: 'dhcp.hw.len', at: 2, length: 1 },
  { code: 'dhcp.hops', at: 3, length: 1 },
  { code: 'dhcp.id', at: 4, length: 4, format: 'hex' },
  { code: 'dhcp.secs', at: 8, length: 2, format: 'seconds' },
  {
    code: 'dhcp.flags',
    at: 10,
    length: 2,
    format: 'hex',
    rows: [{ code: 'dhcp.flags.bc', at: 10, length: 2, bits: [0, 1], format: 'flag' }],
  },
  { code: 'dhcp.ip.client', at: 12, length: 4, format: 'ipv4' },
  { code: 'dhcp.ip.your', at: 16, length: 4, format: 'ipv4' },
  { code: 'dhcp.ip.server', at: 20, length: 4, format: 'ipv4' },
  { code: 'dhcp.ip.relay', at: 24, length: 4, format: 'ipv4' },
  { code: 'dhcp.hw.mac_addr', at: 28, length: 6, format: 'mac' },
  { code: 'dhcp.hw.addr_padding', at: 34, length: 10, format: 'bytes' },
  { code: 'dhcp.server', at: 44, length: 64, format: 'text' },
  { code: 'dhcp.file', at: 108, length: 128, format: 'text' },
];
const FIXED: Bytes = 236;
const COOKIE = 0x63825363;

interface OptionKind {
  code: string;
  format: Format | 'ipv4-list' | 'byte-list';
  /** Bytes; undefined: any. */
  length?: Bytes;
}
const OPTIONS: Readonly<Record<number, OptionKind>> = {
  1: { code: 'subnet_mask', format: 'ipv4', length: 4 },
  2: { code: 'time_offset', format: 'signed', length: 4 },
  3: { code: 'router', format: 'ipv4-list' },
  6: { code: 'domain_name_server', format: 'ipv4-list' },
  12: { code: 'hostname', format: 'text' },
  15: { code: 'domain_name', format: 'text' },
  17: { code: 'root_path', format: 'text' },
  26: { code: 'interface_mtu', format: 'decimal', length: 2 },
  28: { code: 'broadcast_address', format: 'ipv4', length: 4 },
  42: { code: 'ntp_server', format: 'ipv4-list' },
  44: { code: 'netbios_over_tcpip_name_server', format: 'ipv4-list' },
  46: { code: 'netbios_over_tcpip_node_type', format: 'decimal', length: 1 },
  50: { code: 'requested_ip_address', format: 'ipv4', length: 4 },
  51: { code: 'ip_address_lease_time', format: 'seconds', length: 4 },
  53: { code: 'dhcp', format: 'decimal', length: 1 },
  54: { code: 'dhcp_server_id', format: 'ipv4', length: 4 },
  55: { code: 'request_list_item', format: 'byte-list' },
  56: { code: 'message', format: 'text' },
  57: { code: 'dhcp_max_message_size', format: 'decimal', length: 2 },
  58: { code: 'renewal_time_value', format: 'seconds', length: 4 },
  59: { code: 'rebinding_time_value', format: 'seconds', length: 4 },
  60: { code: 'vendor_class_id', format: 'text' },
  66: { code: 'tftp_server_name', format: 'text' },
  67: { code: 'bootfile_name', format: 'text' },
  93: { code: 'client_system_architecture', format: 'decimal', length: 2 },
};
export const DHCP_OPTIONS = [
  0, 1, 2, 3, 6, 12, 15, 17, 26, 28, 31, 33, 42, 43, 44, 46, 47, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60,
  61, 66, 67, 81, 93, 94, 97, 119, 121, 249, 252, 255,
];
export const DHCP_MESSAGES = [1, 2, 3, 4, 5, 6, 7, 8];
const MAX_OPTIONS = 128;

export const dhcp: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const stop = available(cx, end);
  const layer = addLayer(cx, 'dhcp', start, end - start, fieldsOf(bytes, start, end, HEADER));
  if (isCut(cx, layer, FIXED, end)) return null;
  const your = ipv4(bytes, start + 16);
  const args: Record<string, string | number> = {
    your,
    client: ipv4(bytes, start + 12),
    xid: u32(bytes, start + 4),
  };
  if (u8(bytes, start + 1) !== 1 || u8(bytes, start + 2) !== 6) layer.notes.push(note('bad-value'));
  if (stop < start + FIXED + 4 || u32(bytes, start + FIXED) !== COOKIE) {
    summarise(cx, u8(bytes, start) === 1 ? 'bootp-request' : 'bootp-reply', args);
    return null;
  }
  const cookie = oneField(bytes, start + FIXED, { code: 'dhcp.cookie', length: 4, format: 'ipv4' });
  layer.fields.push(cookie);
  const said = options(bytes, start + FIXED + 4, stop, layer);
  for (const [code, value] of [
    ['requested', 'dhcp.option.requested_ip_address'],
    ['server', 'dhcp.option.dhcp_server_id'],
    ['lease', 'dhcp.option.ip_address_lease_time'],
    ['hostname', 'dhcp.option.hostname'],
    ['bootfile', 'dhcp.option.bootfile_name'],
  ] as const)
    args[code] = said.get(value)?.display ?? '';
  // Renewing: the address is the one it has.
  if (args.requested === '' && args.client !== '0.0.0.0') args.requested = args.client;
  const type = said.get('dhcp.option.dhcp')?.value;
  if (typeof type === 'number' && type >= 1 && type <= 8) summarise(cx, `dhcp-${MESSAGES[type - 1]}`, args);
  else summarise(cx, u8(bytes, start) === 1 ? 'bootp-request' : 'bootp-reply', args);
  return null;
};

const MESSAGES = ['discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release', 'inform'];

/** Adds the options to the layer. @returns the first field of each code */
function options(b: Uint8Array, from: Bytes, end: Bytes, layer: Layer): Map<string, Field> {
  const said = new Map<string, Field>();
  let at = from;
  for (let n = 0; at < end; n++) {
    const kind = b[at];
    if (kind === 255) {
      layer.fields.push(option(kind, at, 1, []));
      at++;
      if (at < end)
        layer.fields.push({
          code: 'dhcp.option.padding',
          offset: at,
          length: end - at,
          value: null,
          display: preview(b, at, end - at),
        });
      return said;
    }
    if (kind === 0) {
      at++;
      continue;
    }
    if (n >= MAX_OPTIONS) {
      layer.notes.push(note('too-many', { shown: MAX_OPTIONS }));
      return said;
    }
    const length = at + 1 < end ? b[at + 1] : 0;
    if (at + 1 >= end || at + 2 + length > end) {
      layer.fields.push({ ...option(kind, at, end - at, []), notes: [note('bad-length', { length })] });
      return said;
    }
    const fields = [
      oneField(b, at + 1, { code: 'dhcp.option.length', length: 1 }),
      ...valueOf(b, kind, at + 2, length),
    ];
    for (const field of fields) if (!said.has(field.code)) said.set(field.code, field);
    layer.fields.push(option(kind, at, 2 + length, fields));
    at += 2 + length;
  }
  return said;
}

function valueOf(b: Uint8Array, kind: number, at: Bytes, length: Bytes): Field[] {
  const known = OPTIONS[kind];
  const end = at + length;
  const raw = (): Field[] =>
    length === 0
      ? []
      : [{ code: 'dhcp.option.value', offset: at, length, value: null, display: preview(b, at, length) }];
  if (kind === 61 && length === 7 && b[at] === 1)
    return [
      oneField(b, at, { code: 'dhcp.hw.type', length: 1, format: 'hex', named: [1] }),
      oneField(b, at + 1, { code: 'dhcp.hw.mac_addr', length: 6, format: 'mac' }),
    ];
  if (kind === 97 && length === 17)
    return [oneField(b, at + 1, { code: 'dhcp.client_id.uuid', length: 16, format: 'guid' })];
  if (!known || (known.length !== undefined && known.length !== length)) return raw();
  const code = `dhcp.option.${known.code}`;
  const fields: Field[] = [];
  if (known.format === 'ipv4-list') {
    if (length % 4 !== 0) return raw();
    for (let item = at; item + 4 <= end; item += 4)
      fields.push(oneField(b, item, { code, length: 4, format: 'ipv4' }));
    return fields;
  }
  if (known.format === 'byte-list') {
    for (let item = at; item < end; item++) {
      const field = oneField(b, item, { code, length: 1 });
      if (DHCP_OPTIONS.includes(b[item])) field.meaning = `dhcp.option.type.${b[item]}`;
      fields.push(field);
    }
    return fields;
  }
  if (known.format === 'text') {
    const text = textAt(b, at, end);
    return length === 0 ? [] : [{ code, offset: at, length, value: text, display: text }];
  }
  return [
    oneField(b, at, { code, length, format: known.format, ...(kind === 53 ? { named: DHCP_MESSAGES } : {}) }),
  ];
}

/** As in Wireshark, the field of the kind spans the whole option. */
const option = (kind: number, offset: Bytes, length: Bytes, fields: Field[]): Field => ({
  code: 'dhcp.option.type',
  offset,
  length,
  value: kind,
  display: String(kind),
  ...(DHCP_OPTIONS.includes(kind) ? { meaning: `dhcp.option.type.${kind}` } : {}),
  fields,
});
