/**
 * What waits in the event queue: one entry for each running guest's next step, one for the scanner's next page, one for
 * the memory scheduler's next second and one for the swap daemon's next round.
 * Payload of an entry: │ 31…24: EventType │ 23…0: VM slot │.
 */
import { queuePtr } from '../kernel/arena';
import { get, option, set } from '../kernel/header';
import { queuePush } from '../kernel/queue';
import { STEP_MS } from '../guest/time';
import { mustPage, SWAP_ROUNDS } from '../policy/policy';
import { Field } from '../shared/columns';
import { Option } from '../shared/options';

export enum EventType {
  guestStep = 1,
  scan = 2,
  memoryTick = 3,
  swapRound = 4,
}

const NS_PER_MS: u64 = 1_000_000;
const NS_PER_SECOND: u64 = 1_000_000_000;

export function eventOf(type: EventType, vm: u32): u32 {
  return ((<u32>type) << 24) | vm;
}

export function schedule(payload: u32, time: u64): void {
  const fits = queuePush(queuePtr, time, payload);
  assert(fits);
  if (!fits) unreachable();
}

/** When a guest that acts now acts next. */
export function due(): u64 {
  return get(Field.timeNs) + <u64>STEP_MS * NS_PER_MS;
}

/** Pages a second that the host scans now: Mem.ShareScanVM for each running VM, at most Mem.ShareScanTotal. */
export function scanRate(): u64 {
  if (option(Option.shareEnabled) == 0) return 0;
  return min(<u64>option(Option.shareScanVm) * get(Field.runningVms), <u64>option(Option.shareScanTotal));
}

/** Puts the scanner's next page into the queue, unless it is there or there is nothing to scan. */
export function armScanner(): void {
  if (get(Field.scanArmed) != 0) return;
  const rate = scanRate();
  if (rate == 0) return;
  schedule(eventOf(EventType.scan, 0), get(Field.timeNs) + NS_PER_SECOND / rate);
  set(Field.scanArmed, 1);
}

/** The memory scheduler looks at whole seconds, while there is a VM that runs. */
export function armTick(): void {
  if (get(Field.tickArmed) != 0 || get(Field.runningVms) == 0) return;
  schedule(eventOf(EventType.memoryTick, 0), (get(Field.timeNs) / NS_PER_SECOND + 1) * NS_PER_SECOND);
  set(Field.tickArmed, 1);
}

/** The swap daemon wakes when there is something to page out. */
export function armSwap(): void {
  if (get(Field.swapArmed) != 0 || !mustPage()) return;
  schedule(eventOf(EventType.swapRound, 0), get(Field.timeNs) + NS_PER_SECOND / SWAP_ROUNDS);
  set(Field.swapArmed, 1);
}
