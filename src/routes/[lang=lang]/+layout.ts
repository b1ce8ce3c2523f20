import { loadCatalogue } from '#lib/i18n/i18n';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ params }) => ({
  lang: params.lang,
  catalogue: await loadCatalogue(params.lang),
});
