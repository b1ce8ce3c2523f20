/** SVG paths of curves, in pixels to a thousandth. Straight from point to point: nothing is known of what lies between. */
type Place<T> = (point: T, index: number) => number;

const digits = (px: number): number => Math.round(px * 1000) / 1000;

/** A line through all points; '' when there are none. One point alone is a dot, where line ends are round. */
export function linePath<T>(points: readonly T[], x: Place<T>, y: Place<T>): string {
  if (points.length === 0) return '';
  const path = points
    .map((point, index) => `${digits(x(point, index))},${digits(y(point, index))}`)
    .join('L');
  return `M${path}${points.length === 1 ? 'Z' : ''}`;
}

/** What lies between the line and a foot. */
export function areaPath<T>(points: readonly T[], x: Place<T>, y: Place<T>, footY: number): string {
  const last = points.length - 1;
  if (last < 0) return '';
  const foot = digits(footY);
  return `${linePath(points, x, y).replace('Z', '')}L${digits(x(points[last], last))},${foot}L${digits(x(points[0], 0))},${foot}Z`;
}
