/**
 * A switch of the building: it learns behind which port an address is from the source of each frame, forgets it after
 * five minutes of silence (802.1D's default), and floods what it does not know. No spanning tree: cheap ones have none.
 */
import { get } from '../kernel/header';
import { mix64 } from '../kernel/random';
import { Field } from '../shared/columns';
import { DropReason, LEARNED_AGE_SECONDS, NodeField, PortField } from '../shared/network';
import { getMac } from './bytes';
import { bytesOf, drop } from './frames';
import { isGroup, isLive } from './links';
import { LEARNED, LEARNED_BYTES, learnedPtr, nodeAdd, nodeGet, portGet } from './tables';
import { entering, FOREIGN, leave, mayLeave } from './vlan';

const NONE: u32 = 0xffff_ffff;
const AGE_NS: u64 = <u64>LEARNED_AGE_SECONDS * 1_000_000_000;
/** Places looked at for an address; beyond them it is not learnt, and its frames are flooded. */
const PROBES: u32 = 16;

// │ key: 1, VLAN, address u64 │ seen u64 │ port + 1 u32 │ node u32 │
function keyOf(vlan: u32, address: u64): u64 {
  return ((<u64>1) << 63) | ((<u64>vlan) << 48) | address;
}

function isRow(at: usize, node: u32, key: u64): bool {
  return load<u64>(at) == key && load<u32>(at, 20) == node;
}

/** The row of an address, or one that it may take; 0 when there is neither. */
function rowOf(node: u32, key: u64, now: u64): usize {
  const place = <u32>(mix64((key & ~((<u64>1) << 63)) ^ mix64(<u64>node + 1)) >> 32);
  let free: usize = 0;
  for (let i: u32 = 0; i < PROBES; i++) {
    const at = learnedPtr + <usize>((place + i) % LEARNED) * LEARNED_BYTES;
    if (isRow(at, node, key)) return at;
    if (free == 0 && (load<u64>(at) == 0 || load<u64>(at, 8) + AGE_NS < now)) free = at;
  }
  return free;
}

export function learn(node: u32, vlan: u32, address: u64, port: u32): void {
  const key = keyOf(vlan, address);
  const now = get(Field.timeNs);
  const at = rowOf(node, key, now);
  if (at == 0) return;
  if (!isRow(at, node, key)) nodeAdd(node, NodeField.learned, 1);
  store<u64>(at, key);
  store<u64>(at, now, 8);
  store<u32>(at, port + 1, 16);
  store<u32>(at, node, 20);
}

/** The port behind which an address was last heard; 0xffffffff: it is not known. */
export function portOf(node: u32, vlan: u32, address: u64): u32 {
  const key = keyOf(vlan, address);
  const now = get(Field.timeNs);
  const at = rowOf(node, key, now);
  if (at == 0 || !isRow(at, node, key) || load<u64>(at, 8) + AGE_NS < now) return NONE;
  const port = load<u32>(at, 16) - 1;
  // The cable may have been pulled since.
  return portGet(port, PortField.node) == node && isLive(port) ? port : NONE;
}

/** Passes on a frame that came in by `port`. */
export function forwardPhysical(node: u32, port: u32, frame: u32): void {
  const vlan = entering(port, frame);
  if (vlan == FOREIGN) return drop(frame, port, DropReason.otherVlan);
  const at = bytesOf(frame);
  const source = getMac(at + 6);
  if ((load<u8>(at, 6) & 1) == 0) learn(node, vlan, source, port);
  if (!isGroup(frame)) {
    const known = portOf(node, vlan, getMac(at));
    if (known == port) return drop(frame, port, DropReason.samePort);
    if (known != NONE && mayLeave(known, vlan)) return leave(known, frame, vlan, true);
  }
  let out: u32 = NONE;
  for (let next = nodeGet(node, NodeField.firstPort); next != 0; next = portGet(next - 1, PortField.next)) {
    const other = next - 1;
    if (other == port || !isLive(other) || !mayLeave(other, vlan)) continue;
    if (out != NONE) leave(out, frame, vlan, false);
    out = other;
  }
  if (out == NONE)
    return drop(frame, port, isGroup(frame) ? DropReason.nobodyElse : DropReason.unknownAddress);
  leave(out, frame, vlan, true);
}
