import { devicePixelRatio } from 'svelte/reactivity/window';
import { ZoomGesture } from '#lib/gesture/zoom.svelte';
import {
  cellAt,
  cellOf,
  fitSheet,
  levelAt,
  maxScale,
  sheetLayout,
  viewportAt,
  type Cell,
  type Extent,
  type SheetLayout,
  type Viewport,
} from '#lib/layout/sheet';
import type { MapOrder, MapPalette, MapPixels, MapRequest, PageRef } from '#lib/sim/protocol';
import type { Simulation } from '#lib/state/simulation.svelte';

/** Edge of the smallest cell: a pattern must still be readable in it. */
const CELL_CSS_PX = 5;
/** Edge of a page that one has asked to see. */
const CLOSE_UP_CSS_PX = 24;
/** Largest side of the picture; browsers refuse larger canvases. */
const SIDE_MAX_PX = 4096;

export interface MapViewOptions {
  order: () => MapOrder;
  wheel: () => 'free' | 'modified';
  onunmodified: () => void;
}

/**
 * What a memory map shows of a simulation: the sheet's layout in the room it has, the viewport, and the picture that
 * was painted last. Layouts are in device pixels, as the painter's; `px` turns them to CSS pixels.
 */
export class MapView {
  /** Room for the map, CSS pixels. */
  room = $state.raw({ width: 0, height: 0 });
  readonly gesture: ZoomGesture;

  constructor(
    readonly simulation: Simulation,
    readonly options: MapViewOptions,
  ) {
    this.gesture = new ZoomGesture({ wheel: options.wheel, onunmodified: options.onunmodified });
  }

  readonly ratio = $derived.by(() => {
    const side = Math.max(this.room.width, this.room.height, 1);
    return Math.min(devicePixelRatio.current ?? 1, SIDE_MAX_PX / side);
  });
  readonly cellPx = $derived(Math.max(3, Math.round(CELL_CSS_PX * this.ratio)));

  // A reading is new many times a second; the extents are not. Equal words keep equal layouts.
  readonly #extentWords = $derived.by(() => {
    const reading = this.simulation.reading;
    if (!reading) return '[]';
    const extents: Extent[] =
      this.options.order() === 'machine'
        ? [{ vm: 0, pages: reading.host.ledger.total }]
        : reading.vms.map(({ vm, max }) => ({ vm, pages: max }));
    return JSON.stringify(extents);
  });
  readonly extents = $derived(JSON.parse(this.#extentWords) as Extent[]);
  readonly pages = $derived(this.extents.reduce((sum, { pages }) => sum + pages, 0));

  /** Null until there is a world and room for it. */
  readonly layout: SheetLayout | null = $derived.by(() => {
    const box = {
      widthPx: Math.floor(this.room.width * this.ratio),
      heightPx: Math.floor(this.room.height * this.ratio),
    };
    if (this.pages === 0 || box.widthPx < 40 || box.heightPx < 40) return null;
    const { grid, ...size } = fitSheet(this.extents, box, this.cellPx);
    return sheetLayout(this.extents, size, grid);
  });

  /** What is painted now, if it is a picture of this sheet. */
  readonly picture: MapPixels | null = $derived.by(() => {
    const map = this.simulation.glance?.map;
    const { layout } = this;
    const isOurs =
      map &&
      layout &&
      map.order === this.options.order() &&
      map.widthPx === layout.widthPx &&
      map.heightPx === layout.heightPx &&
      map.grid.order === layout.order;
    return isOurs ? map : null;
  });
  /** Of the picture, so that names and rings lie on what they name; device pixels. */
  readonly viewport: Viewport = $derived(this.picture?.viewport ?? this.#wanted());
  readonly level = $derived(this.layout ? levelAt(this.layout, this.viewport.k, this.cellPx) : 0);

  request(palette: MapPalette, emphasis: number): MapRequest | undefined {
    const { layout } = this;
    if (!layout) return undefined;
    const order = this.options.order();
    return {
      order,
      widthPx: layout.widthPx,
      heightPx: layout.heightPx,
      viewport: this.#wanted(),
      cellPx: this.cellPx,
      palette,
      grid: { order: layout.order, columns: layout.columns },
      vms: order === 'vm' ? this.extents : undefined,
      emphasis: emphasis || undefined,
    };
  }

  px = (device: number): number => device / this.ratio;

  /** The gesture's limits follow the layout. */
  fitGesture(): void {
    const { layout } = this;
    if (layout) this.gesture.resize(this.px(layout.widthPx), this.px(layout.heightPx), maxScale(layout));
  }

  /** The cell under a point of the canvas, CSS pixels. */
  cellUnder(x: number, y: number): Cell | null {
    if (!this.layout) return null;
    return cellAt(this.layout, this.viewport, this.level, { x: x * this.ratio, y: y * this.ratio });
  }

  /** The cell that shows a page, in the viewport that was asked for last. */
  cellOf(ref: PageRef): Cell | null {
    return this.layout && cellOf(this.layout, this.viewport, this.level, ref);
  }

  /** The neighbour of a page's cell; the first cell in sight when there is no page. Moves the viewport along. */
  step(from: PageRef | null, columns: number, rows: number): PageRef | null {
    const { layout } = this;
    if (!layout) return null;
    const wanted = this.#wanted();
    const level = levelAt(layout, wanted.k, this.cellPx);
    const start = from && cellOf(layout, wanted, level, from);
    if (!start)
      return cellAt(layout, wanted, level, { x: layout.widthPx / 2, y: layout.heightPx / 2 }) ?? this.end(0);
    const point = { x: start.x + (columns + 0.5) * start.edge, y: start.y + (rows + 0.5) * start.edge };
    const next = cellAt(layout, wanted, level, point);
    if (!next) return { vm: start.vm, page: start.page };
    const isInside = point.x > 0 && point.y > 0 && point.x < layout.widthPx && point.y < layout.heightPx;
    const ref = { vm: next.vm, page: next.page };
    if (!isInside) this.show(ref);
    return ref;
  }

  /** First (0) or last (1) page of the sheet. */
  end(which: 0 | 1): PageRef | null {
    const extent = which === 0 ? this.extents[0] : this.extents.at(-1);
    return extent ? { vm: extent.vm, page: which === 0 ? 0 : extent.pages - 1 } : null;
  }

  /** Scale at which a page is large enough to be seen by itself. */
  get closeUp(): number {
    const { layout } = this;
    if (!layout) return 1;
    const pagePx = layout.quadranglePx / 2 ** layout.order;
    return Math.min(maxScale(layout), (CLOSE_UP_CSS_PX * this.ratio) / pagePx);
  }

  /** Brings a page into the middle; at the scale there is, or closer if `k` says so. */
  show(ref: PageRef, k = this.gesture.viewport.k): void {
    if (!this.layout) return;
    const viewport = viewportAt(this.layout, ref, k);
    if (viewport) this.gesture.moveTo({ x: this.px(viewport.x), y: this.px(viewport.y), k });
  }

  /** Zooms about a page if it is in sight, else about the middle. */
  zoomBy(factor: number, about: PageRef | null): void {
    const cell = about && this.cellOf(about);
    const at = cell && { x: this.px(cell.x + cell.edge / 2), y: this.px(cell.y + cell.edge / 2) };
    const { layout } = this;
    const isInside =
      at &&
      layout &&
      at.x > 0 &&
      at.y > 0 &&
      at.x < this.px(layout.widthPx) &&
      at.y < this.px(layout.heightPx);
    this.gesture.scaleBy(factor, isInside ? at : undefined);
  }

  #wanted(): Viewport {
    const { x, y, k } = this.gesture.viewport;
    return { x: x * this.ratio, y: y * this.ratio, k };
  }
}
