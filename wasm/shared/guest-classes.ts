/** What a guest uses a page for. One byte a guest page. */
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
}

/**
 * A guest described by data: columns of a VM's profile, each a 32-bit integer.
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
  /** 1: the system clears all its memory at boot (Windows 2000 and later). */
  zeroesAllAtBoot = 10,
  /** Writes to private pages. */
  writeRate = 11,
  /** Pages that a process gives back and another takes: a private page is cleared, a cleared one is written. */
  turnoverRate = 12,
  /** File reads into the cache. */
  readRate = 13,
  /** Cache stops growing here. */
  cacheLimitPages = 14,
  /** Writes to pages that came from an image (each breaks a share if there is one); a private page is dropped and read from the image again, so that the guest's classes keep their sizes. */
  dirtyRate = 15,
  count = 16,
}
