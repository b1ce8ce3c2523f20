/** The host's history for charts: what is drawn, on which axes, and the same as a table. Pure. */
import { bisector } from 'd3';
import type { SeriesPoint } from '#lib/sim/protocol';
import {
  nsToSeconds,
  pagesToBytes,
  pagesToMib,
  type Mebibytes,
  type Nanoseconds,
  type Pages,
} from '#lib/units';
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

export interface Trace {
  timeNs: Nanoseconds[];
  pages: Pages[];
}

/**
 * What was seen of a figure of each VM, keyed by simulated time: the ground of a sparkline.
 * Going back in time cuts off what lies after; at `capacity` every second point goes.
 */
export class VmTraces {
  readonly #traces = new Map<number, Trace>();
  #lastNs = -1;

  constructor(readonly capacity = 240) {}

  /** Takes in a reading. Seeing the same moment twice changes nothing but its value. */
  record(timeNs: Nanoseconds, vms: readonly { vm: number; allocated: Pages }[]): ReadonlyMap<number, Trace> {
    const present = new Set(vms.map(({ vm }) => vm));
    for (const [vm, trace] of this.#traces) {
      if (!present.has(vm)) this.#traces.delete(vm);
      else if (timeNs <= this.#lastNs) cut(trace, timeNs);
    }
    for (const { vm, allocated } of vms) {
      const trace = this.#traces.get(vm) ?? { timeNs: [], pages: [] };
      this.#traces.set(vm, trace);
      trace.timeNs.push(timeNs);
      trace.pages.push(allocated);
      if (trace.timeNs.length > this.capacity) thin(trace);
    }
    this.#lastNs = timeNs;
    return new Map([...this.#traces].map(([vm, trace]) => [vm, { ...trace }]));
  }
}

function cut(trace: Trace, timeNs: Nanoseconds): void {
  const length = byNumber.left(trace.timeNs, timeNs);
  trace.timeNs.length = length;
  trace.pages.length = length;
}

function thin(trace: Trace): void {
  const last = trace.timeNs.length - 1;
  const stays = (_: number, index: number) => index % 2 === 0 || index === last;
  trace.timeNs = trace.timeNs.filter(stays);
  trace.pages = trace.pages.filter(stays);
}

const byNumber = bisector((value: number) => value);
