import fc from 'fast-check';
import { scaleLinear } from 'd3';
import { expect, it } from 'vitest';
import { linear } from './linear';

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => Math.round(value * 1e3) / 1e3);
const interval = fc
  .tuple(number, number)
  .filter(([from, to]) => Math.abs(from - to) >= 1)
  .map(([from, to]): [number, number] => [from, to]);
/** Charts read from the left and from below. */
const rising = interval.map(([from, to]): [number, number] => (from < to ? [from, to] : [to, from]));
/** d3 tells 0 from −0. */
const whole = (values: readonly number[]) => values.map((value) => value + 0);

it('places, inverts, rounds and counts as d3-scale does', () => {
  fc.assert(
    fc.property(rising, interval, number, fc.integer({ min: 2, max: 12 }), (domain, range, value, count) => {
      const ours = linear(domain, range);
      const theirs = scaleLinear(domain, range);
      expect(ours(value)).toBeCloseTo(theirs(value), 3);
      expect(ours.invert(value)).toBeCloseTo(theirs.invert(value), 3);
      expect(whole(ours.ticks(count))).toEqual(whole(theirs.ticks(count)));
      expect(whole(ours.nice(count).domain())).toEqual(whole(theirs.nice(count).domain()));
    }),
  );
});

it('a domain without width is drawn in the middle, and a range without width reads as its start', () => {
  expect(linear([5, 5], [0, 100])(5)).toBe(50);
  expect(linear([5, 9], [20, 20]).invert(20)).toBe(5);
});
