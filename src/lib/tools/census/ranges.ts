import type { Pages } from '#lib/units';
import { SLICE_PAGES } from './core';

/** Pages `from` … `to` − 1, to be read at once. */
export interface Range {
  from: number;
  to: number;
}

/** A gap up to this many pages costs less to read than a second request (64 KiB at the speed of a browser). */
export const GAP_PAGES: Pages = 16;

/**
 * Joins wanted pages (ascending) into few reads: across small gaps, never across a file's end, at most a slice long.
 * @param endOf number past the last page of the file that holds a page
 */
export function coalesce(wanted: ArrayLike<number>, endOf: (page: number) => number): Range[] {
  const ranges: Range[] = [];
  let range: Range | undefined;
  let end = 0;
  for (let i = 0; i < wanted.length; i++) {
    const page = wanted[i];
    if (range && page < end && page - range.to <= GAP_PAGES && page < range.from + SLICE_PAGES) {
      range.to = Math.max(range.to, page + 1);
    } else {
      range = { from: page, to: page + 1 };
      end = endOf(page);
      ranges.push(range);
    }
  }
  return ranges;
}
