/** IPv4 (RFC 791): packets out, packets in, routes. No fragments: those that come are dropped, none are made. */
import { checksumOf, get16, get32, getMac, put16, put32, sumWords, updatedChecksum } from '../bytes';
import {
  bytesOf,
  consume,
  countMade,
  drop,
  lengthOf,
  newFrame,
  NO_FRAME,
  release,
  stripTag,
  tagOf,
  writable,
} from '../frames';
import { listGet, nextRow } from '../lists';
import { addNet, mac, Net, nodeAdd, nodeGet, portGet, portIs } from '../tables';
import { DropReason, NodeField, PortField, PortFlag, StationRole } from '../../shared/network';
import { bridge } from '../roles/bridge';
import { announceUnreachable, receiveIcmp } from './icmp';
import { BROADCAST, receiveArp, sendTo, sendToHop } from './neighbours';
import { receiveGre } from './ppp';
import { receiveTcp } from './tcp';
import { receiveUdp } from './udp';
import { enters, passes } from './filter';

export const NO_PORT: u32 = 0xffff_ffff;
export const ETHERNET: usize = 14;
/** Where the payload of a packet begins that was made here: Ethernet header and IPv4 header without options. */
export const PAYLOAD: usize = 34;
const HEADER: u32 = 20;
const TTL: u32 = 128;
export const MAX_PAYLOAD: u32 = 1480;
/** What makes a station pass packets on. */
const FORWARDING: u32 = StationRole.forwards | StationRole.firewall | StationRole.nat;

export enum Protocol {
  icmp = 1,
  tcp = 6,
  udp = 17,
  gre = 47,
}

export function mask(prefix: u32): u32 {
  return prefix == 0 ? 0 : 0xffff_ffff << (32 - prefix);
}

/** True when an address is on the wire of this card, or at the other end of this PPP link. */
export function isOnWire(port: u32, address: u32): bool {
  // The tunnel's own packets never go through it.
  if (portIs(port, PortFlag.ppp))
    return portGet(port, PortField.remoteAddress) == address && portGet(port, PortField.pppOuter) != address;
  const own = portGet(port, PortField.address);
  return own != 0 && ((own ^ address) & mask(portGet(port, PortField.prefix))) == 0;
}

function portOnWire(node: u32, address: u32): u32 {
  let found = NO_PORT;
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    if (!isOnWire(at - 1, address)) continue;
    // The longest prefix wins: the other end of a link is nowhere else.
    if (portIs(at - 1, PortFlag.ppp)) return at - 1;
    if (found == NO_PORT) found = at - 1;
  }
  return found;
}

/** The next hop towards an address: the address itself, a router's, or 0 when there is no way. */
export function hopTo(node: u32, destination: u32): u32 {
  if (portOnWire(node, destination) != NO_PORT) return destination;
  for (let row = nodeGet(node, NodeField.routes); row != 0; row = nextRow(row - 1))
    if (((listGet(row - 1, 1) ^ destination) & mask(listGet(row - 1, 2))) == 0) return listGet(row - 1, 3);
  const tunnel = nodeGet(node, NodeField.tunnel);
  if (tunnel != 0 && portGet(tunnel - 1, PortField.pppOuter) == destination)
    return portGet(tunnel - 1, PortField.pppGateway);
  return nodeGet(node, NodeField.gateway);
}

/** The card by which a hop is reached, NO_PORT when none is on its wire. */
export function portTo(node: u32, hop: u32): u32 {
  return hop == 0 ? NO_PORT : portOnWire(node, hop);
}

/** The address that this station uses towards another; 0 when there is no way. */
export function sourceFor(node: u32, destination: u32): u32 {
  const port = portTo(node, hopTo(node, destination));
  return port == NO_PORT ? 0 : portGet(port, PortField.address);
}

export function isMine(node: u32, address: u32): bool {
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next))
    if (portGet(at - 1, PortField.address) == address) return address != 0;
  return false;
}

/** A frame with room for a packet of `payload` bytes, which begin at bytesOf() + PAYLOAD. */
export function newPacket(payload: u32, parent: u32): u32 {
  return newFrame(<u32>PAYLOAD + payload, parent);
}

/** Writes the IPv4 header of a packet that was made here. */
export function writeHeader(node: u32, frame: u32, protocol: u32, source: u32, destination: u32): void {
  const at = bytesOf(frame) + ETHERNET;
  const id = nodeGet(node, NodeField.nextIpId);
  nodeAdd(node, NodeField.nextIpId, 1);
  store<u8>(at, 0x45);
  store<u8>(at + 1, 0);
  put16(at + 2, lengthOf(frame) - <u32>ETHERNET);
  put16(at + 4, id & 0xffff);
  // Windows and Linux of the time look for the path's MTU: "do not fragment" for TCP.
  put16(at + 6, protocol == Protocol.tcp ? 0x4000 : 0);
  store<u8>(at + 8, <u8>TTL);
  store<u8>(at + 9, <u8>protocol);
  store<u16>(at + 10, 0);
  put32(at + 12, source);
  put32(at + 16, destination);
  store<u16>(at + 10, <u16>checksumOf(sumWords(at, HEADER)));
}

/** Sends a packet whose payload is written, checksum included. */
export function sendPacket(node: u32, frame: u32, protocol: u32, source: u32, destination: u32): void {
  writeHeader(node, frame, protocol, source, destination);
  const hop = hopTo(node, destination);
  const port = portTo(node, hop);
  if (port == NO_PORT) {
    // Without a card it was never on a wire.
    if (nodeGet(node, NodeField.firstPort) == 0) return release(frame);
    countMade(lengthOf(frame));
    return drop(frame, nodeGet(node, NodeField.firstPort) - 1, DropReason.noRoute);
  }
  sendToHop(port, frame, hop, true);
}

/** Sends a packet to all stations of a wire. */
export function broadcast(node: u32, port: u32, frame: u32, protocol: u32, source: u32): void {
  writeHeader(node, frame, protocol, source, 0xffff_ffff);
  sendTo(port, frame, BROADCAST, 0x0800, true);
}

/** The options of a header, each with a length that lies within it (RFC 791 section 3.1). */
function optionsAreSound(at: usize, length: u32): bool {
  let i: u32 = HEADER;
  while (i < length) {
    const kind = load<u8>(at + i);
    if (kind == 0) return true;
    if (kind == 1) i++;
    else {
      if (i + 1 >= length) return false;
      const size = <u32>load<u8>(at + i + 1);
      if (size < 2 || i + size > length) return false;
      i += size;
    }
  }
  return true;
}

/** An IPv4 packet that came in by a card, `offset` bytes into the frame. */
export function receiveIp(node: u32, port: u32, frame: u32, offset: u32): void {
  const room = lengthOf(frame) - offset;
  if (room < HEADER) return drop(frame, port, DropReason.tooShort);
  const at = bytesOf(frame) + offset;
  const first = <u32>load<u8>(at);
  if (first >> 4 != 4) return drop(frame, port, DropReason.badVersion);
  const header = (first & 15) << 2;
  const total = get16(at + 2);
  if (header < HEADER || header > total || total > room) return drop(frame, port, DropReason.badLength);
  if (checksumOf(sumWords(at, header)) != 0) return drop(frame, port, DropReason.badChecksum);
  if (header > HEADER && !optionsAreSound(at, header)) return drop(frame, port, DropReason.badOption);
  if ((get16(at + 6) & 0x3fff) != 0) return drop(frame, port, DropReason.fragment);
  const destination = get32(at + 16);
  const roles = nodeGet(node, NodeField.roles);
  // What NAT has sent out comes back to its own address.
  if ((roles & StationRole.nat) != 0 && portIs(port, PortFlag.natOutside) && isMine(node, destination)) {
    const back = enters(node, port, frame, at, header, total);
    if (back == NO_FRAME) return;
    if (back != frame || get32(bytesOf(back) + offset + 16) != destination)
      return forward(node, port, back, offset, header);
  }
  if (isForMe(node, port, destination)) return local(node, port, frame, at, header, total);
  if ((roles & FORWARDING) == 0) return drop(frame, port, DropReason.notForMe);
  if ((load<u8>(bytesOf(frame)) & 1) != 0) return drop(frame, port, DropReason.notForMe);
  const passed = passes(node, port, frame, at, header, total);
  if (passed == NO_FRAME) return;
  forward(node, port, passed, offset, header);
}

function isForMe(node: u32, port: u32, destination: u32): bool {
  if (destination == 0xffff_ffff || isMine(node, destination)) return true;
  const own = portGet(port, PortField.address);
  const bits = mask(portGet(port, PortField.prefix));
  return own != 0 && destination == (own | ~bits);
}

function local(node: u32, port: u32, frame: u32, at: usize, header: u32, total: u32): void {
  const payload = at + header;
  const length = total - header;
  const source = get32(at + 12);
  const destination = get32(at + 16);
  switch (<u32>load<u8>(at + 9)) {
    case Protocol.tcp:
      return receiveTcp(node, port, frame, payload, length, source, destination);
    case Protocol.udp:
      return receiveUdp(node, port, frame, at, payload, length, source, destination);
    case Protocol.icmp:
      return receiveIcmp(node, port, frame, payload, length, source, destination);
    case Protocol.gre:
      return receiveGre(node, port, frame, payload, length, source, destination);
    default:
      return drop(frame, port, DropReason.unknownProtocol);
  }
}

/** Passes a packet on: one hop fewer to live, the next hop's address. */
function forward(node: u32, inPort: u32, frame: u32, offset: u32, header: u32): void {
  const destination = get32(bytesOf(frame) + offset + 16);
  if (load<u8>(bytesOf(frame) + offset + 8) <= 1) {
    announceUnreachable(node, frame, bytesOf(frame) + offset, header, 11, 0);
    return drop(frame, inPort, DropReason.ttlExpired);
  }
  const hop = hopTo(node, destination);
  const out = portTo(node, hop);
  if (out == NO_PORT) {
    announceUnreachable(node, frame, bytesOf(frame) + offset, header, 3, 0);
    return drop(frame, inPort, DropReason.noRoute);
  }
  const mine = writable(frame);
  if (mine == NO_FRAME) return drop(frame, inPort, DropReason.noBuffers);
  if (tagOf(mine) != 0) {
    stripTag(mine);
    addNet(Net.madeBytes, -4);
  }
  const at = bytesOf(mine) + ETHERNET;
  const before = get16(at + 8);
  put16(at + 8, before - 0x100);
  put16(at + 10, updatedChecksum(get16(at + 10), before, before - 0x100));
  sendToHop(out, mine, hop, false);
}

/** A frame that a station's card has received. */
export function receiveFrame(node: u32, port: u32, frame: u32): void {
  if (nodeGet(node, NodeField.up) == 0) return drop(frame, port, DropReason.stationDown);
  if ((nodeGet(node, NodeField.roles) & StationRole.bridge) != 0 && !bridge(node, port, frame)) return;
  const at = bytesOf(frame);
  const destination = getMac(at);
  if ((load<u8>(at) & 1) == 0) {
    if (destination != mac(port)) return drop(frame, port, DropReason.notForMe);
  } else if (destination != BROADCAST) return drop(frame, port, DropReason.notForMe);
  const tag = tagOf(frame);
  if (tag != 0 && tag != portGet(port, PortField.vlan)) return drop(frame, port, DropReason.otherVlan);
  const offset: u32 = tag != 0 ? 18 : 14;
  switch (get16(at + offset - 2)) {
    case 0x0800:
      return receiveIp(node, port, frame, offset);
    case 0x0806:
      return receiveArp(port, frame, at + offset, lengthOf(frame) - offset);
    case 0x8035:
      return consume(frame);
    default:
      return drop(frame, port, DropReason.unknownProtocol);
  }
}
