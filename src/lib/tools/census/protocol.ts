/** What crosses between the page and the census worker, and what a census says: types only. */
import type { Bytes, Pages } from '#lib/units';

/** A page of the census, numbered from 0 in the order of reading, files one after the other. */
export type CensusPage = number;

/** Name given to a file by the page that chose it; never reused. */
export type FileKey = number;

/** What a page is. Each page is exactly one of these; the four counts of a file add up to its pages. */
export const KINDS = ['alone', 'within', 'between', 'zero'] as const;
export type Kind = (typeof KINDS)[number];
/** Pages of each kind, in the order of `KINDS`. */
export type KindCounts = [alone: Pages, within: Pages, between: Pages, zero: Pages];

export type ProblemCode =
  /** The first read failed: no permission, or a folder. */
  | 'unreadable'
  /** The browser no longer finds it. */
  | 'gone'
  /** Reads worked, then one failed: changed, moved, unplugged, or permission withdrawn. */
  | 'lost'
  /** Other bytes, another length or another date than when it was chosen. */
  | 'changed'
  /** The census would pass `limits.pages`. */
  | 'too-many-pages'
  /** The census would pass `limits.files`. */
  | 'too-many-files'
  /** The browser refused the memory for the tables. */
  | 'no-memory'
  | 'cancelled';

export interface Problem {
  code: ProblemCode;
  /** Where in the file it was met. */
  offset: Bytes;
}

export type FileState = 'waiting' | 'reading' | 'comparing' | 'counted' | 'refused';

/** A file of the list, counted or not. */
export interface FileReading {
  key: FileKey;
  name: string;
  size: Bytes;
  state: FileState;
  problem: Problem | null;
  /** Number of its first page; −1 unless counted (or being read). */
  start: CensusPage;
  /** Whole pages of 4096 bytes. */
  pages: Pages;
  /** Bytes after the last whole page. They are no page, and are left out of every count. */
  tail: Bytes;
  /** Counted files only, below. */
  kinds: KindCounts;
  /** Different contents, zeros being one of them. */
  distinct: Pages;
}

export interface Verification {
  /** Full comparisons made: of pages with the same hash with each other, and of pages of zeros with zero. */
  comparisons: number;
  comparedBytes: Bytes;
  /** Comparisons of pages with the same hash that found different bytes. */
  falseMatches: number;
  /** Bytes of the files that were read a second time, to be compared. */
  rereadBytes: Bytes;
}

export interface CensusReport {
  files: FileReading[];
  /** Sums over the counted files. */
  pages: Pages;
  kinds: KindCounts;
  /** Different contents in all: what would be left with every equal page shared. */
  distinct: Pages;
  /** pages − distinct = savedWithin + savedBetween. */
  saved: Pages;
  /** What sharing within each file alone would give back. */
  savedWithin: Pages;
  /** What sharing between files gives on top of it. */
  savedBetween: Pages;
  verification: Verification;
  /** Bits of the hash that were kept; 64 unless a shorter one was asked for. */
  hashBits: number;
  /**
   * Row a, column b: pages of counted file a whose content is also in counted file b; on the diagonal, pages of a
   * whose content a holds more than once. Zeros left out. Row-major, in the order of the counted files.
   */
  matrix: Uint32Array;
}

export interface Progress {
  key: FileKey;
  /** Number of the file's first page. */
  start: CensusPage;
  state: 'reading' | 'comparing';
  /** Of the file at hand: bytes read and taken in, then bytes compared in the second pass. */
  done: Bytes;
  total: Bytes;
  /** Over all the files that wait or are being read. */
  allDone: Bytes;
  allTotal: Bytes;
  bytesPerSecond: number;
  secondsLeft: number;
  /** Pages taken in so far, in the whole census. */
  pages: Pages;
}

export interface Place {
  page: CensusPage;
  key: FileKey;
  offset: Bytes;
}

/** Pages of one content. */
export interface Group {
  /** The first of them. */
  page: CensusPage;
  hash: string;
  count: Pages;
  kind: Kind;
  /** The first few, in order. */
  places: Place[];
}

export interface PageReading extends Place {
  /** XXH3-64, 16 hexadecimal digits. */
  hash: string;
  kind: Kind;
  group: Group;
}

export interface Limits {
  pages: Pages;
  files: number;
}

export type ExportFormat = 'files-csv' | 'groups-csv' | 'pages-csv' | 'json';

export interface NamedFile {
  key: FileKey;
  name: string;
  file: File;
}

/** Page → worker. Those with an `id` are answered. */
export type Request =
  | { kind: 'open'; wasmUrl: string; hashBits: number }
  | { kind: 'add'; files: NamedFile[] }
  /** Two images made by the worker itself, to try the census on. */
  | { kind: 'sample'; keys: [FileKey, FileKey] }
  | { kind: 'remove'; key: FileKey }
  | { kind: 'cancel' }
  | { kind: 'paint'; id: number; from: CensusPage; to: CensusPage; cells: number }
  | { kind: 'tally'; id: number; from: CensusPage; to: CensusPage; parts: number }
  | { kind: 'page'; id: number; page: CensusPage; places: number }
  | { kind: 'bytes'; id: number; page: CensusPage }
  | { kind: 'top'; id: number; count: number }
  | { kind: 'export'; id: number; format: ExportFormat };

/** Worker → page. */
export type Reply =
  | { kind: 'ready'; limits: Limits }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'files'; files: FileReading[]; running: boolean }
  | { kind: 'report'; report: CensusReport }
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failed'; id: number | null; message: string };
