import type { Plugin } from 'vite';
import { buildCensus, buildCore, buildHost } from './core.mjs';

/** Compiles the core before anything imports it, and again when its sources change in development. */
export function core(): Plugin {
  return {
    name: 'alacarte-core',
    buildStart() {
      buildCore('release');
      buildHost();
      buildCensus();
    },
    configureServer(server) {
      server.watcher.add('wasm');
      server.watcher.on('change', (file) => {
        if (!/\/wasm\/(?!build|tests|bench).*\.ts$/.test(file)) return;
        try {
          buildCore('release');
          buildHost();
          buildCensus();
          server.ws.send({ type: 'full-reload' });
        } catch (error) {
          server.config.logger.error(String(error));
        }
      });
    },
  };
}
