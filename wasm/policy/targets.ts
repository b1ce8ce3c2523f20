/**
 * Who should have how much: shares per page with a tax on idle pages (OSDI'02 sections 5.1 and 5.2). Min-funding
 * revocation takes from whoever pays least until all pay the same; where it ends has a closed form. With E = shares × x,
 * A active pages and tax τ, a VM's target is E where E ≤ A, else τ·A + (1 − τ)·E, within [min, max]; x is the largest one
 * with which the targets fit in the memory there is.
 */
import { record } from '../kernel/events';
import { get, option, set, vmGet, vmSet } from '../kernel/header';
import { Field, VmColumn, VmPower } from '../shared/columns';
import { EventKind } from '../shared/events';
import { Option } from '../shared/options';
import { Reason } from '../shared/reasons';
import { effectiveMin } from './admission';
import { estimate } from './sampling';

const HALVINGS: u32 = 60;
/** A target that moves by less than this part of the VM's memory is not told. */
const TOLD_PART: u32 = 100;

export function isRunning(vm: u32): bool {
  const power = vmGet(vm, VmColumn.power);
  return power == VmPower.booting || power == VmPower.on;
}

/** Free pages that the policy aims at: the high threshold. */
export function highPages(): u64 {
  return (get(Field.hostPages) * <u64>option(Option.freeHigh)) / 1000;
}

/** Pages that VMs may have altogether: a shared copy serves all that map it. */
export function pool(): u64 {
  const taken = get(Field.consolePages) + get(Field.vmkernelPages) + get(Field.overheadPages) + highPages();
  const there = get(Field.hostPages) + get(Field.sharedGuestPages) - get(Field.sharedCopies);
  return there > taken ? there - taken : 0;
}

function wantedAt(vm: u32, x: f64): f64 {
  const smallest = <f64>effectiveMin(vm);
  const largest = <f64>vmGet(vm, VmColumn.maxPages);
  const tax = <f64>option(Option.idleTax) / 100;
  const active = <f64>min(vmGet(vm, VmColumn.activePages), vmGet(vm, VmColumn.maxPages));
  const entitled = <f64>vmGet(vm, VmColumn.shares) * x;
  const pages = entitled <= active ? entitled : tax * active + (1 - tax) * entitled;
  return min(max(pages, smallest), largest);
}

function sumAt(x: f64): f64 {
  let sum: f64 = 0;
  const top = <u32>get(Field.topVm);
  for (let vm: u32 = 1; vm <= top; vm++) if (isRunning(vm)) sum += wantedAt(vm, x);
  return sum;
}

/** x with which every VM that has shares has its maximum. */
function enough(): f64 {
  let most: f64 = 0;
  const tax = <f64>option(Option.idleTax) / 100;
  const top = <u32>get(Field.topVm);
  for (let vm: u32 = 1; vm <= top; vm++) {
    if (!isRunning(vm) || vmGet(vm, VmColumn.shares) == 0) continue;
    const largest = <f64>vmGet(vm, VmColumn.maxPages);
    most = max(most, largest / (1 - tax) / <f64>vmGet(vm, VmColumn.shares));
  }
  return most + 1;
}

/** New estimates and new targets for all VMs. @returns the sequence number of the event, or of its cause when nothing moved. */
export function setTargets(reason: Reason, cause: u32): u32 {
  const available = <f64>pool();
  const top = <u32>get(Field.topVm);
  for (let vm: u32 = 1; vm <= top; vm++) if (isRunning(vm)) estimate(vm);
  let below: f64 = 0;
  let above = enough();
  const all = sumAt(above) <= available;
  if (all) below = above;
  else
    for (let i: u32 = 0; i < HALVINGS; i++) {
      const middle = (below + above) / 2;
      if (sumAt(middle) <= available) below = middle;
      else above = middle;
    }
  let told =
    reason == Reason.periodic
      ? 0
      : record(
          EventKind.targetsSet,
          reason,
          0,
          <u32>available,
          <u32>get(Field.runningVms),
          all ? 1 : 0,
          cause,
        );
  for (let vm: u32 = 1; vm <= top; vm++) {
    if (!isRunning(vm)) continue;
    const before = vmGet(vm, VmColumn.targetPages);
    const target = <u32>wantedAt(vm, below);
    vmSet(vm, VmColumn.targetPages, target);
    vmSet(vm, VmColumn.givenPages, 0);
    const moved = target > before ? target - before : before - target;
    if (moved <= vmGet(vm, VmColumn.maxPages) / TOLD_PART) continue;
    if (told == 0)
      told = record(
        EventKind.targetsSet,
        reason,
        0,
        <u32>available,
        <u32>get(Field.runningVms),
        all ? 1 : 0,
        cause,
      );
    record(
      EventKind.targetSet,
      reason,
      vm,
      target,
      vmGet(vm, VmColumn.allocatedPages),
      vmGet(vm, VmColumn.activePages),
      told,
    );
  }
  if (told != 0) set(Field.policyCause, told);
  return told;
}
