import { expect, it } from 'vitest';
import type { SeriesPoint } from '#lib/sim/protocol';
import { largestMib, nearestPoint, sharingCsv, sharingPoints } from './series';
import { seriesPoint } from './test-readings';

const point = (timeNs: number, shared: number): SeriesPoint =>
  seriesPoint({ timeNs, shared, reclaimed: shared - 1, allocated: shared });

it('counts pages as mebibytes', () => {
  const points = sharingPoints([point(0, 256), point(1e9, 512)]);
  expect(points[1]).toEqual({ timeNs: 1e9, shared: 2, reclaimed: 511 / 256, zero: 0 });
  expect(largestMib(points)).toBe(2);
});

it('finds the point nearest to a moment', () => {
  const points = [0, 10, 20].map((timeNs) => ({ timeNs }));
  expect([-5, 4, 6, 14, 99].map((timeNs) => nearestPoint(points, timeNs))).toEqual([0, 0, 1, 1, 2]);
  expect(nearestPoint([], 3)).toBe(-1);
});

it('writes seconds and bytes', () =>
  expect(sharingCsv([point(1_500_000_000, 2)]).split('\r\n')[1]).toBe('1.5,8192,4096,0,8192,0'));
