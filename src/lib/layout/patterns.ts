/**
 * What is printed on the map: state is a pattern, owner is a tint. One description for the painter's pixels and for
 * the legend's SVG, so that the two cannot differ. Distances in units of about one CSS pixel, counted from the corner
 * of the sheet: a pattern runs on from cell to cell.
 */
import { PageState } from '#wasm/shared/page-class';

/** A tile that repeats; `rows[y]` lists the inked columns of its row y. */
export interface Tile {
  width: number;
  height: number;
  rows: readonly (readonly number[])[];
}

const tile = (picture: string): Tile => {
  const lines = picture.trim().split(/\s+/);
  return {
    width: lines[0]!.length,
    height: lines.length,
    rows: lines.map((line) => [...line].flatMap((mark, x) => (mark === '#' ? [x] : []))),
  };
};

/** Shared: a diagonal hatch. */
export const HATCH = tile(`
  ....#
  ...#.
  ..#..
  .#...
  #....`);

/** Ballooned: dots, as of gravel. */
export const DOTS = tile(`
  #...
  ....
  ..#.
  ....`);

/** Swapped: marsh lines, in the blue of water. */
export const MARSH = tile(`
  ######..
  ........
  ........
  ##..####
  ........
  ........`);

/** VMs beyond the six tints: the tint again under a scrub of short strokes, denser for each further round. */
export const SCRUB: readonly Tile[] = [
  tile(`
  #.........
  #.........
  ..........
  ..........
  ..........
  .....#....
  .....#....
  ..........
  ..........
  ..........`),
  tile(`
  #.....
  #.....
  ......
  ...#..
  ...#..
  ......`),
  tile(`
  ###.....
  .#......
  ........
  ........
  ....###.
  .....#..
  ........
  ........`),
];

/** A page of zeros is a clearing: its square is paper up to this fraction of the cell from each side. */
export const CLEARING_MARGIN = 0.18;

export interface StateMark {
  /** The ground is bare paper, not the owner's tint. */
  bare: boolean;
  clearing: boolean;
  tile: Tile | null;
  colour: 'ink' | 'water';
}

const plain: StateMark = { bare: false, clearing: false, tile: null, colour: 'ink' };

/** How each state is drawn. */
export const STATE_MARKS: Readonly<Record<number, StateMark>> = {
  [PageState.free]: { ...plain, bare: true },
  [PageState.privatePage]: plain,
  [PageState.shared]: { ...plain, tile: HATCH },
  [PageState.zero]: { ...plain, clearing: true },
  [PageState.sharedZero]: { ...plain, clearing: true, tile: HATCH },
  [PageState.ballooned]: { ...plain, tile: DOTS },
  [PageState.swapped]: { ...plain, tile: MARSH, colour: 'water' },
  [PageState.reserved]: plain,
};

/** Strength of ink over the ground, 0 … 1, of each kind of print. */
export const INK = {
  pattern: 0.5,
  border: 0.3,
  coast: 0.62,
  scrub: 0.5,
  graticule: 0.16,
  page: 0.12,
} as const;

export const LAND_TINTS = 6;
/** Index of a VM's tint, and how many times the six were used before it. */
export const tintOf = (vm: number): { tint: number; round: number } => ({
  tint: (vm - 1) % LAND_TINTS,
  round: Math.floor((vm - 1) / LAND_TINTS),
});
/** The scrub of a VM's round; null for the first six. */
export const scrubOf = (vm: number): Tile | null => {
  const { round } = tintOf(vm);
  return round === 0 ? null : SCRUB[Math.min(round, SCRUB.length) - 1]!;
};
