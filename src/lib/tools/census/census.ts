import type { Bytes, Pages } from '#lib/units';
import { MAX_PAGES, PAGE, SLICE_PAGES, type CensusCore } from './core';
import type {
  CensusPage,
  CensusReport,
  FileKey,
  FileReading,
  Limits,
  PageReading,
  Group,
  ProblemCode,
  Progress,
} from './protocol';
import { coalesce, type Range } from './ranges';
import { Readings, type CountedFile } from './readings';
import { ReadProblem, readExactly, type Source } from './source';

export interface CensusOptions {
  /** Slices of 4 MiB that stay at hand after they were read. */
  ringSlots: number;
  /** Pages read at once: 1024 are 4 MiB, the most a slot holds. */
  slicePages: Pages;
  /** Pages that stay at hand besides: 32,768 are 128 MiB. */
  cachePages: Pages;
  /** Bits of the hash that are kept. Fewer than 64 make false matches, for the tests and for the curious. */
  hashBits: number;
  /** Reads under way at once, so that reading and hashing overlap. */
  readAhead: number;
  /** Milliseconds between two reports of progress. */
  progressEvery: number;
  now(): number;
}

export const DEFAULT_OPTIONS: CensusOptions = {
  ringSlots: 6,
  slicePages: SLICE_PAGES,
  cachePages: 32_768,
  hashBits: 64,
  readAhead: 3,
  progressEvery: 100,
  now: () => performance.now(),
};

/** Pending pages that are sorted at once: 8 MiB of keys. */
const WINDOW: Pages = 1 << 20;
/** Two pages of scratch after the core's lists. */
const SCRATCH_OFFSET = 32_768;
/** Shifts for keys that sort as numbers: a page number takes 24 bits. */
const PAGE_RADIX = 2 ** 24;

interface Entry extends CountedFile {
  source: Source;
  state: FileReading['state'];
  problem: FileReading['problem'];
  removed: boolean;
}

class Cancelled extends Error {}

/**
 * A running census of the pages of some files, over the wasm core.
 *
 * Each file is read once, in slices of 4 MiB with a few reads ahead; each page is hashed, and compared in full with the
 * page of the same hash when that one's bytes are at hand (see wasm/census/resident.ts). When they are not: if the
 * slice's missing pages lie together, as in a copy of an image, they are read again at once, beside the reading; if
 * they are scattered, they wait for the end of the file and are then read in order of place. No page is called equal to
 * another before all of its 4096 bytes were compared.
 *
 * A file counts whole or not at all: one that is cancelled, changes or fails is taken out again.
 */
export class Census {
  readonly limits: Limits;
  readonly readings: Readings;
  readonly #core: CensusCore;
  readonly #options: CensusOptions;
  /** In the order of the list. */
  #entries: Entry[] = [];
  /** In the order of their pages. */
  readonly #counted: Entry[] = [];
  #running = false;
  #stop: ((error: Error) => void) | undefined;
  #rereadBytes: Bytes = 0;
  #view = new Uint8Array(0);
  #speed = 0;
  #mark = { time: 0, bytes: 0 };
  #bytesThisRun: Bytes = 0;
  #lastProgress = 0;

  /** @throws Error when the browser refuses the memory for the buffers */
  constructor(core: CensusCore, options: Partial<CensusOptions> = {}) {
    this.#core = core;
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    const { ringSlots, cachePages, hashBits } = this.#options;
    if (!core.open(ringSlots, cachePages, hashBits)) throw new Error('no memory for the census');
    this.limits = { pages: MAX_PAGES, files: core.maxFiles() };
    this.readings = new Readings(core, this.#counted);
  }

  get running(): boolean {
    return this.#running;
  }

  /** Puts files at the end of the list; `run` counts them. */
  add(sources: Source[]): void {
    for (const source of sources) {
      const size = source.size;
      this.#entries.push({
        source,
        key: source.key,
        name: source.name,
        size,
        state: 'waiting',
        problem: null,
        removed: false,
        start: -1,
        pages: Math.floor(size / PAGE),
        tail: size % PAGE,
      });
    }
  }

  /** Takes a file out: at once, or, while others are being counted, before the next one begins. */
  remove(key: FileKey): void {
    const entry = this.#entries.find((e) => e.key === key);
    if (!entry) return;
    entry.removed = true;
    if (entry.state === 'reading' || entry.state === 'comparing') this.#stop?.(new Cancelled());
    if (!this.#running) this.#sweepRemoved();
  }

  files(): FileReading[] {
    return this.#entries.filter((e) => !e.removed).map((e) => this.readings.file(e, e.state, e.problem));
  }

  /** Sums, matrix and verification of what is counted. Between two files only. */
  report(): CensusReport {
    return {
      ...this.readings.totals(),
      files: this.files(),
      verification: {
        comparisons: Number(this.#core.comparisonCount()),
        comparedBytes: Number(this.#core.comparedByteCount()),
        falseMatches: Number(this.#core.falseMatchCount()),
        rereadBytes: this.#rereadBytes,
      },
      hashBits: this.#options.hashBits,
    };
  }

  page(page: CensusPage, places: number): PageReading | null {
    return this.readings.page(page, places);
  }

  top(count: number): Group[] {
    return this.readings.top(count, 5);
  }

  /**
   * The 4096 bytes of a page, read from its file.
   * @returns null when they can no longer be read, or are no longer the bytes that were counted
   */
  async bytes(page: CensusPage): Promise<Uint8Array | null> {
    const entry = this.#entryOf(page);
    if (!entry) return null;
    try {
      const bytes = await readExactly(entry.source, (page - entry.start) * PAGE, PAGE);
      const address = this.#core.listAddress() + SCRATCH_OFFSET + 2 * PAGE;
      this.#memory().set(bytes, address);
      const hash = BigInt.asUintN(this.#options.hashBits, this.#core.hashPage(address));
      // A copy: the buffer is read into again.
      const copy = bytes.slice();
      entry.source.recycle?.(bytes);
      return hash === BigInt.asUintN(64, this.#core.hashOf(page)) ? copy : null;
    } catch {
      return null;
    }
  }

  /**
   * Counts the files that wait, one after the other, those added meanwhile included.
   * Never throws for what a file does: that is said beside the file.
   */
  async run(on: { progress?(progress: Progress): void; file?(): void } = {}): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#bytesThisRun = 0;
    this.#mark = { time: this.#options.now(), bytes: 0 };
    this.#speed = 0;
    try {
      for (;;) {
        this.#sweepRemoved();
        const entry = this.#entries.find((e) => e.state === 'waiting');
        if (!entry) break;
        await this.#count(entry, on.progress);
        on.file?.();
      }
    } finally {
      this.#running = false;
    }
  }

  /** Stops at once: the file being counted and those that wait are left out. Those already counted stay. */
  cancel(): void {
    for (const waiting of this.#entries) if (waiting.state === 'waiting') refuse(waiting, 'cancelled', 0);
    this.#stop?.(new Cancelled());
  }

  async #count(entry: Entry, onProgress?: (progress: Progress) => void): Promise<void> {
    const core = this.#core;
    const from = core.pageCount();
    if (this.#counted.length >= this.limits.files) return refuse(entry, 'too-many-files', 0);
    if (from + entry.pages > this.limits.pages) return refuse(entry, 'too-many-pages', 0);
    if (!core.reserve(from + entry.pages)) return refuse(entry, 'no-memory', 0);

    entry.start = from;
    entry.state = 'reading';
    this.#counted.push(entry);
    const rereadBefore = this.#rereadBytes;
    let stopped = false;
    const check = () => {
      if (stopped) throw new Cancelled();
    };
    const tell = (state: 'reading' | 'comparing', done: Bytes, total: Bytes) => {
      entry.state = state;
      if (onProgress) this.#tell(entry, state, done, total, onProgress);
    };
    try {
      // Stopped from outside, the work is not waited for: whatever of it returns later finds `stopped` set.
      await new Promise<void>((resolve, reject) => {
        this.#stop = reject;
        this.#work(entry, check, tell).then(resolve, reject);
      });
      entry.state = 'counted';
    } catch (error) {
      stopped = true;
      this.#rereadBytes = rereadBefore;
      this.#counted.pop();
      core.remove(from, core.pageCount(), this.readings.writeStarts(from));
      entry.start = -1;
      this.#settleFailure(entry, error);
    } finally {
      this.#stop = undefined;
    }
  }

  /** A file did not come to its end: says why beside it, or beside the earlier file that is the cause. */
  #settleFailure(entry: Entry, error: unknown): void {
    if (error instanceof Cancelled) return refuse(entry, 'cancelled', 0);
    if (!(error instanceof ReadProblem)) throw error;
    if (error.key === entry.key) return refuse(entry, error.code, error.offset);
    // An earlier file failed when it was read again to be compared: it goes, and this one starts afresh.
    const culprit = this.#counted.find((e) => e.key === error.key);
    if (culprit) {
      this.#uncount(culprit);
      refuse(culprit, error.code === 'unreadable' ? 'lost' : error.code, error.offset);
    }
    entry.state = 'waiting';
  }

  async #work(entry: Entry, check: () => void, tell: Tell): Promise<void> {
    const { source, start } = entry;
    const before = source.stamp?.();
    // A file without a whole page is read all the same, to see whether it can be.
    if (entry.pages === 0) await readExactly(source, 0, entry.size);
    check();
    await this.#read(entry, check, tell);
    check();
    await this.#comparePending(start, check, tell);
    check();
    await this.#compareDisputed(start, check);
    check();
    this.#core.flatten(start);
    const after = source.stamp?.();
    if (after?.size !== before?.size || after?.lastModified !== before?.lastModified)
      throw new ReadProblem('changed', entry.key, entry.size);
  }

  /** First pass: slice by slice, hashed and compared with what is at hand. */
  async #read(entry: Entry, check: () => void, tell: Tell): Promise<void> {
    const { ringSlots, slicePages, readAhead } = this.#options;
    const core = this.#core;
    const file = this.#counted.length - 1;
    const slices: Range[] = [];
    for (let page = 0; page < entry.pages; page += slicePages)
      slices.push({ from: page, to: Math.min(page + slicePages, entry.pages) });

    const ahead: Promise<Uint8Array>[] = [];
    const busy = new Map<number, Promise<void>>();
    const sequence = entry.source.sequence?.();
    let asked = 0;
    try {
      for (let i = 0; i < slices.length; i++) {
        while (asked < slices.length && asked < i + readAhead) {
          const { from, to } = slices[asked++];
          ahead.push(handled(readExactly(entry.source, from * PAGE, (to - from) * PAGE, sequence)));
        }
        const bytes = await ahead.shift()!;
        const slot = i % ringSlots;
        await busy.get(slot);
        check();
        const { from, to } = slices[i];
        const first = entry.start + from;
        core.setSlice(slot, 0, 0);
        this.#memory().set(bytes, core.ringAddress(slot));
        entry.source.recycle?.(bytes);
        const pending = core.scan(slot, to - from, file);
        if (pending > 0) {
          const pairs = this.#pairsWorthReadingNow(pending);
          if (pairs) busy.set(slot, handled(this.#compareSlice(pairs, slot, first, check)));
        }
        this.#bytesThisRun += (to - from) * PAGE;
        tell('reading', to * PAGE, entry.pages * PAGE);
      }
      await Promise.all(busy.values());
    } finally {
      sequence?.close();
    }
    check();
  }

  /**
   * The pending pages of the slice just scanned with their candidates, ascending by candidate, as
   * candidate × 2²⁴ + page; undefined when the candidates lie too far apart to be read one by one.
   */
  #pairsWorthReadingNow(pending: number): Float64Array | undefined {
    const list = new Uint32Array(this.#core.memory.buffer, this.#core.listAddress(), pending);
    const pairs = Float64Array.from(list, (page) => this.#core.candidateOf(page) * PAGE_RADIX + page).sort();
    const ranges = coalesce(pairs.map(candidateIn), (page) => this.#endOf(page));
    const read = ranges.reduce((sum, r) => sum + r.to - r.from, 0);
    return ranges.length <= 4 || read + 32 * ranges.length <= 3 * pending ? pairs : undefined;
  }

  async #compareSlice(
    pairs: Float64Array,
    slot: number,
    first: CensusPage,
    check: () => void,
  ): Promise<void> {
    const ring = this.#core.ringAddress(slot);
    await this.#compareInOrder(pairs, (page) => ring + (page - first) * PAGE, check);
  }

  /** Reads the candidates of `pairs` (ascending) and compares each with its pages, which are at hand. */
  async #compareInOrder(
    pairs: Float64Array,
    at: (page: CensusPage) => number,
    check: () => void,
  ): Promise<void> {
    const core = this.#core;
    const scratch = core.listAddress() + SCRATCH_OFFSET;
    let i = 0;
    await this.#readRanges(
      coalesce(pairs.map(candidateIn), (page) => this.#endOf(page)),
      check,
      (range, bytes) => {
        for (; i < pairs.length && candidateIn(pairs[i]) < range.to; i++) {
          const candidate = candidateIn(pairs[i]);
          const page = pairs[i] % PAGE_RADIX;
          const offset = (candidate - range.from) * PAGE;
          this.#memory().set(bytes.subarray(offset, offset + PAGE), scratch);
          core.settle(page, at(page), scratch);
        }
      },
    );
  }

  /** Second pass: what was not at hand, in order of place. */
  async #comparePending(from: CensusPage, check: () => void, tell: Tell): Promise<void> {
    const core = this.#core;
    const total = core.pageCount();
    let next = from;
    while (next < total) {
      const atHand: number[] = [];
      const away: number[] = [];
      for (; next < total && atHand.length + away.length < WINDOW; next++) {
        if (!core.isPending(next) || core.isDisputed(next)) continue;
        const pair = (core.candidateOf(next) >>> 0) * PAGE_RADIX + next;
        (core.residentAddress(next) ? atHand : away).push(pair);
      }
      if (atHand.length + away.length === 0) return;
      const work = (atHand.length + 2 * away.length) * PAGE;
      tell('comparing', 0, work);
      await this.#compareInOrder(
        Float64Array.from(atHand).sort(),
        (page) => core.residentAddress(page),
        check,
      );
      tell('comparing', atHand.length * PAGE, work);
      await this.#compareRounds(Float64Array.from(away).sort(), check, (compared) =>
        tell('comparing', (atHand.length + 2 * compared) * PAGE, work),
      );
    }
  }

  /**
   * Neither page of a pair is at hand: as many candidates as memory holds are read, in order of place, then their
   * pages, in order of place, and so on.
   */
  async #compareRounds(
    pairs: Float64Array,
    check: () => void,
    compared: (pairs: number) => void,
  ): Promise<void> {
    const core = this.#core;
    const hold = core.ringAddress(0);
    let room = this.#options.ringSlots * SLICE_PAGES;
    if (pairs.length === 0) return;
    core.forgetRing();
    if (pairs.length > room) {
      // Worth the cache: its pages are the next to be compared, not the last.
      core.forgetCache();
      room = core.residentPages();
    }
    const scratch = core.listAddress() + SCRATCH_OFFSET;
    for (let start = 0; start < pairs.length;) {
      const candidates: number[] = [];
      let end = start;
      for (; end < pairs.length; end++) {
        const candidate = candidateIn(pairs[end]);
        if (candidate === candidates.at(-1)) continue;
        if (candidates.length === room) break;
        candidates.push(candidate);
      }
      let held = 0;
      await this.#readRanges(
        coalesce(candidates, (page) => this.#endOf(page)),
        check,
        (range, bytes) => {
          for (; held < candidates.length && candidates[held] < range.to; held++) {
            const offset = (candidates[held] - range.from) * PAGE;
            this.#memory().set(bytes.subarray(offset, offset + PAGE), hold + held * PAGE);
          }
        },
      );
      // page × 2²⁴ + place in the hold: ascending by page.
      let at = -1;
      let last = -1;
      const byPage = pairs.slice(start, end).map((pair) => {
        const candidate = candidateIn(pair);
        if (candidate !== last) at++;
        last = candidate;
        return (pair % PAGE_RADIX) * PAGE_RADIX + at;
      });
      byPage.sort();
      let i = 0;
      await this.#readRanges(
        coalesce(byPage.map(candidateIn), (page) => this.#endOf(page)),
        check,
        (range, bytes) => {
          for (; i < byPage.length && candidateIn(byPage[i]) < range.to; i++) {
            const page = candidateIn(byPage[i]);
            const offset = (page - range.from) * PAGE;
            this.#memory().set(bytes.subarray(offset, offset + PAGE), scratch);
            core.settle(page, scratch, hold + (byPage[i] % PAGE_RADIX) * PAGE);
          }
          compared(start + i);
        },
      );
      start = end;
    }
  }

  /** Third pass, for false matches only: one page after the other, with every content of its hash. */
  async #compareDisputed(from: CensusPage, check: () => void): Promise<void> {
    const core = this.#core;
    const scratch = core.listAddress() + SCRATCH_OFFSET;
    const rivalScratch = scratch + PAGE;
    for (let page = from; page < core.pageCount(); page++) {
      if (!core.isPending(page)) continue;
      await this.#readInto(page, scratch, check);
      let equal = false;
      let rival = core.firstRival(page) >>> 0;
      while (rival < core.pageCount() && !equal) {
        let bytes = core.residentAddress(rival);
        if (!bytes) {
          await this.#readInto(rival, rivalScratch, check);
          bytes = rivalScratch;
        }
        equal = core.settleWith(page, scratch, rival, bytes) !== 0;
        if (!equal) rival = core.nextRival() >>> 0;
      }
      if (!equal) core.settleApart(page);
    }
  }

  async #readInto(page: CensusPage, address: number, check: () => void): Promise<void> {
    await this.#readRanges([{ from: page, to: page + 1 }], check, (_, bytes) =>
      this.#memory().set(bytes, address),
    );
  }

  /** Reads ranges again, a few ahead, and shows them in order. */
  async #readRanges(
    ranges: Range[],
    check: () => void,
    visit: (range: Range, bytes: Uint8Array) => void,
  ): Promise<void> {
    const ahead: Promise<Uint8Array>[] = [];
    let asked = 0;
    for (const [i, range] of ranges.entries()) {
      while (asked < ranges.length && asked < i + this.#options.readAhead)
        ahead.push(handled(this.#readPages(ranges[asked++])));
      const bytes = await ahead.shift()!;
      check();
      visit(range, bytes);
      this.#entryOf(range.from)?.source.recycle?.(bytes);
    }
  }

  #readPages(range: Range): Promise<Uint8Array> {
    const entry = this.#entryOf(range.from)!;
    const length = (range.to - range.from) * PAGE;
    this.#rereadBytes += length;
    return readExactly(entry.source, (range.from - entry.start) * PAGE, length);
  }

  #entryOf(page: CensusPage): Entry | undefined {
    return this.readings.fileOf(page) as Entry | undefined;
  }

  #endOf(page: CensusPage): CensusPage {
    const entry = this.#entryOf(page)!;
    return entry.start + entry.pages;
  }

  #memory(): Uint8Array {
    if (this.#view.buffer !== this.#core.memory.buffer) this.#view = new Uint8Array(this.#core.memory.buffer);
    return this.#view;
  }

  #sweepRemoved(): void {
    for (const entry of this.#entries) if (entry.removed && entry.state === 'counted') this.#uncount(entry);
    this.#entries = this.#entries.filter((e) => !e.removed);
  }

  /** Takes a counted file's pages out; the rest keep what was compared. */
  #uncount(entry: Entry): void {
    const { start, pages } = entry;
    this.#counted.splice(this.#counted.indexOf(entry), 1);
    entry.start = -1;
    for (const other of this.#counted) if (other.start > start) other.start -= pages;
    this.#core.remove(start, start + pages, this.readings.writeStarts(this.#core.pageCount() - pages));
  }

  #tell(
    entry: Entry,
    state: 'reading' | 'comparing',
    done: Bytes,
    total: Bytes,
    on: (progress: Progress) => void,
  ): void {
    const now = this.#options.now();
    if (now - this.#lastProgress < this.#options.progressEvery && !(state === 'reading' && done === total))
      return;
    this.#lastProgress = now;
    const elapsed = (now - this.#mark.time) / 1000;
    if (elapsed >= 0.25) {
      const recent = (this.#bytesThisRun - this.#mark.bytes) / elapsed;
      // Smoothed over about two seconds.
      const weight = Math.min(1, elapsed / 2);
      this.#speed = this.#speed === 0 ? recent : this.#speed + (recent - this.#speed) * weight;
      this.#mark = { time: now, bytes: this.#bytesThisRun };
    }
    const waiting = this.#entries.reduce(
      (sum, e) => sum + (e.state === 'waiting' && !e.removed ? e.pages * PAGE : 0),
      0,
    );
    const rest = waiting + (state === 'reading' ? total - done : 0);
    on({
      key: entry.key,
      start: entry.start,
      state,
      done,
      total,
      allDone: this.#bytesThisRun,
      allTotal: this.#bytesThisRun + rest,
      bytesPerSecond: this.#speed,
      secondsLeft: this.#speed > 0 ? rest / this.#speed : Infinity,
      pages: this.#core.pageCount(),
    });
  }
}

type Tell = (state: 'reading' | 'comparing', done: Bytes, total: Bytes) => void;

const candidateIn = (pair: number): number => Math.floor(pair / PAGE_RADIX);

function refuse(entry: Entry, code: ProblemCode, offset: Bytes): void {
  entry.state = 'refused';
  entry.problem = { code, offset };
}

/** A promise that will be awaited later: its failure is not "unhandled" in the meantime. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
