/** The way of frames over the laid-out network: legs and stretches of rivers as lines, and places along them. Pure. */
import { nearest, type NetworkLayout, type Point } from './network-map';

/** @returns the points along the ways, one after the other; empty where the layout does not have them. */
export const pathOf = (
  layout: Pick<NetworkLayout, 'legs'>,
  ways: readonly { leg: string; forward: boolean }[],
): Point[] =>
  ways.flatMap(({ leg, forward }) => {
    const points = layout.legs.get(leg)?.points ?? [];
    return forward ? points : [...points].reverse();
  });

const lengthBetween = (a: Point, b: Point): number => Math.hypot(b.x - a.x, b.y - a.y);

/** The place at a fraction of a line's length; null when the line has no point. */
export function placeAlong(points: readonly Point[], fraction: number): Point | null {
  if (points.length === 0) return null;
  const lengths = points.slice(1).map((point, index) => lengthBetween(points[index]!, point));
  let left = lengths.reduce((total, length) => total + length, 0) * Math.max(0, Math.min(1, fraction));
  for (const [index, length] of lengths.entries()) {
    const [a, b] = [points[index]!, points[index + 1]!];
    if (left <= length && length > 0)
      return { x: a.x + ((b.x - a.x) * left) / length, y: a.y + ((b.y - a.y) * left) / length };
    left -= length;
  }
  return points.at(-1)!;
}

/** Along a river, between the points where two cables meet it. */
export function alongRiver(
  layout: Pick<NetworkLayout, 'rivers'>,
  river: string,
  from: Point,
  to: Point,
): Point[] {
  const bed = layout.rivers.get(river);
  return bed ? [nearest(bed, from), nearest(bed, to)] : [];
}

/** A line's part between two fractions of its length. */
export function partOf(points: readonly Point[], from: number, to: number): Point[] {
  const start = placeAlong(points, from);
  const end = placeAlong(points, to);
  if (!start || !end) return [];
  const lengths = [0];
  points
    .slice(1)
    .forEach((point, index) => lengths.push(lengths[index]! + lengthBetween(points[index]!, point)));
  const whole = lengths.at(-1)! || 1;
  const inner = points.filter((_, index) => lengths[index]! / whole > from && lengths[index]! / whole < to);
  return [start, ...inner, end];
}
