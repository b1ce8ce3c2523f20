/** A host that is full, as a visitor meets it: balloons, why, no Tools, refusals, and two worlds compared. */
import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, test } from './support';

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
    .locator('dl > div', { has: where.page().getByText(name, { exact: true }) })
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

test('what is refused says why beside its control, in both languages, keeps what was typed, and goes when it is mended', async ({
  page,
}) => {
  await openAt(page, 900);
  const vm = card(page, 'stisrv9-w2k3srv-sql2005');
  const field = (where: Locator | Page, name: string | RegExp) => where.getByRole('spinbutton', { name });
  const order = async (control: Locator, text: string) => {
    await control.fill(text);
    await control.press('Enter');
  };
  const expectRefused = async (control: Locator, text: string, why: RegExp) => {
    await order(control, text);
    await expect(control).toHaveAccessibleDescription(why);
    await expect(control).toHaveAttribute('aria-invalid', 'true');
    await expect(control).toHaveValue(text);
    await expect(control).toBeFocused();
  };

  await vm.getByText('Settings').click();
  const minimum = field(vm, /^Minimum/);
  await expectRefused(minimum, '640', /320\sMB more .* 130\sMB .* still 320\sMB/);
  await expectRefused(minimum, '5000', /more than the size .*640\sMB/);
  await expect(vm.getByRole('slider', { name: /^Minimum/ })).toHaveAttribute('aria-invalid', 'true');
  await minimum.press('Escape');
  await expect(minimum).toHaveValue('320');
  await expect(minimum).not.toHaveAttribute('aria-invalid');
  await expectRefused(field(vm, 'Shares'), '200000', /from 0 to 100,000/);
  const remove = vm.getByRole('button', { name: 'Remove' });
  await remove.click();
  await expect(remove).toHaveAccessibleDescription(/is running/);
  await expectRefused(field(page, /^Mem.IdleTax/), '100', /from 0 to 99/);
  const soft = field(page, /^soft begins/);
  await expectRefused(soft, '61', /out of order.*Between 20 and 60/);
  // Nothing of all that has happened; what is mended has nothing to say any more.
  await expect(page.getByText(/^1 command/)).toHaveCount(0);
  await order(soft, '40');
  await expect(soft).not.toHaveAttribute('aria-invalid');

  const form = page.locator('form', { has: page.getByRole('button', { name: 'Create the VM' }) });
  const name = form.getByLabel('Name', { exact: true });
  await name.fill('local-wxp');
  await form.getByRole('button', { name: 'Create the VM' }).click();
  await expect(name).toBeFocused();
  await expect(name).toHaveAccessibleDescription(/Another VM is named local-wxp/);
  await name.fill('too-much');
  await order(field(form, 'Minimum'), '512');
  await expect(form.getByRole('button', { name: 'Create the VM' })).toHaveAccessibleDescription(
    /too-much was created and stays off.*130\sMB are promised to nobody/,
  );
  const powerOn = card(page, 'too-much').getByRole('button', { name: 'Power on' });
  await powerOn.click();
  await expect(powerOn).toHaveAccessibleDescription(/130\sMB are promised to nobody/);
  // The same in the other language, where the page goes on as it is.
  await page.getByRole('link', { name: 'Français' }).first().click();
  await expect(vm.getByRole('spinbutton', { name: 'Parts' })).toHaveAccessibleDescription(
    /200\s000 parts\s: de 0 à 100\s000 sont possibles/,
    READY,
  );
  await expectAccessible(page, '.stage');
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
