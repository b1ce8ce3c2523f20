/**
 * The Hilbert curve of a square of 2^order cells a side, refined from the top: the cell of a longer curve always lies
 * inside the cell of its prefix, so a map keeps its shape while one zooms. Tables as in S2's cell hierarchy.
 */
const SWAP = 1;
const INVERT = 2;
/** By orientation and position on the curve: 2·row + column of the quarter. */
const QUARTER = [0, 1, 3, 2, 0, 2, 3, 1, 3, 2, 0, 1, 3, 1, 0, 2];
/** By orientation and quarter: position on the curve. */
const POSITION = [0, 1, 3, 2, 0, 3, 1, 2, 2, 3, 1, 0, 2, 1, 3, 0];
/** By position on the curve: how the quarter is turned against the whole. */
const TURN = [SWAP, 0, 0, INVERT | SWAP];

/** Column and row of the cell at `distance` along the curve; 0 ≤ distance < 4^order, order ≤ 15. */
export function curveToCell(distance: number, order: number): { column: number; row: number } {
  let orientation = 0;
  let column = 0;
  let row = 0;
  for (let bit = order - 1; bit >= 0; bit--) {
    const position = (distance >>> (2 * bit)) & 3;
    const quarter = QUARTER[orientation * 4 + position]!;
    column = (column << 1) | (quarter & 1);
    row = (row << 1) | (quarter >> 1);
    orientation ^= TURN[position]!;
  }
  return { column, row };
}

/** Distance along the curve of a cell; the inverse of `curveToCell`. */
export function cellToCurve(column: number, row: number, order: number): number {
  let orientation = 0;
  let distance = 0;
  for (let bit = order - 1; bit >= 0; bit--) {
    const quarter = (((row >> bit) & 1) << 1) | ((column >> bit) & 1);
    const position = POSITION[orientation * 4 + quarter]!;
    distance = distance * 4 + position;
    orientation ^= TURN[position]!;
  }
  return distance;
}
