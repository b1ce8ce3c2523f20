import type { Plugin } from 'vite';

/**
 * What a worker fetches lies where the page's own assets lie. SvelteKit would put it into a folder of its own that the
 * service worker's list does not know, and the engine's core would be missing without a network.
 */
export function workerAssets(): Plugin {
  return {
    name: 'alacarte-worker-assets',
    enforce: 'post',
    config: () => ({
      worker: {
        rollupOptions: { output: { assetFileNames: '_app/immutable/assets/[name].[hash][extname]' } },
      },
    }),
  };
}
