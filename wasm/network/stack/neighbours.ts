/**
 * ARP (RFC 826): who on this wire has that IPv4 address. An answer is kept for two minutes ("Windows 2000 TCP/IP
 * Implementation Details", ARP Cache Aging; entries in use are kept for ten there, and asked for again here); up to
 * three packets wait for one; a question is asked three times, a second apart.
 */
import { record } from '../../kernel/events';
import { get } from '../../kernel/header';
import { mix64 } from '../../kernel/random';
import { Field } from '../../shared/columns';
import { EventKind } from '../../shared/events';
import { DropReason, NodeField, PortField, PortFlag } from '../../shared/network';
import { Reason } from '../../shared/reasons';
import { get16, get32, getMac, put16, put32, putMac } from '../bytes';
import {
  addTag,
  bytesOf,
  consume,
  deliveryFrame,
  deliveryPort,
  drop,
  endDelivery,
  lengthOf,
  newDelivery,
  newFrame,
  NO_FRAME,
  pad,
  tagOf,
} from '../frames';
import { NetEvent, netEvent, netSchedule, transmit, transmitNew } from '../links';
import {
  addNet,
  DELIVERY_BYTES,
  deliveryPtr,
  mac,
  Net,
  NEIGHBOUR_BYTES,
  neighbourPtr,
  NEIGHBOURS,
  nodeGet,
  portGet,
  portIs,
} from '../tables';
import { leave } from '../vlan';
import { encapsulate } from './ppp';

export const BROADCAST: u64 = 0xffff_ffff_ffff;
const KEPT_NS: u64 = 120_000_000_000;
const RETRY_NS: u64 = 1_000_000_000;
const TRIES: u32 = 3;
const MAX_WAITING: u32 = 3;
const ARP_BYTES: u32 = 42;

// │ key u64 │ MAC u64 │ expires u64 │ waiting: delivery + 1 │ how many │ tries │ –
const MAC: usize = 8;
const EXPIRES: usize = 16;
const WAITING: usize = 24;
const COUNT: usize = 28;
const TRIED: usize = 32;

/** Places that are looked at for a neighbour: the first ones of a hash table. */
const PROBES: u32 = 16;

function keyOf(port: u32, address: u32): u64 {
  return ((<u64>(port + 1)) << 32) | (<u64>address);
}

/** Row of a neighbour of a card; 0 when it is not there. */
function find(port: u32, address: u32): usize {
  const key = keyOf(port, address);
  const slot = <u32>mix64(key);
  for (let n: u32 = 0; n < PROBES; n++) {
    const at = neighbourPtr + <usize>((slot + n) % NEIGHBOURS) * NEIGHBOUR_BYTES;
    if (load<u64>(at) == key) return at;
  }
  return 0;
}

/** The same, made in a free place or in that of one whose time is over; 0 when there is none. */
function rowOf(port: u32, address: u32): usize {
  const there = find(port, address);
  if (there != 0) return there;
  const key = keyOf(port, address);
  const slot = <u32>mix64(key);
  const now = get(Field.timeNs);
  for (let n: u32 = 0; n < PROBES; n++) {
    const at = neighbourPtr + <usize>((slot + n) % NEIGHBOURS) * NEIGHBOUR_BYTES;
    if (load<u64>(at) != 0 && (load<u32>(at, COUNT) != 0 || load<u64>(at, EXPIRES) > now)) continue;
    memory.fill(at, 0, NEIGHBOUR_BYTES);
    store<u64>(at, key);
    return at;
  }
  return 0;
}

/** What a card last knew of an address of its wire, however long ago; 0: nothing. */
export function lastKnown(port: u32, address: u32): u64 {
  const row = find(port, address);
  return row == 0 ? 0 : load<u64>(row, MAC);
}

/** A card has lost its link: what it knew may be wrong, and what waited goes nowhere. */
export function forgetNeighbours(port: u32): void {
  for (let n: u32 = 0; n < NEIGHBOURS; n++) {
    const row = neighbourPtr + <usize>n * NEIGHBOUR_BYTES;
    if (load<u64>(row) >> 32 != <u64>port + 1) continue;
    dropWaiting(row, DropReason.linkDown);
    memory.fill(row, 0, NEIGHBOUR_BYTES);
  }
}

/** Puts source and destination in front of a packet, tagged where the card tags, and sends it. */
export function sendTo(port: u32, frame: u32, destination: u64, type: u32, isNew: bool): void {
  const at = bytesOf(frame);
  const before = lengthOf(frame);
  putMac(at, destination);
  putMac(at + 6, mac(port));
  put16(at + 12, type);
  pad(frame);
  const vlan = portGet(port, PortField.vlan);
  if (vlan != 0 && tagOf(frame) == 0) addTag(frame, vlan);
  if (isNew) return transmitNew(port, frame);
  addNet(Net.madeBytes, <i64>lengthOf(frame) - <i64>before);
  transmit(port, frame);
}

function sendArp(port: u32, operation: u32, to: u64, sender: u32, target: u64, targetAddress: u32): void {
  const frame = newFrame(ARP_BYTES, 0);
  if (frame == NO_FRAME) return;
  const at = bytesOf(frame) + 14;
  put16(at, 1);
  put16(at + 2, 0x0800);
  store<u8>(at + 4, 6);
  store<u8>(at + 5, 4);
  put16(at + 6, operation);
  putMac(at + 8, mac(port));
  put32(at + 14, sender);
  putMac(at + 18, target);
  put32(at + 24, targetAddress);
  sendTo(port, frame, to, 0x0806, true);
}

/** A card that has a new address says so to all (gratuitous ARP): whoever has it too will object. */
export function announce(port: u32): void {
  const own = portGet(port, PortField.address);
  sendArp(port, 1, BROADCAST, own, 0, own);
}

/**
 * Reverse ARP (RFC 903), as a host sends it for a VM that has come to another place: switches learn the new way.
 */
export function announceReverse(port: u32): void {
  const frame = reverse(mac(port));
  if (frame != NO_FRAME) sendTo(port, frame, BROADCAST, 0x8035, true);
}

/** The same by an uplink that has taken over a card, in the VLAN of the card's port. */
export function announceBy(uplink: u32, card: u64, vlan: u32): void {
  const frame = reverse(card);
  if (frame == NO_FRAME) return;
  const at = bytesOf(frame);
  putMac(at, BROADCAST);
  putMac(at + 6, card);
  put16(at + 12, 0x8035);
  pad(frame);
  countNew(frame);
  leave(uplink, frame, vlan, true);
}

function reverse(card: u64): u32 {
  const frame = newFrame(ARP_BYTES, 0);
  if (frame == NO_FRAME) return frame;
  const at = bytesOf(frame) + 14;
  put16(at, 1);
  put16(at + 2, 0x0800);
  store<u8>(at + 4, 6);
  store<u8>(at + 5, 4);
  put16(at + 6, 3);
  putMac(at + 8, card);
  put32(at + 14, 0);
  putMac(at + 18, card);
  put32(at + 24, 0);
  return frame;
}

/** Sends an IPv4 packet to its next hop: at once, or when the hop's address is known. `isNew`: it was made here. */
export function sendToHop(port: u32, frame: u32, hop: u32, isNew: bool): void {
  if (portIs(port, PortFlag.ppp)) return encapsulate(port, frame, isNew);
  const row = rowOf(port, hop);
  if (row == 0) {
    if (isNew) countNew(frame);
    return drop(frame, port, DropReason.tableFull);
  }
  const now = get(Field.timeNs);
  const known = load<u64>(row, MAC);
  if (known != 0 && load<u64>(row, EXPIRES) > now) return sendTo(port, frame, known, 0x0800, isNew);
  if (isNew) countNew(frame);
  if (load<u32>(row, COUNT) >= MAX_WAITING) return drop(frame, port, DropReason.noArpAnswer);
  const delivery = newDelivery(frame, port);
  if (delivery == NO_FRAME) return drop(frame, port, DropReason.noBuffers);
  let tail = row + WAITING;
  while (load<u32>(tail) != 0) tail = deliveryPtr + <usize>(load<u32>(tail) - 1) * DELIVERY_BYTES + 12;
  store<u32>(tail, delivery + 1);
  store<u32>(row, load<u32>(row, COUNT) + 1, COUNT);
  if (load<u32>(row, COUNT) > 1) return;
  store<u32>(row, 1, TRIED);
  ask(row);
}

function countNew(frame: u32): void {
  addNet(Net.made, 1);
  addNet(Net.madeBytes, lengthOf(frame));
}

function ask(row: usize): void {
  const port = <u32>(load<u64>(row) >> 32) - 1;
  sendArp(port, 1, BROADCAST, portGet(port, PortField.address), 0, <u32>load<u64>(row));
  const index = <u32>((row - neighbourPtr) / NEIGHBOUR_BYTES);
  netSchedule(netEvent(NetEvent.neighbour, index), get(Field.timeNs) + RETRY_NS);
}

/** First delivery + 1 that waits for a neighbour: row `index` of the table. For counting again. */
export function waitingAt(index: u32): u32 {
  return load<u32>(neighbourPtr + <usize>index * NEIGHBOUR_BYTES, WAITING);
}

/** A second has passed since the last question. */
export function askAgain(index: u32): void {
  const row = neighbourPtr + <usize>index * NEIGHBOUR_BYTES;
  if (load<u32>(row, COUNT) == 0) return;
  if (load<u32>(row, TRIED) < TRIES) {
    store<u32>(row, load<u32>(row, TRIED) + 1, TRIED);
    return ask(row);
  }
  dropWaiting(row, DropReason.noArpAnswer);
}

function dropWaiting(row: usize, reason: DropReason): void {
  for (let next = takeWaiting(row); next != 0;) {
    const delivery = next - 1;
    next = load<u32>(deliveryPtr + <usize>delivery * DELIVERY_BYTES + 12);
    const frame = deliveryFrame(delivery);
    const port = deliveryPort(delivery);
    endDelivery(delivery);
    drop(frame, port, reason);
  }
}

function takeWaiting(row: usize): u32 {
  const first = load<u32>(row, WAITING);
  store<u32>(row, 0, WAITING);
  store<u32>(row, 0, COUNT);
  return first;
}

/** A neighbour's address is known now: what waited for it goes. */
function know(row: usize, address: u64): void {
  store<u64>(row, address, MAC);
  store<u64>(row, get(Field.timeNs) + KEPT_NS, EXPIRES);
  for (let next = takeWaiting(row); next != 0;) {
    const delivery = next - 1;
    next = load<u32>(deliveryPtr + <usize>delivery * DELIVERY_BYTES + 12);
    const frame = deliveryFrame(delivery);
    const port = deliveryPort(delivery);
    endDelivery(delivery);
    sendTo(port, frame, address, 0x0800, false);
  }
}

/** An ARP packet at `at` (behind the Ethernet header), `length` bytes of it. Ends the caller's use of the frame. */
export function receiveArp(port: u32, frame: u32, at: usize, length: u32): void {
  if (length < 28) return drop(frame, port, DropReason.badLength);
  if (get16(at) != 1 || get16(at + 2) != 0x0800 || load<u8>(at + 4) != 6 || load<u8>(at + 5) != 4)
    return drop(frame, port, DropReason.unknownProtocol);
  const operation = get16(at + 6);
  const sender = getMac(at + 8);
  const senderAddress = get32(at + 14);
  const targetAddress = get32(at + 24);
  const mine = portGet(port, PortField.address);
  consume(frame);
  if (senderAddress == mine && mine != 0) {
    // Its own words, which some loop has brought back, are no question.
    if (sender != mac(port)) addressConflict(port);
    return;
  }
  const forMe = mine != 0 && (targetAddress == mine || isBehind(port, targetAddress));
  // Whoever asks me will soon hear from me; whoever is known already may have changed cards (RFC 826).
  if (senderAddress != 0 && (forMe || find(port, senderAddress) != 0)) {
    const row = rowOf(port, senderAddress);
    if (row != 0) know(row, sender);
  }
  if (forMe && operation == 1) sendArp(port, 2, sender, targetAddress, sender, senderAddress);
}

/** An address at the other end of a PPP link that lands on this card's wire: this card answers for it (proxy ARP, RFC 925). */
function isBehind(port: u32, address: u32): bool {
  const node = portGet(port, PortField.node);
  if (nodeGet(node, NodeField.vpnCard) != port + 1) return false;
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next))
    if (portIs(at - 1, PortFlag.ppp) && portGet(at - 1, PortField.remoteAddress) == address) return true;
  return false;
}

/** Two cards on one wire have one address: this one says so, and keeps it (as Windows does once it runs). */
function addressConflict(port: u32): void {
  const node = portGet(port, PortField.node);
  const vm = nodeGet(node, NodeField.vm);
  record(EventKind.addressConflict, Reason.none, vm, node, portGet(port, PortField.address), port, 0);
}
