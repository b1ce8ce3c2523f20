/**
 * Frames through a virtual switch: eight hosts, four TCP flows, 1 Gbit/s, real bytes and checksums; against ns-3. And the
 * largest scenario against the clock.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createServer } from 'vite';

const MILLISECONDS = 500;
const OURS_MILLISECONDS = 2000;
/** Of the update server's day: it downloads, and the first of its 900 clients do. */
const DAY_SECONDS = 3600;

/**
 * Compiles and starts the ns-3 program, or says why not.
 * @param {import('./harness.mjs').Bench} bench
 * @returns {Promise<string | (() => Promise<{ frames: number, ms: number }>)>}
 */
async function ns3(bench) {
  if (spawnSync('g++', ['--version']).status !== 0) return 'no g++';
  if (!existsSync('/usr/include/ns3')) return 'no /usr/include/ns3 (libns3-dev)';
  mkdirSync(join(bench.root, 'wasm/bench/build'), { recursive: true });
  const out = join(bench.root, 'wasm/bench/build/ns3');
  const libraries = ['core', 'network', 'internet', 'csma', 'bridge', 'applications'].map(
    (name) => `-lns3-${name}`,
  );
  const compiled = spawnSync('g++', ['-O3', join(bench.root, 'wasm/bench/ns3.cc'), '-o', out, ...libraries], {
    encoding: 'utf8',
  });
  if (compiled.status !== 0) return `g++ fails: ${compiled.stderr.split('\n')[0]}`;
  const child = spawn(out, [], { stdio: ['pipe', 'pipe', 'inherit'] });
  bench.atEnd(() => void child.stdin.end());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    child.stdin.write(`${MILLISECONDS}\n`);
    const { value } = await lines.next();
    const [frames, ns] = String(value).split(' ').map(Number);
    return { frames: Number(frames), ms: Number(ns) / 1e6 };
  };
}

/** @param {import('./harness.mjs').Bench} bench */
export async function suite(bench) {
  // The core's door is TypeScript: the project's own loader reads it.
  const vite = await createServer({
    root: bench.root,
    server: { middlewareMode: true },
    appType: 'custom',
    logLevel: 'error',
  });
  bench.atEnd(() => vite.close());
  const { eightHosts } = await vite.ssrLoadModule('/wasm/bench/eight-hosts.ts');
  const { firstSeconds } = await vite.ssrLoadModule('/wasm/bench/patch-server.ts');
  const module = new WebAssembly.Module(readFileSync(join(bench.root, 'wasm/build/core.wasm')));
  const day = readFileSync(join(bench.root, 'content/scenarios/wsus-production.json'), 'utf8');
  await bench.compare({
    name: 'the update server and its 900 clients, memory of the host included / real time',
    unit: 'simulated seconds/s',
    work: DAY_SECONDS,
    reach: 1,
    rounds: 3,
    ours: () => {
      if (!firstSeconds(module, day, DAY_SECONDS)) throw new Error('frames do not add up');
    },
    peer: () => DAY_SECONDS * 1000,
  });
  const run = () => eightHosts(module, OURS_MILLISECONDS);
  const work = run();
  const name = 'frames forwarded, 8 hosts, 4 TCP flows, one 1 Gbit/s switch / ns-3 (CSMA, bridge, TCP)';
  const peer = await ns3(bench);
  if (typeof peer === 'string') return bench.skip(name, peer);
  const { frames } = await peer();
  await bench.compare({
    name,
    unit: 'frames/s',
    work,
    peerWork: frames,
    reach: 20,
    rounds: 5,
    ours: () => void run(),
    peer: async () => (await peer()).ms,
  });
}
