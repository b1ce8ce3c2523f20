import type { Census } from './census';
import { hashText, PAGE, type CensusCore } from './core';
import { KINDS, type CensusReport, type ExportFormat, type KindCounts } from './protocol';

/** Pieces of text, so that a file of a million lines is never one string. */
type Pieces = Generator<string, void, void>;

const MEDIA_TYPES: Record<ExportFormat, string> = {
  'files-csv': 'text/csv;charset=utf-8',
  'groups-csv': 'text/csv;charset=utf-8',
  'pages-csv': 'text/csv;charset=utf-8',
  json: 'application/json',
};

/** The file of one format, in pieces of about a megabyte. */
export function exportBlob(census: Census, core: CensusCore, format: ExportFormat): Blob {
  const parts: Blob[] = [];
  let text: string[] = [];
  let length = 0;
  const type = MEDIA_TYPES[format];
  const flush = () => {
    // A Blob of its own, which the browser may keep outside the worker's memory.
    parts.push(new Blob(text, { type }));
    text = [];
    length = 0;
  };
  for (const piece of exportPieces(census, core, format)) {
    text.push(piece);
    length += piece.length;
    if (length > 1 << 20) flush();
  }
  flush();
  return new Blob(parts, { type });
}

export function exportPieces(census: Census, core: CensusCore, format: ExportFormat): Pieces {
  const report = census.report();
  if (format === 'files-csv') return filesCsv(report);
  if (format === 'groups-csv') return groupsCsv(census, core, report);
  if (format === 'pages-csv') return pagesCsv(census, core, report);
  return json(census, core, report);
}

/**
 * A field of RFC 4180. Text that a spreadsheet would take for a formula (or that begins with an apostrophe, so that
 * the reverse is unambiguous) gets an apostrophe in front.
 */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r\n'\uff0b\uff0d\uff1d\uff20]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const row = (...fields: (string | number)[]): string => `${fields.map(csvField).join(',')}\r\n`;

function* filesCsv(report: CensusReport): Pieces {
  yield row(
    'file',
    'size_bytes',
    'state',
    'problem',
    'problem_offset_bytes',
    'pages',
    'tail_bytes',
    'distinct_contents',
    'pages_alone',
    'pages_repeated_within',
    'pages_shared_between',
    'pages_zero',
  );
  for (const file of report.files) {
    const { name, size, state, problem, pages, tail, distinct, kinds } = file;
    yield row(name, size, state, problem?.code ?? '', problem?.offset ?? '', pages, tail, distinct, ...kinds);
  }
}

function* groupsCsv(census: Census, core: CensusCore, report: CensusReport): Pieces {
  const names = namesByKey(report);
  yield row('xxh3_64', 'pages', 'kind', 'first_file', 'first_offset_bytes');
  for (const { root, count } of census.readings.repeated()) {
    const { key, offset } = census.readings.place(root);
    yield row(hashText(core.hashOf(root)), count, KINDS[core.kindOf(root)], names.get(key) ?? '', offset);
  }
}

function* pagesCsv(census: Census, core: CensusCore, report: CensusReport): Pieces {
  const names = namesByKey(report);
  yield row(
    'file',
    'offset_bytes',
    'xxh3_64',
    'kind',
    'pages_of_this_content',
    'first_file',
    'first_offset_bytes',
  );
  for (const file of report.files) {
    if (file.state !== 'counted') continue;
    for (let i = 0; i < file.pages; i++) {
      const page = file.start + i;
      const root = core.rootOf(page) >>> 0;
      const first = census.readings.place(root);
      yield row(
        file.name,
        i * PAGE,
        hashText(core.hashOf(page)),
        KINDS[core.kindOf(page)],
        core.countOf(root) >>> 0,
        names.get(first.key) ?? '',
        first.offset,
      );
    }
  }
}

/** The JSON file: what `report()` says, with every repeated content. */
export interface CensusDocument {
  format: 'a-la-carte/page-census';
  version: 1;
  pageBytes: number;
  hash: { name: 'XXH3-64'; bits: number };
  pages: number;
  distinct: number;
  saved: number;
  savedWithin: number;
  savedBetween: number;
  kinds: Record<(typeof KINDS)[number], number>;
  verification: CensusReport['verification'];
  files: {
    name: string;
    sizeBytes: number;
    state: string;
    problem: { code: string; offsetBytes: number } | null;
    pages: number;
    tailBytes: number;
    distinct: number;
    kinds: Record<(typeof KINDS)[number], number>;
  }[];
  /** Indexes into `files` of the rows and columns of `matrix`. */
  matrixFiles: number[];
  matrix: number[][];
  repeated: { hash: string; pages: number; kind: string; first: { file: number; offsetBytes: number } }[];
}

function* json(census: Census, core: CensusCore, report: CensusReport): Pieces {
  const counted = report.files.flatMap((file, i) => (file.state === 'counted' ? [i] : []));
  const head: Omit<CensusDocument, 'repeated'> = {
    format: 'a-la-carte/page-census',
    version: 1,
    pageBytes: PAGE,
    hash: { name: 'XXH3-64', bits: report.hashBits },
    pages: report.pages,
    distinct: report.distinct,
    saved: report.saved,
    savedWithin: report.savedWithin,
    savedBetween: report.savedBetween,
    kinds: byKind(report.kinds),
    verification: report.verification,
    files: report.files.map((file) => ({
      name: file.name,
      sizeBytes: file.size,
      state: file.state,
      problem: file.problem && { code: file.problem.code, offsetBytes: file.problem.offset },
      pages: file.pages,
      tailBytes: file.tail,
      distinct: file.distinct,
      kinds: byKind(file.kinds),
    })),
    matrixFiles: counted,
    matrix: counted.map((_, r) => [...report.matrix.subarray(r * counted.length, (r + 1) * counted.length)]),
  };
  const index = new Map(report.files.map((file, i) => [file.key, i]));
  yield `${JSON.stringify(head, null, 1).slice(0, -2)},\n "repeated": [`;
  let separator = '\n';
  for (const { root, count } of census.readings.repeated()) {
    const { key, offset } = census.readings.place(root);
    yield `${separator}  ${JSON.stringify({
      hash: hashText(core.hashOf(root)),
      pages: count,
      kind: KINDS[core.kindOf(root)],
      first: { file: index.get(key) ?? -1, offsetBytes: offset },
    })}`;
    separator = ',\n';
  }
  yield '\n ]\n}\n';
}

const byKind = (kinds: KindCounts) => ({
  alone: kinds[0],
  within: kinds[1],
  between: kinds[2],
  zero: kinds[3],
});

const namesByKey = (report: CensusReport) => new Map(report.files.map((file) => [file.key, file.name]));
