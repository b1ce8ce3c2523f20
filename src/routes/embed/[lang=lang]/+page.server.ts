import { readFile } from 'node:fs/promises';
import { building } from '$app/environment';
import { POSTER_SCENARIOS } from '#lib/embed/options';
import { readStill } from '#lib/embed/stills.server';
import type { EntryGenerator, PageServerLoad } from './$types';
import { everyLanguage } from '#lib/components/shell/entries';

export const csr = false;
export const entries: EntryGenerator = everyLanguage;

/** Of scripts/vite-embed.ts: the figure's own small script, in the client build that the page itself has no part in. */
const ENTRY = 'src/lib/embed/frame.ts';
const MANIFEST = '.svelte-kit/output/client/.vite/manifest.json';

async function scriptPath(): Promise<string> {
  if (!building) return ENTRY;
  const manifest = JSON.parse(await readFile(MANIFEST, 'utf8')) as Record<string, { file: string }>;
  const entry = manifest[ENTRY];
  if (!entry)
    throw new Error(`The client build has no ${ENTRY}: is embedFrame() among the plugins of vite.config.ts?`);
  return entry.file;
}

export const load: PageServerLoad = async () => ({
  script: await scriptPath(),
  stills: await Promise.all(
    POSTER_SCENARIOS.map(async (scenario) => ({ scenario, still: await readStill(scenario) })),
  ),
});
