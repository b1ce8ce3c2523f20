/** What a VM is promised when it is powered on: min + overhead of memory, max − min of swap (OSDI'02 section 6.2). */
import { get, vmGet } from '../kernel/header';
import { overheadPages } from '../memory/overhead';
import { Field, VmColumn } from '../shared/columns';

/**
 * Without a swap file nothing can be taken back: the minimum is all. With one, a VM that is guaranteed nothing still
 * cannot take a step without a page: overheads alone must not fill the host.
 */
export function effectiveMin(vm: u32): u32 {
  return get(Field.swapPages) == 0 ? vmGet(vm, VmColumn.maxPages) : max<u32>(1, vmGet(vm, VmColumn.minPages));
}

/** Pages of memory that must be unreserved to power the VM on. */
export function memoryDemand(vm: u32): u32 {
  return effectiveMin(vm) + overheadPages(vmGet(vm, VmColumn.maxPages), vmGet(vm, VmColumn.vcpus));
}

/** Pages of the swap file that must be unreserved. */
export function swapDemand(vm: u32): u32 {
  return vmGet(vm, VmColumn.maxPages) - effectiveMin(vm);
}

/** Pages that no running VM was promised. */
export function unreservedMemory(): u64 {
  return get(Field.hostPages) - get(Field.consolePages) - get(Field.vmkernelPages) - get(Field.reservedPages);
}

export function unreservedSwap(): u64 {
  return get(Field.swapPages) - get(Field.swapReservedPages);
}
