/**
 * Bytes at hand: the slices read last (the ring) and a bounded cache of pages that stand for a content.
 * What is in neither must be read again to be compared.
 *
 * The cache takes new contents in the order of reading until it is full, and none of them drives another out: two
 * copies of one image, read one after the other, would otherwise empty it before it is of use; and what it lacks then
 * lies together in the file, and is read again in long stretches. A content that came back after it had left memory
 * drives out one that was not asked for lately (second chance).
 */
import { NONE } from './table';

export const PAGE: usize = 4096;
export const SLICE_PAGES: u32 = 1024;
const HEADS: u32 = 65_536;

let ring: usize = 0;
let ringSlots: u32 = 0;
let ringFirst: usize = 0;
let oldest: u32 = NONE;
let cache: usize = 0;
let lines: u32 = 0;
let filled: u32 = 0;
let hand: u32 = 0;
/** Per line: page + 1 or 0 · next line + 1 of the same head · asked for lately. Per head: first line + 1. */
let tags: usize = 0;
let nexts: usize = 0;
let asked: usize = 0;
let heads: usize = 0;

/** Bytes that `openResident` takes from its address on. */
export function residentBytes(slots: u32, cachePages: u32): usize {
  return (
    ((<usize>slots * SLICE_PAGES + cachePages) << 12) +
    ((<usize>slots) << 3) +
    <usize>cachePages * 9 +
    (HEADS << 2)
  );
}

/** Ring and cache lie side by side: the ring first, at the page-aligned `address`. */
export function openResident(address: usize, slots: u32, cachePages: u32): void {
  ring = address;
  ringSlots = slots;
  lines = cachePages;
  cache = ring + ((<usize>slots * SLICE_PAGES) << 12);
  ringFirst = cache + ((<usize>lines) << 12);
  heads = ringFirst + ((<usize>slots) << 3);
  tags = heads + (HEADS << 2);
  nexts = tags + ((<usize>lines) << 2);
  asked = nexts + ((<usize>lines) << 2);
  for (let slot: u32 = 0; slot < slots; slot++) setSlice(slot, NONE, 0);
  forgetCache();
}

export function forgetCache(): void {
  memory.fill(heads, 0, HEADS << 2);
  memory.fill(tags, 0, (<usize>lines) << 2);
  memory.fill(asked, 0, <usize>lines);
  filled = 0;
  hand = 0;
}

export function forgetRing(): void {
  for (let slot: u32 = 0; slot < ringSlots; slot++) setSlice(slot, NONE, 0);
}

export function ringAddress(slot: u32): usize {
  return ring + ((<usize>slot * SLICE_PAGES) << 12);
}

/** Pages that fit in ring and cache together, from `ringAddress(0)` on. */
export function residentPages(): u32 {
  return ringSlots * SLICE_PAGES + lines;
}

/** The slot now holds `count` pages from number `first` on; 0 while it is being refilled. */
export function setSlice(slot: u32, first: u32, count: u32): void {
  store<u32>(ringFirst + ((<usize>slot) << 3), first);
  store<u32>(ringFirst + ((<usize>slot) << 3), count, 4);
  oldest = NONE;
  for (let i: u32 = 0; i < ringSlots; i++) {
    const start = load<u32>(ringFirst + ((<usize>i) << 3));
    if (load<u32>(ringFirst + ((<usize>i) << 3), 4) > 0 && start < oldest) oldest = start;
  }
}

function headOf(page: u32): usize {
  return heads + ((<usize>((page * 0x9e37_79b1) >> 16)) << 2);
}

/** Where the 4096 bytes of this page are, or 0. */
export function residentAddress(page: u32): usize {
  if (page >= oldest) {
    for (let slot: u32 = 0; slot < ringSlots; slot++) {
      const into = page - load<u32>(ringFirst + ((<usize>slot) << 3));
      if (into < load<u32>(ringFirst + ((<usize>slot) << 3), 4))
        return ringAddress(slot) + ((<usize>into) << 12);
    }
  }
  for (let line = load<u32>(headOf(page)); line != 0; line = load<u32>(nexts + ((<usize>(line - 1)) << 2))) {
    if (load<u32>(tags + ((<usize>(line - 1)) << 2)) == page + 1) {
      store<u8>(asked + <usize>(line - 1), 1);
      return cache + ((<usize>(line - 1)) << 12);
    }
  }
  return 0;
}

/** Keeps a content seen for the first time, if there is room. */
export function keepNew(page: u32, bytes: usize): void {
  if (filled < lines) put(filled++, page, bytes);
}

/** Keeps a content that came back when it was no longer at hand. */
export function keepReturning(page: u32, bytes: usize): void {
  if (filled < lines) return put(filled++, page, bytes);
  if (lines == 0) return;
  while (load<u8>(asked + <usize>hand)) {
    store<u8>(asked + <usize>hand, 0);
    advance();
  }
  const line = hand;
  advance();
  unlink(line);
  put(line, page, bytes);
}

function advance(): void {
  hand++;
  if (hand == lines) hand = 0;
}

function put(line: u32, page: u32, bytes: usize): void {
  const head = headOf(page);
  store<u32>(tags + ((<usize>line) << 2), page + 1);
  store<u32>(nexts + ((<usize>line) << 2), load<u32>(head));
  store<u32>(head, line + 1);
  store<u8>(asked + <usize>line, 0);
  memory.copy(cache + ((<usize>line) << 12), bytes, PAGE);
}

function unlink(line: u32): void {
  let link = headOf(load<u32>(tags + ((<usize>line) << 2)) - 1);
  while (load<u32>(link) != line + 1) link = nexts + ((<usize>(load<u32>(link) - 1)) << 2);
  store<u32>(link, load<u32>(nexts + ((<usize>line) << 2)));
}

/** Page numbers changed or went: what the tags say no longer holds. */
export function renumber(): void {
  forgetCache();
  forgetRing();
}
