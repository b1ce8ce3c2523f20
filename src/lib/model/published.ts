/**
 * What others published, as numbers to hold a run against, and the arithmetic of holding it. The experiments
 * themselves, with their worlds and what is measured in them, are in validation.ts.
 */

/**
 * A printed value with how far a run may be from it, or a range: the ends of one that was published, or one end and
 * infinity where only « more than » was.
 */
export type Published = { value: number; tolerance: number } | { low: number; high: number };

/** Lowest and highest value that agrees. */
export const boundsOf = (published: Published): [low: number, high: number] =>
  'value' in published
    ? [published.value - published.tolerance, published.value + published.tolerance]
    : [published.low, published.high];

/** True when `found` is within the tolerance of what was published, or inside the range. */
export function agrees(published: Published, found: number): boolean {
  const [low, high] = boundsOf(published);
  return found >= low && found <= high;
}

/** From the printed value, or from the nearer end of the range; 0 inside a range. */
export function difference(published: Published, found: number): number {
  if ('value' in published) return found - published.value;
  return found - Math.min(Math.max(found, published.low), published.high);
}

/** Greatest distance of a value from the mean of all, percent of the mean. */
export function spreadPercent(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return (100 * Math.max(...values.map((value) => Math.abs(value - mean)))) / mean;
}

/** Greatest distance of a point from the least-squares line through all, percent of the largest y. */
export function offLinePercent(points: readonly (readonly [x: number, y: number])[]): number {
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const slope =
    points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) /
    points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const off = points.map(([x, y]) => Math.abs(y - (meanY + slope * (x - meanX))));
  return (100 * Math.max(...off)) / Math.max(...points.map(([, y]) => y));
}

/** Greatest step upwards between neighbours: 0 or less for values that never rise. */
export const greatestRise = (values: readonly number[]): number =>
  Math.max(...values.slice(1).map((value, index) => value - values[index]));
