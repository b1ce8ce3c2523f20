import type { Page } from '@playwright/test';
import { expect, expectAccessible, test } from './support';
import { done, goOn, guess, playOut, press, READY, tabTo, toStage, type, wake, WORDS } from './lesson-keys';

/** Opened again, the lesson stands where it was left, with its ticks and the guess. */
async function expectRemembered(page: Page, step: string, ticks: number, tick: string): Promise<void> {
  await page.reload();
  await expect(page.locator(`#${step}.active`)).toBeVisible(READY);
  await expect(page.getByRole('link', { name: new RegExp(`, ${tick}$`) })).toHaveCount(ticks);
  await expect(page.locator('#guess').getByRole('button', { name: /Mesurer|Measure/ })).toBeVisible();
}

test('a host is looked at from outside, by keyboard alone, to the end of the lesson', async ({ page }) => {
  await page.goto('fr/lessons/looking-from-outside/');
  await wake(page, 'fr');
  await expect(page.locator('#monitor .prose .live')).toHaveCount(4, READY);
  for (const step of ['traps', 'averages']) {
    await goOn(page, step);
    await playOut(page, step, 'fr');
  }
  await goOn(page, 'guess');
  await guess(page, 3, 'fr', /la mesure dit 14\d,\d\sMo\. Publié\s: 143,7\sMo/);

  // Refused, with what is missing; then given, once the test machine is off.
  await goOn(page, 'starved');
  await toStage(page);
  await press(page, 'stisrv9-w2k3srv-sql2005');
  await press(page, 'Réglages');
  await type(page, 'Minimum', '640');
  await page.keyboard.press('Enter');
  await expect(page.locator('#stage [aria-invalid=true]').first()).toBeVisible();
  await expectAccessible(page, '#stage');
  await toStage(page);
  await press(page, 'local-wxp');
  await press(page, 'Éteindre');
  await toStage(page);
  await tabTo(page, 'Minimum');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await done(page, 'starved');

  await goOn(page, 'other-half');
  await expectRemembered(page, 'other-half', 3, 'Fait');
});

test('balloons take and give, by keyboard alone, to the end of the lesson', async ({ page }) => {
  await page.goto('en/lessons/balloons/');
  await wake(page, 'en');
  await expect(page.locator('#promises .prose .live')).toHaveCount(3, READY);
  await goOn(page, 'blind');
  await playOut(page, 'blind', 'en');

  await goOn(page, 'install');
  await toStage(page);
  for (let vm = 0; vm < 3; vm++) {
    await press(page, 'Settings');
    await tabTo(page, 'VMware Tools, with the balloon driver');
    await page.keyboard.press('Space');
  }
  await playOut(page, 'install', 'en');
  await expectAccessible(page, '#stage');

  for (const step of ['driver', 'what-it-gives']) {
    await goOn(page, step);
    await playOut(page, step, 'en');
  }
  await goOn(page, 'guess');
  await guess(page, 5, 'en', /the run says 2\d\d\.?\d?\sMB/);

  await goOn(page, 'tax');
  await type(page, 'percent', '0');
  await page.keyboard.press('Enter');
  await playOut(page, 'tax', 'en');

  await goOn(page, 'let-go');
  await toStage(page);
  await press(page, 'Power off');
  await playOut(page, 'let-go', 'en');

  await goOn(page, 'side-by-side');
  await toStage(page);
  await press(page, 'Run all 2 worlds');
  await expect(page.locator('#stage').getByRole('button', { name: 'Run again' })).toBeVisible(READY);

  await goOn(page, 'never');
  await expectRemembered(page, 'never', 6, 'Done');
});

test('the patch server is sized, by keyboard alone, to the end of the lesson', async ({ page }) => {
  await page.goto('fr/lessons/sizing-the-patch-server/');
  await wake(page, 'fr');
  await expect(page.locator('#stage .events')).toContainText(/installeur demande 1.024.Mo/, READY);
  await toStage(page);
  await press(page, 'Éteindre');
  await press(page, 'Réglages');
  await type(page, 'Taille', '1024');
  await page.keyboard.press('Enter');
  await toStage(page);
  await press(page, 'Mettre sous tension');
  await playOut(page, 'refused', 'fr');

  await goOn(page, 'installed');
  await playOut(page, 'installed', 'fr');
  await goOn(page, 'detours');
  await goOn(page, 'measure');
  await playOut(page, 'measure', 'fr');

  // Six patch days, of six sizes.
  await goOn(page, 'guess');
  await page.locator('#guess [role=slider]').first().focus();
  for (let point = 0; point < 6; point++) {
    await page.keyboard.press('PageUp');
    await page.keyboard.press('ArrowRight');
  }
  await press(page, WORDS.fr.commit);
  await expect(page.locator('#guess .verdict')).toContainText(/10\s%\s; la mesure dit 9\s%/, {
    timeout: 60_000,
  });

  await goOn(page, 'par');
  await toStage(page);
  await press(page, 'Réglages');
  await type(page, 'Taille', '600');
  await page.keyboard.press('Enter');
  await toStage(page);
  await press(page, 'Mettre sous tension');
  await playOut(page, 'par', 'fr');
  await goOn(page, 'three-worlds');
  await expect(page.getByRole('link', { name: 'Les ouvrir dans Comparer' })).toHaveAttribute('href', /#./);
  await goOn(page, 'decided');
  await expectRemembered(page, 'decided', 4, 'Fait');
});
