/** The door to wasm/census: its exports as TypeScript sees them. u32 comes back signed: pass it through `>>> 0`. */
export interface CensusCore {
  readonly memory: WebAssembly.Memory;
  open(ringSlots: number, cachePages: number, hashBits: number): number;
  reserve(pages: number): number;
  listAddress(): number;
  startsAddress(): number;
  maxFiles(): number;
  ringAddress(slot: number): number;
  residentPages(): number;
  residentAddress(page: number): number;
  forgetCache(): void;
  forgetRing(): void;
  setSlice(slot: number, first: number, count: number): void;
  scan(slot: number, count: number, file: number): number;
  settle(page: number, bytes: number, candidateBytes: number): number;
  firstRival(page: number): number;
  nextRival(): number;
  settleWith(page: number, bytes: number, rival: number, rivalBytes: number): number;
  settleApart(page: number): void;
  flatten(from: number): void;
  remove(from: number, to: number, files: number): void;
  pageCount(): number;
  tableCapacity(): number;
  rootOf(page: number): number;
  countOf(root: number): number;
  candidateOf(page: number): number;
  isPending(page: number): number;
  isDisputed(page: number): number;
  isShared(root: number): number;
  hashOf(page: number): bigint;
  zeroRoot(): number;
  firstsAddress(): number;
  countsAddress(): number;
  hashesAddress(): number;
  kindOf(page: number): number;
  tally(from: number, to: number, out: number): void;
  paintKinds(from: number, to: number, cells: number, out: number): void;
  distinctIn(from: number, to: number, marks: number): number;
  twinsIn(from: number, to: number, once: number, twice: number): number;
  markFiles(block: number, starts: number, files: number, masks: number): void;
  countMarked(from: number, to: number, masks: number, out: number): void;
  nextPlace(root: number, page: number): number;
  comparisonCount(): bigint;
  comparedByteCount(): bigint;
  falseMatchCount(): bigint;
  scratch(bytes: number): number;
  fillPage(key: bigint, address: number): void;
  hashPage(address: number): bigint;
}

/** 64 GiB; as in wasm/census/table.ts, and checked by a test. */
export const MAX_PAGES = 16_777_216;
export const MAX_FILES = 1024;
export const SLICE_PAGES = 1024;
export const PAGE = 4096;
export const NONE = 0xffff_ffff;

const IMPORTS = {
  env: {
    abort: () => {
      throw new Error('the census core stopped');
    },
  },
};

/** Instantiates the core: from a compiled module (tests, Node) or its fetched bytes (the worker). */
export async function loadCensusCore(source: BufferSource | WebAssembly.Module): Promise<CensusCore> {
  const instance =
    source instanceof WebAssembly.Module
      ? await WebAssembly.instantiate(source, IMPORTS)
      : (await WebAssembly.instantiate(source, IMPORTS)).instance;
  return instance.exports as unknown as CensusCore;
}

/** `hash` as 16 hexadecimal digits. */
export const hashText = (hash: bigint): string => BigInt.asUintN(64, hash).toString(16).padStart(16, '0');
