/** The run of the home page: where its picture is taken, where it starts, how fast it goes. */
import home from '#content/scenarios/home.json';
import type { RunDocument } from '#lib/sim/protocol';
import { secondsToNs } from '#lib/units';

/** Three of the six VMs have booted, the others are about to: the sheet is neither empty nor full. */
const START_SECONDS = 100;

export const HOME_SPEED = 60;
export const HOME_HOST = home.host;

/** From its beginning to the moment of the picture; what follows, the visitor sees. */
export const homeRun = (): RunDocument => ({
  v: 1,
  scenario: home.id,
  seed: home.seed,
  commands: [],
  t: secondsToNs(START_SECONDS),
  view: {},
});

/**
 * The pictures taken at that moment, in device pixels: 32 squares of 256 MiB, eight in a row for wide windows and six
 * for phones, in whole cells.
 */
export const POSTERS = {
  wide: { widthPx: 1536, heightPx: 768, cellPx: 12, grid: { order: 8, columns: 8 } },
  narrow: { widthPx: 864, heightPx: 864, cellPx: 9, grid: { order: 8, columns: 6 } },
} as const;
export type PosterShape = keyof typeof POSTERS;
export const POSTER_THEMES = ['light', 'dark'] as const;
export type PosterTheme = (typeof POSTER_THEMES)[number];

/** Where the picture lies among the site's files. */
export const posterPath = (theme: PosterTheme, shape: PosterShape) =>
  `/posters/home-${theme}-${shape}.png` as const;
