/**
 * Makes frames, right in every length and checksum: for tests, and for captures made by hand. The simulator has an
 * IP stack of its own in the core; this knows nothing of time or state.
 */
import type { Bytes } from '#lib/units';
import { internetChecksum, pseudoSum } from './dissect/bytes';

export type MacAddress = string;
export type Ipv4Address = string;

const utf8 = new TextEncoder();
export const text = (value: string): Uint8Array => utf8.encode(value);

export function join(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const n16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
export const n32 = (value: number): number[] => [...n16(value >>> 16), ...n16(value & 0xffff)];
export const macBytes = (address: MacAddress): number[] =>
  address.split(':').map((part) => parseInt(part, 16));
export const ipBytes = (address: Ipv4Address): number[] => address.split('.').map(Number);
const zeros = (length: Bytes): number[] => new Array<number>(length).fill(0);
/** Text in a field of a fixed length. */
const fixed = (value: string, length: Bytes): Uint8Array => {
  const field = new Uint8Array(length);
  field.set(text(value).subarray(0, length));
  return field;
};

export interface Ends {
  src: MacAddress;
  dst: MacAddress;
}

/** An Ethernet II frame, padded to the 60 bytes that a card sends at least. */
export function ethernetFrame({ src, dst }: Ends, type: number, payload: Uint8Array): Uint8Array {
  const frame = join(macBytes(dst), macBytes(src), n16(type), payload);
  return frame.length < 60 ? join(frame, zeros(60 - frame.length)) : frame;
}

/** The same frame with an 802.1Q tag. */
export const tagged = (frame: Uint8Array, vlan: number, priority = 0): Uint8Array =>
  join(frame.subarray(0, 12), n16(0x8100), n16((priority << 13) | vlan), frame.subarray(12));

export interface Arp {
  operation: number;
  senderMac: MacAddress;
  sender: Ipv4Address;
  targetMac: MacAddress;
  target: Ipv4Address;
}
export const arpPacket = (arp: Arp): Uint8Array =>
  join(
    n16(1),
    n16(0x0800),
    [6, 4],
    n16(arp.operation),
    macBytes(arp.senderMac),
    ipBytes(arp.sender),
    macBytes(arp.targetMac),
    ipBytes(arp.target),
  );

export interface Ip {
  src: Ipv4Address;
  dst: Ipv4Address;
  id?: number;
  ttl?: number;
  tos?: number;
  /** In units of eight bytes. */
  fragmentOffset?: number;
  flags?: number;
  /** Padded to 32 bits by the caller. */
  options?: Uint8Array;
}

export function ipPacket(ip: Ip, protocol: number, payload: Uint8Array): Uint8Array {
  const options = ip.options ?? new Uint8Array(0);
  const headerLength = 20 + options.length;
  const packet = join(
    [0x40 | (headerLength / 4), ip.tos ?? 0],
    n16(headerLength + payload.length),
    n16(ip.id ?? 1),
    n16(((ip.flags ?? 2) << 13) | (ip.fragmentOffset ?? 0)),
    [ip.ttl ?? 128, protocol, 0, 0],
    ipBytes(ip.src),
    ipBytes(ip.dst),
    options,
    payload,
  );
  packet.set(n16(internetChecksum(packet, 0, headerLength)), 10);
  return packet;
}

/** Sets a checksum over the payload of an IP packet, with the pseudo-header. */
function sealed(packet: Uint8Array, protocol: number, at: Bytes): Uint8Array {
  const start = (packet[0] & 15) * 4;
  const sum = internetChecksum(
    packet,
    start,
    packet.length,
    pseudoSum(packet, 12, protocol, packet.length - start),
  );
  packet.set(n16(protocol === 17 ? sum || 0xffff : sum), start + at);
  return packet;
}

export function udpPacket(ip: Ip, srcport: number, dstport: number, payload: Uint8Array): Uint8Array {
  const datagram = join(n16(srcport), n16(dstport), n16(8 + payload.length), [0, 0], payload);
  return sealed(ipPacket(ip, 17, datagram), 17, 6);
}

export interface Tcp {
  srcport: number;
  dstport: number;
  seq: number;
  ack?: number;
  flags: number;
  window?: number;
  options?: Uint8Array;
}

export function tcpPacket(ip: Ip, tcp: Tcp, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const options = tcp.options ?? new Uint8Array(0);
  const segment = join(
    n16(tcp.srcport),
    n16(tcp.dstport),
    n32(tcp.seq),
    n32(tcp.ack ?? 0),
    [((20 + options.length) / 4) << 4, tcp.flags],
    n16(tcp.window ?? 65_535),
    [0, 0, 0, 0],
    options,
    payload,
  );
  return sealed(ipPacket(ip, 6, segment), 6, 16);
}

export function icmpPacket(ip: Ip, type: number, code: number, rest: Uint8Array): Uint8Array {
  const message = join([type, code, 0, 0], rest);
  message.set(n16(internetChecksum(message, 0, message.length)), 2);
  return ipPacket(ip, 1, message);
}

export const echo = (ip: Ip, isReply: boolean, id: number, sequence: number, data: Uint8Array): Uint8Array =>
  icmpPacket(ip, isReply ? 0 : 8, 0, join(n16(id), n16(sequence), data));

export interface Dhcp {
  isReply?: boolean;
  xid: number;
  clientMac: MacAddress;
  secs?: number;
  broadcast?: boolean;
  client?: Ipv4Address;
  your?: Ipv4Address;
  server?: Ipv4Address;
  file?: string;
  options: readonly (readonly [kind: number, value: Uint8Array | readonly number[]])[];
}

export function dhcpMessage(dhcp: Dhcp): Uint8Array {
  const message = join(
    [dhcp.isReply ? 2 : 1, 1, 6, 0],
    n32(dhcp.xid),
    n16(dhcp.secs ?? 0),
    n16(dhcp.broadcast ? 0x8000 : 0),
    ipBytes(dhcp.client ?? '0.0.0.0'),
    ipBytes(dhcp.your ?? '0.0.0.0'),
    ipBytes(dhcp.server ?? '0.0.0.0'),
    zeros(4),
    macBytes(dhcp.clientMac),
    zeros(10 + 64),
    fixed(dhcp.file ?? '', 128),
    n32(0x63825363),
    ...dhcp.options.map(([kind, value]) => join([kind, value.length], value)),
    [255],
  );
  // Relays of the time expect 300 bytes, as BOOTP's messages had.
  return message.length < 300 ? join(message, zeros(300 - message.length)) : message;
}

export const dnsName = (name: string): Uint8Array =>
  join(...name.split('.').map((label) => join([label.length], text(label))), [0]);

export interface DnsRecord {
  /** Where the name stands already, for a pointer; else the name. */
  name: string | number;
  type: number;
  ttl: number;
  data: Uint8Array | readonly number[];
}

export const dnsMessage = (
  id: number,
  flags: number,
  question: { name: string; type: number },
  answers: readonly DnsRecord[] = [],
): Uint8Array =>
  join(
    n16(id),
    n16(flags),
    n16(1),
    n16(answers.length),
    n32(0),
    dnsName(question.name),
    n16(question.type),
    n16(1),
    ...answers.map(({ name, type, ttl, data }) =>
      join(
        typeof name === 'number' ? n16(0xc000 | name) : dnsName(name),
        n16(type),
        n16(1),
        n32(ttl),
        n16(data.length),
        data,
      ),
    ),
  );

/** Enhanced GRE of a PPTP call. */
export const pptpGre = (
  call: number,
  seq: number | null,
  ack: number | null,
  payload: Uint8Array,
): Uint8Array =>
  join(
    [0x20 | (seq === null ? 0 : 0x10), (ack === null ? 0 : 0x80) | 1],
    n16(0x880b),
    n16(payload.length),
    n16(call),
    seq === null ? [] : n32(seq),
    ack === null ? [] : n32(ack),
    payload,
  );

export const pppFrame = (protocol: number, payload: Uint8Array): Uint8Array =>
  join([0xff, 0x03], n16(protocol), payload);

export const pppControl = (code: number, id: number, body: Uint8Array): Uint8Array =>
  join([code, id], n16(4 + body.length), body);

export const pptpMessage = (type: number, body: Uint8Array): Uint8Array =>
  join(n16(12 + body.length), n16(1), n32(0x1a2b3c4d), n16(type), [0, 0], body);

export const pptpStart = (isReply: boolean, host: string, vendor: string): Uint8Array =>
  pptpMessage(
    isReply ? 2 : 1,
    join(
      n16(0x0100),
      isReply ? [1, 0] : [0, 0],
      n32(3),
      n32(3),
      n16(0),
      n16(1),
      fixed(host, 64),
      fixed(vendor, 64),
    ),
  );

/** An SMB1 message in its session frame. */
export function smbMessage(
  command: number,
  isResponse: boolean,
  words: Uint8Array | readonly number[],
  data: Uint8Array,
): Uint8Array {
  const message = join(
    [0xff, 0x53, 0x4d, 0x42, command, 0, 0, 0, 0, isResponse ? 0x98 : 0x18, 0x01, 0x20],
    zeros(12),
    [0, 0, 0xff, 0xfe, 0, 0, 1, 0],
    [words.length / 2],
    words,
    [data.length & 255, data.length >>> 8],
    data,
  );
  return join([0, 0], n16(message.length), message);
}
