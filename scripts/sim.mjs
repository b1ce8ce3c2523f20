/** The headless runner: `npm run -s sim -- <scenario.json> [options]`. src/lib/sim/runner.ts does the work. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';
import { buildCore } from './core.mjs';
import { connectLine } from './unix-line.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const where = process.env.INIT_CWD ?? process.cwd();
buildCore('release');
const { module } = await runnerImport(join(root, 'src/lib/sim/runner.ts'), {
  root,
  configFile: false,
  logLevel: 'error',
});
process.exitCode = await module.main(process.argv.slice(2), {
  core: new WebAssembly.Module(readFileSync(join(root, 'wasm/build/core.wasm'))),
  read: (path) => readFileSync(join(path.startsWith('/') ? '' : where, path), 'utf8'),
  write: (path, bytes) => writeFileSync(join(path.startsWith('/') ? '' : where, path), bytes),
  connect: (path) => connectLine(join(path.startsWith('/') ? '' : where, path)),
  rest: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  print: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  now: () => performance.now(),
});
