/** `npm run check`: format, lint and borders, types, the core's compilation. The first fault ends it. */
import { bin, ensureInstalled, run } from './ensure.mjs';

try {
  ensureInstalled();
  const node = process.execPath;
  const quiet = { FORCE_COLOR: '0' };
  const env = { ...process.env, ...quiet };
  run(node, [bin('@sveltejs/kit/svelte-kit.js'), 'sync'], { env });
  run(node, [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'], { env });
  run(node, [bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0'], { env });
  run(node, [bin('svelte-check/bin/svelte-check'), '--output', 'human', '--fail-on-warnings'], { env });
  // Last: `npm test` compiles it meanwhile.
  run(node, ['scripts/core.mjs'], { env });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
