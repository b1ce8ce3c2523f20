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
  /** End of the pool in use (byte address): memory/pool.ts. */
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
  /** Sequence number of the event with which the host's state began; 0: it has been high from the beginning. */
  stateCause = 48,
  /** Of all events ever recorded, in their order (kernel/events.ts). */
  eventDigest = 49,
  count = 50,
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
  /** Milliseconds that the boot has had. */
  bootMs = 10,
  /** Next block that reads in sequence bring in. */
  readCursor = 11,
  /** Thousandths of a page owed to each rate. */
  writeDebt = 12,
  turnoverDebt = 13,
  dirtyDebt = 14,
  touchDebt = 15,
  coldDebt = 16,
  readDebt = 17,
  programDebt = 18,
  growDebt = 19,
  /** The guest's own lists (guest/lists.ts): kernel and programs, own data, cleared, free, balloon, file cache. */
  fixedPages = 20,
  privatePages = 21,
  zeroedPages = 22,
  freePages = 23,
  balloonPages = 24,
  cachePages = 25,
  /** Own data that is in the guest's page file. */
  pagedOutPages = 26,
  /** Where the sweeps over hot data and over programs are. */
  touchCursor = 27,
  programCursor = 28,
  /** Settings. */
  minPages = 29,
  shares = 30,
  /** 1: VMware Tools are installed. */
  tools = 31,
  /** What the policy wants the VM to have. */
  targetPages = 32,
  /** What the balloon driver is asked for. */
  balloonTarget = 33,
  /** Pages a second that the driver allows itself (balloon.ts). */
  balloonAllocRate = 34,
  balloonFreeRate = 35,
  /** Seconds of slow allocation left. */
  balloonSlow = 36,
  /** Guest pages in the host's swap file. */
  swappedPages = 37,
  /** 1: the policy lets it not run (low state, above its target). */
  blocked = 38,
  /** Sampling (policy/sampling.ts): pages of this period that were touched, milliseconds of it that are over, periods. */
  sampleTouched = 39,
  sampleMs = 40,
  samplePeriods = 41,
  /** Three averages of the active fraction, in 1/65536. */
  sampleSlow = 42,
  sampleFast = 43,
  /** Estimate of its active pages: the largest of the three. */
  activePages = 44,
  /** Milliseconds that faults still owe. */
  stallMs = 45,
  /** Life since power-on, in milliseconds; the parts that were lost. */
  lifeMs = 46,
  blockedMs = 47,
  guestFaultMs = 48,
  swapInMs = 49,
  reclaimMs = 50,
  fileReadMs = 51,
  /** Microseconds beyond the last whole millisecond that the guest owes. */
  owedUs = 52,
  /** Operations that the workload wanted, and those done, since power-on. */
  workWanted = 53,
  workDone = 54,
  /** Counters since power-on (pages). */
  guestPageOuts = 55,
  guestPageIns = 56,
  swapIns = 57,
  swapOuts = 58,
  copyOnWrites = 59,
  cacheHits = 60,
  cacheMisses = 61,
  /** Phase of the workload, milliseconds of its work that are done, simulated second it began. */
  phase = 62,
  phaseMs = 63,
  phaseStart = 64,
  /** Part of the pages that the guest's reclaim has given to the balloon this second. */
  reclaimedNow = 65,
  /** Overhead that was promised at power-on; what was not free then follows before the guest starts. */
  overheadTarget = 66,
  /** Pages that were shared instead of being paged out since the target was set: they were given back as well. */
  givenPages = 67,
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
