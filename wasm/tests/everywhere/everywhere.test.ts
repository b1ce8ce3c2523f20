/**
 * The same run is in the same state wherever it runs: random hosts, random networks and the site's own scenarios, in Node
 * and in the browser that CHROMIUM names, cut into other slices and with other checkpoints on each side.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import * as v from 'valibot';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBrowser } from '../../../scripts/browser.mjs';
import { scenarioSchema } from '../../../src/lib/world/schema';
import { COMPILE_MS, coreModule } from '../core';
import { liveFast } from '../worlds';
import * as here from './fingerprints';

const root = join(import.meta.dirname, '../../..');
/** `EVERYWHERE_SEED=…` (printed with a failure) runs one of them again, `EVERYWHERE_WORLDS=500` tries more. */
const only = process.env.EVERYWHERE_SEED;
const WORLDS = Number(process.env.EVERYWHERE_WORLDS ?? 30);
const seeds = only ? [Number(only)] : Array.from({ length: WORLDS }, (_, i) => 20_060_614 + i);
const SCENARIOS = [
  ['ten-linux', 30],
  ['full-host', 30],
  ['esx-story', 20],
  ['team-failover', 20],
  ['wsus-production', 300],
] as const;

const IN_NODE: here.Pace = { msPerLook: 15, budget: 100_000 };
const IN_BROWSER: here.Pace = { msPerLook: 4, budget: 777 };

let module: WebAssembly.Module;
let page: Awaited<ReturnType<typeof openPage>>;

async function openPage() {
  const bundled = await build({
    configFile: false,
    logLevel: 'error',
    root,
    resolve: { alias: { '#lib': join(root, 'src/lib'), '#wasm': join(root, 'wasm') } },
    define: { 'process.env.PROPERTY_SEED': 'undefined', 'process.env.PROPERTY_PATH': 'undefined' },
    build: {
      write: false,
      minify: false,
      lib: { entry: join(import.meta.dirname, 'browser.ts'), formats: ['iife'], name: 'everywhere' },
    },
  });
  const [{ output }] = bundled as unknown as [{ output: [{ code: string }] }];
  const browser = await chromium.launch({
    executablePath: await findBrowser(),
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
  const opened = await browser.newPage();
  await opened.addScriptTag({ content: output[0].code });
  const core = readFileSync(join(root, 'wasm/build/core.wasm')).toString('base64');
  await opened.evaluate((bytes) => globalThis.everywhere.load(bytes), core);
  return opened;
}

beforeAll(async () => {
  liveFast();
  module = coreModule('release');
  page = await openPage();
}, COMPILE_MS);
afterAll(() => page.context().browser()!.close());

test.each([
  ['hosts', 'hostAfter'],
  ['networks', 'networkAfter'],
] as const)('random %s are the same in Chromium as in Node', async (_, after) => {
  const there = await page.evaluate(([after, seeds, pace]) => globalThis.everywhere[after](seeds, pace), [
    after,
    seeds,
    IN_BROWSER,
  ] as const);
  let steps = 0;
  for (const [i, seed] of seeds.entries()) {
    const mine = here[after](module, seed, IN_NODE);
    expect(
      there[i],
      `again: EVERYWHERE_SEED=${seed} npx vitest run wasm/tests/everywhere -t ${after}`,
    ).toEqual(mine);
    steps += mine.steps;
  }
  expect(there).toHaveLength(seeds.length);
  // Worlds that stand still would be equal too; and no two of them are.
  expect(steps).toBeGreaterThan(seeds.length * 100);
  expect(new Set(there.map(({ fingerprint }) => fingerprint)).size).toBe(seeds.length);
});

test.each(SCENARIOS)('%s is the same in Chromium as in Node', async (id, seconds) => {
  const scenario = v.parse(
    scenarioSchema,
    JSON.parse(readFileSync(join(root, `content/scenarios/${id}.json`), 'utf8')),
  );
  const there = await page.evaluate(
    ([scenario, seconds, pace]) => globalThis.everywhere.scenarioAfter(scenario, seconds, pace),
    [scenario, seconds, IN_BROWSER] as const,
  );
  expect(there).toEqual(here.scenarioAfter(module, scenario, seconds, IN_NODE));
  expect(there.steps).toBeGreaterThan(1000);
});
