/** Parameters of a world that may change while it runs. Values are 32-bit integers in the unit named. */
export enum Option {
  none = 0,
  /** Mem.ShareScanVM: pages a second that are scanned in one VM. */
  shareScanVm = 1,
  /** Mem.ShareScanTotal: pages a second that are scanned on the host. */
  shareScanTotal = 2,
  /** Bits of the hash that are compared, 8 … 64. 64 is ESX; fewer show false matches. */
  shareHashBits = 3,
  /** 1: scanning runs. 0: it does not (Mem.ShareScanVM 0 did the same). */
  shareEnabled = 4,
  /** Overhead of a VM of up to 512 MiB, in MiB. */
  overheadBaseMib = 5,
  /** Overhead for a second virtual CPU, in MiB. */
  overheadVcpuMib = 6,
  /** Overhead for each GiB above 512 MiB, in MiB. */
  overheadGibMib = 7,
  /** 1: an event for every first touch. */
  traceTouches = 8,
  /** Mem.BalancePeriod: seconds between two reallocations. */
  balancePeriod = 9,
  /** Mem.SamplePeriod: seconds of a VM's own time. */
  samplePeriod = 10,
  /** Pages that are sampled in a period. */
  samplePages = 11,
  /** Mem.IdleTax: percent. */
  idleTax = 12,
  /** Mem.CtlMaxPercent: largest balloon, in percent of a VM's memory. */
  ctlMaxPercent = 13,
  /** Free machine memory, in thousandths, at which each state ends or begins (OSDI'02 section 6.3). */
  freeHigh = 14,
  freeSoft = 15,
  freeHard = 16,
  freeLow = 17,
  /** By how much a threshold must be exceeded on the way up, in thousandths of memory. */
  freeMargin = 18,
  /** Weight of the newest period in the two averages, in percent. */
  sampleSlowGain = 19,
  sampleFastGain = 20,
  /** Most that the swap daemon writes, in pages a second. */
  swapOutRate = 21,
  /** Milliseconds that a guest waits for a page from the host's swap file. */
  swapInMs = 22,
  /** Milliseconds that a guest waits for a page from its own page file. */
  guestFaultMs = 23,
  /** Copies for a page above 4 GiB after which it is moved below; 0: never. */
  hotIoCopies = 24,
  count = 25,
}
