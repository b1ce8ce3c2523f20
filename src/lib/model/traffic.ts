/** What kind of traffic a frame is, and between whom: just enough of its headers to colour it. Pure. */

/** In the order of the legend. `share`: SMB; `vpn`: PPTP and GRE; `other`: what none of these is. */
export const TRAFFIC_KINDS = ['web', 'share', 'tcp', 'names', 'udp', 'ping', 'arp', 'vpn', 'other'] as const;
export type TrafficKind = (typeof TRAFFIC_KINDS)[number];

/** One side of a conversation. Ports are 0 where there are none. */
export interface Endpoint {
  address: string;
  port: number;
}
export interface Headers {
  kind: TrafficKind;
  source: Endpoint | null;
  destination: Endpoint | null;
  protocol: 'tcp' | 'udp' | 'icmp' | 'gre' | 'arp' | 'ip' | null;
}

const u16 = (b: Uint8Array, at: number): number => ((b[at] ?? 0) << 8) | (b[at + 1] ?? 0);
const ipv4 = (b: Uint8Array, at: number): string => `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}`;

const VLAN = 0x8100;
const PORTS: readonly (readonly [TrafficKind, readonly number[]])[] = [
  ['web', [80, 443, 8080, 3128, 8530]],
  ['share', [445, 139]],
  ['vpn', [1723]],
  ['names', [53, 67, 68, 137, 138]],
];
const PROTOCOLS: Readonly<Record<number, 'icmp' | 'tcp' | 'udp' | 'gre'>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
};

/** @param bytes of a frame, without its check sequence; anything at all is read without complaint. */
export function headersOf(bytes: Uint8Array): Headers {
  const isTagged = u16(bytes, 12) === VLAN;
  const at = isTagged ? 18 : 14;
  const type = u16(bytes, at - 2);
  if ((type === 0x0806 || type === 0x8035) && bytes.length >= at + 28)
    return {
      kind: 'arp',
      protocol: 'arp',
      source: { address: ipv4(bytes, at + 14), port: 0 },
      destination: { address: ipv4(bytes, at + 24), port: 0 },
    };
  if (type !== 0x0800 || bytes.length < at + 20)
    return { kind: 'other', protocol: null, source: null, destination: null };
  const ports = at + ((bytes[at] ?? 0) & 15) * 4;
  const protocol = PROTOCOLS[bytes[at + 9] ?? 0] ?? 'ip';
  const isFirst = (u16(bytes, at + 6) & 0x1fff) === 0;
  const hasPorts = (protocol === 'tcp' || protocol === 'udp') && isFirst && bytes.length >= ports + 4;
  const source = { address: ipv4(bytes, at + 12), port: hasPorts ? u16(bytes, ports) : 0 };
  const destination = { address: ipv4(bytes, at + 16), port: hasPorts ? u16(bytes, ports + 2) : 0 };
  return { kind: kindOf(protocol, source.port, destination.port), protocol, source, destination };
}

function kindOf(protocol: string, a: number, b: number): TrafficKind {
  if (protocol === 'icmp') return 'ping';
  if (protocol === 'gre') return 'vpn';
  if (protocol !== 'tcp' && protocol !== 'udp') return 'other';
  const known = PORTS.find(([, ports]) => ports.includes(a) || ports.includes(b));
  return known ? known[0] : protocol;
}

/** The same for both directions: a name for the conversation that a frame belongs to; null: it belongs to none. */
export function conversationOf({ protocol, source, destination }: Headers): string | null {
  if (!protocol || !source || !destination || protocol === 'arp') return null;
  const ends = [source, destination].map(({ address, port }) => `${address}:${port}`).sort();
  return `${protocol} ${ends.join(' ')}`;
}
