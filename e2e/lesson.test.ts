import { expect, expectAccessible, expectFits, test } from './support';
import { done, goOn, press, READY, showThenDo, tabTo, wake, WORDS } from './lesson-keys';

const LESSON = 'lessons/the-same-page-twice/';

test('the lesson is finished by keyboard alone', async ({ page }) => {
  // A whole lesson, key by key, and ten worlds of half an hour each.
  test.setTimeout(300_000);
  await page.goto(`en/${LESSON}`);
  await wake(page, 'en');
  await expect(page.locator('.pair .between')).toHaveText('=', READY);
  await expectAccessible(page);

  await goOn(page, 'first-seen');
  await press(page, 'Have the kernel read the page of linux-1');
  await done(page, 'first-seen');

  await goOn(page, 'one-copy');
  await press(page, 'Have the kernel read the page of linux-2');
  await done(page, 'one-copy');
  await expect(page.locator('.pair .between')).toHaveText('≡');

  await goOn(page, 'write');
  await press(page, 'Have linux-2 write to this page');
  await done(page, 'write');
  await expect(page.locator('.pair .between')).toHaveText('≠');

  await goOn(page, 'short-hash');
  await showThenDo(page, 'short-hash', 'en');

  // A curve, point by point with the keys of its sliders; then its ten worlds.
  await goOn(page, 'guess');
  await expect(page.locator('#guess .caption'), 'the caption would give it away').toBeHidden();
  await page.locator('#guess [role=slider]').first().focus();
  for (let point = 1; point <= 10; point++) {
    for (let i = 0; i < (point === 1 ? 2 : 7); i++) await page.keyboard.press('PageUp');
    await page.keyboard.press('ArrowRight');
  }
  await expect(page.locator('#guess [role=slider]').last()).toHaveAttribute('aria-valuenow', '70');
  await expect(page.locator('#guess .published')).toHaveCount(0);
  await tabTo(page, WORDS.en.commit);
  await page.keyboard.press('Enter');
  await expect(page.locator('#guess .verdict')).toContainText('70', { timeout: 90_000 });
  await expect(page.locator('#guess .published').first()).toBeVisible();

  await goOn(page, 'pace');
  await showThenDo(page, 'pace', 'en');
  await goOn(page, 'zeros');
  await expectAccessible(page);
});

test('a step has an address, and the run that another step replaces is one click away', async ({ page }) => {
  await page.goto(`en/${LESSON}#short-hash`);
  await expect(page.locator('#short-hash.active')).toBeVisible();
  const bits = page.getByRole('spinbutton', { name: 'bits of the hash' });
  await expect(bits).toBeEditable(READY);
  await bits.fill('12');
  await bits.press('Enter');
  await expect(bits).toHaveAttribute('aria-valuenow', '12');
  // The world knows it, not only the hand.
  await expect(bits).toHaveAttribute('aria-busy', 'false');
  // A page that is left at once takes along what was just done.
  await page.reload();
  await expect(page.getByText('Your last attempt, at step 5, is kept.')).toBeVisible(READY);
  await page.getByRole('button', { name: 'Go back to it' }).click();
  await expect(bits).toHaveAttribute('aria-valuenow', '12', READY);
  await page.locator('#short-hash').getByRole('button', { name: 'Next' }).click();
  await expect(page.getByText('Your last attempt, at step 5, is kept.')).toBeVisible(READY);
  await page.getByRole('button', { name: 'Go back to it' }).click();
  await expect(page).toHaveURL(/#short-hash$/);
  await expect(bits).toHaveAttribute('aria-valuenow', '12', READY);
});

test('without a script the whole lesson is there to read, figures included', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`en/${LESSON}`);
  for (const heading of ['Two pages, word for word', 'One copy', 'And on its own?'])
    await expect(page.getByRole('heading', { name: heading })).toBeVisible();
  await expect(page.locator('#pace .caption')).toContainText(/400\sMB occupy 1\d\d\.\d\sMB/);
  await expect(page.getByRole('button', { name: 'Next', exact: true })).toHaveCount(0);
  await context.close();
});

test('fits a phone', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  await page.goto(`fr/${LESSON}#pace`);
  await expect(page.locator('canvas').first()).toBeVisible(READY);
  await expectFits(page);
  await expectAccessible(page);
});
