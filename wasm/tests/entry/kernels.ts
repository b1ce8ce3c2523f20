/** The kernels alone, over raw memory, for their tests. */
export { xxh3, xxh3Page } from '../../kernel/hash';
export {
  contentKey,
  expand,
  hashOfKey,
  bytesEqual,
  pagesEqual,
  firstDifference,
  equalByteCount,
} from '../../kernel/content';
export {
  queueBytes,
  queueReset,
  queueSize,
  queuePush,
  queueMinTime,
  queuePop,
  queueRemove,
} from '../../kernel/queue';
export { differingWords } from '../../kernel/patch';

/** First address that no static data occupies. */
export function heapBase(): usize {
  return __heap_base;
}
