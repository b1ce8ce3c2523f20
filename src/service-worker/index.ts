/// <reference types="@sveltejs/kit" />
/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="webworker" />
/**
 * Everything works without a network after one visit. The whole site is fetched at once into a cache that bears the
 * version; a new version waits until the last tab of the old one is closed, so nothing changes in mid-lesson.
 * Nothing here throws: what the cache cannot answer, the network may; what neither can is a plain "not found".
 */
import { base, build, files, prerendered, version } from '$service-worker';

const worker = self as unknown as ServiceWorkerGlobalScope;

/** Other copies of the site may live on the same origin, at other paths. */
const family = `alacarte ${base}/ `;
const everything = [...new Set([...build, ...files, ...prerendered])];
/** The names of built files hold a hash of their content: two builds without a version of their own differ all the same. */
const contents = everything
  .join()
  .split('')
  .reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 0);
const cacheName = `${family}${version} ${(contents >>> 0).toString(36)}`;

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(cacheName).then((cache) =>
      // Pages keep their address from one version to the next: the browser's own cache must not answer for them.
      cache.addAll(everything.map((path) => new Request(path, { cache: 'no-cache' }))),
    ),
  );
});

worker.addEventListener('activate', (event) => {
  const tidy = async () => {
    for (const name of await caches.keys())
      if (name.startsWith(family) && name !== cacheName) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(tidy());
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || request.headers.has('range')) return;
  if (!url.pathname.startsWith(`${base}/`)) return;
  event.respondWith(request.mode === 'navigate' ? page(request, url) : asset(request));
});

/** Queries are the page's own affair: every address with the same path is the same file. */
async function fromCache(path: string): Promise<Response | undefined> {
  try {
    return await (await caches.open(cacheName)).match(path, { ignoreSearch: true });
  } catch {
    return undefined;
  }
}

async function page(request: Request, url: URL): Promise<Response> {
  const path = url.pathname;
  const found = await fromCache(path.replace(/\/index\.html$/, '/'));
  if (found) return found;
  if (!path.endsWith('/') && (await fromCache(`${path}/`)))
    return Response.redirect(`${path}/${url.search}`, 302);
  try {
    return await fetch(request);
  } catch {
    const lost = await fromCache(`${base}/404.html`);
    return lost ? new Response(lost.body, { status: 404, headers: lost.headers }) : Response.error();
  }
}

async function asset(request: Request): Promise<Response> {
  const found = await fromCache(request.url);
  if (found) return found;
  try {
    return await fetch(request);
  } catch {
    return Response.error();
  }
}
