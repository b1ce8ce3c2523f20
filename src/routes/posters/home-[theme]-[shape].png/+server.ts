/** The picture that stands on the home page until the engine is there: of the run that then goes on. */
import { error } from '@sveltejs/kit';
import { homeRun, POSTER_THEMES, POSTERS, type PosterShape } from '#lib/model/home';
import { paintStill } from '#lib/stills/still.server';
import type { EntryGenerator, RequestHandler } from './$types';

export const prerender = true;
export const entries: EntryGenerator = () =>
  POSTER_THEMES.flatMap((theme) => Object.keys(POSTERS).map((shape) => ({ theme, shape })));

export const GET: RequestHandler = async ({ params: { theme, shape } }) => {
  if ((theme !== 'light' && theme !== 'dark') || !(shape in POSTERS)) error(404);
  const png = await paintStill(homeRun(), { order: 'machine', ...POSTERS[shape as PosterShape] }, theme);
  return new Response(png, { headers: { 'content-type': 'image/png' } });
};
