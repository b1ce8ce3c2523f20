/**
 * Frames: bytes in slots, counted by references, so that a switch that sends one frame to many ports copies no byte.
 *
 *   0      4        8    12       16      20          32        64
 *   │ uses │ length │ id │ parent │ first │ –         │ headroom│ bytes …
 *
 * `id` is the frame's number in the world, kept by every copy and by whoever passes it on; `parent` is the frame that it
 * was rewritten from. `first` is where its bytes begin, from the slot's start: a VLAN tag is added in front.
 */
import { get } from '../kernel/header';
import { Field } from '../shared/columns';
import {
  DropReason,
  MAX_FRAME_BYTES,
  MIN_FRAME_BYTES,
  NodeField,
  PortField,
  WireKind,
} from '../shared/network';
import {
  addNet,
  DELIVERY_BYTES,
  deliveryPtr,
  DROP_WORDS,
  dropPtr,
  framePtr,
  Net,
  net,
  nodeCount,
  portCount,
  portGet,
  setNet,
  SLOT_BYTES,
} from './tables';
import { logWire } from './wire-log';

export const NO_FRAME: u32 = 0xffff_ffff;
const USES: usize = 0;
const LENGTH: usize = 4;
const ID: usize = 8;
const PARENT: usize = 12;
const FIRST: usize = 16;
const BYTES: u32 = 64;

function slot(frame: u32): usize {
  return framePtr + <usize>frame * SLOT_BYTES;
}

/** A new frame of `length` bytes, all of them still to be written, with one use. @returns NO_FRAME when none is free. */
export function newFrame(length: u32, parent: u32): u32 {
  const head = <u32>net(Net.freeFrame);
  let frame: u32;
  if (head != 0) {
    frame = head - 1;
    setNet(Net.freeFrame, <u64>load<u32>(slot(frame), ID));
  } else {
    frame = <u32>net(Net.frames);
    if (frame >= <u32>net(Net.maxFrames)) return NO_FRAME;
    setNet(Net.frames, frame + 1);
  }
  const at = slot(frame);
  const serial = net(Net.serial) + 1;
  setNet(Net.serial, serial);
  addNet(Net.liveFrames, 1);
  store<u32>(at, 1, USES);
  store<u32>(at, length, LENGTH);
  store<u32>(at, <u32>serial, ID);
  store<u32>(at, parent, PARENT);
  store<u32>(at, BYTES, FIRST);
  return frame;
}

export function keep(frame: u32): void {
  const at = slot(frame);
  store<u32>(at, load<u32>(at, USES) + 1, USES);
}

export function release(frame: u32): void {
  const at = slot(frame);
  const uses = load<u32>(at, USES);
  assert(uses > 0);
  store<u32>(at, uses - 1, USES);
  if (uses > 1) return;
  store<u32>(at, <u32>net(Net.freeFrame), ID);
  setNet(Net.freeFrame, frame + 1);
  addNet(Net.liveFrames, -1);
}

/** The free frame behind this one, + 1. */
export function nextFree(frame: u32): u32 {
  return load<u32>(slot(frame), ID);
}

export function uses(frame: u32): u32 {
  return load<u32>(slot(frame), USES);
}
/** Address of the frame's first byte. */
export function bytesOf(frame: u32): usize {
  const at = slot(frame);
  return at + load<u32>(at, FIRST);
}
export function lengthOf(frame: u32): u32 {
  return load<u32>(slot(frame), LENGTH);
}
export function setLength(frame: u32, length: u32): void {
  store<u32>(slot(frame), length, LENGTH);
}
export function idOf(frame: u32): u32 {
  return load<u32>(slot(frame), ID);
}
export function parentOf(frame: u32): u32 {
  return load<u32>(slot(frame), PARENT);
}

/** Fills a short frame with zeros up to the least that Ethernet carries. */
export function pad(frame: u32): void {
  const length = lengthOf(frame);
  if (length >= <u32>MIN_FRAME_BYTES) return;
  memory.fill(bytesOf(frame) + length, 0, <usize>MIN_FRAME_BYTES - length);
  setLength(frame, MIN_FRAME_BYTES);
}

/**
 * A frame that may be written: this one when nobody else uses it, else a copy that replaces the caller's use of it.
 * Either way the number stays. @returns NO_FRAME when none is free; the caller's use is then still there.
 */
export function writable(frame: u32): u32 {
  if (uses(frame) == 1) return frame;
  const copy = newFrame(lengthOf(frame), parentOf(frame));
  if (copy == NO_FRAME) return NO_FRAME;
  store<u32>(slot(copy), idOf(frame), ID);
  memory.copy(bytesOf(copy), bytesOf(frame), lengthOf(frame));
  release(frame);
  return copy;
}

/** A rewritten frame gets a number of its own and remembers what it was. */
export function renumber(frame: u32): void {
  const at = slot(frame);
  const serial = net(Net.serial) + 1;
  setNet(Net.serial, serial);
  store<u32>(at, load<u32>(at, ID), PARENT);
  store<u32>(at, <u32>serial, ID);
}

/** Puts a VLAN tag behind the addresses (802.1Q). The frame must be writable. */
export function addTag(frame: u32, vlan: u32): void {
  const at = slot(frame);
  const from = bytesOf(frame);
  const to = from - 4;
  const high = load<u64>(from);
  const low = load<u32>(from, 8);
  store<u64>(to, high);
  store<u32>(to, low, 8);
  store<u16>(to, bswap<u16>(0x8100), 12);
  store<u16>(to, bswap<u16>(<u16>vlan), 14);
  store<u32>(at, load<u32>(at, FIRST) - 4, FIRST);
  store<u32>(at, load<u32>(at, LENGTH) + 4, LENGTH);
}

export function stripTag(frame: u32): void {
  const at = slot(frame);
  const from = bytesOf(frame);
  const low = load<u32>(from, 8);
  const high = load<u64>(from);
  store<u32>(from, low, 12);
  store<u64>(from, high, 4);
  store<u32>(at, load<u32>(at, FIRST) + 4, FIRST);
  store<u32>(at, load<u32>(at, LENGTH) - 4, LENGTH);
}

/** VLAN of a tagged frame, 0 when it has no tag. */
export function tagOf(frame: u32): u32 {
  const at = bytesOf(frame);
  if (lengthOf(frame) < 18 || load<u16>(at, 12) != bswap<u16>(0x8100)) return 0;
  return (<u32>bswap<u16>(load<u16>(at, 14))) & 0xfff;
}

// A delivery: a frame on its way to one port. │ frame │ port │ epoch │ next │

export function newDelivery(frame: u32, port: u32): u32 {
  const head = <u32>net(Net.freeDelivery);
  let delivery: u32;
  if (head != 0) {
    delivery = head - 1;
    setNet(Net.freeDelivery, <u64>load<u32>(deliveryPtr + <usize>delivery * DELIVERY_BYTES, 12));
  } else {
    delivery = <u32>net(Net.deliveries);
    if (delivery >= <u32>net(Net.maxFrames) * 2) return NO_FRAME;
    setNet(Net.deliveries, delivery + 1);
  }
  const at = deliveryPtr + <usize>delivery * DELIVERY_BYTES;
  store<u32>(at, frame);
  store<u32>(at, port, 4);
  store<u32>(at, portGet(port, PortField.epoch), 8);
  store<u32>(at, 0, 12);
  addNet(Net.onTheWay, 1);
  addNet(Net.onTheWayBytes, lengthOf(frame));
  return delivery;
}
export function deliveryFrame(delivery: u32): u32 {
  return load<u32>(deliveryPtr + <usize>delivery * DELIVERY_BYTES);
}
export function deliveryPort(delivery: u32): u32 {
  return load<u32>(deliveryPtr + <usize>delivery * DELIVERY_BYTES, 4);
}
export function deliveryEpoch(delivery: u32): u32 {
  return load<u32>(deliveryPtr + <usize>delivery * DELIVERY_BYTES, 8);
}
export function endDelivery(delivery: u32): void {
  const at = deliveryPtr + <usize>delivery * DELIVERY_BYTES;
  addNet(Net.onTheWay, -1);
  addNet(Net.onTheWayBytes, -(<i64>lengthOf(load<u32>(at))));
  store<u32>(at, <u32>net(Net.freeDelivery), 12);
  setNet(Net.freeDelivery, delivery + 1);
}

/** A frame that was made here: it enters the books. */
export function countMade(length: u32): void {
  addNet(Net.made, 1);
  addNet(Net.madeBytes, length);
}

/** One use more of a frame, which goes elsewhere: it enters the books too. */
export function countCopy(frame: u32): void {
  keep(frame);
  addNet(Net.copied, 1);
  addNet(Net.copiedBytes, lengthOf(frame));
}

/** The caller's use of a frame ends well: it was meant for whoever has it now. */
export function consume(frame: u32): void {
  addNet(Net.consumed, 1);
  addNet(Net.consumedBytes, lengthOf(frame));
  release(frame);
}

/** The caller's use of a frame ends: it goes no further, at this port, for this reason. */
export function drop(frame: u32, port: u32, reason: DropReason): void {
  const length = lengthOf(frame);
  const node = portGet(port, PortField.node);
  addNet(Net.dropped, 1);
  addNet(Net.droppedBytes, length);
  portCount(port, PortField.dropped, 1);
  portCount(port, PortField.droppedBytes, length);
  nodeCount(node, NodeField.framesDropped, 1);
  const at = dropPtr + (<usize>node * DROP_WORDS + <usize>reason) * 4;
  store<u32>(at, load<u32>(at) + 1);
  logWire(WireKind.dropped, port, reason, get(Field.timeNs), frame);
  release(frame);
}

/** Frames that this node dropped for this reason. */
export function dropsOf(node: u32, reason: DropReason): u32 {
  return load<u32>(dropPtr + (<usize>node * DROP_WORDS + <usize>reason) * 4);
}

export function fits(length: u32): bool {
  return length <= <u32>MAX_FRAME_BYTES;
}
