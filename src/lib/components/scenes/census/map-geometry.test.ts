import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cellAt, cellOf, cellPlace, firstPageOf, layOut, pagesOf, zoomed } from './map-geometry';

const sheets = fc.record({
  order: fc.constantFrom('rows' as const, 'hilbert' as const),
  width: fc.integer({ min: 200, max: 1400 }),
  height: fc.integer({ min: 160, max: 800 }),
  from: fc.integer({ min: 0, max: 1_000_000 }),
  pages: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 16_000_000 })),
});

it('gives every page one cell on the sheet, and every cell its pages', () => {
  fc.assert(
    fc.property(sheets, fc.double({ min: 0, max: 0.999999, noNaN: true }), (sheet, at) => {
      const grid = layOut(sheet.order, sheet.width, sheet.height, sheet.from, sheet.from + sheet.pages);
      const page = sheet.from + Math.floor(at * sheet.pages);
      const cell = cellOf(grid, page);
      const { column, row } = cellPlace(grid, cell);
      expect(cellAt(grid, column, row)).toBe(cell);
      expect(firstPageOf(grid, cell)).toBeLessThanOrEqual(page);
      expect(firstPageOf(grid, cell) + pagesOf(grid, cell)).toBeGreaterThan(page);
      expect(pagesOf(grid, cell)).toBeGreaterThan(0);
      expect((column + 1) * grid.side).toBeLessThanOrEqual(sheet.width + 1e-6);
      expect((row + 1) * grid.high).toBeLessThanOrEqual(sheet.height + 1e-6);
    }),
    { numRuns: 2000 },
  );
});

it('says of places beyond the last page that they are bare', () => {
  const grid = layOut('rows', 500, 500, 0, 3);
  expect(grid.cells).toBe(3);
  expect(cellAt(grid, 3, 0)).toBe(-1);
  expect(cellAt(grid, 0, 1)).toBe(-1);
  expect(cellAt(grid, -1, 0)).toBe(-1);
  expect(cellOf(grid, 3)).toBe(-1);
});

it('zooms around a page without leaving the files', () => {
  const grid = layOut('rows', 500, 500, 0, 100_000);
  expect(zoomed(grid, 4, 0, 0, 100_000)).toEqual({ from: 0, to: 25_000 });
  expect(zoomed(grid, 4, 99_999, 0, 100_000)).toEqual({ from: 75_000, to: 100_000 });
  expect(zoomed(grid, 0.25, 50_000, 0, 100_000)).toEqual({ from: 0, to: 100_000 });
});
