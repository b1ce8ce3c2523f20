/** The picture that stands on a lesson's stage until its world is there: made at build time of the world that then opens. */
import { hasNetwork, type LessonDefinition } from '#lib/content/lesson-types';
import type { Language } from '#lib/i18n/i18n';

export const STILL_THEMES = ['light', 'dark'] as const;
export type StillTheme = (typeof STILL_THEMES)[number];

/** A host with a network shows its map, another its memory; a model is no host and has no picture. */
export function lessonStillPath(
  definition: LessonDefinition,
  lang: Language,
  theme: StillTheme,
): `/posters/lessons/${string}` | null {
  const { id, steps } = definition;
  const world = steps[0]?.world;
  if (!world || 'model' in world) return null;
  return hasNetwork(definition)
    ? `/posters/lessons/${id}-${lang}-${theme}.svg`
    : `/posters/lessons/${id}-${theme}.png`;
}
