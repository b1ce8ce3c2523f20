/**
 * The tables of a page census, in linear memory, structure of arrays, 24 bytes a page in all:
 *
 * | column | type | bytes | holds                                                                            |
 * |--------|------|-------|----------------------------------------------------------------------------------|
 * | hash   | u64  | 8     | XXH3-64 of the page (shortened when the census was opened with fewer bits)       |
 * | first  | u32  | 4     | the page that stands for this content; itself when it is the first of its kind   |
 * | count  | u32  | 4     | of a page that stands for a content: how many pages hold it                      |
 * | home   | u16  | 2     | of such a page: the last file it was seen in, and whether in more than one       |
 * | slots  | u32  | 6     | open addressing, 1.5 slots a page, page + 1 or 0; probed linearly                |
 *
 * A page is numbered from 0 in the order of reading, files one after the other. A page whose hash is known but whose
 * bytes are not yet compared (the other page was no longer at hand) is *pending*: `first` then holds the candidate
 * and a flag. It stands for its own content meanwhile, so that later copies are compared with whichever is at hand.
 *
 * A census is never checkpointed, so its pointers may be plain globals.
 */

/** 64 GiB of pages: 384 MiB of tables. */
export const MAX_PAGES: u32 = 16_777_216;
export const MAX_FILES: u32 = 1024;
export const NONE: u32 = 0xffff_ffff;

const PENDING: u32 = 0x8000_0000;
const DISPUTED: u32 = 0x4000_0000;
const INDEX_MASK: u32 = 0x3fff_ffff;
const SHARED: u16 = 0x8000;

let base: usize = 0;
let capacity: u32 = 0;
let slotCount: u32 = 0;
let hashes: usize = 0;
let firsts: usize = 0;
let counts: usize = 0;
let homes: usize = 0;
let slots: usize = 0;
let pages: u32 = 0;
let zeroPage: u32 = NONE;

/** Places the tables at `address`, empty, with room for no page. */
export function openTables(address: usize): void {
  base = address;
  capacity = 0;
  slotCount = 0;
  pages = 0;
  zeroPage = NONE;
  lay(0);
}

function lay(room: u32): usize {
  hashes = base;
  firsts = hashes + ((<usize>room) << 3);
  counts = firsts + ((<usize>room) << 2);
  homes = counts + ((<usize>room) << 2);
  slots = (homes + ((<usize>room) << 1) + 15) & ~15;
  return slots + ((<usize>slotsFor(room)) << 2);
}

function slotsFor(room: u32): u32 {
  return room + (room >> 1) + 1;
}

/**
 * Makes room for `room` pages in all, moving what is there.
 * @returns false when the limit is passed or the memory is refused; nothing has changed then
 */
export function reserveTables(room: u32): bool {
  if (room <= capacity) return true;
  if (room > MAX_PAGES) return false;
  const oldFirsts = firsts;
  const oldCounts = counts;
  const oldHomes = homes;
  const end = lay(room);
  const wanted = <i32>((end + 0xffff) >> 16);
  const missing = wanted - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) {
    lay(capacity);
    return false;
  }
  // Columns move upwards, so the last goes first.
  memory.copy(homes, oldHomes, (<usize>pages) << 1);
  memory.copy(counts, oldCounts, (<usize>pages) << 2);
  memory.copy(firsts, oldFirsts, (<usize>pages) << 2);
  capacity = room;
  slotCount = slotsFor(room);
  rebuildSlots();
  return true;
}

function rebuildSlots(): void {
  memory.fill(slots, 0, (<usize>slotCount) << 2);
  for (let page: u32 = 0; page < pages; page++)
    if (isLive(page) && page != zeroPage) insert(page, hashOf(page));
}

export function hashOf(page: u32): u64 {
  return load<u64>(hashes + ((<usize>page) << 3));
}

function firstOf(page: u32): u32 {
  return load<u32>(firsts + ((<usize>page) << 2));
}

function setFirst(page: u32, value: u32): void {
  store<u32>(firsts + ((<usize>page) << 2), value);
}

export function countOf(page: u32): u32 {
  return load<u32>(counts + ((<usize>page) << 2));
}

function homeOf(page: u32): u16 {
  return load<u16>(homes + ((<usize>page) << 1));
}

export function pageCount(): u32 {
  return pages;
}

export function zeroRoot(): u32 {
  return zeroPage;
}

export function tableCapacity(): u32 {
  return capacity;
}

export function firstsAddress(): usize {
  return firsts;
}

export function countsAddress(): usize {
  return counts;
}

export function hashesAddress(): usize {
  return hashes;
}

export function isPending(page: u32): bool {
  return (firstOf(page) & PENDING) != 0;
}

export function isDisputed(page: u32): bool {
  return (firstOf(page) & DISPUTED) != 0;
}

/** The page whose bytes a pending page is still to be compared with. */
export function candidateOf(page: u32): u32 {
  return firstOf(page) & INDEX_MASK;
}

/** Does this page stand for a content, for good or until it is compared? */
export function isLive(page: u32): bool {
  const first = firstOf(page);
  return first == page || (first & PENDING) != 0;
}

/** The page that stands for `page`'s content, as far as is known. */
export function rootOf(page: u32): u32 {
  let at = page;
  while (!isLive(at)) at = firstOf(at);
  return at;
}

export function isShared(root: u32): bool {
  return (homeOf(root) & SHARED) != 0;
}

function slotOf(hash: u64): u32 {
  // Multiplied, because a shortened hash has its bits at the low end only.
  const spread = (hash * 0x9e37_79b9_7f4a_7c15) >> 32;
  return <u32>((spread * <u64>slotCount) >> 32);
}

export function insert(page: u32, hash: u64): void {
  let slot = slotOf(hash);
  while (load<u32>(slots + ((<usize>slot) << 2)) != 0) {
    slot++;
    if (slot == slotCount) slot = 0;
  }
  store<u32>(slots + ((<usize>slot) << 2), page + 1);
}

let cursor: u32 = 0;
let cursorHash: u64 = 0;

/** First live page in the table with this hash, or NONE. */
export function findFirst(hash: u64): u32 {
  cursorHash = hash;
  cursor = slotOf(hash);
  return findHere();
}

/** Next one after the last found. */
export function findNext(): u32 {
  cursor++;
  if (cursor == slotCount) cursor = 0;
  return findHere();
}

function findHere(): u32 {
  while (true) {
    const entry = load<u32>(slots + ((<usize>cursor) << 2));
    if (entry == 0) return NONE;
    const page = entry - 1;
    if (hashOf(page) == cursorHash && isLive(page)) return page;
    cursor++;
    if (cursor == slotCount) cursor = 0;
  }
}

/** Appends a page that stands for its own content. The caller has reserved room. */
export function appendAlone(hash: u64, file: u32): u32 {
  const page = pages++;
  store<u64>(hashes + ((<usize>page) << 3), hash);
  setFirst(page, page);
  store<u32>(counts + ((<usize>page) << 2), 1);
  store<u16>(homes + ((<usize>page) << 1), <u16>file);
  return page;
}

/** Appends a page whose content is that of `root`, compared byte by byte. */
export function appendCopy(hash: u64, file: u32, root: u32): u32 {
  const page = pages++;
  store<u64>(hashes + ((<usize>page) << 3), hash);
  setFirst(page, root);
  store<u32>(counts + ((<usize>page) << 2), 0);
  store<u16>(homes + ((<usize>page) << 1), <u16>file);
  addTo(root, 1, file);
  return page;
}

export function setZeroRoot(page: u32): void {
  zeroPage = page;
}

function addTo(root: u32, more: u32, file: u32): void {
  store<u32>(counts + ((<usize>root) << 2), countOf(root) + more);
  const home = homeOf(root);
  if ((home & ~SHARED) != <u16>file) store<u16>(homes + ((<usize>root) << 1), (<u16>file) | SHARED);
}

export function setPending(page: u32, candidate: u32): void {
  setFirst(page, candidate | PENDING);
}

export function setDisputed(page: u32): void {
  setFirst(page, firstOf(page) | DISPUTED);
}

/** A pending page turned out to differ from every page of its hash. */
export function settleAlone(page: u32): void {
  setFirst(page, page);
}

/** A pending page, with the copies that were compared with it, turned out equal to `other`. */
export function settleCopy(page: u32, other: u32): void {
  const root = rootOf(other);
  setFirst(page, root);
  addTo(root, countOf(page), <u32>(homeOf(page) & ~SHARED));
  store<u32>(counts + ((<usize>page) << 2), 0);
}

/** After the last comparison of a file: every page of it points straight at the page that stands for it. */
export function flatten(from: u32): void {
  for (let page = from; page < pages; page++) {
    const first = firstOf(page);
    if (first != page && !(first & PENDING)) setFirst(page, rootOf(first));
  }
}

/**
 * Takes the pages `from` … `to` − 1 out. Either the rest is fully compared, or every pending page is in the range
 * and the range is the tail.
 * Copies of a page that goes are equal to each other, so the first that stays stands for them.
 * @param starts first page of each file that stays, with a last entry past the end, in the numbering after removal
 */
export function removePages(from: u32, to: u32, starts: usize, files: u32): void {
  const gone = to - from;
  // A page that goes hands its place to the first copy that stays: written, in new numbers, into its own `first`.
  for (let page = from; page < to; page++) setFirst(page, NONE);
  for (let page: u32 = 0; page < pages; page++) {
    if (page == from) page = to;
    if (page >= pages) break;
    const kept = page < from ? page : page - gone;
    const first = firstOf(page);
    let root: u32;
    if (first >= from && first < to) {
      root = firstOf(first);
      if (root == NONE) {
        root = kept;
        setFirst(first, kept);
      }
    } else root = first < from ? first : first - gone;
    setFirst(page, root);
  }
  let zeros = zeroPage;
  if (zeros != NONE && zeros >= from) zeros = zeros < to ? firstOf(zeros) : zeros - gone;
  const tail = pages - to;
  memory.copy(hashes + ((<usize>from) << 3), hashes + ((<usize>to) << 3), (<usize>tail) << 3);
  memory.copy(firsts + ((<usize>from) << 2), firsts + ((<usize>to) << 2), (<usize>tail) << 2);
  pages -= gone;
  zeroPage = zeros;
  recount(starts, files);
  rebuildSlots();
}

function recount(starts: usize, files: u32): void {
  memory.fill(counts, 0, (<usize>pages) << 2);
  for (let file: u32 = 0; file < files; file++) {
    const end = load<u32>(starts + ((<usize>(file + 1)) << 2));
    for (let page = load<u32>(starts + ((<usize>file) << 2)); page < end; page++) {
      const root = firstOf(page);
      store<u16>(homes + ((<usize>page) << 1), <u16>file);
      if (root == page) store<u32>(counts + ((<usize>page) << 2), 1);
      else addTo(root, 1, file);
    }
  }
}
