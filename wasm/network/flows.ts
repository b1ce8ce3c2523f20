/**
 * Flows: bytes that move over the network without frames. What hundreds of machines download for hours is moved so: a TCP
 * connection that is opened, asks and is answered frame by frame, and whose body, but for its beginning, then moves at the
 * rate that its frames would get. That rate is the max–min fair share (Bertsekas and Gallager, Data Networks, section
 * 6.5.2) of every link and every shaper on its way, there and back; sharing.ts finds it.
 *
 * Flows and frames share links both ways: what flows take is missing to frames (`PortField.flowKbps`, links.ts), and what
 * frames want is left to them up to a fair share: measured every tenth of a second while there are flows.
 */
import { get } from '../kernel/header';
import { Field } from '../shared/columns';
import { NodeField, PortField } from '../shared/network';
import { Flow, FlowState } from '../shared/network-rows';
import { NetEvent, netEvent, netSchedule } from './links';
import { bodyLost, bodyMoved } from './roles/http';
import { burstIsOver, measureFrames, nextBurstEnd, shareOut } from './sharing';
import { connGet, connSet, Conn } from './stack/connection';
import { FLOW_WORDS, addNet, flowPtr, isOpen, net, Net, nodeGet, portCount, portGet, setNet } from './tables';
import { wayLength, wayPort, wayTo } from './ways';
export { Flow, FlowState };

export const NO_FLOW: u32 = 0xffff_ffff;
/** Rows of flows that have ended are kept for readers until so many rows are in use. */
const KEPT: u32 = 64;
const NANO: u64 = 1_000_000_000;
/** A byte, in 10⁻⁹ bits; the largest product of a rate and a time. */
const BYTE: u64 = 8 * NANO;
const LARGEST: u64 = 1 << 62;
const TICK_NS: u64 = 100_000_000;
/** Without a way a sender gives up after so many of its first time-outs: each is twice the one before (tcp.ts: five retries). */
const PATIENCE: u64 = 63;
const LEAST_RTO_MS: u32 = 300;
const MS: u64 = 1_000_000;
/** `Net.flowsChanged`: flows have begun or ended; links or addresses are others. */
const OTHER_FLOWS: u64 = 1;
const OTHER_WAYS: u64 = 2;
/** A full segment as it lies on a wire, an acknowledgment likewise; the payload of the first. */
const SEGMENT_WIRE_BITS: f64 = 1538 * 8;
const ACK_WIRE_BITS: f64 = 84 * 8;
const SEGMENT_BITS: f64 = 1460 * 8;
/** Payload in a byte of a full frame. */
const PAYLOAD: f64 = 1460.0 / 1514.0;
/** Mathis et al. (CCR 27:3, 1997): rate = C × MSS / (RTT × √p), C for an acknowledgment of every second segment. */
const MATHIS: f64 = 0.87;

export function flowCell(flow: u32, word: Flow): usize {
  return flowPtr + (<usize>flow * FLOW_WORDS + <usize>word) * 4;
}
export function flowGet(flow: u32, word: Flow): u32 {
  return load<u32>(flowCell(flow, word));
}
function flowSet(flow: u32, word: Flow, value: u32): void {
  store<u32>(flowCell(flow, word), value);
}
export function flowGet64(flow: u32, word: Flow): u64 {
  return load<u64>(flowCell(flow, word));
}
export function flowSet64(flow: u32, word: Flow, value: u64): void {
  store<u64>(flowCell(flow, word), value);
}
export function isRunning(flow: u32): bool {
  return flowGet(flow, Flow.state) == FlowState.running;
}
export function hasWay(flow: u32): bool {
  return flowGet64(flow, Flow.stalledAt) == 0;
}

/** A row: one that has ended, when many are kept, else a new one; else any that has ended. */
function take(): u32 {
  const used = <u32>net(Net.flows);
  const running = <u32>net(Net.flowsRunning);
  const room = used < <u32>net(Net.maxFlows);
  if (room && (used == running || used - running < KEPT)) {
    setNet(Net.flows, used + 1);
    return used;
  }
  let oldest = NO_FLOW;
  for (let flow: u32 = 0; flow < used; flow++) {
    if (isRunning(flow)) continue;
    if (oldest == NO_FLOW || flowGet64(flow, Flow.ended) < flowGet64(oldest, Flow.ended)) oldest = flow;
  }
  return oldest;
}

/**
 * Begins to move `bytes` from a station to an address; of two connections (+ 1) when it is their body. `window`: bytes that
 * may be on the way at once; `limitKbps` 0: as much as it gets. @returns NO_FLOW when there is no way, or no room
 */
export function startFlow(
  node: u32,
  source: u32,
  destination: u32,
  bytes: u64,
  window: u32,
  limitKbps: u32,
  server: u32,
  client: u32,
): u32 {
  if (bytes == 0) return NO_FLOW;
  const flow = take();
  if (flow == NO_FLOW) return NO_FLOW;
  memory.fill(flowCell(flow, Flow.state), 0, FLOW_WORDS * 4);
  flowSet(flow, Flow.from, node);
  flowSet(flow, Flow.source, source);
  flowSet(flow, Flow.destination, destination);
  flowSet(flow, Flow.limitKbps, limitKbps);
  flowSet64(flow, Flow.bytes, bytes);
  flowSet64(flow, Flow.started, get(Field.timeNs));
  if (!lay(flow, window)) return NO_FLOW;
  flowSet(flow, Flow.state, FlowState.running);
  flowSet(flow, Flow.server, server);
  flowSet(flow, Flow.client, client);
  if (server != 0) connSet(server - 1, Conn.flow, flow + 1);
  if (client != 0) connSet(client - 1, Conn.flow, flow + 1);
  const now = get(Field.timeNs);
  if (net(Net.flowsRunning) == 0) {
    setNet(Net.flowsAt, now);
    // What was measured before the last flow ended says nothing now.
    setNet(Net.flowsMeasured, net(Net.flowsMeasured) + 2);
    setNet(Net.flowsMeasuredAt, now);
  }
  addNet(Net.flowsRunning, 1);
  addNet(Net.flowAsked, <i64>bytes);
  changed(OTHER_FLOWS);
  return flow;
}

/** Finds the way there and back, and what it lets through. @returns false when there is none */
function lay(flow: u32, window: u32): bool {
  const source = flowGet(flow, Flow.source);
  const destination = flowGet(flow, Flow.destination);
  const there = flowCell(flow, Flow.way);
  const back = flowCell(flow, Flow.wayBack);
  const from = flowGet(flow, Flow.from);
  const to = wayTo(from, source, destination, there);
  if (to == 0 || to == from || wayTo(to, destination, source, back) != from) return false;
  flowSet(flow, Flow.to, to);
  bound(flow, window);
  return true;
}

/** The most that it takes: window and losses, its own limit, its pace in the background. */
function bound(flow: u32, window: u32): void {
  const free = most(
    flowCell(flow, Flow.way),
    flowCell(flow, Flow.wayBack),
    window,
    flowGet(flow, Flow.limitKbps),
  );
  const pace = flowGet(flow, Flow.paceKbps);
  const bps = pace == 0 ? free : min(free, <f64>pace * 1000 * PAYLOAD);
  flowSet64(flow, Flow.mostBps, <u64>max(bps, 1));
}

/** Bytes that may be on the way of a flow at once: what its receiver offers. */
function windowOf(flow: u32): u32 {
  const client = flowGet(flow, Flow.client);
  return client == 0 ? nodeGet(flowGet(flow, Flow.to), NodeField.window) : connGet(client - 1, Conn.rcvWnd);
}

/** A flow in the background takes no more of its machine's link than this (kbit/s, headers included; 0: what it gets). */
export function setPace(flow: u32, kbps: u32): void {
  const known = flowGet(flow, Flow.background) != 0 && flowGet(flow, Flow.paceKbps) == kbps;
  flowSet(flow, Flow.background, 1);
  if (known || !isRunning(flow)) return;
  flowSet(flow, Flow.paceKbps, kbps);
  bound(flow, windowOf(flow));
  changed(OTHER_FLOWS);
}

/** Bytes that a flow has moved up to now. */
export function settled(flow: u32): u64 {
  if (isRunning(flow)) move(get(Field.timeNs));
  return flowGet64(flow, Flow.done);
}

/** Payload (bit/s) that window and losses let through: one window a round trip, or what Mathis's formula says. */
function most(there: usize, back: usize, window: u32, limitKbps: u32): f64 {
  let ns: f64 = 0;
  let loss: f64 = 0;
  for (let i: u32 = 0; i < wayLength(there); i++) {
    const port = wayPort(there, i);
    ns += <f64>portGet(port, PortField.delayNs);
    ns += (SEGMENT_WIRE_BITS * 1e6) / <f64>portGet(port, PortField.rateKbps);
    loss += <f64>portGet(port, PortField.lossPpm) / 1e6;
  }
  for (let i: u32 = 0; i < wayLength(back); i++) {
    const port = wayPort(back, i);
    ns += <f64>portGet(port, PortField.delayNs);
    ns += (ACK_WIRE_BITS * 1e6) / <f64>portGet(port, PortField.rateKbps);
  }
  let bps: f64 = (<f64>window * 8e9) / ns;
  if (loss > 0) bps = min(bps, (MATHIS * SEGMENT_BITS * 1e9) / (ns * Math.sqrt(min(loss, 1))));
  if (limitKbps != 0) bps = min(bps, <f64>limitKbps * 1000);
  return max(Math.floor(bps), 1);
}

/** Links or addresses are others than they were: ways are looked for and shares found again, now. */
export function flowsTouched(): void {
  if (isOpen() && net(Net.flowsRunning) != 0) changed(OTHER_WAYS);
}

function changed(what: u64): void {
  setNet(Net.flowsChanged, max(net(Net.flowsChanged), what));
  due(get(Field.timeNs));
}

/** One entry in the queue serves until it is due; one that was overtaken is known by its time. */
function due(time: u64): void {
  setNet(Net.flowsDue, time);
  const queued = net(Net.flowsQueued);
  if (queued != 0 && queued <= time) return;
  setNet(Net.flowsQueued, max<u64>(time, 1));
  netSchedule(netEvent(NetEvent.flows, 0), time);
}

/** The moment that flows had asked for. */
export function flowsTimer(): void {
  const now = get(Field.timeNs);
  if (net(Net.flowsQueued) != max<u64>(now, 1)) return;
  setNet(Net.flowsQueued, 0);
  const running = net(Net.flowsRunning);
  if (running != 0 && net(Net.flowsDue) > now) return due(net(Net.flowsDue));
  if (running != 0) {
    move(now);
    end(now);
  }
  const what = net(Net.flowsChanged);
  if (what == OTHER_WAYS) relay(now);
  const isTime = net(Net.flowsMeasuredAt) + TICK_NS <= now;
  if (measureFrames(now, isTime) || what != 0 || burstIsOver(now)) shareOut(now);
  setNet(Net.flowsChanged, 0);
  if (net(Net.flowsRunning) != 0) next(now);
}

/** All that has moved since the last look. Exact: 10⁻⁹ bits that are left over are kept. */
function move(now: u64): void {
  const passed = now - net(Net.flowsAt);
  setNet(Net.flowsAt, now);
  if (passed == 0) return;
  const used = <u32>net(Net.flows);
  for (let flow: u32 = 0; flow < used; flow++) {
    if (!isRunning(flow)) continue;
    const rate = flowGet64(flow, Flow.rateBps);
    if (rate == 0) continue;
    let moved: u64 = 0;
    let part = flowGet64(flow, Flow.part);
    // In steps whose product fits 64 bits, whatever the rate.
    const longest = max<u64>(LARGEST / rate, 1);
    for (let left = passed; left > 0;) {
      const step = min(left, longest);
      left -= step;
      part += rate * step;
      moved += part / BYTE;
      part %= BYTE;
    }
    moved = min(moved, flowGet64(flow, Flow.bytes) - flowGet64(flow, Flow.done));
    flowSet64(flow, Flow.part, part);
    flowSet64(flow, Flow.done, flowGet64(flow, Flow.done) + moved);
    addNet(Net.flowMoved, <i64>moved);
    const way = flowCell(flow, Flow.way);
    for (let i: u32 = 0; i < wayLength(way); i++) {
      const port = wayPort(way, i);
      portCount(port, PortField.flowTxBytes, moved);
      const peer = portGet(port, PortField.peer);
      if (peer == 0) continue;
      portCount(peer - 1, PortField.flowRxBytes, moved);
      if (i + 1 == wayLength(way) && flowGet(flow, Flow.background) != 0)
        portCount(peer - 1, PortField.bitsRxBytes, moved);
    }
  }
}

/** Those that have moved all their bytes are done; those that have had no way for too long are given up. */
function end(now: u64): void {
  const used = <u32>net(Net.flows);
  for (let flow: u32 = 0; flow < used; flow++) {
    if (!isRunning(flow)) continue;
    if (flowGet64(flow, Flow.done) == flowGet64(flow, Flow.bytes)) close(flow, FlowState.done, now);
    else if (!hasWay(flow) && now - flowGet64(flow, Flow.stalledAt) >= patience(flow))
      close(flow, FlowState.failed, now);
  }
}

function patience(flow: u32): u64 {
  const server = flowGet(flow, Flow.server);
  const rto = server == 0 ? 0 : connGet(server - 1, Conn.rtoMs);
  return <u64>max(rto, LEAST_RTO_MS) * PATIENCE * MS;
}

function close(flow: u32, state: FlowState, now: u64): void {
  const server = flowGet(flow, Flow.server);
  const client = flowGet(flow, Flow.client);
  const bytes = flowGet64(flow, Flow.bytes);
  flowSet(flow, Flow.state, state);
  flowSet64(flow, Flow.ended, now);
  flowSet64(flow, Flow.rateBps, 0);
  addNet(Net.flowsRunning, -1);
  addNet(Net.flowGivenUp, <i64>(bytes - flowGet64(flow, Flow.done)));
  setNet(Net.flowsChanged, max(net(Net.flowsChanged), OTHER_FLOWS));
  if (server != 0) connSet(server - 1, Conn.flow, 0);
  if (client != 0) connSet(client - 1, Conn.flow, 0);
  if (server == 0 || client == 0) return;
  if (state == FlowState.done) bodyMoved(server - 1, client - 1, <u32>bytes);
  else bodyLost(server - 1, client - 1, <u32>flowGet64(flow, Flow.done));
}

/** A connection whose body a flow moves is no more. */
export function connectionLost(conn: u32): void {
  const flow = connGet(conn, Conn.flow) - 1;
  const server = flowGet(flow, Flow.server);
  const client = flowGet(flow, Flow.client);
  const now = get(Field.timeNs);
  move(now);
  connSet(conn, Conn.flow, 0);
  flowSet(flow, Flow.server, server == conn + 1 ? 0 : server);
  flowSet(flow, Flow.client, client == conn + 1 ? 0 : client);
  close(flow, FlowState.failed, now);
  due(now);
  const other = server == conn + 1 ? client : server;
  if (other != 0)
    bodyLost(
      server == conn + 1 ? NO_FLOW : server - 1,
      client == conn + 1 ? NO_FLOW : client - 1,
      <u32>flowGet64(flow, Flow.done),
    );
}

/** Looks for all ways again: some may have gone, or lead elsewhere. */
function relay(now: u64): void {
  const used = <u32>net(Net.flows);
  for (let flow: u32 = 0; flow < used; flow++) {
    if (!isRunning(flow)) continue;
    if (lay(flow, windowOf(flow))) flowSet64(flow, Flow.stalledAt, 0);
    else if (hasWay(flow)) {
      flowSet64(flow, Flow.stalledAt, max<u64>(now, 1));
      flowSet64(flow, Flow.rateBps, 0);
    }
  }
}

/** The first moment at which something changes by itself: a flow's end, a burst's, or the next look at frames. */
function next(now: u64): void {
  let first = net(Net.flowsMeasuredAt) + TICK_NS;
  const used = <u32>net(Net.flows);
  for (let flow: u32 = 0; flow < used; flow++) {
    if (!isRunning(flow)) continue;
    const rate = flowGet64(flow, Flow.rateBps);
    const left = flowGet64(flow, Flow.bytes) - flowGet64(flow, Flow.done);
    // Not before the next look anyway; and beyond 10⁹ bytes the product would not fit.
    if (rate == 0 || left > 1_000_000_000 || (left * 8) / rate > 1) continue;
    first = min(first, now + (left * BYTE - flowGet64(flow, Flow.part) + rate - 1) / rate);
  }
  due(max(min(first, nextBurstEnd(now)), now));
}

/** Bytes that running flows have still to move: for the books. */
export function flowsLeft(): u64 {
  let left: u64 = 0;
  const used = <u32>net(Net.flows);
  for (let flow: u32 = 0; flow < used; flow++)
    if (isRunning(flow)) left += flowGet64(flow, Flow.bytes) - flowGet64(flow, Flow.done);
  return left;
}
