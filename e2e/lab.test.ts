import type { Locator, Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { expect, test } from './support';

const play = (page: Page) => page.getByRole('button', { name: 'Play', exact: true });
const pause = (page: Page) => page.getByRole('button', { name: 'Pause', exact: true });
const card = (page: Page, name: string): Locator =>
  page.getByRole('article').filter({ has: page.getByRole('heading', { name, exact: true }) });
const READY = { timeout: 30_000 };

async function openWorld(page: Page, id: string): Promise<void> {
  await page.goto(`en/lab/#world=${id}`);
  await expect(play(page)).toBeEnabled(READY);
  // The bar has all its parts, and nothing moves from under the pointer any more.
  await fingerprint(page);
}

/** Simulated seconds that the time bar shows. */
async function clock(page: Page): Promise<number> {
  const text = await page.getByLabel('Simulated time').first().innerText();
  const [hours, minutes, seconds] = text.split(':').map(Number) as [number, number, number];
  return hours * 3600 + minutes * 60 + seconds;
}

async function stepSeconds(page: Page, count: number): Promise<void> {
  const steps = page.getByRole('button', { name: 'Steps', exact: true });
  if ((await steps.getAttribute('aria-expanded')) === 'false') await steps.click();
  for (let i = 0; i < count; i++) {
    const before = await clock(page);
    await page.getByRole('button', { name: '1 second', exact: true }).click();
    await expect.poll(() => clock(page)).toBe(before + 1);
  }
}

/** The whole fingerprint, which the button shows shortened. */
const fingerprint = async (page: Page): Promise<string> => {
  const run = page.getByRole('button', { name: /^run / });
  await expect(run).toHaveAttribute('title', /[0-9a-f]{16}/, READY);
  return (await run.getAttribute('title'))!;
};

test('within a minute of arriving, ten VMs share pages, and the ledger still adds up', async ({ page }) => {
  await page.goto('en/');
  await page.getByRole('link', { name: 'Open the lab' }).first().click();
  await page.getByRole('link', { name: /Ten equal machines/ }).click();
  await expect(play(page)).toBeEnabled(READY);
  await play(page).click();
  await expect(page.getByText(/shared/).first()).toBeVisible();
  await expect.poll(() => clock(page), { timeout: 40_000 }).toBeGreaterThan(60);
  await pause(page).click();
  await page.locator('.filters summary').click();
  await page.getByRole('button', { name: 'shared', exact: true }).click();
  await expect(page.locator('.event').first()).toContainText(/linux-\d+/);
  await page.getByRole('button', { name: 'Count again' }).click();
  await expect(page.getByText(/the same, to the page/)).toBeVisible();
});

test('a link opens the same moment of the same world in another browser', async ({ page, browser }) => {
  await openWorld(page, 'ten-linux');
  await stepSeconds(page, 3);
  const here = await fingerprint(page);
  await expect.poll(() => page.url(), READY).toMatch(/#s=1/);
  // The link follows the state after a moment of rest.
  await expect
    .poll(
      async () => {
        const other = await (await browser.newContext()).newPage();
        await other.goto(page.url());
        await expect(play(other)).toBeEnabled(READY);
        const there = [await clock(other), await fingerprint(other)];
        await other.context().close();
        return there;
      },
      { timeout: 40_000, intervals: [1000] },
    )
    .toEqual([3, here]);
});

test('time goes back and comes again to the same state', async ({ page }) => {
  await openWorld(page, 'ten-linux');
  await stepSeconds(page, 1);
  const first = await fingerprint(page);
  await stepSeconds(page, 2);
  await expect.poll(() => fingerprint(page)).not.toBe(first);
  await page.getByRole('button', { name: 'Back to the start' }).click();
  await expect.poll(() => clock(page)).toBe(0);
  await stepSeconds(page, 1);
  await expect.poll(() => fingerprint(page)).toBe(first);
});

test('a VM is made, refused what cannot be, removed, and brought back', async ({ page }) => {
  await openWorld(page, 'blank');
  await page.getByLabel('System').selectOption('linux-24');
  await page.getByRole('button', { name: 'Create the VM' }).click();
  const vm = card(page, 'test-linux-1');
  await expect(vm).toBeVisible();
  await vm.getByRole('button', { name: 'Remove' }).click();
  await expect(vm).toContainText(/running/);
  await vm.getByRole('button', { name: 'Power off' }).click();
  await expect(vm.getByRole('button', { name: 'Power on' })).toBeVisible();
  await vm.getByRole('button', { name: 'Remove' }).click();
  await expect(vm).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect(vm).toBeVisible();
});

test('a run is saved to a file and opened again; a damaged file is explained and nothing is lost', async ({
  page,
}) => {
  await openWorld(page, 'ten-linux');
  await stepSeconds(page, 2);
  const saved = await fingerprint(page);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save file' }).click(),
  ]);
  const text = await readFile(await download.path(), 'utf8');
  const file = (content: string) => ({
    name: 'run.alacarte.json',
    mimeType: 'application/json',
    buffer: Buffer.from(content),
  });
  await stepSeconds(page, 1);
  const input = page.locator('input[type=file]').first();
  await input.setInputFiles(file(text.replace('"seed"', '"sead"')));
  await expect(page.getByText(/sead|seed/).first()).toBeVisible();
  await page.getByRole('button', { name: 'Stay with the world' }).click();
  expect(await clock(page)).toBe(3);
  await input.setInputFiles(file(text));
  await expect.poll(() => clock(page), READY).toBe(2);
  await expect.poll(() => fingerprint(page)).toBe(saved);
});

test('a damaged link is explained, and leads on', async ({ page }) => {
  await page.goto('en/lab/#s=1notastate');
  await expect(page.getByText(/link/i).filter({ visible: true }).first()).toBeVisible();
  await expect(page.locator('.trouble').first()).toBeVisible(READY);
});

test('a page of one VM is found by its number, read byte by byte, and its twin compared', async ({
  page,
}) => {
  await openWorld(page, 'ten-linux');
  await stepSeconds(page, 4);
  await page.getByLabel('Page number').filter({ visible: true }).first().fill('linux-1:0x000001');
  await page.keyboard.press('Enter');
  const inspector = page.getByRole('region', { name: /page/i }).filter({ hasText: 'XXH3' }).first();
  await expect(inspector).toContainText(/linux-1/);
  await expect(
    inspector.getByText(/^[0-9a-f]{4} [0-9a-f]{4} [0-9a-f]{4} [0-9a-f]{4}$/).first(),
  ).toBeVisible();
});

test('an engine that breaks says so, and opens again where it was with one click', async ({
  page,
  watch,
}) => {
  await openWorld(page, 'ten-linux');
  await stepSeconds(page, 2);
  const before = await fingerprint(page);
  const worker = page.workers().find((one) => !one.url().includes('service-worker'))!;
  await worker.evaluate(
    () =>
      void setTimeout(() => {
        throw new Error('planted');
      }),
  );
  const again = page.getByRole('button', { name: 'Open again where it was' });
  await expect(again).toBeVisible(READY);
  await again.click();
  await expect(play(page)).toBeEnabled(READY);
  await expect.poll(() => clock(page), READY).toBe(2);
  await expect.poll(() => fingerprint(page)).toBe(before);
  watch.errors.splice(0, watch.errors.length, ...watch.errors.filter((text) => !text.includes('planted')));
});

test('an engine that falls silent is noticed', async ({ page }) => {
  await openWorld(page, 'blank');
  const worker = page.workers().find((one) => !one.url().includes('service-worker'))!;
  void worker
    .evaluate(() => {
      for (;;);
    })
    .catch(() => undefined);
  await play(page).click();
  await expect(page.getByRole('button', { name: 'Open again where it was' })).toBeVisible({
    timeout: 25_000,
  });
});

test('the same run has the same fingerprint in this browser and in Node', async ({ page }) => {
  await openWorld(page, 'ten-linux');
  await stepSeconds(page, 5);
  const { spawnSync } = await import('node:child_process');
  const node = spawnSync(
    process.execPath,
    ['scripts/sim.mjs', 'content/scenarios/ten-linux.json', '--until', '5', '--fingerprint'],
    { encoding: 'utf8' },
  );
  const { fingerprint: expected } = JSON.parse(node.stdout) as { fingerprint: string };
  expect(await fingerprint(page)).toContain(expected);
});
