/** What a guest uses a page for: three bits of its page table entry. */
export enum GuestClass {
  untouched = 0,
  /** On the guest's free list; its old bytes are still there. */
  free = 1,
  /** Free or fresh, cleared to zeros. */
  zeroed = 2,
  kernel = 3,
  program = 4,
  cache = 5,
  privateData = 6,
  /** Held by the balloon driver. */
  ballooned = 7,
}

/**
 * A guest system described by data: columns of a VM's profile, each a 32-bit integer.
 * Sizes in pages, rates in thousandths of a page a second, times in milliseconds.
 */
export enum Profile {
  /** The image that system pages come from: VMs booted from equal builds share its content. */
  systemImage = 0,
  /** The image that this VM's application and files come from. */
  applicationImage = 1,
  kernelPages = 2,
  programPages = 3,
  /** Application pages, from the application image. */
  applicationPages = 4,
  /** Cache pages at the end of the boot (blocks of the system image). */
  cachePages = 5,
  /** Of the cache: pages with the bytes of a program page that is also mapped elsewhere in the same guest. */
  duplicatePages = 6,
  /** Unique data at the end of the boot. */
  privatePages = 7,
  /** Cleared and unused at the end of the boot. */
  zeroedPages = 8,
  bootMs = 9,
  /** Pages of the boot plan that are in place when the balloon driver starts. */
  driverSlot = 10,
  /** Writes to private pages. */
  writeRate = 11,
  /** Pages that a process gives back and another takes: a private page is cleared, a cleared one is written. */
  turnoverRate = 12,
  /** Writes to pages that came from an image (each breaks a share if there is one); a private page is dropped and read from the image again, so that the guest's classes keep their sizes. */
  dirtyRate = 13,
  /** Cache stops growing here. */
  cacheLimitPages = 14,
  /** Below so many free pages the guest reclaims its own. */
  lowWaterPages = 15,
  /** Pages a second that the zero-page thread clears while the guest has time, as soon as the kernel is up; 0: the system has none. */
  zeroRate = 16,
  /** Tables that the kernel made for itself at boot: its own, in no image. */
  tablePages = 17,
  count = 18,
}

/**
 * A phase of a workload: columns of its row. Sizes in pages, rates in thousandths of an operation a second.
 * An operation touches one page; what is asked for and cannot be done in time is lost, and counted.
 */
export enum Phase {
  /** Milliseconds of work, done undisturbed; 0: it never ends. */
  durationMs = 0,
  /** Own data that the workload holds beside the system's. */
  privatePages = 1,
  /** How fast it gets there. */
  growRate = 2,
  /** Of its data: what it sweeps over, again and again. */
  hotPages = 3,
  touchRate = 4,
  /** Touches in a random place of all its data. */
  coldRate = 5,
  /** Of touches: writes, in thousandths. */
  writePermille = 6,
  /** Blocks of files that are read at random; 0: in sequence, each once. */
  readPages = 7,
  readRate = 8,
  /** Microseconds of waiting for a block that is not in the cache. */
  readUs = 9,
  /** Sweep over kernel and programs. */
  programRate = 10,
  /** Microseconds of processor that an operation takes. */
  operationUs = 11,
  /** An installer's check: the phase refuses to begin with less memory. */
  needsPages = 12,
  /** Phase that follows; itself: it repeats. */
  next = 13,
  count = 14,
}
