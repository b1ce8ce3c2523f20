/** How kinds of traffic and loads are drawn: a colour and a pattern each, so that a map in grey still tells them apart. */
import { scalePow } from 'd3';
import type { TrafficKind } from '#lib/model/traffic';

export interface KindLook {
  /** A token of app.css. */
  ink: 'water' | 'contour' | 'ink-1' | 'ink-3';
  /** stroke-dasharray; empty: an unbroken line. */
  dash: string;
}

export const KIND_LOOKS: Readonly<Record<TrafficKind, KindLook>> = {
  web: { ink: 'water', dash: '' },
  share: { ink: 'water', dash: '12 4' },
  tcp: { ink: 'water', dash: '4 3' },
  names: { ink: 'contour', dash: '3 3' },
  udp: { ink: 'contour', dash: '' },
  ping: { ink: 'ink-1', dash: '2 4' },
  arp: { ink: 'contour', dash: '8 3 2 3' },
  vpn: { ink: 'ink-1', dash: '10 3 2 3' },
  other: { ink: 'ink-3', dash: '' },
};

/** A load that nobody has listened to. */
export const PLAIN: KindLook = { ink: 'water', dash: '' };

const WIDTH_MIN = 1.25;
/** kbit/s → width of the line, CSS pixels: a gigabit is eight times as wide as a few kilobits. */
const width = scalePow([0, 1_000_000], [WIDTH_MIN, 12]).exponent(0.35).clamp(true);
/** In quarters of a pixel: a finer difference is not seen, and would be painted all the same. */
export const loadWidth = (kbps: number): number => Math.round(width(kbps) * 4) / 4;
/** A river is there before anything flows in it. */
export const riverWidth = (kbps: number): number => Math.max(4, loadWidth(kbps) + 2);
/** Loads that the legend shows. */
export const LOAD_SAMPLES_KBPS = [800_000, 8_000, 80] as const;
