/** What kind of traffic a frame is, to colour it. Pure. */
import { headersOf } from '#lib/capture/headers';

/** In the order of the legend. `share`: SMB; `vpn`: PPTP and GRE; `other`: what none of these is. */
export const TRAFFIC_KINDS = ['web', 'share', 'tcp', 'names', 'udp', 'ping', 'arp', 'vpn', 'other'] as const;
export type TrafficKind = (typeof TRAFFIC_KINDS)[number];

const PORTS: readonly (readonly [TrafficKind, readonly number[]])[] = [
  ['web', [80, 443, 8080, 3128, 8530]],
  ['share', [445, 139]],
  ['vpn', [1723]],
  ['names', [53, 67, 68, 137, 138]],
];
/** @param bytes of a frame, without its check sequence; anything at all is read without complaint. */
export function trafficKindOf(bytes: Uint8Array): TrafficKind {
  const { protocol, source, destination } = headersOf(bytes);
  if (protocol === 'arp') return 'arp';
  if (protocol === 'icmp') return 'ping';
  if (protocol === 'gre') return 'vpn';
  if (protocol !== 'tcp' && protocol !== 'udp') return 'other';
  const ends = [source?.port ?? 0, destination?.port ?? 0];
  return PORTS.find(([, ports]) => ends.some((port) => ports.includes(port)))?.[0] ?? protocol;
}
