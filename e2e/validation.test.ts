import { expect, expectAccessible, expectFits, test } from './support';

test('an experiment runs in the page, is held against what was published, and is remembered', async ({
  page,
}) => {
  await page.goto('en/validation/');
  const figure = page.locator('section', { has: page.locator('#fig7') });
  await expect(figure.getByText('not run yet')).toBeVisible();
  await figure.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(figure.getByText(/^agrees · 5 of 5 agree/)).toBeVisible({ timeout: 100_000 });
  // Published and found stand side by side, and a chart can be read with the keys.
  await expect(figure.getByRole('row', { name: /Without the tax: idle VM/ })).toContainText('within');
  const chart = figure.getByRole('img');
  await chart.focus();
  await page.keyboard.press('Home');
  await expect(chart).toHaveAccessibleName(/00:00:00/);
  await figure.getByText('As a table').click();
  await expect(figure.getByRole('table', { name: 'Memory allocated' })).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectFits(page);
  const download = page.waitForEvent('download');
  await figure.getByRole('button', { name: 'Save JSON' }).click();
  expect((await download).suggestedFilename()).toBe('fig7.json');
  await page.reload();
  await expect(figure.getByText(/^agrees · 5 of 5 agree/)).toBeVisible();
});

test('running can be stopped, and a world can be opened in the lab', async ({ page }) => {
  await page.goto('fr/validation/');
  const figure = page.locator('section', { has: page.locator('#fig4') });
  await figure.getByRole('button', { name: 'Exécuter', exact: true }).click();
  await expect(figure.getByRole('progressbar')).toBeVisible();
  await figure.getByRole('button', { name: 'Arrêter' }).click();
  await expect(figure.getByRole('progressbar')).toBeHidden();
  await figure.getByText('Les mondes de cette expérience').click();
  await figure.getByRole('link', { name: 'osdi02-fig4-n2', exact: true }).click();
  await expect(page).toHaveURL(/\/fr\/lab\/#world=osdi02-fig4-n2/);
});
