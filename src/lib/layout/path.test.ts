import { area, line } from 'd3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { areaPath, linePath } from './path';

const px = fc.integer({ min: -2_000_000, max: 2_000_000 }).map((thousandths) => thousandths / 1000);
const points = fc.array(fc.tuple(px, px), { maxLength: 20 });

it('a line is the one that d3-shape draws', () => {
  fc.assert(
    fc.property(points, (given) => {
      const ours = linePath(
        given,
        ([x]) => x,
        ([, y]) => y,
      );
      expect(ours).toBe(line()(given) ?? '');
    }),
  );
});

it('an area goes along the line and back along its foot, over the same ground as d3-shape’s', () => {
  const given: [number, number][] = [
    [0, 5],
    [10, 2],
    [20, 8],
  ];
  const ours = areaPath(
    given,
    ([x]) => x,
    ([, y]) => y,
    9,
  );
  expect(ours).toBe('M0,5L10,2L20,8L20,9L0,9Z');
  expect(area().y0(9)(given)).toBe('M0,5L10,2L20,8L20,9L10,9L0,9Z');
});
