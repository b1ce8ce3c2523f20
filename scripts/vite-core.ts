import type { Plugin } from 'vite';
import { buildCensus, buildCore } from './core.mjs';

/** Compiles the core before anything imports it, and again when its sources change in development. */
export function core(): Plugin {
  return {
    name: 'alacarte-core',
    buildStart() {
      buildCore('release');
      buildCensus();
    },
    configureServer(server) {
      server.watcher.add('wasm');
      server.watcher.on('change', (file) => {
        if (!/\/wasm\/(?!build|tests|bench).*\.ts$/.test(file)) return;
        try {
          buildCore('release');
          buildCensus();
          server.ws.send({ type: 'full-reload' });
        } catch (error) {
          server.config.logger.error(String(error));
        }
      });
    },
  };
}
