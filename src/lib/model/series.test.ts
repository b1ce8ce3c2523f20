import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SeriesPoint } from '#lib/sim/protocol';
import { VmTraces, largestMib, nearestPoint, sharingCsv, sharingPoints } from './series';
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

it('a trace is in the order of time, within its capacity, and ends at the newest reading', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 200 }), (moments) => {
      const traces = new VmTraces(16);
      let last = traces.record(0, []);
      for (const timeNs of moments) last = traces.record(timeNs, [{ vm: 3, allocated: timeNs * 2 }]);
      const { timeNs, pages } = last.get(3) ?? { timeNs: [], pages: [] };
      expect(timeNs.length).toBeLessThanOrEqual(16);
      expect([...timeNs].sort((a, b) => a - b)).toEqual(timeNs);
      expect(new Set(timeNs).size).toBe(timeNs.length);
      expect(pages).toEqual(timeNs.map((at) => at * 2));
      expect(timeNs.at(-1)).toBe(moments.at(-1));
    }),
  );
});

it('going back forgets what lies after, and a VM that left is forgotten', () => {
  const traces = new VmTraces();
  for (const timeNs of [1, 2, 3]) traces.record(timeNs, [{ vm: 1, allocated: timeNs }]);
  expect(traces.record(2, [{ vm: 1, allocated: 9 }]).get(1)).toEqual({ timeNs: [1, 2], pages: [1, 9] });
  expect(traces.record(3, []).size).toBe(0);
});
