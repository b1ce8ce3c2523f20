/** Just enough of a frame's headers to know between whom it goes. Pure; anything at all is read without complaint. */

/** One side of a conversation. Ports are 0 where there are none. */
export interface Endpoint {
  address: string;
  port: number;
}
export interface Headers {
  source: Endpoint | null;
  destination: Endpoint | null;
  protocol: 'tcp' | 'udp' | 'icmp' | 'gre' | 'arp' | 'ip' | null;
}

const u16 = (b: Uint8Array, at: number): number => ((b[at] ?? 0) << 8) | (b[at + 1] ?? 0);
const ipv4 = (b: Uint8Array, at: number): string => `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}`;

const VLAN = 0x8100;
const PROTOCOLS: Readonly<Record<number, 'icmp' | 'tcp' | 'udp' | 'gre'>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
};

/** @param bytes of a frame, without its check sequence. */
export function headersOf(bytes: Uint8Array): Headers {
  const isTagged = u16(bytes, 12) === VLAN;
  const at = isTagged ? 18 : 14;
  const type = u16(bytes, at - 2);
  if ((type === 0x0806 || type === 0x8035) && bytes.length >= at + 28)
    return {
      protocol: 'arp',
      source: { address: ipv4(bytes, at + 14), port: 0 },
      destination: { address: ipv4(bytes, at + 24), port: 0 },
    };
  if (type !== 0x0800 || bytes.length < at + 20) return { protocol: null, source: null, destination: null };
  const ports = at + ((bytes[at] ?? 0) & 15) * 4;
  const protocol = PROTOCOLS[bytes[at + 9] ?? 0] ?? 'ip';
  const isFirst = (u16(bytes, at + 6) & 0x1fff) === 0;
  const hasPorts = (protocol === 'tcp' || protocol === 'udp') && isFirst && bytes.length >= ports + 4;
  return {
    protocol,
    source: { address: ipv4(bytes, at + 12), port: hasPorts ? u16(bytes, ports) : 0 },
    destination: { address: ipv4(bytes, at + 16), port: hasPorts ? u16(bytes, ports + 2) : 0 },
  };
}
