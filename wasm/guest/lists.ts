/**
 * The guest's own lists: every page of its memory is in exactly one of six, which lie behind each other in one array of
 * page numbers (u24):
 *
 *   │ fixed: kernel, programs │ own data │ cleared │ free │ balloon │ file cache, from the end │
 *
 * A page changes lists by changing places with a page at a border: no list is ever searched. Position n of the cache is
 * n places before the end. The order inside a list means nothing but which page is taken next.
 */
import { vmAdd, vmGet } from '../kernel/header';
import { listPtr, setGuestClass } from '../memory/guest-pages';
import { VmColumn } from '../shared/columns';
import { GuestClass } from '../shared/guest-classes';
import { scatter } from './scatter';

const LOW_24: u32 = 0x00ff_ffff;
export const NO_PLACE: u32 = 0xffff_ffff;

function at(vm: u32, place: u32): usize {
  return listPtr(vm) + <usize>place * 3;
}

export function pageAt(vm: u32, place: u32): u32 {
  return load<u32>(at(vm, place)) & LOW_24;
}

function put(vm: u32, place: u32, page: u32): void {
  const where = at(vm, place);
  store<u16>(where, <u16>page);
  store<u8>(where, <u8>(page >> 16), 2);
}

export function exchange(vm: u32, a: u32, b: u32): void {
  const page = pageAt(vm, a);
  put(vm, a, pageAt(vm, b));
  put(vm, b, page);
}

/** All pages free, in the order in which this boot of the guest will fill them. */
export function fillLists(vm: u32, fixed: u32): void {
  const pages = vmGet(vm, VmColumn.maxPages);
  const key = vmGet(vm, VmColumn.scatterKey);
  for (let place: u32 = 0; place < pages; place++) put(vm, place, scatter(place, fixed, pages, key));
}

export function fixedEnd(vm: u32): u32 {
  return vmGet(vm, VmColumn.fixedPages);
}

function privateEnd(vm: u32): u32 {
  return fixedEnd(vm) + vmGet(vm, VmColumn.privatePages);
}

/** First place of the free pages that are not cleared. */
export function freeStart(vm: u32): u32 {
  return privateEnd(vm) + vmGet(vm, VmColumn.zeroedPages);
}

function balloonStart(vm: u32): u32 {
  return freeStart(vm) + vmGet(vm, VmColumn.freePages);
}

/** Free pages of the guest, cleared or not. */
export function freeCount(vm: u32): u32 {
  return vmGet(vm, VmColumn.zeroedPages) + vmGet(vm, VmColumn.freePages);
}

/** Place of position `n` of the file cache. */
export function cachePlace(vm: u32, n: u32): u32 {
  return vmGet(vm, VmColumn.maxPages) - 1 - n;
}

/** Takes the free page that lies first, cleared ones before others. There must be one. */
function takeFirst(vm: u32): void {
  assert(freeCount(vm) > 0);
  vmAdd(vm, vmGet(vm, VmColumn.zeroedPages) > 0 ? VmColumn.zeroedPages : VmColumn.freePages, -1);
}

/** The next page of kernel or programs, while the guest has no data of its own yet. @returns its place. */
export function growFixed(vm: u32): u32 {
  assert(vmGet(vm, VmColumn.privatePages) == 0);
  const place = fixedEnd(vm);
  takeFirst(vm);
  vmAdd(vm, VmColumn.fixedPages, 1);
  return place;
}

/** A free page becomes data of a process. @returns its place. */
export function growPrivate(vm: u32): u32 {
  const place = privateEnd(vm);
  takeFirst(vm);
  vmAdd(vm, VmColumn.privatePages, 1);
  setGuestClass(vm, pageAt(vm, place), GuestClass.privateData);
  return place;
}

/** Takes the free page that lies last, cleared ones after others, and leaves it at the border to the balloon. */
function takeLast(vm: u32): u32 {
  assert(freeCount(vm) > 0);
  vmAdd(vm, vmGet(vm, VmColumn.freePages) > 0 ? VmColumn.freePages : VmColumn.zeroedPages, -1);
  return balloonStart(vm);
}

/** A free page becomes the next position of the file cache. @returns its place. */
export function growCache(vm: u32): u32 {
  const place = takeLast(vm);
  const end = place + vmGet(vm, VmColumn.balloonPages);
  exchange(vm, place, end);
  vmAdd(vm, VmColumn.cachePages, 1);
  setGuestClass(vm, pageAt(vm, end), GuestClass.cache);
  return end;
}

/** A free page goes to the balloon driver. @returns the page. */
export function growBalloon(vm: u32): u32 {
  const page = pageAt(vm, takeLast(vm));
  vmAdd(vm, VmColumn.balloonPages, 1);
  setGuestClass(vm, page, GuestClass.ballooned);
  return page;
}

/** The page that the driver took last is free again. @returns the page. */
export function shrinkBalloon(vm: u32): u32 {
  const page = pageAt(vm, balloonStart(vm));
  vmAdd(vm, VmColumn.balloonPages, -1);
  vmAdd(vm, VmColumn.freePages, 1);
  setGuestClass(vm, page, GuestClass.free);
  return page;
}

/** The last position of the cache is free again. */
export function shrinkCache(vm: u32): void {
  const first = cachePlace(vm, vmGet(vm, VmColumn.cachePages) - 1);
  const place = balloonStart(vm);
  setGuestClass(vm, pageAt(vm, first), GuestClass.free);
  exchange(vm, first, place);
  vmAdd(vm, VmColumn.cachePages, -1);
  vmAdd(vm, VmColumn.freePages, 1);
}

/** A page of own data is free again; the last one takes its place. */
export function releasePrivate(vm: u32, place: u32): void {
  const last = privateEnd(vm) - 1;
  setGuestClass(vm, pageAt(vm, place), GuestClass.free);
  exchange(vm, place, last);
  // Behind the cleared ones.
  exchange(vm, last, last + vmGet(vm, VmColumn.zeroedPages));
  vmAdd(vm, VmColumn.privatePages, -1);
  vmAdd(vm, VmColumn.freePages, 1);
}

/** The first free page is a cleared one from now on. */
export function growZeroed(vm: u32): void {
  setGuestClass(vm, pageAt(vm, freeStart(vm)), GuestClass.zeroed);
  vmAdd(vm, VmColumn.freePages, -1);
  vmAdd(vm, VmColumn.zeroedPages, 1);
}
