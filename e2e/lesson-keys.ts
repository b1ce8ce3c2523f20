/** A lesson, gone through as somebody does who has no pointer. */
import type { Page } from '@playwright/test';
import { expect } from './support';

export const READY = { timeout: 45_000 };
const MOST_TABS = 240;

export type Language = 'fr' | 'en';
export const WORDS = {
  fr: {
    open: 'L’ouvrir',
    play: 'Lecture',
    showMe: 'Montrez-moi',
    doInMine: 'Le faire dans mon monde',
    commit: 'C’est mon pronostic',
    speed: /^Vitesse du temps simulé/,
  },
  en: {
    open: 'Open it',
    play: 'Play',
    showMe: 'Show me',
    doInMine: 'Do it in my world',
    commit: 'This is my guess',
    speed: /^Speed of simulated time/,
  },
} as const;

/** The first sign of a reader, at which the world of the lesson opens: then it is there. */
export async function wake(page: Page, lang: Language): Promise<void> {
  await expect(page.getByRole('button', { name: WORDS[lang].open, exact: true })).toBeVisible(READY);
  await page.keyboard.press('Tab');
  await expect(page.locator('#stage .blank')).toHaveCount(0, READY);
  // Off the link that lies over the page's head while it has the focus.
  await page.locator('.step.active h2').focus();
}

/** What the focus is on, as a screen reader would call it, spaces of any width as plain ones; empty in a step that is not the one being read. */
const focusName = (page: Page) =>
  page.evaluate(() => {
    const focus = document.activeElement as HTMLInputElement | null;
    if (!focus || focus.closest('.step:not(.active)')) return '';
    const label = focus.labels?.[0]?.cloneNode(true) as HTMLElement | undefined;
    for (const control of label?.querySelectorAll('select, input') ?? []) control.remove();
    const name = focus.getAttribute('aria-label') ?? label?.textContent ?? focus.textContent ?? '';
    return name.replace(/\s+/g, ' ').trim();
  });

export async function tabTo(page: Page, name: string | RegExp, key = 'Tab'): Promise<void> {
  for (let i = 0; i < MOST_TABS; i++) {
    const focus = await focusName(page);
    if (typeof name === 'string' ? focus === name : name.test(focus)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`Tab never reached « ${name} »`);
}

export async function press(page: Page, name: string | RegExp): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press('Enter');
}

export async function type(page: Page, name: string, text: string): Promise<void> {
  await tabTo(page, name);
  // A slider of the same name may stand before the field.
  if (await page.evaluate(() => (document.activeElement as HTMLInputElement).type === 'range'))
    await page.keyboard.press('Tab');
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
}

/** In a list under the focus, once it has such a line, arrow by arrow until the words begin so. */
export async function choose(page: Page, name: string, words: string): Promise<void> {
  await tabTo(page, name);
  const lines = () =>
    page.evaluate(() =>
      [...(document.activeElement as HTMLSelectElement).options].map(
        (line) => line.textContent?.trim() ?? '',
      ),
    );
  await expect.poll(async () => (await lines()).some((line) => line.startsWith(words)), READY).toBe(true);
  await page.keyboard.press('Home');
  for (let i = 0; i < 40; i++) {
    const chosen = await page.evaluate(
      () => (document.activeElement as HTMLSelectElement).selectedOptions[0]?.textContent?.trim() ?? '',
    );
    if (chosen.startsWith(words)) return;
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`« ${name} » has no « ${words} »`);
}

/** On to the step after, until its world is there. */
export async function goOn(page: Page, step: string): Promise<void> {
  // Arrows belong to lists and fields while the focus is in one.
  await page.locator('.step.active h2').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(new RegExp(`#${step}$`));
  await expect(page.locator(`#${step}-title`)).toBeFocused();
  await expect(page.locator(`#${step}`).locator('.task button:disabled')).toHaveCount(0, READY);
}

/** Where the link to the stage leads: what is wanted comes after it. */
export const toStage = (page: Page) => page.locator('#stage').focus();

/** As fast as the engine goes, until the task is done. */
export async function playOut(page: Page, step: string, lang: Language): Promise<void> {
  // Backwards from the stage's last link: time is at its foot.
  await page.locator('#stage > .back').focus();
  await tabTo(page, WORDS[lang].speed, 'Shift+Tab');
  await page.keyboard.press('End');
  await page.keyboard.press('k');
  await done(page, step);
}

export const done = (page: Page, step: string) =>
  expect(page.locator(`#${step} .task.done`)).toBeVisible(READY);

/** « Show me », which happens in a copy and does not do the task; then the same in the reader's own world. */
export async function showThenDo(page: Page, step: string, lang: Language): Promise<void> {
  await press(page, WORDS[lang].showMe);
  await expect(page.getByRole('button', { name: WORDS[lang].doInMine })).toBeVisible(READY);
  await expect(page.locator(`#${step} .task.done`), 'a rehearsal does not do the task').toHaveCount(0);
  await press(page, WORDS[lang].doInMine);
  await done(page, step);
}

/** A value, by pages of its slider, and what the verdict says of it. */
export async function guess(page: Page, pages: number, lang: Language, verdict: RegExp | string) {
  await expect(page.locator('#guess .caption'), 'the caption would give it away').toBeHidden();
  await page.locator('#guess input[type=range]').focus();
  for (let i = 0; i < pages; i++) await page.keyboard.press('PageUp');
  await press(page, WORDS[lang].commit);
  await expect(page.locator('#guess .verdict')).toContainText(verdict, { timeout: 90_000 });
}
