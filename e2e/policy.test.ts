/** A host that is full, as a visitor meets it: balloons, why, no Tools, refusals, and two worlds compared. */
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './support';

const READY = { timeout: 30_000 };
const VMS = ['stisrv9-w2k3srv-sql2005', 'local-w2k3srv-files', 'local-wxp'] as const;
const card = (page: Page, name: string): Locator =>
  page.getByRole('article').filter({ has: page.getByRole('heading', { name, exact: true }) });
const policy = (page: Page): Locator => page.locator('section', { hasText: 'Memory policy' }).last();

/** The run of the full host at fifteen minutes: a long query has had five. */
async function openAt(page: Page, seconds: number, commands: unknown[] = []): Promise<void> {
  await page.goto('en/lab/#world=full-host');
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeEnabled(READY);
  const run = { v: 1, scenario: 'full-host', seed: 11, commands, t: seconds * 1e9, view: {} };
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: 'run.alacarte.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(run)),
    });
  const clock = new Date(seconds * 1000).toISOString().slice(11, 19);
  await expect(page.getByLabel('Simulated time').first()).toContainText(clock, READY);
}

/** A figure of a list of terms, in MB. */
async function figure(where: Locator, name: string): Promise<number> {
  const text = await where
    .locator('div', { has: where.page().getByText(name, { exact: true }) })
    .last()
    .innerText();
  return Number(/([\d,.]+)\sMB/.exec(text)?.[1]?.replaceAll(',', '') ?? NaN);
}

test('balloons bring memory to the VM that needs it; the guest says what it gave, and the event says why', async ({
  page,
}) => {
  await openAt(page, 900);
  await expect(policy(page)).toContainText(/soft: [\d.]+\sMB free/);
  expect(await figure(card(page, 'local-w2k3srv-files'), 'balloon')).toBeGreaterThan(100);
  expect(await figure(card(page, 'stisrv9-w2k3srv-sql2005'), 'allocated')).toBeGreaterThan(
    await figure(card(page, 'local-w2k3srv-files'), 'allocated'),
  );

  await page.getByRole('radio', { name: 'One VM' }).check();
  await page.getByRole('radio', { name: 'Guest and host' }).check();
  await expect(policy(page)).toContainText(/in the balloon|ballooned/);

  await page.locator('.filters summary').click();
  await page.getByRole('button', { name: 'balloon asked for', exact: true }).click();
  await expect(page.locator('.event').first()).toContainText('balloon should be');
  await page.getByRole('button', { name: 'why?' }).first().click();
  // The chain leads to what the policy decided for all VMs, and to the sum behind it.
  await expect(page.getByRole('button', { name: /New targets for 3 VMs/ })).toBeVisible();
});

test('without Tools the same crisis ends in the swap file', async ({ page }) => {
  const away = VMS.map((vm) => ({ timeNs: 0, command: { kind: 'set-tools', vm, tools: false } }));
  await openAt(page, 900, away);
  expect(await figure(policy(page), 'in balloons')).toBe(0);
  expect(await figure(policy(page), 'in the swap file')).toBeGreaterThan(20);
  expect(await figure(card(page, 'local-w2k3srv-files'), 'swapped')).toBeGreaterThan(10);
});

test('a minimum that cannot be promised is refused beside its control, and nothing changes', async ({
  page,
}) => {
  await openAt(page, 900);
  const vm = card(page, 'stisrv9-w2k3srv-sql2005');
  await vm.getByText('Settings').click();
  const minimum = vm.getByRole('spinbutton', { name: /^Minimum/ });
  await expect(minimum).toHaveValue('320');
  await minimum.fill('640');
  await minimum.press('Enter');
  await expect(minimum).toHaveAttribute('aria-invalid', 'true');
  await expect(minimum).toHaveAccessibleDescription(/MB/);
  await expect(minimum).toHaveValue('320');
  await expect(page.getByText(/^1 command/)).toHaveCount(0);
});

test('from any moment two worlds with one change go on side by side, and the difference is said', async ({
  page,
}) => {
  await openAt(page, 600);
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Compare' })).toBeVisible(READY);
  await page.getByLabel('What is different').selectOption({ label: 'Tools of a VM' });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Run again' })).toBeVisible({ timeout: 90_000 });
  await expect(page.getByRole('table').first()).toBeVisible();
});
