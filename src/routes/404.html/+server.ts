/**
 * The page a static host serves for an unknown address, at whatever depth: so it stands alone, without a file of
 * the site, and its links are put right by looking for the site's manifest in the folders above.
 */
import { createHash } from 'node:crypto';
import type { RequestHandler } from './$types';
import appCss from '../../app.css?raw';
import en from '#content/messages/en/shell.json';
import fr from '#content/messages/fr/shell.json';

export const prerender = true;

const tokens = appCss.slice(appCss.indexOf(':root {'), appCss.indexOf('*,\n'));
const style = `${tokens}
body { margin: 0; padding: 12vh 1.25rem 3rem; background: var(--paper); color: var(--ink-1); font: 400 1.0625rem/1.55 system-ui, sans-serif; }
main { max-width: 40rem; margin: auto; padding: 4px; border: 1.5px solid var(--ink-1); background: var(--sheet); }
.neat { display: grid; gap: 2rem; padding: 1.5rem; border: 1px solid var(--ink-1); }
h1, h2 { margin: 0; font-size: 1.75rem; letter-spacing: -0.028em; line-height: 1.12; }
p { margin: 0.5rem 0 0; }
a { color: inherit; text-decoration-color: var(--accent); text-underline-offset: 0.22em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.plate { margin: 0; font-size: 0.75rem; font-weight: 600; letter-spacing: 0.06em; text-transform: uppercase; }`;

const script = `
try {
  const theme = localStorage.getItem('alacarte.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {}
addEventListener('DOMContentLoaded', async () => {
  const parts = location.pathname.split('/');
  const folders = parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/') + '/');
  const known = parts.findIndex((part) => ['fr', 'en', 'embed'].includes(part));
  if (known > 0) folders.unshift(parts.slice(0, known).join('/') + '/');
  for (const root of folders) {
    try {
      const manifest = await (await fetch(root + 'manifest.webmanifest')).json();
      if (manifest.id !== 'a-la-carte') continue;
      for (const link of document.links) link.href = root + link.hreflang + '/';
      return;
    } catch {}
  }
});
`;

const sourceOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const html = `<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="content-security-policy" content="default-src 'none'; script-src ${sourceOf(script)}; style-src ${sourceOf(style)}; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'">
<title>${fr.notFoundTitle} · ${en.notFoundTitle} – ${en.name}</title>
<style>${style}</style>
<script>${script}</script>
</head>
<body>
<main><div class="neat">
<section><h1>${fr.notFoundTitle}</h1><p>${fr.notFoundText} <a hreflang="fr" href="fr/">${fr.notFoundHome}</a></p></section>
<section lang="en"><h2>${en.notFoundTitle}</h2><p>${en.notFoundText} <a hreflang="en" href="en/">${en.notFoundHome}</a></p></section>
<p class="plate">404 · ${en.name}</p>
</div></main>
</body>
</html>
`;

export const GET: RequestHandler = () =>
  new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
