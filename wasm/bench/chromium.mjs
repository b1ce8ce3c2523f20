/** Pages in Chromium to measure: in a browser of their own, which ends with the bench. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @param {import('./harness.mjs').Bench} bench
 * @returns {Promise<import('@playwright/test').Browser | null>} null: no browser here
 */
export async function openBrowser(bench) {
  const { findBrowser } = await import('../../scripts/browser.mjs');
  const { chromium } = await import('@playwright/test');
  const executablePath = await findBrowser().catch(() => '');
  if (!existsSync(executablePath)) return null;
  const browser = await chromium.launch({
    executablePath,
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
  bench.atEnd(() => browser.close());
  return browser;
}

/**
 * A page of measurements: bundled by Vite, served from this process.
 * @param {import('./harness.mjs').Bench} bench
 * @param {string} root folder of the page's index.html, relative to the repository
 * @returns {Promise<{ page: import('@playwright/test').Page, runtime: string, folder: string } | null>} null: no browser here
 */
export async function openPage(bench, root) {
  const browser = await openBrowser(bench);
  if (!browser) return null;
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  bench.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const address = await serve(bench, root, join(folder, 'page'));
  const page = await browser.newPage();
  await page.goto(address);
  await page.waitForFunction('globalThis.measured');
  return { page, runtime: `Chromium ${browser.version()}`, folder };
}

/** @param {import('./harness.mjs').Bench} bench @param {string} root @param {string} outDir */
async function serve(bench, root, outDir) {
  const { build } = await import('vite');
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(bench.root, root),
    base: './',
    resolve: {
      alias: {
        '#lib': join(bench.root, 'src/lib'),
        '#wasm': join(bench.root, 'wasm'),
        '#content': join(bench.root, 'content'),
      },
    },
    worker: { format: 'es' },
    build: { target: 'es2022', outDir, emptyOutDir: true, assetsInlineLimit: 0 },
  });
  const { default: sirv } = await import('sirv');
  const files = sirv(outDir, { dev: true });
  const server = createServer((request, response) =>
    files(request, response, () => response.writeHead(404).end()),
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  bench.atEnd(() => void server.close());
  const port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  return `http://127.0.0.1:${port}/`;
}
