/**
 * The life of a VM: a slot is taken, powered on (admission, overhead, boot), powered off, given back.
 * Each function returns a Reason; anything but `none` has changed nothing.
 */
import { ensureMemory, poolPtr, profilePtr, queuePtr, vmRandomPtr } from '../kernel/arena';
import { record } from '../kernel/events';
import { add, get, set, vmGet, vmSet } from '../kernel/header';
import { mix64, streamSeed } from '../kernel/random';
import { queueRemove } from '../kernel/queue';
import { removeHintsOf } from '../memory/frames';
import { Backing, backing, entry, tableBytes } from '../memory/guest-pages';
import { allocate, OVERHEAD, owner, release } from '../memory/machine';
import { overheadPages } from '../memory/overhead';
import { unback } from '../memory/sharing';
import { Field, VmColumn, VmPower } from '../shared/columns';
import { EventKind } from '../shared/events';
import { Profile } from '../shared/guest-classes';
import { MAX_VM_PAGES, MAX_VMS } from '../shared/limits';
import { Reason } from '../shared/reasons';
import { armScanner, due, eventOf, EventType, schedule } from './schedule';

export function exists(vm: u32): bool {
  return vm >= 1 && vm <= <u32>MAX_VMS && vmGet(vm, VmColumn.power) != VmPower.absent;
}

export function isOn(vm: u32): bool {
  const power = vmGet(vm, VmColumn.power);
  return power == VmPower.booting || power == VmPower.on;
}

export function freeSlot(): u32 {
  for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++) if (vmGet(vm, VmColumn.power) == VmPower.absent) return vm;
  return 0;
}

/** First gap among the page tables that holds `bytes`. Tables never move: checkpoints and replays see the same addresses. */
function findPool(bytes: usize): usize {
  let at = poolPtr;
  let moved = true;
  while (moved) {
    moved = false;
    for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++) {
      if (vmGet(vm, VmColumn.power) == VmPower.absent) continue;
      const from = <usize>vmGet(vm, VmColumn.tablePtr);
      const to = from + tableBytes(vmGet(vm, VmColumn.maxPages));
      if (at < to && at + bytes > from) {
        at = to;
        moved = true;
      }
    }
  }
  return at;
}

/** The pool ends where the last table ends; what lies beyond is no state and is kept at zero. */
function shrinkPool(): void {
  let end = poolPtr;
  set(Field.topVm, 0);
  for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++) {
    if (vmGet(vm, VmColumn.power) == VmPower.absent) continue;
    set(Field.topVm, vm);
    end = max(end, <usize>vmGet(vm, VmColumn.tablePtr) + tableBytes(vmGet(vm, VmColumn.maxPages)));
  }
  set(Field.poolEnd, end);
}

function takeTables(vm: u32, pages: u32): bool {
  const bytes = tableBytes(pages);
  const at = findPool(bytes);
  if (!ensureMemory(at + bytes)) return false;
  vmSet(vm, VmColumn.tablePtr, <u32>at);
  vmSet(vm, VmColumn.maxPages, pages);
  return true;
}

function clearTables(vm: u32): void {
  memory.fill(<usize>vmGet(vm, VmColumn.tablePtr), 0, tableBytes(vmGet(vm, VmColumn.maxPages)));
}

/** Takes slot `vm` (from freeSlot) for a VM that is off. */
export function addVm(vm: u32, pages: u32, vcpus: u32): Reason {
  if (pages == 0 || pages > <u32>MAX_VM_PAGES) return Reason.vmMemoryOutOfRange;
  if (!takeTables(vm, pages)) return Reason.browserMemoryRefused;
  vmSet(vm, VmColumn.power, VmPower.off);
  vmSet(vm, VmColumn.vcpus, vcpus);
  shrinkPool();
  record(EventKind.vmAdded, Reason.command, vm, pages, 0, 0, 0);
  return Reason.none;
}

export function removeVm(vm: u32): Reason {
  if (!exists(vm)) return Reason.unknownVm;
  if (isOn(vm)) return Reason.vmIsOn;
  clearTables(vm);
  for (let column: u32 = 0; column < <u32>VmColumn.count; column++) vmSet(vm, <VmColumn>column, 0);
  memory.fill(profilePtr + <usize>vm * Profile.count * 4, 0, <usize>Profile.count * 4);
  store<u64>(vmRandomPtr + ((<usize>vm) << 3), 0);
  vmSet(vm, VmColumn.power, VmPower.absent);
  shrinkPool();
  record(EventKind.vmRemoved, Reason.command, vm, 0, 0, 0, 0);
  return Reason.none;
}

/** Changes the size of a VM that is off: ESX 2.5 allows it only then (administration guide, 2.1 edition, p. 396). */
export function setMemory(vm: u32, pages: u32): Reason {
  if (!exists(vm)) return Reason.unknownVm;
  if (isOn(vm)) return Reason.vmIsOn;
  if (pages == 0 || pages > <u32>MAX_VM_PAGES) return Reason.vmMemoryOutOfRange;
  // Its own tables are empty while it is off: the search may use their place.
  const old = vmGet(vm, VmColumn.maxPages);
  vmSet(vm, VmColumn.power, VmPower.absent);
  const fits = takeTables(vm, pages);
  vmSet(vm, VmColumn.power, VmPower.off);
  if (!fits) {
    vmSet(vm, VmColumn.maxPages, old);
    return Reason.browserMemoryRefused;
  }
  shrinkPool();
  return Reason.none;
}

/** Pages that a VM needs unreserved to be powered on. Without a swap file ESX does not overcommit: min = max. */
export function admissionPages(vm: u32): u32 {
  const pages = vmGet(vm, VmColumn.maxPages);
  return pages + overheadPages(pages, vmGet(vm, VmColumn.vcpus));
}

/** Pages that no running VM has reserved. */
export function unreservedPages(): u64 {
  return get(Field.hostPages) - get(Field.consolePages) - get(Field.vmkernelPages) - get(Field.reservedPages);
}

export function powerOn(vm: u32): Reason {
  if (!exists(vm)) return Reason.unknownVm;
  if (isOn(vm)) return Reason.vmAlreadyOn;
  const needed = admissionPages(vm);
  if (<u64>needed > unreservedPages()) return Reason.notEnoughMemory;
  const overhead = needed - vmGet(vm, VmColumn.maxPages);
  add(Field.reservedPages, needed);
  for (let n: u32 = 0; n < overhead; n++) allocate((vm << 24) | OVERHEAD);
  add(Field.overheadPages, overhead);
  vmSet(vm, VmColumn.overheadPages, overhead);
  vmSet(vm, VmColumn.power, VmPower.booting);
  add(Field.runningVms, 1);
  const stream = vmRandomPtr + ((<usize>vm) << 3);
  if (load<u64>(stream) == 0) store<u64>(stream, streamSeed(get(Field.seed), vm));
  // Another boot, another layout: a guest does not find the same free pages twice.
  vmSet(vm, VmColumn.scatterKey, <u32>mix64(load<u64>(stream)));
  store<u64>(stream, load<u64>(stream) + 0x9e3779b97f4a7c15);
  for (let column: u32 = VmColumn.bootCursor; column <= <u32>VmColumn.growCursor; column++)
    vmSet(vm, <VmColumn>column, 0);
  record(EventKind.vmPoweredOn, Reason.command, vm, overhead, 0, 0, 0);
  schedule(eventOf(EventType.guestStep, vm), due());
  armScanner();
  return Reason.none;
}

export function powerOff(vm: u32): Reason {
  if (!exists(vm)) return Reason.unknownVm;
  if (!isOn(vm)) return Reason.vmAlreadyOff;
  const before = get(Field.freePages);
  queueRemove(queuePtr, eventOf(EventType.guestStep, vm));
  vmSet(vm, VmColumn.power, VmPower.off);
  add(Field.runningVms, -1);
  removeHintsOf(vm);
  const pages = vmGet(vm, VmColumn.maxPages);
  for (let page: u32 = 0; page < pages; page++)
    if (backing(entry(vm, page)) != Backing.untouched) unback(vm, page);
  releaseOverhead(vm);
  clearTables(vm);
  vmSet(vm, VmColumn.allocatedPages, 0);
  vmSet(vm, VmColumn.zeroPages, 0);
  add(Field.reservedPages, -(<i64>pages + vmGet(vm, VmColumn.overheadPages)));
  vmSet(vm, VmColumn.overheadPages, 0);
  record(EventKind.vmPoweredOff, Reason.command, vm, <u32>(get(Field.freePages) - before), 0, 0, 0);
  return Reason.none;
}

function releaseOverhead(vm: u32): void {
  const word = (vm << 24) | OVERHEAD;
  let left = vmGet(vm, VmColumn.overheadPages);
  add(Field.overheadPages, -(<i64>left));
  const used = <u32>get(Field.neverUsed);
  for (let page: u32 = 0; page < used && left > 0; page++) {
    if (owner(page) != word) continue;
    release(page);
    left--;
  }
}
