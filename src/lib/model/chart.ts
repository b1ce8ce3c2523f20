/** Lines over one axis: what a chart draws, what is read at a place, and the same as a table. Pure. */
import { bisector } from 'd3';

export type ChartPoint = readonly [x: number, y: number];

export interface ChartLine {
  id: string;
  label: string;
  /** In the order of x. */
  points: readonly ChartPoint[];
}

const byX = bisector((point: ChartPoint) => point[0]);

/** The point of a line nearest to a place; null when it has none. */
export const pointNear = (line: ChartLine, x: number): ChartPoint | null =>
  line.points.length === 0 ? null : line.points[byX.center(line.points as ChartPoint[], x)];

/** Places at which any line has a point, in order. */
export const placesOf = (lines: readonly ChartLine[]): number[] =>
  [...new Set(lines.flatMap((line) => line.points.map(([x]) => x)))].sort((a, b) => a - b);

/** Lowest and highest value: of the lines, and of what the axis must show anyway. */
export function rangeOf(lines: readonly ChartLine[], low: number, high: number): [number, number] {
  let [least, most] = [low, high];
  for (const { points } of lines)
    for (const [, y] of points) {
      if (y < least) least = y;
      if (y > most) most = y;
    }
  return [least, most];
}

/** Every so many of them that no more than `most` remain; the last stays. */
export function thinned<T>(all: readonly T[], most: number): T[] {
  const stride = Math.max(1, Math.ceil(all.length / most));
  return all.filter((_, index) => index % stride === 0 || index === all.length - 1);
}

/** Where a line has a point at that very place. */
export const valueAt = (line: ChartLine, x: number): number | null => {
  const point = pointNear(line, x);
  return point && point[0] === x ? point[1] : null;
};
