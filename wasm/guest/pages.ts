/** The guest's accesses: reads and writes of its pages, its own data, its page file, and what it gives up. */
import { add, option, profile, vmAdd, vmGet } from '../kernel/header';
import { record } from '../kernel/events';
import {
  access,
  Backing,
  backing,
  entry,
  freshContent,
  pageFile,
  setPrivateContent,
} from '../memory/guest-pages';
import { content } from '../memory/machine';
import { readDisk, writeDisk } from '../memory/pool';
import { breakShare } from '../memory/sharing';
import { Field, VmColumn } from '../shared/columns';
import { EventKind } from '../shared/events';
import { Profile } from '../shared/guest-classes';
import { Option } from '../shared/options';
import { Reason } from '../shared/reasons';
import { fixedEnd, freeCount, growPrivate, NO_PLACE, pageAt, releasePrivate, shrinkCache } from './lists';
import { below } from '../kernel/random';
import { vmRandomPtr } from '../kernel/arena';
import { oweUs } from './time';

/** Microseconds of a page-out to the guest's page file: clusters of 16 pages, one write of 8 ms each. */
const PAGE_OUT_US: u32 = 500;
/** The file cache keeps this part of memory: 1/64. */
const CACHE_FLOOR_SHIFT: u32 = 6;

/** The guest writes a page: brings it there first, breaks a share first. */
export function writePage(vm: u32, page: u32, id: u32): void {
  let machinePage = access(vm, page);
  // Zeroing a page of zeros changes no byte, but the processor traps all the same.
  if (backing(entry(vm, page)) == Backing.shared) machinePage = breakShare(vm, page);
  setPrivateContent(vm, machinePage, id, content(machinePage));
}

export function random(vm: u32, bound: u32): u32 {
  return below(vmRandomPtr + ((<usize>vm) << 3), bound);
}

/** Own data of the guest, in memory or in its page file. */
export function dataCount(vm: u32): u32 {
  return vmGet(vm, VmColumn.privatePages) + vmGet(vm, VmColumn.pagedOutPages);
}

/** Content of a page that leaves memory for the guest's disk. The guest reads it to write it: it may be in the host's swap. */
function readForPageOut(vm: u32, page: u32): u32 {
  const word = entry(vm, page);
  if (backing(word) == Backing.swapped) {
    add(Field.doublePaged, 1);
    record(EventKind.pageDoublePaged, Reason.guestPageOut, vm, page, 0, 0, 0);
  }
  const id = content(access(vm, page));
  vmAdd(vm, VmColumn.guestPageOuts, 1);
  oweUs(vm, VmColumn.guestFaultMs, PAGE_OUT_US);
  return id;
}

/** One cold page of the guest's data goes to its page file. @returns false when there is none, or the file is full. */
function pageOutCold(vm: u32, hot: u32): bool {
  const resident = vmGet(vm, VmColumn.privatePages);
  const out = vmGet(vm, VmColumn.pagedOutPages);
  if (resident == 0 || out >= vmGet(vm, VmColumn.maxPages)) return false;
  const place = fixedEnd(vm) + (resident > hot ? hot + random(vm, resident - hot) : random(vm, resident));
  writeDisk(pageFile(vm), out, readForPageOut(vm, pageAt(vm, place)));
  vmAdd(vm, VmColumn.pagedOutPages, 1);
  releasePrivate(vm, place);
  return true;
}

/**
 * The guest frees one page of its own: cold file cache first, then data that goes to its page file.
 * @param hot pages of data that its workload is busy with.
 * @returns false when it has nothing left to give.
 */
export function reclaimOwn(vm: u32, hot: u32): bool {
  const cache = vmGet(vm, VmColumn.cachePages);
  if (cache > vmGet(vm, VmColumn.maxPages) >> CACHE_FLOOR_SHIFT) {
    shrinkCache(vm);
    return true;
  }
  return pageOutCold(vm, hot);
}

/** Makes one more page free if the guest has none to spare. @returns false when it cannot. */
function makeRoom(vm: u32, hot: u32): bool {
  return freeCount(vm) > profile(vm, Profile.lowWaterPages) >> 1 || reclaimOwn(vm, hot);
}

/** A process gets a page and writes to it. @returns false when the guest has no memory left. */
export function allocateData(vm: u32, hot: u32): bool {
  if (!makeRoom(vm, hot)) return false;
  writePage(vm, pageAt(vm, growPrivate(vm)), freshContent());
  return true;
}

/** A process gives a page of data back: what is in the page file first. */
export function freeData(vm: u32): void {
  if (vmGet(vm, VmColumn.pagedOutPages) > 0) return vmAdd(vm, VmColumn.pagedOutPages, -1);
  const resident = vmGet(vm, VmColumn.privatePages);
  if (resident > 0) releasePrivate(vm, fixedEnd(vm) + resident - 1);
}

/**
 * Item `item` of the guest's data comes back from its page file, to a free page or in the place of a cold one.
 * Which item is where is exchangeable: only the first `hot` ones are told from the rest.
 * @returns the page that holds it now.
 */
function pageIn(vm: u32, item: u32, hot: u32): u32 {
  const resident = vmGet(vm, VmColumn.privatePages);
  const block = item - resident;
  const id = readDisk(pageFile(vm), block);
  vmAdd(vm, VmColumn.guestPageIns, 1);
  const ms = option(Option.guestFaultMs);
  vmAdd(vm, VmColumn.guestFaultMs, ms);
  vmAdd(vm, VmColumn.stallMs, ms);
  let page: u32;
  if (freeCount(vm) > profile(vm, Profile.lowWaterPages) >> 1) {
    page = pageAt(vm, growPrivate(vm));
    const last = vmGet(vm, VmColumn.pagedOutPages) - 1;
    writeDisk(pageFile(vm), block, readDisk(pageFile(vm), last));
    vmAdd(vm, VmColumn.pagedOutPages, -1);
  } else if (resident > 0) {
    const victim = resident > hot ? hot + random(vm, resident - hot) : random(vm, resident);
    page = pageAt(vm, fixedEnd(vm) + victim);
    writeDisk(pageFile(vm), block, readForPageOut(vm, page));
  } else return NO_PLACE;
  writePage(vm, page, id);
  return page;
}

/** A process touches item `item` of its data. */
export function touchData(vm: u32, item: u32, hot: u32, write: bool): void {
  let page: u32;
  if (item < vmGet(vm, VmColumn.privatePages)) {
    page = pageAt(vm, fixedEnd(vm) + item);
    if (!write) {
      access(vm, page);
      return;
    }
  } else {
    page = pageIn(vm, item, hot);
    if (!write || page == NO_PLACE) return;
  }
  writePage(vm, page, freshContent());
}

/** Content of a page that the guest can see without waiting, as it reads it now. */
export function readContent(vm: u32, page: u32): u32 {
  return content(access(vm, page));
}

export function isBacked(vm: u32, page: u32): bool {
  return backing(entry(vm, page)) != Backing.untouched;
}
