/**
 * A guest system: boot and life, driven by the numbers of its profile and of its workload's phases
 * (shared/guest-classes.ts). It never reads the host's tables to decide.
 */
import { vmAdd, vmGet, vmSet } from '../kernel/header';
import { VmColumn, VmPower } from '../shared/columns';
import { bootStep, kernelPlan } from './boot';
import { fillLists } from './lists';
import { STEP_MS } from './time';
import { startPhase, workStep } from './work';

/** Before the first step of a boot: nothing is used. */
export function startGuest(vm: u32): void {
  vmSet(vm, VmColumn.freePages, vmGet(vm, VmColumn.maxPages));
  fillLists(vm, min(kernelPlan(vm), vmGet(vm, VmColumn.maxPages)));
}

/** 100 ms in the life of a guest. @returns milliseconds of it that it was not waiting or blocked. */
export function stepGuest(vm: u32): u32 {
  vmAdd(vm, VmColumn.lifeMs, STEP_MS);
  if (vmGet(vm, VmColumn.blocked) != 0) {
    vmAdd(vm, VmColumn.blockedMs, STEP_MS);
    return 0;
  }
  const stall = vmGet(vm, VmColumn.stallMs);
  if (stall >= STEP_MS) {
    vmSet(vm, VmColumn.stallMs, stall - STEP_MS);
    return 0;
  }
  vmSet(vm, VmColumn.stallMs, 0);
  const ms = STEP_MS - stall;
  if (vmGet(vm, VmColumn.power) != VmPower.booting) workStep(vm, <i32>ms * 1000);
  else if (bootStep(vm, ms)) startPhase(vm, 0);
  return ms;
}
