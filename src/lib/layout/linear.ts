/**
 * A linear scale with the names of d3-scale's. That one brings formats, colours and interpolation along, 10 kB compressed,
 * which no chart here asks for.
 */
import { nice, ticks } from 'd3';

export type Interval = readonly [from: number, to: number];

export interface LinearScale {
  (value: number): number;
  /** The value at a place; the start of the domain where the range has no width. */
  invert: (place: number) => number;
  /** About so many round values of the domain. */
  ticks: (count: number) => number[];
  /** The same with a domain that ends on round values. */
  nice: (count: number) => LinearScale;
  domain: () => Interval;
  range: () => Interval;
}

/**
 * @param domain values, rising; one without width is drawn in the middle of the range
 * @param range places, such as pixels; may run backwards
 */
export function linear(domain: Interval, range: Interval): LinearScale {
  const [low, high] = domain;
  const [from, to] = range;
  const place = (value: number): number =>
    high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from);
  return Object.assign(place, {
    invert: (at: number) => (to === from ? low : low + ((at - from) / (to - from)) * (high - low)),
    ticks: (count: number) => ticks(low, high, count),
    nice: (count: number) => linear(nice(low, high, count), range),
    domain: () => domain,
    range: () => range,
  });
}
