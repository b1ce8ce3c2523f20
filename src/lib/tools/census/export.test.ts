import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCensus } from '../../../../scripts/core.mjs';
import { Census } from './census';
import { loadCensusCore, PAGE, type CensusCore } from './core';
import { csvField, exportBlob, exportPieces, type CensusDocument } from './export';
import { KINDS, type ExportFormat } from './protocol';
import { layout, SAMPLE_PAGES, sampleImages } from './sample';
import { fileSource } from './source';

let wasm: WebAssembly.Module;
beforeAll(() => {
  buildCensus();
  wasm = new WebAssembly.Module(readFileSync(new URL('../../../../wasm/build/census.wasm', import.meta.url)));
});

/** RFC 4180, and the apostrophe that guards against formulas taken off again. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const field = match[1] === undefined ? match[2] : match[1].replaceAll('""', '"');
    fields.push(field.replace(/^'/, ''));
    if (match[3] === ',') continue;
    rows.push(fields);
    fields = [];
  }
  expect(fields).toEqual([]);
  return rows;
}

const page = (id: number) => new Uint8Array(PAGE).fill(id);

async function counted(files: { name: string; pages: number[]; tail?: number }[]) {
  const core = await loadCensusCore(wasm);
  const census = new Census(core, { ringSlots: 2, cachePages: 64 });
  census.add(
    files.map(({ name, pages, tail = 0 }, i) =>
      fileSource(i + 1, name, new File([...pages.map(page), new Uint8Array(tail)], name)),
    ),
  );
  await census.run();
  const text = (format: ExportFormat) => [...exportPieces(census, core, format)].join('');
  return { core, census, text };
}

describe('export', () => {
  it('gives back in JSON what the report says', async () => {
    const { census, text } = await counted([
      { name: 'a "quoted", name.mem', pages: [0, 1, 2, 2, 3], tail: 7 },
      { name: 'é\n=1+1', pages: [3, 0, 4] },
    ]);
    const document = JSON.parse(text('json')) as CensusDocument;
    const report = census.report();
    expect(document).toMatchObject({
      format: 'a-la-carte/page-census',
      pages: report.pages,
      distinct: report.distinct,
      saved: report.saved,
      verification: report.verification,
      matrix: [
        [2, 1],
        [1, 0],
      ],
      matrixFiles: [0, 1],
    });
    expect(KINDS.map((kind) => document.kinds[kind])).toEqual(report.kinds);
    expect(document.files.map((file) => [file.name, file.pages, file.tailBytes, file.distinct])).toEqual(
      report.files.map((file) => [file.name, file.pages, file.tail, file.distinct]),
    );
    expect(document.repeated.map((group) => [group.pages, group.kind, group.first])).toEqual([
      [2, 'zero', { file: 0, offsetBytes: 0 }],
      [2, 'within', { file: 0, offsetBytes: 2 * PAGE }],
      [2, 'between', { file: 0, offsetBytes: 4 * PAGE }],
    ]);
  });

  it('is JSON too when nothing is repeated, or nothing was counted', async () => {
    const alone = await counted([{ name: 'a', pages: [1, 2] }]);
    expect((JSON.parse(alone.text('json')) as CensusDocument).repeated).toEqual([]);
    const nothing = await counted([]);
    expect(JSON.parse(nothing.text('json'))).toMatchObject({ pages: 0, files: [], matrix: [] });
  });

  it('writes a line a page, with the hash and the first place of its content', async () => {
    const { census, text } = await counted([
      { name: 'a,b', pages: [5, 6] },
      { name: '=cmd', pages: [6, 6, 0] },
    ]);
    const [head, ...rows] = parseCsv(text('pages-csv'));
    expect(head).toHaveLength(7);
    expect(
      rows.map(([file, offset, , kind, count, firstFile, firstOffset]) => ({
        file,
        offset: Number(offset),
        kind,
        count: Number(count),
        first: `${firstFile} ${firstOffset}`,
      })),
    ).toEqual([
      { file: 'a,b', offset: 0, kind: 'alone', count: 1, first: 'a,b 0' },
      { file: 'a,b', offset: PAGE, kind: 'between', count: 3, first: 'a,b 4096' },
      { file: '=cmd', offset: 0, kind: 'between', count: 3, first: 'a,b 4096' },
      { file: '=cmd', offset: PAGE, kind: 'between', count: 3, first: 'a,b 4096' },
      { file: '=cmd', offset: 2 * PAGE, kind: 'zero', count: 1, first: '=cmd 8192' },
    ]);
    expect(rows.map((row) => row[2])).toEqual(rows.map((_, i) => census.page(i, 1)!.hash));
    const files = parseCsv(text('files-csv'));
    expect(files.map((row) => row[0])).toEqual(['file', 'a,b', '=cmd']);
    expect(files[2].slice(-4).map(Number)).toEqual(census.files()[1].kinds);
    expect(parseCsv(text('groups-csv')).slice(1)).toEqual([[rows[1][2], '3', 'between', 'a,b', '4096']]);
  });

  it('keeps any name whole, and lets none begin as a formula', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme-ascii' }), (a, b) => {
        expect(parseCsv(`${csvField(a)},${csvField(b)}\r\n`)).toEqual([[a, b]]);
        expect(csvField(a)).not.toMatch(/^"?[=+\-@\t\r\n]/);
      }),
      { numRuns: 2000 },
    );
    expect(csvField('=HYPERLINK("http://x")')).toBe('"\'=HYPERLINK(""http://x"")"');
    expect(csvField(-3)).toBe('-3');
  }, 30_000);

  it('says in a Blob what the pieces say', async () => {
    const { core, census, text } = await counted([{ name: 'a', pages: [1, 1, 2] }]);
    const blob = exportBlob(census, core, 'pages-csv');
    expect(await blob.text()).toBe(text('pages-csv'));
    expect(blob.type).toBe('text/csv;charset=utf-8');
  });
});

describe('sample', () => {
  const imagesOf = async (core: CensusCore) =>
    Promise.all(sampleImages(core).map(async (blob) => new Uint8Array(await blob.arrayBuffer())));

  it('is the same to the byte each time, and as long as it says', async () => {
    const [a, b] = await imagesOf(await loadCensusCore(wasm));
    const [c, d] = await imagesOf(await loadCensusCore(wasm));
    expect(Buffer.compare(a, c)).toBe(0);
    expect(Buffer.compare(b, d)).toBe(0);
    expect(a.length).toBe(SAMPLE_PAGES * PAGE);
    expect(b.length).toBe(SAMPLE_PAGES * PAGE);
  }, 30_000);

  it('has pages of every kind, and between the files what its layout says', async () => {
    const core = await loadCensusCore(wasm);
    const census = new Census(core);
    census.add(sampleImages(core).map((blob, i) => fileSource(i + 1, 's', new File([blob], 's'))));
    await census.run();
    const { kinds, distinct, verification } = census.report();
    for (const count of kinds) expect(count).toBeGreaterThan(100);
    const contents = new Set(
      ([0, 1] as const).flatMap((machine) =>
        layout(machine).flatMap(({ family, first, count }) =>
          Array.from({ length: count }, (_, i) =>
            family === 0 || family === 4 ? family : `${family} ${first + i}`,
          ),
        ),
      ),
    );
    expect(distinct).toBe(contents.size);
    expect(verification.falseMatches).toBe(0);
  }, 30_000);
});
