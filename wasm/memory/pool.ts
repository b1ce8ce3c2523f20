/**
 * The end of the state: the tables of each VM, and contents of pages on disks (the host's swap file, each guest's page
 * file). Nothing in it ever moves: checkpoints and replays see the same addresses.
 *
 * A file on a disk is a directory, one u32 for each 16,384 of its pages: the address of a chunk of 64 KiB with a content
 * id a page, 0 as long as none of them was ever written. So a file that nobody uses takes next to nothing. A chunk stays
 * until the file is emptied.
 */
import { CHUNK, ensureMemory, poolPtr, swapDirectory } from '../kernel/arena';
import { get, set, vmGet } from '../kernel/header';
import { Field, VmColumn, VmPower } from '../shared/columns';
import { MAX_VMS } from '../shared/limits';
import { pageFile, tableBytes } from './guest-pages';

const CHUNK_SHIFT: u32 = 14;
const IN_CHUNK: u32 = 0x3fff;

/** Chunks of a file of so many pages: words of its directory. */
export function chunksOf(pages: u32): u32 {
  return (pages + IN_CHUNK) >> CHUNK_SHIFT;
}

export function chunkAt(directory: usize, chunk: u32): usize {
  return <usize>load<u32>(directory + ((<usize>chunk) << 2));
}

function wordOf(directory: usize, page: u32): usize {
  const chunk = chunkAt(directory, page >> CHUNK_SHIFT);
  assert(chunk != 0);
  return chunk + ((<usize>(page & IN_CHUNK)) << 2);
}

/** Content id of a page of a file that was written before. */
export function readDisk(directory: usize, page: u32): u32 {
  return load<u32>(wordOf(directory, page));
}

export function writeDisk(directory: usize, page: u32, id: u32): void {
  if (chunkAt(directory, page >> CHUNK_SHIFT) == 0) {
    const at = place(CHUNK, CHUNK);
    // Reserved when the host was opened, or the VM was added: never refused here, but after a restore elsewhere.
    if (!ensureMemory(at + CHUNK)) unreachable();
    store<u32>(directory + ((<usize>(page >> CHUNK_SHIFT)) << 2), <u32>at);
    if (at + CHUNK > <usize>get(Field.poolEnd)) set(Field.poolEnd, at + CHUNK);
  }
  store<u32>(wordOf(directory, page), id);
}

/** Gives a file's chunks back, zeroed. The caller measures the pool anew. */
export function emptyDisk(directory: usize, pages: u32): void {
  for (let chunk: u32 = 0; chunk < chunksOf(pages); chunk++) {
    const at = chunkAt(directory, chunk);
    if (at != 0) memory.fill(at, 0, CHUNK);
    store<u32>(directory + ((<usize>chunk) << 2), 0);
  }
}

function isThere(vm: u32): bool {
  return vmGet(vm, VmColumn.power) != VmPower.absent;
}

function beyondFile(at: usize, bytes: usize, directory: usize, pages: u32): usize {
  for (let chunk: u32 = 0; chunk < chunksOf(pages); chunk++) {
    const from = chunkAt(directory, chunk);
    if (from != 0 && at < from + CHUNK && at + bytes > from) at = from + CHUNK;
  }
  return at;
}

/** First gap of the pool that holds `bytes`, on a multiple of `unit` (a power of two). */
export function place(bytes: usize, unit: usize): usize {
  let at = poolPtr;
  let before: usize = 0;
  while (at != before) {
    before = at;
    at = beyondFile(at, bytes, swapDirectory, <u32>get(Field.swapPages));
    for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++) {
      if (!isThere(vm)) continue;
      const pages = vmGet(vm, VmColumn.maxPages);
      const from = <usize>vmGet(vm, VmColumn.tablePtr);
      const to = from + tableBytes(pages);
      if (at < to && at + bytes > from) at = to;
      at = beyondFile(at, bytes, pageFile(vm), pages);
    }
    at = (at + unit - 1) & ~(unit - 1);
  }
  return at;
}

function endOfFile(directory: usize, pages: u32): usize {
  let end: usize = 0;
  for (let chunk: u32 = 0; chunk < chunksOf(pages); chunk++) {
    const from = chunkAt(directory, chunk);
    if (from != 0) end = max(end, from + CHUNK);
  }
  return end;
}

/** The pool ends where the last thing in it ends; what lies beyond is no state and is kept at zero. */
export function measurePool(): void {
  let end = max(poolPtr, endOfFile(swapDirectory, <u32>get(Field.swapPages)));
  for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++) {
    if (!isThere(vm)) continue;
    const pages = vmGet(vm, VmColumn.maxPages);
    end = max(end, <usize>vmGet(vm, VmColumn.tablePtr) + tableBytes(pages));
    end = max(end, endOfFile(pageFile(vm), pages));
  }
  set(Field.poolEnd, end);
}

/**
 * Asks for the memory of a pool up to `end` with all files full, and one of a VM that is to come, so that no step ever
 * has to: chunks fill gaps or lie behind each other. What is not written costs the browser nothing.
 * @returns false when it is refused.
 */
export function reservePool(end: usize, morePages: u32): bool {
  let chunks = chunksOf(<u32>get(Field.swapPages)) + chunksOf(morePages) + 1;
  for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++)
    if (isThere(vm)) chunks += chunksOf(vmGet(vm, VmColumn.maxPages));
  return ensureMemory(max(end, <usize>get(Field.poolEnd)) + <usize>chunks * CHUNK);
}

function holders(chunk: usize, directory: usize, pages: u32): u32 {
  let found: u32 = 0;
  for (let n: u32 = 0; n < chunksOf(pages); n++) if (chunkAt(directory, n) == chunk) found++;
  return found;
}

/** A file with `used` pages: its chunks are there, inside the pool, and nobody else's. @returns differences. */
export function auditFile(directory: usize, pages: u32, used: u32): u32 {
  let wrong: u32 = 0;
  for (let n: u32 = 0; n < chunksOf(pages); n++) {
    const chunk = chunkAt(directory, n);
    if (chunk == 0) {
      if (n < chunksOf(used)) wrong++;
      continue;
    }
    if (chunk < poolPtr || chunk + CHUNK > <usize>get(Field.poolEnd)) wrong++;
    let all = holders(chunk, swapDirectory, <u32>get(Field.swapPages));
    for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++) {
      if (!isThere(vm)) continue;
      const most = vmGet(vm, VmColumn.maxPages);
      const table = <usize>vmGet(vm, VmColumn.tablePtr);
      all += holders(chunk, pageFile(vm), most);
      if (chunk < table + tableBytes(most) && chunk + CHUNK > table) wrong++;
    }
    if (all != 1) wrong++;
  }
  return wrong;
}
