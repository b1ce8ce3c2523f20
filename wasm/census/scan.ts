/**
 * Reading a slice: every page is hashed, and no two pages are called the same before their 4096 bytes have been
 * compared. Pages of zeros are compared with zero and never enter the hash table.
 */
import { firstDifference, pagesEqual } from '../kernel/content';
import { xxh3Page } from '../kernel/hash';
import { PAGE, keepNew, keepReturning, residentAddress, ringAddress, setSlice } from './resident';
import {
  NONE,
  appendAlone,
  appendCopy,
  candidateOf,
  findFirst,
  findNext,
  hashOf,
  insert,
  isPending,
  pageCount,
  setDisputed,
  setPending,
  setZeroRoot,
  settleAlone,
  settleCopy,
  zeroRoot,
} from './table';

let hashMask: u64 = ~0;
let compared: u64 = 0;
let comparedBytes: u64 = 0;
let falseMatches: u64 = 0;

/** @param bits how many bits of the hash are kept, 1 … 64; fewer than 64 shows what the comparison is for */
export function openScan(bits: u32): void {
  hashMask = bits >= 64 ? ~0 : ((<u64>1) << bits) - 1;
  compared = 0;
  comparedBytes = 0;
  falseMatches = 0;
}

export function comparisonCount(): u64 {
  return compared;
}

export function comparedByteCount(): u64 {
  return comparedBytes;
}

/** Comparisons of two pages of equal hash that found different bytes. */
export function falseMatchCount(): u64 {
  return falseMatches;
}

function isZeroPage(at: usize): bool {
  for (const end = at + PAGE; at < end; at += 64) {
    const a = v128.or(v128.load(at), v128.load(at, 16));
    const b = v128.or(v128.load(at, 32), v128.load(at, 48));
    if (v128.any_true(v128.or(a, b))) return false;
  }
  return true;
}

function same(a: usize, b: usize): bool {
  compared++;
  if (pagesEqual(a, b)) {
    comparedBytes += PAGE;
    return true;
  }
  comparedBytes += <u64>firstDifference(a, b) + 1;
  falseMatches++;
  return false;
}

/**
 * Takes in the `count` pages that were copied into ring slot `slot`.
 * @returns how many of them are pending: their number is written, as u32, to `pendingList`
 */
export function scanSlice(slot: u32, count: u32, file: u32, pendingList: usize): u32 {
  setSlice(slot, pageCount(), count);
  let pending: u32 = 0;
  let at = ringAddress(slot);
  for (let i: u32 = 0; i < count; i++, at += PAGE) {
    const hash = xxh3Page(at) & hashMask;
    if (isZeroPage(at)) takeZero(hash, file);
    else if (take(at, hash, file)) {
      store<u32>(pendingList + ((<usize>pending) << 2), pageCount() - 1);
      pending++;
    }
  }
  return pending;
}

function takeZero(hash: u64, file: u32): void {
  compared++;
  comparedBytes += PAGE;
  if (zeroRoot() == NONE) setZeroRoot(appendAlone(hash, file));
  else appendCopy(hash, file, zeroRoot());
}

/** @returns true when the page must wait for bytes that are no longer at hand */
function take(at: usize, hash: u64, file: u32): bool {
  let away = NONE;
  for (let other = findFirst(hash); other != NONE; other = findNext()) {
    const bytes = residentAddress(other);
    if (!bytes) {
      if (away == NONE) away = other;
    } else if (same(at, bytes)) {
      appendCopy(hash, file, other);
      return false;
    }
  }
  const page = appendAlone(hash, file);
  insert(page, hash);
  if (away == NONE) {
    keepNew(page, at);
    return false;
  }
  setPending(page, away);
  keepReturning(page, at);
  return true;
}

/** Compares a pending page with its candidate, both at hand now. A page that differs is disputed. */
export function settle(page: u32, bytes: usize, candidateBytes: usize): bool {
  if (same(bytes, candidateBytes)) {
    settleCopy(page, candidateOf(page));
    return true;
  }
  setDisputed(page);
  return false;
}

/** For a disputed page: the first page of its hash that stands for a content for good, or NONE. */
export function firstRival(page: u32): u32 {
  return settled(findFirst(hashOf(page)));
}

export function nextRival(): u32 {
  return settled(findNext());
}

function settled(page: u32): u32 {
  while (page != NONE && isPending(page)) page = findNext();
  return page;
}

/** Compares a disputed page with a rival. */
export function settleWith(page: u32, bytes: usize, rival: u32, rivalBytes: usize): bool {
  if (!same(bytes, rivalBytes)) return false;
  settleCopy(page, rival);
  return true;
}

/** A disputed page that equals no rival is a content of its own. */
export function settleApart(page: u32): void {
  settleAlone(page);
}
