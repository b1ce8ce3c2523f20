import { lessonIndex } from '#lib/content/index';
import { LANGUAGES } from '#lib/i18n/i18n';
import type { EntryGenerator } from './$types';

// Here, not beside the page's own load: no reader fetches the list of all lessons to read one.
export const entries: EntryGenerator = () =>
  LANGUAGES.flatMap((lang) => lessonIndex.map(({ id }) => ({ lang, id })));
