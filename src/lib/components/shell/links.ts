/** Every address inside the site, in one place. All end with a slash, and all are relative until a browser has them. */
import { resolve } from '$app/paths';
import type { Language } from '#lib/i18n/i18n';

export const homeHref = (lang: Language): string => `${resolve('/[lang=lang]', { lang })}/`;
export const menuHref = (lang: Language): string => `${resolve('/[lang=lang]/menu', { lang })}/`;
export const labHref = (lang: Language): string => `${resolve('/[lang=lang]/lab', { lang })}/`;
export const toolsHref = (lang: Language): string => `${resolve('/[lang=lang]/tools', { lang })}/`;
export const censusHref = (lang: Language): string => `${resolve('/[lang=lang]/tools/census', { lang })}/`;
export const capturesHref = (lang: Language): string =>
  `${resolve('/[lang=lang]/tools/captures', { lang })}/`;
export const movingHref = (lang: Language): string => `${resolve('/[lang=lang]/tools/moving', { lang })}/`;
export const embedHref = (lang: Language): string => `${resolve('/[lang=lang]/embed', { lang })}/`;
export const modelHref = (lang: Language): string => `${resolve('/[lang=lang]/model', { lang })}/`;
export const validationHref = (lang: Language): string => `${resolve('/[lang=lang]/validation', { lang })}/`;
export const compareHref = (lang: Language): string => `${resolve('/[lang=lang]/compare', { lang })}/`;
export const lessonHref = (lang: Language, id: string): string =>
  `${resolve('/[lang=lang]/lessons/[id]', { lang, id })}/`;

/**
 * The page that `routeId` and `params` name, in another language.
 * @param routeId as SvelteKit writes it: `/[lang=lang]/lessons/[id]`
 */
export function translatedHref(
  routeId: string | null,
  params: Partial<Record<string, string>>,
  lang: Language,
): string {
  const rest = (routeId ?? '')
    .replace(/^\/\[lang=lang\]\/?/, '')
    .replace(/\[(\w+)(?:=\w+)?\]/g, (_, name: string) => params[name] ?? '');
  return homeHref(lang) + (rest && `${rest}/`);
}
