/**
 * Guest page tables: PPN → MPN, one u32 a guest page.
 *
 *   │ 31: sampled │ 30…28: GuestClass │ 27: – │ 26…24: Backing │ 23…0: machine page, or slot of the swap file │
 *
 * Behind it in the VM's tables: the guest's own lists of pages (u24 a page, guest/lists.ts), where the contents of its
 * page file are (memory/pool.ts), and which pages are sampled (policy/sampling.ts).
 * Lazy allocation: a page is backed when it is first touched, never before (OSDI'02 section 2).
 */
import { add, get, option, vmAdd, vmGet } from '../kernel/header';
import { record } from '../kernel/events';
import { Field, VmColumn } from '../shared/columns';
import { EventKind } from '../shared/events';
import { GuestClass } from '../shared/guest-classes';
import { MAX_SAMPLES } from '../shared/limits';
import { Option } from '../shared/options';
import { Reason } from '../shared/reasons';
import { LOW_24, setContent } from './machine';
import { chunksOf } from './pool';
import { obtain, swapIn } from './swap';

/** What stands behind a guest page. */
export enum Backing {
  untouched = 0,
  privatePage = 1,
  /** Copy-on-write: the machine page has a share frame. */
  shared = 2,
  /** In a slot of the host's swap file. */
  swapped = 3,
  /** Held by the balloon driver: the machine page was given back (OSDI'02 section 3.2: the entry is annotated). */
  ballooned = 4,
}

const BACKING_SHIFT: u32 = 24;
const CLASS_SHIFT: u32 = 28;
const KEPT_BITS: u32 = 0xf000_0000;
const SAMPLED: u32 = 0x8000_0000;

function listBytes(pages: u32): usize {
  // Three bytes a page, read four at a time.
  return (<usize>pages * 3 + 1 + 3) & ~3;
}

/** Bytes of the tables of a VM of `pages` pages. */
export function tableBytes(pages: u32): usize {
  const words = pages + chunksOf(pages) + 1 + MAX_SAMPLES;
  return (((<usize>words) << 2) + listBytes(pages) + 63) & ~63;
}

/** Address of the guest's lists of pages. */
export function listPtr(vm: u32): usize {
  return <usize>vmGet(vm, VmColumn.tablePtr) + ((<usize>vmGet(vm, VmColumn.maxPages)) << 2);
}

/** Directory of the guest's page file, of as many pages as its memory (memory/pool.ts). */
export function pageFile(vm: u32): usize {
  return listPtr(vm) + listBytes(vmGet(vm, VmColumn.maxPages));
}

/** Address of 1 + MAX_SAMPLES words: how many pages are sampled, and which. */
export function sampleRow(vm: u32): usize {
  return pageFile(vm) + ((<usize>chunksOf(vmGet(vm, VmColumn.maxPages))) << 2);
}

function entryPtr(vm: u32, page: u32): usize {
  assert(page < vmGet(vm, VmColumn.maxPages));
  return <usize>vmGet(vm, VmColumn.tablePtr) + ((<usize>page) << 2);
}

export function entry(vm: u32, page: u32): u32 {
  return load<u32>(entryPtr(vm, page));
}

/** Sets what stands behind a page; what the guest uses it for stays. */
export function setEntry(vm: u32, page: u32, backing: Backing, where: u32): void {
  const at = entryPtr(vm, page);
  store<u32>(at, (load<u32>(at) & KEPT_BITS) | ((<u32>backing) << BACKING_SHIFT) | where);
}

export function backing(word: u32): Backing {
  return <Backing>((word >> BACKING_SHIFT) & 7);
}

/** A machine page stands behind it. */
export function isPresent(word: u32): bool {
  const what = backing(word);
  return what == Backing.privatePage || what == Backing.shared;
}

/** Machine page of an entry that is present; slot of one that is swapped. */
export function machinePageOf(word: u32): u32 {
  return word & LOW_24;
}

export function guestClass(vm: u32, page: u32): GuestClass {
  return <GuestClass>((entry(vm, page) >> CLASS_SHIFT) & 7);
}

export function setGuestClass(vm: u32, page: u32, value: GuestClass): void {
  const at = entryPtr(vm, page);
  store<u32>(at, (load<u32>(at) & ~((<u32>7) << CLASS_SHIFT)) | ((<u32>value) << CLASS_SHIFT));
}

/** Sets the trap that makes the next access of the guest be noticed. */
export function trap(vm: u32, page: u32): void {
  const at = entryPtr(vm, page);
  store<u32>(at, load<u32>(at) | SAMPLED);
}

/** @returns whether the trap was still there. */
export function untrap(vm: u32, page: u32): bool {
  const at = entryPtr(vm, page);
  const word = load<u32>(at);
  store<u32>(at, word & ~SAMPLED);
  return (word & SAMPLED) != 0;
}

export function isTrapped(word: u32): bool {
  return (word & SAMPLED) != 0;
}

/** The guest reads a page: what is not there is brought there. @returns the machine page. */
export function access(vm: u32, page: u32): u32 {
  const word = entry(vm, page);
  // Present and not trapped: what nearly all accesses find.
  const state = (word >> BACKING_SHIFT) & 0x87;
  if (state == <u32>Backing.privatePage || state == <u32>Backing.shared) return word & LOW_24;
  if (isTrapped(word) && untrap(vm, page)) vmAdd(vm, VmColumn.sampleTouched, 1);
  switch (backing(word)) {
    case Backing.untouched:
      return back(vm, page);
    case Backing.swapped:
      return swapIn(vm, page, Reason.guestTouch);
    default:
      // The driver holds ballooned pages: the guest has no way to them.
      assert(backing(word) != Backing.ballooned);
      return word & LOW_24;
  }
}

/** Backs a page that is touched for the first time: a cleared machine page of its own. */
function back(vm: u32, page: u32): u32 {
  const machinePage = obtain((vm << 24) | page, vm);
  setEntry(vm, page, Backing.privatePage, machinePage);
  vmAdd(vm, VmColumn.allocatedPages, 1);
  vmAdd(vm, VmColumn.zeroPages, 1);
  add(Field.privatePages, 1);
  if (option(Option.traceTouches) != 0)
    record(EventKind.pageTouched, Reason.none, vm, page, machinePage, 0, 0);
  return machinePage;
}

/** Changes the content of a page that is the VM's own, keeping count of its pages of zeros. */
export function setPrivateContent(vm: u32, machinePage: u32, id: u32, before: u32): void {
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
