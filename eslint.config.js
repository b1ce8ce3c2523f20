import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/**
 * The rooms and what each may not import (ARCHITECTURE.md): arrows go down only.
 * A pattern names the rooms above or beside.
 */
const rooms = (...names) => names.flatMap((name) => [`#lib/${name}`, `#lib/${name}/**`]);
const INTERFACE = rooms('state', 'components', 'content', 'embed', 'gesture', 'i18n');
const border = (files, forbidden, why, ignores = []) => ({
  files,
  ignores: ['**/*.test.ts', ...ignores],
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message: why }] }] },
});

export default ts.config(
  {
    ignores: [
      '.svelte-kit/',
      'build/',
      'static/',
      'wasm/**/build/',
      'test-results/',
      // AssemblyScript: asc checks it; its types are not TypeScript's.
      'wasm/kernel/',
      'wasm/memory/',
      'wasm/guest/',
      'wasm/host/',
      'wasm/network/',
      'wasm/census/',
      'wasm/index.ts',
      'wasm/host-abi.ts',
      'wasm/network-abi.ts',
      'wasm/bench/*.ts',
      'wasm/tests/entry/',
    ],
  },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs['flat/recommended'],
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      'no-undef': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/ban-ts-comment': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'Nothing here is random: use a seeded stream of the core.',
        },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "MemberExpression[property.name='innerHTML']", message: 'Data never becomes markup.' },
      ],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] } },
    rules: {
      'svelte/no-at-html-tags': 'error',
      // Links are made relative in one place (components/shell/links.ts), so that the site works at any depth.
      'svelte/no-navigation-without-resolve': 'off',
      // Reads the words of an explanation after the code as more codes.
      'svelte/no-unused-svelte-ignore': 'off',
      'svelte/prefer-svelte-reactivity': 'off',
      // {' '} and {'\n'} keep white space that Svelte would drop.
      'svelte/no-useless-mustaches': 'off',
    },
  },
  border(
    ['src/lib/units.ts', 'src/lib/ids.ts'],
    ['#lib/**', '#wasm/**', '#content/**'],
    'units and ids import nothing',
  ),
  border(
    ['src/lib/capture/**'],
    [...INTERFACE, ...rooms('sim', 'world', 'core', 'model', 'layout', 'tools')],
    'capture reads and writes bytes: it knows the units and nothing else',
  ),
  border(
    ['src/lib/core/**'],
    [...INTERFACE, ...rooms('sim', 'world', 'model', 'layout', 'tools', 'capture')],
    'core knows the wasm and the units',
  ),
  border(
    ['src/lib/world/**'],
    [...INTERFACE, ...rooms('sim', 'core', 'model', 'layout', 'tools', 'capture')],
    'world is pure data: it knows nothing of the app',
  ),
  border(['src/lib/sim/**'], [...INTERFACE, ...rooms('model', 'tools')], 'sim is below the interface'),
  border(
    ['src/lib/model/**', 'src/lib/layout/**'],
    [...INTERFACE.filter((room) => !room.includes('i18n')), ...rooms('tools')],
    'model and layout are pure: a reading in, data out',
  ),
  border(
    ['src/lib/content/**'],
    rooms('state', 'components', 'embed', 'gesture'),
    'content is read by the interface; its models alone reach into tools',
  ),
  border(
    ['src/lib/state/**'],
    [...rooms('components', 'core', 'sim/engine', 'sim/run', 'sim/world', 'tools')],
    'state reaches the engine by the bridge only',
  ),
  border(
    ['src/lib/components/**', 'src/routes/**'],
    [...rooms('core', 'sim/engine', 'sim/bridge', 'sim/run', 'sim/world', 'sim/worker')],
    'a view reads readings and sends commands; it never imports the engine',
  ),
);
