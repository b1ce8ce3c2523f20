import { Field, VmColumn, VmPower, type Core } from '#lib/core/core';
import { NS_PER_SECOND, type Nanoseconds } from '#lib/units';
import { lostMs, type VmReader } from './lost-time';
import type { SeriesPoint, VmSeriesPoint } from './protocol';

/** Points kept for the longest run; the interval between them grows with the run's duration. */
const MAX_POINTS = 20_000;

const HOST_COLUMNS = [
  'shared',
  'reclaimed',
  'zero',
  'free',
  'allocated',
  'ballooned',
  'swapped',
  'state',
] as const satisfies readonly (keyof SeriesPoint)[];

const VM_COLUMNS = [
  'allocated',
  'active',
  'slow',
  'fast',
  'target',
  'balloon',
  'swapped',
  'shared',
  'workWanted',
  'workDone',
  'lostMs',
] as const satisfies readonly (keyof VmSeriesPoint)[];

/** Fixed-point fraction of the core's averages. */
const FRACTION = 65_536;

/** The history of the host and of each VM: one point every so many simulated seconds, at exact moments, whatever the speed. */
export class Series {
  readonly intervalNs: Nanoseconds;
  #length = 0;
  #host: number[] = [];
  /** VM slot → its points, from index 0 on; shorter than the host's when the VM came later or went. */
  #vms = new Map<number, number[]>();

  constructor(durationNs: Nanoseconds) {
    this.intervalNs = Math.ceil(durationNs / NS_PER_SECOND / MAX_POINTS) * NS_PER_SECOND;
  }

  /** The next moment to sample, seen from the world's present time. */
  nextNs(timeNs: Nanoseconds): Nanoseconds {
    // The present one, when it has not been sampled yet: the beginning, and moments at which commands wait.
    if (timeNs === this.length * this.intervalNs) return timeNs;
    return (Math.floor(timeNs / this.intervalNs) + 1) * this.intervalNs;
  }

  /** To be called when everything of a sampling moment has happened; other moments are ignored. */
  sample(core: Core, slots: Iterable<number>): void {
    const timeNs = core.field(Field.timeNs);
    const index = timeNs / this.intervalNs;
    if (!Number.isInteger(index) || index !== this.length) return;
    const shared = core.field(Field.sharedGuestPages);
    this.#host.push(
      shared,
      shared - core.field(Field.sharedCopies),
      core.field(Field.sharedZeroPages),
      core.field(Field.freePages),
      shared + core.field(Field.privatePages),
      core.field(Field.balloonPages),
      core.field(Field.swapUsedPages),
      core.field(Field.hostState),
    );
    const read = core.vmReader();
    for (const vm of slots) this.#sampleVm(read, vm);
    this.#length++;
  }

  #sampleVm(read: VmReader, vm: number): void {
    const power = read(vm, VmColumn.power);
    if (power !== VmPower.booting && power !== VmPower.on) return;
    let points = this.#vms.get(vm);
    if (!points) this.#vms.set(vm, (points = []));
    // Moments at which it was off, or did not exist.
    while (points.length < this.#length * VM_COLUMNS.length) points.push(0);
    const max = read(vm, VmColumn.maxPages);
    points.push(
      read(vm, VmColumn.allocatedPages),
      read(vm, VmColumn.activePages),
      Math.round((read(vm, VmColumn.sampleSlow) * max) / FRACTION),
      Math.round((read(vm, VmColumn.sampleFast) * max) / FRACTION),
      read(vm, VmColumn.targetPages),
      read(vm, VmColumn.balloonPages),
      read(vm, VmColumn.swappedPages),
      read(vm, VmColumn.sharedPages),
      read(vm, VmColumn.workWanted),
      read(vm, VmColumn.workDone),
      lostMs(read, vm),
    );
  }

  get length(): number {
    return this.#length;
  }

  /** The future has changed. Points at this very moment are taken again. */
  truncate(timeNs: Nanoseconds): void {
    const keep = Math.min(this.#length, Math.ceil(timeNs / this.intervalNs));
    this.#length = keep;
    this.#host.length = keep * HOST_COLUMNS.length;
    for (const points of this.#vms.values())
      points.length = Math.min(points.length, keep * VM_COLUMNS.length);
  }

  /** At most `points` of them from `fromNs` up to `untilNs`, evenly thinned, the last one always there. */
  read(untilNs: Nanoseconds, points: number, fromNs: Nanoseconds = 0): SeriesPoint[] {
    return this.#indexes(untilNs, points, fromNs).map(
      (index) => this.#point(index, HOST_COLUMNS, this.#host) as unknown as SeriesPoint,
    );
  }

  readVm(vm: number, untilNs: Nanoseconds, points: number, fromNs: Nanoseconds = 0): VmSeriesPoint[] {
    const values = this.#vms.get(vm) ?? [];
    return this.#indexes(untilNs, points, fromNs).map(
      (index) => this.#point(index, VM_COLUMNS, values) as unknown as VmSeriesPoint,
    );
  }

  #point(index: number, columns: readonly string[], values: readonly number[]): Record<string, number> {
    const point: Record<string, number> = { timeNs: index * this.intervalNs };
    columns.forEach((column, i) => (point[column] = values[index * columns.length + i] ?? 0));
    return point;
  }

  /** Strides fall on the same indexes whatever the last moment is, so that a line does not flicker as it grows. */
  #indexes(untilNs: Nanoseconds, points: number, fromNs: Nanoseconds): number[] {
    const first = Math.max(0, Math.floor(fromNs / this.intervalNs));
    const end = Math.min(this.length, Math.floor(untilNs / this.intervalNs) + 1);
    const stride = Math.max(1, Math.ceil((end - first) / Math.max(2, points)));
    const indexes: number[] = [];
    for (let i = Math.floor(first / stride) * stride; i < end; i += stride) indexes.push(i);
    if (end > first && indexes[indexes.length - 1] !== end - 1) indexes.push(end - 1);
    return indexes;
  }
}
