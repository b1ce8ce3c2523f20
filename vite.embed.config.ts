import { defineConfig } from 'vite';

/**
 * The script for other people's pages: `<a-la-carte>`, one file without imports, to be used as a classic script or as a
 * module. It lies in static/, so that the site's own build copies it as it is.
 */
export default defineConfig({
  publicDir: false,
  resolve: { alias: { '#lib': new URL('src/lib', import.meta.url).pathname } },
  build: {
    target: 'es2022',
    outDir: 'static',
    emptyOutDir: false,
    copyPublicDir: false,
    reportCompressedSize: false,
    lib: {
      entry: 'src/lib/embed/element.ts',
      formats: ['iife'],
      name: 'alacarte',
      fileName: () => 'embed.js',
    },
  },
});
