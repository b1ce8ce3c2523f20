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

/** Entries this far from the root are no longer in the processor's nearer caches (bytes). */
const FAR: usize = 128 << 10;

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

/** Address of the earliest of the entries from `first` up to `end` (addresses): one to four of them. */
function earliestOf(first: usize, end: usize): usize {
  let best = first;
  for (let at = first + ENTRY; at < end; at += ENTRY) {
    if (entryBefore(at, best)) best = at;
  }
  return best;
}

/**
 * Address of the earliest of four siblings. Which one it is cannot be predicted, so the winner is selected without a
 * branch; only equal times, which are rare, take one.
 */
function earliestOfFour(first: usize): usize {
  const t0 = load<u64>(first);
  const t1 = load<u64>(first, ENTRY);
  const t2 = load<u64>(first, 2 * ENTRY);
  const t3 = load<u64>(first, 3 * ENTRY);
  const low = min(t0, t1);
  const high = min(t2, t3);
  if (t0 == t1 || t2 == t3 || low == high) return earliestOf(first, first + 4 * ENTRY);
  const lowAt = select<usize>(first + ENTRY, first, t1 < t0);
  const highAt = select<usize>(first + 3 * ENTRY, first + 2 * ENTRY, t3 < t2);
  return select<usize>(highAt, lowAt, high < low);
}

/**
 * Deep in a large heap, each level waits for memory. The sixteen children of four siblings lie together: reading from
 * their four cache lines, before it is known which of the siblings wins, makes two levels wait at once. Measured with
 * a million entries: 1.4 times as fast.
 */
function touchChildren(root: usize, first: usize, end: usize): void {
  const children = root + ((first - root) << 2) + ENTRY;
  if (children + 16 * ENTRY > end) return;
  load<u64>(children);
  load<u64>(children, 4 * ENTRY);
  load<u64>(children, 8 * ENTRY);
  load<u64>(children, 12 * ENTRY);
}

/** Puts an entry into the open place at `at` (address), moving earlier descendants up. `end`: first address not in use. */
function siftDown(root: usize, at: usize, end: usize, time: u64, tail: u64): void {
  const sequence = <u32>tail;
  for (;;) {
    const first = root + ((at - root) << 2) + ENTRY;
    if (first >= end) break;
    if (first - root >= FAR) touchChildren(root, first, end);
    const child = first + 4 * ENTRY <= end ? earliestOfFour(first) : earliestOf(first, end);
    const childTime = load<u64>(child, TIME);
    const childTail = load<u64>(child, SEQUENCE);
    if (!before(childTime, <u32>childTail, time, sequence)) break;
    store<u64>(at, childTime, TIME);
    store<u64>(at, childTail, SEQUENCE);
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
  return load<u64>(earliestOf(root + ENTRY, root + (<usize>min<u32>(count, 4) + 1) * ENTRY), TIME);
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

/** Payload of the `index`-th entry (0 … size − 1) in no particular order. Changes nothing: for counting again. */
export function queuePayload(ptr: usize, index: u32): u32 {
  const first = load<u32>(ptr, HOLE);
  return load<u32>(ptr + ENTRIES + <usize>(index + first) * ENTRY, PAYLOAD);
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
