/** Rows of a table twin: enough to follow a curve, few enough to be read; the last one is always there. */
const TABLE_ROWS = 24;

export function thinned<T>(points: readonly T[]): T[] {
  const stride = Math.max(1, Math.ceil(points.length / TABLE_ROWS));
  return points.filter((_, index) => index % stride === 0 || index === points.length - 1);
}
