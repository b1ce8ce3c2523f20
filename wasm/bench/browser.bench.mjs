/** The kernels beside their peers, and a whole world, in Chromium: the figures of the other suites where visitors are. */
import { openPage } from './chromium.mjs';

const BUFFER_BYTES = 256 * 2 ** 20;
const BUFFER_PAGES = BUFFER_BYTES / 4096;
const OPERATIONS = 1 << 20;

/** @param {import('./harness.mjs').Bench} bench */
export async function suite(bench) {
  bench.compileAssemblyScript('bench/kernels.ts');
  const { buildCore } = await import('../../scripts/core.mjs');
  buildCore('release');
  const opened = await openPage(bench, 'wasm/bench/browser');
  if (!opened) return bench.skip('the core in Chromium', 'no Chromium here');
  const { page, runtime } = opened;
  const environment = { runtime };
  /** @param {string} call @returns {() => Promise<number>} */
  const side = (call) => () => page.evaluate(`measured.${call}`);
  const rounds = Math.min(bench.rounds, 7);

  await bench.compare({
    name: 'Chromium: XXH3-64, 4 KiB pages, 256 MiB / hash-wasm',
    unit: 'GB/s',
    work: BUFFER_BYTES / 1e9,
    reach: 3,
    rounds,
    environment,
    ours: side('hash()'),
    peer: side('hashWasm()'),
  });
  await bench.compare({
    name: 'Chromium: key to bytes to XXH3-64, a page / the hash alone, in cache',
    unit: 'M pages/s',
    work: BUFFER_PAGES / 1e6,
    // 2.5 million pages a second where the hash alone does 14 GB/s.
    reach: Math.round((2.5e6 / (14e9 / 4096)) * 100) / 100,
    rounds,
    environment,
    ours: side('expandAndHash()'),
    peer: side('hashCached()'),
  });
  for (const [pending, reach] of /** @type {const} */ ([
    [100, 1],
    [10_000, 1],
    [1_000_000, 1.5],
  ])) {
    await page.evaluate(`measured.openQueues(${pending})`);
    await bench.compare({
      name: `Chromium: event queue, hold model, ${pending.toLocaleString('en')} pending / flatqueue`,
      unit: 'M holds/s',
      work: OPERATIONS / 1e6,
      reach,
      rounds,
      environment,
      ours: side(`hold(${pending})`),
      peer: side(`holdFlatQueue(${pending})`),
    });
  }
  const seconds = Number(await page.evaluate('measured.storySeconds'));
  await bench.compare({
    name: `Chromium: story-host, a whole run of ${seconds} s, checkpoints and all / 2000 simulated s/s`,
    unit: 'simulated s/s',
    work: seconds,
    reach: 1,
    rounds: Math.min(bench.rounds, 3),
    environment,
    ours: side('story()'),
    peer: () => seconds / 2,
  });
}
