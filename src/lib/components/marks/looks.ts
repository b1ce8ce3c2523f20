/** How parts of a bar are printed: as the map prints pages in the same state. */
import { DOTS, HATCH, MARSH, tintOf, type Tile } from '#lib/layout/patterns';
import type { GuestPart, HostPart, TimePart } from '#lib/model/policy';

export interface PartLook {
  /** A token of app.css. */
  ground: string;
  tile?: Tile;
  colour?: 'ink-1' | 'water';
}

const landOf = (vm: number): string => `land-${tintOf(vm).tint + 1}`;
const ballooned = (ground: string): PartLook => ({ ground, tile: DOTS });
const swapped = (ground: string): PartLook => ({ ground, tile: MARSH, colour: 'water' });

/** The host's view of a VM. */
export const hostLooks = (vm: number): Record<HostPart, PartLook> => ({
  private: { ground: landOf(vm) },
  shared: { ground: landOf(vm), tile: HATCH },
  untouched: { ground: 'sheet' },
  swapped: swapped('sheet'),
  ballooned: ballooned('sheet'),
});

/** The guest's own view: what it cannot give up is built over. */
export const guestLooks = (vm: number): Record<GuestPart, PartLook> => ({
  kernel: { ground: 'vmkernel' },
  programs: { ground: 'built' },
  private: { ground: landOf(vm) },
  cache: { ground: 'overhead' },
  zeroed: { ground: 'commons' },
  free: { ground: 'sheet' },
  ballooned: ballooned('sheet'),
});

/** Where time went: own work is land, waiting is not. */
export const timeLooks = (vm: number): Record<TimePart, PartLook> => ({
  ran: { ground: landOf(vm) },
  fileRead: { ground: 'overhead' },
  guestFault: { ground: 'built' },
  swapIn: swapped('sheet'),
  reclaim: ballooned('sheet'),
  blocked: { ground: 'accent' },
});
