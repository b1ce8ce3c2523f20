/**
 * Conservation counted again, from the tables and from nothing else: what was made or copied was consumed, was dropped for
 * a reason, or is on its way; each use of a frame belongs to somebody; each drop stands in one node's list. Slow on purpose.
 */
import { cellsIn } from '../kernel/arena';
import { queuePayload, queueSize } from '../kernel/queue';
import { NodeField, NodeKind, PortField } from '../shared/network';
import { deliveryFrame, lengthOf, nextFree, uses } from './frames';
import { flowsLeft } from './flows';
import { NetEvent } from './links';
import { Conn, connGet, TcpState } from './stack/connection';
import { heldFrame, heldNext } from './stack/early';
import { waitingAt } from './stack/neighbours';
import {
  DELIVERY_BYTES,
  deliveryPtr,
  DROP_WORDS,
  dropPtr,
  isOpen,
  NEIGHBOURS,
  net,
  Net,
  netQueuePtr,
  nodeGet,
  portGet,
} from './tables';

function differs(field: Net, counted: u64): u32 {
  return net(field) == counted ? 0 : 1;
}

/** Uses of a frame that were found: one word a frame in the scratch cells. */
function found(frame: u32): void {
  const at = cellsIn + ((<usize>frame) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** @returns how many statements are untrue; 0: it adds up. */
export function auditNetwork(): u32 {
  if (!isOpen()) return 0;
  let wrong: u32 = 0;
  if (net(Net.made) + net(Net.copied) != net(Net.consumed) + net(Net.dropped) + net(Net.onTheWay)) wrong++;
  if (
    net(Net.madeBytes) + net(Net.copiedBytes) !=
    net(Net.consumedBytes) + net(Net.droppedBytes) + net(Net.onTheWayBytes)
  )
    wrong++;
  if (net(Net.flowAsked) != net(Net.flowMoved) + net(Net.flowGivenUp) + flowsLeft()) wrong++;
  return wrong + auditFrames() + auditDrops() + auditPorts();
}

/** Deliveries in the queue and behind questions for an address; segments that came early; the free frames. */
function auditFrames(): u32 {
  const frames = <u32>net(Net.frames);
  memory.fill(cellsIn, 0, (<usize>frames) << 2);
  let onTheWay: u64 = 0;
  let bytes: u64 = 0;
  const entries = queueSize(netQueuePtr);
  for (let i: u32 = 0; i < entries; i++) {
    const payload = queuePayload(netQueuePtr, i);
    const type = payload >> 24;
    if (type != NetEvent.arrival && type != NetEvent.injected) continue;
    const frame = deliveryFrame(payload & 0x00ff_ffff);
    found(frame);
    onTheWay++;
    bytes += lengthOf(frame);
  }
  for (let n: u32 = 0; n < NEIGHBOURS; n++) {
    for (
      let at = waitingAt(n);
      at != 0;
      at = load<u32>(deliveryPtr + <usize>(at - 1) * DELIVERY_BYTES + 12)
    ) {
      const frame = deliveryFrame(at - 1);
      found(frame);
      onTheWay++;
      bytes += lengthOf(frame);
    }
  }
  const connections = <u32>net(Net.connections);
  for (let conn: u32 = 0; conn < connections; conn++) {
    if (connGet(conn, Conn.state) == TcpState.free) continue;
    for (let at = connGet(conn, Conn.early); at != 0; at = heldNext(at - 1)) found(heldFrame(at - 1));
  }
  let wrong = differs(Net.onTheWay, onTheWay) + differs(Net.onTheWayBytes, bytes);
  let live: u64 = 0;
  for (let frame: u32 = 0; frame < frames; frame++) {
    const counted = load<u32>(cellsIn + ((<usize>frame) << 2));
    if (uses(frame) != counted) wrong++;
    if (counted != 0) live++;
  }
  let free: u64 = 0;
  for (let at = <u32>net(Net.freeFrame); at != 0 && free <= <u64>frames; at = nextFree(at - 1)) free++;
  if (free + live != <u64>frames) wrong++;
  return wrong + differs(Net.liveFrames, live);
}

/** Drops by node and reason, of nodes that are there and of those that were. */
function auditDrops(): u32 {
  let wrong: u32 = 0;
  const nodes = <u32>net(Net.maxNodes);
  for (let node: u32 = 0; node < nodes; node++) {
    if (nodeGet(node, NodeField.kind) == NodeKind.none) continue;
    let sum: u64 = 0;
    for (let reason: usize = 0; reason < DROP_WORDS; reason++)
      sum += load<u32>(dropPtr + (<usize>node * DROP_WORDS + reason) * 4);
    if (
      sum !=
      <u64>nodeGet(node, NodeField.framesDropped) + ((<u64>nodeGet(node, NodeField.framesDropped + 1)) << 32)
    )
      wrong++;
  }
  return wrong;
}

/** Cables have two ends; a node's list holds its ports, as many as it says. */
function auditPorts(): u32 {
  let wrong: u32 = 0;
  let count: u64 = 0;
  const nodes = <u32>net(Net.maxNodes);
  for (let node: u32 = 1; node < nodes; node++) {
    if (nodeGet(node, NodeField.kind) == NodeKind.none) continue;
    let here: u32 = 0;
    for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
      here++;
      const peer = portGet(at - 1, PortField.peer);
      if (portGet(at - 1, PortField.node) != node || (peer != 0 && portGet(peer - 1, PortField.peer) != at))
        wrong++;
    }
    if (here != nodeGet(node, NodeField.portCount)) wrong++;
    count += here;
  }
  return wrong + differs(Net.ports, count);
}
