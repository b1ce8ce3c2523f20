/** The maps that stand in embedded figures until they are started. */
import { error } from '@sveltejs/kit';
import { hasPoster, POSTER_SCENARIOS } from '#lib/embed/options';
import { stillMap, stillRun } from '#lib/embed/stills.server';
import { paintStill, STILL_THEMES } from '#lib/stills/still.server';
import type { EntryGenerator, RequestHandler } from './$types';

export const prerender = true;
export const entries: EntryGenerator = () =>
  POSTER_SCENARIOS.flatMap((scenario) => STILL_THEMES.map((theme) => ({ scenario, theme })));

export const GET: RequestHandler = async ({ params: { scenario, theme } }) => {
  if (!hasPoster(scenario) || (theme !== 'light' && theme !== 'dark')) error(404);
  const png = await paintStill(stillRun(scenario), await stillMap(scenario), theme);
  return new Response(png, { headers: { 'content-type': 'image/png' } });
};
