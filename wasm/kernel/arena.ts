/**
 * Where everything is. One world lives in one linear memory: scratch first (not part of the state), then the
 * state, which a checkpoint copies whole. wasm/README.md draws the map. The pointers below are fixed when a
 * world is opened and never change while it lives; nothing else in the core is a variable of a module.
 */
import {
  EVENT_RING_RECORDS,
  IO_CACHE_ENTRIES,
  MAX_CELLS,
  MAX_PHASES,
  MAX_VMS,
  PAGE_BYTES,
} from '../shared/limits';
import { Field, VmColumn } from '../shared/columns';
import { Option } from '../shared/options';
import { Phase, Profile } from '../shared/guest-classes';
import { MAX_PORTS, TALLY_BYTES, WIRE_LOG_BYTES } from '../shared/network';
import { queueBytes } from './queue';

/** Events that can wait at once: one a VM and three for the host, with room to spare. */
export const QUEUE_CAPACITY: u32 = 1024;
/** 16-bit reference counts that overflowed: enough for every guest page of a host mapped to full frames. */
export const OVERFLOW_ENTRIES: u32 = 1024;
export const EVENT_BYTES: usize = 32;
export const FRAME_BYTES: usize = 16;

/** Pages of files that servers made lately (network/roles/objects.ts): sixteen, each behind its key. */
const NET_CACHE_BYTES: usize = 16 * (4096 + 64);

/** What a checkpoint keeps or leaves as a whole (src/lib/sim/checkpoints.ts). */
export const CHUNK: usize = 65_536;

// Scratch: its contents mean nothing between two calls.
export let pageA: usize = 0;
export let pageB: usize = 0;
export let cellsIn: usize = 0;
export let cellsOut: usize = 0;
/** What was recorded since the engine looked last: on its way, no longer part of the world (kernel/events.ts). */
export let ringPtr: usize = 0;
/** Of a world with a network: what listeners heard, what ports moved lately, which ports are listened to, pages of files made lately. */
export let wirePtr: usize = 0;
export let tallyPtr: usize = 0;
export let wireMaskPtr: usize = 0;
export let netCachePtr: usize = 0;

// State.
export let statePtr: usize = 0;
export let headerPtr: usize = 0;
export let optionPtr: usize = 0;
export let vmPtr: usize = 0;
export let vmRandomPtr: usize = 0;
export let profilePtr: usize = 0;
export let phasePtr: usize = 0;
export let sampleRandomPtr: usize = 0;
/** Pages above 4 GiB that devices use: VM and page, copies. */
export let ioCachePtr: usize = 0;
export let queuePtr: usize = 0;
export let overflowPtr: usize = 0;
export let bucketPtr: usize = 0;
export let contentPtr: usize = 0;
export let ownerPtr: usize = 0;
export let framePtr: usize = 0;
/** Where the contents of the host's swap file are (memory/pool.ts). */
export let swapDirectory: usize = 0;
/** The network's tables (network/tables.ts); 0 when this world has none. */
export let networkPtr: usize = 0;
export let poolPtr: usize = 0;
/**
 * Share frames, hint or shared: two for five pages (0.2 % of memory with their buckets, below the 0.5 % of OSDI'02
 * section 4.3), and as many buckets: in a full table a chain has one frame, and each is a way to memory.
 */
export let frameCapacity: u32 = 0;
/** A frame names the next of its chain in 23 bits (memory/frames.ts). */
const MAX_FRAMES: u32 = 0x7f_ffff;

function align(at: usize, to: usize): usize {
  return (at + to - 1) & ~(to - 1);
}

/**
 * Makes room for memory up to `end` (byte address). Called when a world is opened and before a VM is added,
 * never inside a step. @returns false when the browser refuses; nothing has changed then.
 */
export function ensureMemory(end: usize): bool {
  const pages = <i32>((align(end, CHUNK) / CHUNK) as u32);
  const have = memory.size();
  return pages <= have || memory.grow(pages - have) >= 0;
}

/**
 * Lays the tables of a host of `pages` machine pages, a swap file with a directory of `swapChunks` words, and a network
 * whose tables take `networkBytes` (0: none). @returns false when there is no memory for them.
 */
export function layOut(pages: u32, swapChunks: u32, networkBytes: usize): bool {
  let at = align(__heap_base, CHUNK);
  pageA = at;
  pageB = pageA + PAGE_BYTES;
  cellsIn = pageB + PAGE_BYTES;
  cellsOut = cellsIn + <usize>MAX_CELLS * 8;
  ringPtr = align(cellsOut + <usize>MAX_CELLS * 2, 64);
  at = ringPtr + <usize>EVENT_RING_RECORDS * EVENT_BYTES;
  if (networkBytes != 0) {
    wirePtr = align(at, 64);
    tallyPtr = wirePtr + WIRE_LOG_BYTES;
    wireMaskPtr = align(tallyPtr + TALLY_BYTES, 64);
    netCachePtr = align(wireMaskPtr + MAX_PORTS, 64);
    at = netCachePtr + NET_CACHE_BYTES;
  }
  at = align(at, CHUNK);

  statePtr = at;
  headerPtr = at;
  at += <usize>Field.count * 8;
  optionPtr = align(at, 16);
  at = optionPtr + <usize>Option.count * 4;
  vmPtr = align(at, 16);
  at = vmPtr + <usize>(MAX_VMS + 1) * VmColumn.count * 4;
  vmRandomPtr = align(at, 16);
  at = vmRandomPtr + <usize>(MAX_VMS + 1) * 8;
  profilePtr = align(at, 16);
  at = profilePtr + <usize>(MAX_VMS + 1) * Profile.count * 4;
  phasePtr = align(at, 16);
  at = phasePtr + <usize>(MAX_VMS + 1) * MAX_PHASES * Phase.count * 4;
  sampleRandomPtr = align(at, 16);
  at = sampleRandomPtr + <usize>(MAX_VMS + 1) * 8;
  ioCachePtr = align(at, 16);
  at = ioCachePtr + <usize>IO_CACHE_ENTRIES * 8;
  queuePtr = align(at, 64);
  at = queuePtr + queueBytes(QUEUE_CAPACITY);
  overflowPtr = align(at, 16);
  at = overflowPtr + <usize>OVERFLOW_ENTRIES * 8;

  frameCapacity = min<u32>((pages / 5) * 2, MAX_FRAMES);
  bucketPtr = align(at, 64);
  contentPtr = align(bucketPtr + <usize>frameCapacity * 4, 64);
  ownerPtr = align(contentPtr + <usize>pages * 4, 64);
  framePtr = align(ownerPtr + <usize>pages * 4, 64);
  swapDirectory = align(framePtr + <usize>(frameCapacity + 1) * FRAME_BYTES, 64);
  at = align(swapDirectory + <usize>swapChunks * 4, 64);
  if (networkBytes != 0) networkPtr = align(at, CHUNK);
  poolPtr = networkBytes != 0 ? align(networkPtr + networkBytes, CHUNK) : at;
  // With all of the swap file, so that no step has to ask for memory (memory/pool.ts).
  return ensureMemory(poolPtr + <usize>(swapChunks + 1) * CHUNK);
}
