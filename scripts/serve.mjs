/** A plain static server for the built folder, with no special header, at any path depth. Used by `npm start` and by the tests. */
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sirv from 'sirv';
import { root } from './ensure.mjs';

/**
 * @param {{ port: number, base?: string, folder?: string }} options `base` such as '/docs/lab'; '' is the top
 * @returns {Promise<import('node:http').Server>} once it listens; port 0 picks a free one
 */
export function serve({ port, base = '', folder = join(root, 'build') }) {
  const files = sirv(folder, { dev: true, etag: true });
  const missing = join(folder, '404.html');
  const server = createServer((request, response) => {
    if (!request.url.startsWith(`${base}/`)) {
      response.writeHead(request.url === base ? 308 : 404, { location: `${base}/` }).end();
      return;
    }
    request.url = request.url.slice(base.length);
    files(request, response, () => {
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' });
      response.end(existsSync(missing) ? readFileSync(missing) : 'Not found');
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve(server));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [port = '4173', base = '', folder] = process.argv.slice(2);
  await serve({ port: Number(port), base, folder });
}
