import { expect, expectAccessible, expectFits, test } from './support';

test('two worlds with one change run side by side; the link holds them', async ({ page }) => {
  await page.goto('en/compare/#world=osdi02-fig7');
  await expect(page.getByLabel('World', { exact: true })).toHaveValue('osdi02-fig7');
  const other = page.locator('section', { has: page.locator('#world-B') }).last();
  await other.getByLabel('What is different').selectOption('an option of the host');
  await other.getByLabel('Value').fill('75');
  await other.getByLabel('Value').press('Enter');
  await page.getByLabel('Figure').selectOption({ label: 'Work done' });
  await page.getByLabel('VM', { exact: true }).last().selectOption('linux-dbench');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(page.getByText(/at its end, 01:10:00/)).toHaveCount(2, { timeout: 100_000 });
  // With the tax from the beginning, dbench has done more.
  await expect(
    page.getByText(/At 01:10:00, B has [\d,]+ operations done by linux-dbench more than A/).first(),
  ).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectFits(page);
  await expect(page).toHaveURL(/#s=/);
  await page.reload();
  await expect(other.getByLabel('Value')).toHaveValue('75');
  await expect(page.getByLabel('Figure')).toHaveValue('vmWork');
});

test('a run of the lab goes on as two, from its moment', async ({ page }) => {
  await page.goto('en/lab/#world=ten-linux');
  await page.getByRole('button', { name: 'Compare' }).click({ timeout: 60_000 });
  await expect(page).toHaveURL(/\/en\/compare\/#s=/);
  await expect(page.getByRole('heading', { name: 'World B' })).toBeVisible();
  // What the host refuses is said, and the other world goes on.
  const other = page.locator('section', { has: page.locator('#world-B') }).last();
  await other.getByLabel('What is different').selectOption('memory of the host');
  await other.getByLabel('Memory', { exact: true }).fill('65536');
  await page.getByRole('button', { name: 'A third world' }).click();
  await expect(page.getByRole('heading', { name: 'World C' })).toBeVisible();
  await page.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('heading', { name: 'World C' })).toBeHidden();
});

test('the past is changed: the future that was is kept, and both are compared from where they part', async ({
  page,
}) => {
  await page.goto('en/lab/#world=ten-linux');
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeEnabled({ timeout: 60_000 });
  // The clock shows where time is going; what is done meanwhile waits for it.
  const goTo = async (seconds: number, clock: string) => {
    await page.getByLabel('Moment').fill(String(seconds * 10));
    await expect(page.getByLabel('Simulated time').first()).toContainText(clock);
  };
  const powerOff = (vm: string) =>
    page.locator(`[data-vm="${vm}"]`).getByRole('button', { name: 'Power off' }).click();
  await goTo(600, '00:10:00');
  await powerOff('linux-1');
  await expect(page.getByText(/^1 command/)).toBeVisible();
  await goTo(300, '00:05:00');
  await powerOff('linux-2');
  // Said where the reader is, not only at the head of the page.
  await expect(page.getByText('You changed the past').first()).toBeInViewport();
  await page.getByRole('button', { name: 'Compare both' }).click();
  await expect(page).toHaveURL(/\/en\/compare\/#s=/);
  await expect(page.getByText('00:05:00 linux-2 powered off')).toBeVisible();
  await expect(page.getByText('00:10:00 linux-1 powered off')).toBeVisible();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(page.getByText(/at its end, 00:30:00/)).toHaveCount(3, { timeout: 100_000 });
  await expect(
    page.getByText(/At 00:30:00, B has [\d.]+\sMB of free memory more than A/).first(),
  ).toBeVisible();
  await expect(
    page.getByText(/At 00:30:00, C has [\d.]+\sMB of free memory more than A/).first(),
  ).toBeVisible();
});

test('a link that does not open says why', async ({ page }) => {
  await page.goto('en/compare/#s=1broken');
  await expect(page.getByRole('alert')).toContainText('This link does not open');
});
