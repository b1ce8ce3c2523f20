import { expect, test } from './support';
import type { Page } from '@playwright/test';

async function openTenMachines(page: Page): Promise<void> {
  await page.goto('en/lab/');
  await page.getByText('Ten equal machines').first().click();
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeEnabled({ timeout: 20_000 });
}

/** Simulated seconds that the time bar shows. */
async function clock(page: Page): Promise<number> {
  const text = await page.locator('output.clock').first().innerText();
  const [hours, minutes, seconds] = text.split(':').map(Number) as [number, number, number];
  return hours * 3600 + minutes * 60 + seconds;
}

const fingerprint = (page: Page) => page.getByRole('button', { name: /^run / });

test('ten VMs start to share pages within a minute of arriving', async ({ page }) => {
  await openTenMachines(page);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect.poll(() => clock(page), { timeout: 30_000 }).toBeGreaterThan(60);
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(page.getByText(/became one|was shared|now shares/i).first()).toBeVisible();
  await page.getByRole('button', { name: 'Count again' }).click();
  await expect(page.getByText(/agrees|same to the page|every page/i).first()).toBeVisible();
});

test('a link opens the same state on the other side', async ({ page, browser }) => {
  await openTenMachines(page);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect.poll(() => clock(page), { timeout: 30_000 }).toBeGreaterThan(20);
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect.poll(() => page.url(), { timeout: 15_000 }).toContain('#s=');
  await page.waitForFunction(() => document.querySelector('output.clock') !== null);
  const here = { time: await clock(page), run: await fingerprint(page).innerText() };
  await expect
    .poll(async () => {
      const other = await browser.newPage();
      await other.goto(page.url());
      await expect(fingerprint(other)).toBeVisible({ timeout: 20_000 });
      const there = { time: await clock(other), run: await fingerprint(other).innerText() };
      await other.close();
      return there;
    })
    .toEqual(here);
});

test('going back and forth comes to the same state', async ({ page }) => {
  await openTenMachines(page);
  await page.getByRole('button', { name: 'second', exact: true }).click();
  await expect.poll(() => clock(page)).toBe(1);
  const first = await fingerprint(page).innerText();
  for (let i = 2; i <= 5; i++) {
    await page.getByRole('button', { name: 'second', exact: true }).click();
    await expect.poll(() => clock(page)).toBe(i);
  }
  await page.getByRole('button', { name: 'Back to the start' }).click();
  await expect.poll(() => clock(page)).toBe(0);
  await page.getByRole('button', { name: 'second', exact: true }).click();
  await expect.poll(() => clock(page)).toBe(1);
  await expect(fingerprint(page)).toHaveText(first);
});

test('a damaged link is explained, and leads on', async ({ page }) => {
  await page.goto('en/lab/#s=1notastate');
  await expect(page.getByRole('alert').first()).toBeVisible();
  await expect(page.getByText('Ten equal machines').first()).toBeVisible();
});
