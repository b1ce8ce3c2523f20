/** XXH3-64 of 4 KiB pages, against hash-wasm and against C; and what the scanner does: make a page, hash it. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createXXHash3 } from 'hash-wasm';

const PAGE = 4096;
const BUFFER_BYTES = 256 * 2 ** 20;
const BUFFER_PAGES = BUFFER_BYTES / PAGE;
/** Small enough for the first cache, and as much work in all. */
const CACHED_PAGES = 4;
const CACHED_TIMES = BUFFER_PAGES / CACHED_PAGES;
const GIGA = 1e9;

const u64 = (/** @type {bigint} */ value) => BigInt.asUintN(64, value);

/** @param {string} what @param {unknown} a @param {unknown} b */
function same(what, a, b) {
  if (a !== b) throw new Error(`${what}: ${String(a)} and ${String(b)} should be equal`);
}

/**
 * Starts the C program, or says why not.
 * @param {import('./harness.mjs').Bench} bench
 * @returns {Promise<string | ((first: number, pages: number, times: number) => Promise<{ ms: number, sum: bigint }>)>}
 */
async function cPeer(bench) {
  const out = join(bench.root, 'wasm/bench/build/xxh3');
  const source = join(bench.root, 'wasm/bench/xxh3.c');
  if (process.arch !== 'x64') return 'the C peer is built for SSE2; this is not an x64 machine';
  if (spawnSync('gcc', ['--version']).status !== 0) return 'no gcc';
  if (!existsSync('/usr/include/xxhash.h')) return 'no /usr/include/xxhash.h (libxxhash-dev)';
  const gcc = spawnSync('gcc', ['-O3', '-msse2', source, '-o', out], { encoding: 'utf8' });
  if (gcc.status !== 0) return `gcc fails: ${gcc.stderr.split('\n')[0]}`;

  const child = spawn(out, [String(BUFFER_BYTES)], { stdio: ['pipe', 'pipe', 'inherit'] });
  bench.atEnd(() => void child.stdin.end());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (first, pages, times) => {
    child.stdin.write(`${first} ${pages} ${times}\n`);
    const { value } = await lines.next();
    const [taken, sum] = String(value).split(' ');
    return { ms: Number(taken) / 1e6, sum: BigInt(`0x${sum}`) };
  };
}

/** @param {import('./harness.mjs').Bench} bench */
export async function suite(bench) {
  const module = await WebAssembly.compile(readFileSync(bench.compileAssemblyScript('bench/kernels.ts')));
  const { exports } = await WebAssembly.instantiate(module, { env: { abort() {} } });
  const { memory, heapBase, hashPages, expandAndHashPages } = /** @type {any} */ (exports);
  const start = Math.ceil(heapBase() / 65_536) * 65_536;
  memory.grow(Math.ceil((start + BUFFER_BYTES - memory.buffer.byteLength) / 65_536));
  const words = new Uint32Array(memory.buffer, start, BUFFER_BYTES / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2654435761) ^ (i >>> 7);
  const bytes = new Uint8Array(memory.buffer, start, BUFFER_BYTES);

  // hash-wasm: one hasher kept, as its documentation advises; digest('binary') spares it the hexadecimal string.
  const hasher = await createXXHash3();
  const hashWasm = (/** @type {number} */ page) =>
    hasher
      .init()
      .update(bytes.subarray(page * PAGE, (page + 1) * PAGE))
      .digest('binary');
  for (const page of [0, 1, 4711, BUFFER_PAGES - 1]) {
    const theirs = Buffer.from(hashWasm(page)).readBigUInt64BE();
    same('hash of a page', u64(hashPages(start + page * PAGE, 1, 1)), theirs);
  }
  await bench.compare({
    name: 'XXH3-64, 4 KiB pages, 256 MiB / hash-wasm',
    unit: 'GB/s',
    work: BUFFER_BYTES / GIGA,
    reach: 3,
    ours: () => void hashPages(start, BUFFER_PAGES, 1),
    peer: () => {
      for (let page = 0; page < BUFFER_PAGES; page++) hashWasm(page);
    },
  });

  const c = await cPeer(bench);
  const inBuffer = 'XXH3-64, 4 KiB pages, 256 MiB / C, gcc -O3 -msse2';
  const inCache = 'XXH3-64, 4 KiB pages, in cache / C, gcc -O3 -msse2';
  const hashCached = () => u64(hashPages(start, CACHED_PAGES, CACHED_TIMES));
  if (typeof c === 'string') {
    bench.skip(inBuffer, c);
    bench.skip(inCache, c);
  } else {
    same('sum of all hashes', u64(hashPages(start, BUFFER_PAGES, 1)), (await c(0, BUFFER_PAGES, 1)).sum);
    await bench.compare({
      name: inBuffer,
      unit: 'GB/s',
      work: BUFFER_BYTES / GIGA,
      reach: 0.7,
      ours: () => void hashPages(start, BUFFER_PAGES, 1),
      peer: async () => (await c(0, BUFFER_PAGES, 1)).ms,
    });
    same('sum of the hashes in cache', hashCached(), (await c(0, CACHED_PAGES, CACHED_TIMES)).sum);
    await bench.compare({
      name: inCache,
      unit: 'GB/s',
      work: BUFFER_BYTES / GIGA,
      reach: 0.7,
      ours: () => void hashCached(),
      peer: async () => (await c(0, CACHED_PAGES, CACHED_TIMES)).ms,
    });
  }

  await bench.compare({
    name: 'key to bytes to XXH3-64, a page / the hash alone, in cache',
    unit: 'M pages/s',
    work: BUFFER_PAGES / 1e6,
    // 2.5 million pages a second where the hash alone does 14 GB/s.
    reach: round2(2.5e6 / (14e9 / PAGE)),
    ours: () => void expandAndHashPages(1 << 24, BUFFER_PAGES, 1n),
    peer: () => void hashCached(),
  });
}

/** @param {number} value */
function round2(value) {
  return Math.round(value * 100) / 100;
}
