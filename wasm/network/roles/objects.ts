/**
 * What servers offer: paths, and bytes that exist only when a segment needs them. An object's page n is the expansion of a
 * key (kernel/content.ts), so that any part of a file of any size can be made at any time, and always the same.
 * Row: 1 text of the path · 2 bytes · 3 seed · 4 how often it was asked for.
 */
import { netCachePtr } from '../../kernel/arena';
import { expand } from '../../kernel/content';
import { mix64 } from '../../kernel/random';
import { NodeField } from '../../shared/network';
import { listGet, listSet, nextRow } from '../lists';
import { nodeGet } from '../tables';
import { equalsStored } from '../text';
import { Thing } from '../../shared/network-rows';
export { Thing };

const PAGE: u32 = 4096;
/** Pages kept expanded, in scratch: it changes nothing but the time. A row: key, then the page. */
const CACHED: u32 = 16;
export const CACHE_ROW: usize = 4096 + 64;

export function keyOfPage(seed: u32, page: u32): u64 {
  return mix64(((<u64>seed) << 32) ^ (<u64>page) ^ 0x5bd1e9955bd1e995) | 1;
}

/** The object with this path; row + 1, 0 when there is none. */
export function findObject(node: u32, at: usize, end: usize): u32 {
  for (let row = nodeGet(node, NodeField.objects); row != 0; row = nextRow(row - 1))
    if (equalsStored(at, end, listGet(row - 1, Thing.path))) {
      listSet(row - 1, Thing.hits, listGet(row - 1, Thing.hits) + 1);
      return row;
    }
  return 0;
}

export function objectSize(object: u32): u32 {
  return listGet(object - 1, Thing.bytes);
}

/** Writes `length` bytes of an object from byte `from` at `to`. */
export function objectBytes(object: u32, from: u32, to: usize, length: u32): void {
  const seed = listGet(object - 1, Thing.seed);
  while (length > 0) {
    const page = from / PAGE;
    const place = from % PAGE;
    const part = min(length, PAGE - place);
    const key = keyOfPage(seed, page);
    const row = netCachePtr + <usize>((seed + page) % CACHED) * CACHE_ROW;
    if (load<u64>(row) != key) {
      store<u64>(row, key);
      expand(key, row + 64);
    }
    memory.copy(to, row + 64 + place, part);
    to += part;
    from += part;
    length -= part;
  }
}
