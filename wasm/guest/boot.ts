/**
 * The boot: loads kernel, programs, cache and data, by the plan of its profile. As soon as the kernel is there its
 * zero-page thread, if it has one, clears what is free beside that (Windows 2000 and later: in the end all memory).
 */
import { profile, vmGet, vmSet } from '../kernel/header';
import { record } from '../kernel/events';
import { freshContent, setGuestClass } from '../memory/guest-pages';
import { VmColumn, VmPower } from '../shared/columns';
import { EventKind } from '../shared/events';
import { GuestClass, Profile } from '../shared/guest-classes';
import { Reason } from '../shared/reasons';
import { freeStart, growCache, growFixed, growPrivate, growZeroed, pageAt } from './lists';
import { readContent, writePage } from './pages';
import { STEP_MS } from './time';
import { zeroPages } from './work';

export function imageBlock(image: u32, block: u32): u32 {
  return (image << 24) | (block & 0x00ff_ffff);
}

/** Kernel, its tables, programs and the application: they stay where they are. */
function fixedPlan(vm: u32): u32 {
  return (
    profile(vm, Profile.kernelPages) +
    profile(vm, Profile.tablePages) +
    profile(vm, Profile.programPages) +
    profile(vm, Profile.applicationPages)
  );
}

/** Kernel and its tables: the guest cannot give them up, and they lie at the bottom of its memory. */
export function kernelPlan(vm: u32): u32 {
  return profile(vm, Profile.kernelPages) + profile(vm, Profile.tablePages);
}

function planPages(vm: u32): u32 {
  return (
    fixedPlan(vm) +
    profile(vm, Profile.cachePages) +
    profile(vm, Profile.privatePages) +
    profile(vm, Profile.zeroedPages)
  );
}

/** Puts a content on a page for a use. A page that is clear already is not cleared again. */
function put(vm: u32, page: u32, use: GuestClass, id: u32): void {
  if (id != 0) writePage(vm, page, id);
  else if (readContent(vm, page) != 0) writePage(vm, page, 0);
  setGuestClass(vm, page, use);
}

/** Slot `slot` of the boot plan. */
function loadSlot(vm: u32, slot: u32): void {
  const system = profile(vm, Profile.systemImage);
  const kernel = profile(vm, Profile.kernelPages);
  const programs = profile(vm, Profile.programPages);
  let at = slot;
  if (at < kernel) return put(vm, pageAt(vm, growFixed(vm)), GuestClass.kernel, imageBlock(system, at));
  at -= kernel;
  const tables = profile(vm, Profile.tablePages);
  if (at < tables) return put(vm, pageAt(vm, growFixed(vm)), GuestClass.kernel, freshContent());
  at -= tables;
  if (at < programs)
    return put(vm, pageAt(vm, growFixed(vm)), GuestClass.program, imageBlock(system, kernel + at));
  at -= programs;
  const application = profile(vm, Profile.applicationPages);
  if (at < application) {
    const image = profile(vm, Profile.applicationImage);
    return put(vm, pageAt(vm, growFixed(vm)), GuestClass.program, imageBlock(image, at));
  }
  at -= application;
  const cache = profile(vm, Profile.cachePages);
  if (at < cache) {
    // Part of the cache holds the file a program was loaded from: the same bytes twice in one guest.
    const twice = profile(vm, Profile.duplicatePages);
    const block = at < twice ? kernel + at : kernel + programs + at;
    return put(vm, pageAt(vm, growCache(vm)), GuestClass.cache, imageBlock(system, block));
  }
  at -= cache;
  if (at < profile(vm, Profile.privatePages))
    return put(vm, pageAt(vm, growPrivate(vm)), GuestClass.privateData, freshContent());
  // Where a zero-page thread runs there may be nothing left to clear.
  if (vmGet(vm, VmColumn.freePages) == 0) return;
  put(vm, pageAt(vm, freeStart(vm)), GuestClass.zeroed, 0);
  growZeroed(vm);
}

/** Pages of the boot plan that are still to come. */
export function stillToLoad(vm: u32): u32 {
  if (vmGet(vm, VmColumn.power) != VmPower.booting) return 0;
  return min(planPages(vm), vmGet(vm, VmColumn.maxPages)) - vmGet(vm, VmColumn.bootCursor);
}

/** `ms` milliseconds of boot. @returns true when it is over. */
export function bootStep(vm: u32, ms: u32): bool {
  const bootMs = profile(vm, Profile.bootMs);
  const now = vmGet(vm, VmColumn.bootMs) + ms;
  vmSet(vm, VmColumn.bootMs, now);
  const plan = min(planPages(vm), vmGet(vm, VmColumn.maxPages));
  const target = now >= bootMs ? plan : <u32>((<u64>plan * now) / bootMs);
  let slot = vmGet(vm, VmColumn.bootCursor);
  for (; slot < target && vmGet(vm, VmColumn.stallMs) < STEP_MS; slot++) loadSlot(vm, slot);
  vmSet(vm, VmColumn.bootCursor, slot);
  if (slot >= kernelPlan(vm)) zeroPages(vm);
  if (slot < plan || now < bootMs) return false;
  vmSet(vm, VmColumn.power, VmPower.on);
  record(EventKind.guestBooted, Reason.boot, vm, vmGet(vm, VmColumn.allocatedPages), 0, 0, 0);
  return true;
}
