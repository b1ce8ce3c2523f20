/** The maps that stand in embedded figures until they are started. */
import { error } from '@sveltejs/kit';
import { hasPoster, POSTER_SCENARIOS } from '#lib/embed/options';
import { STILL_SHAPES, stillMap, stillRun } from '#lib/embed/stills.server';
import { STILL_THEMES } from '#lib/model/lesson-still';
import { paintStill } from '#lib/stills/still.server';
import type { EntryGenerator, RequestHandler } from './$types';

export const prerender = true;
export const entries: EntryGenerator = () =>
  POSTER_SCENARIOS.flatMap((scenario) =>
    STILL_THEMES.flatMap((theme) => STILL_SHAPES.map((shape) => ({ scenario, theme, shape }))),
  );

export const GET: RequestHandler = async ({ params }) => {
  const theme = STILL_THEMES.find((one) => one === params.theme);
  const shape = STILL_SHAPES.find((one) => one === params.shape);
  if (!hasPoster(params.scenario) || !theme || !shape) error(404);
  const png = await paintStill(stillRun(params.scenario), await stillMap(params.scenario, shape), theme);
  return new Response(png, { headers: { 'content-type': 'image/png' } });
};
