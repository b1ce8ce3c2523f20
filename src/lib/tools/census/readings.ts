import type { Bytes, Pages } from '#lib/units';
import { hashText, NONE, PAGE, type CensusCore } from './core';
import {
  KINDS,
  type CensusPage,
  type CensusReport,
  type FileKey,
  type FileReading,
  type Group,
  type KindCounts,
  type PageReading,
  type Place,
} from './protocol';

/** A file whose pages are in the tables, from `start` on. */
export interface CountedFile {
  key: FileKey;
  name: string;
  size: Bytes;
  start: CensusPage;
  pages: Pages;
  tail: Bytes;
}

/** What can be read off the tables. Changes nothing but the scratch room behind them. */
export class Readings {
  readonly #core: CensusCore;
  readonly #files: readonly CountedFile[];

  /** @param files in the order of their pages; the owner changes it, this class only reads it */
  constructor(core: CensusCore, files: readonly CountedFile[]) {
    this.#core = core;
    this.#files = files;
  }

  /**
   * Writes the first page of each file for the core.
   * @param end pages in all
   * @returns how many files
   */
  writeStarts(end: Pages = this.#core.pageCount()): number {
    const files = this.#files;
    const starts = new Uint32Array(this.#core.memory.buffer, this.#core.startsAddress(), files.length + 1);
    files.forEach((file, i) => (starts[i] = file.start));
    starts[files.length] = end;
    return files.length;
  }

  fileOf(page: CensusPage): CountedFile | undefined {
    let low = 0;
    let high = this.#files.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#files[middle].start <= page) low = middle + 1;
      else high = middle;
    }
    // Files without a page share their start with the next one.
    const file = this.#files[low - 1];
    return file && page < file.start + file.pages ? file : undefined;
  }

  file(file: CountedFile, state: FileReading['state'], problem: FileReading['problem']): FileReading {
    const { key, name, size, start, pages, tail } = file;
    const counted = state === 'counted';
    const kinds: KindCounts = [0, 0, 0, 0];
    let distinct = 0;
    if (counted) {
      kinds.splice(0, 4, ...this.tally(start, start + pages, 1)[0]);
      distinct = this.#core.distinctIn(
        start,
        start + pages,
        this.#scratch((this.#core.pageCount() >> 3) + 1),
      );
    }
    return { key, name, size, state, problem, start, pages, tail, kinds, distinct };
  }

  /** Sums over the counted files, and the matrix. */
  totals(): Pick<
    CensusReport,
    'pages' | 'kinds' | 'distinct' | 'saved' | 'savedWithin' | 'savedBetween' | 'matrix'
  > {
    const core = this.#core;
    const pages = core.pageCount();
    const distinct = core.distinctIn(0, pages, this.#scratch((pages >> 3) + 1)) >>> 0;
    const kinds: KindCounts = [0, 0, 0, 0];
    let distinctByFile = 0;
    for (const file of this.#files) {
      const reading = this.file(file, 'counted', null);
      reading.kinds.forEach((count, kind) => (kinds[kind] += count));
      distinctByFile += reading.distinct;
    }
    return {
      pages,
      kinds,
      distinct,
      saved: pages - distinct,
      savedWithin: pages - distinctByFile,
      savedBetween: distinctByFile - distinct,
      matrix: this.#matrix(),
    };
  }

  /** See `CensusReport.matrix`. */
  #matrix(): Uint32Array {
    const core = this.#core;
    const files = this.#files.length;
    const matrix = new Uint32Array(files * files);
    const masks = this.#scratch(core.pageCount() * 4 + 128);
    const out = masks + core.pageCount() * 4;
    this.writeStarts();
    for (let block = 0; block * 32 < files; block++) {
      core.markFiles(block, core.startsAddress(), files, masks);
      const columns = Math.min(32, files - block * 32);
      this.#files.forEach((file, row) => {
        core.countMarked(file.start, file.start + file.pages, masks, out);
        matrix.set(new Uint32Array(core.memory.buffer, out, columns), row * files + block * 32);
      });
    }
    // A page is always in its own file; the diagonal says how many have a twin there.
    this.#files.forEach((file, row) => (matrix[row * files + row] = this.#twinsWithin(file)));
    return matrix;
  }

  #twinsWithin(file: CountedFile): Pages {
    const core = this.#core;
    const pages = core.pageCount();
    const bytes = (pages >> 3) + 4;
    const seen = this.#scratch(bytes * 2);
    return core.twinsIn(file.start, file.start + file.pages, seen, seen + bytes) >>> 0;
  }

  /** One byte a cell for pages `from` … `to` − 1: see `paintKinds` of wasm/census/summary.ts. */
  paint(from: CensusPage, to: CensusPage, cells: number): Uint8Array<ArrayBuffer> {
    const end = Math.min(to, this.#core.pageCount());
    const start = Math.min(from, end);
    const out = this.#scratch(cells);
    this.#core.paintKinds(start, end, cells, out);
    return new Uint8Array(this.#core.memory.buffer, out, cells).slice() as Uint8Array<ArrayBuffer>;
  }

  /** The kinds of pages `from` … `to` − 1, cut into so many parts of nearly equal length. */
  tally(from: CensusPage, to: CensusPage, parts: number): KindCounts[] {
    const end = Math.min(to, this.#core.pageCount());
    const start = Math.min(from, end);
    const out = this.#scratch(16);
    return Array.from({ length: parts }, (_, part) => {
      const edge = (i: number) => start + Math.floor(((end - start) * i) / parts);
      this.#core.tally(edge(part), edge(part + 1), out);
      return [...new Uint32Array(this.#core.memory.buffer, out, 4)] as KindCounts;
    });
  }

  place(page: CensusPage): Place {
    const file = this.fileOf(page);
    return { page, key: file?.key ?? -1, offset: (page - (file?.start ?? 0)) * PAGE };
  }

  page(page: CensusPage, places: number): PageReading | null {
    if (page >= this.#core.pageCount() || !this.fileOf(page)) return null;
    const group = this.group(this.#core.rootOf(page) >>> 0, places);
    return { ...this.place(page), hash: hashText(this.#core.hashOf(page)), kind: group.kind, group };
  }

  group(root: CensusPage, places: number): Group {
    const core = this.#core;
    const found: Place[] = [this.place(root)];
    const count = core.countOf(root) >>> 0;
    let at = root;
    while (found.length < places && found.length < count) {
      at = core.nextPlace(root, at) >>> 0;
      if (at === NONE) break;
      found.push(this.place(at));
    }
    return {
      page: root,
      hash: hashText(core.hashOf(root)),
      count,
      kind: KINDS[core.kindOf(root)],
      places: found,
    };
  }

  /** The contents that occur most often, most often first; of equals, the one met first. */
  top(count: number, places: number): Group[] {
    const best: { root: CensusPage; count: Pages }[] = [];
    for (const { root, count: copies } of this.repeated()) {
      const worst = best.at(-1);
      if (best.length === count && worst && copies <= worst.count) continue;
      let at = best.length;
      while (at > 0 && best[at - 1].count < copies) at--;
      best.splice(at, 0, { root, count: copies });
      if (best.length > count) best.pop();
    }
    return best.map(({ root }) => this.group(root, places));
  }

  /** Every content that occurs more than once, in order of first place. */
  *repeated(): Generator<{ root: CensusPage; count: Pages }> {
    const core = this.#core;
    const pages = core.pageCount();
    let buffer: ArrayBuffer | undefined;
    let firsts = new Uint32Array();
    let counts = firsts;
    for (let page = 0; page < pages; page++) {
      // The memory may grow while a consumer of this generator works.
      if (core.memory.buffer !== buffer) {
        buffer = core.memory.buffer;
        firsts = new Uint32Array(buffer, core.firstsAddress(), pages);
        counts = new Uint32Array(buffer, core.countsAddress(), pages);
      }
      if (firsts[page] === page && counts[page] > 1) yield { root: page, count: counts[page] };
    }
  }

  #scratch(bytes: number): number {
    const at = this.#core.scratch(bytes);
    if (at === 0) throw new Error('no memory for a reading of the census');
    return at;
  }
}
