/**
 * The ledger counted again, from the tables and from nothing else: every machine page in exactly one state,
 * every reference to a shared page found, every counter equal to what is there. Slow on purpose; called by
 * tests, the headless runner and a button.
 */
import { framePtr, swapDirectory } from '../kernel/arena';
import { get, vmGet } from '../kernel/header';
import { Field, VmColumn, VmPower } from '../shared/columns';
import { pageAt } from '../guest/lists';
import { GuestClass } from '../shared/guest-classes';
import { MAX_VMS } from '../shared/limits';
import { isShared, references, sharedMachinePage } from './frames';
import { Backing, backing, entry, guestClass, isPresent, machinePageOf, pageFile } from './guest-pages';
import { auditFile } from './pool';
import { slotContent } from './swap';
import {
  content,
  FREE,
  LOW_24,
  OVERHEAD,
  owner,
  ownerVm,
  RESERVED_CONSOLE,
  RESERVED_VMKERNEL,
  SHARED_BIT,
} from './machine';

function differs(field: Field, counted: u64): u32 {
  return get(field) == counted ? 0 : 1;
}

/** Machine pages by owner word. @returns differences between the counters and the table. */
function auditMachine(): u32 {
  let free: u64 = 0;
  let console: u64 = 0;
  let vmkernel: u64 = 0;
  let overhead: u64 = 0;
  let priv: u64 = 0;
  let shared: u64 = 0;
  let wrong: u32 = 0;
  const pages = <u32>get(Field.hostPages);
  for (let page: u32 = 0; page < pages; page++) {
    const word = owner(page);
    if (word == FREE) free++;
    else if ((word & SHARED_BIT) != 0) {
      shared++;
      const frame = word & LOW_24;
      if (!isShared(frame) || sharedMachinePage(frame) != page || references(frame) == 0) wrong++;
    } else if (ownerVm(word) == 0) {
      if (word == RESERVED_CONSOLE) console++;
      else if (word == RESERVED_VMKERNEL) vmkernel++;
      else wrong++;
    } else if ((word & LOW_24) == OVERHEAD) overhead++;
    else {
      priv++;
      const back = entry(ownerVm(word), word & LOW_24);
      if (backing(back) != Backing.privatePage || machinePageOf(back) != page) wrong++;
    }
  }
  wrong += differs(Field.freePages, free) + differs(Field.consolePages, console);
  wrong += differs(Field.vmkernelPages, vmkernel) + differs(Field.overheadPages, overhead);
  wrong += differs(Field.privatePages, priv) + differs(Field.sharedCopies, shared);
  if (free + console + vmkernel + overhead + priv + shared != get(Field.hostPages)) wrong++;
  return wrong + auditFreeList(free);
}

/** The free list and the never-used pages are all the free pages, each once. */
function auditFreeList(free: u64): u32 {
  let listed: u64 = get(Field.hostPages) - get(Field.neverUsed);
  let page = get(Field.freeHead);
  while (page != 0 && listed <= free) {
    if (owner(<u32>page - 1) != FREE) return 1;
    listed++;
    page = content(<u32>page - 1);
  }
  return listed == free ? 0 : 1;
}

/** Guest pages of one VM. @returns differences. */
function auditVm(vm: u32): u32 {
  let allocated: u32 = 0;
  let shared: u32 = 0;
  let zero: u32 = 0;
  let swapped: u32 = 0;
  let ballooned: u32 = 0;
  let wrong: u32 = 0;
  const pages = vmGet(vm, VmColumn.maxPages);
  for (let page: u32 = 0; page < pages; page++) {
    const word = entry(vm, page);
    const machinePage = machinePageOf(word);
    if (backing(word) == Backing.swapped) {
      swapped++;
      if (<u64>machinePage >= get(Field.swapNeverUsed)) wrong++;
    } else if (backing(word) == Backing.ballooned) {
      ballooned++;
      if (guestClass(vm, page) != GuestClass.ballooned) wrong++;
    }
    if (!isPresent(word)) continue;
    allocated++;
    if (content(machinePage) == 0) zero++;
    if (backing(word) == Backing.shared) {
      shared++;
      if ((owner(machinePage) & SHARED_BIT) == 0) wrong++;
    } else if (owner(machinePage) != ((vm << 24) | page)) wrong++;
  }
  if (allocated != vmGet(vm, VmColumn.allocatedPages)) wrong++;
  if (shared != vmGet(vm, VmColumn.sharedPages)) wrong++;
  if (zero != vmGet(vm, VmColumn.zeroPages)) wrong++;
  if (swapped != vmGet(vm, VmColumn.swappedPages)) wrong++;
  if (ballooned != vmGet(vm, VmColumn.balloonPages)) wrong++;
  wrong += auditFile(pageFile(vm), pages, vmGet(vm, VmColumn.pagedOutPages));
  return wrong + (vmGet(vm, VmColumn.power) == VmPower.off ? 0 : auditLists(vm));
}

/** The guest's own lists: each page once, and of the class of its list. @returns differences. */
function auditLists(vm: u32): u32 {
  const pages = vmGet(vm, VmColumn.maxPages);
  let wrong: u32 = 0;
  let sum: u64 = 0;
  let squares: u64 = 0;
  const data = vmGet(vm, VmColumn.fixedPages);
  const zeroed = data + vmGet(vm, VmColumn.privatePages);
  const free = zeroed + vmGet(vm, VmColumn.zeroedPages);
  const balloon = free + vmGet(vm, VmColumn.freePages);
  const cache = balloon + vmGet(vm, VmColumn.balloonPages);
  if (cache + vmGet(vm, VmColumn.cachePages) != pages) wrong++;
  for (let place: u32 = 0; place < pages; place++) {
    const page = pageAt(vm, place);
    sum += page;
    squares += <u64>page * page;
    const use = guestClass(vm, page);
    const right =
      place < data
        ? use == GuestClass.kernel || use == GuestClass.program
        : place < zeroed
          ? use == GuestClass.privateData
          : place < free
            ? use == GuestClass.zeroed
            : place < balloon
              ? use == GuestClass.untouched || use == GuestClass.free
              : place < cache
                ? use == GuestClass.ballooned
                : use == GuestClass.cache;
    if (!right) wrong++;
  }
  const n = <u64>pages;
  if (sum != (n * (n - 1)) / 2 || squares != ((n - 1) * n * (2 * n - 1)) / 6) wrong++;
  return wrong;
}

/** Slots of the swap file: those in use and those free again are all that were ever used. @returns differences. */
function auditSwap(swapped: u64): u32 {
  let wrong = differs(Field.swapUsedPages, swapped);
  let listed: u64 = 0;
  let slot = get(Field.swapFreeHead);
  while (slot != 0 && listed <= get(Field.swapNeverUsed)) {
    listed++;
    slot = slotContent(<u32>slot - 1);
  }
  if (listed + swapped != get(Field.swapNeverUsed)) wrong++;
  if (get(Field.swapNeverUsed) > get(Field.swapPages)) wrong++;
  return wrong + auditFile(swapDirectory, <u32>get(Field.swapPages), <u32>get(Field.swapNeverUsed));
}

/** Sum of the references of all shared frames, their number, and the hints. @returns differences. */
function auditFrames(): u32 {
  let mapped: u64 = 0;
  let copies: u64 = 0;
  let hints: u64 = 0;
  let zero: u64 = 0;
  const used = <u32>get(Field.framesEverUsed);
  for (let frame: u32 = 1; frame <= used; frame++) {
    if (isShared(frame)) {
      copies++;
      mapped += references(frame);
      if (content(sharedMachinePage(frame)) == 0) zero += references(frame);
    } else if (load<u32>(framePtr + ((<usize>frame) << 4), 4) != 0) hints++;
  }
  let wrong = differs(Field.sharedCopies, copies) + differs(Field.sharedGuestPages, mapped);
  wrong += differs(Field.hints, hints) + differs(Field.sharedZeroPages, zero);
  return wrong;
}

/** Counts everything again. @returns how many statements about the world are untrue: 0, or there is a fault in the core. */
export function audit(): u32 {
  let wrong = auditMachine() + auditFrames();
  let sharedPages: u64 = 0;
  let running: u64 = 0;
  let top: u64 = 0;
  let swapped: u64 = 0;
  let ballooned: u64 = 0;
  let reserved: u64 = 0;
  let swapReserved: u64 = 0;
  for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++) {
    const power = vmGet(vm, VmColumn.power);
    if (power == VmPower.absent) continue;
    wrong += auditVm(vm);
    sharedPages += vmGet(vm, VmColumn.sharedPages);
    swapped += vmGet(vm, VmColumn.swappedPages);
    ballooned += vmGet(vm, VmColumn.balloonPages);
    if (power != VmPower.off) {
      running++;
      const promised =
        get(Field.swapPages) == 0 ? vmGet(vm, VmColumn.maxPages) : max<u64>(1, vmGet(vm, VmColumn.minPages));
      reserved += promised + vmGet(vm, VmColumn.overheadTarget);
      swapReserved += vmGet(vm, VmColumn.maxPages) - promised;
    }
    top = vm;
  }
  wrong += differs(Field.runningVms, running) + differs(Field.topVm, top);
  wrong += differs(Field.balloonPages, ballooned) + auditSwap(swapped);
  wrong += differs(Field.reservedPages, reserved) + differs(Field.swapReservedPages, swapReserved);
  return wrong + differs(Field.sharedGuestPages, sharedPages);
}
