import fc from 'fast-check';
import { expect, it } from 'vitest';
import { optionGroups } from './option-groups';
import { hostCsv, scaled, shifted, valuesMib, within } from './history';
import { seriesPoint } from './test-readings';
import { OPTION_NAMES } from '#lib/world/vocabulary';

it('a window stays within the run, however it is moved and stretched', () => {
  const endNs = 3600e9;
  fc.assert(
    fc.property(
      fc.array(fc.record({ factor: fc.constantFrom(0.5, 2), part: fc.constantFrom(-0.5, 0, 0.5) })),
      (moves) => {
        let window = { fromNs: 0, toNs: endNs };
        for (const { factor, part } of moves) {
          window = shifted(scaled(window, factor, endNs), part, endNs);
          expect(window.fromNs).toBeGreaterThanOrEqual(0);
          expect(window.toNs).toBeLessThanOrEqual(endNs + 1);
          expect(window.toNs).toBeGreaterThan(window.fromNs);
        }
      },
    ),
  );
});

it('keeps the points in sight and one on either side', () => {
  const points = [0, 10, 20, 30, 40].map((timeNs) => seriesPoint({ timeNs }));
  const times = (fromNs: number, toNs: number) =>
    within(points, { fromNs, toNs }).map(({ timeNs }) => timeNs);
  expect(times(15, 25)).toEqual([10, 20, 30]);
  expect(times(0, 100)).toEqual([0, 10, 20, 30, 40]);
  expect(times(50, 60)).toEqual([40]);
});

it('counts pages as mebibytes, and writes them as bytes', () => {
  const point = seriesPoint({ timeNs: 2e9, free: 512, state: 1 });
  expect(valuesMib([point], 'free')).toEqual([2]);
  const [head, row] = hostCsv([point]).split('\r\n');
  expect(head).toBe(
    'time_s,free_bytes,allocated_bytes,shared_bytes,reclaimed_bytes,ballooned_bytes,swapped_bytes,zero_bytes,state',
  );
  expect(row).toBe('2,2097152,0,0,0,0,0,0,1');
});

it('every option stands in one group', () => {
  const names = optionGroups().flatMap(({ rules }) => rules.map(({ name }) => name));
  expect([...names].sort()).toEqual([...OPTION_NAMES].sort());
  expect(optionGroups(['idleTax']).map(({ id }) => id)).toEqual(['era']);
});
