import type { Handle } from '@sveltejs/kit';

/** Fonts that every page draws with at once; italic, bold and mono are fetched where they are used. */
const PRELOADED_FONT = /inter-latin-wght-normal|source-serif-4-latin-400-normal/;

/** Writes the language of the page into `<html lang>`. */
export const handle: Handle = ({ event, resolve }) =>
  resolve(event, {
    transformPageChunk: ({ html }) => html.replace('%lang%', event.params.lang ?? 'en'),
    preload: ({ type, path }) => (type === 'font' ? PRELOADED_FONT.test(path) : true),
  });
