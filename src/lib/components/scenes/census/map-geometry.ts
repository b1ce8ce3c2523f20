import { cellToCurve, curveToCell } from '#lib/layout/hilbert';
import type { CensusPage } from '#lib/tools/census/protocol';
import type { Pages } from '#lib/units';

export type Order = 'rows' | 'hilbert';

/** Pages `from` … `to` − 1 laid out as cells. Lengths in CSS pixels. */
export interface Grid {
  order: Order;
  from: CensusPage;
  to: CensusPage;
  columns: number;
  rows: number;
  /** Width of a cell. */
  side: number;
  /** Height of a cell, near its width. */
  high: number;
  /** Cells in use; the rest of the sheet is bare paper. */
  cells: number;
  /** Hilbert curves beside each other, and the order of each. */
  level: number;
}

const LEAST_SIDE = 5;
const MOST_SIDE = 26;

/** Lays pages out on a sheet: one cell a page where they fit, else as many cells as are still seen. */
export function layOut(order: Order, width: number, height: number, from: CensusPage, to: CensusPage): Grid {
  const pages = Math.max(0, to - from);
  if (order === 'hilbert') {
    const squares = Math.max(1, Math.round(width / height));
    const edge = Math.min(height, width / squares);
    // Whole squares only: with a page or more in every cell.
    let level = 0;
    while (edge / 2 ** (level + 1) >= LEAST_SIDE && squares * 4 ** (level + 1) <= pages) level++;
    const across = 2 ** level;
    const cells = Math.min(pages, squares * across * across);
    const side = edge / across;
    return { order, from, to, columns: squares * across, rows: across, side, high: side, cells, level };
  }
  const mostColumns = Math.max(1, Math.floor(width / LEAST_SIDE));
  const mostRows = Math.max(1, Math.floor(height / LEAST_SIDE));
  // As many columns as leave the cells nearly square and the sheet nearly full.
  const leastColumns = Math.max(1, Math.ceil(width / MOST_SIDE));
  const wanted = Math.ceil(Math.sqrt((pages * width) / height));
  const columns = Math.min(mostColumns, Math.max(leastColumns, wanted));
  const rows = Math.min(mostRows, Math.max(Math.ceil(pages / columns), Math.ceil(height / MOST_SIDE)));
  const cells = Math.min(pages, columns * rows);
  return { order, from, to, columns, rows, side: width / columns, high: height / rows, cells, level: 0 };
}

export function cellPlace(grid: Grid, cell: number): { column: number; row: number } {
  if (grid.order === 'rows') return { column: cell % grid.columns, row: Math.floor(cell / grid.columns) };
  const area = 4 ** grid.level;
  const square = Math.floor(cell / area);
  const { column, row } = curveToCell(cell % area, grid.level);
  return { column: column + square * 2 ** grid.level, row };
}

/** The cell at a column and a row; −1 where the sheet is bare. */
export function cellAt(grid: Grid, column: number, row: number): number {
  if (column < 0 || row < 0 || column >= grid.columns || row >= grid.rows) return -1;
  let cell = row * grid.columns + column;
  if (grid.order === 'hilbert') {
    const across = 2 ** grid.level;
    cell = Math.floor(column / across) * across * across + cellToCurve(column % across, row, grid.level);
  }
  return cell < grid.cells ? cell : -1;
}

/** First page of a cell; that of the cell after it is one past its last. The core divides in the same way. */
export const firstPageOf = (grid: Grid, cell: number): CensusPage =>
  grid.from + Math.floor((cell * (grid.to - grid.from)) / grid.cells);

export const pagesOf = (grid: Grid, cell: number): Pages =>
  firstPageOf(grid, cell + 1) - firstPageOf(grid, cell);

/** The cell that holds a page; −1 for a page that is not on the sheet. */
export function cellOf(grid: Grid, page: CensusPage): number {
  if (page < grid.from || page >= grid.to || grid.cells === 0) return -1;
  let cell = Math.floor(((page - grid.from) * grid.cells) / (grid.to - grid.from));
  while (firstPageOf(grid, cell + 1) <= page) cell++;
  while (firstPageOf(grid, cell) > page) cell--;
  return cell;
}

/** Middle of a cell, in CSS pixels. */
export function cellCentre(grid: Grid, cell: number): { x: number; y: number } {
  const { column, row } = cellPlace(grid, cell);
  return { x: (column + 0.5) * grid.side, y: (row + 0.5) * grid.high };
}

/** A quarter of the pages in sight, or four times as many, around `centre`; inside 0 … `end`. */
export function zoomed(grid: Grid, factor: number, centre: CensusPage, start: CensusPage, end: CensusPage) {
  const span = Math.min(end - start, Math.max(64, Math.round((grid.to - grid.from) / factor)));
  const from = Math.min(Math.max(start, Math.round(centre - span / 2)), end - span);
  return { from, to: from + span };
}
