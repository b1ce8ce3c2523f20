/** A host that is full, as a visitor meets it: balloons, why, no Tools, refusals, and two worlds compared. */
import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, test } from './support';

const READY = { timeout: 30_000 };
const VMS = ['stisrv9-w2k3srv-sql2005', 'local-w2k3srv-files', 'local-wxp'] as const;
const card = (page: Page, name: string): Locator =>
  page.getByRole('article').filter({ has: page.getByRole('heading', { name, exact: true }) });
const policy = (page: Page): Locator => page.locator('section', { hasText: 'Memory policy' }).last();

/** The run of the full host at a moment; a long query begins at ten minutes. */
async function openAt(page: Page, seconds: number): Promise<void> {
  await page.goto('en/lab/#world=full-host');
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeEnabled(READY);
  const run = { v: 1, scenario: 'full-host', seed: 11, commands: [], t: seconds * 1e9, view: {} };
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

/** Goes to a moment by the slider of time, and waits until the world rests there: then it has its fingerprint. */
async function goTo(page: Page, seconds: number): Promise<void> {
  const print = page.getByRole('button', { name: /^run / });
  const before = await print.innerText();
  await page.getByLabel('Moment').fill(String(seconds * 10));
  await expect
    .poll(async () => ((await print.innerText()) === before ? '' : await print.innerText()), READY)
    .toMatch(/^run [0-9a-f]{4}·/);
}

/** A figure of a list of terms, in MB. */
async function figure(where: Locator, name: string): Promise<number> {
  const text = await where
    .locator('dl > div', { has: where.page().getByText(name, { exact: true }) })
    .last()
    .innerText();
  return Number(/([\d,.]+)\sMB/.exec(text)?.[1]?.replaceAll(',', '') ?? NaN);
}

test('the second VM gives memory to the first; why, what the guest paged out, the same without Tools, and both compared', async ({
  page,
}) => {
  const [SQL, FILES] = VMS;
  await openAt(page, 600);
  const before = {
    balloon: await figure(card(page, FILES), 'balloon'),
    allocated: await figure(card(page, SQL), 'allocated'),
  };
  // The long query has gone on for eleven minutes.
  await goTo(page, 1260);
  await expect(page.getByLabel('Simulated time').first()).toContainText('00:21:00', READY);
  await expect.poll(() => figure(card(page, FILES), 'balloon'), READY).toBeGreaterThan(before.balloon + 50);
  // Cards take the newest reading one after another.
  await expect.poll(() => figure(card(page, SQL), 'allocated'), READY).toBeGreaterThan(before.allocated + 50);
  await expect.poll(() => figure(card(page, SQL), 'guest page file'), READY).toBeGreaterThan(10);
  await expect(policy(page)).toContainText(/soft: [\d.]+\sMB free/);

  await page.getByRole('radio', { name: 'One VM' }).check();
  await page.getByRole('radio', { name: 'Guest and host' }).check();
  await expect(policy(page)).toContainText(/in the guest’s own page file: [1-9][\d.]*\sMB/);
  await policy(page).getByLabel('VM', { exact: true }).selectOption(FILES);
  await policy(page).getByRole('button', { name: 'why?' }).click();
  await expect(policy(page)).toContainText(/its balloon should be [\d.]+\sMB instead of/);
  // The chain leads to what the policy decided for all VMs, to the state of the host, and to its end.
  const chain = policy(page).getByRole('list', { name: 'Why: the events behind it' });
  await expect(chain.getByRole('button', { name: /New targets for 3 VMs/ })).toBeVisible();
  await expect(chain.getByRole('button').last()).toContainText(/went from high to soft.*free memory fell/);
  await expect(chain).toContainText('The chain ends here.');

  // Back before the query, without Tools: the same crisis.
  await goTo(page, 590);
  for (const name of VMS) {
    await card(page, name).getByText('Settings').click();
    await card(page, name).getByLabel('VMware Tools').uncheck();
  }
  await expect(policy(page)).toContainText('No VMware Tools, so no balloon driver');
  await goTo(page, 900);
  await policy(page).getByRole('button', { name: 'why?' }).click();
  await expect(policy(page)).toContainText(
    /was written to slot .* no (balloon driver runs in it|time for a balloon)/,
  );
  await page.getByRole('radio', { name: 'Host', exact: true }).check();
  expect(await figure(policy(page), 'in balloons')).toBe(0);
  expect(await figure(policy(page), 'in the swap file')).toBeGreaterThan(20);

  // Both runs, from where they part.
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page.getByText(`00:09:50 ${SQL} without VMware Tools`)).toBeVisible(READY);
  await page.getByLabel('Figure').selectOption({ label: 'Swapped' });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(page.getByText(/at its end, 00:30:00/)).toHaveCount(2, { timeout: 60_000 });
  await expect(page.getByText(/B has [\d.]+\sMB in its swap file more than A/).first()).toBeVisible();
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
  // An edge that keys have moved is a command, taken back by keys, in words; the focus stays where it was.
  const edge = vm.getByRole('slider', { name: /^Minimum/ });
  await edge.press('PageDown');
  await expect(page.getByText(/^1 command/)).toBeVisible();
  await edge.press('Control+z');
  await expect(page.getByText(/^Taken back: 00:15:00 .* with a minimum of 2\d\d/)).toBeInViewport();
  await expect(edge).toHaveValue('320');
  await expect(edge).toBeFocused();
  // Keys that follow one another are one change; the stroke on the bar goes with them before it is one.
  const moved = await edge.evaluate((input: HTMLInputElement) => {
    const strokeAt = () => Number(input.closest('article')!.querySelector('svg .limit')!.getAttribute('x1'));
    const before = strokeAt();
    for (let n = 0; n < 12; n++) {
      input.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true }));
      input.stepDown();
      for (const type of ['input', 'change']) input.dispatchEvent(new Event(type, { bubbles: true }));
    }
    return new Promise<number>((resolve) => requestAnimationFrame(() => resolve(strokeAt() - before)));
  });
  expect(moved).toBeLessThan(-1);
  await expect(page.getByText(/^1 command/)).toBeVisible();
  await expect(edge).toHaveValue('308');
  await edge.press('Control+z');
  await expect(edge).toHaveValue('320');
  await expect(page.getByText(/^1 command/)).toHaveCount(0);
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

  // What another control frees is possible by now, and the refusal goes.
  const other = card(page, 'local-w2k3srv-files');
  await other.getByText('Settings').click();
  const its = field(other, /^Minimum/);
  await order(minimum, '0');
  await expectRefused(its, '0', /256\sMB more of the swap file.* 192\.0\sMB/);
  await order(minimum, '320');
  await expect(its).toHaveAccessibleDescription(/Possible by now/);
  await expect(its).not.toHaveAttribute('aria-invalid');
  await its.press('Escape');
  await expect(its).toHaveValue('256');

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
