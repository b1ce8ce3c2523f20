/** What stands on a lesson's stage until its world is there. */
import { error } from '@sveltejs/kit';
import { lessonIndex, loadLesson } from '#lib/content/index';
import { LANGUAGES, type Language } from '#lib/i18n/i18n';
import { lessonStillPath, STILL_THEMES } from '#lib/model/lesson-still';
import { memoryStill, networkStill } from '#lib/stills/lesson-still.server';
import type { EntryGenerator, RequestHandler } from './$types';

export const prerender = true;

async function* everyStill() {
  for (const { id } of lessonIndex)
    for (const lang of LANGUAGES)
      for (const theme of STILL_THEMES) {
        const definition = (await loadLesson(id, lang))!.definition;
        const path = lessonStillPath(definition, lang, theme);
        if (path) yield { file: path.slice(path.lastIndexOf('/') + 1), definition, lang, theme };
      }
}

export const entries: EntryGenerator = async () => {
  const files = new Set<string>();
  for await (const { file } of everyStill()) files.add(file);
  return [...files].map((file) => ({ file }));
};

export const GET: RequestHandler = async ({ params }) => {
  for await (const { file, definition, lang, theme } of everyStill()) {
    if (file !== params.file) continue;
    return file.endsWith('.svg')
      ? new Response(await networkStill(definition, lang as Language, theme), {
          headers: { 'content-type': 'image/svg+xml' },
        })
      : new Response(await memoryStill(definition, theme), { headers: { 'content-type': 'image/png' } });
  }
  error(404);
};
