import { createContext } from 'svelte';
import { NS_PER_SECOND, pagesToMib, type Nanoseconds, type Pages } from '#lib/units';
import { words, type Area, type Catalogue, type MessageKey } from './catalogue';

export const LANGUAGES = ['fr', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Params = Record<string, string | number>;
export type { Area, Catalogue, MessageKey };

export const isLanguage = (word: string): word is Language => (LANGUAGES as readonly string[]).includes(word);

/** Areas fetched so far: a part of a page that is still there after a change of page does not lose its words. */
const fetched: Record<Language, Partial<Catalogue>> = { fr: {}, en: {} };

/**
 * Fetches the words of some areas in one language.
 * @returns these areas; in the browser also those fetched before
 */
export async function loadCatalogue<A extends Area>(
  lang: Language,
  areas: readonly A[],
): Promise<Pick<Catalogue, A>> {
  const loaded = await Promise.all(areas.map(async (area) => [area, await words[lang][area]()] as const));
  const asked = Object.fromEntries(loaded) as Pick<Catalogue, A>;
  // Where pages are written, each gets what it asked for: one that says more fails there.
  if (import.meta.env.SSR) return asked;
  Object.assign(fetched[lang], asked);
  return { ...fetched[lang], ...asked };
}

/** More words for a page that is there: before a part of it is shown that says them. */
export async function needWords(i18n: I18n, areas: readonly Area[]): Promise<void> {
  const missing = areas.filter((area) => !i18n.catalogue[area]);
  if (missing.length > 0) Object.assign(i18n.catalogue, await loadCatalogue(i18n.lang, missing));
}

/**
 * Words, numbers, units and clocks of one language.
 * Placeholders are `{name}`; `{name|one|many}` picks a word by the plural rules of the language.
 * Numbers given as params are written in the language's way; strings as they are.
 */
export class I18n {
  readonly #plural: Intl.PluralRules;
  readonly #formats = new Map<string, Intl.NumberFormat>();

  constructor(
    readonly lang: Language,
    readonly catalogue: Partial<Catalogue>,
  ) {
    this.#plural = new Intl.PluralRules(lang);
  }

  t = (key: MessageKey, params: Params = {}): string => {
    const text = this.lookup(key);
    if (text === undefined) throw new Error(`No words for ${key} in ${this.lang}`);
    return this.fill(text, params);
  };

  /** For codes that come from the engine: undefined when the language file does not know them. */
  lookup = (key: string): string | undefined => {
    const dot = key.indexOf('.');
    const area = this.catalogue[key.slice(0, dot) as Area] as Record<string, string> | undefined;
    return area?.[key.slice(dot + 1)];
  };

  fill = (text: string, params: Params): string =>
    text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
      const value = params[name];
      if (value === undefined) return whole;
      if (one !== undefined && many !== undefined)
        return this.#plural.select(Number(value)) === 'one' ? one : many;
      return typeof value === 'number' ? this.number(value) : value;
    });

  /** Narrow no-break spaces group French digits; tabular figures are the style sheet's affair. */
  number = (value: number, digits = value % 1 === 0 ? 0 : 1): string => {
    const id = `n${digits}`;
    let format = this.#formats.get(id);
    if (!format) {
      format = new Intl.NumberFormat(this.lang, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      });
      this.#formats.set(id, format);
    }
    return format.format(value);
  };

  percent = (fraction: number, digits = 0): string =>
    `${this.number(fraction * 100, digits)}\u202f%`.replace(
      '\u202f',
      this.lang === 'fr' ? '\u202f' : '\u00a0',
    );

  /** Memory, from a count of pages: KB below a mebibyte, GB from ten gibibytes. */
  memory = (pages: Pages): string => {
    const mib = pagesToMib(pages);
    const [kilo, mega, giga] = this.lang === 'fr' ? ['Ko', 'Mo', 'Go'] : ['KB', 'MB', 'GB'];
    if (mib !== 0 && Math.abs(mib) < 1) return `${this.number(pages * 4, 0)}\u00a0${kilo}`;
    if (Math.abs(mib) >= 10_240) return `${this.number(mib / 1024, 1)}\u00a0${giga}`;
    return `${this.number(mib, mib % 1 === 0 ? 0 : 1)}\u00a0${mega}`;
  };

  /** Simulated time, 00:18:41.2 */
  clock = (timeNs: Nanoseconds, digits = 1): string => {
    const unit = 10 ** digits;
    const ticks = Math.floor((timeNs / NS_PER_SECOND) * unit + 1e-6);
    const whole = Math.floor(ticks / unit);
    const two = (n: number) => String(n).padStart(2, '0');
    const hms = `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
    return digits === 0 ? hms : `${hms}.${String(ticks % unit).padStart(digits, '0')}`;
  };

  hex = (value: number, digits = 6): string => `0x${value.toString(16).padStart(digits, '0')}`;
}

/** `provideI18n(() => i18n)` in the language's layout; `getI18n()` returns that getter in any component below it. */
export const [getI18n, provideI18n] = createContext<() => I18n>();
