/** A lesson, gone through as somebody does who has no pointer. */
import type { Page } from '@playwright/test';
import { expect } from './support';

export const READY = { timeout: 45_000 };
const MOST_TABS = 240;
const TABS_AT_ONCE = 12;

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

interface Wanted {
  /** Source of a regular expression, or the whole name. */
  name: string;
  isPattern: boolean;
}

/**
 * Whether the focus is on what is wanted, by its name as a screen reader would say it, spaces of any width as plain ones;
 * never in a step that is not the one being read. With `hold`, further presses of Tab leave it there, once it is.
 */
const isThere = (page: Page, wanted: Wanted, hold: boolean) =>
  page.evaluate(
    ([{ name, isPattern }, hold]) => {
      const isOnIt = () => {
        const focus = document.activeElement as HTMLInputElement | null;
        if (!focus || focus.closest('.step:not(.active)')) return false;
        const label = focus.labels?.[0]?.cloneNode(true) as HTMLElement | undefined;
        for (const control of label?.querySelectorAll('select, input') ?? []) control.remove();
        const words = focus.getAttribute('aria-label') ?? label?.textContent ?? focus.textContent ?? '';
        const plain = words.replace(/\s+/g, ' ').trim();
        return isPattern ? new RegExp(name).test(plain) : plain === name;
      };
      const scope = globalThis as { holdTab?: (event: KeyboardEvent) => void };
      if (scope.holdTab) removeEventListener('keydown', scope.holdTab, true);
      delete scope.holdTab;
      if (hold) {
        scope.holdTab = (event) => {
          if (event.key === 'Tab' && isOnIt()) event.preventDefault();
        };
        addEventListener('keydown', scope.holdTab, true);
      }
      return isOnIt();
    },
    [wanted, hold] as const,
  );

/** Tab by Tab, many on their way at once: asking after each where the focus is would be most of a journey's time. */
export async function tabTo(page: Page, name: string | RegExp, isBackwards = false): Promise<void> {
  const wanted = { name: typeof name === 'string' ? name : name.source, isPattern: typeof name !== 'string' };
  if (await isThere(page, wanted, true)) return void (await isThere(page, wanted, false));
  for (let pressed = 0; pressed < MOST_TABS; pressed += TABS_AT_ONCE) {
    if (isBackwards) await page.keyboard.down('Shift');
    await Promise.all(
      Array.from({ length: TABS_AT_ONCE }, () => [page.keyboard.down('Tab'), page.keyboard.up('Tab')]).flat(),
    );
    if (isBackwards) await page.keyboard.up('Shift');
    if (await isThere(page, wanted, true)) return void (await isThere(page, wanted, false));
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
  await tabTo(page, WORDS[lang].speed, true);
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
