/** What stands on a lesson's stage until somebody reads: the world in which its first step begins, drawn at build time. */
import { readFile } from 'node:fs/promises';
import { render } from 'svelte/server';
import type { LessonDefinition } from '#lib/content/lesson-types';
import { rehearsalOf, startOf } from '#lib/content/moves';
import { I18n, loadCatalogue, type Language } from '#lib/i18n/i18n';
import { fitSheet } from '#lib/layout/sheet';
import type { RunDocument } from '#lib/sim/protocol';
import { secondsToNs } from '#lib/units';
import { loadScenario } from '#lib/world/load-scenario';
import type { TimedCommand } from '#lib/world/schema';
import NetworkPicture from './NetworkPicture.svelte';
import type { StillTheme } from '#lib/model/lesson-still';
import { paintStill, tokensOf, worldOf } from './still.server';

const MAP_PX = { widthPx: 640, heightPx: 360 };
const CELL_PX = 5;
/** Styles of the network's picture, which stand in it: a picture has no style sheet of the page. */
const STYLED = ['NetworkStill', 'MachineMark'].map(
  (name) => `src/lib/components/scenes/network/${name}.svelte`,
);

async function firstRun(definition: LessonDefinition): Promise<RunDocument> {
  const { world, before } = startOf(definition, 0);
  if (!('scenario' in world))
    throw new Error(`${definition.id} begins with no host: there is no still of it`);
  const scenario = await loadScenario(world.scenario);
  if (!scenario) throw new Error(`No scenario ${world.scenario}`);
  const commands: TimedCommand[] = [];
  let t = 0;
  for (const step of rehearsalOf(before, {}, definition)) {
    if (step.kind === 'run') t += secondsToNs(step.seconds);
    else commands.push({ timeNs: t, command: step.command });
  }
  return { v: 1, scenario: world.scenario, seed: scenario.seed, commands, t, view: {} };
}

/** The host's memory, page for page, as a PNG file. */
export async function memoryStill(
  definition: LessonDefinition,
  theme: StillTheme,
): Promise<Uint8Array<ArrayBuffer>> {
  const run = await firstRun(definition);
  const { host } = await (await worldOf(run)).read({});
  const sheet = fitSheet([{ vm: 0, pages: host.ledger.total }], MAP_PX, CELL_PX);
  return paintStill(run, { order: 'machine', cellPx: CELL_PX, ...sheet }, theme);
}

/** The network's map, as an SVG file with the colours of a theme. */
export async function networkStill(
  definition: LessonDefinition,
  lang: Language,
  theme: StillTheme,
): Promise<string> {
  const engine = await worldOf(await firstRun(definition));
  const { network, host } = await engine.read({ network: {} });
  if (!network) throw new Error(`The first world of ${definition.id} has no network`);
  const i18n = new I18n(lang, await loadCatalogue(lang, ['network']));
  const { body } = render(NetworkPicture, { props: { network, host: host.name, i18n } });
  const svg = /<svg[^>]*class="wide[\s\S]*?<\/svg>/.exec(body)?.[0];
  if (!svg) throw new Error('The picture of a network is not there');
  const styles = await Promise.all(STYLED.map(async (file) => styleOf(await readFile(file, 'utf8'))));
  const tokens = tokensOf(theme);
  return svg
    .replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"')
    .replace('>', `><style>svg { font-family: var(--font-sans) }${styles.join('')}</style>`)
    .replace(/<!--[\s\S]*?-->| svelte-\w+/g, '')
    .replace(/var\(--([\w-]+)\)/g, (_, name: string) => FONTS[name] ?? tokens(name));
}

/** Fonts of the page do not reach into a picture. */
const FONTS: Record<string, string> = {
  'font-sans': 'Helvetica,Arial,sans-serif',
  'font-serif': 'Georgia,serif',
};

/** Without what makes a picture fit into its page. */
const styleOf = (component: string): string =>
  (/<style>([\s\S]*)<\/style>/.exec(component)?.[1] ?? '')
    .replace(/@media[\s\S]*$/, '')
    .replace(/(?:^|\n)\s*(?:\.field|svg|\.narrow) \{[^}]*\}/g, '')
    .replace(/\s+/g, ' ');
