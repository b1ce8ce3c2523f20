/**
 * The page census of real File objects in Chromium, against the bare reading of the same files in the same browser.
 * Two cases of 512 MB: two memory images that share a third of their pages, and one image twice (the worst there is:
 * every page of the copy is compared with a page that has left memory).
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PAGE = 4096;
const IMAGE_PAGES = 65_536;
const MEGABYTES = (2 * IMAGE_PAGES * PAGE) / 1e6;
const ROUNDS = 5;

/** Deterministic places; the bytes themselves are random. */
function generator(seed) {
  let x = seed | 0;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

/** An image of runs of pages: zeros, pages of `other`, pages of its own, pages it holds already. */
function makeImage(seed, other) {
  const random = generator(seed);
  const image = Buffer.alloc(IMAGE_PAGES * PAGE);
  for (let at = 0; at < IMAGE_PAGES;) {
    const pages = Math.min(IMAGE_PAGES - at, 4 + random(120));
    const here = image.subarray(at * PAGE, (at + pages) * PAGE);
    const kind = random(100);
    if (kind < 35 && other) other.copy(here, 0, random(IMAGE_PAGES - pages) * PAGE);
    else if (kind < 45 && at > pages) image.copy(here, 0, random(at - pages) * PAGE);
    else if (kind < 80) randomFillSync(here);
    at += pages;
  }
  return image;
}

function writeImage(path, image) {
  const file = openSync(path, 'w');
  for (let offset = 0; offset < image.length; offset += 1 << 24) writeSync(file, image, offset, 1 << 24);
  closeSync(file);
}

/** Bundles bench/page.ts and its workers, and serves them. */
async function servePage(bench, folder) {
  const { build } = await import('vite');
  const { buildCensus } = await import('../../../../scripts/core.mjs');
  buildCensus();
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(bench.root, 'src/lib/tools/census/bench'),
    base: './',
    resolve: { alias: { '#lib': join(bench.root, 'src/lib'), '#wasm': join(bench.root, 'wasm') } },
    worker: { format: 'es' },
    build: { target: 'es2022', outDir: folder, emptyOutDir: true, assetsInlineLimit: 0 },
  });
  const { default: sirv } = await import('sirv');
  const files = sirv(folder, { dev: true });
  const server = createServer((request, response) =>
    files(request, response, () => response.writeHead(404).end()),
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  bench.atEnd(() => void server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}

/** @param {import('../../../../wasm/bench/harness.mjs').Bench} bench */
export async function suite(bench) {
  const { findBrowser } = await import('../../../../scripts/browser.mjs');
  const { chromium } = await import('@playwright/test');
  const executablePath = await findBrowser().catch(() => '');
  if (!existsSync(executablePath)) return bench.skip('page census, 512 MB', 'no Chromium here');

  const folder = mkdtempSync(join(tmpdir(), 'census-bench-'));
  bench.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const [first, second, copy] = ['a.mem', 'b.mem', 'a-copy.mem'].map((name) => join(folder, name));
  const image = makeImage(1);
  writeImage(first, image);
  writeImage(copy, image);
  writeImage(second, makeImage(2, image));

  const address = await servePage(bench, join(folder, 'page'));
  const browser = await chromium.launch({
    executablePath,
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
  bench.atEnd(() => browser.close());
  const page = await browser.newPage();
  await page.goto(address);
  await page.waitForFunction('globalThis.measured');

  for (const [name, files] of [
    ['two memory images', [first, second]],
    ['one image twice', [first, copy]],
  ]) {
    await page.setInputFiles('input', files);
    const { report } = await page.evaluate('measured.census()');
    const environment = {
      runtime: `Chromium ${browser.version()}`,
      pages: report.pages,
      saved: report.saved,
      ...report.verification,
    };
    for (const [way, words, reach] of [
      ['slices', '4 MiB slices, three at once', 0.8],
      ['stream', 'File.stream()', 0.8],
    ]) {
      await bench.compare({
        name: `page census, 512 MB, ${name} · bare reading, ${words}`,
        unit: 'MB/s',
        work: MEGABYTES,
        reach,
        rounds: Math.min(bench.rounds, ROUNDS),
        environment,
        ours: async () => (await page.evaluate('measured.census()')).ms,
        peer: async () => page.evaluate(`measured.bare('${way}')`),
      });
    }
  }
}
