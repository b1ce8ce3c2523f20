/** How protocols look: a tint of the land, and always their name or a letter beside it. */
import type { ProtocolCode } from '#lib/capture/dissect';

export const TINTS: Readonly<Record<ProtocolCode, string>> = {
  eth: 'overhead',
  vlan: 'built',
  arp: 'built',
  rarp: 'built',
  ip: 'land-3',
  icmp: 'land-5',
  udp: 'land-2',
  tcp: 'land-1',
  dhcp: 'land-2',
  dns: 'land-2',
  http: 'land-6',
  tftp: 'land-6',
  pptp: 'land-4',
  gre: 'land-4',
  ppp: 'land-4',
  lcp: 'land-4',
  ipcp: 'land-4',
  ccp: 'land-4',
  pap: 'land-4',
  chap: 'land-4',
  nbss: 'land-6',
  smb: 'land-6',
  data: 'sheet',
};

/** Layers of one frame by depth: neighbours never have the same tint, and each has its letter. */
export const layerTint = (depth: number): string => `land-${(depth % 6) + 1}`;
export const layerLetter = (depth: number): string => String.fromCharCode(65 + (depth % 26));
