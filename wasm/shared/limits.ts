/**
 * Sizes and limits that the core and TypeScript must agree on. Compiled by both compilers:
 * numeric constants and plain enums only.
 */
export const ABI_VERSION: i32 = 3;

export const PAGE_BYTES: i32 = 4096;
/** 64 GiB of machine memory: the 36-bit physical address limit of the era (OSDI'02, footnote 3). */
export const MAX_HOST_PAGES: i32 = 16_777_216;
/** VM slots 1 … 80: running virtual CPUs of an ESX 2.5 host. Slot 0 is the host itself. */
export const MAX_VMS: i32 = 80;
/** 3600 MiB: the largest guest of ESX 2.5 (administration guide, p. 400 of the 2.1 edition). */
export const MAX_VM_PAGES: i32 = 921_600;

/** Cells that one map request may classify. */
export const MAX_CELLS: i32 = 262_144;
/** Pages looked at per map cell: every one up to this many, else this many evenly spaced. */
export const CELL_SAMPLES: i32 = 64;

/** Records the core's event ring holds; the engine drains it after each slice. */
export const EVENT_RING_RECORDS: i32 = 16_384;

/** Disk images (file systems) that a world can name; image 0 is unused. */
export const MAX_IMAGES: i32 = 127;

/** Entries of the cache that counts copies for pages above 4 GiB. */
export const IO_CACHE_ENTRIES: i32 = 1024;

/** Phases of a workload. */
export const MAX_PHASES: i32 = 8;
/** Pages that one period may sample. */
export const MAX_SAMPLES: i32 = 256;
/** Shares of a VM (ESX 2.5: 0 … 100 000). */
export const MAX_SHARES: i32 = 100_000;
/** 64 GiB of swap file. */
export const MAX_SWAP_PAGES: i32 = 16_777_216;
/** Most that an HTTP or TFTP server offers as one: with its head it must fit TCP's sequence numbers. */
export const MAX_OBJECT_BYTES: u32 = 4_000_000_000;
