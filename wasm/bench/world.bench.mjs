/**
 * Whole worlds: simulated seconds a second beside a plain TypeScript model of the same mechanisms (the tests' checker,
 * with real bytes, hashes and comparisons of its own), the cost of a page as the host grows, the size of the tables, and
 * the way back in time.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, runnerImport } from 'vite';
import { cpuMs } from './cpu-time.mjs';

const SECOND = 1e9;
const GIB_PAGES = 262_144;
/** Windows has booted by then, and the scan has been everywhere once. */
const CROWD_SECONDS = 300;

/**
 * @param {import('./harness.mjs').Bench} bench
 * @returns {Promise<(question: object) => Promise<any>>} asks the process of whole-runs.mjs
 */
async function openRuns(bench) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  bench.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  await build({
    configFile: false,
    logLevel: 'error',
    root: bench.root,
    resolve: { alias: { '#lib': join(bench.root, 'src/lib'), '#wasm': join(bench.root, 'wasm') } },
    ssr: { noExternal: true },
    build: {
      ssr: join(bench.root, 'wasm/bench/whole-runs.mjs'),
      outDir: folder,
      rollupOptions: { output: { entryFileNames: 'runs.mjs' } },
    },
  });
  const child = fork(join(folder, 'runs.mjs'), [join(bench.root, 'wasm/build/core.wasm')]);
  bench.atEnd(() => child.kill());
  const ended = once(child, 'exit').then(() => {
    throw new Error('the process of whole runs has ended');
  });
  // Ended by the bench itself it is no error.
  ended.catch(() => {});
  return async (question) => {
    const answered = once(child, 'message');
    child.send(question);
    const [answer] = await Promise.race([answered, ended]);
    return answer;
  };
}

/** @param {import('./harness.mjs').Bench} bench */
export async function suite(bench) {
  const { buildCore } = await import(join(bench.root, 'scripts/core.mjs'));
  buildCore('release');
  const module = new WebAssembly.Module(readFileSync(join(bench.root, 'wasm/build/core.wasm')));
  /** @param {string} path */
  const load = async (path) =>
    (await runnerImport(join(bench.root, path), { root: bench.root, configFile: false, logLevel: 'error' }))
      .module;
  const { Run } = await load('src/lib/sim/run.ts');
  const { World } = await load('src/lib/sim/world.ts');
  const { Field } = await load('src/lib/core/core.ts');
  const { Option } = await load('wasm/shared/options.ts');
  const { Checker } = await load('wasm/tests/reference/checker/checker.ts');
  const { scenarioSchema } = await load('src/lib/world/schema.ts');
  const valibot = await import('valibot');

  /** @param {string} id */
  const scenarioOf = (id) =>
    valibot.parse(
      scenarioSchema,
      JSON.parse(readFileSync(join(bench.root, `content/scenarios/${id}.json`), 'utf8')),
    );
  const run = (scenario, clock, budget) =>
    new Run(
      module,
      { v: 1, scenario, seed: scenario.seed, commands: [], t: 0, view: {} },
      scenario,
      clock,
      budget,
    );
  const advance = (world, seconds) => {
    while (world.advance(Math.round(seconds * SECOND)));
  };

  /** A figure with a limit it should keep below: the ratio is limit / figure. */
  const within = (name, value, limit, unit) => {
    const ratio = Number((limit / value).toPrecision(4));
    bench.rows.push({ name, ours: Number(value.toPrecision(4)), peer: limit, ratio, unit, reach: 1 });
    bench.progress(`  ${ratio.toFixed(2)} ×  ${name}: ${value.toPrecision(4)} ${unit}`);
  };

  for (const [id, from, seconds] of [
    ['ten-linux', 45, 26],
    ['story-host', 190, 13],
  ]) {
    const scenario = scenarioOf(id);
    const ours = run(scenario, cpuMs);
    advance(ours, from);
    const peer = new Checker(scenario, scenario.seed);
    peer.advance(from * SECOND);
    const shares = peer.memory.table.shares.reduce((sum, { mappers }) => sum + mappers.size, 0);
    if (ours.world.core.field(Field.sharedGuestPages) !== shares)
      throw new Error(`${id}: the models disagree`);
    const turns = Math.min(bench.rounds, 11);
    // Both live through the same seconds: ours all of them each time, the peer a slice a turn.
    const slice = seconds / (turns + 2);
    let reached = from;
    await bench.compare({
      name: `${id}, simulated seconds / plain TypeScript model`,
      unit: 'simulated s/s',
      work: seconds,
      peerWork: slice,
      reach: 20,
      rounds: turns,
      ours: () => {
        ours.rewind(from * SECOND);
        advance(ours, from);
        const start = cpuMs();
        advance(ours, from + seconds);
        return cpuMs() - start;
      },
      peer: () => {
        reached += slice;
        peer.advance(Math.round(reached * SECOND));
      },
    });
  }

  const ask = await openRuns(bench);
  for (const id of ['ten-linux', 'story-host', 'story-maximum']) {
    const scenario = scenarioOf(id);
    await bench.compare({
      name: `${id}, a whole run of ${scenario.durationSeconds} s, checkpoints and all / 2000 simulated s/s`,
      unit: 'simulated s/s',
      work: scenario.durationSeconds,
      reach: id === 'story-host' ? 1 : null,
      rounds: Math.min(bench.rounds, 3),
      ours: () => ask({ question: 'whole', scenario }),
      peer: () => scenario.durationSeconds / 2,
    });
  }

  /** A host of so many GiB with one busy server in each: boot, clearing of memory, scan, requests. */
  const crowd = (gib) =>
    valibot.parse(scenarioSchema, {
      v: 1,
      id: 'crowd',
      seed: 1,
      durationSeconds: CROWD_SECONDS,
      host: { name: 'host', memoryMib: gib * 1024, consoleMib: 16 },
      vms: Array.from({ length: gib }, (_, n) => ({
        name: `vm-${n + 1}`,
        guest: 'windows-2003',
        workload: 'exchange',
        memoryMib: 896,
        powerOnAtSeconds: 0,
      })),
    });
  for (const gib of [8, 64])
    await bench.compare({
      name: `a page for ${CROWD_SECONDS} s of a host with a busy server in each GiB, ${gib} GiB / 1 GiB`,
      unit: 'M/s',
      work: (gib * GIB_PAGES) / 1e6,
      peerWork: GIB_PAGES / 1e6,
      reach: Number((1 / 1.5).toFixed(2)),
      rounds: Math.min(bench.rounds, 5),
      ours: () => advance(run(crowd(gib), cpuMs, 0), CROWD_SECONDS),
      peer: () => advance(run(crowd(1), cpuMs, 0), CROWD_SECONDS),
    });

  /** A host of so many GiB whose VMs fill it with unique pages; with `swapped`, as many again, its swap file. */
  const full = (gib, swapped = false) => {
    const vms = [];
    for (let left = (swapped ? 2 : 1) * (gib * 1024 - 48); left > 0; left -= 3600)
      vms.push({
        name: `vm-${vms.length + 1}`,
        guest: 'linux-24',
        workload: 'idle',
        memoryMib: Math.max(16, Math.min(3600, left)),
        vcpus: 1,
        powerOnAtSeconds: 0,
      });
    const options = { overheadBaseMib: 0, overheadGibMib: 0, shareEnabled: 0 };
    const host = { name: 'host', memoryMib: gib * 1024, consoleMib: 16, options };
    const scenario = { v: 1, id: 'full', seed: 1, durationSeconds: 1, host, vms, timeline: [] };
    const world = new World(module, scenario, 1, []);
    while (world.advance(0, world.core.field(Field.eventSequence)));
    const { x } = world.core;
    vms.forEach((vm, i) => {
      for (let page = 0; page < vm.memoryMib * 256; page++) x.writePage(i + 1, page);
    });
    let state = 1;
    const draw = (bound) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * bound);
    };
    /** So many pages are scanned, and as many written. */
    const turn = (pages) => {
      for (let n = 0; n < pages; n++) {
        const scanned = draw(vms.length);
        x.scanPage(scanned + 1, draw(vms[scanned].memoryMib * 256));
        const written = draw(vms.length);
        x.writePage(written + 1, draw(vms[written].memoryMib * 256));
      }
    };
    let now = 0;
    /** The scanner's own turns: SCANNED pages in some simulated milliseconds, while the guests idle. */
    const scan = () => {
      now += (SCANNED / SCANNED_A_SECOND) * SECOND;
      while (world.advance(Math.round(now), world.core.field(Field.eventSequence)));
    };
    const scanFast = () => {
      for (const [option, value] of [
        [Option.shareScanVm, 1e6],
        [Option.shareScanTotal, SCANNED_A_SECOND],
        [Option.shareEnabled, 1],
      ])
        x.setOption(option, value);
    };
    /** Each page looked at once: the table of frames is full then. */
    const fillTable = () =>
      vms.forEach((vm, i) => {
        for (let page = 0; page < vm.memoryMib * 256; page++) x.scanPage(i + 1, page);
      });
    return { world, turn, scan, scanFast, fillTable };
  };

  const OPERATIONS = 8192;
  const SCANNED = 8192;
  const SCANNED_A_SECOND = 200_000;
  {
    const gib = 8;
    const { world } = full(gib, true);
    const { core } = world;
    const onDisk = core.field(Field.swapUsedPages);
    const bytes = core.x.stateBytes();
    within(
      `tables of a host of ${gib} GiB, full, and its swap file too (${(onDisk / GIB_PAGES).toFixed(2)} GiB): a page in memory or on disk`,
      bytes / (gib * GIB_PAGES + onDisk),
      24,
      'bytes/page',
    );
    bench.progress(`          ${(bytes / (gib * GIB_PAGES)).toFixed(1)} bytes for each page of the host`);
    if (core.x.audit() !== 0) throw new Error('the ledger does not agree with the tables');
  }
  const one = full(1);
  within('tables of a host of 1 GiB, full', one.world.core.x.stateBytes() / GIB_PAGES, 24, 'bytes/page');
  for (const gib of [8, 64]) {
    let large = full(gib);
    within(
      `tables of a host of ${gib} GiB, full`,
      large.world.core.x.stateBytes() / (gib * GIB_PAGES),
      24,
      'bytes/page',
    );
    await bench.compare({
      // Without any order: what caches hold of 1 GiB's tables and of 64 GiB's.
      name: `a page scanned and a page written, anywhere, ${gib} GiB / 1 GiB`,
      unit: 'M/s',
      work: OPERATIONS / 1e6,
      reach: Number((1 / 1.5).toFixed(2)),
      ours: () => large.turn(OPERATIONS),
      peer: () => one.turn(OPERATIONS),
    });
    for (const state of ['nearly empty', 'full']) {
      const other = full(1);
      for (const host of [large, other]) {
        if (state === 'full') host.fillTable();
        host.scanFast();
      }
      await bench.compare({
        name: `a page that the scanner looks at, its table ${state}, ${gib} GiB / 1 GiB`,
        unit: 'M/s',
        work: SCANNED / 1e6,
        reach: Number((1 / 1.5).toFixed(2)),
        // Of 1 GiB the table is nearly empty for so long only.
        rounds: Math.min(bench.rounds, 7),
        ours: () => large.scan(),
        peer: () => other.scan(),
      });
    }
    if (large.world.core.x.audit() !== 0)
      throw new Error(`${gib} GiB: the ledger does not agree with the tables`);
    large = /** @type {any} */ (null);
  }

  for (const [id, limitMs] of [
    ['story-host', 100],
    ['story-maximum', 500],
  ]) {
    const scenario = scenarioOf(id);
    const back = await ask({ question: 'back', scenario, seconds: 1800, moments: 24 });
    const times = back.times.sort((a, b) => a - b);
    const gib = scenario.host.memoryMib / 1024;
    const of = `${id} (${gib} GiB), 30 minutes, 24 moments`;
    within(`back in time, ${of}: the slowest`, times[times.length - 1], limitMs, 'ms');
    within(`back in time, ${of}: the median`, times[times.length / 2], limitMs, 'ms');
    bench.progress(
      `          ${id}: ${back.count} checkpoints, ${(back.bytes / 1e6).toFixed(0)} MB; one of the present moment again: ${back.checkpointMs.toFixed(1)} ms`,
    );
  }
}
