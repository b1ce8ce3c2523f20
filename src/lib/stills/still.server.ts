/**
 * Pictures and figures that stand in a page until the engine is there: made when the site is built, by the engine itself,
 * from the run that then goes on. Nothing of this is sent to a browser.
 */
import { readFile } from 'node:fs/promises';
import appCss from '../../app.css?raw';
import { parseColour } from '#lib/layout/colours';
import { paletteFrom } from '#lib/layout/palette';
import { Engine } from '#lib/sim/engine';
import { nodeSurroundings } from '#lib/sim/node-surroundings';
import type { StillTheme } from '#lib/model/lesson-still';
import { loadScenario } from '#lib/world/load-scenario';
import type { MapPalette, MapRequest, RunDocument } from '#lib/sim/protocol';
import { encodePng } from './png.server';

/** Where the style sheet of each theme begins. */
const RULES: Record<StillTheme, string> = { light: ':root {', dark: ":root[data-theme='dark'] {" };

/** Values of a theme's tokens, from the site's own style sheet. @throws for one that it does not have */
export function tokensOf(theme: StillTheme): (token: string) => string {
  const start = appCss.indexOf(RULES[theme]);
  const rules = appCss.slice(start, appCss.indexOf('}', start));
  return (token) => {
    const found = new RegExp(`--${token}: ([^;]+);`).exec(rules)?.[1];
    if (found === undefined) throw new Error(`app.css has no --${token} for the ${theme} theme`);
    return found;
  };
}

export function paletteOf(theme: StillTheme): MapPalette {
  const tokens = tokensOf(theme);
  return paletteFrom((token) => {
    const colour = parseColour(tokens(token));
    if (colour === null) throw new Error(`--${token} of the ${theme} theme is no colour`);
    return colour;
  });
}

const worlds = new Map<string, Promise<Engine>>();

/** A world at the end of a run; the same run is opened once. @throws when it does not open */
export function worldOf(run: RunDocument): Promise<Engine> {
  const key = JSON.stringify(run);
  let world = worlds.get(key);
  if (!world) worlds.set(key, (world = open(run)));
  return world;
}

async function open(run: RunDocument): Promise<Engine> {
  const engine = new Engine({
    ...nodeSurroundings(async () => WebAssembly.compile(await readFile('wasm/build/core.wasm'))),
    scenario: loadScenario,
  });
  const result = await engine.open(run);
  if (result.kind === 'refused') throw new Error(`The world of a still does not open: ${result.reason}`);
  return engine;
}

/** A map of the whole sheet as a PNG file. */
export async function paintStill(
  run: RunDocument,
  request: Omit<MapRequest, 'palette' | 'viewport'>,
  theme: StillTheme,
): Promise<Uint8Array<ArrayBuffer>> {
  const engine = await worldOf(run);
  const { map } = await engine.read({
    map: { ...request, viewport: { x: 0, y: 0, k: 1 }, palette: paletteOf(theme) },
  });
  if (!map) throw new Error('The engine painted no map');
  return new Uint8Array(encodePng(new Uint32Array(map.rgba), map.widthPx, map.heightPx));
}
