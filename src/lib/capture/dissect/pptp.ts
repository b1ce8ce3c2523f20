/** The control connection of PPTP (RFC 2637), on TCP port 1723. */
import { u16, u32 } from './bytes';
import { addLayer, isCut, note, summarise, type Dissector } from './context';
import type { Row } from './field';
import { fieldsOf } from './table';

export const PPTP_MESSAGES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const HEADER: readonly Row[] = [
  { code: 'pptp.length', at: 0, length: 2 },
  { code: 'pptp.type', at: 2, length: 2, named: [1, 2] },
  { code: 'pptp.magic_cookie', at: 4, length: 4, format: 'hex' },
  { code: 'pptp.control_message_type', at: 8, length: 2, named: PPTP_MESSAGES },
];
const COOKIE = 0x1a2b3c4d;

const row = (name: string, at: number, length: number, more: Partial<Row> = {}): Row => ({
  code: `pptp.${name}`,
  at,
  length,
  ...more,
});
const HEX = { format: 'hex' } as const;
const TEXT = { format: 'text' } as const;
const START: readonly Row[] = [
  row('framing_capabilities', 16, 4, HEX),
  row('bearer_capabilities', 20, 4, HEX),
  row('maximum_channels', 24, 2),
  row('firmware_revision', 26, 2),
  row('host_name', 28, 64, TEXT),
  row('vendor_name', 92, 64, TEXT),
];

/** What follows the header, by the type of the message. */
const BODIES: Readonly<Record<number, readonly Row[]>> = {
  1: [row('protocol_version', 12, 2, HEX), ...START],
  2: [
    row('protocol_version', 12, 2, HEX),
    row('control_result', 14, 1, { named: [1, 2, 3, 4, 5] }),
    row('error', 15, 1),
    ...START,
  ],
  3: [row('reason', 12, 1, { named: [1, 2, 3] })],
  4: [row('stop_result', 12, 1, { named: [1, 2] }), row('error', 13, 1)],
  5: [row('identifier', 12, 4)],
  6: [row('identifier', 12, 4), row('echo_result', 16, 1), row('error', 17, 1)],
  7: [
    row('call_id', 12, 2),
    row('call_serial_number', 14, 2),
    row('minimum_bps', 16, 4),
    row('maximum_bps', 20, 4),
    row('bearer_type', 24, 4),
    row('framing_type', 28, 4),
    row('packet_receive_window_size', 32, 2),
    row('packet_processing_delay', 34, 2),
    row('phone_number_length', 36, 2),
    row('phone_number', 40, 64, TEXT),
    row('subaddress', 104, 64, TEXT),
  ],
  8: [
    row('call_id', 12, 2),
    row('peer_call_id', 14, 2),
    row('out_result', 16, 1, { named: [1, 2, 3, 4, 5, 6, 7] }),
    row('error', 17, 1),
    row('cause', 18, 2),
    row('connect_speed', 20, 4),
    row('packet_receive_window_size', 24, 2),
    row('packet_processing_delay', 26, 2),
    row('physical_channel_id', 28, 4),
  ],
  12: [row('call_id', 12, 2)],
  13: [
    row('call_id', 12, 2),
    row('disc_result', 14, 1, { named: [1, 2, 3, 4] }),
    row('error', 15, 1),
    row('cause', 16, 2),
  ],
  14: [row('peer_call_id', 12, 2), row('crc_errors', 16, 4)],
  15: [row('peer_call_id', 12, 2), row('send_accm', 16, 4, HEX), row('receive_accm', 20, 4, HEX)],
};

export const pptp: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const layer = addLayer(cx, 'pptp', start, end - start, fieldsOf(bytes, start, end, HEADER));
  if (isCut(cx, layer, 12, end)) return null;
  const length = u16(bytes, start);
  const message = u16(bytes, start + 8);
  if (u32(bytes, start + 4) !== COOKIE) {
    layer.notes.push(note('bad-value'));
    return null;
  }
  summarise(cx, 'pptp', { message: PPTP_MESSAGES.includes(message) ? message : 0 });
  if (length < 12 || length > end - start) layer.fields[0].notes = [note('bad-length', { length })];
  const stop = Math.min(end, start + length);
  layer.fields.push(...fieldsOf(bytes, start, stop, BODIES[message] ?? []));
  layer.length = Math.max(12, Math.min(layer.length, length));
  if (length < 12) return null;
  // Several messages in a segment follow one another.
  return stop < end && bytes.length > stop ? { protocol: 'pptp', start: stop, end } : null;
};
