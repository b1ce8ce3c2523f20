import { mix } from '#lib/layout/colours';
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

/** Pixels of one sheet, kept from one drawing to the next: a map that follows a reading is drawn often. */
export interface Pixels {
  image: ImageData;
  words: Uint32Array;
}

export function pixelsFor(width: number, height: number, before: Pixels | null): Pixels {
  if (before && before.image.width === width && before.image.height === height) return before;
  const image = new ImageData(width, height);
  return { image, words: new Uint32Array(image.data.buffer) };
}

/** Bits of a tile, row by row, for a quick look-up. */
const inked = new WeakMap<Tile, Uint8Array>();
function bitsOf(tile: Tile): Uint8Array {
  let bits = inked.get(tile);
  if (!bits) {
    const made = new Uint8Array(tile.width * tile.height);
    tile.rows.forEach((columns, y) => columns.forEach((x) => (made[y * tile.width + x] = 1)));
    inked.set(tile, (bits = made));
  }
  return bits;
}

/**
 * Draws the sheet: the tint says whose page it is, the print what it is; borders between files are inked.
 * @param kinds one byte a cell, as the core paints them
 * @param lands files with pages, in their order
 * @param ratio device pixels per CSS pixel
 */
export function drawCensus(
  { image, words }: Pixels,
  grid: Grid,
  kinds: Uint8Array,
  lands: readonly FileReading[],
  palette: MapPalette,
  ratio: number,
): void {
  const { width } = image;
  const scale = Math.max(1, Math.round(ratio));
  const cells = Math.min(grid.cells, kinds.length);
  const left = (column: number) => Math.min(width, Math.round(column * grid.side * ratio));
  const top = (row: number) => Math.min(image.height, Math.round(row * grid.high * ratio));
  const fill = (x: number, y: number, w: number, h: number, colour: number) => {
    for (let line = y; line < y + h; line++) words.fill(colour, line * width + x, line * width + x + w);
  };
  const print = (x: number, y: number, w: number, h: number, tile: Tile, colour: number) => {
    const bits = bitsOf(tile);
    for (let line = y; line < y + h; line++) {
      const row = (Math.floor(line / scale) % tile.height) * tile.width;
      for (let dot = x; dot < x + w; dot++)
        if (bits[row + (Math.floor(dot / scale) % tile.width)]) words[line * width + dot] = colour;
    }
  };
  words.fill(palette.paper);
  const printed = palette.lands.map((tint) => mix(tint, palette.ink, INK.pattern));

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
    const tint = tintOf(land);
    fill(x, y, w, h, palette.lands[tint]);
    const scrub = scrubOf(land);
    if (scrub) print(x, y, w, h, scrub, printed[tint]);
    const kind = KINDS[kinds[cell] & 3];
    if (kind === 'zero') {
      const margin = Math.max(scale, Math.round(Math.min(w, h) * CLEARING_MARGIN));
      fill(x + margin, y + margin, Math.max(1, w - 2 * margin), Math.max(1, h - 2 * margin), palette.paper);
    }
    const tile = KIND_TILES[kind];
    if (tile) print(x, y, w, h, tile, printed[tint]);
  }

  // Borders: where the neighbour to the right or below is another file's page, or bare paper.
  for (let cell = 0; cell < cells; cell++) {
    const { column, row } = cellPlace(grid, cell);
    const differs = (other: number) => other < 0 || other >= cells || owner[other] !== owner[cell];
    if (column + 1 < grid.columns && differs(cellAt(grid, column + 1, row)))
      fill(left(column + 1) - scale, top(row), scale, top(row + 1) - top(row), palette.ink);
    if (row + 1 < grid.rows && differs(cellAt(grid, column, row + 1)))
      fill(left(column), top(row + 1) - scale, left(column + 1) - left(column), scale, palette.ink);
  }
}
