/**
 * Content-based page sharing: scan, hint, share, copy on write (Waldspurger, OSDI'02, sections 4.1 – 4.3).
 * A page's 4096 bytes are made and hashed (XXH3-64) at each scan; two pages become one only after all 4096
 * bytes of both compared equal. A hint proves nothing: its page is hashed again before it is used.
 */
import { headerPtr } from '../kernel/arena';
import { bytesEqual, contentKey, hashOfKey } from '../kernel/content';
import { record } from '../kernel/events';
import { add, get, option, set, vmAdd, vmGet } from '../kernel/header';
import { below, drawn } from '../kernel/random';
import { Field, VmColumn, VmPower } from '../shared/columns';
import { EventKind } from '../shared/events';
import { Option } from '../shared/options';
import { Reason } from '../shared/reasons';
import {
  addReference,
  chain,
  dropReference,
  hintPage,
  hintVm,
  insertHint,
  isShared,
  lowHash,
  next,
  promote,
  references,
  remove,
  sharedHash,
  sharedMachinePage,
} from './frames';
import { access, Backing, backing, entry, isPresent, machinePageOf, setEntry } from './guest-pages';
import { dropSwapped, obtain } from './swap';
import {
  allocate,
  COMMONS,
  content,
  LOW_24,
  NO_PAGE,
  owner,
  ownerVm,
  release,
  setContent,
  setOwner,
  SHARED_BIT,
} from './machine';

/** Draws of a page per scan before this turn is given up: a VM that has touched little has little to scan. */
const SCAN_DRAWS: u32 = 8;

/** XXH3-64 over the 4096 bytes of a machine page. */
export function pageHash(machinePage: u32): u64 {
  return hashOfKey(contentKey(content(machinePage), get(Field.salt)));
}

/** As the frame table knows it: shortened to the bits that the world compares (64 in ESX). */
function comparedHash(machinePage: u32): u64 {
  const bits = option(Option.shareHashBits);
  const hash = pageHash(machinePage);
  return bits >= 64 ? hash : hash & (((<u64>1) << bits) - 1);
}

/** All 4096 bytes of two machine pages, made and compared. */
export function sameBytes(one: u32, other: u32): bool {
  const salt = get(Field.salt);
  return bytesEqual(contentKey(content(one), salt), contentKey(content(other), salt));
}

/** Maps a private guest page to a shared machine page and gives its own back. */
function joinShared(vm: u32, page: u32, machinePage: u32, frame: u32, kept: u32, reason: Reason): void {
  setEntry(vm, page, Backing.shared, kept);
  vmAdd(vm, VmColumn.sharedPages, 1);
  add(Field.privatePages, -1);
  add(Field.sharedGuestPages, 1);
  if (content(kept) == 0) add(Field.sharedZeroPages, 1);
  if (ownerVm(owner(kept)) == COMMONS) setOwner(kept, SHARED_BIT | (vm << 24) | frame);
  release(machinePage);
  record(EventKind.pageShared, reason, vm, page, kept, machinePage, 0);
}

function share(vm: u32, page: u32, machinePage: u32, frame: u32, reason: Reason): void {
  const kept = sharedMachinePage(frame);
  if (!sameBytes(machinePage, kept)) {
    add(Field.falseMatches, 1);
    record(EventKind.falseMatch, Reason.hashCollision, vm, page, machinePage, kept, 0);
  } else if (addReference(frame)) joinShared(vm, page, machinePage, frame, kept, reason);
}

/** The hint's page and this one become the first two sharers, or the hint is found to be stale or a false match. */
function resolveHint(vm: u32, page: u32, machinePage: u32, hash: u64, frame: u32, reason: Reason): void {
  const vm2 = hintVm(frame);
  const page2 = hintPage(frame);
  if (vm2 == vm && page2 == page) return;
  const word = entry(vm2, page2);
  const kept = machinePageOf(word);
  if (backing(word) != Backing.privatePage || comparedHash(kept) != hash) {
    remove(frame);
    add(Field.staleHints, 1);
    record(EventKind.hintStale, Reason.contentChanged, vm, page, machinePage, page2, 0);
    hint(vm, page, machinePage, hash);
  } else if (!sameBytes(machinePage, kept)) {
    add(Field.falseMatches, 1);
    record(EventKind.falseMatch, Reason.hashCollision, vm, page, machinePage, kept, 0);
  } else {
    promote(frame, hash, kept);
    setEntry(vm2, page2, Backing.shared, kept);
    setOwner(kept, SHARED_BIT | (vm2 << 24) | frame);
    vmAdd(vm2, VmColumn.sharedPages, 1);
    add(Field.privatePages, -1);
    add(Field.sharedCopies, 1);
    add(Field.sharedGuestPages, 1);
    if (content(kept) == 0) add(Field.sharedZeroPages, 1);
    joinShared(vm, page, machinePage, frame, kept, reason);
  }
}

function hint(vm: u32, page: u32, machinePage: u32, hash: u64): void {
  if (insertHint(hash, vm, page) != 0)
    record(EventKind.pageHinted, Reason.scan, vm, page, machinePage, <u32>hash, 0);
}

/** Looks at one guest page. Only a page that is present and not yet shared has anything to gain. */
export function scanPage(vm: u32, page: u32, reason: Reason): void {
  const word = entry(vm, page);
  if (backing(word) != Backing.privatePage) return;
  const machinePage = machinePageOf(word);
  const hash = comparedHash(machinePage);
  add(Field.scanned, 1);
  for (let frame = chain(hash); frame != 0; frame = next(frame)) {
    if (isShared(frame)) {
      if (sharedHash(frame) == hash) return share(vm, page, machinePage, frame, reason);
    } else if (lowHash(frame) == <u32>hash) return resolveHint(vm, page, machinePage, hash, frame, reason);
  }
  hint(vm, page, machinePage, hash);
}

/** The VM after this one in turn that runs, 0 when none does. */
function nextInTurn(vm: u32): u32 {
  const top = <u32>get(Field.topVm);
  for (let i: u32 = 0; i < top; i++) {
    vm = vm >= top ? 1 : vm + 1;
    const power = vmGet(vm, VmColumn.power);
    if (power == VmPower.booting || power == VmPower.on) return vm;
  }
  return 0;
}

/**
 * Reads what the next two turns will most likely look at, so that their ways to memory are under way while this page is
 * hashed. It changes nothing: the draws are made again when their turn has come.
 */
function touchAhead(vm: u32, stream: usize): void {
  const first = nextInTurn(vm);
  const second = nextInTurn(first);
  const word = entry(first, drawn(stream, 1, vmGet(first, VmColumn.maxPages)));
  if (isPresent(word)) content(machinePageOf(word));
  entry(second, drawn(stream, 2, vmGet(second, VmColumn.maxPages)));
}

/** A random page of the next VM in turn (OSDI'02: random guest pages; how it draws is not published: with replacement here). */
export function scanNext(): void {
  const vm = nextInTurn(<u32>get(Field.scanVm));
  if (vm == 0) return;
  set(Field.scanVm, vm);
  const pages = vmGet(vm, VmColumn.maxPages);
  const stream = headerPtr + <usize>Field.scanRandom * 8;
  for (let i: u32 = 0; i < SCAN_DRAWS; i++) {
    const page = below(stream, pages);
    if (!isPresent(entry(vm, page))) continue;
    touchAhead(vm, stream);
    return scanPage(vm, page, Reason.scan);
  }
}

/** One sharer less; the last one takes the copy and its frame with it. @returns true when it was the last. */
export function leaveShared(vm: u32, machinePage: u32): bool {
  const word = owner(machinePage);
  const frame = word & LOW_24;
  vmAdd(vm, VmColumn.sharedPages, -1);
  add(Field.sharedGuestPages, -1);
  if (content(machinePage) == 0) add(Field.sharedZeroPages, -1);
  if (dropReference(frame) == 0) {
    remove(frame);
    add(Field.sharedCopies, -1);
    release(machinePage);
    return true;
  }
  if (ownerVm(word) == vm) setOwner(machinePage, SHARED_BIT | (COMMONS << 24) | frame);
  return false;
}

/** Copy on write: the writer gets a page of its own with the same bytes. @returns its machine page. */
export function breakShare(vm: u32, page: u32): u32 {
  const old = machinePageOf(entry(vm, page));
  const id = content(old);
  const ownerWord = (vm << 24) | page;
  let copy = allocate(ownerWord);
  // With nothing free the last sharer's own copy is what becomes free.
  if (copy == NO_PAGE && references(owner(old) & LOW_24) > 1) {
    copy = obtain(ownerWord, vm);
    if (machinePageOf(entry(vm, page)) != old || backing(entry(vm, page)) != Backing.shared) {
      // This very mapping was what was given up to make room.
      release(copy);
      return access(vm, page);
    }
  }
  const last = leaveShared(vm, old);
  if (copy == NO_PAGE) copy = allocate(ownerWord);
  setContent(copy, id);
  setEntry(vm, page, Backing.privatePage, copy);
  add(Field.privatePages, 1);
  add(Field.copyOnWriteBreaks, 1);
  vmAdd(vm, VmColumn.copyOnWrites, 1);
  const cause = record(EventKind.pageCopied, Reason.guestWrite, vm, page, old, copy, 0);
  if (last) record(EventKind.sharedReleased, Reason.guestWrite, vm, page, old, 0, cause);
  return copy;
}

/** Gives back what stands behind a guest page. */
export function unback(vm: u32, page: u32): void {
  const word = entry(vm, page);
  const machinePage = machinePageOf(word);
  if (isPresent(word)) {
    if (content(machinePage) == 0) vmAdd(vm, VmColumn.zeroPages, -1);
    vmAdd(vm, VmColumn.allocatedPages, -1);
  }
  switch (backing(word)) {
    case Backing.shared:
      leaveShared(vm, machinePage);
      break;
    case Backing.privatePage:
      add(Field.privatePages, -1);
      release(machinePage);
      break;
    case Backing.swapped:
      dropSwapped(vm, page);
      break;
    default:
      break;
  }
  setEntry(vm, page, Backing.untouched, 0);
}
