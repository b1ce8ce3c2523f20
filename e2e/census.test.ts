import {
  mkdtempSync,
  openSync,
  closeSync,
  ftruncateSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectFits, test, THEMES } from './support';

const PAGE = 4096;
let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'census-'));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file of pages filled with these bytes, and a tail. */
function write(name: string, pages: number[], tail = 0): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    Buffer.concat([...pages.map((byte) => Buffer.alloc(PAGE, byte)), Buffer.alloc(tail, 9)]),
  );
  return path;
}

/** A file of zeros that takes no room, but for a page of ones at each offset. */
function sparse(name: string, size: number, marks: number[] = []): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  ftruncateSync(file, size);
  for (const offset of marks) writeSync(file, Buffer.alloc(PAGE, 1), 0, PAGE, offset);
  closeSync(file);
  return path;
}

const choose = (page: Page, ...paths: string[]) => page.locator('input[multiple]').setInputFiles(paths);
const counted = (page: Page) => page.getByRole('heading', { name: 'How far to trust it' });
const figures = (page: Page, name: string) => page.getByRole('row', { name }).getByRole('cell').first();

test('the sample is counted, and every page of it can be reached by keyboard alone', async ({ page }) => {
  await page.goto('en/tools/census/');
  const sample = page.getByRole('button', { name: 'Try it on a sample' });
  await expect(sample).toBeEnabled();
  await sample.focus();
  await page.keyboard.press('Enter');
  await expect(counted(page)).toBeVisible();
  await expect(figures(page, 'Pages, in all')).toHaveText('12,288');
  await expect(page.getByText('False matches, same hash and different bytes: 0')).toBeVisible();

  const map = page.getByRole('slider', { name: /^Map of 12,288 pages/ });
  await map.focus();
  await page.keyboard.press('End');
  await expect(page.getByRole('heading', { name: 'Page 6,143 of sample-2.mem' })).toBeVisible();
  await expect(map).toHaveAttribute('aria-valuetext', /^Page 6,143 of sample-2\.mem, 0x017ff000/);
  await page.keyboard.press('Home');
  await expect(page.getByRole('heading', { name: 'Page 0 of sample-1.mem' })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('heading', { name: 'Page 1 of sample-1.mem' })).toBeVisible();
  await page.keyboard.press('+');
  await expect(page.getByText('0 – 3,071 of 12,288 pages')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: 'Page', exact: true })).toBeVisible();

  // The most repeated page after the zeros is the debugging pool: its bytes, and another of its places.
  await page.getByRole('button', { name: /^Open the page found 1\d\d times/ }).press('Enter');
  await expect(page.getByRole('region', { name: 'Its bytes' })).toContainText('ef be ad de ef be ad de');
  await page
    .getByRole('button', { name: /^sample-1\.mem 0x/ })
    .nth(1)
    .press('Enter');
  await expect(page.getByRole('region', { name: 'Its bytes' })).toContainText('ef be ad de ef be ad de');
});

for (const [lang, button] of [
  ['en', 'Try it on a sample'],
  ['fr', 'Essayer sur un échantillon'],
] as const) {
  test(`with results, ${lang}/tools/census/ is accessible in the ${THEMES[lang]} theme and fits a phone`, async ({
    page,
  }) => {
    test.slow();
    await page.emulateMedia({ colorScheme: THEMES[lang], reducedMotion: 'reduce' });
    await page.goto(`${lang}/tools/census/`);
    await page.getByRole('button', { name: button }).click();
    await expect(page.getByRole('table').first()).toBeVisible();
    await page.getByRole('slider').press('ArrowRight');
    await page.locator('main summary').click();
    await expect(page.getByRole('region', { name: /^(Its bytes|Ses octets)$/ })).toBeVisible();
    await expectAccessible(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await expectFits(page);
  });
}

test('own files are counted to the page, compared with each other, added to, taken out', async ({ page }) => {
  await page.goto('en/tools/census/');
  await choose(page, write('a.mem', [0, 1, 2, 2, 3], 100), write('b.mem', [3, 0, 4]));
  await expect(counted(page)).toBeVisible();
  await expect(figures(page, 'found once')).toHaveText('2');
  await expect(figures(page, 'repeated in its file')).toHaveText('2');
  await expect(figures(page, 'shared between files')).toHaveText('2');
  await expect(figures(page, 'zeros')).toHaveText('2');
  await expect(figures(page, 'Different contents')).toHaveText('5');
  await expect(page.getByText('The last 100 bytes do not fill a page and are left out.')).toBeVisible();

  await choose(page, write('c.mem', [1, 4, 4]), write('empty', []), write('short', [], 40));
  await expect(figures(page, 'Pages, in all')).toHaveText('11');
  await expect(figures(page, 'Different contents')).toHaveText('5');
  await expect(page.getByText('Empty: no page.')).toBeVisible();
  await expect(page.getByText('Shorter than a page: its 40 bytes are left out.')).toBeVisible();

  await page.getByRole('button', { name: 'Remove a.mem' }).click();
  await expect(figures(page, 'Pages, in all')).toHaveText('6');
  await expect(figures(page, 'shared between files')).toHaveText('3');
  await expect(figures(page, 'zeros')).toHaveText('1');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'All of it (JSON)' }).click(),
  ]);
  const document = JSON.parse(readFileSync(await download.path(), 'utf8')) as {
    pages: number;
    distinct: number;
    files: { name: string; pages: number }[];
  };
  expect(document).toMatchObject({ pages: 6, distinct: 4 });
  expect(document.files.map((file) => file.name)).toEqual(['b.mem', 'c.mem', 'empty', 'short']);
});

test('dropped files are counted too', async ({ page }) => {
  await page.goto('en/tools/census/');
  await expect(page.getByRole('button', { name: 'Choose files' })).toBeEnabled();
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(8192).fill(7)], 'dropped.bin'));
    return transfer;
  });
  await page.getByText('Drop files or folders on this sheet').dispatchEvent('drop', { dataTransfer: data });
  await expect(counted(page)).toBeVisible();
  await expect(figures(page, 'repeated in its file')).toHaveText('2');
});

test('a 4 GB file can be cancelled at once, and the next one is counted', async ({ page }) => {
  await page.goto('en/tools/census/');
  await choose(page, sparse('big.img', 2 ** 32 + PAGE));
  const cancel = page.getByRole('button', { name: 'Cancel' });
  await expect(cancel).toBeVisible();
  await expect(page.getByText(/MB\/s · .* left/)).toBeVisible();
  await cancel.click();
  await expect(page.getByText('Cancelled before its end; nothing of it is counted.')).toBeVisible();
  await expect(cancel).toBeHidden();
  await choose(page, write('after.mem', [5, 5]));
  await expect(counted(page)).toBeVisible();
  await expect(figures(page, 'Pages, in all')).toHaveText('2');
});

test('a file that changes while it is read is left out, and says so', async ({ page }) => {
  await page.goto('en/tools/census/');
  const path = sparse('moving.img', 3 * 2 ** 30);
  await choose(page, path, write('still.mem', [1, 1]));
  await expect(page.getByText(/MB\/s · .* left/)).toBeVisible();
  const file = openSync(path, 'r+');
  ftruncateSync(file, PAGE);
  closeSync(file);
  await expect(counted(page)).toBeVisible();
  await expect(
    page.getByText(/It changed while it was read|Reading stopped at|no longer where it was/),
  ).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try moving.img again' })).toBeVisible();
  await expect(figures(page, 'Pages, in all')).toHaveText('2');
});

test('a shortened hash makes false matches, and the count stays the same', async ({ page }) => {
  await page.goto('en/tools/census/');
  await page.getByRole('button', { name: 'Try it on a sample' }).click();
  await expect(counted(page)).toBeVisible();
  const distinct = await figures(page, 'Different contents').innerText();
  await page.getByRole('radio', { name: '12', exact: true }).check({ force: true });
  await expect(page.getByText('Hash: XXH3, 12 bits, of 4096 bytes.')).toBeVisible();
  await expect(page.getByText(/False matches, same hash and different bytes: [1-9]/)).toBeVisible();
  await expect(figures(page, 'Different contents')).toHaveText(distinct);
});

test('the worker is under the policy of the page: it reaches no other place', async ({ page }) => {
  await page.goto('en/tools/census/');
  await choose(page, write('w.mem', [1]));
  await expect(counted(page)).toBeVisible();
  const worker = page.workers()[0];
  expect(worker.url()).toMatch(/^blob:/);
  const reached = await worker.evaluate(() =>
    fetch('https://example.com/').then(
      () => 'reached',
      () => 'refused',
    ),
  );
  expect(reached).toBe('refused');
});
