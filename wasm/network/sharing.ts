/**
 * Max–min fair shares of links and shapers: progressive filling. All flows rise together until one has what it can use, or
 * a link or shaper on its way is full; those stay there, the others rise on.
 *
 * A flow of payload takes more than its payload: headers and gaps on the wire there, an acknowledgment for every second
 * segment back. The frames of a port count as one more flow that leads over this port only, and wants what was measured.
 */
import { cellsIn } from '../kernel/arena';
import { PortField } from '../shared/network';
import { flowCell, flowGet64, flowSet64, hasWay, isRunning, Flow } from './flows';
import { rateLeft, WIRE_OVERHEAD_BYTES } from './links';
import { burstLeft, setFlowBps, Shaper, shaperGet, tokensNow } from './shaper';
import { net, Net, portGet, portGet64, portSet, portSet64, setNet } from './tables';
import { wayLength, wayPort } from './ways';

/** What a bit of payload takes: of a link and of a shaper (which counts frames, not gaps), there and back. */
const LINK: f64 = 1538.0 / 1460.0;
const LINK_BACK: f64 = 84.0 / 2920.0;
const SHAPER: f64 = 1514.0 / 1460.0;
const SHAPER_BACK: f64 = 60.0 / 2920.0;
/** Frames find at least this part of a link, whatever flows want. */
const LEAST: f64 = 0.01;
/** Frames that filled so much of what they found could use more; those that did not may grow by so much until the next look. */
const FULL: f64 = 0.9;
const GROWTH: f64 = 1.25;
const EVERYTHING: u32 = 0xffff_ffff;
/** A burst is spent when the bucket does not hold a frame. */
const LONGEST_FRAME: u32 = 1518;
/** Rates that differ by no more are equal. */
const EQUAL: f64 = 1.000000001;

// Scratch, by resource: a port's link, and behind all of them its shaper.
// │ left f64 │ weight f64 │ wanted by frames f64 │ users u32 │ full u32 │, then the resources in use, then a byte a flow.
const ROW: usize = 32;
const WEIGHT: usize = 8;
const WANT: usize = 16;
const USERS: usize = 24;
const FULL_MARK: usize = 28;

function row(resource: u32): usize {
  return cellsIn + <usize>resource * ROW;
}
function listAt(): usize {
  return row(2 * <u32>net(Net.maxPorts));
}
function fixedAt(): usize {
  return listAt() + ((2 * <usize>net(Net.maxPorts)) << 2);
}

/** Adds a use of a resource. @returns how many resources are in use then */
function use(resource: u32, weight: f64, used: u32): u32 {
  const at = row(resource);
  store<f64>(at, load<f64>(at, WEIGHT) + weight, WEIGHT);
  const users = load<u32>(at, USERS);
  store<u32>(at, users + 1, USERS);
  if (users != 0) return used;
  store<u32>(listAt() + ((<usize>used) << 2), resource);
  return used + 1;
}

function useWay(way: usize, link: f64, shaper: f64, used: u32): u32 {
  const ports = <u32>net(Net.maxPorts);
  for (let i: u32 = 0; i < wayLength(way); i++) {
    const port = wayPort(way, i);
    used = use(port, link, used);
    if (portGet(port, PortField.shaper) != 0) used = use(ports + port, shaper, used);
  }
  return used;
}

/** A way's rows, which may hold anything: of a large network few are on any way. */
function clearWay(way: usize): void {
  const ports = <u32>net(Net.maxPorts);
  for (let i: u32 = 0; i < wayLength(way); i++) {
    memory.fill(row(wayPort(way, i)), 0, ROW);
    memory.fill(row(ports + wayPort(way, i)), 0, ROW);
  }
}

/** Which resources flows use, and how much of them a bit of payload takes. @returns how many */
function gather(): u32 {
  let used: u32 = 0;
  const flows = <u32>net(Net.flows);
  for (let flow: u32 = 0; flow < flows; flow++) {
    if (!isRunning(flow) || !hasWay(flow)) continue;
    clearWay(flowCell(flow, Flow.way));
    clearWay(flowCell(flow, Flow.wayBack));
  }
  for (let flow: u32 = 0; flow < flows; flow++) {
    if (!isRunning(flow) || !hasWay(flow)) continue;
    used = useWay(flowCell(flow, Flow.way), LINK, SHAPER, used);
    used = useWay(flowCell(flow, Flow.wayBack), LINK_BACK, SHAPER_BACK, used);
  }
  return used;
}
function resourceOf(index: u32): u32 {
  return load<u32>(listAt() + ((<usize>index) << 2));
}

/** Bit/s that a resource carries now. */
function capacity(resource: u32, now: u64): f64 {
  const ports = <u32>net(Net.maxPorts);
  if (resource < ports) return <f64>portGet(resource, PortField.rateKbps) * 1000;
  const shaper = portGet(resource - ports, PortField.shaper) - 1;
  const average = shaperGet(shaper, Shaper.averageBps);
  const peak = shaperGet(shaper, Shaper.peakBps);
  return <f64>(tokensNow(shaper, now, false) >= LONGEST_FRAME ? max(peak, average) : min(peak, average));
}

/**
 * Looks at what frames took of the links that flows use. `ofTime`: a tenth of a second has passed since the last look.
 * @returns true when they want another part than they did
 */
export function measureFrames(now: u64, ofTime: bool): bool {
  if (!ofTime && net(Net.flowsChanged) == 0) return false;
  const used = gather();
  const ports = <u32>net(Net.maxPorts);
  const last = net(Net.flowsMeasured);
  const dt = now - net(Net.flowsMeasuredAt);
  if (ofTime) {
    setNet(Net.flowsMeasuredAt, now);
    setNet(Net.flowsMeasured, last + 1);
  }
  let changed = false;
  for (let i: u32 = 0; i < used; i++) {
    const port = resourceOf(i);
    // A bucket may have filled, or hold no frame any more.
    if (port >= ports) {
      if (ofTime) changed = true;
      continue;
    }
    const known = portGet(port, PortField.frameMeasured) == <u32>last && last != 0;
    if (known && !ofTime) continue;
    const bytes =
      portGet64(port, PortField.txBytes) + portGet64(port, PortField.txFrames) * <u64>WIRE_OVERHEAD_BYTES;
    const before = portGet64(port, PortField.frameBytes);
    const waits = portGet64(port, PortField.busyUntil) > now + 1_000_000;
    const rate = <f64>portGet(port, PortField.rateKbps);
    let wants = rate * LEAST;
    // A port that no flow used a moment ago: what its frames take is not known, but that some wait is.
    if (known && dt > 0) {
      const kbps = (<f64>(bytes - before) * 8e6) / <f64>dt;
      if (waits || kbps >= FULL * <f64>rateLeft(port)) wants = <f64>EVERYTHING;
      else wants = max(wants, kbps * GROWTH);
    } else if (waits) wants = <f64>EVERYTHING;
    const kept = <f64>portGet(port, PortField.frameKbps);
    const mark = ofTime ? <u32>(last + 1) : <u32>last;
    portSet64(port, PortField.frameBytes, bytes);
    portSet(port, PortField.frameMeasured, mark);
    // A hundredth of the link more or less is not worth another sharing out.
    if (known && Math.abs(wants - kept) <= rate * LEAST) continue;
    portSet(port, PortField.frameKbps, <u32>min(wants, <f64>EVERYTHING));
    changed = true;
  }
  return changed;
}

/** Finds the rate of every flow, and tells ports and shapers what flows take of them. */
export function shareOut(now: u64): void {
  const ports = <u32>net(Net.maxPorts);
  const flows = <u32>net(Net.flows);
  const used = gather();
  const fixed = fixedAt();
  for (let i: u32 = 0; i < used; i++) {
    const resource = resourceOf(i);
    const at = row(resource);
    const all = capacity(resource, now);
    const wants = portGet(resource < ports ? resource : resource - ports, PortField.frameKbps);
    store<f64>(at, all);
    store<f64>(at, load<f64>(at, WEIGHT) + LINK, WEIGHT);
    store<f64>(at, wants == EVERYTHING ? Infinity : max(<f64>wants * 1000, all * LEAST) / LINK, WANT);
    store<u32>(at, load<u32>(at, USERS) + 1, USERS);
  }
  let rising: u32 = 0;
  for (let flow: u32 = 0; flow < flows; flow++) {
    const rises = isRunning(flow) && hasWay(flow);
    store<u8>(fixed + flow, rises ? 0 : 1);
    if (rises) rising++;
  }
  while (rising > 0) {
    const level = nextLevel(used, flows, fixed);
    for (let i: u32 = 0; i < used; i++) {
      const at = row(resourceOf(i));
      const full = load<u32>(at, USERS) != 0 && load<f64>(at) <= level * EQUAL * load<f64>(at, WEIGHT);
      store<u32>(at, full ? 1 : 0, FULL_MARK);
    }
    let stays: u32 = 0;
    for (let flow: u32 = 0; flow < flows; flow++) {
      if (load<u8>(fixed + flow) != 0) continue;
      const most = <f64>flowGet64(flow, Flow.mostBps);
      const there = flowCell(flow, Flow.way);
      const back = flowCell(flow, Flow.wayBack);
      if (most > level * EQUAL && !isFull(there) && !isFull(back)) continue;
      const rate = min(level, most);
      store<u8>(fixed + flow, 1);
      flowSet64(flow, Flow.rateBps, <u64>rate);
      settle(there, rate, LINK, SHAPER);
      settle(back, rate, LINK_BACK, SHAPER_BACK);
      stays++;
    }
    for (let i: u32 = 0; i < used; i++) {
      const at = row(resourceOf(i));
      const want = load<f64>(at, WANT);
      if (want < 0 || (want > level * EQUAL && load<u32>(at, FULL_MARK) == 0)) continue;
      take(at, min(want, level), LINK);
      store<f64>(at, -1, WANT);
      stays++;
    }
    rising = 0;
    for (let flow: u32 = 0; flow < flows; flow++) if (load<u8>(fixed + flow) == 0) rising++;
    // Each level fills something: there are no more levels than flows and links.
    assert(stays > 0);
    if (stays == 0) unreachable();
  }
  tell(now);
}

/** How far all that still rise can rise together. */
function nextLevel(used: u32, flows: u32, fixed: usize): f64 {
  let level: f64 = Infinity;
  for (let i: u32 = 0; i < used; i++) {
    const at = row(resourceOf(i));
    if (load<u32>(at, USERS) == 0) continue;
    level = min(level, max(load<f64>(at), 0) / load<f64>(at, WEIGHT));
    if (load<f64>(at, WANT) >= 0) level = min(level, load<f64>(at, WANT));
  }
  for (let flow: u32 = 0; flow < flows; flow++)
    if (load<u8>(fixed + flow) == 0) level = min(level, <f64>flowGet64(flow, Flow.mostBps));
  return level;
}

function isFull(way: usize): bool {
  const ports = <u32>net(Net.maxPorts);
  for (let i: u32 = 0; i < wayLength(way); i++) {
    const port = wayPort(way, i);
    if (load<u32>(row(port), FULL_MARK) != 0) return true;
    if (portGet(port, PortField.shaper) != 0 && load<u32>(row(ports + port), FULL_MARK) != 0) return true;
  }
  return false;
}

function settle(way: usize, rate: f64, link: f64, shaper: f64): void {
  const ports = <u32>net(Net.maxPorts);
  for (let i: u32 = 0; i < wayLength(way); i++) {
    const port = wayPort(way, i);
    take(row(port), rate, link);
    if (portGet(port, PortField.shaper) != 0) take(row(ports + port), rate, shaper);
  }
}

function take(at: usize, rate: f64, weight: f64): void {
  store<f64>(at, load<f64>(at) - rate * weight);
  store<f64>(at, load<f64>(at, WEIGHT) - weight, WEIGHT);
  store<u32>(at, load<u32>(at, USERS) - 1, USERS);
}

/** What flows take now, at every port that they use or used. */
function tell(now: u64): void {
  const ports = <u32>net(Net.maxPorts);
  // Shares by port, in bit/s: the rows of links hold them now.
  memory.fill(cellsIn, 0, <usize>2 * <usize>ports * ROW);
  const flows = <u32>net(Net.flows);
  for (let flow: u32 = 0; flow < flows; flow++) {
    if (!isRunning(flow) || !hasWay(flow)) continue;
    const rate = <f64>flowGet64(flow, Flow.rateBps);
    sum(flowCell(flow, Flow.way), rate * LINK, rate * SHAPER);
    sum(flowCell(flow, Flow.wayBack), rate * LINK_BACK, rate * SHAPER_BACK);
  }
  for (let port: u32 = 0; port < ports; port++) {
    const kbps = <u32>Math.ceil(load<f64>(row(port)) / 1000);
    if (kbps == 0 && portGet(port, PortField.flowKbps) == 0) continue;
    portSet(port, PortField.flowKbps, kbps);
    const shaper = portGet(port, PortField.shaper);
    if (shaper != 0) setFlowBps(shaper - 1, <u32>Math.ceil(load<f64>(row(ports + port))), now);
  }
}

function sum(way: usize, link: f64, shaper: f64): void {
  const ports = <u32>net(Net.maxPorts);
  for (let i: u32 = 0; i < wayLength(way); i++) {
    const port = wayPort(way, i);
    store<f64>(row(port), load<f64>(row(port)) + link);
    store<f64>(row(ports + port), load<f64>(row(ports + port)) + shaper);
  }
}

/** True when flows take more of a shaper than its average, and its bucket holds no frame any more. */
export function burstIsOver(now: u64): bool {
  return nextBurstEnd(now) <= now + 1;
}

/** When the first shaper that flows empty is empty; u64.MAX_VALUE: none will be. */
export function nextBurstEnd(now: u64): u64 {
  let first = u64.MAX_VALUE;
  const flows = <u32>net(Net.flows);
  for (let flow: u32 = 0; flow < flows; flow++) {
    if (!isRunning(flow) || !hasWay(flow)) continue;
    const way = flowCell(flow, Flow.way);
    for (let i: u32 = 0; i < wayLength(way); i++) {
      const shaper = portGet(wayPort(way, i), PortField.shaper);
      if (shaper == 0) continue;
      const left = burstLeft(shaper - 1, now);
      if (left != u64.MAX_VALUE) first = min(first, now + left);
    }
  }
  return first;
}
