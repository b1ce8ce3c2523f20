import { error } from '@sveltejs/kit';
import { loadLesson } from '#lib/content/index';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params }) => {
  const lesson = await loadLesson(params.id, params.lang);
  if (!lesson) error(404);
  return { lesson };
};
