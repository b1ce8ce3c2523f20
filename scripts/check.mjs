/**
 * `npm run check`: format, lint and borders, types, the core's compilation. The first fault ends it. With names of parts
 * only those: `node scripts/check.mjs format lint`.
 */
import { bin, ensureInstalled, run } from './ensure.mjs';

/** What each part calls, in order. The core is last: `npm test` compiles it meanwhile. */
const PARTS = {
  format: [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
  lint: [bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0'],
  types: [bin('svelte-check/bin/svelte-check'), '--output', 'human', '--fail-on-warnings'],
  core: ['scripts/core.mjs'],
};

try {
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown) throw new Error(`No part is called ${unknown}: ${Object.keys(PARTS).join(', ')}`);
  ensureInstalled();
  const node = process.execPath;
  const env = { ...process.env, FORCE_COLOR: '0' };
  run(node, [bin('@sveltejs/kit/svelte-kit.js'), 'sync'], { env });
  for (const [name, args] of Object.entries(PARTS))
    if (wanted.length === 0 || wanted.includes(name)) run(node, args, { env });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
