/**
 * What waits in the event queue: one entry for each running guest's next step and one for the scanner's next page.
 * Payload of an entry: │ 31…24: EventType │ 23…0: VM slot │.
 */
import { queuePtr } from '../kernel/arena';
import { get, option, set } from '../kernel/header';
import { queuePush } from '../kernel/queue';
import { STEP_MS } from '../guest/guest';
import { Field } from '../shared/columns';
import { Option } from '../shared/options';

export enum EventType {
  guestStep = 1,
  scan = 2,
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
