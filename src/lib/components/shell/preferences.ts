/** What this browser remembers of its visitor: language and theme. Storage may be closed: then nothing is remembered. */
import type { Language } from '#lib/i18n/i18n';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const read = (key: string): string | null => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};

const write = (key: string, value: string): void => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A frame of another site, or a full disk: the choice holds until the page is left.
  }
};

/** static/start.js reads it at the front door. */
export const rememberLanguage = (lang: Language): void => write('alacarte.language', lang);

export const rememberedTheme = (): Theme =>
  THEMES.find((theme) => theme === read('alacarte.theme')) ?? 'auto';

/** Shows the theme now and at the next visit (static/theme.js). `auto` follows the system. */
export function chooseTheme(theme: Theme): void {
  write('alacarte.theme', theme);
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
