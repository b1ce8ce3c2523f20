import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCensus } from '../../../../scripts/core.mjs';
import { Census, type CensusOptions } from './census';
import { loadCensusCore, MAX_PAGES, PAGE } from './core';
import { KINDS, type Kind } from './protocol';
import type { Source } from './source';

let wasm: WebAssembly.Module;
beforeAll(() => {
  buildCensus();
  wasm = new WebAssembly.Module(readFileSync(new URL('../../../../wasm/build/census.wasm', import.meta.url)));
});

/** So little memory that most pages must be read again to be compared. */
const TIGHT: Partial<CensusOptions> = { ringSlots: 2, slicePages: 2, cachePages: 8, readAhead: 2 };

const open = async (options: Partial<CensusOptions> = TIGHT) =>
  new Census(await loadCensusCore(wasm), options);

/** Content `id` as 4096 bytes: 0 is zeros, and 2k and 2k + 1 differ in one bit of the last byte. */
function pageOf(id: number): Uint8Array {
  const page = new Uint8Array(PAGE);
  if (id === 0) return page;
  const family = id >> 1;
  for (let i = 0; i < PAGE; i += 16) page[i] = (family * 31 + i * 7) & 255;
  page[1] = family & 255;
  page[2] = family >> 8;
  page[PAGE - 1] = id & 1;
  return page;
}

function fileOf(ids: number[], tail = 0): Uint8Array {
  const bytes = new Uint8Array(ids.length * PAGE + tail).fill(0x5a);
  ids.forEach((id, i) => bytes.set(pageOf(id), i * PAGE));
  return bytes;
}

let nextKey = 1;
function source(bytes: Uint8Array, name = 'f', extra: Partial<Source> = {}): Source {
  const read = async (offset: number, length: number) => bytes.slice(offset, offset + length);
  return { key: nextKey++, name, size: bytes.length, read, ...extra };
}

/** The same census with strings and a Map, for comparison. */
function slowCensus(files: Uint8Array[]) {
  const zero = '\0'.repeat(PAGE);
  /** Content → its number, in order of first place. */
  const contents = new Map<string, number>();
  const pages: { file: number; content: number; zero: boolean }[] = [];
  files.forEach((bytes, file) => {
    for (let at = 0; at + PAGE <= bytes.length; at += PAGE) {
      const text = Buffer.from(bytes.subarray(at, at + PAGE)).toString('latin1');
      if (!contents.has(text)) contents.set(text, contents.size);
      pages.push({ file, content: contents.get(text)!, zero: text === zero });
    }
  });
  const places = pages.map(({ content }) => pages.flatMap((p, i) => (p.content === content ? [i] : [])));
  const kinds = pages.map((page, i): Kind => {
    if (page.zero) return 'zero';
    if (places[i].some((place) => pages[place].file !== page.file)) return 'between';
    return places[i].length > 1 ? 'within' : 'alone';
  });
  const inFile = (file: number) => pages.filter((page) => page.file === file);
  return {
    places,
    kinds,
    distinct: contents.size,
    distinctIn: files.map((_, file) => new Set(inFile(file).map((page) => page.content)).size),
    matrix: files.map((_, a) =>
      files.map(
        (_, b) =>
          inFile(a).filter((page) => {
            if (page.zero) return false;
            const there = inFile(b).filter((other) => other.content === page.content).length;
            return a === b ? there > 1 : there > 0;
          }).length,
      ),
    ),
  };
}

function expectSame(census: Census, files: Uint8Array[]) {
  const slow = slowCensus(files);
  const report = census.report();
  const total = slow.kinds.length;
  expect(report.pages).toBe(total);
  expect(report.distinct).toBe(slow.distinct);
  expect(report.saved).toBe(total - slow.distinct);
  expect(report.savedWithin).toBe(total - slow.distinctIn.reduce((a, b) => a + b, 0));
  expect(report.savedWithin + report.savedBetween).toBe(report.saved);
  expect(report.kinds).toEqual(KINDS.map((kind) => slow.kinds.filter((k) => k === kind).length));
  const counted = report.files.filter((file) => file.state === 'counted');
  expect(counted.map((file) => file.distinct)).toEqual(slow.distinctIn);
  for (const file of counted) {
    const kinds = slow.kinds.slice(file.start, file.start + file.pages);
    expect(file.kinds).toEqual(KINDS.map((kind) => kinds.filter((k) => k === kind).length));
    expect(file.tail).toBe(file.size - file.pages * PAGE);
  }
  expect([...report.matrix]).toEqual(slow.matrix.flat());
  // One comparison for all pages: an assertion costs more than a page.
  const readings = Array.from({ length: total }, (_, page) => census.page(page, total)!);
  expect(readings.map(({ kind }) => kind)).toEqual(slow.kinds);
  const groups = readings.map(({ group }) => [
    group.page,
    group.count,
    ...group.places.map(({ page }) => page),
  ]);
  expect(groups.join(';')).toBe(slow.places.map((places) => [places[0], places.length, ...places]).join(';'));
  // Nothing is saved on the word of a hash.
  expect(report.verification.comparisons).toBeGreaterThanOrEqual(report.saved);
  return report;
}

const ids = (max: number, length: number) => fc.array(fc.integer({ min: 0, max }), { maxLength: length });
const randomFiles = fc.array(
  fc.record({
    ids: fc.oneof(ids(3, 24), ids(40, 24)),
    tail: fc.constantFrom(0, 0, 1, 4095),
    copyOfFirst: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);
const randomOptions = fc.record({
  ringSlots: fc.integer({ min: 1, max: 3 }),
  slicePages: fc.integer({ min: 1, max: 5 }),
  cachePages: fc.constantFrom(0, 4, 8, 64),
  readAhead: fc.integer({ min: 1, max: 4 }),
  hashBits: fc.constantFrom(1, 2, 5, 64),
});

describe('page census', () => {
  it('agrees with a census made of strings and a Map, whatever the memory and the hash', async () => {
    let falseMatches = 0;
    let reread = 0;
    await fc.assert(
      fc.asyncProperty(randomFiles, randomOptions, async (specs, options) => {
        const files = specs.map((spec) => fileOf(spec.copyOfFirst ? specs[0].ids : spec.ids, spec.tail));
        const census = await open(options);
        census.add(files.map((bytes) => source(bytes)));
        await census.run();
        const report = expectSame(census, files);
        falseMatches += report.verification.falseMatches;
        reread += report.verification.rereadBytes;
      }),
      { numRuns: 2000 },
    );
    // The cases did exercise what they are there for.
    expect(falseMatches).toBeGreaterThan(1000);
    expect(reread).toBeGreaterThan(1000 * PAGE);
  }, 120_000);

  it('keeps what was compared when files are added and taken out again', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomFiles,
        randomOptions,
        fc.array(fc.nat(), { maxLength: 4 }),
        async (specs, options, removals) => {
          const census = await open(options);
          let kept = specs.map((spec) => ({ bytes: fileOf(spec.ids, spec.tail), key: 0 }));
          for (const file of kept) {
            const s = source(file.bytes);
            file.key = s.key;
            census.add([s]);
            await census.run();
          }
          for (const removal of removals) {
            if (kept.length === 0) break;
            const [gone] = kept.splice(removal % kept.length, 1);
            census.remove(gone.key);
            expectSame(
              census,
              kept.map((file) => file.bytes),
            );
            if (removal % 2) {
              const s = source(gone.bytes);
              census.add([s]);
              await census.run();
              kept = [...kept, { bytes: gone.bytes, key: s.key }];
              expectSame(
                census,
                kept.map((file) => file.bytes),
              );
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  }, 120_000);

  it('compares, and does not believe a short hash', async () => {
    const files = [fileOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), fileOf([10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 11])];
    const census = await open({ ...TIGHT, hashBits: 1 });
    census.add(files.map((bytes) => source(bytes)));
    await census.run();
    const report = expectSame(census, files);
    expect(report.distinct).toBe(11);
    expect(report.verification.falseMatches).toBeGreaterThan(10);
  });

  it('finds no false match with the whole hash, and compares every page it shares', async () => {
    const files = [fileOf([1, 2, 3, 0, 0]), fileOf([3, 2, 1, 0])];
    const census = await open();
    census.add(files.map((bytes) => source(bytes)));
    await census.run();
    const { verification, saved } = census.report();
    // Three pages equal to others, three pages of zeros compared with zero.
    expect(verification).toMatchObject({ comparisons: 6, comparedBytes: 6 * PAGE, falseMatches: 0 });
    expect(saved).toBe(5);
  });

  it('leaves bytes after the last whole page out, and says how many', async () => {
    const census = await open();
    census.add([source(fileOf([1], 100)), source(fileOf([], 4095)), source(new Uint8Array())]);
    await census.run();
    const report = census.report();
    expect(report.files.map(({ state, pages, tail }) => ({ state, pages, tail }))).toEqual([
      { state: 'counted', pages: 1, tail: 100 },
      { state: 'counted', pages: 0, tail: 4095 },
      { state: 'counted', pages: 0, tail: 0 },
    ]);
    expect(report.pages).toBe(1);
  });

  const fails = (name: string) => Object.assign(new Error(name), { name });

  it.each([
    ['NotReadableError', 0, 'unreadable'],
    ['NotReadableError', 6, 'lost'],
    ['NotFoundError', 6, 'gone'],
  ])('says beside the file that %s at page %i means %s, and counts the others', async (error, at, code) => {
    const good = fileOf([1, 2, 3]);
    const bad = fileOf([1, 2, 3, 4, 5, 6, 7, 8]);
    const census = await open();
    const failing = source(bad, 'bad', {
      read: async (offset, length) => {
        if (offset + length > at * PAGE) throw fails(error);
        return bad.slice(offset, offset + length);
      },
    });
    census.add([source(good), failing, source(good)]);
    await census.run();
    expect(census.files().map((file) => file.problem)).toEqual([null, { code, offset: at * PAGE }, null]);
    expectSame(census, [good, good]);
  });

  it('refuses a file that became shorter, or changed its date, while it was read', async () => {
    const bytes = fileOf([1, 2, 3, 4]);
    let reads = 0;
    const census = await open();
    census.add([
      source(bytes, 'short', { read: async (o, n) => bytes.slice(0, 3 * PAGE + 10).slice(o, o + n) }),
      source(bytes, 'dated', {
        read: async (o, n) => (reads++, bytes.slice(o, o + n)),
        stamp: () => ({ size: bytes.length, lastModified: reads > 1 ? 2 : 1 }),
      }),
      source(bytes),
    ]);
    await census.run();
    expect(census.files().map((file) => file.problem)).toEqual([
      { code: 'changed', offset: 3 * PAGE + 10 },
      { code: 'changed', offset: 4 * PAGE },
      null,
    ]);
    expectSame(census, [bytes]);
  });

  it('takes an earlier file out when it can no longer be read to be compared, and counts on', async () => {
    const first = fileOf([...Array(40).keys()]);
    const second = fileOf([...Array(40).keys()].reverse());
    let alive = true;
    const census = await open({ ...TIGHT, cachePages: 0 });
    census.add([
      source(first, 'first', {
        read: async (offset, length) => {
          if (!alive) throw fails('NotReadableError');
          return first.slice(offset, offset + length);
        },
      }),
    ]);
    await census.run();
    alive = false;
    census.add([source(second)]);
    await census.run();
    const [a, b] = census.files();
    expect(a).toMatchObject({ state: 'refused', problem: { code: 'lost' } });
    expect(b).toMatchObject({ state: 'counted', pages: 40 });
    expectSame(census, [second]);
  });

  it('says which limit a file would pass, and does not begin it', async () => {
    let reads = 0;
    const census = await open();
    const huge = source(new Uint8Array(), 'huge', {
      size: (MAX_PAGES + 1) * PAGE,
      read: async () => (reads++, new Uint8Array()),
    });
    census.add([huge]);
    await census.run();
    expect(census.limits.pages * PAGE).toBe(64 * 2 ** 30);
    expect(census.files()[0].problem).toEqual({ code: 'too-many-pages', offset: 0 });
    expect(reads).toBe(0);
  });

  it('counts past 4 GB with the right offsets', async () => {
    // 4 GiB + 8 KiB of zeros but for two equal pages, one of them beyond 2³² bytes.
    const size = 2 ** 32 + 2 * PAGE;
    const marker = pageOf(7);
    const blank = new Uint8Array(1024 * PAGE);
    const places = [3 * PAGE, 2 ** 32 + PAGE];
    const census = await open({ ringSlots: 2, cachePages: 8 });
    census.add([
      source(new Uint8Array(), 'sparse', {
        size,
        read: async (offset, length) => {
          const bytes = blank.slice(0, length);
          for (const place of places)
            if (place >= offset && place < offset + length) bytes.set(marker, place - offset);
          return bytes;
        },
      }),
    ]);
    await census.run();
    const report = census.report();
    expect(report).toMatchObject({ pages: 2 ** 20 + 2, distinct: 2, kinds: [0, 2, 0, 2 ** 20] });
    expect(census.top(2)[1].places.map((place) => place.offset)).toEqual(places);
  }, 60_000);

  it('stops within a slice when it is cancelled, and keeps the files already counted', async () => {
    const done = fileOf([1, 2, 3]);
    const long = fileOf(Array.from({ length: 400 }, (_, i) => i));
    let reads = 0;
    const census = await open();
    census.add([
      source(done),
      source(long, 'long', {
        read: async (offset, length) => {
          await turn();
          if (++reads === 10) census.cancel();
          return long.slice(offset, offset + length);
        },
      }),
      source(done, 'waiting'),
    ]);
    await census.run();
    expect(reads).toBeLessThan(15);
    expect(census.files().map((file) => file.problem?.code ?? file.state)).toEqual([
      'counted',
      'cancelled',
      'cancelled',
    ]);
    expectSame(census, [done]);
  });

  it('takes a file out while it is being counted, and goes on with the next', async () => {
    const a = fileOf(Array.from({ length: 60 }, (_, i) => i));
    const b = fileOf([5, 6, 7]);
    const census = await open();
    const long = source(a, 'long', {
      read: async (offset, length) => {
        if (offset > 20 * PAGE) census.remove(long.key);
        return a.slice(offset, offset + length);
      },
    });
    census.add([long, source(b)]);
    await census.run();
    expect(census.files().map((file) => file.state)).toEqual(['counted']);
    expectSame(census, [b]);
  });

  it('reads a page back, and says so when its bytes are no longer those that were counted', async () => {
    const bytes = fileOf([1, 2, 3]);
    const census = await open();
    census.add([source(bytes)]);
    await census.run();
    expect(await census.bytes(1)).toEqual(pageOf(2));
    bytes[PAGE + 9] ^= 1;
    expect(await census.bytes(1)).toBeNull();
    expect(await census.bytes(99)).toBeNull();
  });

  it('reports progress that only goes forward and ends at the whole', async () => {
    const bytes = fileOf(Array.from({ length: 30 }, (_, i) => i));
    const census = await open({ ...TIGHT, progressEvery: 0 });
    const seen: { done: number; total: number }[] = [];
    census.add([source(bytes)]);
    await census.run({ progress: (p) => p.state === 'reading' && seen.push(p) });
    expect(seen.at(-1)).toMatchObject({ done: 30 * PAGE, total: 30 * PAGE });
    for (let i = 1; i < seen.length; i++) expect(seen[i].done).toBeGreaterThan(seen[i - 1].done);
  });

  it('lists the contents that occur most often, and paints each cell with the kind most of its pages have', async () => {
    const census = await open();
    census.add([source(fileOf([0, 0, 0, 4, 4, 6, 8, 2])), source(fileOf([4, 2]))]);
    await census.run();
    expect(census.top(3).map(({ page, count, kind }) => ({ page, count, kind }))).toEqual([
      { page: 0, count: 3, kind: 'zero' },
      { page: 3, count: 3, kind: 'between' },
      { page: 7, count: 2, kind: 'between' },
    ]);
    const kinds = (from: number, to: number, cells: number) =>
      [...census.readings.paint(from, to, cells)].map((cell) => KINDS[cell & 3] + (cell & 16 ? '+' : ''));
    expect(kinds(0, 8, 8)).toEqual([
      'zero',
      'zero',
      'zero',
      'between',
      'between',
      'alone',
      'alone',
      'between',
    ]);
    expect(kinds(0, 8, 2)).toEqual(['zero+', 'between+']);
  });
});
