/**
 * npm run bench [-- [--json] [--rounds N] [name …]]
 *
 * Runs every benchmark suite (or those whose path contains one of the names), prints a table, then one JSON object a
 * row: {name, ours, peer, ratio, unit, reach, environment, …}, or {name, skipped}. With --json, only those lines.
 * It reports and does not judge: the exit code is 0 unless a suite breaks.
 *
 * A suite is a module `wasm/bench/<name>.bench.mjs` or `src/lib/<anywhere>/<name>.bench.mjs` that exports
 *
 *   async function suite(bench): Promise<void>
 *
 * and calls bench.compare() or bench.skip() for each of its rows (wasm/bench/harness.mjs says with what).
 */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createBench, table } from '../wasm/bench/harness.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '11' } },
});

/** @returns {string[]} paths of the suites, relative to the root */
function suites() {
  const found = [];
  for (const folder of ['wasm/bench', 'src/lib']) {
    for (const path of readdirSync(join(root, folder), { recursive: true })) {
      if (String(path).endsWith('.bench.mjs')) found.push(join(folder, String(path)));
    }
  }
  return found.filter((path) => names.length === 0 || names.some((name) => path.includes(name))).sort();
}

const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1');

const bench = createBench({ root, rounds, progress: (text) => process.stderr.write(`${text}\n`) });
let broken = 0;
for (const path of suites()) {
  bench.progress(path);
  try {
    const module = await import(pathToFileURL(join(root, path)).href);
    await module.suite(bench);
  } catch (error) {
    broken++;
    bench.progress(`  broken: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
await bench.close();
if (!options.json) console.log(`${table(bench.rows)}\n`);
for (const row of bench.rows) console.log(JSON.stringify(row));
process.exitCode = broken > 0 ? 1 : 0;
