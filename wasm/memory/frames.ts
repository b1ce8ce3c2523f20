/**
 * The table of share frames (OSDI'02 section 4.3): one hash table for all scanned pages, chained, 16 bytes a
 * frame. Two kinds:
 *
 *   shared  0       8                                  16     hint   0            4              8          16
 *           │ hash  │ 63…40 MPN │ 39…24 references     │             │ low hash   │ VM, guest    │          │
 *           │ (64)  │ 23 kind=1 │ 22…0 next frame      │             │ (32)       │ page (8+24)  │ 23: 0, next
 *
 * Hints truncate the hash to make room for the way back to the page; nothing is protected for their sake.
 * References beyond 16 bits go to the overflow table (the page of zeros).
 */
import { bucketPtr, frameCapacity, framePtr, OVERFLOW_ENTRIES, overflowPtr } from '../kernel/arena';
import { add, get, set } from '../kernel/header';
import { below } from '../kernel/random';
import { headerPtr } from '../kernel/arena';
import { Field } from '../shared/columns';

const KIND_SHARED: u64 = 1 << 23;
const NEXT_MASK: u64 = 0x7f_ffff;
const REFERENCES_MAX: u32 = 0xffff;
/** 2³² by the golden ratio. */
const FIBONACCI: u32 = 0x9e3779b9;
/** Draws, when the table is full and the chain holds no hint, before the page is left without one. */
const EVICTION_DRAWS: u32 = 64;

function at(frame: u32): usize {
  return framePtr + ((<usize>frame) << 4);
}

/** Fibonacci hashing (Knuth, The Art of Computer Programming 3, section 6.4): a hash of few bits is spread as well. */
function bucketOf(low: u32): usize {
  const bucket = <u32>((<u64>(low * FIBONACCI) * frameCapacity) >> 32);
  return bucketPtr + ((<usize>bucket) << 2);
}

/** First frame of the chain for a hash, 0 when there is none. */
export function chain(hash: u64): u32 {
  return load<u32>(bucketOf(<u32>hash));
}

export function next(frame: u32): u32 {
  return <u32>(load<u64>(at(frame), 8) & NEXT_MASK);
}

export function isShared(frame: u32): bool {
  return (load<u64>(at(frame), 8) & KIND_SHARED) != 0;
}

/** Full hash of a shared frame. */
export function sharedHash(frame: u32): u64 {
  return load<u64>(at(frame));
}

/** Low 32 bits of the hash, of either kind. */
export function lowHash(frame: u32): u32 {
  return load<u32>(at(frame));
}

export function hintVm(frame: u32): u32 {
  return load<u32>(at(frame), 4) >> 24;
}

export function hintPage(frame: u32): u32 {
  return load<u32>(at(frame), 4) & 0x00ff_ffff;
}

export function sharedMachinePage(frame: u32): u32 {
  return <u32>(load<u64>(at(frame), 8) >> 40);
}

function overflowEntry(frame: u32, create: bool): usize {
  let free: usize = 0;
  for (let i: u32 = 0; i < OVERFLOW_ENTRIES; i++) {
    const entry = overflowPtr + ((<usize>i) << 3);
    const whose = load<u32>(entry);
    if (whose == frame) return entry;
    if (whose == 0 && free == 0) free = entry;
  }
  if (create && free != 0) store<u32>(free, frame);
  return create ? free : 0;
}

/** Guest pages mapped to a shared frame. */
export function references(frame: u32): u32 {
  const low = (<u32>(load<u64>(at(frame), 8) >> 24)) & REFERENCES_MAX;
  if (low != REFERENCES_MAX) return low;
  const entry = overflowEntry(frame, false);
  return entry == 0 ? low : low + load<u32>(entry, 4);
}

/** @returns false when the count cannot grow: 16 bits full and no overflow entry left. */
export function addReference(frame: u32): bool {
  const word = load<u64>(at(frame), 8);
  if (((<u32>(word >> 24)) & REFERENCES_MAX) != REFERENCES_MAX) {
    store<u64>(at(frame), word + (1 << 24), 8);
    return true;
  }
  const entry = overflowEntry(frame, true);
  if (entry == 0) return false;
  store<u32>(entry, load<u32>(entry, 4) + 1, 4);
  return true;
}

/** @returns the references left. */
export function dropReference(frame: u32): u32 {
  const word = load<u64>(at(frame), 8);
  const low = (<u32>(word >> 24)) & REFERENCES_MAX;
  if (low == REFERENCES_MAX) {
    const entry = overflowEntry(frame, false);
    if (entry != 0) {
      const more = load<u32>(entry, 4);
      if (more == 1) store<u64>(entry, 0);
      else store<u32>(entry, more - 1, 4);
      return low + more - 1;
    }
  }
  assert(low > 0);
  store<u64>(at(frame), word - (1 << 24), 8);
  return low - 1;
}

function setNext(frame: u32, following: u32): void {
  store<u64>(at(frame), (load<u64>(at(frame), 8) & ~NEXT_MASK) | following, 8);
}

/** Takes a frame out of its chain and back to the free ones. */
export function remove(frame: u32): void {
  const bucket = bucketOf(lowHash(frame));
  let here = load<u32>(bucket);
  if (here == frame) store<u32>(bucket, next(frame));
  else {
    while (next(here) != frame) here = next(here);
    setNext(here, next(frame));
  }
  if (!isShared(frame)) add(Field.hints, -1);
  store<u64>(at(frame), 0);
  store<u64>(at(frame), get(Field.frameFreeHead), 8);
  set(Field.frameFreeHead, frame);
}

/**
 * A full table gives up the oldest hint of the chain that the new one joins: the lookup has just been through it, so it
 * costs no further way to memory. 0 when the chain holds none.
 */
function evictFromChain(bucket: usize): u32 {
  let oldest: u32 = 0;
  for (let frame = load<u32>(bucket); frame != 0; frame = next(frame)) if (!isShared(frame)) oldest = frame;
  if (oldest == 0) return 0;
  remove(oldest);
  return takeFree();
}

/** Else one drawn at random. 0 when it found none. */
function evictAnywhere(): u32 {
  const stream = headerPtr + <usize>Field.scanRandom * 8;
  for (let i: u32 = 0; i < EVICTION_DRAWS; i++) {
    const frame = 1 + below(stream, frameCapacity);
    if (!isShared(frame)) {
      remove(frame);
      return takeFree();
    }
  }
  return 0;
}

function takeFree(): u32 {
  const free = <u32>get(Field.frameFreeHead);
  if (free != 0) {
    set(Field.frameFreeHead, load<u64>(at(free), 8) & NEXT_MASK);
    return free;
  }
  const used = <u32>get(Field.framesEverUsed);
  if (used >= frameCapacity) return 0;
  set(Field.framesEverUsed, used + 1);
  return used + 1;
}

/** Writes a hint: this page had this hash. @returns its frame, 0 when the table is full of shared frames. */
export function insertHint(hash: u64, vm: u32, page: u32): u32 {
  const bucket = bucketOf(<u32>hash);
  let frame = takeFree();
  if (frame == 0) frame = evictFromChain(bucket);
  if (frame == 0) frame = evictAnywhere();
  if (frame == 0) return 0;
  store<u32>(at(frame), <u32>hash);
  store<u32>(at(frame), (vm << 24) | page, 4);
  store<u64>(at(frame), load<u32>(bucket), 8);
  store<u32>(bucket, frame);
  add(Field.hints, 1);
  return frame;
}

/** Turns a hint into a shared frame in its place: the same chain, two references. */
export function promote(frame: u32, hash: u64, machinePage: u32): void {
  assert(!isShared(frame));
  store<u64>(at(frame), hash);
  store<u64>(
    at(frame),
    ((<u64>machinePage) << 40) | ((<u64>2) << 24) | KIND_SHARED | (load<u64>(at(frame), 8) & NEXT_MASK),
    8,
  );
  add(Field.hints, -1);
}

/** Hints that lead to a VM mean nothing once it is off. */
export function removeHintsOf(vm: u32): void {
  const used = <u32>get(Field.framesEverUsed);
  for (let frame: u32 = 1; frame <= used; frame++) {
    if (!isShared(frame) && hintVm(frame) == vm) remove(frame);
  }
}
