/**
 * A guest system: boot and the steady state after it, driven by the numbers of its profile (shared/guest-classes.ts).
 * It knows only its own pages; that some are shared it cannot see. It never reads the host's tables to decide.
 */
import { vmRandomPtr } from '../kernel/arena';
import { record } from '../kernel/events';
import { profile, vmAdd, vmGet, vmSet } from '../kernel/header';
import { below } from '../kernel/random';
import {
  Backing,
  backing,
  classTable,
  entry,
  freshContent,
  machinePageOf,
  setGuestClass,
  setPrivateContent,
  touch,
} from '../memory/guest-pages';
import { content } from '../memory/machine';
import { breakShare } from '../memory/sharing';
import { VmColumn, VmPower } from '../shared/columns';
import { EventKind } from '../shared/events';
import { GuestClass, Profile } from '../shared/guest-classes';
import { Reason } from '../shared/reasons';
import { scatter } from './scatter';

/** A guest acts every 100 ms of simulated time. */
export const STEP_MS: u32 = 100;
/** Draws to find a page of a wanted class before the wish is dropped for this step. */
const FIND_DRAWS: u32 = 64;
/** Part of the boot that a system which clears all its memory spends on that, in percent. */
const CLEAR_PERCENT: u32 = 25;
/** File blocks that reads bring in start here in the image: beyond all that boots load. */
const READ_BASE: u32 = 0x40_0000;
const NOT_FOUND: u32 = 0xffff_ffff;

function imageBlock(image: u32, block: u32): u32 {
  return (image << 24) | (block & 0x00ff_ffff);
}

/** The guest writes new bytes to a page: backs it first, breaks a share first. */
export function writePage(vm: u32, page: u32, id: u32): void {
  let machinePage = touch(vm, page);
  if (backing(entry(vm, page)) == Backing.shared) {
    // Zeroing a page of zeros changes no byte, but the processor traps all the same.
    machinePage = breakShare(vm, page);
  }
  setPrivateContent(vm, machinePage, id);
}

function place(vm: u32, slot: u32): u32 {
  return scatter(
    slot,
    profile(vm, Profile.kernelPages),
    vmGet(vm, VmColumn.maxPages),
    vmGet(vm, VmColumn.scatterKey),
  );
}

/** Pages of the boot plan, all classes. */
function planPages(vm: u32): u32 {
  let pages: u32 = 0;
  for (let column: u32 = Profile.kernelPages; column <= <u32>Profile.zeroedPages; column++)
    if (column != Profile.duplicatePages) pages += profile(vm, <Profile>column);
  return pages;
}

/** Puts slot `slot` of the boot plan in place: kernel, programs, application, cache, private data, cleared pages. */
function loadSlot(vm: u32, slot: u32): void {
  const page = place(vm, slot);
  const system = profile(vm, Profile.systemImage);
  let at = slot;
  const kernel = profile(vm, Profile.kernelPages);
  if (at < kernel) return put(vm, page, GuestClass.kernel, imageBlock(system, at));
  at -= kernel;
  const programs = profile(vm, Profile.programPages);
  if (at < programs) return put(vm, page, GuestClass.program, imageBlock(system, kernel + at));
  at -= programs;
  const application = profile(vm, Profile.applicationPages);
  if (at < application)
    return put(vm, page, GuestClass.program, imageBlock(profile(vm, Profile.applicationImage), at));
  at -= application;
  const cache = profile(vm, Profile.cachePages);
  if (at < cache) {
    // Part of the cache holds the file a program was loaded from: the same bytes twice in one guest.
    const twice = profile(vm, Profile.duplicatePages);
    const block = at < twice ? kernel + at : kernel + programs + at;
    vmAdd(vm, VmColumn.cachePages, 1);
    return put(vm, page, GuestClass.cache, imageBlock(system, block));
  }
  at -= cache;
  if (at < profile(vm, Profile.privatePages)) return put(vm, page, GuestClass.privateData, freshContent());
  put(vm, page, GuestClass.zeroed, 0);
}

function put(vm: u32, page: u32, use: GuestClass, id: u32): void {
  if (id == 0 && backing(entry(vm, page)) == Backing.untouched) touch(vm, page);
  else if (id != 0 || content(machinePageOf(entry(vm, page))) != 0) writePage(vm, page, id);
  setGuestClass(vm, page, use);
}

function bootStep(vm: u32, uptimeMs: u32): void {
  const bootMs = profile(vm, Profile.bootMs);
  const clearMs = profile(vm, Profile.zeroesAllAtBoot) != 0 ? (bootMs / 100) * CLEAR_PERCENT : 0;
  const pages = vmGet(vm, VmColumn.maxPages);
  if (clearMs != 0) {
    const target = uptimeMs >= clearMs ? pages : <u32>((<u64>pages * uptimeMs) / clearMs);
    let page = vmGet(vm, VmColumn.clearCursor);
    for (; page < target; page++) put(vm, page, GuestClass.zeroed, 0);
    vmSet(vm, VmColumn.clearCursor, page);
  }
  if (uptimeMs > clearMs) {
    const plan = min(planPages(vm), pages);
    const span = bootMs - clearMs;
    const target = uptimeMs >= bootMs ? plan : <u32>((<u64>plan * (uptimeMs - clearMs)) / span);
    let slot = vmGet(vm, VmColumn.bootCursor);
    for (; slot < target; slot++) loadSlot(vm, slot);
    vmSet(vm, VmColumn.bootCursor, slot);
  }
  if (uptimeMs >= bootMs) {
    vmSet(vm, VmColumn.power, VmPower.on);
    vmSet(vm, VmColumn.growCursor, vmGet(vm, VmColumn.bootCursor));
    record(EventKind.guestBooted, Reason.boot, vm, vmGet(vm, VmColumn.allocatedPages), 0, 0, 0);
  }
}

/** A random page that the guest uses for `use`, or NOT_FOUND after some draws. */
function find(vm: u32, use: GuestClass): u32 {
  const stream = vmRandomPtr + ((<usize>vm) << 3);
  const pages = vmGet(vm, VmColumn.maxPages);
  const classes = classTable(vm);
  for (let i: u32 = 0; i < FIND_DRAWS; i++) {
    const page = below(stream, pages);
    if (load<u8>(classes + page) == <u8>use) return page;
  }
  return NOT_FOUND;
}

/** How many whole pages a rate (thousandths of a page a second) has earned in this step; the rest is kept. */
function due(vm: u32, rate: Profile, debt: VmColumn): u32 {
  const owed = vmGet(vm, debt) + profile(vm, rate) * STEP_MS;
  const whole = owed / 1_000_000;
  vmSet(vm, debt, owed - whole * 1_000_000);
  return whole;
}

/** One process gives a page back, another takes one. */
function turnOver(vm: u32): void {
  const given = find(vm, GuestClass.privateData);
  const taken = find(vm, GuestClass.zeroed);
  if (given == NOT_FOUND || taken == NOT_FOUND) return;
  writePage(vm, given, 0);
  setGuestClass(vm, given, GuestClass.zeroed);
  writePage(vm, taken, freshContent());
  setGuestClass(vm, taken, GuestClass.privateData);
}

/** A page of a program or file is written and becomes the process's own; another one is read from the image again. */
function dirty(vm: u32): void {
  const written = find(vm, GuestClass.program);
  const reread = find(vm, GuestClass.privateData);
  if (written == NOT_FOUND || reread == NOT_FOUND) return;
  const id = content(machinePageOf(entry(vm, written)));
  writePage(vm, written, freshContent());
  setGuestClass(vm, written, GuestClass.privateData);
  writePage(vm, reread, id);
  setGuestClass(vm, reread, GuestClass.program);
}

/** A block of a file comes into the cache: on a new page while the cache may grow, else in place of an old block. */
function readBlock(vm: u32): void {
  const block = vmGet(vm, VmColumn.readCursor);
  vmSet(vm, VmColumn.readCursor, block + 1);
  const id = imageBlock(profile(vm, Profile.applicationImage), READ_BASE + block);
  const slot = vmGet(vm, VmColumn.growCursor);
  if (
    vmGet(vm, VmColumn.cachePages) < profile(vm, Profile.cacheLimitPages) &&
    slot < vmGet(vm, VmColumn.maxPages)
  ) {
    const page = place(vm, slot);
    writePage(vm, page, id);
    setGuestClass(vm, page, GuestClass.cache);
    vmSet(vm, VmColumn.growCursor, slot + 1);
    vmAdd(vm, VmColumn.cachePages, 1);
    return;
  }
  const page = find(vm, GuestClass.cache);
  if (page != NOT_FOUND) writePage(vm, page, id);
}

function steadyStep(vm: u32): void {
  for (let n = due(vm, Profile.writeRate, VmColumn.writeDebt); n > 0; n--) {
    const page = find(vm, GuestClass.privateData);
    if (page != NOT_FOUND) writePage(vm, page, freshContent());
  }
  for (let n = due(vm, Profile.turnoverRate, VmColumn.turnoverDebt); n > 0; n--) turnOver(vm);
  for (let n = due(vm, Profile.dirtyRate, VmColumn.dirtyDebt); n > 0; n--) dirty(vm);
  for (let n = due(vm, Profile.readRate, VmColumn.readDebt); n > 0; n--) readBlock(vm);
}

/** 100 ms in the life of a guest. */
export function stepGuest(vm: u32): void {
  if (vmGet(vm, VmColumn.power) != VmPower.booting) return steadyStep(vm);
  const uptimeMs = vmGet(vm, VmColumn.uptimeMs) + STEP_MS;
  vmSet(vm, VmColumn.uptimeMs, uptimeMs);
  bootStep(vm, uptimeMs);
}
