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

test('a link that does not open says why', async ({ page }) => {
  await page.goto('en/compare/#s=1broken');
  await expect(page.getByRole('alert')).toContainText('This link does not open');
});
