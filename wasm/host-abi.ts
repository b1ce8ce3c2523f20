/**
 * The ABI of a host: its memory, its guests, its policy. Numbers and addresses only. Alone it is a core of its own, for
 * worlds without a network. Preconditions are asserted in the debug build; TypeScript's side is src/lib/core/abi.ts.
 */
import * as arena from './kernel/arena';
import {
  contentKey as keyOf,
  equalByteCount as equalBytes,
  expand,
  firstDifference as firstDiff,
} from './kernel/content';
import { get, phaseCell, vmGet } from './kernel/header';
import { xxh3 } from './kernel/hash';
import { differingWords } from './kernel/patch';
import {
  freshContent,
  backing,
  Backing,
  entry,
  guestClass as classOfGuest,
  isPresent,
  machinePageOf,
} from './memory/guest-pages';
import { writePage as guestWrite } from './guest/pages';
import { audit as auditLedger } from './memory/ledger';
import { content } from './memory/machine';
import { pageHash as hashOfPage, scanPage as scanOne } from './memory/sharing';
import * as host from './host/host';
import * as view from './host/view';
import * as vms from './host/vm';
import { Field, VmColumn } from './shared/columns';
import { Phase, Profile } from './shared/guest-classes';
import { memoryDemand, swapDemand, unreservedMemory, unreservedSwap } from './policy/admission';
import { listSamples } from './policy/sampling';
import { ABI_VERSION, MAX_VMS } from './shared/limits';
import { Reason } from './shared/reasons';

export function abiVersion(): u32 {
  return ABI_VERSION;
}

// Addresses. Valid while the world lives; views must be made again after a call that may grow the memory.
export function headerPtr(): usize {
  return arena.headerPtr;
}
export function vmColumnPtr(column: u32): usize {
  return arena.vmPtr + <usize>column * (MAX_VMS + 1) * 4;
}
export function optionPtr(): usize {
  return arena.optionPtr;
}
export function ringPtr(): usize {
  return arena.ringPtr;
}
export function cellsInPtr(): usize {
  return arena.cellsIn;
}
export function cellsOutPtr(): usize {
  return arena.cellsOut;
}
export function pageAPtr(): usize {
  return arena.pageA;
}
export function pageBPtr(): usize {
  return arena.pageB;
}
/** Bytes from here to `stateBytes()` are the world: what a checkpoint keeps. */
export function statePtr(): usize {
  return arena.statePtr;
}
export function stateBytes(): usize {
  return host.stateBytes();
}
export function prepareRestore(bytes: usize): bool {
  return host.prepareRestore(bytes);
}

// Opening and moving on.
export function openWorld(pages: u32, consolePages: u32, swapPages: u32, seed: u32): u32 {
  return host.openWorld(pages, consolePages, swapPages, seed);
}
export function run(until: u64, budget: u32, drained: u64): u32 {
  return host.run(until, budget, drained);
}
export function nextTime(): u64 {
  return host.nextTime();
}

// Commands. Each answers with a Reason; anything but `none` has changed nothing.
export function freeSlot(): u32 {
  return vms.freeSlot();
}
export function addVm(vm: u32, pages: u32, vcpus: u32): u32 {
  return vms.addVm(vm, pages, vcpus);
}
/** A number of a VM's guest profile; before it is powered on. */
export function setProfile(vm: u32, column: u32, value: u32): void {
  store<u32>(arena.profilePtr + (<usize>vm * Profile.count + column) * 4, value);
}
/** A number of a phase of a VM's workload. */
export function setPhase(vm: u32, phase: u32, column: u32, value: u32): void {
  store<u32>(phaseCell(vm, phase, <Phase>column), value);
}
/** The phases are written: the guest begins with the first one. */
export function startWorkload(vm: u32): void {
  vms.startWorkload(vm);
}
export function setMin(vm: u32, pages: u32): u32 {
  return vms.setMin(vm, pages);
}
export function setShares(vm: u32, shares: u32): u32 {
  return vms.setShares(vm, shares);
}
export function setTools(vm: u32, tools: u32): u32 {
  return vms.setTools(vm, tools);
}
export function reset(vm: u32): u32 {
  return vms.reset(vm);
}
export function removeVm(vm: u32): u32 {
  return vms.removeVm(vm);
}
export function setVmMemory(vm: u32, pages: u32): u32 {
  return vms.setMemory(vm, pages);
}
export function powerOn(vm: u32): u32 {
  return vms.powerOn(vm);
}
export function powerOff(vm: u32): u32 {
  return vms.powerOff(vm);
}
export function admissionPages(vm: u32): u32 {
  return memoryDemand(vm);
}
export function unreservedPages(): u64 {
  return unreservedMemory();
}
export function swapDemandPages(vm: u32): u32 {
  return swapDemand(vm);
}
export function unreservedSwapPages(): u64 {
  return unreservedSwap();
}
export function setOption(which: u32, value: u32): u32 {
  return host.setOption(which, value);
}
export function optionMin(which: u32): u32 {
  return host.optionMin(which);
}
export function optionMax(which: u32): u32 {
  return host.optionMax(which);
}
/** The guest writes bytes that no other page has. */
export function writePage(vm: u32, page: u32): u32 {
  if (!vms.exists(vm)) return Reason.unknownVm;
  if (!vms.isOn(vm)) return Reason.vmAlreadyOff;
  if (page >= vmGet(vm, VmColumn.maxPages)) return Reason.pageOutOfRange;
  if (backing(entry(vm, page)) == Backing.ballooned) return Reason.pageInBalloon;
  guestWrite(vm, page, freshContent());
  host.look();
  return Reason.none;
}
/** The scanner looks at this page now. */
export function scanPage(vm: u32, page: u32): u32 {
  if (!vms.exists(vm)) return Reason.unknownVm;
  if (page >= vmGet(vm, VmColumn.maxPages)) return Reason.pageOutOfRange;
  if (!isPresent(entry(vm, page))) return Reason.pageNotPresent;
  scanOne(vm, page, Reason.scan);
  return Reason.none;
}

// Questions. They change nothing but the scratch pages.
/** Pages of a VM that are sampled now, and whether each was touched: two u32 each at `cellsIn`. @returns how many. */
export function samples(vm: u32): u32 {
  return listSamples(vm, arena.cellsIn);
}
export function classify(count: u32): void {
  view.classify(count);
}
export function machineClass(page: u32): u32 {
  return view.machineClass(page);
}
export function guestPageClass(vm: u32, page: u32): u32 {
  return view.guestPageClass(vm, page);
}
export function owners(machinePage: u32, limit: u32): u32 {
  return view.owners(machinePage, limit);
}
export function sharers(machinePage: u32): u32 {
  return view.sharers(machinePage);
}
export function findTwin(vm: u32, page: u32): u32 {
  return view.findTwin(vm, page);
}
/** Machine page behind a guest page, or 0xffffffff. */
export function backingPage(vm: u32, page: u32): u32 {
  const word = entry(vm, page);
  return isPresent(word) ? machinePageOf(word) : 0xffff_ffff;
}
export function guestClass(vm: u32, page: u32): u32 {
  return classOfGuest(vm, page);
}
/** Content key of a machine page that is in use. */
export function contentKey(machinePage: u32): u64 {
  return keyOf(content(machinePage), get(Field.salt));
}
/** Writes the 4096 bytes of a machine page to scratch page A (which = 0) or B (1). */
export function pageBytes(machinePage: u32, which: u32): void {
  expand(contentKey(machinePage), which == 0 ? arena.pageA : arena.pageB);
}
export function pageHash(machinePage: u32): u64 {
  return hashOfPage(machinePage);
}
/** Bytes that scratch pages A and B have in common, place by place. */
export function equalByteCount(): i32 {
  return equalBytes(arena.pageA, arena.pageB);
}
export function firstDifference(): i32 {
  return firstDiff(arena.pageA, arena.pageB);
}
/** Counts the ledger again. 0, or the number of statements that are untrue. */
export function audit(): u32 {
  return auditLedger();
}
/** XXH3-64 of any bytes of the memory. */
export function hash(ptr: usize, length: u32): u64 {
  return xxh3(ptr, length);
}
/** XXH3-64 of the world's canonical state. */
export function fingerprint(): u64 {
  return xxh3(arena.statePtr, <u32>host.stateBytes());
}
/**
 * Words of a chunk of 64 KiB of the state (from byte `offset`) that differ from the 64 KiB that the caller has put at
 * `cellsIn`: their numbers (u16) to `cellsOut`, their values (u32) behind those 64 KiB.
 * @returns how many; 0xffffffff when more than `limit`.
 */
export function diffChunk(offset: usize, limit: u32): u32 {
  const then = arena.cellsIn;
  return differingWords(arena.statePtr + offset, then, 65_536, arena.cellsOut, then + 65_536, limit);
}
/** Hashes of the 64 KiB chunks of the state, written as u64 to `cellsIn`. @returns how many. */
export function hashChunks(): u32 {
  const bytes = host.stateBytes();
  let at: usize = 0;
  let n: u32 = 0;
  for (; at < bytes; at += 65_536, n++)
    store<u64>(
      arena.cellsIn + ((<usize>n) << 3),
      xxh3(arena.statePtr + at, <u32>min<usize>(65_536, bytes - at)),
    );
  return n;
}
