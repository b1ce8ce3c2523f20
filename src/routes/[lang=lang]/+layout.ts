import { loadCatalogue, type Area } from '#lib/i18n/i18n';
import type { LayoutLoad } from './$types';

/** What each page says beside the shell. A page that says more stops the build. */
const AREAS: Record<string, readonly Area[]> = {
  '/[lang=lang]': ['home', 'map'],
  '/[lang=lang]/compare': ['compare', 'host', 'lab', 'reason'],
  '/[lang=lang]/embed': ['embed', 'lab'],
  '/[lang=lang]/lab': ['lab', 'host', 'map', 'event', 'policy', 'reason'],
  '/[lang=lang]/lessons/[id]': ['lesson', 'map'],
  '/[lang=lang]/model': ['model', 'event', 'reason'],
  '/[lang=lang]/tools': ['capture'],
  '/[lang=lang]/tools/captures': ['capture', 'frame', 'policy'],
  '/[lang=lang]/tools/census': ['census'],
  '/[lang=lang]/tools/moving': ['moving'],
  '/[lang=lang]/validation': ['validation', 'host'],
};

export const load: LayoutLoad = async ({ params, route }) => ({
  lang: params.lang,
  catalogue: await loadCatalogue(params.lang, ['shell', ...(AREAS[route.id ?? ''] ?? [])]),
});
