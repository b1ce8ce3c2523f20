/**
 * Where the names of lands go: inside the largest patch of each owner, as far from its borders as can be.
 * Worked out on a coarse grid, so that scattered pages do not tear a country apart.
 */

/** Owners in a grid; −1 is not land. */
export interface OwnerGrid {
  columns: number;
  rows: number;
  owners: Int16Array;
}

export interface LabelSpot {
  owner: number;
  /** Block of the coarse grid. */
  column: number;
  row: number;
  /** Blocks of the same patch to the left and to the right, this one included. */
  from: number;
  to: number;
}

/** Blocks of the patch of an owner below which it has no name. */
const PATCH_MIN = 3;
/** A name stays where it is until the best place is that much better: names must not flutter. */
const KEEP = 0.6;

/** The most frequent owner of each block of `size` × `size` cells. */
export function coarsen(grid: OwnerGrid, size: number): OwnerGrid {
  const columns = Math.ceil(grid.columns / size);
  const rows = Math.ceil(grid.rows / size);
  const owners = new Int16Array(columns * rows).fill(-1);
  const votes = new Uint16Array(257);
  for (let row = 0; row < rows; row++) {
    const bottom = Math.min(grid.rows, (row + 1) * size);
    for (let column = 0; column < columns; column++) {
      const right = Math.min(grid.columns, (column + 1) * size);
      votes.fill(0);
      let winner = -1;
      for (let y = row * size; y < bottom; y++)
        for (let x = column * size; x < right; x++) {
          const owner = grid.owners[y * grid.columns + x]!;
          if (++votes[owner + 1]! > votes[winner + 1]! || winner === owner) winner = owner;
        }
      owners[row * columns + column] = winner;
    }
  }
  return { columns, rows, owners };
}

/** Steps to the nearest block of another owner; 1 at a border. */
function depths({ columns, rows, owners }: OwnerGrid): Uint16Array {
  const depth = new Uint16Array(columns * rows);
  const near = (at: number, owner: number, column: number, row: number) =>
    column < 0 || row < 0 || column >= columns || row >= rows || owners[at] !== owner ? 0 : depth[at]!;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const owner = owners[at]!;
      depth[at] =
        1 + Math.min(near(at - 1, owner, column - 1, row), near(at - columns, owner, column, row - 1));
    }
  for (let row = rows - 1; row >= 0; row--)
    for (let column = columns - 1; column >= 0; column--) {
      const at = row * columns + column;
      const owner = owners[at]!;
      const back = Math.min(near(at + 1, owner, column + 1, row), near(at + columns, owner, column, row + 1));
      depth[at] = Math.min(depth[at]!, 1 + back);
    }
  return depth;
}

/** Numbers the patches of equal owner; `sizes[patch]` blocks each. */
function patches({ columns, rows, owners }: OwnerGrid): { patch: Int32Array; sizes: number[] } {
  const patch = new Int32Array(columns * rows).fill(-1);
  const sizes: number[] = [];
  const stack: number[] = [];
  for (let start = 0; start < patch.length; start++) {
    if (patch[start] !== -1 || owners[start] === -1) continue;
    const owner = owners[start];
    const id = sizes.push(0) - 1;
    stack.push(start);
    patch[start] = id;
    while (stack.length > 0) {
      const at = stack.pop()!;
      sizes[id]!++;
      const column = at % columns;
      const reach = (next: number, inside: boolean) => {
        if (!inside || patch[next] !== -1 || owners[next] !== owner) return;
        patch[next] = id;
        stack.push(next);
      };
      reach(at - 1, column > 0);
      reach(at + 1, column < columns - 1);
      reach(at - columns, at >= columns);
      reach(at + columns, at < patch.length - columns);
    }
  }
  return { patch, sizes };
}

/** By owner: the block of its largest patch that is farthest from a border; of several, the one nearest the middle. */
function deepest(
  { columns, owners }: OwnerGrid,
  { depth, patch, largest }: { depth: Uint16Array; patch: Int32Array; largest: Map<number, number> },
): Map<number, number> {
  const sums = new Map<number, { x: number; y: number; n: number }>();
  const eachBlock = (visit: (at: number, owner: number, x: number, y: number) => void) => {
    for (let at = 0; at < owners.length; at++)
      if (owners[at] !== -1 && largest.get(owners[at]!) === patch[at])
        visit(at, owners[at]!, at % columns, Math.floor(at / columns));
  };
  eachBlock((_, owner, x, y) => {
    const sum = sums.get(owner) ?? { x: 0, y: 0, n: 0 };
    sums.set(owner, { x: sum.x + x, y: sum.y + y, n: sum.n + 1 });
  });
  const best = new Map<number, { at: number; depth: number; away: number }>();
  eachBlock((at, owner, x, y) => {
    const middle = sums.get(owner)!;
    const away = Math.hypot(x - middle.x / middle.n, y - middle.y / middle.n);
    const known = best.get(owner);
    if (!known || depth[at]! > known.depth || (depth[at] === known.depth && away < known.away))
      best.set(owner, { at, depth: depth[at]!, away });
  });
  return new Map([...best].map(([owner, { at }]) => [owner, at]));
}

/** One spot for each owner that has a patch worth a name. `before`: the spots of the last picture of the same view. */
export function labelSpots(grid: OwnerGrid, before: readonly LabelSpot[] = []): LabelSpot[] {
  const { columns, owners } = grid;
  const depth = depths(grid);
  const { patch, sizes } = patches(grid);
  const largest = new Map<number, number>();
  for (let at = 0; at < owners.length; at++) {
    const owner = owners[at]!;
    if (owner === -1) continue;
    const known = largest.get(owner);
    if (known === undefined || sizes[patch[at]!]! > sizes[known]!) largest.set(owner, patch[at]!);
  }
  const best = deepest(grid, { depth, patch, largest });
  const spots: LabelSpot[] = [];
  for (const [owner, found] of best) {
    if (sizes[largest.get(owner)!]! < PATCH_MIN) continue;
    const old = before.find((spot) => spot.owner === owner);
    const oldAt = old ? old.row * columns + old.column : -1;
    const stays = oldAt >= 0 && patch[oldAt] === patch[found] && depth[oldAt]! >= depth[found]! * KEEP;
    const at = stays ? oldAt : found;
    const column = at % columns;
    const row = Math.floor(at / columns);
    let from = column;
    let to = column;
    while (from > 0 && patch[row * columns + from - 1] === patch[at]) from--;
    while (to < columns - 1 && patch[row * columns + to + 1] === patch[at]) to++;
    spots.push({ owner, column, row, from, to });
  }
  return spots;
}
