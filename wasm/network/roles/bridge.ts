/**
 * A guest with several cards that passes on by one what it hears at another: a transparent bridge (IEEE 802.1D), as
 * bridge-utils make one of a Linux 2.4. It learns like a switch, floods what it does not know, leaves tags as they are,
 * and plays no spanning tree (`brctl stp` is off until somebody switches it on).
 *
 * What it passes on takes its processor: one frame after the other, each as long as a frame that the guest sends itself
 * (links.ts). Frames wait for it in one queue, `net.core.netdev_max_backlog`: 300 in Linux 2.4; more are dropped.
 */
import { get } from '../../kernel/header';
import { below } from '../../kernel/random';
import { Field } from '../../shared/columns';
import { DropReason, NodeField, PortField } from '../../shared/network';
import { getMac } from '../bytes';
import { bytesOf, countCopy, drop } from '../frames';
import { isGroup, isLive, PROCESSING_NS, transmitReady } from '../links';
import { learn, portOf } from '../physical-switch';
import { mac, nodeCell, nodeGet, portGet } from '../tables';

/** Mean time for a frame, and how much of that may wait. */
const MEAN_NS: u64 = PROCESSING_NS / 2;
const BACKLOG: u64 = 300;
const NONE: u32 = 0xffff_ffff;

/** When the processor will have passed on one more frame (ns); 0: too many wait already. */
function passedOn(node: u32): u64 {
  const at = nodeCell(node, NodeField.bridgeUntil);
  const now = get(Field.timeNs);
  const free = max(load<u64>(at), now);
  if (free - now > BACKLOG * MEAN_NS) return 0;
  const ready = free + <u64>below(nodeCell(node, NodeField.random), PROCESSING_NS);
  store<u64>(at, ready);
  return ready;
}

function isOwn(node: u32, address: u64): bool {
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next))
    if (mac(at - 1) == address) return true;
  return false;
}

/**
 * A frame that a card of a bridging station has received. @returns true when the station itself is to have it too: it is
 * for one of its cards, or for all; else the caller's use of it has ended
 */
export function bridge(node: u32, port: u32, frame: u32): bool {
  const at = bytesOf(frame);
  const group = isGroup(frame);
  if ((load<u8>(at, 6) & 1) == 0) learn(node, 0, getMac(at + 6), port);
  const destination = getMac(at);
  if (!group && isOwn(node, destination)) return true;
  const known = group ? NONE : portOf(node, 0, destination);
  if (known == port) {
    drop(frame, port, DropReason.samePort);
    return false;
  }
  const ready = passedOn(node);
  if (ready == 0) {
    if (group) countCopy(frame);
    drop(frame, port, DropReason.queueFull);
    return group;
  }
  let out: u32 = known;
  if (known == NONE)
    for (let next = nodeGet(node, NodeField.firstPort); next != 0; next = portGet(next - 1, PortField.next)) {
      const other = next - 1;
      if (other == port || !isLive(other)) continue;
      if (out != NONE) {
        countCopy(frame);
        transmitReady(out, frame, ready);
      }
      out = other;
    }
  if (group) {
    if (out == NONE) return true;
    countCopy(frame);
  }
  if (out == NONE) drop(frame, port, DropReason.unknownAddress);
  else transmitReady(out, frame, ready);
  return group;
}
