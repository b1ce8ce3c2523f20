/** Scalars of the world, the options, and the rows of the VM table: typed access to the arena. */
import { headerPtr, optionPtr, phasePtr, profilePtr, vmPtr } from './arena';
import { MAX_PHASES, MAX_VMS } from '../shared/limits';
import { Field, VmColumn } from '../shared/columns';
import { Option } from '../shared/options';
import { Phase, Profile } from '../shared/guest-classes';

export function get(field: Field): u64 {
  return load<u64>(headerPtr + <usize>field * 8);
}

export function set(field: Field, value: u64): void {
  store<u64>(headerPtr + <usize>field * 8, value);
}

/** Adds a signed difference to a count that must not fall below zero. */
export function add(field: Field, difference: i64): void {
  const at = headerPtr + <usize>field * 8;
  const value = load<u64>(at) + <u64>difference;
  assert(<i64>value >= 0);
  store<u64>(at, value);
}

export function option(which: Option): u32 {
  return load<u32>(optionPtr + <usize>which * 4);
}

export function setOptionValue(which: Option, value: u32): void {
  store<u32>(optionPtr + <usize>which * 4, value);
}

function cell(vm: u32, column: VmColumn): usize {
  return vmPtr + (<usize>column * (MAX_VMS + 1) + vm) * 4;
}

export function vmGet(vm: u32, column: VmColumn): u32 {
  return load<u32>(cell(vm, column));
}

export function vmSet(vm: u32, column: VmColumn, value: u32): void {
  store<u32>(cell(vm, column), value);
}

export function vmAdd(vm: u32, column: VmColumn, difference: i32): void {
  const at = cell(vm, column);
  const value = <i32>load<u32>(at) + difference;
  assert(value >= 0);
  store<u32>(at, <u32>value);
}

export function profile(vm: u32, column: Profile): u32 {
  return load<u32>(profilePtr + (<usize>vm * Profile.count + column) * 4);
}

/** Address of a number of a VM's workload. */
export function phaseCell(vm: u32, phase: u32, column: Phase): usize {
  return phasePtr + ((<usize>vm * MAX_PHASES + phase) * Phase.count + column) * 4;
}

/** A number of the phase that a VM's workload is in. */
export function phaseNow(vm: u32, column: Phase): u32 {
  return load<u32>(phaseCell(vm, vmGet(vm, VmColumn.phase), column));
}
