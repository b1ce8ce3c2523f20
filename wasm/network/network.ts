/**
 * The network moves on: what is due at a moment, and who it is for. A frame that has arrived goes to its port's node; the
 * rest are timers that connections, jobs, neighbours and cards have asked for.
 */
import { netQueuePtr, Net, nodeCount, nodeGet, portGet, addNet, isOpen, openTables } from './tables';
import { get } from '../kernel/header';
import { queueMinTime, queuePop } from '../kernel/queue';
import { Field } from '../shared/columns';
import { DropReason, NodeField, NodeKind, PortField, WireKind } from '../shared/network';
import { Reason } from '../shared/reasons';
import {
  bytesOf,
  consume,
  countMade,
  deliveryEpoch,
  deliveryFrame,
  deliveryPort,
  drop,
  endDelivery,
  lengthOf,
  newDelivery,
  newFrame,
  NO_FRAME,
  pad,
  release,
} from './frames';
import { flowsTimer } from './flows';
import { jobTimer } from './jobs';
import { netEvent, NetEvent, netSchedule, transmit } from './links';
import { forwardPhysical } from './physical-switch';
import { dhcpTimer } from './roles/dhcp';
import { receiveFrame } from './stack/ip';
import { tunnelTimer } from './stack/ppp';
import { askAgain } from './stack/neighbours';
import { connectionTimer } from './stack/tcp';
import { countReceived, openTally } from './tally';
import { portExists } from './topology';
import { forwardVirtual } from './virtual-switch';
import { logWire, openWire, wireFull } from './wire-log';

/** Shorter ones have no addresses. */
const ETHERNET_BYTES: u32 = 14;
/** Bytes that a frame's slot can hold. */
const MAX_INJECTED_BYTES: u32 = 1536;

/** The world has been laid out: the network is empty and at rest. */
export function openNetwork(seed: u32): void {
  if (!isOpen()) openTables(seed);
  if (!isOpen()) return;
  openWire();
  openTally();
}

/** Time of the next thing that happens on the network (ns); u64.MAX_VALUE when nothing will. */
export function networkTime(): u64 {
  return isOpen() ? queueMinTime(netQueuePtr) : u64.MAX_VALUE;
}

/** A run must stop: what listeners heard has to be read first. */
export function mustDrain(): bool {
  return isOpen() && wireFull();
}

/** The next thing happens. */
export function stepNetwork(): void {
  const payload = queuePop(netQueuePtr);
  const subject = payload & 0x00ff_ffff;
  switch (payload >> 24) {
    case NetEvent.arrival:
      return arrive(subject);
    case NetEvent.connection:
      return connectionTimer(subject);
    case NetEvent.job:
      return jobTimer(subject);
    case NetEvent.neighbour:
      return askAgain(subject);
    case NetEvent.dhcp:
      return dhcpTimer(subject);
    case NetEvent.tunnel:
      return tunnelTimer(subject);
    case NetEvent.flows:
      return flowsTimer();
    default:
      return leaveTap(subject);
  }
}

/** A frame is at a port, whole. */
function arrive(delivery: u32): void {
  const frame = deliveryFrame(delivery);
  const port = deliveryPort(delivery);
  const epoch = deliveryEpoch(delivery);
  endDelivery(delivery);
  // The cable was pulled while it was on the way.
  if (portGet(port, PortField.epoch) != epoch) return drop(frame, port, DropReason.linkDown);
  const length = lengthOf(frame);
  const node = portGet(port, PortField.node);
  addNet(Net.hops, 1);
  countReceived(port, length);
  nodeCount(node, NodeField.framesIn, 1);
  nodeCount(node, NodeField.bytesIn, length);
  logWire(WireKind.received, port, DropReason.none, get(Field.timeNs), frame);
  if (length < ETHERNET_BYTES) return drop(frame, port, DropReason.tooShort);
  switch (nodeGet(node, NodeField.kind)) {
    case NodeKind.station:
      return receiveFrame(node, port, frame);
    case NodeKind.virtualSwitch:
      return forwardVirtual(node, port, frame);
    case NodeKind.physicalSwitch:
      return forwardPhysical(node, port, frame);
    default:
      return consume(frame);
  }
}

/**
 * A frame from outside, whose `length` bytes are at `from`, leaves a tap `afterNs` from now. Short ones are filled up, as a
 * card does; what has not even two addresses is taken as it is, and dropped where it arrives.
 */
export function inject(port: u32, from: usize, length: u32, afterNs: u64): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  if (nodeGet(portGet(port, PortField.node), NodeField.kind) != NodeKind.tap) return Reason.wrongNodeKind;
  if (length == 0 || length > MAX_INJECTED_BYTES) return Reason.frameTooLong;
  const frame = newFrame(length, 0);
  if (frame == NO_FRAME) return Reason.tableFull;
  memory.copy(bytesOf(frame), from, length);
  if (length >= ETHERNET_BYTES) pad(frame);
  const delivery = newDelivery(frame, port);
  if (delivery == NO_FRAME) {
    release(frame);
    return Reason.tableFull;
  }
  countMade(lengthOf(frame));
  netSchedule(netEvent(NetEvent.injected, delivery), get(Field.timeNs) + afterNs);
  return Reason.none;
}

function leaveTap(delivery: u32): void {
  const frame = deliveryFrame(delivery);
  const port = deliveryPort(delivery);
  const epoch = deliveryEpoch(delivery);
  endDelivery(delivery);
  if (portGet(port, PortField.epoch) != epoch) return drop(frame, port, DropReason.linkDown);
  transmit(port, frame);
}
