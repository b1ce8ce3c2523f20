/**
 * oEmbed answers, one file a scene (oembed.com, version 1.0). A static site does not know its own address: SITE_URL names
 * it when the site is built; without it the addresses are those of the site's root.
 */
import { error, json } from '@sveltejs/kit';
import { embedPath, hasPoster, SCENES, usualOf, type SceneId } from '#lib/embed/options';
import { iframeSnippet } from '#lib/embed/snippets';
import { stillMap } from '#lib/embed/stills.server';
import { isLanguage, LANGUAGES, loadCatalogue } from '#lib/i18n/i18n';
import type { EntryGenerator, RequestHandler } from './$types';

const WIDTH_PX = 960;
const HEIGHT_PX = 520;
const root = `${(process.env.SITE_URL ?? '').replace(/\/$/, '')}/`;

export const prerender = true;
export const entries: EntryGenerator = () =>
  LANGUAGES.flatMap((lang) => SCENES.map((scene) => ({ lang, scene })));

export const GET: RequestHandler = async ({ params: { lang, scene } }) => {
  if (!isLanguage(lang) || !SCENES.includes(scene as SceneId)) error(404);
  const { scenario } = usualOf(scene as SceneId);
  if (!hasPoster(scenario)) error(404);
  const options = { scene: scene as SceneId, scenario };
  const { embed, shell, lab } = await loadCatalogue(lang, ['embed', 'shell', 'lab']);
  const title = embed.titleOf
    .replace('{scene}', embed[`scene.${options.scene}`])
    .replace('{world}', lab[`world.${scenario}`]);
  const { widthPx, heightPx } = await stillMap(scenario, 'wide');
  const request = { root, lang, options, title, labHref: `${root}${lang}/lab/`, picture: null };
  return json({
    version: '1.0',
    type: 'rich',
    provider_name: shell.name,
    provider_url: `${root}${lang}/`,
    title,
    html: iframeSnippet(request),
    width: WIDTH_PX,
    height: HEIGHT_PX,
    url: root + embedPath(lang, options),
    ...(options.scene === 'memory' && {
      thumbnail_url: `${root}posters/memory/${scenario}/light-wide.png`,
      thumbnail_width: widthPx,
      thumbnail_height: heightPx,
    }),
  });
};
