/**
 * Links: two ports and a cable. Each direction has a rate, a delay, a loss and a duplication; a frame that must wait
 * does so in a queue of bytes, first in, first out.
 *
 * A queue of this kind needs no entry in the event queue: when a frame is accepted, it is known when those before it
 * will have left. So a hop costs one event, the arrival.
 */
import { get } from '../kernel/header';
import { queuePush } from '../kernel/queue';
import { below } from '../kernel/random';
import { Field } from '../shared/columns';
import {
  DropReason,
  MAX_FRAME_BYTES,
  NodeField,
  NodeKind,
  PortField,
  PortFlag,
  WireKind,
} from '../shared/network';
import { bytesOf, countCopy, countMade, drop, lengthOf, newDelivery, NO_FRAME } from './frames';
import { departure } from './shaper';
import {
  addNet,
  net,
  Net,
  netQueuePtr,
  nodeCell,
  nodeCount,
  nodeGet,
  portCell,
  portGet,
  portGet64,
  portIs,
  portSet64,
} from './tables';
import { countSent } from './tally';
import { logWire } from './wire-log';

/** Preamble, check sequence and the gap between frames: bytes that a wire carries for each frame. */
export const WIRE_OVERHEAD_BYTES: u32 = 24;
const PPM: u32 = 1_000_000;
/**
 * Longest time that a station works for a frame before its card has it (interrupt, system calls, other programs): it is
 * random, and without it flows over one full queue keep step with it for ever, so that one starves (Floyd & Jacobson,
 * "On Traffic Phase Effects in Packet-Switched Gateways", 1992; ns-2 calls it overhead_). The bound is the throttle of
 * Intel's Gigabit driver of the time, 8000 interrupts a second.
 */
export const PROCESSING_NS: u32 = 125_000;

export enum NetEvent {
  arrival = 1,
  connection = 2,
  job = 3,
  neighbour = 4,
  dhcp = 5,
  /** A frame from outside begins to leave a tap. */
  injected = 6,
  /** A moment that a tunnel's end had asked for. */
  tunnel = 7,
  /** Flows must be looked at. */
  flows = 8,
}

export function netEvent(type: NetEvent, subject: u32): u32 {
  return ((<u32>type) << 24) | subject;
}

export function netSchedule(payload: u32, time: u64): void {
  const fits = queuePush(netQueuePtr, time, payload);
  assert(fits);
  if (!fits) unreachable();
}

/** Nanoseconds that `bytes` take at a rate (kbit/s). */
export function wireNs(bytes: u32, kbps: u32): u64 {
  return (<u64>bytes * 8_000_000) / <u64>kbps;
}

/** Rate left for single frames when flows take part of it: never less than a hundredth. */
export function rateLeft(port: u32): u32 {
  const rate = portGet(port, PortField.rateKbps);
  const flows = portGet(port, PortField.flowKbps);
  return flows == 0 ? rate : max(flows < rate ? rate - flows : 0, max(rate / 100, 1));
}

/** When a station has done its work for a frame that it sends now: at once for a switch, which does it in hardware. */
function processed(port: u32, now: u64): u64 {
  const node = portGet(port, PortField.node);
  if (nodeGet(node, NodeField.kind) != NodeKind.station) return now;
  const work = <u64>below(nodeCell(node, NodeField.random), PROCESSING_NS);
  const ready = max(now + work, portGet64(port, PortField.readyAt));
  portSet64(port, PortField.readyAt, ready);
  return ready;
}

/** Sends a frame out of a port. The caller's use of it goes with it. */
export function transmit(port: u32, frame: u32): void {
  transmitReady(port, frame, 0);
}

/** The same of a frame that its card has no earlier than `ready` (ns); 0: when its station has done its work for it. */
export function transmitReady(port: u32, frame: u32, ready: u64): void {
  const peer = portGet(port, PortField.peer);
  if (peer == 0 || !portIs(port, PortFlag.up)) return drop(frame, port, DropReason.linkDown);
  const length = lengthOf(frame);
  if (length > <u32>MAX_FRAME_BYTES) return drop(frame, port, DropReason.tooLong);
  const now = get(Field.timeNs);
  if (ready == 0) ready = processed(port, now);
  else {
    ready = max(ready, portGet64(port, PortField.readyAt));
    portSet64(port, PortField.readyAt, ready);
  }
  if (portGet(port, PortField.shaper) != 0) {
    ready = departure(portGet(port, PortField.shaper) - 1, length, ready);
    if (ready == u64.MAX_VALUE) return drop(frame, port, DropReason.shaperFull);
  }
  const rate = rateLeft(port);
  const busy = portGet64(port, PortField.busyUntil);
  // Behind a shaper the frames wait there, one after the other; on the wire only those that have passed it.
  const start = max(ready, busy);
  if (busy > ready) {
    const waiting = ((busy - ready) * <u64>rate) / 8_000_000;
    if (waiting > <u64>portGet(port, PortField.queueBytes)) return drop(frame, port, DropReason.queueFull);
  }
  const end = start + wireNs(length + WIRE_OVERHEAD_BYTES, rate);
  portSet64(port, PortField.busyUntil, end);
  countSent(port, length);
  const node = portGet(port, PortField.node);
  nodeCount(node, NodeField.framesOut, 1);
  nodeCount(node, NodeField.bytesOut, length);
  logWire(WireKind.sent, port, DropReason.none, now, frame);
  const loss = portGet(port, PortField.lossPpm);
  if (loss != 0 && below(portCell(port, PortField.random), PPM) < loss)
    return drop(frame, port, DropReason.lost);
  const arrival = end + <u64>portGet(port, PortField.delayNs);
  const twice = portGet(port, PortField.duplicatePpm);
  if (twice != 0 && below(portCell(port, PortField.random), PPM) < twice) {
    countCopy(frame);
    deliver(peer - 1, frame, arrival);
  }
  deliver(peer - 1, frame, arrival);
}

function deliver(port: u32, frame: u32, time: u64): void {
  const delivery = newDelivery(frame, port);
  if (delivery == NO_FRAME) return drop(frame, port, DropReason.noBuffers);
  netSchedule(netEvent(NetEvent.arrival, delivery), time);
}

/** Sends a frame that this station has just made. */
export function transmitNew(port: u32, frame: u32): void {
  countMade(lengthOf(frame));
  transmit(port, frame);
}

/** True when frames can leave by this port. */
export function isLive(port: u32): bool {
  return portGet(port, PortField.peer) != 0 && portIs(port, PortFlag.up);
}

/** Destination of a frame, for switches: its group bit says "several". */
export function isGroup(frame: u32): bool {
  return (load<u8>(bytesOf(frame)) & 1) != 0;
}

export function onTheWay(): u64 {
  return net(Net.onTheWay);
}
