/** Where a guest's time goes. Waiting is booked when its cause happens and lived through in the steps that follow. */
import { vmAdd, vmGet, vmSet } from '../kernel/header';
import { VmColumn } from '../shared/columns';

/** A guest acts every 100 ms of simulated time. */
export const STEP_MS: u32 = 100;

/** The guest will wait so long, for the cause that `column` counts (milliseconds). */
export function oweUs(vm: u32, column: VmColumn, us: u32): void {
  const owed = vmGet(vm, VmColumn.owedUs) + us;
  vmSet(vm, VmColumn.owedUs, owed % 1000);
  vmAdd(vm, column, owed / 1000);
  vmAdd(vm, VmColumn.stallMs, owed / 1000);
}
