/** The core's kernels and their peers, and a whole world, timed inside the browser. Milliseconds. */
import FlatQueue from 'flatqueue';
import { createXXHash3 } from 'hash-wasm';
import * as v from 'valibot';
import story from '#content/scenarios/story-host.json';
import { Run } from '#lib/sim/run';
import { scenarioSchema } from '#lib/world/schema';
import coreUrl from '#wasm/build/core.wasm?url';
import kernelsUrl from '../build/kernels.wasm?url';

const PAGE = 4096;
const BUFFER_BYTES = 256 * 2 ** 20;
const BUFFER_PAGES = BUFFER_BYTES / PAGE;
const CACHED_PAGES = 4;
const INCREMENTS = 1 << 16;
const OPERATIONS = 1 << 20;

interface Kernels {
  memory: WebAssembly.Memory;
  heapBase(): number;
  hashPages(ptr: number, pages: number, times: number): bigint;
  expandAndHashPages(firstId: number, pages: number, salt: bigint): bigint;
  queueBytes(pending: number): number;
  holdFill(ptr: number, times: number, pending: number): void;
  hold(ptr: number, increments: number, mask: number, operations: number): bigint;
}

const kernelsModule = await WebAssembly.compileStreaming(fetch(kernelsUrl));
const core = await WebAssembly.compileStreaming(fetch(coreUrl));
const scenario = v.parse(scenarioSchema, story);

async function kernels(bytes: number): Promise<{ x: Kernels; start: number }> {
  const { exports } = await WebAssembly.instantiate(kernelsModule, { env: { abort: () => undefined } });
  const x = exports as unknown as Kernels;
  const start = Math.ceil(x.heapBase() / 65_536) * 65_536;
  const missing = start + bytes - x.memory.buffer.byteLength;
  if (missing > 0) x.memory.grow(Math.ceil(missing / 65_536));
  return { x, start };
}

function timed(work: () => void): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

function exponential(count: number, seed: number): Float64Array<ArrayBuffer> {
  const values = new Float64Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = Math.floor(-Math.log((state + 0.5) / 2 ** 32) * 1e6) + 1;
  }
  return values;
}

const hashing = await kernels(BUFFER_BYTES);
const words = new Uint32Array(hashing.x.memory.buffer, hashing.start, BUFFER_BYTES / 4);
for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2654435761) ^ (i >>> 7);
const bytes = new Uint8Array(hashing.x.memory.buffer, hashing.start, BUFFER_BYTES);
const hasher = await createXXHash3();

const increments = exponential(INCREMENTS, 1);
const queues = new Map<number, { ours: () => void; peer: () => void }>();

async function openQueues(pending: number): Promise<void> {
  const times = exponential(pending, 2);
  const room = (INCREMENTS + pending) * 8 + 64;
  const { x, start } = await kernels(room + pending * 32 + 65_536);
  const timesAt = start + INCREMENTS * 8;
  const queueAt = Math.ceil((timesAt + pending * 8) / 64) * 64;
  new Float64Array(x.memory.buffer, start, INCREMENTS).set(increments);
  new Float64Array(x.memory.buffer, timesAt, pending).set(times);
  x.holdFill(queueAt, timesAt, pending);
  const queue = new FlatQueue<number>(pending);
  times.forEach((time, i) => queue.push(i, time));
  queues.set(pending, {
    ours: () => void x.hold(queueAt, start, INCREMENTS - 1, OPERATIONS),
    peer: () => {
      for (let i = 0; i < OPERATIONS; i++) {
        const time = queue.peekValue()!;
        queue.push(queue.pop()!, time + increments[i & (INCREMENTS - 1)]!);
      }
    },
  });
}

const measured = {
  hash: () => timed(() => hashing.x.hashPages(hashing.start, BUFFER_PAGES, 1)),
  hashCached: () =>
    timed(() => hashing.x.hashPages(hashing.start, CACHED_PAGES, BUFFER_PAGES / CACHED_PAGES)),
  hashWasm: () =>
    timed(() => {
      for (let page = 0; page < BUFFER_PAGES; page++)
        hasher
          .init()
          .update(bytes.subarray(page * PAGE, (page + 1) * PAGE))
          .digest('binary');
    }),
  expandAndHash: () => timed(() => hashing.x.expandAndHashPages(1 << 24, BUFFER_PAGES, 1n)),
  openQueues,
  hold: (pending: number) => timed(queues.get(pending)!.ours),
  holdFlatQueue: (pending: number) => timed(queues.get(pending)!.peer),
  /** The story's host, a whole run with its checkpoints. */
  story: () =>
    timed(() => {
      const document = { v: 1 as const, scenario, seed: scenario.seed, commands: [], t: 0, view: {} };
      const run = new Run(core, document, scenario, () => performance.now());
      while (run.advance(scenario.durationSeconds * 1e9));
    }),
  storySeconds: scenario.durationSeconds,
};

declare global {
  var measured: unknown;
}
globalThis.measured = measured;
