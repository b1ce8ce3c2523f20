/**
 * The balloon driver (vmmemctl) inside a guest: once a second it asks for its target and takes pages from the guest, or
 * gives them back, at rates that adapt. Constants and steps are those of its source, `vmballoon.c` of open-vm-tools.
 */
import { profile, phaseNow, vmAdd, vmGet, vmSet } from '../kernel/header';
import { record } from '../kernel/events';
import { giveUp, takeBack } from '../memory/balloon';
import { VmColumn, VmPower } from '../shared/columns';
import { EventKind } from '../shared/events';
import { Phase, Profile } from '../shared/guest-classes';
import { Reason } from '../shared/reasons';
import { stillToLoad } from './boot';
import { freeCount, growBalloon, shrinkBalloon } from './lists';
import { dataCount, reclaimOwn } from './pages';

/** Pages a second from the guest's free list at most: 64 MiB. */
const NOSLEEP_ALLOC_MAX: u32 = 16_384;
/** Pages a second when the guest must free them first: between these, by steps. */
const RATE_ALLOC_MIN: u32 = 512;
const RATE_ALLOC_MAX: u32 = 2048;
const RATE_ALLOC_INC: u32 = 16;
const RATE_FREE_MAX: u32 = 16_384;
const RATE_FREE_INC: u32 = 16;
/** Seconds of slow allocation after the free list was found empty. */
const SLOW_CYCLES: u32 = 4;

/** The driver runs: Tools are installed, and the guest has come as far in its boot as to start them. */
export function driverRuns(vm: u32): bool {
  if (vmGet(vm, VmColumn.tools) == 0) return false;
  const power = vmGet(vm, VmColumn.power);
  if (power == VmPower.booting) return vmGet(vm, VmColumn.bootCursor) >= profile(vm, Profile.driverSlot);
  return power == VmPower.on;
}

export function startDriver(vm: u32): void {
  vmSet(vm, VmColumn.balloonAllocRate, RATE_ALLOC_MAX);
  vmSet(vm, VmColumn.balloonFreeRate, RATE_FREE_MAX);
  vmSet(vm, VmColumn.balloonSlow, 0);
}

/** Takes a page that is free in the guest. What a boot will still load is not. @returns false when there is none to spare. */
function takeFree(vm: u32): bool {
  if (freeCount(vm) <= (profile(vm, Profile.lowWaterPages) >> 2) + stillToLoad(vm)) return false;
  giveUp(vm, growBalloon(vm));
  return true;
}

/** Takes a page for which the guest may have to give up its own. */
function takeAny(vm: u32): bool {
  if (takeFree(vm)) return true;
  const hot = min(phaseNow(vm, Phase.hotPages), dataCount(vm));
  if (!reclaimOwn(vm, hot)) return false;
  giveUp(vm, growBalloon(vm));
  vmAdd(vm, VmColumn.reclaimedNow, 1);
  return true;
}

function raiseRate(vm: u32, got: u32): void {
  const rate = vmGet(vm, VmColumn.balloonAllocRate);
  if (got >= rate)
    vmSet(vm, VmColumn.balloonAllocRate, min(rate + (got / rate) * RATE_ALLOC_INC, RATE_ALLOC_MAX));
}

function inflate(vm: u32, wanted: u32): void {
  const slow = vmGet(vm, VmColumn.balloonSlow) > 0;
  const rate = vmGet(vm, VmColumn.balloonAllocRate);
  const first = min(wanted, slow ? rate : NOSLEEP_ALLOC_MAX);
  let got: u32 = 0;
  while (got < first && takeFree(vm)) got++;
  if (got == first || got >= rate) return raiseRate(vm, got);
  vmSet(vm, VmColumn.balloonSlow, SLOW_CYCLES);
  // The guest has nothing free: now it may wait for pages, and page its own out.
  const most = min(wanted, rate);
  while (got < most) {
    if (!takeAny(vm)) {
      vmSet(vm, VmColumn.balloonAllocRate, max(rate / 2, RATE_ALLOC_MIN));
      return;
    }
    got++;
  }
  raiseRate(vm, got);
}

function deflate(vm: u32, wanted: u32): void {
  const rate = vmGet(vm, VmColumn.balloonFreeRate);
  for (let n = min(wanted, rate); n > 0; n--) takeBack(vm, shrinkBalloon(vm));
  vmSet(vm, VmColumn.balloonFreeRate, min(rate + RATE_FREE_INC, RATE_FREE_MAX));
}

/** A second of the driver. */
export function pollDriver(vm: u32, cause: u32): void {
  if (!driverRuns(vm)) return;
  const slow = vmGet(vm, VmColumn.balloonSlow);
  if (slow > 0) vmSet(vm, VmColumn.balloonSlow, slow - 1);
  const size = vmGet(vm, VmColumn.balloonPages);
  const target = vmGet(vm, VmColumn.balloonTarget);
  if (size == target) return;
  vmSet(vm, VmColumn.reclaimedNow, 0);
  if (size < target) {
    inflate(vm, target - size);
    const now = vmGet(vm, VmColumn.balloonPages);
    if (now > size)
      record(
        EventKind.balloonInflated,
        Reason.aboveTarget,
        vm,
        now,
        now - size,
        vmGet(vm, VmColumn.reclaimedNow),
        cause,
      );
  } else {
    deflate(vm, size - target);
    const now = vmGet(vm, VmColumn.balloonPages);
    record(EventKind.balloonDeflated, Reason.belowTarget, vm, now, size - now, 0, cause);
  }
}

/** The driver goes: all it held is the guest's again. */
export function unloadDriver(vm: u32): void {
  const size = vmGet(vm, VmColumn.balloonPages);
  vmSet(vm, VmColumn.balloonTarget, 0);
  if (size == 0) return;
  for (let n = size; n > 0; n--) takeBack(vm, shrinkBalloon(vm));
  record(EventKind.balloonDeflated, Reason.toolsRemoved, vm, 0, size, 0, 0);
}
