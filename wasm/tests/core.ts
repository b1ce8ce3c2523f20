/** The built core for tests: compiled when its sources are newer than what is there, with assertions or without. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';

export type Target = 'release' | 'debug';

const wasm = join(dirname(fileURLToPath(import.meta.url)), '..');
const asc = join(wasm, '../node_modules/assemblyscript/bin/asc.js');
const FILES = { release: 'core.wasm', debug: 'core.debug.wasm' };
/** Time that a first compilation may take on a busy machine. */
export const COMPILE_MS = 120_000;

/** Folders that the core is made of. */
export const SOURCES = ['guest', 'host', 'kernel', 'memory', 'network', 'policy', 'shared'];

export const ENTRIES = ['index.ts', 'host-abi.ts', 'network-abi.ts'];

function newestSource(): number {
  const files = SOURCES.flatMap((folder) =>
    readdirSync(join(wasm, folder), { recursive: true }).map((name) => join(wasm, folder, String(name))),
  );
  const abi = ENTRIES.map((name) => join(wasm, name));
  return Math.max(...[...files, ...abi].map((file) => statSync(file).mtimeMs));
}

/** @throws Error with the compiler's words when it does not compile. */
export function compileCore(folder: string, out: string, options: string[]): void {
  const run = spawnSync(
    process.execPath,
    [asc, 'index.ts', '--config', 'asconfig.json', ...options, '-o', out],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  if (run.status !== 0) throw new Error(`asc: the core does not compile\n${run.stderr}`);
}

/** Several test files may want the same at once: each compiles beside it and puts it in place whole. */
export function coreModule(target: Target): WebAssembly.Module {
  const out = join(wasm, 'build', FILES[target]);
  const built = statSync(out, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built <= newestSource()) {
    mkdirSync(dirname(out), { recursive: true });
    const mine = `${out}.${process.pid}.${threadId}`;
    compileCore(wasm, mine, ['--target', target]);
    renameSync(mine, out);
  }
  return new WebAssembly.Module(readFileSync(out));
}
