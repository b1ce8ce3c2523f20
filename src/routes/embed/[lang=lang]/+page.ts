import { loadCatalogue } from '#lib/i18n/i18n';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, data }) => ({
  ...data,
  lang: params.lang,
  catalogue: await loadCatalogue(params.lang, ['embed', 'host', 'lab', 'map', 'network', 'shell']),
});
