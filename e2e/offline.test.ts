import { expect, test } from './support';

test.use({ serviceWorkers: 'allow' });

test('after one visit every page works with no network, visited or not', async ({ page, context }) => {
  await page.goto('en/');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  // Ready means active; everything is fetched before that.
  await context.setOffline(true);
  for (const path of ['fr/', 'en/lab/', 'fr/lessons/the-same-page-twice/', 'en/tools/census/', 'en/model/']) {
    await page.goto(path);
    await expect(page.locator('h1')).not.toBeEmpty();
  }
  await page.goto('en/lab/');
  await page.getByText('Ten equal machines').first().click();
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeEnabled({ timeout: 20_000 });
  await context.setOffline(false);
});
