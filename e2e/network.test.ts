import type { Locator, Page } from '@playwright/test';
import { expect, test } from './support';

const READY = { timeout: 30_000 };
const map = (page: Page): Locator => page.getByRole('group', { name: /^(Network of|Réseau de)/ });
/** A machine or switch on the map, by words of its label. */
const place = (page: Page, words: RegExp): Locator => map(page).getByRole('button', { name: words }).first();
const openPanel = (page: Page, name: string) =>
  page.getByRole('radio', { name, exact: true }).evaluate((radio: HTMLElement) => radio.click());

async function openWorld(page: Page, id: string): Promise<void> {
  await page.goto(`en/lab/#world=${id}`);
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeEnabled(READY);
  await expect(map(page)).toBeVisible(READY);
}

test('the story’s four switches are built from the one that ESX comes with, and taken back', async ({
  page,
}) => {
  await openWorld(page, 'esx-default');
  await openPanel(page, 'Build');
  for (const name of ['Local', 'Nat', 'VMnet1']) {
    await page.getByLabel('New virtual switch').fill(name);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(place(page, new RegExp(`virtual switch ${name}`))).toBeVisible();
  }
  // A label that is taken is refused beside its field, and nothing has changed.
  await page.getByLabel('New virtual switch').fill('Local');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByLabel('New virtual switch')).toHaveAttribute('aria-invalid', 'true');
  await expect(map(page).getByRole('button', { name: /virtual switch/ })).toHaveCount(4);
  await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
  await expect(map(page).getByRole('button', { name: /virtual switch/ })).toHaveCount(3);
});

test('a machine goes from one network to another by one cable, and back by undo', async ({ page }) => {
  await openWorld(page, 'esx-story');
  await openPanel(page, 'Build');
  const cards = page.getByLabel('Card', { exact: true });
  // The last of that network: the NAT server, which has a card there too, comes first.
  const option = cards.locator('option', { hasText: '(on VMnet1)' }).last();
  const machine = /^[^, ]+/.exec(await option.innerText())![0];
  await cards.selectOption({ label: await option.innerText() });
  await page.getByLabel('to the switch').selectOption('Réal');
  await page.getByRole('button', { name: 'Plug in' }).click();
  await expect(place(page, new RegExp(`^${machine},.* on .*Réal`))).toBeVisible();
  await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
  await expect(place(page, new RegExp(`^${machine},.* on .*VMnet1`))).toBeVisible();
});
