/**
 * Traffic shaping of what a VM transmits (ESX 2.5's nfshaper: administration guide, pp. 357–358): a packet leaves when
 * two token buckets both hold its length. The first fills at the average rate up to the burst, the second at the peak
 * rate up to what the peak rate brings in its period. What must wait does so in a queue of `maxq` packets.
 *
 * The queue is first in, first out, so that a packet's departure is known when it comes: the state kept here is that of
 * the buckets at the last departure. Tokens are counted in bits × 10⁹ (bit-nanoseconds a second), exactly.
 */
import { MAX_SHAPER_QUEUE, SHAPER_BYTES, shaperPtr, SHAPERS } from './tables';
import { Shaper } from '../shared/network-rows';
export { Shaper };

const NANO: u64 = 1_000_000_000;
const RING: usize = 128;
/** A bucket that does not hold it is spent. */
const LONGEST_FRAME_BITS: u64 = 1518 * 8;

export function shaperAt(shaper: u32): usize {
  return shaperPtr + <usize>shaper * SHAPER_BYTES;
}
export function shaperGet(shaper: u32, field: Shaper): u32 {
  return load<u32>(shaperAt(shaper) + ((<usize>field) << 2));
}
export function shaperSet(shaper: u32, field: Shaper, value: u32): void {
  store<u32>(shaperAt(shaper) + ((<usize>field) << 2), value);
}
export function shaperGet64(shaper: u32, field: Shaper): u64 {
  return load<u64>(shaperAt(shaper) + ((<usize>field) << 2));
}
function shaperSet64(shaper: u32, field: Shaper, value: u64): void {
  store<u64>(shaperAt(shaper) + ((<usize>field) << 2), value);
}

/** Depth of the first bucket: the burst. */
function averageDepth(shaper: u32): u64 {
  return <u64>shaperGet(shaper, Shaper.burstBytes) * 8 * NANO;
}
/** Depth of the second: what the peak rate brings in its period, at least one frame. */
function peakDepth(shaper: u32): u64 {
  const bits = (<u64>shaperGet(shaper, Shaper.peakBps) * shaperGet(shaper, Shaper.periodMs)) / 1000;
  return max<u64>(bits, 1518 * 8) * NANO;
}

/** A shaper that nobody uses; 0xffffffff when there is none. */
export function freeShaper(): u32 {
  for (let shaper: u32 = 0; shaper < SHAPERS; shaper++)
    if (shaperGet(shaper, Shaper.used) == 0) return shaper;
  return 0xffff_ffff;
}

export function release(shaper: u32): void {
  memory.fill(shaperAt(shaper), 0, SHAPER_BYTES);
}

/** Sets the numbers and fills both buckets. Rates in bit/s, burst in bytes, period in ms, queue in packets. */
export function configure(
  shaper: u32,
  averageBps: u32,
  peakBps: u32,
  burstBytes: u32,
  periodMs: u32,
  maxQueue: u32,
  now: u64,
): void {
  shaperSet(shaper, Shaper.used, 1);
  shaperSet(shaper, Shaper.averageBps, averageBps);
  shaperSet(shaper, Shaper.peakBps, peakBps);
  shaperSet(shaper, Shaper.burstBytes, burstBytes);
  shaperSet(shaper, Shaper.periodMs, periodMs);
  shaperSet(shaper, Shaper.maxQueue, maxQueue);
  shaperSet(shaper, Shaper.head, 0);
  shaperSet(shaper, Shaper.waiting, 0);
  shaperSet64(shaper, Shaper.since, now);
  shaperSet64(shaper, Shaper.average, averageDepth(shaper));
  shaperSet64(shaper, Shaper.peak, peakDepth(shaper));
}

/** Tokens of a bucket `dt` ns later, when flows take `flowBps` of what fills it. */
function filled(tokens: u64, depth: u64, bps: u32, flowBps: u32, dt: u64): u64 {
  if (flowBps > bps) return tokens - min(tokens, saturated(<u64>(flowBps - bps), dt));
  bps -= flowBps;
  const missing = depth - min(tokens, depth);
  // dt × bps could pass 64 bits only when the bucket is full long before.
  if (dt > missing / max<u64>(bps, 1)) return depth;
  return tokens + dt * <u64>bps;
}

function saturated(a: u64, b: u64): u64 {
  return a != 0 && b > u64.MAX_VALUE / a ? u64.MAX_VALUE : a * b;
}

/** What frames find to fill a bucket beside flows: a hundredth at least. */
function rateBeside(bps: u32, flowBps: u32): u32 {
  return max(bps > flowBps ? bps - flowBps : 0, max(bps / 100, 1));
}

/** Flows take so much from now on (bit/s). A burst that is over ends at once: the buckets are brought up to date. */
export function setFlowBps(shaper: u32, flowBps: u32, now: u64): void {
  const since = shaperGet64(shaper, Shaper.since);
  if (since < now) {
    const before = shaperGet(shaper, Shaper.flowBps);
    const dt = now - since;
    const average = filled(
      shaperGet64(shaper, Shaper.average),
      averageDepth(shaper),
      shaperGet(shaper, Shaper.averageBps),
      before,
      dt,
    );
    const peak = filled(
      shaperGet64(shaper, Shaper.peak),
      peakDepth(shaper),
      shaperGet(shaper, Shaper.peakBps),
      before,
      dt,
    );
    shaperSet64(shaper, Shaper.average, average);
    shaperSet64(shaper, Shaper.peak, peak);
    shaperSet64(shaper, Shaper.since, now);
  }
  shaperSet(shaper, Shaper.flowBps, flowBps);
}

/** Nanoseconds until flows that take more than the average have emptied its bucket; u64.MAX_VALUE: they do not. */
export function burstLeft(shaper: u32, now: u64): u64 {
  const flowBps = shaperGet(shaper, Shaper.flowBps);
  const averageBps = shaperGet(shaper, Shaper.averageBps);
  if (flowBps <= averageBps) return u64.MAX_VALUE;
  const since = shaperGet64(shaper, Shaper.since);
  const tokens = shaperGet64(shaper, Shaper.average);
  const frame = LONGEST_FRAME_BITS * NANO;
  const ends = since + (tokens > frame ? (tokens - frame) / <u64>(flowBps - averageBps) : 0) + 1;
  return ends > now ? ends - now : 0;
}

/** Nanoseconds until a bucket holds `need`. */
function wait(tokens: u64, need: u64, bps: u32): u64 {
  if (tokens >= need) return 0;
  return (need - tokens + <u64>bps - 1) / <u64>bps;
}

/** When a packet of `bytes` that comes now may leave (ns). @returns u64.MAX_VALUE when the queue is full. */
export function departure(shaper: u32, bytes: u32, now: u64): u64 {
  const ring = shaperAt(shaper) + RING;
  let head = shaperGet(shaper, Shaper.head);
  let waiting = shaperGet(shaper, Shaper.waiting);
  while (waiting > 0 && load<u64>(ring + ((<usize>head) << 3)) <= now) {
    head = (head + 1) % MAX_SHAPER_QUEUE;
    waiting--;
  }
  shaperSet(shaper, Shaper.head, head);
  if (waiting >= shaperGet(shaper, Shaper.maxQueue)) {
    shaperSet(shaper, Shaper.waiting, waiting);
    shaperSet64(shaper, Shaper.dropped, shaperGet64(shaper, Shaper.dropped) + 1);
    return u64.MAX_VALUE;
  }
  const averageBps = shaperGet(shaper, Shaper.averageBps);
  const peakBps = shaperGet(shaper, Shaper.peakBps);
  const since = shaperGet64(shaper, Shaper.since);
  const from = max(since, now);
  const flowBps = shaperGet(shaper, Shaper.flowBps);
  const past = from - since;
  let average = filled(shaperGet64(shaper, Shaper.average), averageDepth(shaper), averageBps, flowBps, past);
  let peak = filled(shaperGet64(shaper, Shaper.peak), peakDepth(shaper), peakBps, flowBps, past);
  const need = <u64>bytes * 8 * NANO;
  const averageLeft = rateBeside(averageBps, flowBps);
  const peakLeft = rateBeside(peakBps, flowBps);
  const dt = max(wait(average, need, averageLeft), wait(peak, need, peakLeft));
  average = filled(average, max(averageDepth(shaper), need), averageLeft, 0, dt) - need;
  peak = filled(peak, max(peakDepth(shaper), need), peakLeft, 0, dt) - need;
  const leaves = from + dt;
  shaperSet64(shaper, Shaper.average, average);
  shaperSet64(shaper, Shaper.peak, peak);
  shaperSet64(shaper, Shaper.since, leaves);
  shaperSet64(shaper, Shaper.passed, shaperGet64(shaper, Shaper.passed) + 1);
  shaperSet64(shaper, Shaper.passedBytes, shaperGet64(shaper, Shaper.passedBytes) + bytes);
  if (leaves > now) {
    store<u64>(ring + ((<usize>((head + waiting) % MAX_SHAPER_QUEUE)) << 3), leaves);
    waiting++;
    shaperSet64(shaper, Shaper.delayed, shaperGet64(shaper, Shaper.delayed) + 1);
  }
  shaperSet(shaper, Shaper.waiting, waiting);
  return leaves;
}

/** Packets that wait now. */
export function waitingNow(shaper: u32, now: u64): u32 {
  const ring = shaperAt(shaper) + RING;
  const head = shaperGet(shaper, Shaper.head);
  const count = shaperGet(shaper, Shaper.waiting);
  let left = count;
  for (let i: u32 = 0; i < count; i++)
    if (load<u64>(ring + ((<usize>((head + i) % MAX_SHAPER_QUEUE)) << 3)) <= now) left--;
  return left;
}

/** Tokens of both buckets now, in bytes: what the gauge shows. Negative times are full buckets that wait for `since`. */
export function tokensNow(shaper: u32, now: u64, ofPeak: bool): u32 {
  const since = shaperGet64(shaper, Shaper.since);
  const dt = now > since ? now - since : 0;
  const flowBps = shaperGet(shaper, Shaper.flowBps);
  const tokens = ofPeak
    ? filled(
        shaperGet64(shaper, Shaper.peak),
        peakDepth(shaper),
        shaperGet(shaper, Shaper.peakBps),
        flowBps,
        dt,
      )
    : filled(
        shaperGet64(shaper, Shaper.average),
        averageDepth(shaper),
        shaperGet(shaper, Shaper.averageBps),
        flowBps,
        dt,
      );
  return <u32>(tokens / (8 * NANO));
}
