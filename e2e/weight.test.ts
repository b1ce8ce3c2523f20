import { gzipSync } from 'node:zlib';
import type { Page, Response } from '@playwright/test';
import { expect, test } from './support';
import { WORDS, type Language } from './lesson-keys';

/** What a visitor waits for before the first interaction, as a host that compresses sends it. */
const SCRIPT_LIMIT_BYTES = 150_000;
const WHOLE_LIMIT_BYTES = 270 * 1024;
/** What comes or moves late comes within this time. */
const SETTLE_MS = 1500;

const DESK = { name: 'a desk', width: 1280, height: 800 };
const PHONE = { name: 'a phone', width: 360, height: 740 };
const lesson = (id: string, lang: Language, ...windows: (typeof DESK)[]) => ({
  path: `${lang}/lessons/${id}/`,
  windows,
  // Its first stage; the world comes with the first sign of a reader.
  arrived: (page: Page) => page.getByRole('button', { name: WORDS[lang].open, exact: true }),
});
const PAGES = [
  {
    path: 'en/',
    windows: [DESK, PHONE],
    arrived: (page: Page) => page.getByRole('button', { name: /^(Run|Pause)$/ }),
  },
  {
    path: 'en/lab/',
    windows: [DESK, PHONE],
    arrived: (page: Page) => page.getByRole('link', { name: /^Ten equal machines/ }),
  },
  // All lessons are one page: windows and languages vary over them.
  lesson('the-same-page-twice', 'en', DESK, PHONE),
  lesson('balloons', 'fr', PHONE),
  lesson('looking-from-outside', 'en', DESK),
  lesson('sizing-the-patch-server', 'fr', DESK),
  lesson('a-network-in-a-box', 'en', PHONE),
  lesson('thirty-gigabytes-once', 'fr', DESK),
  lesson('the-transfer-that-failed', 'en', PHONE),
  lesson('from-metal', 'fr', PHONE),
];

/** Bytes on the way: text is compressed, pictures and fonts are already. */
async function weigh(response: Response): Promise<{ url: string; isScript: boolean; bytes: number }> {
  const url = response.url();
  const body = await response.body();
  const isPacked = /\.(woff2|png|jpe?g|webp)$/.test(new URL(url).pathname);
  return {
    url,
    isScript: /\.(js|wasm)$/.test(new URL(url).pathname),
    bytes: isPacked ? body.length : gzipSync(body, { level: 9 }).length,
  };
}

const sum = (parts: { bytes: number }[]) => parts.reduce((total, { bytes }) => total + bytes, 0);

for (const { path, windows, arrived } of PAGES) {
  for (const { name, ...viewport } of windows) {
    test(`${path} in the window of ${name} is light, and nothing in it moves by itself`, async ({
      page,
      context,
    }) => {
      const responses: Response[] = [];
      // Of the context, not of the page: the worker's own requests count too.
      context.on('response', (response) => {
        if (response.url().startsWith('http')) responses.push(response);
      });
      await page.addInitScript(() => {
        const moved: string[] = [];
        Object.assign(globalThis, { moved });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            const { value, sources } = entry as PerformanceEntry & {
              value: number;
              sources: { node: Node | null }[];
            };
            moved.push(`${value}: ${sources.map(({ node }) => node?.nodeName).join(', ')}`);
          }
        }).observe({ type: 'layout-shift', buffered: true });
      });
      await page.setViewportSize(viewport);
      await page.goto(path);
      await expect(arrived(page)).toBeVisible({ timeout: 30_000 });
      await page.waitForLoadState('networkidle');
      await page.waitForTimeout(SETTLE_MS);

      const parts = await Promise.all(responses.map(weigh));
      const scripts = parts.filter(({ isScript }) => isScript);
      // What was not seen would not be weighed.
      expect(scripts.length, 'scripts').toBeGreaterThan(10);
      expect(sum(scripts), 'bytes of script and WebAssembly, compressed').toBeLessThanOrEqual(
        SCRIPT_LIMIT_BYTES,
      );
      expect(sum(parts), 'bytes of the whole page').toBeLessThanOrEqual(WHOLE_LIMIT_BYTES);
      const moved = await page.evaluate(() => (globalThis as unknown as { moved: string[] }).moved);
      expect(moved, 'layout shifts').toEqual([]);
    });
  }
}
