/** The host's history for charts: what is drawn, on which axes, and the same as a table. Pure. */
import { bisector } from 'd3';
import type { SeriesPoint } from '#lib/sim/protocol';
import { nsToSeconds, pagesToBytes, pagesToMib, type Mebibytes, type Nanoseconds } from '#lib/units';
import { csv } from './events';

export const SHARING_CURVES = ['shared', 'reclaimed', 'zero'] as const;
export type SharingCurve = (typeof SHARING_CURVES)[number];

export interface SharingPoint {
  timeNs: Nanoseconds;
  shared: Mebibytes;
  reclaimed: Mebibytes;
  zero: Mebibytes;
}

/** In MiB, in the order of time, one point a moment. */
export const sharingPoints = (series: readonly SeriesPoint[]): SharingPoint[] =>
  series.map(({ timeNs, shared, reclaimed, zero }) => ({
    timeNs,
    shared: pagesToMib(shared),
    reclaimed: pagesToMib(reclaimed),
    zero: pagesToMib(zero),
  }));

const byTime = bisector((point: { timeNs: Nanoseconds }) => point.timeNs);

/** The point nearest to a moment; −1 when there is none. */
export const nearestPoint = (points: readonly { timeNs: Nanoseconds }[], timeNs: Nanoseconds): number =>
  points.length === 0 ? -1 : byTime.center(points as { timeNs: Nanoseconds }[], timeNs);

/** Largest value of all curves, in MiB; at least one page, so that an empty chart still has an axis. */
export const largestMib = (points: readonly SharingPoint[]): Mebibytes =>
  points.reduce((max, point) => Math.max(max, point.shared, point.reclaimed), pagesToMib(1));

/** As the headless runner prints it: seconds and bytes. */
export const sharingCsv = (series: readonly SeriesPoint[]): string =>
  csv([
    ['time_s', 'shared_bytes', 'reclaimed_bytes', 'zero_bytes', 'allocated_bytes', 'free_bytes'],
    ...series.map((point) => [
      nsToSeconds(point.timeNs),
      ...[point.shared, point.reclaimed, point.zero, point.allocated, point.free].map(pagesToBytes),
    ]),
  ]);
