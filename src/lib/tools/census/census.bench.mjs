/**
 * The page census of real File objects in Chromium, against the bare reading of the same files in the same browser.
 * Two cases of 512 MB: two memory images that share a third of their pages, and one image twice (the worst there is:
 * every page of the copy is compared with a page that has left memory).
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openPage } from '../../../../wasm/bench/chromium.mjs';

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

/** @param {import('../../../../wasm/bench/harness.mjs').Bench} bench */
export async function suite(bench) {
  const { buildCensus } = await import('../../../../scripts/core.mjs');
  buildCensus();
  const opened = await openPage(bench, 'src/lib/tools/census/bench');
  if (!opened) return bench.skip('page census, 512 MB', 'no Chromium here');
  const { page, runtime, folder } = opened;
  const [first, second, copy] = ['a.mem', 'b.mem', 'a-copy.mem'].map((name) => join(folder, name));
  const image = makeImage(1);
  writeImage(first, image);
  writeImage(copy, image);
  writeImage(second, makeImage(2, image));

  for (const [name, files] of [
    ['two memory images', [first, second]],
    ['one image twice', [first, copy]],
  ]) {
    await page.setInputFiles('input', files);
    const { report } = await page.evaluate('measured.census()');
    const environment = {
      runtime,
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
