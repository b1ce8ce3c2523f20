/**
 * The host's swap file (OSDI'02 section 3.3): which page goes out is drawn at random, so that no guest's own policy can
 * play against it; a page is always tried for sharing first; it comes back when the guest touches it.
 * Slots: one content id a slot (memory/pool.ts); of a free slot, the next free slot + 1.
 */
import { headerPtr, swapDirectory } from '../kernel/arena';
import { record } from '../kernel/events';
import { add, get, option, set, vmAdd, vmGet, vmSet } from '../kernel/header';
import { below } from '../kernel/random';
import { Field, VmColumn, VmPower } from '../shared/columns';
import { EventKind } from '../shared/events';
import { Option } from '../shared/options';
import { Reason } from '../shared/reasons';
import { Backing, backing, entry, machinePageOf, setEntry } from './guest-pages';
import { allocate, content, NO_PAGE, release, setContent } from './machine';
import { readDisk, writeDisk } from './pool';
import { leaveShared, scanPage } from './sharing';

const NO_SLOT: u32 = 0xffff_ffff;
/** Draws for a random victim before the nearest page behind the last draw is taken. */
const VICTIM_DRAWS: u32 = 64;
/** Microseconds that a guest waits for a page that had to be freed for it: a part of a clustered write. */
const RECLAIM_US: u32 = 200;

/** Content id of a page in the swap file. */
export function slotContent(slot: u32): u32 {
  return readDisk(swapDirectory, slot);
}

function takeSlot(): u32 {
  const head = <u32>get(Field.swapFreeHead);
  if (head != 0) {
    set(Field.swapFreeHead, slotContent(head - 1));
    add(Field.swapUsedPages, 1);
    return head - 1;
  }
  const slot = <u32>get(Field.swapNeverUsed);
  if (<u64>slot >= get(Field.swapPages)) return NO_SLOT;
  set(Field.swapNeverUsed, slot + 1);
  add(Field.swapUsedPages, 1);
  return slot;
}

function freeSlot(slot: u32): void {
  writeDisk(swapDirectory, slot, <u32>get(Field.swapFreeHead));
  set(Field.swapFreeHead, slot + 1);
  add(Field.swapUsedPages, -1);
}

/** A swapped page that nobody needs any more: its slot is free again. The caller sets the entry. */
export function dropSwapped(vm: u32, page: u32): void {
  freeSlot(machinePageOf(entry(vm, page)));
  vmAdd(vm, VmColumn.swappedPages, -1);
}

/**
 * Takes a page from its VM: shares it if an equal one is known, else writes it to the swap file.
 * @returns whether its machine page, or a copy less, was given back; false when the swap file is full.
 */
export function swapOut(vm: u32, page: u32, reason: Reason, cause: u32): bool {
  const before = entry(vm, page);
  if (backing(before) == Backing.privatePage && option(Option.shareEnabled) != 0) {
    scanPage(vm, page, Reason.shareBeforeSwap);
    if (backing(entry(vm, page)) == Backing.shared) {
      add(Field.sharedBeforeSwap, 1);
      vmAdd(vm, VmColumn.givenPages, 1);
      return true;
    }
  }
  const slot = takeSlot();
  if (slot == NO_SLOT) return false;
  const machinePage = machinePageOf(before);
  const id = content(machinePage);
  writeDisk(swapDirectory, slot, id);
  if (backing(before) == Backing.shared) leaveShared(vm, machinePage);
  else {
    add(Field.privatePages, -1);
    release(machinePage);
  }
  setEntry(vm, page, Backing.swapped, slot);
  vmAdd(vm, VmColumn.allocatedPages, -1);
  if (id == 0) vmAdd(vm, VmColumn.zeroPages, -1);
  vmAdd(vm, VmColumn.swappedPages, 1);
  vmAdd(vm, VmColumn.swapOuts, 1);
  add(Field.swappedOut, 1);
  record(EventKind.pageSwappedOut, reason, vm, page, machinePage, slot, cause);
  return true;
}

/** Brings a page back; the guest waits for the disk. @returns its machine page. */
export function swapIn(vm: u32, page: u32, reason: Reason): u32 {
  const slot = machinePageOf(entry(vm, page));
  const id = slotContent(slot);
  // The slot first: the page that makes room may need it.
  dropSwapped(vm, page);
  setEntry(vm, page, Backing.untouched, 0);
  const machinePage = obtain((vm << 24) | page, vm);
  setContent(machinePage, id);
  setEntry(vm, page, Backing.privatePage, machinePage);
  vmAdd(vm, VmColumn.allocatedPages, 1);
  if (id == 0) vmAdd(vm, VmColumn.zeroPages, 1);
  add(Field.privatePages, 1);
  add(Field.swappedIn, 1);
  vmAdd(vm, VmColumn.swapIns, 1);
  const ms = option(Option.swapInMs);
  vmAdd(vm, VmColumn.swapInMs, ms);
  vmAdd(vm, VmColumn.stallMs, ms);
  record(EventKind.pageSwappedIn, reason, vm, page, machinePage, slot, 0);
  return machinePage;
}

/** A random page of a VM that is its own, or (`shared`) shared; NO_PAGE when it has none. */
function victimPage(vm: u32, what: Backing): u32 {
  if (has(vm, what) == 0) return NO_PAGE;
  const pages = vmGet(vm, VmColumn.maxPages);
  const stream = headerPtr + <usize>Field.swapRandom * 8;
  let page: u32 = 0;
  for (let i: u32 = 0; i < VICTIM_DRAWS; i++) {
    page = below(stream, pages);
    if (backing(entry(vm, page)) == what) return page;
  }
  while (backing(entry(vm, page)) != what) page = page + 1 < pages ? page + 1 : 0;
  return page;
}

/** Pages out one random page of a VM, of this kind. @returns false when it has none, or the swap file is full. */
export function swapOutRandom(vm: u32, what: Backing, reason: Reason, cause: u32): bool {
  const page = victimPage(vm, what);
  return page != NO_PAGE && swapOut(vm, page, reason, cause);
}

/**
 * Pages that a VM has above its target; never below what it is guaranteed. May be negative.
 * A page that was shared instead of being paged out has been given back: from the next targets on, which count what
 * sharing saves, it is everybody's.
 */
export function excess(vm: u32): i64 {
  const floor = max(vmGet(vm, VmColumn.targetPages), vmGet(vm, VmColumn.minPages));
  return <i64>vmGet(vm, VmColumn.allocatedPages) - <i64>vmGet(vm, VmColumn.givenPages) - <i64>floor;
}

/** Pages of a VM that are its own, or shared. */
export function has(vm: u32, what: Backing): u32 {
  const shared = vmGet(vm, VmColumn.sharedPages);
  return what == Backing.shared ? shared : vmGet(vm, VmColumn.allocatedPages) - shared;
}

/**
 * The VM that is furthest above its target and has pages of this kind; 0 when there is none.
 * What a VM is guaranteed is taken only `byForce`.
 */
function victimVm(what: Backing, byForce: bool): u32 {
  let victim: u32 = 0;
  let most: i64 = i64.MIN_VALUE;
  const top = <u32>get(Field.topVm);
  for (let vm: u32 = 1; vm <= top; vm++) {
    const power = vmGet(vm, VmColumn.power);
    if (power == VmPower.absent || power == VmPower.off) continue;
    if (!byForce && vmGet(vm, VmColumn.allocatedPages) <= vmGet(vm, VmColumn.minPages)) continue;
    if (has(vm, what) == 0) continue;
    const above = excess(vm);
    if (above > most) {
      most = above;
      victim = vm;
    }
  }
  return victim;
}

/** Frees one machine page at once, because somebody waits for it. */
function reclaimOne(forVm: u32): void {
  const cause = <u32>get(Field.policyCause);
  let what = Backing.privatePage;
  let vm = victimVm(what, false);
  // What others are guaranteed is not touched: it gives up a page of its own.
  if (vm == 0 && has(forVm, what) != 0) vm = forVm;
  if (vm == 0) {
    // Everything is shared: mappings go until a copy has no owner left.
    what = Backing.shared;
    vm = victimVm(what, false);
    if (vm == 0 && has(forVm, what) != 0) vm = forVm;
  }
  if (vm == 0) {
    // A VM that is guaranteed nothing has nothing, and cannot run without a page.
    what = Backing.privatePage;
    vm = victimVm(what, true);
  }
  // Admission promised min + overhead of memory and max − min of swap: there is always a page to take.
  if (vm == 0) unreachable();
  const page = victimPage(vm, what);
  if (!swapOut(vm, page, Reason.nothingFree, cause)) unreachable();
  const owed = vmGet(forVm, VmColumn.owedUs) + RECLAIM_US;
  vmSet(forVm, VmColumn.owedUs, owed % 1000);
  vmAdd(forVm, VmColumn.reclaimMs, owed / 1000);
  vmAdd(forVm, VmColumn.stallMs, owed / 1000);
}

/** Takes a machine page for a VM; when none is free, one is made free. */
export function obtain(ownerWord: u32, forVm: u32): u32 {
  let machinePage = allocate(ownerWord);
  while (machinePage == NO_PAGE) {
    reclaimOne(forVm);
    machinePage = allocate(ownerWord);
  }
  return machinePage;
}
