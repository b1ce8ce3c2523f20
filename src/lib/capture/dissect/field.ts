/**
 * What a dissection is made of. Pure data: numbers, offsets and codes; words are in `content/messages/…/frame.json`.
 *
 * The code of a field is its name in Wireshark's display filters (`ip.ttl`, `tcp.flags.syn`): the field's own language,
 * which a reader can take to Wireshark, and which lets the tests hold every field against tshark.
 */
import type { Bytes } from '#lib/units';

export type ProtocolCode =
  | 'eth'
  | 'vlan'
  | 'arp'
  | 'rarp'
  | 'ip'
  | 'icmp'
  | 'udp'
  | 'tcp'
  | 'dhcp'
  | 'dns'
  | 'http'
  | 'tftp'
  | 'pptp'
  | 'gre'
  | 'ppp'
  | 'lcp'
  | 'ipcp'
  | 'ccp'
  | 'pap'
  | 'chap'
  | 'nbss'
  | 'smb'
  | 'data';

export type NoteCode =
  /** The checksum is not that of the bytes: `expected` is. */
  | 'bad-checksum'
  /** The frame ends before the layer does: `missing` bytes. */
  | 'truncated'
  /** A length says something impossible. */
  | 'bad-length'
  | 'bad-version'
  | 'bad-value'
  /** A compression pointer of DNS that leads nowhere or round in circles. */
  | 'bad-pointer'
  /** More of them than are worth showing: `shown` are. */
  | 'too-many'
  /** Legal for a sender that leaves it to the card; not verified. */
  | 'no-checksum'
  /** Not all of what the checksum covers is here. */
  | 'unverified-checksum'
  /** Layers go on inside one another further than this looks. */
  | 'too-deep'
  /** Part of a datagram that was sent in pieces. */
  | 'fragment';

export interface Note {
  code: NoteCode;
  args?: Readonly<Record<string, string | number>>;
}

export type Value = number | bigint | string | null;

export interface Field {
  code: string;
  offset: Bytes;
  length: Bytes;
  /** Of a field within its bytes: first bit (0 is the highest of the first byte) and how many. */
  bits?: readonly [first: number, count: number];
  value: Value;
  /** As engineers write it, the same in every language: `00:0c:29:23:1a:57`, `0x0800`, `64`. */
  display: string;
  /** Code of what the value means: `ip.proto.6`. */
  meaning?: string;
  notes?: Note[];
  fields?: Field[];
}

export interface Layer {
  protocol: ProtocolCode;
  offset: Bytes;
  length: Bytes;
  fields: Field[];
  notes: Note[];
  /** It is quoted by the layer before (an ICMP error), not carried by it. */
  isQuoted?: true;
}

/** A frame in a line: `tcp-syn` with `{ srcport, dstport }`. */
export interface Summary {
  code: string;
  args: Readonly<Record<string, string | number>>;
}

export type Format =
  'decimal' | 'hex' | 'flag' | 'mac' | 'ipv4' | 'ipv6' | 'guid' | 'bytes' | 'text' | 'seconds' | 'signed';

/** One row of a protocol's table: a field at a fixed place in its header. */
export interface Row {
  code: string;
  /** From the beginning of the header. */
  at: Bytes;
  length: Bytes;
  bits?: readonly [first: number, count: number];
  format?: Format;
  /** The value times this is shown (a header length in words). */
  scale?: number;
  /** Values that have a name: the code of the field, a dot and the value. */
  named?: readonly number[] | ((value: number) => boolean);
  /** Little-endian: SMB. */
  little?: true;
  rows?: readonly Row[];
}
