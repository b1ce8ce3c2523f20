/**
 * Guest page tables: PPN → MPN, one u32 a guest page, and one byte for what the guest uses the page for.
 *
 *   │ 31…27: – │ 26…24: Backing │ 23…0: machine page │
 *
 * Lazy allocation: a page is backed when it is first touched, never before (OSDI'02 section 2).
 */
import { add, get, vmAdd, vmGet } from '../kernel/header';
import { record } from '../kernel/events';
import { option } from '../kernel/header';
import { allocate, content, LOW_24, NO_PAGE, setContent } from './machine';
import { Field, VmColumn } from '../shared/columns';
import { EventKind } from '../shared/events';
import { GuestClass } from '../shared/guest-classes';
import { Option } from '../shared/options';
import { Reason } from '../shared/reasons';

/** What stands behind a guest page. */
export enum Backing {
  untouched = 0,
  privatePage = 1,
  /** Copy-on-write: the machine page has a share frame. */
  shared = 2,
}

const BACKING_SHIFT: u32 = 24;

/** Bytes of the tables of a VM of `pages` pages. */
export function tableBytes(pages: u32): usize {
  return (<usize>pages * 5 + 63) & ~63;
}

function entryPtr(vm: u32, page: u32): usize {
  assert(page < vmGet(vm, VmColumn.maxPages));
  return <usize>vmGet(vm, VmColumn.tablePtr) + ((<usize>page) << 2);
}

export function entry(vm: u32, page: u32): u32 {
  return load<u32>(entryPtr(vm, page));
}

export function setEntry(vm: u32, page: u32, backing: Backing, machinePage: u32): void {
  store<u32>(entryPtr(vm, page), ((<u32>backing) << BACKING_SHIFT) | machinePage);
}

export function backing(word: u32): Backing {
  return <Backing>(word >> BACKING_SHIFT);
}

export function machinePageOf(word: u32): u32 {
  return word & LOW_24;
}

/** Address of the classes of a VM's pages, one byte each. */
export function classTable(vm: u32): usize {
  return <usize>vmGet(vm, VmColumn.tablePtr) + ((<usize>vmGet(vm, VmColumn.maxPages)) << 2);
}

function classPtr(vm: u32, page: u32): usize {
  return classTable(vm) + page;
}

export function guestClass(vm: u32, page: u32): GuestClass {
  return <GuestClass>load<u8>(classPtr(vm, page));
}

export function setGuestClass(vm: u32, page: u32, value: GuestClass): void {
  store<u8>(classPtr(vm, page), <u8>value);
}

/** Backs a page that is touched for the first time: a cleared machine page of its own. @returns the machine page. */
export function touch(vm: u32, page: u32): u32 {
  const word = entry(vm, page);
  if (backing(word) != Backing.untouched) return machinePageOf(word);
  const machinePage = allocate((vm << 24) | page);
  // Admission reserved this page before the VM was powered on.
  assert(machinePage != NO_PAGE);
  if (machinePage == NO_PAGE) unreachable();
  setEntry(vm, page, Backing.privatePage, machinePage);
  vmAdd(vm, VmColumn.allocatedPages, 1);
  vmAdd(vm, VmColumn.zeroPages, 1);
  add(Field.privatePages, 1);
  if (option(Option.traceTouches) != 0)
    record(EventKind.pageTouched, Reason.none, vm, page, machinePage, 0, 0);
  return machinePage;
}

/** Changes the content of a page that is the VM's own, keeping count of its pages of zeros. */
export function setPrivateContent(vm: u32, machinePage: u32, id: u32): void {
  const before = content(machinePage);
  if (before == 0 && id != 0) vmAdd(vm, VmColumn.zeroPages, -1);
  else if (before != 0 && id == 0) vmAdd(vm, VmColumn.zeroPages, 1);
  setContent(machinePage, id);
}

/** A content that no page has had: unique data. */
export function freshContent(): u32 {
  const serial = (<u32>get(Field.contentSerial) + 1) & 0x7fff_ffff;
  add(Field.contentSerial, 1);
  return 0x8000_0000 | serial;
}
