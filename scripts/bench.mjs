/**
 * npm run bench [-- [--json] [--rounds N] [name …]]
 *
 * Runs every benchmark suite (or those whose file name contains one of the names), prints a table, then one JSON object
 * a row: {name, ours, peer, ratio, unit, reach, environment}, or {name, skipped}. With --json only the JSON lines.
 * It reports; it does not judge: the exit code is 0 unless a suite breaks.
 *
 * A suite is a module `wasm/bench/<name>.bench.mjs` or `src/lib/<anywhere>/<name>.bench.mjs` that exports
 *
 *   async function suite(bench: Bench): Promise<void>
 *
 * and calls bench.compare() or bench.skip() for each of its rows (wasm/bench/harness.mjs).
 */
import { globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createBench } from '../wasm/bench/harness.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
