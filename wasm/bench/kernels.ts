/** Loops round the kernels, inside WebAssembly, so that a benchmark does not measure the calls. */
import { contentKey, hashOfKey } from '../kernel/content';
import { xxh3Page } from '../kernel/hash';
import { queueMinTime, queuePop, queuePush, queueReset } from '../kernel/queue';

export { queueBytes } from '../kernel/queue';

/** First address that no static data occupies. */
export function heapBase(): usize {
  return __heap_base;
}

/** Sum of the hashes of `pages` pages from `ptr` on, gone through `times` times. */
export function hashPages(ptr: usize, pages: u32, times: u32): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < times; i++) {
    const end = ptr + <usize>pages * 4096;
    for (let page = ptr; page < end; page += 4096) sum += xxh3Page(page);
  }
  return sum;
}

/** Sum of the hashes of `pages` simulated pages, ids from `firstId` on. */
export function expandAndHashPages(firstId: u32, pages: u32, salt: u64): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < pages; i++) sum += hashOfKey(contentKey(firstId + i, salt));
  return sum;
}

/** Fills a queue at `ptr` with the `pending` times (f64, ns) at `times`. */
export function holdFill(ptr: usize, times: usize, pending: u32): void {
  queueReset(ptr, pending);
  for (let i: u32 = 0; i < pending; i++) queuePush(ptr, <u64>load<f64>(times + ((<usize>i) << 3)), i);
}

/**
 * The hold model (Jones 1986): take the next event, schedule it again later; `operations` times. Increments (f64, ns)
 * come from a ring of `mask` + 1 at `increments`. @returns the last time.
 */
export function hold(ptr: usize, increments: usize, mask: u32, operations: u32): u64 {
  let time: u64 = 0;
  for (let i: u32 = 0; i < operations; i++) {
    time = queueMinTime(ptr);
    const payload = queuePop(ptr);
    queuePush(ptr, time + <u64>load<f64>(increments + ((<usize>(i & mask)) << 3)), payload);
  }
  return time;
}
