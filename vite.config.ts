import { availableParallelism } from 'node:os';
import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { buildId } from './scripts/build-id.mjs';
import { core } from './scripts/vite-core.ts';
import { workerAssets } from './scripts/vite-worker-assets.ts';
import { embedFrame } from './scripts/vite-embed.ts';
import { lessons } from './scripts/vite-lessons.ts';
import { words } from './scripts/vite-words.ts';

/**
 * Vitest takes large files for long ones, and begins with them. A lesson's test is a line, and plays hours of its worlds:
 * at the end it would run alone.
 */
class LessonsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLesson = ({ moduleId }: TestSpecification) => moduleId.includes('/content/lessons/');
    const sorted = await super.sort(files);
    return [...sorted.filter(isLesson), ...sorted.filter((file) => !isLesson(file))];
  }
}

export default defineConfig({
  plugins: [
    core(),
    lessons(),
    words(),
    embedFrame(),
    sveltekit({
      compilerOptions: { runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true) },
      // The same names as package.json's imports, so that they resolve without a file ending.
      alias: { '#lib': 'src/lib', '#wasm': 'wasm', '#content': 'content' },
      // Lessons, journeys and the core's tests lie outside of src: checked with it.
      typescript: {
        config: (config) => {
          config.include.push('../content/**/*.ts', '../e2e/**/*.ts', '../wasm/tests/**/*.ts');
          // AssemblyScript's.
          config.exclude.push('../wasm/tests/entry/**');
        },
      },
      adapter: adapter({ pages: 'build', assets: 'build', strict: true }),
      prerender: {
        // Fragments as #s=… and #world=… are states of a page, not places on it.
        handleMissingId: ({ id, message }) => {
          if (!id.includes('=')) throw new Error(message);
        },
      },
      // Styles come with the page: a phone need not ask eight times before it draws. Characters, per file.
      inlineStyleThreshold: 16_384,
      // Relative, so that the built folder works at any depth of any plain server.
      paths: { relative: true },
      // Registered by our own shell, at the top level only: inside other people's frames it would throw.
      serviceWorker: { register: false },
      // A time stamp here would make two builds of one tree differ.
      version: { name: buildId() },
      csp: {
        mode: 'hash',
        directives: {
          'default-src': ['none'],
          'script-src': ['self', 'wasm-unsafe-eval'],
          'style-src': ['self'],
          // SvelteKit's route announcer has one inline style attribute.
          'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
          'img-src': ['self', 'data:', 'blob:'],
          'font-src': ['self'],
          'connect-src': ['self'],
          // blob: for the worker's loader, so that this policy covers the worker too.
          'worker-src': ['self', 'blob:'],
          'frame-src': ['self'],
          'manifest-src': ['self'],
          'base-uri': ['none'],
          'form-action': ['none'],
          'object-src': ['none'],
          'require-trusted-types-for': ['script'],
          'trusted-types': ['svelte-trusted-html', 'sveltekit-trusted-url', 'alacarte-url'],
        },
      },
    }),
    workerAssets(),
  ],
  worker: { format: 'es' },
  build: { target: 'es2022', assetsInlineLimit: (file) => (file.endsWith('.wasm') ? false : undefined) },
  test: {
    include: ['src/**/*.test.ts', 'wasm/**/*.test.ts', 'content/**/*.test.ts'],
    environment: 'node',
    // Begun sooner than processes are, and a test gets a world of modules of its own just the same.
    pool: 'threads',
    sequence: { sequencer: LessonsFirst },
    // A loaded machine may need ten times as long; no claim is made about time here.
    testTimeout: 60_000,
    // Both cores of a small machine: by itself vitest leaves one idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
