import { expect, expectAccessible, expectFits, test, THEMES } from './support';

const PAGES = [
  '',
  'menu/',
  'lab/',
  'tools/',
  'tools/captures/',
  'tools/census/',
  'tools/moving/',
  'model/',
  'validation/',
  'compare/',
  'lessons/the-same-page-twice/',
  'embed/',
];
const LANGUAGES = ['fr', 'en'] as const;

for (const lang of LANGUAGES) {
  for (const path of PAGES) {
    const theme = THEMES[lang];
    test(`${lang}/${path} is accessible in the ${theme} theme, fits a phone, and says its language`, async ({
      page,
    }) => {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.goto(`${lang}/${path}`);
      await expect(page.locator('html')).toHaveAttribute('lang', lang);
      await expect(page).toHaveTitle(/À la carte/);
      await expect(page.locator('h1')).toHaveCount(1);
      await expectAccessible(page);
      await page.setViewportSize({ width: 360, height: 740 });
      await expectFits(page);
      // 200 % of a 1280 px window is a window of 640.
      await page.setViewportSize({ width: 640, height: 480 });
      await expectFits(page);
    });
  }
}

test('every page is readable without JavaScript, in both languages', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  for (const lang of LANGUAGES) {
    for (const path of PAGES) {
      await page.goto(`${lang}/${path}`);
      await expect(page.locator('h1')).not.toBeEmpty();
      const words = (await page.locator('main').innerText()).split(/\s+/).length;
      expect(words, `${lang}/${path} has text`).toBeGreaterThan(30);
    }
  }
  await context.close();
});

test('the root chooses the language of the browser, and remembers another choice', async ({ browser }) => {
  const context = await browser.newContext({ locale: 'fr-CH' });
  const page = await context.newPage();
  await page.goto('./');
  await expect(page).toHaveURL(/\/fr\/$/);
  await page.getByRole('link', { name: 'English' }).click();
  await expect(page).toHaveURL(/\/en\/$/);
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.goto('./');
  await expect(page).toHaveURL(/\/en\/$/);
  await context.close();
});

test('the theme can be chosen and is kept', async ({ page }) => {
  await page.goto('en/');
  const theme = page.getByRole('button', { name: /theme/i });
  await theme.click();
  const chosen = await page.locator('html').getAttribute('data-theme');
  expect(chosen).toMatch(/light|dark/);
  await page.goto('en/model/');
  await expect(page.locator('html')).toHaveAttribute('data-theme', chosen!);
});

test('an address that does not exist gets a page that says so and a way on', async ({ page, watch }) => {
  const reply = await page.goto('en/no/such/page/');
  expect(reply!.status()).toBe(404);
  await expect(page.getByRole('main').getByRole('link').first()).toBeVisible();
  watch.errors.length = 0; // The browser itself reports the 404.
});
