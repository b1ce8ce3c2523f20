import { VmColumn } from '#lib/core/core';
import type { VmId } from '#lib/ids';

const WAITS = {
  guestFaultMs: VmColumn.guestFaultMs,
  swapInMs: VmColumn.swapInMs,
  blockedMs: VmColumn.blockedMs,
  reclaimMs: VmColumn.reclaimMs,
  fileReadMs: VmColumn.fileReadMs,
};
const WAIT_COLUMNS = Object.values(WAITS);

/** A field of a VM's row, as `Core.vm` and `Core.vmReader` give it. */
export type VmReader = (vm: VmId, column: VmColumn) => number;

/** What a VM waited for since power-on, by cause, in milliseconds. */
export function readWaits(read: VmReader, vm: VmId): Record<keyof typeof WAITS, number> {
  const waits = Object.entries(WAITS).map(([name, column]) => [name, read(vm, column)]);
  return Object.fromEntries(waits) as Record<keyof typeof WAITS, number>;
}

/** The time that its waiting has cost a VM so far, in milliseconds. */
export function lostMs(read: VmReader, vm: VmId): number {
  // What faults still owe is booked, and not lived through yet.
  let lost = -read(vm, VmColumn.stallMs);
  for (const column of WAIT_COLUMNS) lost += read(vm, column);
  return lost;
}
