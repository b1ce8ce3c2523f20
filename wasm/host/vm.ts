/**
 * The life of a VM: a slot is taken, powered on (admission, overhead, boot), powered off, given back.
 * Each function returns a Reason; anything but `none` has changed nothing.
 */
import { phasePtr, profilePtr, queuePtr, vmRandomPtr } from '../kernel/arena';
import { record } from '../kernel/events';
import { add, get, set, vmAdd, vmGet, vmSet } from '../kernel/header';
import { startDriver, unloadDriver } from '../guest/balloon-driver';
import { startGuest } from '../guest/guest';
import { startPhase } from '../guest/work';
import { GAMMA, mix64, streamSeed } from '../kernel/random';
import { queueRemove } from '../kernel/queue';
import { removeHintsOf } from '../memory/frames';
import { Backing, backing, entry, pageFile, setGuestClass, tableBytes } from '../memory/guest-pages';
import { emptyDisk, measurePool, place, reservePool } from '../memory/pool';
import { takeBack } from '../memory/balloon';
import { allocate, NO_PAGE, OVERHEAD, owner, release } from '../memory/machine';
import { overheadPages } from '../memory/overhead';
import { unback } from '../memory/sharing';
import { obtain } from '../memory/swap';
import {
  effectiveMin,
  memoryDemand,
  swapDemand,
  unreservedMemory,
  unreservedSwap,
} from '../policy/admission';
import { forgetSampling, startSampling, stopSampling } from '../policy/sampling';
import { Field, VmColumn, VmPower } from '../shared/columns';
import { EventKind, VmSetting } from '../shared/events';
import { GuestClass, Phase, Profile } from '../shared/guest-classes';
import { MAX_PHASES, MAX_SHARES, MAX_VM_PAGES, MAX_VMS } from '../shared/limits';
import { Reason } from '../shared/reasons';
import { vmGone, vmPower } from '../network/topology';
import { settle } from './host';
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

function shrinkPool(): void {
  set(Field.topVm, 0);
  for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++)
    if (vmGet(vm, VmColumn.power) != VmPower.absent) set(Field.topVm, vm);
  measurePool();
}

/** Places the tables of a VM; they are empty. */
function takeTables(vm: u32, pages: u32): bool {
  const bytes = tableBytes(pages);
  const at = place(bytes, 64);
  if (!reservePool(at + bytes, pages)) return false;
  vmSet(vm, VmColumn.tablePtr, <u32>at);
  vmSet(vm, VmColumn.maxPages, pages);
  return true;
}

function clearTables(vm: u32): void {
  const pages = vmGet(vm, VmColumn.maxPages);
  emptyDisk(pageFile(vm), pages);
  memory.fill(<usize>vmGet(vm, VmColumn.tablePtr), 0, tableBytes(pages));
}

/** Pages of overhead that are taken in a step before the guest starts, when not all were free at power-on. */
const OVERHEAD_STEP: u32 = 512;
/** Shares of a VM that was given none yet: "normal" is 10 for each MiB. */
const SHARES_PER_MIB: u32 = 10;
const PAGES_PER_MIB: u32 = 256;

/** Takes slot `vm` (from freeSlot) for a VM that is off. */
export function addVm(vm: u32, pages: u32, vcpus: u32): Reason {
  if (pages == 0 || pages > <u32>MAX_VM_PAGES) return Reason.vmMemoryOutOfRange;
  if (!takeTables(vm, pages)) return Reason.browserMemoryRefused;
  vmSet(vm, VmColumn.power, VmPower.off);
  vmSet(vm, VmColumn.vcpus, vcpus);
  vmSet(vm, VmColumn.minPages, pages / 2);
  vmSet(vm, VmColumn.shares, min((pages / PAGES_PER_MIB) * SHARES_PER_MIB, <u32>MAX_SHARES));
  vmSet(vm, VmColumn.tools, 1);
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
  const phases = <usize>MAX_PHASES * Phase.count * 4;
  memory.fill(phasePtr + <usize>vm * phases, 0, phases);
  store<u64>(vmRandomPtr + ((<usize>vm) << 3), 0);
  forgetSampling(vm);
  vmSet(vm, VmColumn.power, VmPower.absent);
  shrinkPool();
  if (WITH_NETWORK) vmGone(vm);
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
  vmSet(vm, VmColumn.minPages, min(vmGet(vm, VmColumn.minPages), pages));
  shrinkPool();
  record(EventKind.settingChanged, Reason.command, vm, VmSetting.maxPages, old, pages, 0);
  return Reason.none;
}

/** Changes what a VM is guaranteed; while it is on only within what admission can still promise. */
export function setMin(vm: u32, pages: u32): Reason {
  if (!exists(vm)) return Reason.unknownVm;
  const most = vmGet(vm, VmColumn.maxPages);
  if (pages > most) return Reason.minAboveMax;
  const old = vmGet(vm, VmColumn.minPages);
  if (isOn(vm) && get(Field.swapPages) != 0) {
    const more = <i64>max<u32>(1, pages) - <i64>effectiveMin(vm);
    if (more > <i64>unreservedMemory()) return Reason.notEnoughMemory;
    if (-more > <i64>unreservedSwap()) return Reason.notEnoughSwap;
    add(Field.reservedPages, more);
    add(Field.swapReservedPages, -more);
  }
  if (pages == old) return Reason.none;
  vmSet(vm, VmColumn.minPages, pages);
  const cause = record(EventKind.settingChanged, Reason.command, vm, VmSetting.minPages, old, pages, 0);
  settle(Reason.settingChange, cause);
  return Reason.none;
}

export function setShares(vm: u32, shares: u32): Reason {
  if (!exists(vm)) return Reason.unknownVm;
  if (shares > <u32>MAX_SHARES) return Reason.sharesOutOfRange;
  const old = vmGet(vm, VmColumn.shares);
  if (shares == old) return Reason.none;
  vmSet(vm, VmColumn.shares, shares);
  const cause = record(EventKind.settingChanged, Reason.command, vm, VmSetting.shares, old, shares, 0);
  settle(Reason.settingChange, cause);
  return Reason.none;
}

/** Installs or removes VMware Tools: with them the balloon driver comes and goes. */
export function setTools(vm: u32, tools: u32): Reason {
  if (!exists(vm)) return Reason.unknownVm;
  const old = vmGet(vm, VmColumn.tools);
  if (tools == old) return Reason.none;
  if (tools == 0) unloadDriver(vm);
  else if (isOn(vm)) startDriver(vm);
  vmSet(vm, VmColumn.tools, tools);
  const cause = record(EventKind.settingChanged, Reason.command, vm, VmSetting.tools, old, tools, 0);
  settle(Reason.settingChange, cause);
  return Reason.none;
}

/** The workload's phases were written: a guest that runs begins with the first one. */
export function startWorkload(vm: u32): void {
  vmSet(vm, VmColumn.phase, 0);
  if (vmGet(vm, VmColumn.power) == VmPower.on) startPhase(vm, 0);
}

/** All that a boot begins with zero. */
function clearLife(vm: u32): void {
  for (let column: u32 = VmColumn.bootCursor; column <= <u32>VmColumn.programCursor; column++)
    vmSet(vm, <VmColumn>column, 0);
  for (let column: u32 = VmColumn.sampleTouched; column <= <u32>VmColumn.reclaimedNow; column++)
    vmSet(vm, <VmColumn>column, 0);
}

function startBoot(vm: u32): void {
  clearLife(vm);
  const stream = vmRandomPtr + ((<usize>vm) << 3);
  if (load<u64>(stream) == 0) store<u64>(stream, streamSeed(get(Field.seed), vm));
  // Another boot, another layout: a guest does not find the same free pages twice.
  vmSet(vm, VmColumn.scatterKey, <u32>mix64(load<u64>(stream)));
  store<u64>(stream, load<u64>(stream) + GAMMA);
  vmSet(vm, VmColumn.power, VmPower.booting);
  vmSet(vm, VmColumn.balloonTarget, 0);
  startDriver(vm);
  startGuest(vm);
  startSampling(vm, get(Field.seed));
}

export function powerOn(vm: u32): Reason {
  if (!exists(vm)) return Reason.unknownVm;
  if (isOn(vm)) return Reason.vmAlreadyOn;
  const needed = memoryDemand(vm);
  if (<u64>needed > unreservedMemory()) return Reason.notEnoughMemory;
  if (<u64>swapDemand(vm) > unreservedSwap()) return Reason.notEnoughSwap;
  const overhead = needed - effectiveMin(vm);
  add(Field.reservedPages, needed);
  add(Field.swapReservedPages, swapDemand(vm));
  vmSet(vm, VmColumn.overheadTarget, overhead);
  vmSet(vm, VmColumn.targetPages, vmGet(vm, VmColumn.maxPages));
  startBoot(vm);
  while (vmGet(vm, VmColumn.overheadPages) < overhead && takeOverhead(vm));
  add(Field.runningVms, 1);
  const cause = record(EventKind.vmPoweredOn, Reason.command, vm, overhead, 0, 0, 0);
  schedule(eventOf(EventType.guestStep, vm), due());
  armScanner();
  settle(Reason.powerChange, cause);
  return Reason.none;
}

/** @returns false when no page was free. */
function takeOverhead(vm: u32): bool {
  if (allocate((vm << 24) | OVERHEAD) == NO_PAGE) return false;
  vmAdd(vm, VmColumn.overheadPages, 1);
  add(Field.overheadPages, 1);
  return true;
}

/** Takes what was not free at power-on. @returns true when all is there and the guest can run. */
export function fillOverhead(vm: u32): bool {
  for (let n: u32 = 0; n < OVERHEAD_STEP; n++) {
    if (vmGet(vm, VmColumn.overheadPages) == vmGet(vm, VmColumn.overheadTarget)) return true;
    obtain((vm << 24) | OVERHEAD, vm);
    vmAdd(vm, VmColumn.overheadPages, 1);
    add(Field.overheadPages, 1);
  }
  return false;
}

/** The reset button: the guest starts again, and with it the driver; its memory stays backed, a balloon is popped. */
export function reset(vm: u32): Reason {
  if (!exists(vm)) return Reason.unknownVm;
  if (!isOn(vm)) return Reason.vmAlreadyOff;
  const balloon = vmGet(vm, VmColumn.balloonPages);
  const pages = vmGet(vm, VmColumn.maxPages);
  for (let page: u32 = 0; page < pages; page++) {
    if (backing(entry(vm, page)) == Backing.ballooned) takeBack(vm, page);
    setGuestClass(vm, page, GuestClass.untouched);
  }
  if (WITH_NETWORK) vmPower(vm, false);
  const cause = record(EventKind.vmReset, Reason.command, vm, 0, 0, 0, 0);
  if (balloon > 0) record(EventKind.balloonPopped, Reason.command, vm, balloon, 0, 0, cause);
  startBoot(vm);
  settle(Reason.powerChange, cause);
  return Reason.none;
}

export function powerOff(vm: u32): Reason {
  if (!exists(vm)) return Reason.unknownVm;
  if (!isOn(vm)) return Reason.vmAlreadyOff;
  const before = get(Field.freePages);
  if (WITH_NETWORK) vmPower(vm, false);
  queueRemove(queuePtr, eventOf(EventType.guestStep, vm));
  vmSet(vm, VmColumn.power, VmPower.off);
  add(Field.runningVms, -1);
  removeHintsOf(vm);
  const pages = vmGet(vm, VmColumn.maxPages);
  for (let page: u32 = 0; page < pages; page++) {
    if (backing(entry(vm, page)) == Backing.ballooned) takeBack(vm, page);
    else if (backing(entry(vm, page)) != Backing.untouched) unback(vm, page);
  }
  releaseOverhead(vm);
  clearTables(vm);
  measurePool();
  stopSampling(vm);
  clearLife(vm);
  add(Field.reservedPages, -(<i64>effectiveMin(vm) + vmGet(vm, VmColumn.overheadTarget)));
  add(Field.swapReservedPages, -(<i64>swapDemand(vm)));
  for (let column: u32 = VmColumn.targetPages; column <= <u32>VmColumn.blocked; column++)
    vmSet(vm, <VmColumn>column, 0);
  vmSet(vm, VmColumn.overheadTarget, 0);
  vmSet(vm, VmColumn.givenPages, 0);
  const given = <u32>(get(Field.freePages) - before);
  const cause = record(EventKind.vmPoweredOff, Reason.command, vm, given, 0, 0, 0);
  settle(Reason.powerChange, cause);
  return Reason.none;
}

function releaseOverhead(vm: u32): void {
  const word = (vm << 24) | OVERHEAD;
  let left = vmGet(vm, VmColumn.overheadPages);
  add(Field.overheadPages, -(<i64>left));
  vmSet(vm, VmColumn.overheadPages, 0);
  const used = <u32>get(Field.neverUsed);
  for (let page: u32 = 0; page < used && left > 0; page++) {
    if (owner(page) != word) continue;
    release(page);
    left--;
  }
}
