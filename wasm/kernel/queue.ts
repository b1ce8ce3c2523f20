/**
 * The event queue: what happens next, by (time, order of arrival), exactly. A 4-ary heap in linear memory, so a
 * checkpoint copies it with the rest; four siblings fill a cache line when the region is 64-byte aligned.
 *
 *   0       4              8          12     48        64                                   112
 *   │ count │ nextSequence │ capacity │ hole │ entry 0 │ entries 1 … 4 (its children) …      │ entries 5 … 8 │
 *
 *   an entry:  │ time u64, ns │ sequence u32 │ payload u32 │
 *
 * Popping leaves a *hole* at the root rather than closing it: most events schedule the next one, and the push that
 * follows drops its entry there, one walk down the heap instead of two. Whatever else comes first closes the hole.
 */
const COUNT: usize = 0;
const NEXT_SEQUENCE: usize = 4;
const CAPACITY: usize = 8;
/** 1: entry 0 has been taken and its place is still open. Entries 0 … count are then in use, 0 without meaning. */
const HOLE: usize = 12;
const ENTRIES: usize = 48;

const ENTRY: usize = 16;
const TIME: usize = 0;
const SEQUENCE: usize = 8;
const PAYLOAD: usize = 12;

const NOTHING: u32 = 0xffffffff;

/** Bytes of a queue for `capacity` entries. */
export function queueBytes(capacity: u32): usize {
  // One entry more: a push may find the hole open and the heap full.
  return ENTRIES + (<usize>capacity + 1) * ENTRY;
}

/** Makes the queue at `ptr` empty, with room for `capacity` entries. Sequence numbers start again at 0. */
export function queueReset(ptr: usize, capacity: u32): void {
  memory.fill(ptr, 0, ENTRIES);
  store<u32>(ptr, capacity, CAPACITY);
}

/** Entries that wait. */
export function queueSize(ptr: usize): u32 {
  return load<u32>(ptr, COUNT);
}

/**
 * True when `a` happens before `b`. Sequence numbers may wrap: they are compared by difference, which is right as
 * long as two entries of one moment were pushed within 2³¹ pushes of each other.
 */
function before(aTime: u64, aSequence: u32, bTime: u64, bSequence: u32): bool {
  return aTime < bTime || (aTime == bTime && <i32>(aSequence - bSequence) < 0);
}

function entryBefore(a: usize, b: usize): bool {
  return before(load<u64>(a, TIME), load<u32>(a, SEQUENCE), load<u64>(b, TIME), load<u32>(b, SEQUENCE));
}

/** Address of the earliest of the entries `first` … `first` + 3 (addresses), of which those from `end` on do not exist. */
function earliest(first: usize, end: usize): usize {
  let best = first;
  if (first + 4 * ENTRY <= end) {
    if (entryBefore(first + ENTRY, best)) best = first + ENTRY;
    if (entryBefore(first + 2 * ENTRY, best)) best = first + 2 * ENTRY;
    if (entryBefore(first + 3 * ENTRY, best)) best = first + 3 * ENTRY;
    return best;
  }
  for (let at = first + ENTRY; at < end; at += ENTRY) {
    if (entryBefore(at, best)) best = at;
  }
  return best;
}

/** Puts an entry into the open place at `at` (address), moving earlier descendants up. `end`: first address not in use. */
function siftDown(root: usize, at: usize, end: usize, time: u64, tail: u64): void {
  const sequence = <u32>tail;
  for (;;) {
    const first = root + ((at - root) << 2) + ENTRY;
    if (first >= end) break;
    const child = earliest(first, end);
    const childTime = load<u64>(child, TIME);
    if (!before(childTime, load<u32>(child, SEQUENCE), time, sequence)) break;
    store<u64>(at, childTime, TIME);
    store<u64>(at, load<u64>(child, SEQUENCE), SEQUENCE);
    at = child;
  }
  store<u64>(at, time, TIME);
  store<u64>(at, tail, SEQUENCE);
}

function siftUp(root: usize, at: usize, time: u64, tail: u64): void {
  const sequence = <u32>tail;
  while (at > root) {
    const parent = root + (((at - root) / ENTRY - 1) >> 2) * ENTRY;
    const parentTime = load<u64>(parent, TIME);
    if (!before(time, sequence, parentTime, load<u32>(parent, SEQUENCE))) break;
    store<u64>(at, parentTime, TIME);
    store<u64>(at, load<u64>(parent, SEQUENCE), SEQUENCE);
    at = parent;
  }
  store<u64>(at, time, TIME);
  store<u64>(at, tail, SEQUENCE);
}

/** Closes the hole with the last entry. */
function settle(ptr: usize): void {
  if (!load<u32>(ptr, HOLE)) return;
  store<u32>(ptr, 0, HOLE);
  const count = load<u32>(ptr, COUNT);
  if (!count) return;
  const root = ptr + ENTRIES;
  const last = root + <usize>count * ENTRY;
  siftDown(root, root, last, load<u64>(last, TIME), load<u64>(last, SEQUENCE));
}

/** Schedules `payload` for `time` (ns). @returns false, and does nothing, when the queue is full. */
export function queuePush(ptr: usize, time: u64, payload: u32): bool {
  const count = load<u32>(ptr, COUNT);
  if (count >= load<u32>(ptr, CAPACITY)) return false;
  const sequence = load<u32>(ptr, NEXT_SEQUENCE);
  store<u32>(ptr, sequence + 1, NEXT_SEQUENCE);
  store<u32>(ptr, count + 1, COUNT);
  const root = ptr + ENTRIES;
  const tail = ((<u64>payload) << 32) | (<u64>sequence);
  if (load<u32>(ptr, HOLE)) {
    store<u32>(ptr, 0, HOLE);
    siftDown(root, root, root + (<usize>count + 1) * ENTRY, time, tail);
  } else {
    siftUp(root, root + <usize>count * ENTRY, time, tail);
  }
  return true;
}

/** Time of the next entry (ns), u64.MAX_VALUE when nothing waits. */
export function queueMinTime(ptr: usize): u64 {
  const count = load<u32>(ptr, COUNT);
  if (!count) return u64.MAX_VALUE;
  const root = ptr + ENTRIES;
  if (!load<u32>(ptr, HOLE)) return load<u64>(root, TIME);
  return load<u64>(earliest(root + ENTRY, root + (<usize>count + 1) * ENTRY), TIME);
}

/** Takes the next entry. @returns its payload, 0xffffffff when nothing waits. */
export function queuePop(ptr: usize): u32 {
  settle(ptr);
  const count = load<u32>(ptr, COUNT);
  if (!count) return NOTHING;
  store<u32>(ptr, count - 1, COUNT);
  store<u32>(ptr, 1, HOLE);
  return load<u32>(ptr + ENTRIES, PAYLOAD);
}

/** Takes out every entry with `payload`, wherever it waits: O(n). */
export function queueRemove(ptr: usize, payload: u32): void {
  settle(ptr);
  const root = ptr + ENTRIES;
  const end = root + <usize>load<u32>(ptr, COUNT) * ENTRY;
  let kept = root;
  for (let at = root; at < end; at += ENTRY) {
    if (load<u32>(at, PAYLOAD) == payload) continue;
    if (kept != at) v128.store(kept, v128.load(at));
    kept += ENTRY;
  }
  if (kept == end) return;
  const count = (kept - root) / ENTRY;
  store<u32>(ptr, <u32>count, COUNT);
  // Heapify from the last parent up (Floyd 1964).
  if (count < 2) return;
  for (let i = <isize>((count - 2) >> 2); i >= 0; i--) {
    const at = root + <usize>i * ENTRY;
    siftDown(root, at, kept, load<u64>(at, TIME), load<u64>(at, SEQUENCE));
  }
}
