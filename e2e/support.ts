import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import { HOST_PORT, SITE_PORT } from '../playwright.config';

/** What no page of ours may ever do, collected in every test. */
export interface Watch {
  errors: string[];
  foreign: string[];
  violations: string[];
}

const OURS = [`http://localhost:${SITE_PORT}`, `http://localhost:${HOST_PORT}`];

/**
 * A page that is watched: an error in its console, a request to another origin or a breach of the Content Security
 * Policy fails the test, whatever it was about. A test that provokes one empties the list itself.
 */
export const test = base.extend<{ watch: Watch }>({
  watch: [
    async ({ context }, use) => {
      const watch: Watch = { errors: [], foreign: [], violations: [] };
      const listen = (page: Page) => {
        page.on('console', (message) => {
          if (message.type() === 'error') watch.errors.push(`${message.text()} (${message.location().url})`);
        });
        page.on('pageerror', (error) => watch.errors.push(error.message));
      };
      context.on('page', listen);
      // Workers and service workers too: the context sees all requests.
      context.on('request', (request) => {
        const url = request.url();
        if (/^(blob|data|about):/.test(url) || OURS.some((origin) => url.startsWith(`${origin}/`))) return;
        watch.foreign.push(url);
      });
      await context.exposeBinding(
        'reportViolation',
        (_source, text: string) => void watch.violations.push(text),
      );
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
          const report = (globalThis as unknown as { reportViolation(text: string): void }).reportViolation;
          report(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
        });
      });
      await use(watch);
      expect(watch.foreign, 'requests to other origins').toEqual([]);
      expect(watch.violations, 'breaches of the Content Security Policy').toEqual([]);
      expect(watch.errors, 'errors in the console').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Colours do not depend on the language, nor words on the theme: one of each at a time shows all there is to see. */
export const THEMES = { fr: 'light', en: 'dark' } as const;

/** No violation of axe's rules on what is shown now; or in one part of it, where the rest has been looked at. */
export async function expectAccessible(page: Page, within?: string): Promise<void> {
  const axe = builderOf(page).withTags(TAGS);
  const { violations } = await (within ? axe.include(within) : axe).analyze();
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
  );
  expect(found, `axe on ${page.url()}`).toEqual([]);
}

/** Only what is wrong is written up: a large page has thousands of places that are right. */
const builderOf = (page: Page): AxeBuilder =>
  // Types of another copy of the same library.
  new AxeBuilder({ page: page as unknown as ConstructorParameters<typeof AxeBuilder>[0]['page'] })
    // Without frames there is nothing to put together, for which axe would open a page of its own each time.
    .setLegacyMode(page.frames().length === 1)
    .options({ resultTypes: ['violations'] });

/** No sideways scrolling of the page. */
export async function expectFits(page: Page): Promise<void> {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  expect(content, `${page.url()} is wider than its window`).toBeLessThanOrEqual(window!);
}
