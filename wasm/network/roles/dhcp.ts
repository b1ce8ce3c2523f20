/** DHCP (RFC 2131, 2132): a server with a range of addresses for each card, and the client of a station's card. */
import { record } from '../../kernel/events';
import { get } from '../../kernel/header';
import { below, next64 } from '../../kernel/random';
import { Field } from '../../shared/columns';
import { EventKind } from '../../shared/events';
import { DhcpState, DropReason, NodeField, PortField, PortFlag } from '../../shared/network';
import { Reason } from '../../shared/reasons';
import { get32, getMac, put16, put32, putMac } from '../bytes';
import { idOf, NO_FRAME } from '../frames';
import { fail, Failure, Job, jobGet, JobKind, jobSet, JobState, wake } from '../jobs';
import { append, listGet, listSet, nextRow } from '../lists';
import { NetEvent, netEvent, netSchedule } from '../links';
import { mask } from '../stack/ip';
import { announce } from '../stack/neighbours';
import { broadcastUdp, datagram, newDatagram } from '../stack/udp';
import { clientLeased, forgetWays, setWays } from '../stack/ppp';
import { mac, net, Net, nodeCell, nodeGet, portGet, portIs, portSet, setFlag, textAt } from '../tables';
import { putDotted, putStored, putText, startsWith } from '../text';
import { textNumber } from '../texts';
import { startTftp } from './tftp';
import { Lease } from '../../shared/network-rows';
export { Lease };

const COOKIE: u32 = 0x63825363;
const FIXED: u32 = 240;
/** BOOTP's least size (RFC 1542 section 2.1). */
const SIZE: u32 = 300;
/** That of a boot ROM, and of the answer to it. */
const PXE_SIZE: u32 = 548;
/** Where the boot file's name is, and its room; the next server's address. */
const FILE: usize = 108;
const FILE_BYTES: u32 = 128;
const NEXT_SERVER: usize = 20;
/** A boot ROM waits for a minute: four questions. */
const PXE_PATIENCE_MS: u64 = 60_000;
const SECOND: u64 = 1_000_000_000;
const OFFER_SECONDS: u32 = 60;
/** Locally administered, then "RAS": how a VPN server is known when it asks for its clients. */
const RAS: u64 = 0x0252_4153_0000;

enum Message {
  discover = 1,
  offer = 2,
  request = 3,
  decline = 4,
  ack = 5,
  nak = 6,
  release = 7,
  inform = 8,
}

function seconds(): u32 {
  return <u32>(get(Field.timeNs) / SECOND);
}

/** Place of an option's length byte behind the cookie; 0 when it is not there. Options that do not fit end the search. */
function option(at: usize, size: u32, code: u32): usize {
  let i = FIXED;
  while (i + 1 < size) {
    const kind = <u32>load<u8>(at + i);
    if (kind == 255) return 0;
    if (kind == 0) {
      i++;
      continue;
    }
    const length = <u32>load<u8>(at + i + 1);
    if (i + 2 + length > size) return 0;
    if (kind == code) return at + i + 1;
    i += 2 + length;
  }
  return 0;
}

function optionNumber(at: usize, size: u32, code: u32): u32 {
  const found = option(at, size, code);
  return found != 0 && load<u8>(found) == 4 ? get32(found + 1) : 0;
}

function messageType(at: usize, size: u32): u32 {
  if (size < FIXED + 4 || get32(at + 236) != COOKIE) return 0;
  const found = option(at, size, 53);
  return found != 0 && load<u8>(found) == 1 ? <u32>load<u8>(found + 1) : 0;
}

function put8(at: usize, code: u32, value: u32): usize {
  store<u8>(at, <u8>code);
  store<u8>(at + 1, 1);
  store<u8>(at + 2, <u8>value);
  return at + 3;
}
function put4(at: usize, code: u32, value: u32): usize {
  store<u8>(at, <u8>code);
  store<u8>(at + 1, 4);
  put32(at + 2, value);
  return at + 6;
}

// ── the server ──

function leaseOf(node: u32, address: u64, port: u32): u32 {
  for (let row = nodeGet(node, NodeField.leases); row != 0; row = nextRow(row - 1))
    if (
      listGet(row - 1, Lease.macHigh) == <u32>(address >> 32) &&
      listGet(row - 1, Lease.macLow) == <u32>address &&
      listGet(row - 1, Lease.port) == port
    )
      return row;
  return 0;
}

/** An address for a card: the one it had, one never given, or one whose lease is over. Row + 1, 0: none is left. */
function offer(node: u32, port: u32, card: u64): u32 {
  const known = leaseOf(node, card, port);
  if (known != 0) return known;
  // Addresses are given in their order: as many as there are leases of this card.
  let address = portGet(port, PortField.poolFirst);
  for (let row = nodeGet(node, NodeField.leases); row != 0; row = nextRow(row - 1))
    if (listGet(row - 1, Lease.port) == port) address++;
  if (address <= portGet(port, PortField.poolLast)) {
    const row = append(node, NodeField.leases);
    if (row != 0) write(row, card, address, port);
    return row;
  }
  for (let row = nodeGet(node, NodeField.leases); row != 0; row = nextRow(row - 1)) {
    if (listGet(row - 1, Lease.port) != port || listGet(row - 1, Lease.until) >= seconds()) continue;
    write(row, card, listGet(row - 1, Lease.address), port);
    return row;
  }
  return 0;
}

function write(row: u32, card: u64, address: u32, port: u32): void {
  listSet(row - 1, Lease.macHigh, <u32>(card >> 32));
  listSet(row - 1, Lease.macLow, <u32>card);
  listSet(row - 1, Lease.address, address);
  listSet(row - 1, Lease.until, seconds() + OFFER_SECONDS);
  listSet(row - 1, Lease.port, port);
  listSet(row - 1, Lease.bound, 0);
}

/** An address for a link of this station itself, which is the server of a card's network; 0: none is left. */
export function leaseFor(node: u32, port: u32, card: u32): u32 {
  const row = offer(node, card, RAS | port);
  if (row == 0) return 0;
  listSet(row - 1, Lease.until, seconds() + nodeGet(node, NodeField.leaseSeconds));
  listSet(row - 1, Lease.bound, 1);
  return listGet(row - 1, Lease.address);
}

/** A client's message to the server at a card. */
export function dhcpQuestion(node: u32, port: u32, frame: u32, at: usize, size: u32): DropReason {
  const type = messageType(at, size);
  if (type == 0 || load<u8>(at) != 1 || load<u8>(at + 2) != 6) return DropReason.badMessage;
  if (portGet(port, PortField.poolFirst) == 0) return DropReason.noListener;
  const card = getMac(at + 28);
  const own = portGet(port, PortField.address);
  if (type == Message.discover) {
    const row = offer(node, port, card);
    if (row == 0) return DropReason.tableFull;
    answer(node, port, frame, at, size, Message.offer, listGet(row - 1, Lease.address));
  } else if (type == Message.request) {
    const server = optionNumber(at, size, 54);
    if (server != 0 && server != own) return DropReason.none;
    const wanted = optionNumber(at, size, 50);
    const address = wanted != 0 ? wanted : get32(at + 12);
    const row = leaseOf(node, card, port);
    if (row == 0 || listGet(row - 1, Lease.address) != address) {
      answer(node, port, frame, at, size, Message.nak, 0);
      return DropReason.none;
    }
    listSet(row - 1, Lease.until, seconds() + nodeGet(node, NodeField.leaseSeconds));
    listSet(row - 1, Lease.bound, 1);
    answer(node, port, frame, at, size, Message.ack, address);
  } else if (type == Message.release) {
    const row = leaseOf(node, card, port);
    if (row != 0) {
      listSet(row - 1, Lease.until, 0);
      listSet(row - 1, Lease.bound, 0);
    }
  } else if (type == Message.inform) answer(node, port, frame, at, size, Message.ack, 0);
  return DropReason.none;
}

/** The question of a boot ROM: option 60 begins with "PXEClient". */
function asksToBoot(at: usize, size: u32): bool {
  const found = option(at, size, 60);
  return found != 0 && startsWith(found + 1, found + 1 + <usize>load<u8>(found), 'PXEClient');
}

/** Writes an option whose text ends at `end`; it began two bytes behind `at`. */
function close(at: usize, code: u32, end: usize): usize {
  store<u8>(at, <u8>code);
  store<u8>(at + 1, <u8>(end - at - 2));
  return end;
}

function answer(
  node: u32,
  port: u32,
  frame: u32,
  question: usize,
  asked: u32,
  type: u32,
  address: u32,
): void {
  const boots = type != Message.nak && nodeGet(node, NodeField.bootFile) != 0 && asksToBoot(question, asked);
  const length = boots ? PXE_SIZE : SIZE;
  const reply = newDatagram(length, idOf(frame));
  if (reply == NO_FRAME) return;
  const at = datagram(reply);
  const own = portGet(port, PortField.address);
  memory.fill(at, 0, length);
  store<u8>(at, 2);
  store<u8>(at + 1, 1);
  store<u8>(at + 2, 6);
  put32(at + 4, get32(question + 4));
  put16(at + 10, 0x8000);
  put32(at + 16, address);
  if (type != Message.nak) put32(at + 20, own);
  memory.copy(at + 28, question + 28, 16);
  put32(at + 236, COOKIE);
  let end = put8(at + FIXED, 53, type);
  end = put4(end, 54, own);
  if (type != Message.nak) {
    if (address != 0) {
      const lease = nodeGet(node, NodeField.leaseSeconds);
      end = put4(end, 51, lease);
      end = put4(end, 58, lease / 2);
      end = put4(end, 59, (lease / 8) * 7);
    }
    end = put4(end, 1, mask(portGet(port, PortField.prefix)));
    const router = portGet(port, PortField.poolRouter);
    if (router != 0) end = put4(end, 3, router);
    const dns = portGet(port, PortField.poolDns);
    if (dns != 0) end = put4(end, 6, dns);
  }
  if (boots) {
    // Both ways of saying it: the fields of BOOTP, and the options (RFC 2132 sections 9.4, 9.5, 9.13).
    const chosen = nodeGet(node, NodeField.bootServer);
    const server = chosen != 0 ? chosen : own;
    put32(at + NEXT_SERVER, server);
    putStored(at + FILE, nodeGet(node, NodeField.bootFile));
    end = close(end, 60, putText(end + 2, 'PXEClient'));
    end = close(end, 66, putDotted(end + 2, server));
    end = close(end, 67, putStored(end + 2, nodeGet(node, NodeField.bootFile)));
  }
  store<u8>(end, 255);
  broadcastUdp(node, port, reply, own, 67, 68, length);
}

// ── the client: of a card, or of a VPN server for the machine at the other end of a link ──

/** The card by which a client speaks. */
function wireOf(port: u32): u32 {
  return portIs(port, PortFlag.ppp) ? portGet(port, PortField.pppCard) - 1 : port;
}
/** What a client is known by: its card's address, or "RAS" and the number of the link. */
function cardOf(port: u32): u64 {
  return portIs(port, PortFlag.ppp) ? RAS | port : mac(port);
}
function leased(port: u32): u32 {
  return portGet(port, portIs(port, PortFlag.ppp) ? PortField.remoteAddress : PortField.address);
}
/** The client that an answer is for which came by this card. */
function clientOf(node: u32, port: u32, card: u64): u32 {
  const link = (<u32>card) & 0xffff;
  if ((card & ~(<u64>0xffff)) != RAS || link >= <u32>net(Net.maxPorts)) return port;
  const isHere = portGet(link, PortField.node) == node && portIs(link, PortFlag.ppp);
  return isHere && portGet(link, PortField.pppCard) == port + 1 ? link : port;
}

/** A card that has just come up, or has lost its address, looks for a server. */
export function dhcpStart(port: u32): void {
  const node = portGet(port, PortField.node);
  dhcpStop(port);
  portSet(port, PortField.dhcpState, DhcpState.selecting);
  portSet(port, PortField.dhcpXid, <u32>next64(nodeCell(node, NodeField.random)));
  portSet(port, PortField.dhcpTries, 0);
  discover(port);
}

/** The lease and what came with it are forgotten. */
export function dhcpStop(port: u32): void {
  if (!portIs(port, PortFlag.dhcp)) return;
  const node = portGet(port, PortField.node);
  forgetWays(node, portGet(port, PortField.leasedRouter), portGet(port, PortField.leasedDns));
  portSet(port, PortField.leasedRouter, 0);
  portSet(port, PortField.leasedDns, 0);
  portSet(port, portIs(port, PortFlag.ppp) ? PortField.remoteAddress : PortField.address, 0);
  portSet(port, PortField.dhcpState, DhcpState.none);
}

function send(port: u32, type: u32, wanted: u32, server: u32): void {
  const boots = portGet(port, PortField.pxeJob) != 0;
  const length = boots ? PXE_SIZE : SIZE;
  const frame = newDatagram(length, 0);
  if (frame == NO_FRAME) return;
  const node = portGet(port, PortField.node);
  const at = datagram(frame);
  memory.fill(at, 0, length);
  store<u8>(at, 1);
  store<u8>(at + 1, 1);
  store<u8>(at + 2, 6);
  put32(at + 4, portGet(port, PortField.dhcpXid));
  put16(at + 10, 0x8000);
  const renews = portGet(port, PortField.dhcpState) == DhcpState.renewing;
  const own = leased(port);
  if (renews) put32(at + 12, own);
  putMac(at + 28, cardOf(port));
  put32(at + 236, COOKIE);
  let end = put8(at + FIXED, 53, type);
  if (wanted != 0 && !renews) end = put4(end, 50, wanted);
  if (server != 0 && !renews) end = put4(end, 54, server);
  const name = nodeGet(node, NodeField.name);
  // A boot ROM has no name yet.
  const letters = name == 0 || boots ? 0 : min(<u32>load<u8>(textAt(name)), 15);
  if (letters != 0) {
    store<u8>(end, 12);
    store<u8>(end + 1, <u8>letters);
    memory.copy(end + 2, textAt(name) + 1, letters);
    end += 2 + letters;
  }
  store<u8>(end, 55);
  store<u8>(end + 1, boots ? 6 : 3);
  store<u8>(end + 2, 1);
  store<u8>(end + 3, 3);
  store<u8>(end + 4, 6);
  end += 5;
  if (boots) {
    store<u8>(end, 60);
    store<u8>(end + 1, 66);
    store<u8>(end + 2, 67);
    end = close(end + 3, 60, putText(end + 5, 'PXEClient:Arch:00000:UNDI:002001'));
    // An x86 PC with a BIOS; UNDI 2.1; its number, here made of the card's (RFC 4578).
    end = putPair(end, 93, 0);
    store<u8>(end, 94);
    store<u8>(end + 1, 3);
    store<u8>(end + 2, 1);
    put16(end + 3, 0x0201);
    store<u8>(end + 5, 97);
    store<u8>(end + 6, 17);
    putMac(end + 18, mac(port));
    end += 24;
  }
  store<u8>(end, 255);
  broadcastUdp(node, wireOf(port), frame, renews ? own : 0, 68, 67, length);
}

function putPair(at: usize, code: u32, value: u32): usize {
  store<u8>(at, <u8>code);
  store<u8>(at + 1, 2);
  put16(at + 2, value);
  return at + 4;
}

/** A machine boots from the network, by its first card: what it had of addresses is gone. */
export function startPxe(job: u32): void {
  const first = nodeGet(jobGet(job, Job.node), NodeField.firstPort);
  if (first == 0 || !portIs(first - 1, PortFlag.up)) return fail(job, Failure.unreachable);
  setFlag(first - 1, PortFlag.dhcp, true);
  portSet(first - 1, PortField.pxeJob, job + 1);
  wake(job, PXE_PATIENCE_MS);
  dhcpStart(first - 1);
}

/** A machine that boots has its lease: the answer at `at` says what to fetch, and from whom. */
function lastLeased(node: u32, port: u32, at: usize): void {
  const number = portGet(port, PortField.pxeJob);
  if (number == 0) return;
  portSet(port, PortField.pxeJob, 0);
  const job = number - 1;
  if (jobGet(job, Job.kind) != JobKind.pxe || jobGet(job, Job.node) != node) return;
  if (jobGet(job, Job.state) != JobState.running) return;
  let length: u32 = 0;
  while (length < FILE_BYTES - 1 && load<u8>(at + FILE + length) != 0) length++;
  const path = textNumber(at + FILE, length);
  if (path == 0) return fail(job, Failure.noBootFile);
  jobSet(job, Job.path, path);
  jobSet(job, Job.address, get32(at + NEXT_SERVER));
  startTftp(job);
}

function discover(port: u32): void {
  send(port, Message.discover, 0, 0);
  retry(port);
}

/**
 * After 4, 8, 16, 32, then 64 seconds, each a second more or less at random, so that machines that were switched on
 * together do not ask together for ever (RFC 2131 section 4.1); then every five minutes, as Windows does.
 */
function retry(port: u32): void {
  const tries = portGet(port, PortField.dhcpTries);
  portSet(port, PortField.dhcpTries, tries + 1);
  const wait = (tries >= 5 ? 300 : (<u64>4) << tries) * SECOND;
  const spread = below(nodeCell(portGet(port, PortField.node), NodeField.random), <u32>(2 * SECOND));
  wakeAt(port, get(Field.timeNs) + wait - SECOND + spread);
}

function later(port: u32, wait: u64): void {
  wakeAt(port, get(Field.timeNs) + wait * SECOND);
}

/** The card's client goes on at this moment (ns), and not before. */
function wakeAt(port: u32, due: u64): void {
  portSet(port, PortField.dhcpUntil, <u32>(due / SECOND));
  netSchedule(netEvent(NetEvent.dhcp, port), due);
}

/** A moment that a card's client had asked for. */
export function dhcpTimer(port: u32): void {
  if (portGet(port, PortField.dhcpUntil) != seconds() || !portIs(port, PortFlag.dhcp)) return;
  if (nodeGet(portGet(port, PortField.node), NodeField.up) == 0) return;
  const state = portGet(port, PortField.dhcpState);
  if (state == DhcpState.bound || state == DhcpState.renewing) {
    portSet(port, PortField.dhcpState, DhcpState.renewing);
    send(port, Message.request, leased(port), portGet(port, PortField.dhcpServer));
    const tries = portGet(port, PortField.dhcpTries);
    portSet(port, PortField.dhcpTries, tries + 1);
    if (tries >= 3) dhcpStart(port);
    else later(port, 60);
  } else if (state == DhcpState.selecting || state == DhcpState.requesting) {
    portSet(port, PortField.dhcpState, DhcpState.selecting);
    discover(port);
  }
}

/** A server's message to a card's client. */
export function dhcpAnswer(node: u32, port: u32, at: usize, size: u32): DropReason {
  const type = messageType(at, size);
  if (type == 0 || load<u8>(at) != 2) return DropReason.badMessage;
  port = clientOf(node, port, getMac(at + 28));
  if (!portIs(port, PortFlag.dhcp)) return DropReason.noListener;
  if (get32(at + 4) != portGet(port, PortField.dhcpXid) || getMac(at + 28) != cardOf(port))
    return DropReason.notForMe;
  const server = optionNumber(at, size, 54);
  const state = portGet(port, PortField.dhcpState);
  if (type == Message.offer && state == DhcpState.selecting) {
    portSet(port, PortField.dhcpState, DhcpState.requesting);
    portSet(port, PortField.dhcpServer, server);
    send(port, Message.request, get32(at + 16), server);
  } else if (type == Message.ack && (state == DhcpState.requesting || state == DhcpState.renewing)) {
    bind(node, port, at, size, server);
  } else if (type == Message.nak && state != DhcpState.selecting) dhcpStart(port);
  return DropReason.none;
}

function bind(node: u32, port: u32, at: usize, size: u32, server: u32): void {
  const address = get32(at + 16);
  const bits = optionNumber(at, size, 1);
  const isNew = leased(port) != address;
  portSet(port, PortField.dhcpState, DhcpState.bound);
  portSet(port, PortField.dhcpServer, server);
  portSet(port, PortField.dhcpTries, 0);
  const router = optionNumber(at, size, 3);
  const dns = optionNumber(at, size, 6);
  const lease = optionNumber(at, size, 51);
  later(port, max<u64>(<u64>lease / 2, 30));
  if (portIs(port, PortFlag.ppp)) {
    if (isNew) clientLeased(port, address, dns);
    return;
  }
  portSet(port, PortField.address, address);
  portSet(port, PortField.prefix, bits == 0 ? 24 : popcnt(bits));
  portSet(port, PortField.leasedRouter, router);
  portSet(port, PortField.leasedDns, dns);
  setWays(node, router, dns);
  lastLeased(node, port, at);
  if (!isNew) return;
  record(EventKind.addressLeased, Reason.none, nodeGet(node, NodeField.vm), node, address, server, 0);
  announce(port);
}
