/** Readings of a finished (or running) census. Nothing here changes the tables. */
import { NONE, countOf, firstsAddress, isShared, pageCount, rootOf, zeroRoot } from './table';

/** What a page is, in the order the map's legend has them. */
export const ALONE: u32 = 0;
export const WITHIN: u32 = 1;
export const BETWEEN: u32 = 2;
export const ZERO: u32 = 3;

export function kindOf(page: u32): u32 {
  const root = rootOf(page);
  if (root == zeroRoot()) return ZERO;
  if (isShared(root)) return BETWEEN;
  return countOf(root) > 1 ? WITHIN : ALONE;
}

/** Counts the pages `from` … `to` − 1 by kind: four u32 at `out`. */
export function tally(from: u32, to: u32, out: usize): void {
  memory.fill(out, 0, 16);
  for (let page = from; page < to; page++) {
    const cell = out + ((<usize>kindOf(page)) << 2);
    store<u32>(cell, load<u32>(cell) + 1);
  }
}

/**
 * Paints pages `from` … `to` − 1 into `cells` bytes at `out`: each cell is given the kind most of its pages have
 * (of equals, the one later in the legend), in the lower four bits, and in bit 4 whether they are not all of it.
 */
export function paintKinds(from: u32, to: u32, cells: u32, out: usize): void {
  const span = <u64>(to - from);
  for (let cell: u32 = 0; cell < cells; cell++) {
    const start = from + <u32>((<u64>cell * span) / <u64>cells);
    const end = from + <u32>((<u64>(cell + 1) * span) / <u64>cells);
    let a: u32 = 0;
    let w: u32 = 0;
    let b: u32 = 0;
    let z: u32 = 0;
    for (let page = start; page < end; page++) {
      const kind = kindOf(page);
      if (kind == ALONE) a++;
      else if (kind == WITHIN) w++;
      else if (kind == BETWEEN) b++;
      else z++;
    }
    let kind = ALONE;
    let most = a;
    if (w >= most && w > 0) {
      kind = WITHIN;
      most = w;
    }
    if (b >= most && b > 0) {
      kind = BETWEEN;
      most = b;
    }
    if (z >= most && z > 0) {
      kind = ZERO;
      most = z;
    }
    store<u8>(out + cell, <u8>(kind | (most < end - start ? 16 : 0)));
  }
}

/**
 * Different contents among pages `from` … `to` − 1.
 * `marks`: a bit for each page of the census, cleared here.
 */
export function distinctIn(from: u32, to: u32, marks: usize): u32 {
  memory.fill(marks, 0, ((<usize>pageCount()) >> 3) + 1);
  let distinct: u32 = 0;
  for (let page = from; page < to; page++) {
    const root = rootOf(page);
    const at = marks + ((<usize>root) >> 3);
    const bit = <u8>((<u32>1) << (root & 7));
    const seen = load<u8>(at);
    if (!(seen & bit)) {
      store<u8>(at, seen | bit);
      distinct++;
    }
  }
  return distinct;
}

/**
 * Of pages `from` … `to` − 1, zeros left out: those whose content occurs there more than once.
 * `once`, `twice`: a bit for each page of the census, cleared here.
 */
export function twinsIn(from: u32, to: u32, once: usize, twice: usize): u32 {
  const bytes = ((<usize>pageCount()) >> 3) + 1;
  memory.fill(once, 0, bytes);
  memory.fill(twice, 0, bytes);
  for (let page = from; page < to; page++) {
    const root = rootOf(page);
    const bit = <u8>((<u32>1) << (root & 7));
    const at = (<usize>root) >> 3;
    const seen = load<u8>(once + at);
    if (seen & bit) store<u8>(twice + at, load<u8>(twice + at) | bit);
    else store<u8>(once + at, seen | bit);
  }
  const zero = zeroRoot();
  let twins: u32 = 0;
  for (let page = from; page < to; page++) {
    const root = rootOf(page);
    if (root != zero && load<u8>(twice + ((<usize>root) >> 3)) & (<u8>((<u32>1) << (root & 7)))) twins++;
  }
  return twins;
}

/**
 * Which of 32 files hold each content: a u32 for each page of the census at `masks`, cleared here.
 * Files `block` × 32 … + 31; `starts` as in `removePages`.
 */
export function markFiles(block: u32, starts: usize, files: u32, masks: usize): void {
  memory.fill(masks, 0, (<usize>pageCount()) << 2);
  const last = min(files, (block + 1) << 5);
  for (let file = block << 5; file < last; file++) {
    const end = load<u32>(starts + ((<usize>(file + 1)) << 2));
    for (let page = load<u32>(starts + ((<usize>file) << 2)); page < end; page++) {
      const at = masks + ((<usize>rootOf(page)) << 2);
      store<u32>(at, load<u32>(at) | (1 << (file & 31)));
    }
  }
}

/** Of pages `from` … `to` − 1, zeros left out: how many have their content in each of the 32 marked files, at `out`. */
export function countMarked(from: u32, to: u32, masks: usize, out: usize): void {
  memory.fill(out, 0, 128);
  const zero = zeroRoot();
  for (let page = from; page < to; page++) {
    const root = rootOf(page);
    if (root == zero) continue;
    let mask = load<u32>(masks + ((<usize>root) << 2));
    while (mask) {
      const at = out + ((<usize>ctz(mask)) << 2);
      store<u32>(at, load<u32>(at) + 1);
      mask &= mask - 1;
    }
  }
}

/** Next page after `page` with the content of `root`, or NONE. Start with `root` − 1 wrapped, or any page. */
export function nextPlace(root: u32, page: u32): u32 {
  const firsts = firstsAddress();
  const total = pageCount();
  for (let at = page + 1; at < total; at++) {
    const first = load<u32>(firsts + ((<usize>at) << 2));
    if (first == root) return at;
  }
  return NONE;
}
