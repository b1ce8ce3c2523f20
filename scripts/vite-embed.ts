import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** The script of an embedded figure, as a key of the client build's manifest. */
export const FRAME_ENTRY = 'src/lib/embed/frame.ts';

/**
 * One more entry in the site's client build. A page of SvelteKit's starts its whole client; a figure that may never be
 * started must not, so its page has no client of SvelteKit's but this one small script, which shares the site's chunks.
 */
export function embedFrame(): Plugin {
  return {
    name: 'alacarte-embed-frame',
    apply: 'build',
    buildStart() {
      if (this.environment.config.consumer !== 'client') return;
      const id = fileURLToPath(new URL(`../${FRAME_ENTRY}`, import.meta.url));
      this.emitFile({ type: 'chunk', id, name: 'entry/frame' });
    },
  };
}
