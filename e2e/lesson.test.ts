import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectFits, test } from './support';

const LESSON = 'lessons/the-same-page-twice/';
const READY = { timeout: 45_000 };

const WORDS = {
  en: {
    read: (vm: string) => `Have the kernel read the page of ${vm}`,
    write: (vm: string) => `Have ${vm} write to this page`,
    showMe: 'Show me',
    doInMine: 'Do it in my world',
    commit: 'This is my guess',
  },
  fr: {
    read: (vm: string) => `Faire lire par le noyau la page de ${vm}`,
    write: (vm: string) => `Faire écrire ${vm} dans cette page`,
    showMe: 'Montrez-moi',
    doInMine: 'Le faire dans mon monde',
    commit: 'C’est mon pronostic',
  },
};

/** Tab until the focus is on a control of that name (in the active step or on the stage), as a reader would. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 160; i++) {
    const here = await page.evaluate(() => {
      const focus = document.activeElement;
      const elsewhere = focus?.closest('.step:not(.active)');
      return elsewhere ? '' : (focus?.getAttribute('aria-label') ?? focus?.textContent?.trim() ?? '');
    });
    if (here === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached « ${name} »`);
}

async function goOn(page: Page, step: string): Promise<void> {
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(new RegExp(`#${step}$`));
  await expect(page.locator(`#${step}-title`)).toBeFocused();
}

const done = (page: Page, step: string) => expect(page.locator(`#${step} .task.done`)).toBeVisible(READY);

for (const lang of ['fr', 'en'] as const) {
  const words = WORDS[lang];

  test(`the lesson is finished by keyboard alone (${lang})`, async ({ page }) => {
    // A whole lesson, key by key, and ten worlds of half an hour each.
    test.setTimeout(300_000);
    await page.goto(`${lang}/${LESSON}`);
    await expect(page.locator('.pair .between')).toHaveText('=', READY);
    await expectAccessible(page);

    await goOn(page, 'first-seen');
    await tabTo(page, words.read('linux-1'));
    await page.keyboard.press('Enter');
    await done(page, 'first-seen');

    await goOn(page, 'one-copy');
    await tabTo(page, words.read('linux-2'));
    await page.keyboard.press('Enter');
    await done(page, 'one-copy');
    await expect(page.locator('.pair .between')).toHaveText('≡');

    await goOn(page, 'write');
    await tabTo(page, words.write('linux-2'));
    await page.keyboard.press('Enter');
    await done(page, 'write');
    await expect(page.locator('.pair .between')).toHaveText('≠');

    for (const step of ['short-hash', 'pace'] as const) {
      if (step === 'pace') await guess(page, words.commit);
      await goOn(page, step);
      await expect(page.locator(`#${step}`).getByRole('button', { name: words.showMe })).toBeEnabled(READY);
      await tabTo(page, words.showMe);
      await page.keyboard.press('Enter');
      await expect(page.getByRole('button', { name: words.doInMine })).toBeVisible(READY);
      await expect(page.locator(`#${step} .task.done`), 'a rehearsal does not do the task').toHaveCount(0);
      await tabTo(page, words.doInMine);
      await page.keyboard.press('Enter');
      await done(page, step);
    }

    await goOn(page, 'zeros');
    await expectAccessible(page);
  });
}

/** Draws a curve point by point with the keys of a slider, commits it, waits for the ten worlds. */
async function guess(page: Page, commit: string): Promise<void> {
  await goOn(page, 'guess');
  await expect(page.locator('#guess .caption'), 'the caption would give it away').toBeHidden();
  await page.locator('#guess [role=slider]').first().focus();
  for (let point = 1; point <= 10; point++) {
    for (let i = 0; i < (point === 1 ? 2 : 7); i++) await page.keyboard.press('PageUp');
    await page.keyboard.press('ArrowRight');
  }
  await expect(page.locator('#guess [role=slider]').last()).toHaveAttribute('aria-valuenow', '70');
  await expect(page.locator('#guess .published')).toHaveCount(0);
  await tabTo(page, commit);
  await page.keyboard.press('Enter');
  await expect(page.locator('#guess .verdict')).toContainText('70', { timeout: 90_000 });
  await expect(page.locator('#guess .published').first()).toBeVisible();
}

test('a step has an address, and the run that another step replaces is one click away', async ({ page }) => {
  await page.goto(`en/${LESSON}#short-hash`);
  await expect(page.locator('#short-hash.active')).toBeVisible();
  const bits = page.getByRole('spinbutton', { name: 'bits of the hash' });
  await expect(bits).toBeEditable(READY);
  await bits.fill('12');
  await bits.press('Enter');
  await expect(bits).toHaveAttribute('aria-valuenow', '12');
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
