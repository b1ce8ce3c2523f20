import { describe, expect, it } from 'vitest';
import { coarsen, labelSpots, type OwnerGrid } from './labels';

/** A map drawn in letters: a = 1, b = 2 …, `.` = free (0), a space = not land. */
const drawn = (picture: string): OwnerGrid => {
  const lines = picture.split('\n').filter((line) => line.length > 0);
  const columns = Math.max(...lines.map((line) => line.length));
  const owners = lines.flatMap((line) =>
    [...line.padEnd(columns)].map((letter) =>
      letter === ' ' ? -1 : letter === '.' ? 0 : letter.charCodeAt(0) - 96,
    ),
  );
  return { columns, rows: lines.length, owners: Int16Array.from(owners) };
};
const spotOf = (grid: OwnerGrid, owner: number) => labelSpots(grid).find((spot) => spot.owner === owner);

describe('names of lands', () => {
  it('lie in the middle of a simple land', () => {
    const grid = drawn(`
aaaaaaa
aaaaaaa
aaaaaaa
aaaaaaa
aaaaaaa`);
    expect(spotOf(grid, 1)).toMatchObject({ column: 3, row: 2, from: 0, to: 6 });
  });

  it('lie inside a bent land, not at its centre of mass', () => {
    const grid = drawn(`
aaaaaaaaa
aaaaaaaaa
aaaaaaaaa
aaa......
aaa......
aaa......
aaa......`);
    const { column, row } = spotOf(grid, 1)!;
    expect(grid.owners[row * grid.columns + column]).toBe(1);
  });

  it('name the largest patch, and no patch too small for a name', () => {
    const grid = drawn(`
aa....b
.......
...aaaa
...aaaa
...aaaa`);
    expect(spotOf(grid, 1)!.row).toBeGreaterThanOrEqual(2);
    expect(spotOf(grid, 2)).toBeUndefined();
    expect(spotOf(grid, 0)).toBeDefined();
  });

  it('stay where they were while that is still a good place', () => {
    const before = labelSpots(drawn('aaaaaaa\naaaaaaa\naaaaaaa'));
    const after = labelSpots(drawn('aaaaaaaaa\naaaaaaaaa\naaaaaaaaa'), before);
    expect(after[0]).toMatchObject({ column: before[0]!.column, row: before[0]!.row });
    const moved = labelSpots(drawn('......aaa\n......aaa\n......aaa'), before);
    expect(moved.find(({ owner }) => owner === 1)!.column).toBe(7);
  });

  it('do not mind scattered pages: a block belongs to most of its cells', () => {
    const grid = coarsen(drawn('aaba\naaaa\nabaa\naaab'), 2);
    expect([...grid.owners]).toEqual([1, 1, 1, 1]);
    expect([...coarsen(drawn('aa  \naa  '), 2).owners]).toEqual([1, -1]);
  });
});
