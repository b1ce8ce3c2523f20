import { CLEARING_MARGIN, HATCH, INK, SCRUB, type Tile } from '#lib/layout/patterns';
import { KINDS, type FileReading, type Kind } from '#lib/tools/census/protocol';
import type { MapPalette } from '#lib/sim/protocol';
import { cellAt, cellPlace, firstPageOf, type Grid } from './map-geometry';

/** Found again in the same file: upright strokes, beside the hatch of what is shared between files. */
export const STROKES: Tile = {
  width: 4,
  height: 4,
  rows: [[0], [0], [2], [2]],
};

/** How each kind is printed on its file's tint. */
export const KIND_TILES: Readonly<Record<Kind, Tile | null>> = {
  alone: null,
  within: STROKES,
  between: HATCH,
  zero: null,
};

const LAND_TINTS = 6;
/** Tint of the n-th file; after six, again under a scrub. */
export const tintOf = (index: number): number => index % LAND_TINTS;
export const scrubOf = (index: number): Tile | null =>
  index < LAND_TINTS ? null : SCRUB[Math.min(Math.floor(index / LAND_TINTS), SCRUB.length) - 1];

const css = (colour: number) => `rgb(${colour & 255} ${(colour >>> 8) & 255} ${(colour >>> 16) & 255})`;

function pattern(
  context: CanvasRenderingContext2D,
  tile: Tile,
  colour: string,
  scale: number,
): CanvasPattern | null {
  const canvas = new OffscreenCanvas(tile.width * scale, tile.height * scale);
  const ink = canvas.getContext('2d');
  if (!ink) return null;
  ink.fillStyle = colour;
  ink.globalAlpha = INK.pattern;
  tile.rows.forEach((columns, y) => columns.forEach((x) => ink.fillRect(x * scale, y * scale, scale, scale)));
  return context.createPattern(canvas, 'repeat');
}

/**
 * Draws the sheet: the tint says whose page it is, the print what it is; borders between files are inked.
 * @param kinds one byte a cell, as the core paints them
 * @param lands files with pages, in their order
 * @param ratio device pixels per CSS pixel
 */
export function drawCensus(
  context: CanvasRenderingContext2D,
  grid: Grid,
  kinds: Uint8Array,
  lands: readonly FileReading[],
  palette: MapPalette,
  ratio: number,
): void {
  const { width, height } = context.canvas;
  const scale = Math.max(1, Math.round(ratio));
  context.fillStyle = css(palette.paper);
  context.fillRect(0, 0, width, height);
  const cells = Math.min(grid.cells, kinds.length);
  const left = (column: number) => Math.round(column * grid.side * ratio);
  const top = (row: number) => Math.round(row * grid.high * ratio);

  /** Rectangles by what fills them, so that each ink is laid once. */
  const grounds = new Map<number, Path2D>();
  const prints = new Map<Tile, Path2D>();
  const clearings = new Path2D();
  const into = <K>(map: Map<K, Path2D>, key: K): Path2D => {
    let path = map.get(key);
    if (!path) map.set(key, (path = new Path2D()));
    return path;
  };
  const owner = new Uint16Array(cells);
  let land = 0;
  for (let cell = 0; cell < cells; cell++) {
    const page = firstPageOf(grid, cell);
    while (land < lands.length - 1 && page >= lands[land + 1].start) land++;
    owner[cell] = land;
    const { column, row } = cellPlace(grid, cell);
    const x = left(column);
    const y = top(row);
    const w = left(column + 1) - x;
    const h = top(row + 1) - y;
    into(grounds, tintOf(land)).rect(x, y, w, h);
    const scrub = scrubOf(land);
    if (scrub) into(prints, scrub).rect(x, y, w, h);
    const kind = KINDS[kinds[cell] & 3];
    if (kind === 'zero') {
      const margin = Math.max(scale, Math.round(Math.min(w, h) * CLEARING_MARGIN));
      clearings.rect(x + margin, y + margin, Math.max(1, w - 2 * margin), Math.max(1, h - 2 * margin));
    }
    const tile = KIND_TILES[kind];
    if (tile) into(prints, tile).rect(x, y, w, h);
  }
  for (const [tint, path] of grounds) {
    context.fillStyle = css(palette.lands[tint]);
    context.fill(path);
  }
  context.fillStyle = css(palette.paper);
  context.fill(clearings);
  for (const [tile, path] of prints) {
    const fill = pattern(context, tile, css(palette.ink), scale);
    if (!fill) continue;
    context.fillStyle = fill;
    context.fill(path);
  }

  // Borders: where the neighbour to the right or below is another file's page, or bare paper.
  context.fillStyle = css(palette.ink);
  for (let cell = 0; cell < cells; cell++) {
    const { column, row } = cellPlace(grid, cell);
    const differs = (other: number) => other < 0 || other >= cells || owner[other] !== owner[cell];
    if (column + 1 < grid.columns && differs(cellAt(grid, column + 1, row)))
      context.fillRect(left(column + 1) - scale, top(row), scale, top(row + 1) - top(row));
    if (row + 1 < grid.rows && differs(cellAt(grid, column, row + 1)))
      context.fillRect(left(column), top(row + 1) - scale, left(column + 1) - left(column), scale);
  }
}
