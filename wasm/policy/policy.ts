/**
 * The memory scheduler: the host's state by its free memory, with hysteresis, and what each state does (OSDI'02 section
 * 6.3). high: nothing is reclaimed. soft: balloons; paging only where there can be no balloon. hard: paging by force.
 * low: paging, and VMs above their target do not run.
 */
import { record } from '../kernel/events';
import { get, option, set, vmGet, vmSet } from '../kernel/header';
import { driverRuns, pollDriver } from '../guest/balloon-driver';
import { Backing } from '../memory/guest-pages';
import { excess, has, swapOutRandom } from '../memory/swap';
import { Field, HostState, VmColumn } from '../shared/columns';
import { EventKind } from '../shared/events';
import { Option } from '../shared/options';
import { Reason } from '../shared/reasons';
import { isRunning, setTargets } from './targets';

const NS_PER_SECOND: u64 = 1_000_000_000;
/** Pages of one VM that the swap daemon writes together. */
const CLUSTER: u32 = 32;
/** The daemon works ten times a second. */
export const SWAP_ROUNDS: u32 = 10;
/** A change of a balloon's target by fewer pages is not told. */
const TOLD_PAGES: u32 = 64;

function threshold(which: Option): u64 {
  return (get(Field.hostPages) * <u64>option(which)) / 1000;
}

/** Free pages below which a state begins. */
function lower(state: HostState): u64 {
  switch (state) {
    case HostState.high:
      return threshold(Option.freeHigh);
    case HostState.soft:
      return threshold(Option.freeSoft);
    case HostState.hard:
      return threshold(Option.freeHard);
    default:
      return threshold(Option.freeLow);
  }
}

/** The state that free memory and the state until now lead to. */
function nextState(before: HostState): HostState {
  const free = get(Field.freePages);
  let state = before;
  // Down as soon as free memory falls below the lower state's threshold.
  while (state < HostState.low && free < lower(<HostState>(state + 1))) state = <HostState>(state + 1);
  if (state != before) return state;
  // Up only when it significantly exceeds the threshold of the higher state.
  const margin = threshold(Option.freeMargin);
  while (state > HostState.high && free > lower(<HostState>(state - 1)) + margin)
    state = <HostState>(state - 1);
  return state;
}

/** Looks at free memory; a change of state acts at once. Called after everything that may change it. */
export function observe(): void {
  const before = <HostState>get(Field.hostState);
  const state = nextState(before);
  if (state == before) return;
  set(Field.hostState, state);
  const reason = state > before ? Reason.freeMemoryFell : Reason.freeMemoryRose;
  const cause = record(EventKind.stateChanged, reason, 0, before, state, <u32>get(Field.freePages), 0);
  set(Field.stateCause, cause);
  set(Field.policyCause, cause);
  setTargets(reason, cause);
  act();
}

/** Targets again, because something that they depend on has changed. */
export function reallocate(reason: Reason, cause: u32): void {
  setTargets(reason, cause);
  act();
}

function largestBalloon(vm: u32): u32 {
  return <u32>((<u64>vmGet(vm, VmColumn.maxPages) * option(Option.ctlMaxPercent)) / 100);
}

/** What the driver is asked for: as much more as the VM has too much, as much less as it has too little. */
function aimBalloon(vm: u32): void {
  const size = vmGet(vm, VmColumn.balloonPages);
  const above = excess(vm);
  let wanted = <i64>size + above;
  // In high state nothing is reclaimed: a balloon may only shrink.
  if (get(Field.hostState) == HostState.high) wanted = min(wanted, <i64>size);
  if (!driverRuns(vm)) wanted = 0;
  const target = <u32>max<i64>(0, min(wanted, <i64>largestBalloon(vm)));
  const before = vmGet(vm, VmColumn.balloonTarget);
  if (target == before) return;
  vmSet(vm, VmColumn.balloonTarget, target);
  const moved = target > before ? target - before : before - target;
  if (moved < TOLD_PAGES && target != 0) return;
  record(
    EventKind.balloonTargetSet,
    above > 0 ? Reason.aboveTarget : Reason.belowTarget,
    vm,
    target,
    size,
    vmGet(vm, VmColumn.allocatedPages),
    <u32>get(Field.policyCause),
  );
}

/** Why pages of this VM must be paged out now; `none`: they need not. */
function pagingReason(vm: u32): Reason {
  if (!isRunning(vm) || excess(vm) <= 0) return Reason.none;
  const state = <HostState>get(Field.hostState);
  if (state == HostState.high) return Reason.none;
  if (state >= HostState.hard) return Reason.forcedPaging;
  if (!driverRuns(vm)) return Reason.noBalloonDriver;
  return vmGet(vm, VmColumn.balloonPages) >= largestBalloon(vm) ? Reason.balloonAtMaximum : Reason.none;
}

function block(): void {
  const low = get(Field.hostState) == HostState.low;
  const top = <u32>get(Field.topVm);
  for (let vm: u32 = 1; vm <= top; vm++) {
    if (!isRunning(vm)) continue;
    const blocked: u32 = low && excess(vm) > 0 ? 1 : 0;
    if (blocked == vmGet(vm, VmColumn.blocked)) continue;
    vmSet(vm, VmColumn.blocked, blocked);
    const cause = <u32>get(Field.policyCause);
    if (blocked) {
      const allocated = vmGet(vm, VmColumn.allocatedPages);
      record(EventKind.vmBlocked, Reason.lowState, vm, allocated, vmGet(vm, VmColumn.targetPages), 0, cause);
    } else record(EventKind.vmUnblocked, Reason.belowTarget, vm, vmGet(vm, VmColumn.blockedMs), 0, 0, cause);
  }
}

/** What the present state asks for. */
function act(): void {
  const top = <u32>get(Field.topVm);
  for (let vm: u32 = 1; vm <= top; vm++) if (isRunning(vm)) aimBalloon(vm);
  block();
}

/** Whether the swap daemon has work. */
export function mustPage(): bool {
  if (get(Field.hostState) == HostState.high) return false;
  const top = <u32>get(Field.topVm);
  for (let vm: u32 = 1; vm <= top; vm++) if (pagingReason(vm) != Reason.none) return true;
  return false;
}

/** Of the VMs that must give pages and have such: the one that is furthest above its target; 0 when there is none. */
function furthestAbove(what: Backing): u32 {
  let victim: u32 = 0;
  let most: i64 = 0;
  const top = <u32>get(Field.topVm);
  for (let vm: u32 = 1; vm <= top; vm++) {
    if (pagingReason(vm) == Reason.none || has(vm, what) == 0 || excess(vm) <= most) continue;
    most = excess(vm);
    victim = vm;
  }
  return victim;
}

/**
 * One round of the swap daemon: clusters of pages of whoever is furthest above its target. Pages of its own first; when
 * all that is left is shared, mappings go until a copy has no owner left.
 */
export function swapRound(): void {
  for (let budget = option(Option.swapOutRate) / SWAP_ROUNDS; budget > 0;) {
    let what = Backing.privatePage;
    let victim = furthestAbove(what);
    if (victim == 0) {
      what = Backing.shared;
      victim = furthestAbove(what);
    }
    if (victim == 0) break;
    const reason = pagingReason(victim);
    const cause = <u32>get(Field.policyCause);
    let n = <u32>min<u64>(min(budget, CLUSTER), min<u64>(<u64>excess(victim), <u64>has(victim, what)));
    budget -= n;
    for (; n > 0; n--) if (!swapOutRandom(victim, what, reason, cause)) return observe();
  }
  observe();
  block();
}

/** A second of the memory scheduler. */
export function tick(): void {
  if ((get(Field.timeNs) / NS_PER_SECOND) % <u64>option(Option.balancePeriod) == 0)
    // It is time for it; what comes of it follows from the state in which the host is.
    setTargets(Reason.periodic, <u32>get(Field.stateCause));
  act();
  const cause = <u32>get(Field.policyCause);
  const top = <u32>get(Field.topVm);
  for (let vm: u32 = 1; vm <= top; vm++) if (isRunning(vm)) pollDriver(vm, cause);
}
