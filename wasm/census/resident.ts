/**
 * Bytes at hand: the slices read last (the ring) and a bounded cache of pages that stand for a content.
 * What is in neither must be read again to be compared.
 *
 * The cache is set-associative, four ways, keyed by hash. A new content takes a free way and never drives another out:
 * two copies of one image, read one after the other, would otherwise empty it before it is of use. A content that came
 * back after it had left memory drives out the least used of its set.
 */
import { NONE } from './table';

export const PAGE: usize = 4096;
export const SLICE_PAGES: u32 = 1024;
const WAYS: u32 = 4;

let ring: usize = 0;
let ringSlots: u32 = 0;
let ringFirst: usize = 0;
let oldest: u32 = NONE;
let cache: usize = 0;
let sets: u32 = 0;
let tags: usize = 0;
let uses: usize = 0;

/** Bytes that `openResident` takes from its address on. */
export function residentBytes(slots: u32, cachePages: u32): usize {
  const lines = <usize>(cachePages / WAYS) * WAYS;
  return ((<usize>slots * SLICE_PAGES + lines) << 12) + (((<usize>slots) << 3) + lines * 5 + 4096);
}

/** Ring and cache lie side by side: the ring first, at the page-aligned `address`. */
export function openResident(address: usize, slots: u32, cachePages: u32): void {
  ring = address;
  ringSlots = slots;
  sets = cachePages / WAYS;
  cache = ring + ((<usize>slots * SLICE_PAGES) << 12);
  ringFirst = cache + ((<usize>sets * WAYS) << 12);
  tags = ringFirst + ((<usize>slots) << 3);
  uses = tags + ((<usize>sets * WAYS) << 2);
  for (let slot: u32 = 0; slot < slots; slot++) setSlice(slot, NONE, 0);
  forgetCache();
}

export function forgetCache(): void {
  memory.fill(tags, 0, (<usize>sets * WAYS) << 2);
  memory.fill(uses, 0, <usize>sets * WAYS);
}

export function forgetRing(): void {
  for (let slot: u32 = 0; slot < ringSlots; slot++) setSlice(slot, NONE, 0);
}

export function ringAddress(slot: u32): usize {
  return ring + ((<usize>slot * SLICE_PAGES) << 12);
}

/** Pages that fit in ring and cache together, from `ringAddress(0)` on. */
export function residentPages(): u32 {
  return ringSlots * SLICE_PAGES + sets * WAYS;
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

function lineOf(hash: u64): u32 {
  return <u32>((((hash * 0xd6e8_feb8_6659_fd93) >> 32) * <u64>sets) >> 32) * WAYS;
}

/** Where the 4096 bytes of this page are, or 0. */
export function residentAddress(page: u32, hash: u64): usize {
  if (page >= oldest) {
    for (let slot: u32 = 0; slot < ringSlots; slot++) {
      const into = page - load<u32>(ringFirst + ((<usize>slot) << 3));
      if (into < load<u32>(ringFirst + ((<usize>slot) << 3), 4))
        return ringAddress(slot) + ((<usize>into) << 12);
    }
  }
  if (sets == 0) return 0;
  const line = lineOf(hash);
  for (let way = line; way < line + WAYS; way++) {
    if (load<u32>(tags + ((<usize>way) << 2)) == page + 1) {
      const used = load<u8>(uses + <usize>way);
      if (used < 255) store<u8>(uses + <usize>way, used + 1);
      return cache + ((<usize>way) << 12);
    }
  }
  return 0;
}

/** Keeps a content seen for the first time, if there is room. */
export function keepNew(page: u32, hash: u64, bytes: usize): void {
  if (sets == 0) return;
  const line = lineOf(hash);
  for (let way = line; way < line + WAYS; way++)
    if (load<u32>(tags + ((<usize>way) << 2)) == 0) return put(way, page, bytes, 0);
}

/** Keeps a content that came back when it was no longer at hand. */
export function keepReturning(page: u32, hash: u64, bytes: usize): void {
  if (sets == 0) return;
  const line = lineOf(hash);
  let least = line;
  for (let way = line; way < line + WAYS; way++) {
    if (load<u32>(tags + ((<usize>way) << 2)) == 0) return put(way, page, bytes, 1);
    if (load<u8>(uses + <usize>way) < load<u8>(uses + <usize>least)) least = way;
  }
  for (let way = line; way < line + WAYS; way++) {
    const used = load<u8>(uses + <usize>way);
    store<u8>(uses + <usize>way, used >> 1);
  }
  put(least, page, bytes, 1);
}

function put(way: u32, page: u32, bytes: usize, used: u8): void {
  store<u32>(tags + ((<usize>way) << 2), page + 1);
  store<u8>(uses + <usize>way, used);
  memory.copy(cache + ((<usize>way) << 12), bytes, PAGE);
}

/** Page numbers changed or went: what the tags say no longer holds. */
export function renumber(): void {
  forgetCache();
  forgetRing();
}
