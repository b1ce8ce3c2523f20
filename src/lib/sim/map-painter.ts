/**
 * Paints the memory map: cells of pages as pixels, owner as a tint, state as a pattern. Runs in the worker and in
 * Node; knows neither the DOM nor the core, only what `MapSources` answers. Its cost follows the viewport.
 */
import { mix } from '#lib/layout/colours';
import { coarsen, labelSpots, type LabelSpot } from '#lib/layout/labels';
import {
  CLEARING_MARGIN,
  INK,
  LAND_TINTS,
  scrubOf,
  STATE_MARKS,
  type Tile,
  tintOf,
} from '#lib/layout/patterns';
import { fitSheet, sheetLayout, visibleCells, type Extent, type VisibleCells } from '#lib/layout/sheet';
import type { Pages } from '#lib/units';
import { CELL_SAMPLES, MAX_CELLS, MAX_VMS } from '#wasm/shared/limits';
import { Owner, PageState } from '#wasm/shared/page-class';
import type { MapGrid, MapLabel, MapPalette, MapPixels, MapRequest, PageRef } from './protocol';

export interface MapSources {
  /** Machine memory, when the order is 'machine'. */
  hostPages: Pages;
  /** Owner (low byte) and state (high byte) of each cell. `starts`: VM in the high 8 bits, first page in the low 24. */
  classify: (cells: { starts: Uint32Array; counts: Uint32Array }) => Uint16Array;
  /** The 4096 bytes of a page, or null when nothing is there. */
  bytesOf: (ref: PageRef) => Uint8Array | null;
}

/** From this edge on a page's own cell shows its bytes, 64 a row. */
const PICTURE_CELL_PX = 72;
const PICTURE_SIDE = 64;
/** From this edge on, in units of the patterns, pages are parted by a hairline. */
const PAGE_LINES_PX = 14;
/** Up to this edge, in units of the patterns, borders are drawn only between settled cells. */
const FINE_CELL_PX = 16;
/** Blocks along the longer side of the grid on which names are placed. */
const LABEL_BLOCKS = 48;
const OUTSIDE = PageState.outside << 8;
/** Bits of a class that tell owners apart, and land from what is none. */
const OWNER_OR_OUTSIDE = OUTSIDE | 255;
/** Land of other VMs while one stands out. */
const FADE = 0.62;

/** Colours of one owner, mixed once a picture. */
interface Ground {
  tint: number;
  /** Under pages that serve the owner but are not its memory: a VM's overhead. */
  reserved: number;
  ink: number;
  water: number;
  border: number;
  coast: number;
  scrub: number;
  scrubTile: Tile | null;
}

interface Stamp {
  stamp: Uint8Array;
  width: number;
  height: number;
}

interface Sheet {
  key: string;
  grid: MapGrid;
  cells: VisibleCells;
  /** Left edges of the columns and top edges of the rows, in whole pixels; one more than there are cells. */
  lefts: Int32Array;
  tops: Int32Array;
}

export class MapPainter {
  #sheet: Sheet | null = null;
  #spots: LabelSpot[] = [];

  /** @returns a picture whose buffer the caller may give away. */
  paint(request: MapRequest, sources: MapSources): MapPixels {
    const widthPx = Math.max(1, Math.floor(request.widthPx));
    const heightPx = Math.max(1, Math.floor(request.heightPx));
    const sheet = this.#layOut({ ...request, widthPx, heightPx }, sources.hostPages);
    const { cells } = sheet;
    const bytes = widthPx * heightPx * 4;
    const rgba = request.recycle?.byteLength === bytes ? request.recycle : new ArrayBuffer(bytes);
    const pixels = new Uint32Array(rgba);
    if (rgba === request.recycle && !covers(sheet, widthPx, heightPx)) pixels.fill(0);
    // A copy: the bytes of pages are asked for later and may come through the same memory.
    const classes = spread(cells, sources.classify(cells));
    const brush = new Brush(pixels, widthPx, heightPx, request);
    brush.grounds(classes, sheet);
    if (cells.level === 0 && cells.edge >= PICTURE_CELL_PX) brush.pictures(classes, sheet, sources.bytesOf);
    brush.borders(classes, sheet);
    brush.graticule(sheet);
    return {
      widthPx,
      heightPx,
      rgba,
      pagesPerCell: cells.pagesPerCell,
      sampledPerCell: Math.min(cells.pagesPerCell, CELL_SAMPLES),
      order: request.order,
      grid: sheet.grid,
      viewport: request.viewport,
      labels: this.#labels(classes, cells),
    };
  }

  #layOut(request: MapRequest, hostPages: Pages): Sheet {
    const { order, widthPx, heightPx, viewport, cellPx, grid, vms } = request;
    const extents: readonly Extent[] = order === 'machine' ? [{ vm: 0, pages: hostPages }] : (vms ?? []);
    const key = JSON.stringify([extents, widthPx, heightPx, viewport, cellPx, grid]);
    if (this.#sheet?.key === key) return this.#sheet;
    const size = { widthPx, heightPx };
    const chosen = grid ?? fitSheet(extents, size, cellPx).grid;
    const cells = visibleCells(sheetLayout(extents, size, chosen), viewport, cellPx, MAX_CELLS);
    this.#spots = [];
    this.#sheet = {
      key,
      grid: chosen,
      cells,
      lefts: edges(cells.x, cells.edge, cells.columns, widthPx),
      tops: edges(cells.y, cells.edge, cells.rows, heightPx),
    };
    return this.#sheet;
  }

  #labels(classes: Uint16Array, cells: VisibleCells): MapLabel[] {
    const owners = new Int16Array(classes.length);
    for (let i = 0; i < classes.length; i++)
      owners[i] = classes[i]! >> 8 === PageState.outside ? -1 : classes[i]! & 255;
    const size = Math.max(1, Math.ceil(Math.max(cells.columns, cells.rows) / LABEL_BLOCKS));
    const block = size * cells.edge;
    this.#spots = labelSpots(
      coarsen({ columns: cells.columns, rows: cells.rows, owners }, size),
      this.#spots,
    );
    return this.#spots.map(({ owner, column, row, from, to }) => ({
      owner,
      x: cells.x + (column + 0.5) * block,
      y: cells.y + (row + 0.5) * block,
      widthPx: 2 * block * Math.min(column - from + 0.5, to - column + 0.5),
    }));
  }
}

const edges = (start: number, edge: number, count: number, limit: number): Int32Array =>
  Int32Array.from({ length: count + 1 }, (_, i) =>
    Math.max(0, Math.min(limit, Math.round(start + i * edge))),
  );

/** Whether the cells leave no pixel of the picture out. */
const covers = ({ cells, lefts, tops }: Sheet, widthPx: number, heightPx: number): boolean =>
  lefts[0] === 0 && tops[0] === 0 && lefts[cells.columns] === widthPx && tops[cells.rows] === heightPx;

/** Classes by place of the grid, from classes by cell. */
function spread({ slots }: VisibleCells, classes: Uint16Array): Uint16Array {
  const out = new Uint16Array(slots.length);
  for (let i = 0; i < slots.length; i++) out[i] = slots[i] === -1 ? OUTSIDE : classes[slots[i]!]!;
  return out;
}

/** 1 for a cell that has two neighbours or more of its own owner; the edge of the picture counts as one. */
function settlements(classes: Uint16Array, { columns, rows }: VisibleCells): Uint8Array {
  const settled = new Uint8Array(classes.length);
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) {
      const owner = classes[at]! & 255;
      let company = 0;
      if (column === 0 || (classes[at - 1]! & 255) === owner) company++;
      if (column === columns - 1 || (classes[at + 1]! & 255) === owner) company++;
      if (row === 0 || (classes[at - columns]! & 255) === owner) company++;
      if (row === rows - 1 || (classes[at + columns]! & 255) === owner) company++;
      settled[at] = company >= 2 ? 1 : 0;
    }
  return settled;
}

/** Puts ink on pixels. `x`, `y` are picture pixels; patterns are anchored to the sheet, `-originX`, `-originY` away. */
class Brush {
  readonly #unit: number;
  readonly #originX: number;
  readonly #originY: number;
  readonly #paper: number;
  readonly #ink: number;
  readonly #grounds: Ground[];
  readonly #emphasis: number;
  #toneBelow = 0;
  #toneStrength = 0;
  #toned = 0;
  readonly #stamps = new Map<Tile, Stamp>();
  /** By class: colour of the ground (0: none), and whether something is printed on it. */
  readonly #tints = new Uint32Array(65_536);
  readonly #marked = new Uint8Array(65_536);

  constructor(
    readonly pixels: Uint32Array,
    readonly widthPx: number,
    readonly heightPx: number,
    request: MapRequest,
  ) {
    const { palette, cellPx, viewport, emphasis = 0 } = request;
    this.#unit = Math.max(1, Math.round(cellPx / 5));
    this.#originX = Math.round(viewport.x);
    this.#originY = Math.round(viewport.y);
    this.#paper = palette.paper;
    this.#ink = palette.ink;
    this.#emphasis = emphasis;
    this.#grounds = Array.from({ length: 256 }, (_, owner) => groundOf(owner, palette, emphasis));
    for (const [state, mark] of Object.entries(STATE_MARKS))
      for (const [owner, ground] of this.#grounds.entries()) {
        const kind = (Number(state) << 8) | owner;
        const tint = Number(state) === PageState.reserved ? ground.reserved : ground.tint;
        this.#tints[kind] = mark.bare ? this.#paper : tint;
        this.#marked[kind] = mark.clearing || mark.tile || (ground.scrubTile && !mark.bare) ? 1 : 0;
      }
  }

  /** Tint and state of every cell: first the grounds, row of pixels by row of pixels, then what is printed on them. */
  grounds(classes: Uint16Array, { cells, lefts, tops }: Sheet): void {
    const { pixels, widthPx } = this;
    const { columns, rows } = cells;
    const tints = new Uint32Array(columns);
    for (let row = 0, at = 0; row < rows; row++, at += columns) {
      const top = tops[row]!;
      const bottom = tops[row + 1]!;
      for (let column = 0; column < columns; column++) tints[column] = this.#tints[classes[at + column]!]!;
      if (top >= bottom) continue;
      const line = top * widthPx;
      for (let column = 0; column < columns; column++) {
        const colour = tints[column]!;
        const end = line + lefts[column + 1]!;
        for (let x = line + lefts[column]!; x < end; x++) pixels[x] = colour;
      }
      // The rest of the row of cells is the same line again.
      const from = line + lefts[0]!;
      const to = line + lefts[columns]!;
      for (let y = top + 1; y < bottom; y++) pixels.copyWithin(from + (y - top) * widthPx, from, to);
      for (let column = 0; column < columns; column++)
        if (this.#marked[classes[at + column]!])
          this.#mark(classes[at + column]!, lefts[column]!, top, lefts[column + 1]!, bottom, cells.edge);
    }
  }

  #mark(kind: number, left: number, top: number, right: number, bottom: number, edge: number): void {
    const mark = STATE_MARKS[kind >> 8]!;
    const ground = this.#grounds[kind & 255]!;
    if (ground.scrubTile && !mark.bare) this.#print(left, top, right, bottom, ground.scrubTile, ground.scrub);
    if (mark.clearing) {
      const margin = Math.max(this.#unit, Math.round(edge * CLEARING_MARGIN));
      this.#fill(left + margin, top + margin, right - margin, bottom - margin, this.#paper);
    }
    if (mark.tile)
      this.#print(left, top, right, bottom, mark.tile, mark.colour === 'ink' ? ground.ink : ground.water);
  }

  /**
   * A line along the sides where two owners meet; darker where land ends. Between small cells only where both have
   * company: pages scattered about have no border, or there would be more border than land.
   */
  borders(classes: Uint16Array, { cells, lefts, tops }: Sheet): void {
    const { columns, rows, edge } = cells;
    if (edge < 4 * this.#unit) return;
    const settled = edge < FINE_CELL_PX * this.#unit ? settlements(classes, cells) : null;
    const isDrawn = (at: number, next: number) =>
      ((classes[at]! ^ classes[next]!) & OWNER_OR_OUTSIDE) !== 0 &&
      (!settled ||
        (settled[at]! && settled[next]!) ||
        this.#standsOut(classes[at]!) ||
        this.#standsOut(classes[next]!));
    for (let row = 0, at = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, at++) {
        if (column + 1 < columns && isDrawn(at, at + 1)) {
          const colour = this.#border(classes[at]!, classes[at + 1]!);
          const x = lefts[column + 1]!;
          if (colour) this.#fill(x - this.#unit, tops[row]!, x, tops[row + 1]!, colour);
        }
        if (row + 1 < rows && isDrawn(at, at + columns)) {
          const colour = this.#border(classes[at]!, classes[at + columns]!);
          const y = tops[row + 1]!;
          if (colour) this.#fill(lefts[column]!, y - this.#unit, lefts[column + 1]!, y, colour);
        }
      }
  }

  /** Hairlines between quadrangles; between pages too, once they are large. */
  graticule(sheet: Sheet): void {
    const { level, edge, cellsPerQuadrangle } = sheet.cells;
    if (level === 0 && edge >= PAGE_LINES_PX * this.#unit) this.#lines(sheet, 1, INK.page);
    this.#lines(sheet, cellsPerQuadrangle, INK.graticule);
  }

  #lines({ cells, lefts, tops }: Sheet, step: number, strength: number): void {
    const { firstColumn, firstRow, columns, rows } = cells;
    for (let i = step - (firstColumn % step); i < columns; i += step)
      for (let y = 0; y < this.heightPx; y++) this.#tone(y * this.widthPx + lefts[i]!, strength);
    for (let i = step - (firstRow % step); i < rows; i += step)
      for (let x = 0; x < this.widthPx; x++) this.#tone(tops[i]! * this.widthPx + x, strength);
  }

  /** The bytes of each page, one grey square a byte, 64 a row: 0 is paper, 255 is ink. */
  pictures(classes: Uint16Array, { cells, lefts, tops }: Sheet, bytesOf: MapSources['bytesOf']): void {
    const greys = Uint32Array.from({ length: 256 }, (_, byte) => mix(this.#paper, this.#ink, byte / 255));
    const side = Math.floor(cells.edge);
    // Whole pixels a byte where they fit, so that equal bytes look equal.
    const dot = Math.floor((side * 0.94) / PICTURE_SIDE);
    const inset = Math.floor((side - dot * PICTURE_SIDE) / 2);
    for (let row = 0, at = 0; row < cells.rows; row++)
      for (let column = 0; column < cells.columns; column++, at++) {
        const slot = cells.slots[at]!;
        const state = classes[at]! >> 8;
        if (slot === -1 || state === PageState.free || state === PageState.reserved) continue;
        const start = cells.starts[slot]!;
        const bytes = bytesOf({ vm: start >>> 24, page: start & 0xff_ffff });
        if (!bytes) continue;
        const left = Math.round(cells.x + column * cells.edge) + inset;
        const top = Math.round(cells.y + row * cells.edge) + inset;
        if (left > lefts[column + 1]! || top > tops[row + 1]!) continue;
        for (let line = 0; line < PICTURE_SIDE; line++)
          for (let i = 0; i < PICTURE_SIDE; i++) {
            const x = left + i * dot;
            const y = top + line * dot;
            const grey = greys[bytes[line * PICTURE_SIDE + i]!]!;
            if (dot > 1) this.#fill(x, y, x + dot, y + dot, grey);
            else if (x >= 0 && y >= 0 && x < this.widthPx && y < this.heightPx)
              this.pixels[y * this.widthPx + x] = grey;
          }
      }
  }

  #standsOut(kind: number): boolean {
    return this.#emphasis !== 0 && (kind & 255) === this.#emphasis;
  }

  #border(here: number, there: number): number {
    const owner = here & 255;
    const other = there & 255;
    const isOutside = here >> 8 === PageState.outside;
    const wasOutside = there >> 8 === PageState.outside;
    if (owner === other && isOutside === wasOutside) return 0;
    // A country that stands out has its border in full ink, on whichever side of it the line runs.
    if (this.#standsOut(here) || this.#standsOut(there)) return this.#ink;
    if (isOutside || owner === Owner.none) return this.#grounds[other]!.coast;
    return wasOutside || other === Owner.none ? this.#grounds[owner]!.coast : this.#grounds[owner]!.border;
  }

  #tone(at: number, strength: number): void {
    const below = this.pixels[at]!;
    if (below === 0) return;
    // Lines run over long stretches of one colour: mixing is remembered.
    if (below !== this.#toneBelow || strength !== this.#toneStrength) {
      this.#toneBelow = below;
      this.#toneStrength = strength;
      this.#toned = mix(below, this.#ink, strength);
    }
    this.pixels[at] = this.#toned;
  }

  #fill(left: number, top: number, right: number, bottom: number, colour: number): void {
    const x0 = left < 0 ? 0 : left;
    const x1 = right > this.widthPx ? this.widthPx : right;
    const y1 = bottom > this.heightPx ? this.heightPx : bottom;
    const { pixels, widthPx } = this;
    for (let y = top < 0 ? 0 : top; y < y1; y++) {
      const end = y * widthPx + x1;
      for (let at = y * widthPx + x0; at < end; at++) pixels[at] = colour;
    }
  }

  #print(left: number, top: number, right: number, bottom: number, tile: Tile, colour: number): void {
    const { pixels, widthPx } = this;
    const { stamp, width, height } = this.#stamp(tile);
    const phase = modulo(left - this.#originX, width);
    let line = modulo(top - this.#originY, height);
    for (let y = top; y < bottom; y++) {
      const end = y * widthPx + right;
      const row = line * width;
      for (let at = y * widthPx + left, x = phase; at < end; at++) {
        if (stamp[row + x] !== 0) pixels[at] = colour;
        if (++x === width) x = 0;
      }
      if (++line === height) line = 0;
    }
  }

  /** The tile in pixels: 1 where there is ink. */
  #stamp(tile: Tile): Stamp {
    const known = this.#stamps.get(tile);
    if (known) return known;
    const unit = this.#unit;
    const width = tile.width * unit;
    const height = tile.height * unit;
    const stamp = new Uint8Array(width * height);
    for (let y = 0; y < height; y++)
      for (const column of tile.rows[Math.floor(y / unit)]!)
        stamp.fill(1, y * width + column * unit, y * width + (column + 1) * unit);
    const made = { stamp, width, height };
    this.#stamps.set(tile, made);
    return made;
  }
}

const modulo = (value: number, divisor: number): number => ((value % divisor) + divisor) % divisor;

const isVm = (owner: number): boolean => owner >= 1 && owner <= MAX_VMS;

function tintOfOwner(owner: number, palette: MapPalette): number {
  if (isVm(owner)) return palette.lands[tintOf(owner).tint % LAND_TINTS]!;
  if (owner === Owner.console) return palette.built;
  if (owner === Owner.vmkernel) return mix(palette.built, palette.ink, 0.28);
  if (owner === Owner.commons) return palette.commons;
  return palette.paper;
}

function groundOf(owner: number, palette: MapPalette, emphasis: number): Ground {
  const fade = emphasis !== 0 && owner !== emphasis ? FADE : 0;
  const tint = mix(tintOfOwner(owner, palette), palette.paper, fade);
  const ink = mix(palette.ink, tint, fade);
  return {
    tint,
    reserved: isVm(owner) ? mix(palette.overhead, palette.paper, fade) : tint,
    ink: mix(tint, ink, INK.pattern),
    water: mix(tint, palette.water, 1 - fade),
    border: mix(tint, ink, INK.border),
    coast: mix(tint, ink, INK.coast),
    scrub: mix(tint, ink, INK.scrub),
    scrubTile: isVm(owner) ? scrubOf(owner) : null,
  };
}
