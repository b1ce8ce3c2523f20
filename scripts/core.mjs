/**
 * Compiles the core: wasm/index.ts → wasm/build/core.wasm (shipped) and core.debug.wasm (assertions on, for tests),
 * without the network core of worlds that have none, host-abi.ts → wasm/build/host.wasm, and the page census, a small module of its own: wasm/census/index.ts → wasm/build/census.wasm.
 */
import { mkdirSync, renameSync, statSync, readdirSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnSync } from 'node:child_process';
import { threadId } from 'node:worker_threads';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const wasm = join(root, 'wasm');

/** @returns {number} newest change among the core's sources, in milliseconds */
function newestSource(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['build', 'tests', 'bench'].includes(entry.name)) continue;
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestSource(path) : statSync(path).mtimeMs);
  }
  return newest;
}

/** @param {'release' | 'debug'} target */
export function buildCore(target = 'release', { force = false } = {}) {
  const outFile = target === 'release' ? 'build/core.wasm' : 'build/core.debug.wasm';
  compile('index.ts', outFile, newestSource(wasm), target, force);
}

/** The core of worlds without a network: half as much to fetch. */
export function buildHost({ force = false } = {}) {
  compile('host-abi.ts', 'build/host.wasm', newestSource(wasm), 'host', force);
}

/** The page census shares the kernel's hash and page comparison with the core. */
export function buildCensus({ force = false } = {}) {
  const newest = Math.max(newestSource(join(wasm, 'census')), newestSource(join(wasm, 'kernel')));
  compile('census/index.ts', 'build/census.wasm', newest, 'release', force);
}

/** Two may compile at once: each does it beside the file, and puts it in place whole. */
function compile(entry, outFile, newest, target, force) {
  const built = statSync(join(wasm, outFile), { throwIfNoEntry: false });
  if (!force && built && built.mtimeMs > newest) return;
  mkdirSync(join(wasm, 'build'), { recursive: true });
  const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');
  const mine = `${outFile}.${process.pid}.${threadId}`;
  const args = [asc, entry, '--config', 'asconfig.json', '--target', target, '--outFile', mine];
  const run = spawnSync(process.execPath, args, { cwd: wasm, stdio: ['ignore', 'inherit', 'inherit'] });
  if (run.status !== 0) throw new Error(`asc: ${entry} does not compile`);
  renameSync(join(wasm, mine), join(wasm, outFile));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildCore('release');
  buildHost();
  buildCensus();
  if (process.argv.includes('--debug')) buildCore('debug');
}
