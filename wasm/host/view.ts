/**
 * Readings of the tables for people to look at: what the cells of a map hold, who owns a page. They change nothing.
 */
import { cellsIn, cellsOut } from '../kernel/arena';
import { get, vmGet } from '../kernel/header';
import { isShared, references } from '../memory/frames';
import { Backing, backing, entry, isPresent, machinePageOf } from '../memory/guest-pages';
import {
  COMMONS,
  content,
  FREE,
  LOW_24,
  NO_PAGE,
  OVERHEAD,
  owner,
  ownerVm,
  RESERVED_CONSOLE,
  SHARED_BIT,
} from '../memory/machine';
import { Field, VmColumn, VmPower } from '../shared/columns';
import { CELL_SAMPLES, MAX_VMS } from '../shared/limits';
import { Owner, PageState } from '../shared/page-class';

function pageClass(who: u32, state: PageState): u32 {
  return ((<u32>state) << 8) | who;
}

const OUTSIDE: u32 = (<u32>PageState.outside) << 8;

/** Owner (low byte) and state (high byte) of a machine page: shared/page-class.ts. */
export function machineClass(page: u32): u32 {
  if (<u64>page >= get(Field.hostPages)) return OUTSIDE;
  const word = owner(page);
  if (word == FREE) return pageClass(Owner.none, PageState.free);
  const vm = ownerVm(word);
  const zero = content(page) == 0;
  if ((word & SHARED_BIT) != 0)
    return pageClass(vm == COMMONS ? Owner.commons : vm, zero ? PageState.sharedZero : PageState.shared);
  if (vm == 0)
    return pageClass(word == RESERVED_CONSOLE ? Owner.console : Owner.vmkernel, PageState.reserved);
  if ((word & LOW_24) == OVERHEAD) return pageClass(vm, PageState.reserved);
  return pageClass(vm, zero ? PageState.zero : PageState.privatePage);
}

/** The same of a guest page, as its VM would see it if it could. */
export function guestPageClass(vm: u32, page: u32): u32 {
  if (vm > <u32>MAX_VMS || vmGet(vm, VmColumn.power) == VmPower.absent) return OUTSIDE;
  if (page >= vmGet(vm, VmColumn.maxPages)) return OUTSIDE;
  const word = entry(vm, page);
  if (backing(word) == Backing.untouched) return pageClass(vm, PageState.free);
  if (backing(word) == Backing.ballooned) return pageClass(vm, PageState.ballooned);
  if (backing(word) == Backing.swapped) return pageClass(vm, PageState.swapped);
  const zero = content(machinePageOf(word)) == 0;
  if (backing(word) == Backing.shared) return pageClass(vm, zero ? PageState.sharedZero : PageState.shared);
  return pageClass(vm, zero ? PageState.zero : PageState.privatePage);
}

function classOf(vm: u32, page: u32): u32 {
  return vm == 0 ? machineClass(page) : guestPageClass(vm, page);
}

/** Most frequent class among up to CELL_SAMPLES pages, evenly spaced (all pages of a cell that has no more). */
function cellClass(vm: u32, first: u32, count: u32): u32 {
  if (count == 0) return OUTSIDE;
  const samples = min(count, <u32>CELL_SAMPLES);
  const stride = count / samples;
  // Boyer and Moore's majority vote, in one pass; then its winner, which is the majority if there is one.
  let winner: u32 = OUTSIDE;
  let votes: i32 = 0;
  for (let i: u32 = 0; i < samples; i++) {
    const seen = classOf(vm, first + i * stride);
    if (votes == 0) winner = seen;
    votes += seen == winner ? 1 : -1;
  }
  return winner;
}

/**
 * Classifies `count` cells. In: two u32 a cell at `cellsIn`: VM slot (high 8 bits, 0 = machine memory) and first page
 * (low 24 bits); number of pages. Out: one u16 a cell at `cellsOut`.
 */
export function classify(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = cellsIn + ((<usize>i) << 3);
    const start = load<u32>(at);
    const pages = load<u32>(at, 4);
    store<u16>(cellsOut + ((<usize>i) << 1), <u16>cellClass(start >> 24, start & LOW_24, pages));
  }
}

/**
 * Guest pages mapped to a machine page: VM slot and page as two u32 each at `cellsIn`, at most `limit`.
 * ESX keeps no way back from a shared page to its owners (OSDI'02 section 4.3), so this walks every page table.
 * @returns how many were written.
 */
export function owners(machinePage: u32, limit: u32): u32 {
  const word = owner(machinePage);
  if (word == FREE || (word & (SHARED_BIT | LOW_24)) == OVERHEAD) return 0;
  if ((word & SHARED_BIT) == 0) {
    if (ownerVm(word) == 0) return 0;
    store<u32>(cellsIn, ownerVm(word));
    store<u32>(cellsIn, word & LOW_24, 4);
    return 1;
  }
  let found: u32 = 0;
  for (let vm: u32 = 1; vm <= <u32>MAX_VMS && found < limit; vm++) {
    if (vmGet(vm, VmColumn.power) == VmPower.absent) continue;
    const table = <usize>vmGet(vm, VmColumn.tablePtr);
    const pages = vmGet(vm, VmColumn.maxPages);
    for (let page: u32 = 0; page < pages && found < limit; page++) {
      const back = load<u32>(table + ((<usize>page) << 2));
      if (backing(back) != Backing.shared || machinePageOf(back) != machinePage) continue;
      store<u32>(cellsIn + ((<usize>found) << 3), vm);
      store<u32>(cellsIn + ((<usize>found) << 3), page, 4);
      found++;
    }
  }
  return found;
}

/** References of a machine page's share frame; 0 when it has none. */
export function sharers(machinePage: u32): u32 {
  const word = owner(machinePage);
  return (word & SHARED_BIT) != 0 && isShared(word & LOW_24) ? references(word & LOW_24) : 0;
}

/**
 * A guest page with the same content on another machine page: of its own VM first, then of the next slots in turn; the
 * one with the smallest number. Contents are equal exactly when bytes are (kernel/content.ts).
 * @returns VM slot << 24 | page, or NO_PAGE.
 */
export function findTwin(vm: u32, page: u32): u32 {
  const word = entry(vm, page);
  if (!isPresent(word)) return NO_PAGE;
  const machinePage = machinePageOf(word);
  const id = content(machinePage);
  for (let step: u32 = 0; step < <u32>MAX_VMS; step++) {
    const other = ((vm - 1 + step) % <u32>MAX_VMS) + 1;
    if (vmGet(other, VmColumn.power) == VmPower.absent) continue;
    const pages = vmGet(other, VmColumn.maxPages);
    for (let candidate: u32 = 0; candidate < pages; candidate++) {
      const there = entry(other, candidate);
      if (!isPresent(there) || machinePageOf(there) == machinePage) continue;
      if (content(machinePageOf(there)) == id) return (other << 24) | candidate;
    }
  }
  return NO_PAGE;
}
