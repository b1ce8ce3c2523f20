/**
 * The units the product speaks, with their conversions. Imports nothing.
 * Simulated time is an integer number of nanoseconds; a JavaScript number holds it exactly for 104 days.
 */
export type Nanoseconds = number;
export type Pages = number;
export type Bytes = number;
export type Mebibytes = number;

export const PAGE_BYTES = 4096;
export const MIB_BYTES = 1024 * 1024;
export const PAGES_PER_MIB = MIB_BYTES / PAGE_BYTES;
export const NS_PER_SECOND = 1_000_000_000;

export const mibToPages = (mib: Mebibytes): Pages => Math.round(mib * PAGES_PER_MIB);
export const pagesToMib = (pages: Pages): Mebibytes => pages / PAGES_PER_MIB;
export const pagesToBytes = (pages: Pages): Bytes => pages * PAGE_BYTES;
export const secondsToNs = (seconds: number): Nanoseconds => Math.round(seconds * NS_PER_SECOND);
export const nsToSeconds = (ns: Nanoseconds): number => ns / NS_PER_SECOND;
