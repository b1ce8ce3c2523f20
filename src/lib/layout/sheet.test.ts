import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cellAt,
  cellOf,
  columnName,
  fitSheet,
  levelAt,
  positionOf,
  rowTicks,
  scaleBar,
  sheetLayout,
  viewportAt,
  visibleCells,
  type Extent,
} from './sheet';

const HOME = { x: 0, y: 0, k: 1 };
const CELL_PX = 5;
const MANY = 262_144;

const lay = (extents: Extent[], widthPx = 1000, heightPx = 900) => {
  const { grid, ...size } = fitSheet(extents, { widthPx, heightPx }, CELL_PX);
  return sheetLayout(extents, size, grid);
};

const machines = fc.record({
  pages: fc.integer({ min: 4096, max: 16_777_216 }),
  widthPx: fc.integer({ min: 260, max: 2400 }),
  heightPx: fc.integer({ min: 200, max: 1600 }),
});

describe('the sheet', () => {
  it('covers two thirds of its box or more, with 9 to 256 quadrangles, from 16 MiB to 64 GiB', () => {
    for (const mib of [16, 64, 400, 1000, 8192, 16_384, 65_536]) {
      const layout = lay([{ vm: 0, pages: mib * 256 }]);
      expect(layout.quadrangles).toBeGreaterThanOrEqual(9);
      expect(layout.quadrangles).toBeLessThanOrEqual(256);
      const pageArea = (layout.quadranglePx / 2 ** layout.order) ** 2;
      expect((pageArea * mib * 256) / (1000 * 900), `${mib} MiB`).toBeGreaterThan(0.66);
    }
  });

  it('prefers few large quadrangles to many small ones that cover as much', () => {
    const host = [{ vm: 0, pages: 2_097_152 }];
    expect(fitSheet(host, { widthPx: 1536, heightPx: 768 }, 12).grid).toEqual({ order: 8, columns: 8 });
    expect(fitSheet(host, { widthPx: 864, heightPx: 864 }, 9).grid).toEqual({ order: 8, columns: 6 });
  });

  it('prefers plots that end with their quadrangle to holes in the sheet', () => {
    const vms = Array.from({ length: 10 }, (_, i) => ({ vm: i + 1, pages: 10_240 }));
    const layout = lay(vms, 680, 628);
    expect(10_240 % 4 ** layout.order).toBe(0);
  });

  it('shows every page of the host in exactly one cell', () => {
    fc.assert(
      fc.property(machines, ({ pages, widthPx, heightPx }) => {
        const layout = lay([{ vm: 0, pages }], widthPx, heightPx);
        const { starts, counts } = visibleCells(layout, HOME, CELL_PX, MANY);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(pages);
        const byPage = [...starts.keys()].sort((a, b) => starts[a]! - starts[b]!);
        let next = 0;
        const gap = byPage.find((cell) => {
          const begins = next;
          next += counts[cell]!;
          return starts[cell] !== begins;
        });
        expect(gap).toBeUndefined();
      }),
      { numRuns: 25 },
    );
  });

  it('finds under the middle of a page that page, at any zoom', () => {
    fc.assert(
      fc.property(
        machines,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 10 }),
        (m, where, zoom) => {
          const layout = lay([{ vm: 0, pages: m.pages }], m.widthPx, m.heightPx);
          const ref = { vm: 0, page: Math.min(m.pages - 1, Math.floor(where * m.pages)) };
          const viewport = viewportAt(layout, ref, 2 ** zoom)!;
          const square = positionOf(layout, viewport, ref)!;
          const middle = { x: square.x + square.edge / 2, y: square.y + square.edge / 2 };
          expect(cellAt(layout, viewport, 0, middle)).toMatchObject(ref);
          expect(middle.x).toBeGreaterThanOrEqual(0);
          expect(middle.x).toBeLessThanOrEqual(layout.widthPx);
          const level = levelAt(layout, viewport.k, CELL_PX);
          const cell = cellOf(layout, viewport, level, ref)!;
          expect(ref.page).toBeGreaterThanOrEqual(cell.page);
          expect(ref.page).toBeLessThan(cell.page + cell.pages);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps a page where it was when the cells are refined', () => {
    const layout = lay([{ vm: 0, pages: 2_097_152 }]);
    const ref = { vm: 0, page: 1_234_567 };
    const page = positionOf(layout, HOME, ref)!;
    for (let level = 1; level <= layout.order; level++) {
      const cell = cellOf(layout, HOME, level, ref)!;
      expect(page.x).toBeGreaterThanOrEqual(cell.x - 1e-6);
      expect(page.x + page.edge).toBeLessThanOrEqual(cell.x + cell.edge + 1e-6);
      expect(page.y).toBeGreaterThanOrEqual(cell.y - 1e-6);
    }
  });

  it('has cells of a whole number of half pixels at scale 1, none smaller than asked', () => {
    for (const mib of [64, 400, 8192, 65_536]) {
      const layout = lay([{ vm: 0, pages: mib * 256 }], 1117, 913);
      const { edge } = visibleCells(layout, HOME, CELL_PX, MANY);
      expect(edge % 0.5).toBe(0);
      expect(edge).toBeGreaterThanOrEqual(CELL_PX);
    }
  });

  it('shows fewer, larger cells rather than more than it may', () => {
    const layout = lay([{ vm: 0, pages: 16_777_216 }], 4096, 4096);
    const cells = visibleCells(layout, HOME, 1, 10_000);
    expect(cells.columns * cells.rows).toBeLessThanOrEqual(10_000);
    expect(cells.counts.reduce((sum, count) => sum + count, 0)).toBe(16_777_216);
  });

  it('classifies as many cells zoomed in as zoomed out, or fewer: cost follows the viewport', () => {
    const layout = lay([{ vm: 0, pages: 16_777_216 }]);
    const most = (1000 / CELL_PX + 1) * (900 / CELL_PX + 1);
    for (const k of [1, 1.7, 9, 80, 900]) {
      const viewport = viewportAt(layout, { vm: 0, page: 9_000_000 }, k)!;
      expect(visibleCells(layout, viewport, CELL_PX, MANY).starts.length).toBeLessThanOrEqual(most);
    }
  });

  it('gives each VM whole quadrangles of its own, in order', () => {
    const extents = [
      { vm: 3, pages: 10_240 },
      { vm: 1, pages: 9_000 },
      { vm: 7, pages: 65_536 },
    ];
    const layout = lay(extents);
    const quadranglePages = 4 ** layout.order;
    let first = 0;
    for (const [i, plot] of layout.plots.entries()) {
      expect(plot).toMatchObject(extents[i]!);
      expect(plot.firstQuadrangle).toBe(first);
      first += Math.ceil(plot.pages / quadranglePages);
    }
    const { starts, counts } = visibleCells(layout, HOME, CELL_PX, MANY);
    for (const { vm, pages } of extents) {
      let seen = 0;
      starts.forEach((start, i) => (seen += start >>> 24 === vm ? counts[i]! : 0));
      expect(seen).toBe(pages);
    }
    expect(positionOf(layout, HOME, { vm: 1, page: 9_000 })).toBeNull();
    expect(positionOf(layout, HOME, { vm: 2, page: 0 })).toBeNull();
  });

  it('names columns of quadrangles as a map series does', () => {
    expect([0, 25, 26, 27, 52].map(columnName)).toEqual(['A', 'Z', 'AA', 'AB', 'BA']);
  });

  it('writes at each row of quadrangles the first page that lies there', () => {
    const layout = lay([{ vm: 0, pages: 2_097_152 }]);
    const ticks = rowTicks(layout, HOME, 10);
    expect(ticks.length).toBe(layout.rows);
    for (const { y, ref } of ticks) {
      expect(cellAt(layout, HOME, layout.order, { x: 1, y: y + 1 })!.page).toBe(ref.page);
    }
  });

  it('has a scale bar as long as a square of its pages is wide', () => {
    const layout = lay([{ vm: 0, pages: 2_097_152 }]);
    const bar = scaleBar(layout, 1, 90);
    expect(bar.lengthPx).toBeLessThanOrEqual(90);
    expect(bar.lengthPx).toBeGreaterThan(45);
    expect(bar.lengthPx / Math.sqrt(bar.pages)).toBeCloseTo(layout.quadranglePx / 2 ** layout.order);
  });
});
