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
  /** Min + overhead of the VMs that are on: memory that admission has promised. */
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
  /** Size of the host's swap file. */
  swapPages = 31,
  /** Of it: max − min of the VMs that are on, promised by admission. */
  swapReservedPages = 32,
  /** Slots that hold a page. */
  swapUsedPages = 33,
  /** First free slot + 1 of those used before, 0 when there is none. */
  swapFreeHead = 34,
  /** Slots below this one were used at least once. */
  swapNeverUsed = 35,
  /** HostState. */
  hostState = 36,
  /** 1 while the daemon's next round of page-outs is in the queue. */
  swapArmed = 37,
  /** Sequence number of the event behind what the policy does now: the last change of state or of targets. */
  policyCause = 38,
  /** Counters since the world was opened (pages). */
  swappedOut = 39,
  swappedIn = 40,
  /** Pages that were shared instead of being paged out. */
  sharedBeforeSwap = 41,
  /** Pages that came back from the host's swap only to be written to a guest's page file. */
  doublePaged = 42,
  /** Guest pages that are in a balloon. */
  balloonPages = 43,
  /** 1 while the memory scheduler's next second is in the queue. */
  tickArmed = 44,
  /** Random stream of the swap daemon's victims (state). */
  swapRandom = 45,
  /** Disk blocks that had to be copied because the device cannot reach the page (copies), and pages moved to end that. */
  bounceCopies = 46,
  pagesRemapped = 47,
  count = 48,
}

/** One row a VM slot; 32-bit integers. Pages unless it says otherwise. */
export enum VmColumn {
  /** VmPower, or 255 when the slot is free. */
  power = 0,
  maxPages = 1,
  vcpus = 2,
  overheadPages = 3,
  /** Guest pages with a machine page behind them, shared ones included. */
  allocatedPages = 4,
  sharedPages = 5,
  zeroPages = 6,
  /** Address of its tables (memory/guest-pages.ts). */
  tablePtr = 7,
  /** Key of the permutation that scatters its pages. */
  scatterKey = 8,
  /** Pages of the boot plan that are in place. */
  bootCursor = 9,
  /** Pages cleared so far by a system that clears all. */
  clearCursor = 10,
  /** Milliseconds that the boot has had. */
  bootMs = 11,
  /** Next block that reads in sequence bring in. */
  readCursor = 12,
  /** Thousandths of a page owed to each rate. */
  writeDebt = 13,
  turnoverDebt = 14,
  dirtyDebt = 15,
  touchDebt = 16,
  coldDebt = 17,
  readDebt = 18,
  programDebt = 19,
  growDebt = 20,
  /** The guest's own lists (guest/lists.ts): kernel and programs, own data, cleared, free, balloon, file cache. */
  fixedPages = 21,
  privatePages = 22,
  zeroedPages = 23,
  freePages = 24,
  balloonPages = 25,
  cachePages = 26,
  /** Own data that is in the guest's page file. */
  pagedOutPages = 27,
  /** Where the sweeps over hot data and over programs are. */
  touchCursor = 28,
  programCursor = 29,
  /** Settings. */
  minPages = 30,
  shares = 31,
  /** 1: VMware Tools are installed. */
  tools = 32,
  /** What the policy wants the VM to have. */
  targetPages = 33,
  /** What the balloon driver is asked for. */
  balloonTarget = 34,
  /** Pages a second that the driver allows itself (balloon.ts). */
  balloonAllocRate = 35,
  balloonFreeRate = 36,
  /** Seconds of slow allocation left. */
  balloonSlow = 37,
  /** Guest pages in the host's swap file. */
  swappedPages = 38,
  /** 1: the policy lets it not run (low state, above its target). */
  blocked = 39,
  /** Sampling (policy/sampling.ts): pages of this period that were touched, milliseconds of it that are over, periods. */
  sampleTouched = 40,
  sampleMs = 41,
  samplePeriods = 42,
  /** Three averages of the active fraction, in 1/65536. */
  sampleSlow = 43,
  sampleFast = 44,
  /** Estimate of its active pages: the largest of the three. */
  activePages = 45,
  /** Milliseconds that faults still owe. */
  stallMs = 46,
  /** Life since power-on, in milliseconds; the parts that were lost. */
  lifeMs = 47,
  blockedMs = 48,
  guestFaultMs = 49,
  swapInMs = 50,
  reclaimMs = 51,
  fileReadMs = 52,
  /** Microseconds beyond the last whole millisecond that the guest owes. */
  owedUs = 53,
  /** Operations that the workload wanted, and those done, since power-on. */
  workWanted = 54,
  workDone = 55,
  /** Counters since power-on (pages). */
  guestPageOuts = 56,
  guestPageIns = 57,
  swapIns = 58,
  swapOuts = 59,
  copyOnWrites = 60,
  cacheHits = 61,
  cacheMisses = 62,
  /** Phase of the workload, milliseconds of its work that are done, simulated second it began. */
  phase = 63,
  phaseMs = 64,
  phaseStart = 65,
  /** Part of the pages that the guest's reclaim has given to the balloon this second. */
  reclaimedNow = 66,
  /** Overhead that was promised at power-on; what was not free then follows before the guest starts. */
  overheadTarget = 67,
  count = 68,
}

export enum VmPower {
  off = 0,
  booting = 1,
  on = 2,
  absent = 255,
}

/** How short of free memory the host is (OSDI'02 section 6.3). */
export enum HostState {
  high = 0,
  soft = 1,
  hard = 2,
  low = 3,
}
