/** What conversations need of a frame: who speaks to whom, and of TCP where in its stream. */
import type { Bytes } from '#lib/units';
import { findField, type Dissection, type Field, type Layer, type ProtocolCode } from './dissect';
import { ACK, FIN, RST, SYN } from './dissect/tcp';

export type ConversationKind = 'tcp' | 'udp' | 'icmp' | 'arp' | 'gre' | 'ip' | 'eth';

export interface Digest {
  kind: ConversationKind;
  /** IPv4 address, or MAC address where there is none. */
  src: string;
  dst: string;
  /** Ports; identifier of an echo; call of GRE; 0 where there is none. */
  srcPort: number;
  dstPort: number;
  /** The innermost protocol that was read. */
  protocol: ProtocolCode;
  tcp: TcpDigest | null;
  exchange: Exchange | null;
}

/** A question or its answer: an echo, a question to DNS or ARP. The same id for both. */
export interface Exchange {
  isReply: boolean;
  id: number;
}

export interface TcpDigest {
  seq: number;
  ack: number;
  window: number;
  isSyn: boolean;
  isAck: boolean;
  isFin: boolean;
  isRst: boolean;
  /** In the frame. */
  payloadAt: Bytes;
  /** On the wire; fewer may have been captured. */
  payloadLength: Bytes;
}

/** A field of the layer itself: every frame of a capture asks for several. */
function own(layer: Layer, code: string): Field | undefined {
  const { fields } = layer;
  for (let i = 0; i < fields.length; i++) if (fields[i].code === code) return fields[i];
  return undefined;
}
const asNumber = (field: Field | undefined): number => (typeof field?.value === 'number' ? field.value : 0);
const number = (layer: Layer, code: string): number => asNumber(own(layer, code));
const text = (layer: Layer, code: string): string => own(layer, code)?.display ?? '';

/** The innermost conversation of a frame: of a tunnel, what goes through it. */
export function digest({ layers }: Dissection): Digest | null {
  const [ethernet] = layers;
  if (!ethernet) return null;
  const found: Digest = {
    kind: 'eth',
    src: text(ethernet, 'eth.src'),
    dst: text(ethernet, 'eth.dst'),
    srcPort: 0,
    dstPort: 0,
    protocol: 'eth',
    tcp: null,
    exchange: null,
  };
  let contentEnd = 0;
  for (const layer of layers) {
    if (layer.isQuoted) break;
    if (layer.protocol !== 'data') found.protocol = layer.protocol;
    switch (layer.protocol) {
      case 'arp':
      case 'rarp':
        found.kind = 'arp';
        found.src = text(layer, 'arp.src.proto_ipv4');
        found.dst = text(layer, 'arp.dst.proto_ipv4');
        found.exchange = arpExchange(layer, found);
        break;
      case 'ip':
        Object.assign(found, { kind: 'ip', srcPort: 0, dstPort: 0, tcp: null, exchange: null });
        found.src = text(layer, 'ip.src');
        found.dst = text(layer, 'ip.dst');
        contentEnd = layer.offset + number(layer, 'ip.len');
        break;
      case 'dns':
        if (layer.length >= 12)
          found.exchange = {
            isReply: asNumber(findField(layer.fields, 'dns.flags.response')) === 1,
            id: number(layer, 'dns.id'),
          };
        break;
      case 'gre':
        found.kind = 'gre';
        break;
      case 'icmp':
        found.kind = 'icmp';
        if (own(layer, 'icmp.ident')) {
          found.srcPort = found.dstPort = number(layer, 'icmp.ident');
          found.exchange = { isReply: number(layer, 'icmp.type') === 0, id: number(layer, 'icmp.seq') };
        }
        break;
      case 'udp':
        found.kind = 'udp';
        found.srcPort = number(layer, 'udp.srcport');
        found.dstPort = number(layer, 'udp.dstport');
        break;
      case 'tcp':
        found.kind = 'tcp';
        found.srcPort = number(layer, 'tcp.srcport');
        found.dstPort = number(layer, 'tcp.dstport');
        found.tcp = tcpDigest(layer, contentEnd);
        break;
    }
  }
  return found;
}

/** An announcement, or a question whether an address is free, hopes for no answer. */
function arpExchange(layer: Layer, { src, dst }: Digest): Exchange | null {
  const operation = number(layer, 'arp.opcode');
  const isAsked = (operation === 1 || operation === 2) && src !== dst && src !== '0.0.0.0';
  return isAsked ? { isReply: operation === 2, id: 0 } : null;
}

function tcpDigest(layer: Layer, contentEnd: Bytes): TcpDigest | null {
  const headerLength = number(layer, 'tcp.hdr_len');
  // A header that does not fit says nothing of its stream.
  if (headerLength < 20 || layer.length < 20) return null;
  const flags = number(layer, 'tcp.flags');
  const payloadAt = layer.offset + headerLength;
  return {
    seq: number(layer, 'tcp.seq_raw'),
    ack: number(layer, 'tcp.ack_raw'),
    window: number(layer, 'tcp.window_size_value'),
    isSyn: (flags & SYN) !== 0,
    isAck: (flags & ACK) !== 0,
    isFin: (flags & FIN) !== 0,
    isRst: (flags & RST) !== 0,
    payloadAt,
    payloadLength: Math.max(0, contentEnd - payloadAt),
  };
}
