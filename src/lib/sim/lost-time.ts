import { VmColumn, type Core } from '#lib/core/core';
import type { VmId } from '#lib/ids';

const WAITS = {
  guestFaultMs: VmColumn.guestFaultMs,
  swapInMs: VmColumn.swapInMs,
  blockedMs: VmColumn.blockedMs,
  reclaimMs: VmColumn.reclaimMs,
  fileReadMs: VmColumn.fileReadMs,
};

/** What a VM waited for since power-on, by cause, and the time that this has cost it so far. In milliseconds. */
export function readWaits(
  core: Core,
  vm: VmId,
): { waits: Record<keyof typeof WAITS, number>; lostMs: number } {
  const read = Object.entries(WAITS).map(([name, column]) => [name, core.vm(vm, column)] as const);
  const booked = read.reduce((sum, [, ms]) => sum + ms, 0);
  return {
    waits: Object.fromEntries(read) as Record<keyof typeof WAITS, number>,
    // What faults still owe is booked, and not lived through yet.
    lostMs: booked - core.vm(vm, VmColumn.stallMs),
  };
}
