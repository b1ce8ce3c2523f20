/**
 * Where a page lies on the memory map. A sheet is a grid of square quadrangles in reading order, like the sheets of a
 * national series; each holds 4^order consecutive pages along a Hilbert curve, so that pages that are near in number
 * are near on the map at every scale. Pure: the page and its worker lay out the same sheet from the same numbers.
 *
 * Pixels are device pixels. A viewport maps sheet pixels to the screen as d3-zoom does: screen = sheet · k + (x, y).
 */
import type { VmId } from '#lib/ids';
import type { MapGrid, PageRef } from '#lib/sim/protocol';
import type { Pages } from '#lib/units';
import { cellToCurve, curveToCell } from './hilbert';

/** Pages of the machine (`vm` 0) or of one VM. */
export interface Extent {
  vm: VmId;
  pages: Pages;
}

/** The quadrangles that one extent has to itself. */
export interface Plot extends Extent {
  firstQuadrangle: number;
  quadrangles: number;
}

export interface SheetLayout {
  plots: Plot[];
  /** A quadrangle holds 4^order pages, 2^order a side. */
  order: number;
  columns: number;
  rows: number;
  quadrangles: number;
  /** Edge of a quadrangle at scale 1. */
  quadranglePx: number;
  widthPx: number;
  heightPx: number;
}

export interface Viewport {
  x: number;
  y: number;
  k: number;
}

export interface Size {
  widthPx: number;
  heightPx: number;
}

export interface Square {
  x: number;
  y: number;
  edge: number;
}

/** A cell of the map: 4^level pages from `page`, fewer where the extent ends. */
export interface Cell extends Square, PageRef {
  pages: Pages;
}

/** The cells of a viewport, row by row from the top left. */
export interface VisibleCells extends Square {
  level: number;
  pagesPerCell: Pages;
  columns: number;
  rows: number;
  /** Column and row of the first cell, counted from the sheet's corner. */
  firstColumn: number;
  firstRow: number;
  /** Cells along the edge of a quadrangle. */
  cellsPerQuadrangle: number;
  /** Index into `starts` and `counts` for each place of the grid; −1 where there is no page. */
  slots: Int32Array;
  /** VM in the high 8 bits (0: machine memory), first page in the low 24. */
  starts: Uint32Array;
  counts: Uint32Array;
}

const MAX_ORDER = 12;
/** A series of fewer sheets says nothing of place; one of more is a grid of dust. */
const QUADRANGLES_MIN = 9;
const QUADRANGLES_MAX = 256;
/** What a hole in the sheet costs against a smaller scale: plots that end with their quadrangle are easier to read. */
const BLANK_COST = 0.2;
const PAGE_MASK = 0xff_ffff;

const quadranglesOf = (extents: readonly Extent[], order: number): number =>
  extents.reduce((sum, { pages }) => sum + Math.ceil(pages / 4 ** order), 0);

/**
 * The largest edge ≤ `edgePx` that splits into cells of a whole number of half pixels, none smaller than `cellPx`: at
 * worst every second cell is a pixel wider, and patterns stay even.
 */
const crispEdge = (edgePx: number, cellPx: number, order: number): number => {
  const parts = 2 ** Math.max(0, Math.min(order, Math.floor(Math.log2(edgePx / cellPx))));
  const grain = parts > 1 ? parts / 2 : 1;
  return Math.floor(edgePx / grain) * grain;
};

/**
 * Chooses size of quadrangle and number of columns so that the pages cover as much as they can of a box.
 * @returns the grid, and the size of the sheet inside the box.
 */
export function fitSheet(
  extents: readonly Extent[],
  box: Size,
  cellPx: number,
): { grid: MapGrid; widthPx: number; heightPx: number } {
  const pages = extents.reduce((sum, extent) => sum + extent.pages, 0);
  let best = { grid: { order: 0, columns: 1 }, widthPx: box.widthPx, heightPx: box.heightPx };
  let bestScore = -Infinity;
  for (let order = MAX_ORDER; order >= 0; order--) {
    // Smaller quadrangles must earn their place: a graticule of few, large squares is the calmer map.
    const worth = bestScore + 0.025;
    const count = quadranglesOf(extents, order);
    if (count > QUADRANGLES_MAX * 4) continue;
    const odd = count > QUADRANGLES_MAX || count < QUADRANGLES_MIN ? 1 : 0;
    for (let columns = 1; columns <= count; columns++) {
      const rows = Math.ceil(count / columns);
      const edge = crispEdge(Math.min(box.widthPx / columns, box.heightPx / rows), cellPx, order);
      if (edge < 1) continue;
      const covered = ((pages / 4 ** order) * edge * edge) / (box.widthPx * box.heightPx);
      const blank = 1 - pages / (columns * rows * 4 ** order);
      const score = covered - odd - BLANK_COST * blank;
      if (score < worth || score <= bestScore) continue;
      bestScore = score;
      best = { grid: { order, columns }, widthPx: columns * edge, heightPx: rows * edge };
    }
  }
  return best;
}

/** Lays out extents in order, each in whole quadrangles of its own. */
export function sheetLayout(extents: readonly Extent[], size: Size, grid: MapGrid): SheetLayout {
  const { order, columns } = grid;
  let firstQuadrangle = 0;
  const plots = extents.map(({ vm, pages }): Plot => {
    const plot = { vm, pages, firstQuadrangle, quadrangles: Math.ceil(pages / 4 ** order) };
    firstQuadrangle += plot.quadrangles;
    return plot;
  });
  const rows = Math.max(1, Math.ceil(firstQuadrangle / columns));
  return {
    plots,
    order,
    columns,
    rows,
    quadrangles: firstQuadrangle,
    quadranglePx: Math.min(size.widthPx / columns, size.heightPx / rows),
    widthPx: size.widthPx,
    heightPx: size.heightPx,
  };
}

/** How far one may zoom in: until two pages and a bit fill the shorter side. */
export function maxScale(layout: SheetLayout): number {
  const pagePx = layout.quadranglePx / 2 ** layout.order;
  return Math.max(1, (Math.min(layout.widthPx, layout.heightPx) * 0.45) / pagePx);
}

/** Cells hold 4^level pages: the smallest level whose cells have an edge of at least `cellPx`. */
export function levelAt(layout: SheetLayout, k: number, cellPx: number): number {
  const pagePx = (layout.quadranglePx * k) / 2 ** layout.order;
  return Math.max(0, Math.min(layout.order, Math.ceil(Math.log2(cellPx / pagePx) - 1e-6)));
}

const cellEdge = (layout: SheetLayout, k: number, level: number): number =>
  (layout.quadranglePx * k) / 2 ** (layout.order - level);

const plotOfQuadrangle = (layout: SheetLayout, quadrangle: number): Plot | undefined => {
  if (quadrangle < 0) return undefined;
  let low = 0;
  let high = layout.plots.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const plot = layout.plots[middle]!;
    if (quadrangle < plot.firstQuadrangle) high = middle - 1;
    else if (quadrangle >= plot.firstQuadrangle + plot.quadrangles) low = middle + 1;
    else return plot;
  }
  return undefined;
};

/** The cell at column and row of the whole sheet, or null beyond the last page. */
function cellIn(
  layout: SheetLayout,
  viewport: Viewport,
  level: number,
  column: number,
  row: number,
): Cell | null {
  const depth = layout.order - level;
  const quadrangleColumn = column >> depth;
  const quadrangleRow = row >> depth;
  if (quadrangleColumn < 0 || quadrangleColumn >= layout.columns || quadrangleRow < 0) return null;
  const quadrangle = quadrangleRow * layout.columns + quadrangleColumn;
  const plot = plotOfQuadrangle(layout, quadrangle);
  if (!plot) return null;
  const mask = 2 ** depth - 1;
  const distance = cellToCurve(column & mask, row & mask, depth) * 4 ** level;
  const page = (quadrangle - plot.firstQuadrangle) * 4 ** layout.order + distance;
  if (page >= plot.pages) return null;
  const edge = cellEdge(layout, viewport.k, level);
  return {
    vm: plot.vm,
    page,
    pages: Math.min(4 ** level, plot.pages - page),
    x: column * edge + viewport.x,
    y: row * edge + viewport.y,
    edge,
  };
}

/** The cell under a point of the screen, or null where there is no page. */
export function cellAt(
  layout: SheetLayout,
  viewport: Viewport,
  level: number,
  point: { x: number; y: number },
): Cell | null {
  const edge = cellEdge(layout, viewport.k, level);
  const column = Math.floor((point.x - viewport.x) / edge + 1e-9);
  const row = Math.floor((point.y - viewport.y) / edge + 1e-9);
  return cellIn(layout, viewport, level, column, row);
}

/** The cell that holds a page at a level; at level 0 the page's own square. Null when the sheet does not show it. */
export function cellOf(layout: SheetLayout, viewport: Viewport, level: number, ref: PageRef): Cell | null {
  const plot = layout.plots.find(({ vm, pages }) => vm === ref.vm && ref.page < pages);
  if (!plot || ref.page < 0) return null;
  const quadranglePages = 4 ** layout.order;
  const quadrangle = plot.firstQuadrangle + Math.floor(ref.page / quadranglePages);
  const depth = layout.order - level;
  const { column, row } = curveToCell(Math.floor((ref.page % quadranglePages) / 4 ** level), depth);
  const sheetColumn = (quadrangle % layout.columns) * 2 ** depth + column;
  const sheetRow = Math.floor(quadrangle / layout.columns) * 2 ** depth + row;
  return cellIn(layout, viewport, level, sheetColumn, sheetRow);
}

/** Where a page is on the screen: its own square, however small. */
export function positionOf(layout: SheetLayout, viewport: Viewport, ref: PageRef): Square | null {
  return cellOf(layout, viewport, 0, ref);
}

/** The viewport of scale `k` that has a page in the middle, kept within the sheet. */
export function viewportAt(layout: SheetLayout, ref: PageRef, k: number): Viewport | null {
  const square = positionOf(layout, { x: 0, y: 0, k }, ref);
  if (!square) return null;
  const within = (offset: number, length: number) => Math.min(0, Math.max(length - length * k, offset));
  return {
    x: within(layout.widthPx / 2 - square.x - square.edge / 2, layout.widthPx),
    y: within(layout.heightPx / 2 - square.y - square.edge / 2, layout.heightPx),
    k,
  };
}

/**
 * The cells that a viewport shows. Below one page a cell, cells grow; never more than `cellsMax` of them: the level
 * rises instead.
 */
export function visibleCells(
  layout: SheetLayout,
  viewport: Viewport,
  cellPx: number,
  cellsMax: number,
): VisibleCells {
  for (let level = levelAt(layout, viewport.k, cellPx); ; level++) {
    const edge = cellEdge(layout, viewport.k, level);
    const depth = layout.order - level;
    const across = layout.columns * 2 ** depth;
    const down = layout.rows * 2 ** depth;
    const firstColumn = Math.max(0, Math.floor(-viewport.x / edge));
    const firstRow = Math.max(0, Math.floor(-viewport.y / edge));
    const columns = Math.max(
      0,
      Math.min(across, Math.ceil((layout.widthPx - viewport.x) / edge)) - firstColumn,
    );
    const rows = Math.max(0, Math.min(down, Math.ceil((layout.heightPx - viewport.y) / edge)) - firstRow);
    if (columns * rows > cellsMax && level < layout.order) continue;
    const place = { level, edge, firstColumn, firstRow, columns, rows };
    return {
      ...place,
      x: firstColumn * edge + viewport.x,
      y: firstRow * edge + viewport.y,
      pagesPerCell: 4 ** level,
      cellsPerQuadrangle: 2 ** depth,
      ...number(layout, place),
    };
  }
}

/** First page and number of pages of each cell of a window of the grid. */
function number(
  layout: SheetLayout,
  window: { level: number; firstColumn: number; firstRow: number; columns: number; rows: number },
): { slots: Int32Array; starts: Uint32Array; counts: Uint32Array } {
  const { level, firstColumn, firstRow, columns, rows } = window;
  const depth = layout.order - level;
  const mask = 2 ** depth - 1;
  const cellPages = 4 ** level;
  const slots = new Int32Array(columns * rows).fill(-1);
  const starts = new Uint32Array(columns * rows);
  const counts = new Uint32Array(columns * rows);
  let used = 0;
  for (let row = 0; row < rows; row++) {
    const sheetRow = firstRow + row;
    for (let column = 0; column < columns; column++) {
      const sheetColumn = firstColumn + column;
      const quadrangle = (sheetRow >> depth) * layout.columns + (sheetColumn >> depth);
      const plot = plotOfQuadrangle(layout, quadrangle);
      if (!plot) continue;
      const distance = cellToCurve(sheetColumn & mask, sheetRow & mask, depth) * cellPages;
      const page = (quadrangle - plot.firstQuadrangle) * 4 ** layout.order + distance;
      if (page >= plot.pages) continue;
      slots[row * columns + column] = used;
      starts[used] = ((plot.vm << 24) | (page & PAGE_MASK)) >>> 0;
      counts[used] = Math.min(cellPages, plot.pages - page);
      used++;
    }
  }
  return { slots, starts: starts.subarray(0, used), counts: counts.subarray(0, used) };
}

/** Margin ticks at the left: the first page of each row of quadrangles in sight, at least `gapPx` apart. */
export function rowTicks(
  layout: SheetLayout,
  viewport: Viewport,
  gapPx: number,
): { row: number; y: number; ref: PageRef }[] {
  const edge = layout.quadranglePx * viewport.k;
  const stride = 2 ** Math.max(0, Math.ceil(Math.log2(gapPx / edge)));
  const ticks = [];
  for (let row = 0; row < layout.rows; row += stride) {
    const y = row * edge + viewport.y;
    const quadrangle = row * layout.columns;
    const plot = plotOfQuadrangle(layout, quadrangle);
    if (!plot || y < -0.5 || y > layout.heightPx) continue;
    const page = (quadrangle - plot.firstQuadrangle) * 4 ** layout.order;
    ticks.push({ row, y, ref: { vm: plot.vm, page } });
  }
  return ticks;
}

/** Columns of quadrangles in sight: name and middle. A, B … Z, AA, AB … */
export function columnTicks(
  layout: SheetLayout,
  viewport: Viewport,
  gapPx: number,
): { column: number; x: number; name: string }[] {
  const edge = layout.quadranglePx * viewport.k;
  const stride = 2 ** Math.max(0, Math.ceil(Math.log2(gapPx / edge)));
  const ticks = [];
  for (let column = 0; column < layout.columns; column += stride) {
    const left = Math.max(0, column * edge + viewport.x);
    const right = Math.min(layout.widthPx, (column + 1) * edge + viewport.x);
    if (right - left < 12) continue;
    ticks.push({ column, x: (left + right) / 2, name: columnName(column) });
  }
  return ticks;
}

export const columnName = (column: number): string =>
  column < 26
    ? String.fromCharCode(65 + column)
    : columnName(Math.floor(column / 26) - 1) + String.fromCharCode(65 + (column % 26));

/** A length that is the side of a square of 4^n pages (n = −1: a quarter of a page), as long as `maxPx` allows. */
export function scaleBar(layout: SheetLayout, k: number, maxPx: number): { lengthPx: number; pages: Pages } {
  const pagePx = (layout.quadranglePx * k) / 2 ** layout.order;
  const exponent = Math.max(-1, Math.min(layout.order, Math.floor(Math.log2(maxPx / pagePx))));
  return { lengthPx: pagePx * 2 ** exponent, pages: 4 ** exponent };
}
