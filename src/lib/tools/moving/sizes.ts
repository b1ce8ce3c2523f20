import type { Bytes } from '#lib/units';

/** What ESX 2 adds to a disk's capacity in its one file. Every size of the story's own listing has it. */
export const VMFS_EXTRA: Bytes = 512;

/** Length of the file of a disk on VMFS, to the byte. */
export const vmfsBytes = (capacity: Bytes): Bytes => capacity + VMFS_EXTRA;

/** Speeds of the console's card, in bits per second. */
export const CARD_RATES = [10_000_000, 100_000_000, 1_000_000_000] as const;
export type CardRate = (typeof CARD_RATES)[number];

/** Of a full frame: preamble 8, header 14, checksum 4, gap 12, around 1500 bytes. */
const FRAME_BYTES: Bytes = 1538;
/** Of these 1500, TCP over IPv4 leaves 1460. */
const PAYLOAD_BYTES: Bytes = 1460;

/**
 * Seconds that a copy takes at the least: full frames back to back at the speed of the wire. A cipher (SFTP), a slow
 * disk or other traffic adds to it.
 */
export const transferSeconds = (bytes: Bytes, rate: number): number =>
  (Math.ceil(bytes / PAYLOAD_BYTES) * FRAME_BYTES * 8) / rate;
