/**
 * Columns of the core's tables that TypeScript reads. TypeScript asks the core for their addresses
 * (`headerPtr`, `vmColumnPtr`); these are names, never offsets.
 */

/** The world's header: one 64-bit integer each. Pages unless it says otherwise. */
export enum Field {
  /** Simulated nanoseconds. */
  timeNs = 0,
  seed = 1,
  /** Mixed into every content key. */
  salt = 2,
  hostPages = 3,
  /** The ledger: these six sum to hostPages. */
  consolePages = 4,
  vmkernelPages = 5,
  overheadPages = 6,
  privatePages = 7,
  sharedCopies = 8,
  freePages = 9,
  /** Guest pages mapped copy-on-write to a shared machine page. */
  sharedGuestPages = 10,
  /** Of those: zeros. */
  sharedZeroPages = 11,
  /** Hint frames in the table (frames). */
  hints = 12,
  /** Counters since the world was opened (pages, events). */
  scanned = 13,
  falseMatches = 14,
  staleHints = 15,
  copyOnWriteBreaks = 16,
  /** Events ever recorded. */
  eventSequence = 17,
  /** Max + overhead of the VMs that are on. */
  reservedPages = 18,
  /** First page of the free list + 1, 0 when the list is empty. */
  freeHead = 19,
  /** Machine pages below this one were used at least once. */
  neverUsed = 20,
  /** Serial number of the last unique content. */
  contentSerial = 21,
  /** First free share frame, 0 when the list is empty. */
  frameFreeHead = 22,
  /** Share frames below this one were used at least once. */
  framesEverUsed = 23,
  /** End of the guest page tables in use (byte address). */
  poolEnd = 24,
  /** VM slot that was scanned last. */
  scanVm = 25,
  /** Random stream of the scanner (state). */
  scanRandom = 26,
  /** 1 while a scan event is in the queue. */
  scanArmed = 27,
  /** Events ever taken from the queue. */
  steps = 28,
  /** VMs that are on (VMs). */
  runningVms = 29,
  /** Highest VM slot that is taken, 0 when none is. */
  topVm = 30,
  count = 31,
}

/** One row a VM slot; 32-bit integers. Pages unless it says otherwise. */
export enum VmColumn {
  /** VmPower, or 255 when the slot is free. */
  power = 0,
  maxPages = 1,
  vcpus = 2,
  overheadPages = 3,
  allocatedPages = 4,
  sharedPages = 5,
  zeroPages = 6,
  /** Address of its page table (maxPages × u32), then its class table (maxPages × u8). */
  tablePtr = 7,
  /** Key of the permutation that scatters its pages. */
  scatterKey = 8,
  /** Pages of the boot plan that are in place. */
  bootCursor = 9,
  /** Pages cleared so far by a system that clears all. */
  clearCursor = 10,
  /** Milliseconds since power-on, counted while it boots. */
  uptimeMs = 11,
  /** Next block of the image that file reads bring in. */
  readCursor = 12,
  /** Thousandths of a page owed to each rate. */
  writeDebt = 13,
  turnoverDebt = 14,
  readDebt = 15,
  dirtyDebt = 16,
  /** Pages of the cache now. */
  cachePages = 17,
  /** Slots of the plan that reads have filled beyond the boot plan. */
  growCursor = 18,
  count = 19,
}

export enum VmPower {
  off = 0,
  booting = 1,
  on = 2,
  absent = 255,
}
