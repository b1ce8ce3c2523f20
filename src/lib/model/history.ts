/** Host and VM over time: which curves there are, their values in the unit they are drawn in, the same as a table. Pure. */
import type { SeriesPoint, VmSeriesPoint } from '#lib/sim/protocol';
import { nsToSeconds, pagesToBytes, pagesToMib, type Nanoseconds } from '#lib/units';
import { csv } from './events';

export const HOST_CURVES = ['free', 'allocated', 'shared', 'reclaimed', 'ballooned', 'swapped'] as const;
export type HostCurve = (typeof HOST_CURVES)[number];

export const VM_CURVES = ['allocated', 'active', 'target', 'balloon', 'swapped', 'shared'] as const;
export type VmCurve = (typeof VM_CURVES)[number];

/** The three averages behind the estimate of active memory, and what they are held against. */
export const WORKING_SET_CURVES = ['allocated', 'active', 'fast', 'slow'] as const;
export type WorkingSetCurve = (typeof WORKING_SET_CURVES)[number];

/** Values of one curve in MiB, in the order of time. */
export const valuesMib = <Name extends string>(
  points: readonly Record<Name, number>[],
  curve: Name,
): number[] => points.map((point) => pagesToMib(point[curve]));

export interface TimeWindow {
  fromNs: Nanoseconds;
  toNs: Nanoseconds;
}

/** Least length of a window: one that holds at least a few points. */
const SHORTEST_NS = 10e9;

/** Makes a window longer or shorter about its middle, within what there is. */
export function scaled({ fromNs, toNs }: TimeWindow, factor: number, endNs: Nanoseconds): TimeWindow {
  const length = Math.min(endNs, Math.max(SHORTEST_NS, (toNs - fromNs) * factor));
  const middle = (fromNs + toNs) / 2;
  const start = Math.max(0, Math.min(endNs - length, middle - length / 2));
  return { fromNs: start, toNs: Math.min(endNs, start + length) };
}

/** Moves a window by a part of its length, within what there is. */
export function shifted({ fromNs, toNs }: TimeWindow, part: number, endNs: Nanoseconds): TimeWindow {
  const length = toNs - fromNs;
  const start = Math.max(0, Math.min(endNs - length, fromNs + part * length));
  return { fromNs: start, toNs: start + length };
}

/** Points inside a window, and one on either side so that lines reach its edges. */
export function within<P extends { timeNs: Nanoseconds }>(points: readonly P[], window: TimeWindow): P[] {
  const first = points.findIndex((point) => point.timeNs >= window.fromNs);
  if (first < 0) return points.slice(-1);
  const after = points.findIndex((point) => point.timeNs > window.toNs);
  return points.slice(Math.max(0, first - 1), after < 0 ? undefined : after + 1);
}

const HOST_COLUMNS = [...HOST_CURVES, 'zero'] as const satisfies readonly (keyof SeriesPoint)[];

export const hostCsv = (points: readonly SeriesPoint[]): string =>
  csv([
    ['time_s', ...HOST_COLUMNS.map((name) => `${name}_bytes`), 'state'],
    ...points.map((point) => [
      nsToSeconds(point.timeNs),
      ...HOST_COLUMNS.map((name) => pagesToBytes(point[name])),
      point.state,
    ]),
  ]);

const VM_COLUMNS = [...VM_CURVES, 'slow', 'fast'] as const satisfies readonly (keyof VmSeriesPoint)[];

export const vmCsv = (points: readonly VmSeriesPoint[]): string =>
  csv([
    ['time_s', ...VM_COLUMNS.map((name) => `${name}_bytes`), 'work_wanted', 'work_done'],
    ...points.map((point) => [
      nsToSeconds(point.timeNs),
      ...VM_COLUMNS.map((name) => pagesToBytes(point[name])),
      point.workWanted,
      point.workDone,
    ]),
  ]);
