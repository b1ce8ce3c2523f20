/**
 * The picture that stands on the home page until the engine is there: made at build time by the engine itself, of the
 * run that then goes on.
 */
import { readFile } from 'node:fs/promises';
import { error } from '@sveltejs/kit';
import { parseColour } from '#lib/layout/colours';
import { homeRun, POSTER_THEMES, POSTERS, type PosterShape } from '#lib/model/home';
import { Engine } from '#lib/sim/engine';
import type { MapPalette } from '#lib/sim/protocol';
import appCss from '../../../app.css?raw';
import { encodePng } from './png';
import type { EntryGenerator, RequestHandler } from './$types';

export const prerender = true;
export const entries: EntryGenerator = () =>
  POSTER_THEMES.flatMap((theme) => Object.keys(POSTERS).map((shape) => ({ theme, shape })));

const engine = new Engine({
  now: () => performance.now(),
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  rest: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  module: async () => WebAssembly.compile(await readFile('wasm/build/core.wasm')),
});
let opened: ReturnType<Engine['open']> | null = null;

/** Where the style sheet of each theme begins. */
const THEMES = { light: ':root {', dark: ":root[data-theme='dark'] {" };

function paletteOf(theme: keyof typeof THEMES): MapPalette {
  const start = appCss.indexOf(THEMES[theme]);
  const rules = appCss.slice(start, appCss.indexOf('}', start));
  const colour = (token: string): number => {
    const found = parseColour(new RegExp(`--${token}: (#\\w+);`).exec(rules)?.[1] ?? '');
    if (found === null) throw new Error(`app.css has no colour --${token} for the ${theme} theme`);
    return found;
  };
  return {
    paper: colour('sheet'),
    lands: [1, 2, 3, 4, 5, 6].map((n) => colour(`land-${n}`)),
    built: colour('built'),
    overhead: colour('overhead'),
    commons: colour('overhead'),
    ink: colour('ink-1'),
    water: colour('water'),
  };
}

export const GET: RequestHandler = async ({ params: { theme, shape } }) => {
  if ((theme !== 'light' && theme !== 'dark') || !(shape in POSTERS)) error(404);
  const result = await (opened ??= engine.open(homeRun()));
  if (result.kind === 'refused') throw new Error(`The home page's world does not open: ${result.reason}`);
  const { map } = await engine.read({
    map: {
      order: 'machine',
      ...POSTERS[shape as PosterShape],
      viewport: { x: 0, y: 0, k: 1 },
      palette: paletteOf(theme),
    },
  });
  if (!map) throw new Error('The engine painted no map');
  const png = encodePng(new Uint32Array(map.rgba), map.widthPx, map.heightPx);
  return new Response(new Uint8Array(png), { headers: { 'content-type': 'image/png' } });
};
