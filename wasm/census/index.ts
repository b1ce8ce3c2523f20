/**
 * The page census as a WebAssembly module of its own: every export, and nothing else.
 * Driven by src/lib/tools/census/census.ts; addresses are asked for, never copied from here.
 *
 * Memory, from __heap_base on, 64 KiB aligned: lists (64 KiB) · ring of slices · cache · tables (see table.ts).
 * Scratch for a reading (masks, painted cells) lies after the tables and is asked for each time.
 */
import { expand } from '../kernel/content';
import { xxh3Page } from '../kernel/hash';
import { openResident, renumber, residentBytes } from './resident';
import { openScan, scanSlice } from './scan';
import {
  MAX_FILES,
  flatten,
  hashesAddress,
  openTables,
  removePages,
  reserveTables,
  tableCapacity,
} from './table';

export {
  comparedByteCount,
  comparisonCount,
  falseMatchCount,
  firstRival,
  nextRival,
  settle,
  settleApart,
  settleWith,
} from './scan';
export { forgetCache, forgetRing, residentAddress, residentPages, ringAddress, setSlice } from './resident';
export { countMarked, distinctIn, kindOf, markFiles, nextPlace, paintKinds, tally, twinsIn } from './summary';
export {
  candidateOf,
  countOf,
  countsAddress,
  firstsAddress,
  flatten,
  hashOf,
  hashesAddress,
  isDisputed,
  isPending,
  isShared,
  pageCount,
  rootOf,
  tableCapacity,
  zeroRoot,
} from './table';

const LISTS: usize = 65_536;
let lists: usize = 0;

/**
 * Opens an empty census.
 * @param ringSlots slices of 4 MiB kept at hand
 * @param cachePages pages kept besides
 * @param hashBits bits of the hash that are kept, 64 for the whole
 * @returns false when memory is refused
 */
export function open(ringSlots: u32, cachePages: u32, hashBits: u32): bool {
  lists = (__heap_base + 0xffff) & ~0xffff;
  const resident = lists + LISTS;
  const tables = (resident + residentBytes(ringSlots, cachePages) + 0xffff) & ~0xffff;
  const missing = <i32>(tables >> 16) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return false;
  openResident(resident, ringSlots, cachePages);
  openTables(tables);
  openScan(hashBits);
  return true;
}

/** Makes room for this many pages in all. @returns false past the limit or when memory is refused */
export function reserve(pages: u32): bool {
  return reserveTables(pages);
}

/** 16 KiB for lists of page numbers; after them, the first page of each file (`startsAddress`). */
export function listAddress(): usize {
  return lists;
}

/** u32 for each file, the number of its first page; one more for the end. */
export function startsAddress(): usize {
  return lists + 16_384;
}

export function maxFiles(): u32 {
  return MAX_FILES;
}

/** Takes in the pages copied to a ring slot. @returns how many are pending, listed at `listAddress` */
export function scan(slot: u32, count: u32, file: u32): u32 {
  return scanSlice(slot, count, file, lists);
}

/** Takes pages out, and counts the rest again. `startsAddress` holds the files that stay. */
export function remove(from: u32, to: u32, files: u32): void {
  flatten(from);
  removePages(from, to, startsAddress(), files);
  renumber();
}

/** Room after the tables for a reading's results. @returns its address, or 0 when memory is refused */
export function scratch(bytes: u32): usize {
  const room = tableCapacity();
  const end = hashesAddress() + <usize>room * 24 + 64;
  const at = (end + 15) & ~15;
  const missing = <i32>((at + bytes + 0xffff) >> 16) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return 0;
  return at;
}

/** The contents that the simulator gives its own pages, for the sample: 4096 bytes at `at`. */
export function fillPage(key: u64, at: usize): void {
  expand(key, at);
}

/** XXH3-64 of the 4096 bytes at `at`. */
export function hashPage(at: usize): u64 {
  return xxh3Page(at);
}
