/**
 * Measuring: ours and a peer, turn by turn in one run on one machine, so that whatever slows one slows the other.
 * The figure that counts is the ratio. Times are processor time where we can have it: on a machine with other work,
 * the wall clock mostly tells who else was there.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { cpuMs } from './cpu-time.mjs';

/**
 * One side of a comparison: does its fixed amount of work once. Returns nothing, and is timed here (processor time of
 * this process), or returns the milliseconds that it measured itself (another process, a browser).
 * @typedef {() => void | number | Promise<void | number>} Side
 */

/**
 * @typedef {object} Comparison
 * @property {string} name what is measured, against what
 * @property {string} unit of the rates `ours` and `peer`: "GB/s", "M pages/s"
 * @property {number} work how many of the unit one turn of `ours` does
 * @property {number} [peerWork] the same for `peer`, where it differs
 * @property {number | null} reach the ratio to reach, null for a row that only informs
 * @property {Side} ours
 * @property {Side} peer
 * @property {number} [rounds] turns of each side
 * @property {Record<string, unknown>} [environment] what differs from a plain Node process (a browser's version)
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number} [ours] median rate
 * @property {number} [peer] median rate
 * @property {number} [ratio] median of the ratios of neighbouring turns
 * @property {[number, number]} [ratioQuartiles]
 * @property {string} [unit]
 * @property {number | null} [reach]
 * @property {Record<string, unknown>} [environment]
 * @property {string} [skipped] why there is no figure
 */

/** @typedef {ReturnType<typeof createBench>} Bench */

/**
 * @param {number[]} values
 * @param {number} at 0 … 1
 */
function quantile(values, at) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * at;
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/**
 * @param {Side} side
 * @returns {Promise<number>} milliseconds
 */
async function turn(side) {
  const start = cpuMs();
  const result = side();
  const own = result instanceof Promise ? await result : result;
  return own ?? cpuMs() - start;
}

/** @param {number} value */
const round = (value) => Number(value.toPrecision(4));

const here = {
  runtime: `node ${process.versions.node}, V8 ${process.versions.v8}`,
  processor: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`,
  system: `${platform()} ${arch()}`,
};

/** @param {{ root: string, rounds: number, progress: (text: string) => void }} settings */
export function createBench({ root, rounds, progress }) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {(() => void | Promise<void>)[]} */
  const closers = [];

  /** @param {Comparison} comparison */
  async function compare(comparison) {
    const { name, unit, work, peerWork = work, reach, ours, peer } = comparison;
    const turns = comparison.rounds ?? rounds;
    // Twice unmeasured: compilers tier up, pages of memory arrive.
    for (let i = 0; i < 2; i++) {
      await turn(ours);
      await turn(peer);
    }
    /** @type {number[]} */
    const oursMs = [];
    /** @type {number[]} */
    const peerMs = [];
    for (let i = 0; i < turns; i++) {
      // A B B A: neither side always follows the other.
      if (i % 2 === 0) oursMs.push(await turn(ours));
      peerMs.push(await turn(peer));
      if (i % 2 === 1) oursMs.push(await turn(ours));
    }
    const ratios = oursMs.map((ms, i) => work / ms / (peerWork / /** @type {number} */ (peerMs[i])));
    const row = {
      name,
      ours: round((work / quantile(oursMs, 0.5)) * 1000),
      peer: round((peerWork / quantile(peerMs, 0.5)) * 1000),
      ratio: round(quantile(ratios, 0.5)),
      ratioQuartiles: /** @type {[number, number]} */ ([
        round(quantile(ratios, 0.25)),
        round(quantile(ratios, 0.75)),
      ]),
      unit,
      reach,
      environment: { ...here, ...comparison.environment },
    };
    rows.push(row);
    progress(`  ${row.ratio.toFixed(2)} ×  ${name}`);
  }

  /**
   * A row that cannot be measured here.
   * @param {string} name
   * @param {string} reason
   */
  function skip(name, reason) {
    rows.push({ name, skipped: reason });
    progress(`  –       ${name}: ${reason}`);
  }

  /**
   * Compiles an AssemblyScript entry with the options of the shipped core.
   * @param {string} entry path below wasm/, such as "bench/kernels.ts"
   * @returns {string} path of the module
   */
  function compileAssemblyScript(entry) {
    const wasm = join(root, 'wasm');
    const out = join(wasm, 'bench/build', `${entry.replace(/^.*\/|\.ts$/g, '')}.wasm`);
    mkdirSync(join(wasm, 'bench/build'), { recursive: true });
    const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');
    const options = ['--config', 'asconfig.json', '--target', 'release', '--outFile', out];
    const run = spawnSync(process.execPath, [asc, entry, ...options], { cwd: wasm, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`asc: ${entry} does not compile\n${run.stderr}`);
    return out;
  }

  return {
    root,
    rounds,
    rows,
    progress,
    compare,
    skip,
    compileAssemblyScript,
    /**
     * Something to end after the last suite, or to fail trying: a child process, a browser.
     * @param {() => void | Promise<void>} close
     */
    atEnd(close) {
      closers.push(close);
    },
    async close() {
      for (const close of closers.reverse()) await close();
    },
  };
}

/**
 * Plain text, one line a row.
 * @param {Row[]} rows
 */
export function table(rows) {
  const lines = [['', 'ours', 'peer', 'unit', 'ratio', 'to reach']];
  for (const row of rows) {
    if (row.skipped !== undefined) lines.push([row.name, '', '', '', 'skipped', row.skipped]);
    else {
      const reach = typeof row.reach === 'number' ? `≥ ${row.reach.toFixed(2)} ×` : '';
      const short = typeof row.reach === 'number' && (row.ratio ?? 0) < row.reach ? '  short of it' : '';
      const ratio = `${(row.ratio ?? NaN).toFixed(2)} ×`;
      lines.push([row.name, String(row.ours), String(row.peer), row.unit ?? '', ratio, reach + short]);
    }
  }
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...lines.map((line) => [...(line[i] ?? '')].length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) =>
          i === 1 || i === 2 || i === 4 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
