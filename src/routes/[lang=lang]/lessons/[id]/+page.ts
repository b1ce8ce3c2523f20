import { error } from '@sveltejs/kit';
import { lessonIndex, loadLesson } from '#lib/content/index';
import { LANGUAGES } from '#lib/i18n/i18n';
import type { EntryGenerator, PageLoad } from './$types';

export const entries: EntryGenerator = () =>
  LANGUAGES.flatMap((lang) => lessonIndex.map(({ id }) => ({ lang, id })));

export const load: PageLoad = async ({ params }) => {
  const lesson = await loadLesson(params.id, params.lang);
  if (!lesson) error(404);
  return { lesson };
};
