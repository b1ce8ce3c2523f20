import { describe, expect, it } from 'vitest';
import { cellToCurve, curveToCell } from './hilbert';

describe('the Hilbert curve', () => {
  it('visits every cell of the square once, each beside the one before', () => {
    for (const order of [1, 2, 5]) {
      const seen = new Set<number>();
      let before = curveToCell(0, order);
      for (let d = 0; d < 4 ** order; d++) {
        const { column, row } = curveToCell(d, order);
        seen.add(row * 2 ** order + column);
        if (d > 0) expect(Math.abs(column - before.column) + Math.abs(row - before.row)).toBe(1);
        before = { column, row };
      }
      expect(seen.size).toBe(4 ** order);
    }
  });

  it('is undone by its inverse', () => {
    for (let d = 0; d < 4 ** 6; d += 7) {
      const { column, row } = curveToCell(d, 6);
      expect(cellToCurve(column, row, 6)).toBe(d);
    }
  });

  it('keeps a cell inside the cell of its prefix, whatever the depth', () => {
    for (let d = 0; d < 4 ** 7; d += 13) {
      const deep = curveToCell(d, 7);
      const shallow = curveToCell(d >>> 6, 4);
      expect([deep.column >> 3, deep.row >> 3]).toEqual([shallow.column, shallow.row]);
    }
  });
});
