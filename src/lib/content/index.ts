/**
 * The reader of content: the menu (light, no lesson bodies) and one lesson in one language (its own chunk).
 */
import lessonIndex from 'virtual:lessons';
import type { Language } from '#lib/i18n/i18n';
import type { CompiledLesson, LessonDefinition } from './lesson-types';

export { lessonIndex };
export type { LessonIndexEntry } from './lesson-types';

const definitions = import.meta.glob<LessonDefinition>('/content/lessons/*/lesson.ts', { import: 'default' });
const prose = import.meta.glob<CompiledLesson>('/content/lessons/*/{fr,en}.md', { import: 'default' });

export interface Lesson {
  definition: LessonDefinition;
  prose: CompiledLesson;
}

/** One lesson in one language; null when there is none of that id. */
export async function loadLesson(id: string, lang: Language): Promise<Lesson | null> {
  const definition = definitions[`/content/lessons/${id}/lesson.ts`];
  const text = prose[`/content/lessons/${id}/${lang}.md`];
  if (!definition || !text) return null;
  const [loadedDefinition, loadedProse] = await Promise.all([definition(), text()]);
  return { definition: loadedDefinition, prose: loadedProse };
}
