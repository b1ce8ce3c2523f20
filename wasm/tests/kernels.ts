/** Compiles the kernels alone (entry/kernels.ts), with assertions on, and gives their exports to tests. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';

/** 64-bit integers are signed here (`BigInt.asUintN` makes them unsigned), 32-bit ones too (`>>> 0`). */
export interface Kernels {
  memory: WebAssembly.Memory;
  heapBase(): number;
  xxh3(ptr: number, length: number): bigint;
  xxh3Page(ptr: number): bigint;
  contentKey(id: number, salt: bigint): bigint;
  expand(key: bigint, ptr: number): void;
  hashOfKey(key: bigint): bigint;
  bytesEqual(a: bigint, b: bigint): number;
  pagesEqual(a: number, b: number): number;
  firstDifference(a: number, b: number): number;
  equalByteCount(a: number, b: number): number;
  differingWords(
    now: number,
    then: number,
    bytes: number,
    places: number,
    words: number,
    limit: number,
  ): number;
  queueBytes(capacity: number): number;
  queueReset(ptr: number, capacity: number): void;
  queueSize(ptr: number): number;
  queuePush(ptr: number, timeNs: bigint, payload: number): number;
  queueMinTime(ptr: number): bigint;
  queuePop(ptr: number): number;
  queueRemove(ptr: number, payload: number): void;
}

/** Time allowed for loadKernels(): it may have to compile first. */
export const COMPILE_MS = 120_000;

const here = dirname(fileURLToPath(import.meta.url));
const core = join(here, '..');

function newest(folder: string): number {
  return Math.max(...readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs));
}

/** Compiles when the sources are newer than what is there. Several test files may do so at once. */
function compiled(): Uint8Array<ArrayBuffer> {
  const out = join(here, 'build', 'kernels.wasm');
  const built = statSync(out, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built <= Math.max(newest(join(core, 'kernel')), newest(join(here, 'entry')))) {
    mkdirSync(dirname(out), { recursive: true });
    const mine = `${out}.${process.pid}.${threadId}`;
    const asc = join(core, '../node_modules/assemblyscript/bin/asc.js');
    const options = ['-O2', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '64'];
    const run = spawnSync(process.execPath, [asc, 'tests/entry/kernels.ts', '-o', mine, ...options], {
      cwd: core,
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`asc: the kernels do not compile\n${run.stderr}`);
    renameSync(mine, out);
  }
  return new Uint8Array(readFileSync(out));
}

/** A fresh instance, 4 MiB of memory. */
export async function loadKernels(): Promise<Kernels> {
  const abort = (message: number, file: number, line: number) => {
    throw new Error(`assertion failed in the core, line ${line} (${message}, ${file})`);
  };
  const { instance } = await WebAssembly.instantiate(compiled(), { env: { abort } });
  return instance.exports as unknown as Kernels;
}
