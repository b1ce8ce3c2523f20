/**
 * What a PPTP tunnel carries: PPP frames (RFC 1661, 1332) in enhanced GRE (RFC 2637 section 4), and in them IPv4 packets.
 *
 * An end of a tunnel is a port of its station without card or cable (PortFlag.ppp): the stack sends packets to it as to
 * any other, and what arrives by it is received as from any other. Both ends agree on a link (LCP), then the server gives
 * the client an address and a DNS server (IPCP); from then on the client's default way leads through the tunnel, as
 * Windows sets it ("use default gateway on remote network").
 *
 * No authentication and no encryption (Windows: MS-CHAP v2, MPPE); no compression of headers; the send window of
 * RFC 2637 section 4.2 is announced and not enforced, as in Linux and Windows.
 */
import { record } from '../../kernel/events';
import { get } from '../../kernel/header';
import { next64 } from '../../kernel/random';
import { Field } from '../../shared/columns';
import { EventKind } from '../../shared/events';
import { DropReason, NodeField, PortField, PortFlag, PppState, StationRole } from '../../shared/network';
import { Reason } from '../../shared/reasons';
import { get16, get32, put16, put32 } from '../bytes';
import { bytesOf, consume, countMade, drop, idOf, lengthOf, newFrame, NO_FRAME, setLength } from '../frames';
import { done, fail, Failure, Job, jobSet } from '../jobs';
import { NetEvent, netEvent, netSchedule } from '../links';
import { dhcpStart, dhcpStop, leaseFor } from '../roles/dhcp';
import { controlEcho, controlLost } from '../roles/pptp';
import { nodeCell, nodeGet, nodeSet, portGet, portIs, portSet, setFlag } from '../tables';
import { countReceived, countSent } from '../tally';
import { addPort, freePort, takePort } from '../topology';
import { entersLocal } from './filter';
import { announceUnreachable } from './icmp';
import { ETHERNET, hopTo, newPacket, NO_PORT, PAYLOAD, portTo, Protocol, receiveIp, sendPacket } from './ip';

/** Windows' MTU in a PPTP tunnel since NT 4 SP4 (Microsoft's Q162230): with 20 + 16 + 4 bytes in front it fits Ethernet, and leaves room for encryption. */
export const PPP_MTU: u32 = 1400;
const GRE_HEADER: u32 = 8;
const GRE_PPP: u32 = 0x880b;
const HAS_KEY: u32 = 0x2000;
const HAS_SEQUENCE: u32 = 0x1000;
const HAS_ACK: u32 = 0x0080;
/** All that may be set: checksum, routing, strict source route, recursion and flags are 0 (RFC 2637 section 4.1). */
const GRE_BITS: u32 = HAS_KEY | HAS_SEQUENCE | HAS_ACK | 7;
const ADDRESS_CONTROL: u32 = 0xff03;
const LCP: u32 = 0xc021;
const IPCP: u32 = 0x8021;
const IP: u32 = 0x0021;
const CONFIGURE_REQUEST: u32 = 1;
const CONFIGURE_ACK: u32 = 2;
const CONFIGURE_NAK: u32 = 3;
const CONFIGURE_REJECT: u32 = 4;
const TERMINATE_REQUEST: u32 = 5;
const TERMINATE_ACK: u32 = 6;
const PROTOCOL_REJECT: u32 = 8;
const ECHO_REQUEST: u32 = 9;
const ECHO_REPLY: u32 = 10;
/** Options of LCP and IPCP. */
const MRU: u32 = 1;
const ACCM: u32 = 2;
const MAGIC: u32 = 5;
const SHORT_PROTOCOL: u32 = 7;
const SHORT_ADDRESS: u32 = 8;
const IP_ADDRESS: u32 = 3;
const PRIMARY_DNS: u32 = 129;
/** RFC 1661 section 4.6: three seconds between requests, ten of them. */
const RESTART_MS: u32 = 3000;
const MAX_CONFIGURE: u32 = 10;
/** An acknowledgment waits so long for a packet that takes it along. */
const ACK_MS: u32 = 100;
/** A control connection on which nothing was said is asked whether it lives (RFC 2637 section 2.6). */
const ECHO_MS: u32 = 60_000;
const MS: u64 = 1_000_000;

function is(port: u32, state: PppState): bool {
  return (portGet(port, PortField.pppState) & state) != 0;
}
function mark(port: u32, state: PppState): void {
  portSet(port, PortField.pppState, portGet(port, PortField.pppState) | state);
}
function nowMs(): u32 {
  return <u32>(get(Field.timeNs) / MS);
}

// ── ends of tunnels ──

/**
 * A new end of a tunnel: control connection, addresses outside, own call number chosen here. @returns its port; NO_PORT
 * when no port is free.
 */
export function newTunnel(node: u32, conn: u32, own: u32, outer: u32, peerCall: u32, server: bool): u32 {
  const port = freePort();
  if (port == NO_PORT || addPort(port, node, false) != Reason.none) return NO_PORT;
  setFlag(port, PortFlag.ppp, true);
  setFlag(port, PortFlag.signedIn, server);
  portSet(port, PortField.pppConn, conn + 1);
  portSet(port, PortField.pppOwn, own);
  portSet(port, PortField.pppOuter, outer);
  portSet(port, PortField.pppState, server ? PppState.server : PppState.allowed);
  portSet(port, PortField.pppCalls, (callOf(node, port) << 16) | peerCall);
  portSet(port, PortField.pppMagic, <u32>next64(nodeCell(node, NodeField.random)));
  portSet(port, PortField.prefix, 32);
  if (server) portSet(port, PortField.pppCard, nodeGet(node, NodeField.vpnCard));
  return port;
}

/** A call number that no other tunnel of the station has: one after the other, as Windows counts them. */
function callOf(node: u32, port: u32): u32 {
  let call: u32 = 1;
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    if (at - 1 == port || !portIs(at - 1, PortFlag.ppp)) continue;
    call = max(call, (portGet(at - 1, PortField.pppCalls) >>> 16) + 1);
  }
  return call & 0xffff;
}

/** Number that the call has here. */
export function ownCall(port: u32): u32 {
  return portGet(port, PortField.pppCalls) >>> 16;
}

/** The call stands: both ends begin to negotiate. */
export function openLink(port: u32): void {
  planEcho(port);
  portSet(port, PortField.pppTries, 0);
  requestLcp(port);
}

/** Ends a tunnel: what it changed is as it was before. */
export function closeTunnel(port: u32): void {
  const node = portGet(port, PortField.node);
  const job = portGet(port, PortField.pppJob);
  if (nodeGet(node, NodeField.tunnel) == port + 1) {
    nodeSet(node, NodeField.tunnel, 0);
    nodeSet(node, NodeField.gateway, portGet(port, PortField.pppGateway));
    if (portGet(port, PortField.pppDns) != 0)
      nodeSet(node, NodeField.dnsServer, portGet(port, PortField.pppDnsBefore));
    const vm = nodeGet(node, NodeField.vm);
    const address = portGet(port, PortField.address);
    record(EventKind.tunnelClosed, Reason.none, vm, node, address, portGet(port, PortField.pppOuter), 0);
  }
  dhcpStop(port);
  const conn = portGet(port, PortField.pppConn);
  portSet(port, PortField.pppConn, 0);
  if (conn != 0) controlLost(conn - 1, nodeGet(node, NodeField.up) != 0);
  takePort(port);
  if (job != 0) failed(job - 1, Failure.cut);
}

/** The control connection has been told to end: not once more. */
function failed(job: u32, why: Failure): void {
  jobSet(job, Job.conn, 0);
  fail(job, why);
}

/** A station's tunnels end: it has lost its memory, or they lead to a card that is no more. */
export function tunnelsLost(node: u32): void {
  for (let at = nodeGet(node, NodeField.firstPort); at != 0;) {
    const port = at - 1;
    at = portGet(port, PortField.next);
    if (!portIs(port, PortFlag.ppp)) continue;
    portSet(port, PortField.pppJob, 0);
    closeTunnel(port);
  }
}

/** The client's end of a tunnel to this server; NO_PORT: there is none. */
export function tunnelTo(node: u32, server: u32): u32 {
  const tunnel = nodeGet(node, NodeField.tunnel);
  return tunnel != 0 && portGet(tunnel - 1, PortField.pppOuter) == server ? tunnel - 1 : NO_PORT;
}

/** The station's own end of a tunnel that it has called for, open or not; NO_PORT: there is none. */
export function clientEnd(node: u32): u32 {
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next))
    if (portIs(at - 1, PortFlag.ppp) && !is(at - 1, PppState.server)) return at - 1;
  return NO_PORT;
}

/** A lease has brought ways: where a tunnel is the way, those behind it. */
export function setWays(node: u32, router: u32, dns: u32): void {
  const tunnel = nodeGet(node, NodeField.tunnel);
  const covered = tunnel != 0 && portGet(tunnel - 1, PortField.pppDns) != 0;
  if (router != 0 && tunnel != 0) portSet(tunnel - 1, PortField.pppGateway, router);
  else if (router != 0) nodeSet(node, NodeField.gateway, router);
  if (dns != 0 && covered) portSet(tunnel - 1, PortField.pppDnsBefore, dns);
  else if (dns != 0) nodeSet(node, NodeField.dnsServer, dns);
}

/** A lease's ways go with it. */
export function forgetWays(node: u32, router: u32, dns: u32): void {
  const tunnel = nodeGet(node, NodeField.tunnel);
  if (tunnel != 0) {
    if (portGet(tunnel - 1, PortField.pppGateway) == router) portSet(tunnel - 1, PortField.pppGateway, 0);
    if (portGet(tunnel - 1, PortField.pppDnsBefore) == dns) portSet(tunnel - 1, PortField.pppDnsBefore, 0);
  }
  if (router != 0 && nodeGet(node, NodeField.gateway) == router) nodeSet(node, NodeField.gateway, 0);
  if (dns != 0 && nodeGet(node, NodeField.dnsServer) == dns) nodeSet(node, NodeField.dnsServer, 0);
}

// ── moments ──

function arm(port: u32): void {
  let due = portGet(port, PortField.pppRetryMs);
  const ack = portGet(port, PortField.pppAckMs);
  if (ack != 0 && (due == 0 || ack < due)) due = ack;
  if (due == 0) return;
  const armed = portGet(port, PortField.pppArmedMs);
  if (armed != 0 && armed <= due) return;
  portSet(port, PortField.pppArmedMs, due);
  netSchedule(netEvent(NetEvent.tunnel, port), <u64>due * MS);
}

function planEcho(port: u32): void {
  const due = nowMs() + ECHO_MS;
  portSet(port, PortField.pppEchoMs, due);
  netSchedule(netEvent(NetEvent.tunnel, port), <u64>due * MS);
}

/** A moment that a tunnel's end had asked for. */
export function tunnelTimer(port: u32): void {
  const now = nowMs();
  if (!portIs(port, PortFlag.ppp)) return;
  if (portGet(port, PortField.pppEchoMs) == now) {
    planEcho(port);
    controlEcho(portGet(port, PortField.pppConn) - 1);
  }
  if (portGet(port, PortField.pppArmedMs) != now) return;
  portSet(port, PortField.pppArmedMs, 0);
  const ack = portGet(port, PortField.pppAckMs);
  if (ack != 0 && ack <= now) sendAck(port);
  const retry = portGet(port, PortField.pppRetryMs);
  if (retry != 0 && retry <= now) {
    portSet(port, PortField.pppRetryMs, 0);
    if (portGet(port, PortField.pppTries) >= MAX_CONFIGURE) return giveUp(port);
    if (!is(port, PppState.lcpOpen)) requestLcp(port);
    else requestIpcp(port);
  }
  arm(port);
}

/** Nobody has answered through the tunnel. */
function giveUp(port: u32): void {
  const job = portGet(port, PortField.pppJob);
  portSet(port, PortField.pppJob, 0);
  closeTunnel(port);
  if (job != 0) failed(job - 1, Failure.noTunnel);
}

// ── GRE out ──

/**
 * A packet with a PPP frame of this protocol and so many bytes; they begin at `bodyOf`. An acknowledgment goes along where
 * one is due.
 */
function newPpp(port: u32, protocol: u32, length: u32, parent: u32): u32 {
  const acks = portGet(port, PortField.pppTold) != portGet(port, PortField.pppReceived);
  const header: u32 = GRE_HEADER + 4 + (acks ? 4 : 0);
  const frame = newPacket(header + 4 + length, parent);
  if (frame == NO_FRAME) return frame;
  const at = bytesOf(frame) + PAYLOAD;
  put16(at, HAS_KEY | HAS_SEQUENCE | (acks ? HAS_ACK : 0) | 1);
  put16(at + 2, GRE_PPP);
  put16(at + 4, 4 + length);
  put16(at + 6, portGet(port, PortField.pppCalls) & 0xffff);
  const number = portGet(port, PortField.pppSent);
  portSet(port, PortField.pppSent, number + 1);
  put32(at + 8, number);
  if (acks) acknowledge(port, at + 12);
  put16(at + header, ADDRESS_CONTROL);
  put16(at + header + 2, protocol);
  return frame;
}

function acknowledge(port: u32, at: usize): void {
  const received = portGet(port, PortField.pppReceived);
  put32(at, received - 1);
  portSet(port, PortField.pppTold, received);
  portSet(port, PortField.pppAckMs, 0);
}

/** Where the PPP frame's information begins in a packet that was made here. */
function bodyOf(frame: u32): usize {
  const at = bytesOf(frame) + PAYLOAD;
  return at + GRE_HEADER + 8 + ((get16(at) & HAS_ACK) != 0 ? 4 : 0);
}

function send(port: u32, frame: u32): void {
  const own = portGet(port, PortField.pppOwn);
  sendPacket(portGet(port, PortField.node), frame, Protocol.gre, own, portGet(port, PortField.pppOuter));
}

/** Nothing has taken an acknowledgment along: it goes by itself. */
function sendAck(port: u32): void {
  portSet(port, PortField.pppAckMs, 0);
  if (portGet(port, PortField.pppTold) == portGet(port, PortField.pppReceived)) return;
  const frame = newPacket(GRE_HEADER + 4, 0);
  if (frame == NO_FRAME) return;
  const at = bytesOf(frame) + PAYLOAD;
  put16(at, HAS_KEY | HAS_ACK | 1);
  put16(at + 2, GRE_PPP);
  put16(at + 4, 0);
  put16(at + 6, portGet(port, PortField.pppCalls) & 0xffff);
  acknowledge(port, at + 8);
  send(port, frame);
}

/** Sends an IPv4 packet through the tunnel. The caller's use of the frame goes with it; `isNew`: it was made here. */
export function encapsulate(port: u32, frame: u32, isNew: bool): void {
  const node = portGet(port, PortField.node);
  const at = bytesOf(frame) + ETHERNET;
  const total = get16(at + 2);
  if (isNew) countMade(lengthOf(frame));
  if (!is(port, PppState.open)) return drop(frame, port, DropReason.linkDown);
  if (total > PPP_MTU) {
    announceUnreachable(node, frame, at, ((<u32>load<u8>(at)) & 15) << 2, 3, 4);
    return drop(frame, port, DropReason.needsFragment);
  }
  // A tunnel in a tunnel would have no end.
  const out = portTo(node, hopTo(node, portGet(port, PortField.pppOuter)));
  if (out == NO_PORT || portIs(out, PortFlag.ppp)) return drop(frame, port, DropReason.noRoute);
  const outer = newPpp(port, IP, total, idOf(frame));
  if (outer == NO_FRAME) return drop(frame, port, DropReason.noBuffers);
  memory.copy(bodyOf(outer), at, total);
  countSent(port, total);
  consume(frame);
  send(port, outer);
}

// ── GRE in ──

/** The end of a tunnel that packets with this call number from there belong to. */
function tunnelOf(node: u32, call: u32, source: u32): u32 {
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next))
    if (
      portIs(at - 1, PortFlag.ppp) &&
      ownCall(at - 1) == call &&
      portGet(at - 1, PortField.pppOuter) == source
    )
      return at - 1;
  return NO_PORT;
}

/** A GRE packet for this station. */
export function receiveGre(
  node: u32,
  port: u32,
  frame: u32,
  at: usize,
  length: u32,
  source: u32,
  destination: u32,
): void {
  if (length < GRE_HEADER) return drop(frame, port, DropReason.tooShort);
  const bits = get16(at);
  if ((bits & 7) != 1 || get16(at + 2) != GRE_PPP) return drop(frame, port, DropReason.unknownProtocol);
  if ((bits & HAS_KEY) == 0 || (bits & ~GRE_BITS) != 0) return drop(frame, port, DropReason.badMessage);
  const numbered = (bits & HAS_SEQUENCE) != 0;
  const acks = (bits & HAS_ACK) != 0;
  const header: u32 = GRE_HEADER + (numbered ? 4 : 0) + (acks ? 4 : 0);
  const size = get16(at + 4);
  if (header + size > length || (!numbered && size != 0)) return drop(frame, port, DropReason.badLength);
  const link = tunnelOf(node, get16(at + 6), source);
  if (link == NO_PORT) return drop(frame, port, DropReason.noListener);
  if (!is(link, PppState.allowed)) {
    if (!entersLocal(node, port, frame, Protocol.gre, source, 0, destination, 0)) return;
    mark(link, PppState.allowed);
  }
  if (acks) portSet(link, PortField.pppHeard, get32(at + header - 4));
  if (!numbered) return consume(frame);
  const number = get32(at + 8);
  // Older than what has come already: discarded (RFC 2637 section 4.3).
  if (<i32>(number - portGet(link, PortField.pppReceived)) < 0)
    return drop(frame, port, DropReason.outsideWindow);
  portSet(link, PortField.pppReceived, number + 1);
  if (portGet(link, PortField.pppAckMs) == 0) portSet(link, PortField.pppAckMs, nowMs() + ACK_MS);
  arm(link);
  receivePpp(node, port, link, frame, at + header, size);
}

/** A PPP frame of `size` bytes; the frame that brought it came in by a card. */
function receivePpp(node: u32, card: u32, port: u32, frame: u32, at: usize, size: u32): void {
  const end = at + size;
  if (size >= 2 && get16(at) == ADDRESS_CONTROL) at += 2;
  if (at + 2 > end) return drop(frame, card, DropReason.badLength);
  // One byte where its low bit is set (RFC 1661 section 6.5).
  const short = (load<u8>(at) & 1) != 0;
  const protocol = short ? <u32>load<u8>(at) : get16(at);
  at += short ? 1 : 2;
  const left = <u32>(end - at);
  if (protocol == IP) {
    if (!is(port, PppState.open)) return drop(frame, card, DropReason.badMessage);
    return decapsulate(node, port, card, frame, at, left);
  }
  if (protocol != LCP && protocol != IPCP) {
    if (is(port, PppState.lcpOpen)) rejectProtocol(port, protocol, at, left);
    return drop(frame, card, DropReason.unknownProtocol);
  }
  if (left < 4 || get16(at + 2) < 4 || get16(at + 2) > left) return drop(frame, card, DropReason.badLength);
  const length = get16(at + 2);
  if (load<u8>(at) <= CONFIGURE_REJECT && !optionsAreSound(at, length))
    return drop(frame, card, DropReason.badOption);
  if (protocol == LCP) receiveLcp(port, at, length);
  else if (is(port, PppState.lcpOpen)) receiveIpcp(port, at, length);
  consume(frame);
}

/** A packet comes out of the tunnel: a frame of its own, which remembers the one that brought it. */
function decapsulate(node: u32, port: u32, card: u32, frame: u32, at: usize, length: u32): void {
  if (length > PPP_MTU) return drop(frame, card, DropReason.tooLong);
  const inner = newFrame(<u32>ETHERNET + length, idOf(frame));
  if (inner == NO_FRAME) return drop(frame, card, DropReason.noBuffers);
  const to = bytesOf(inner);
  memory.fill(to, 0, ETHERNET);
  put16(to + 12, 0x0800);
  memory.copy(to + ETHERNET, at, length);
  consume(frame);
  countMade(lengthOf(inner));
  countReceived(port, length);
  receiveIp(node, port, inner, <u32>ETHERNET);
}

// ── PPP's control protocols ──

function optionsAreSound(at: usize, length: u32): bool {
  for (let i: u32 = 4; i < length;) {
    if (i + 2 > length) return false;
    const size = <u32>load<u8>(at + i + 1);
    if (size < 2 || i + size > length) return false;
    i += size;
  }
  return true;
}

/** A message of LCP or IPCP: code, number, and `length` bytes of data from `data`. */
function tell(port: u32, protocol: u32, code: u32, id: u32, data: usize, length: u32): void {
  const frame = newPpp(port, protocol, 4 + length, 0);
  if (frame == NO_FRAME) return;
  const at = bodyOf(frame);
  store<u8>(at, <u8>code);
  store<u8>(at + 1, <u8>id);
  put16(at + 2, 4 + length);
  if (length != 0) memory.copy(at + 4, data, length);
  send(port, frame);
}

function rejectProtocol(port: u32, protocol: u32, at: usize, length: u32): void {
  const quoted = min<u32>(length, PPP_MTU - 16);
  const frame = newPpp(port, LCP, 6 + quoted, 0);
  if (frame == NO_FRAME) return;
  const to = bodyOf(frame);
  const id = (portGet(port, PortField.pppLcpId) + 1) & 0xff;
  portSet(port, PortField.pppLcpId, id);
  store<u8>(to, PROTOCOL_REJECT);
  store<u8>(to + 1, <u8>id);
  put16(to + 2, 6 + quoted);
  put16(to + 4, protocol);
  memory.copy(to + 6, at, quoted);
  send(port, frame);
}

function again(port: u32): void {
  portSet(port, PortField.pppTries, portGet(port, PortField.pppTries) + 1);
  portSet(port, PortField.pppRetryMs, nowMs() + RESTART_MS);
  arm(port);
}

function requestLcp(port: u32): void {
  const id = (portGet(port, PortField.pppLcpId) + 1) & 0xff;
  portSet(port, PortField.pppLcpId, id);
  again(port);
  const bare = is(port, PppState.lcpBare);
  const frame = newPpp(port, LCP, bare ? 4 : 14, 0);
  if (frame == NO_FRAME) return;
  const at = bodyOf(frame);
  put16(at, (CONFIGURE_REQUEST << 8) | id);
  put16(at + 2, bare ? 4 : 14);
  if (!bare) {
    put16(at + 4, (MRU << 8) | 4);
    put16(at + 6, PPP_MTU);
    put16(at + 8, (MAGIC << 8) | 6);
    put32(at + 10, portGet(port, PortField.pppMagic));
  }
  send(port, frame);
}

function requestIpcp(port: u32): void {
  const node = portGet(port, PortField.node);
  const server = is(port, PppState.server);
  if (server && portGet(port, PortField.remoteAddress) == 0) {
    // The client's address has not come yet: it is waited for.
    return again(port);
  }
  const id = (portGet(port, PortField.pppIpcpId) + 1) & 0xff;
  portSet(port, PortField.pppIpcpId, id);
  again(port);
  const asksDns = !server && !is(port, PppState.noDns);
  const length: u32 = asksDns ? 16 : 10;
  const frame = newPpp(port, IPCP, length, 0);
  if (frame == NO_FRAME) return;
  const at = bodyOf(frame);
  put16(at, (CONFIGURE_REQUEST << 8) | id);
  put16(at + 2, length);
  put16(at + 4, (IP_ADDRESS << 8) | 6);
  const own = server ? serverAddress(node, port) : portGet(port, PortField.address);
  put32(at + 6, own);
  if (asksDns) {
    put16(at + 10, (PRIMARY_DNS << 8) | 6);
    put32(at + 12, portGet(port, PortField.pppDns));
  }
  send(port, frame);
}

/** Of the server on its links: that of its card where the clients land. */
function serverAddress(node: u32, port: u32): u32 {
  const card = portGet(port, PortField.pppCard);
  return card == 0 ? portGet(port, PortField.pppOwn) : portGet(card - 1, PortField.address);
}

/**
 * Copies the options of a request that are not among those known to `to`: what a Configure-Reject names. @returns bytes.
 */
function unknownOptions(at: usize, length: u32, to: usize, isLcp: bool, dns: bool): u32 {
  let found: u32 = 0;
  for (let i: u32 = 4; i < length;) {
    const kind = <u32>load<u8>(at + i);
    const size = <u32>load<u8>(at + i + 1);
    const known = isLcp
      ? (kind == MRU && size == 4) ||
        ((kind == ACCM || kind == MAGIC) && size == 6) ||
        ((kind == SHORT_PROTOCOL || kind == SHORT_ADDRESS) && size == 2)
      : size == 6 && (kind == IP_ADDRESS || (kind == PRIMARY_DNS && dns));
    if (!known) {
      memory.copy(to + found, at + i, size);
      found += size;
    }
    i += size;
  }
  return found;
}

/** Answers a request whose options are all accepted, or names those that are not. @returns true when it was accepted. */
function judge(port: u32, protocol: u32, at: usize, length: u32, dns: bool): bool {
  const frame = newPpp(port, protocol, length, 0);
  if (frame == NO_FRAME) return false;
  const to = bodyOf(frame);
  const rejected = unknownOptions(at, length, to + 4, protocol == LCP, dns);
  const id = <u32>load<u8>(at + 1);
  if (rejected == 0) memory.copy(to, at, length);
  put16(to, ((rejected == 0 ? CONFIGURE_ACK : CONFIGURE_REJECT) << 8) | id);
  shorten(frame, rejected == 0 ? length : 4 + rejected, length);
  send(port, frame);
  return rejected == 0;
}

/** A message became shorter than the packet that was made for it. */
function shorten(frame: u32, length: u32, made: u32): void {
  put16(bodyOf(frame) + 2, length);
  const at = bytesOf(frame) + PAYLOAD;
  put16(at + 4, 4 + length);
  setLength(frame, lengthOf(frame) - (made - length));
}

function receiveLcp(port: u32, at: usize, length: u32): void {
  const code = <u32>load<u8>(at);
  const id = <u32>load<u8>(at + 1);
  if (code == CONFIGURE_REQUEST) {
    if (is(port, PppState.open)) return closeTunnel(port);
    if (is(port, PppState.lcpOpen)) restart(port);
    if (judge(port, LCP, at, length, false)) mark(port, PppState.lcpAccepts);
  } else if (code == CONFIGURE_ACK && id == portGet(port, PortField.pppLcpId))
    mark(port, PppState.lcpAccepted);
  else if ((code == CONFIGURE_NAK || code == CONFIGURE_REJECT) && id == portGet(port, PortField.pppLcpId)) {
    mark(port, PppState.lcpBare);
    requestLcp(port);
  } else if (code == TERMINATE_REQUEST) {
    tell(port, LCP, TERMINATE_ACK, id, 0, 0);
    return closeTunnel(port);
  } else if (code == ECHO_REQUEST && is(port, PppState.lcpOpen) && length >= 8) {
    const frame = newPpp(port, LCP, length, 0);
    if (frame == NO_FRAME) return;
    memory.copy(bodyOf(frame), at, length);
    store<u8>(bodyOf(frame), ECHO_REPLY);
    put32(bodyOf(frame) + 4, portGet(port, PortField.pppMagic));
    send(port, frame);
  }
  if (is(port, PppState.lcpOpen) || !is(port, PppState.lcpAccepts) || !is(port, PppState.lcpAccepted)) return;
  mark(port, PppState.lcpOpen);
  portSet(port, PortField.pppTries, 0);
  if (!is(port, PppState.server)) return requestIpcp(port);
  again(port);
  askAddress(port);
}

/** The other side begins again (RFC 1661 section 4.2: a request in the opened state). */
function restart(port: u32): void {
  const opened = PppState.lcpOpen | PppState.lcpAccepted | PppState.ipcpAccepted | PppState.ipcpAccepts;
  portSet(port, PortField.pppState, portGet(port, PortField.pppState) & ~opened);
  portSet(port, PortField.pppTries, 0);
  requestLcp(port);
}

function receiveIpcp(port: u32, at: usize, length: u32): void {
  const code = <u32>load<u8>(at);
  const id = <u32>load<u8>(at + 1);
  if (code == CONFIGURE_REQUEST) {
    if (is(port, PppState.server)) judgeAddress(port, at, length);
    else if (judge(port, IPCP, at, length, false)) {
      mark(port, PppState.ipcpAccepts);
      portSet(port, PortField.remoteAddress, option(at, length, IP_ADDRESS));
      // The server is ready now: no need to wait for the next attempt.
      if (!is(port, PppState.ipcpAccepted)) requestIpcp(port);
    }
  } else if (id != portGet(port, PortField.pppIpcpId)) return;
  else if (code == CONFIGURE_ACK) mark(port, PppState.ipcpAccepted);
  else if (code == CONFIGURE_NAK && !is(port, PppState.server)) {
    const address = option(at, length, IP_ADDRESS);
    if (address != 0) portSet(port, PortField.address, address);
    const dns = option(at, length, PRIMARY_DNS);
    if (dns != 0) portSet(port, PortField.pppDns, dns);
    requestIpcp(port);
  } else if (code == CONFIGURE_REJECT && !is(port, PppState.noDns)) {
    mark(port, PppState.noDns);
    requestIpcp(port);
  }
  if (is(port, PppState.open) || !is(port, PppState.ipcpAccepts) || !is(port, PppState.ipcpAccepted)) return;
  mark(port, PppState.open);
  portSet(port, PortField.pppRetryMs, 0);
  portSet(port, PortField.pppTries, 0);
  if (!is(port, PppState.server)) enter(port);
}

/** Value of an option of six bytes; 0 when it is not there. */
function option(at: usize, length: u32, kind: u32): u32 {
  for (let i: u32 = 4; i < length; i += <u32>load<u8>(at + i + 1))
    if (<u32>load<u8>(at + i) == kind && load<u8>(at + i + 1) == 6) return get32(at + i + 2);
  return 0;
}

/** The client asks for an address: what it has leased for it, and nothing else. */
function judgeAddress(port: u32, at: usize, length: u32): void {
  const address = portGet(port, PortField.remoteAddress);
  // Not leased yet: the client will ask again.
  if (address == 0) return;
  const dns = portGet(port, PortField.pppDns);
  const wantsDns = option(at, length, PRIMARY_DNS);
  const asksDns = dns != 0 && hasOption(at, length, PRIMARY_DNS);
  const right = option(at, length, IP_ADDRESS) == address && (!asksDns || wantsDns == dns);
  if (right || mustReject(at, length, dns != 0)) {
    if (judge(port, IPCP, at, length, dns != 0)) mark(port, PppState.ipcpAccepts);
    return;
  }
  const size: u32 = asksDns ? 16 : 10;
  const frame = newPpp(port, IPCP, size, 0);
  if (frame == NO_FRAME) return;
  const to = bodyOf(frame);
  put16(to, (CONFIGURE_NAK << 8) | (<u32>load<u8>(at + 1)));
  put16(to + 2, size);
  put16(to + 4, (IP_ADDRESS << 8) | 6);
  put32(to + 6, address);
  if (asksDns) {
    put16(to + 10, (PRIMARY_DNS << 8) | 6);
    put32(to + 12, dns);
  }
  send(port, frame);
}

function hasOption(at: usize, length: u32, kind: u32): bool {
  for (let i: u32 = 4; i < length; i += <u32>load<u8>(at + i + 1))
    if (<u32>load<u8>(at + i) == kind) return true;
  return false;
}

/** The request has options that nobody here knows: they are named first (RFC 1661 section 5.4). */
function mustReject(at: usize, length: u32, dns: bool): bool {
  for (let i: u32 = 4; i < length; i += <u32>load<u8>(at + i + 1)) {
    const kind = <u32>load<u8>(at + i);
    if (load<u8>(at + i + 1) != 6 || (kind != IP_ADDRESS && !(kind == PRIMARY_DNS && dns))) return true;
  }
  return false;
}

/** The server asks its DHCP server for an address for the client: its own, where it is one, or that of the wire. */
function askAddress(port: u32): void {
  const node = portGet(port, PortField.node);
  const card = portGet(port, PortField.pppCard);
  if (card == 0 || portGet(port, PortField.remoteAddress) != 0) return;
  const own = (nodeGet(node, NodeField.roles) & StationRole.dhcpServer) != 0;
  if (own && portGet(card - 1, PortField.poolFirst) != 0) {
    const address = leaseFor(node, port, card - 1);
    if (address != 0) clientLeased(port, address, portGet(card - 1, PortField.poolDns));
    return;
  }
  setFlag(port, PortFlag.dhcp, true);
  dhcpStart(port);
}

/** The server has an address for the client now; another one than before ends the link. */
export function clientLeased(port: u32, address: u32, dns: u32): void {
  if (is(port, PppState.open)) return closeTunnel(port);
  portSet(port, PortField.remoteAddress, address);
  portSet(port, PortField.pppDns, dns);
  portSet(port, PortField.address, serverAddress(portGet(port, PortField.node), port));
  portSet(port, PortField.pppTries, 0);
  requestIpcp(port);
}

/** The client is inside: its default way and its names lead through the tunnel. */
function enter(port: u32): void {
  const node = portGet(port, PortField.node);
  portSet(port, PortField.pppGateway, nodeGet(node, NodeField.gateway));
  portSet(port, PortField.pppDnsBefore, nodeGet(node, NodeField.dnsServer));
  nodeSet(node, NodeField.tunnel, port + 1);
  nodeSet(node, NodeField.gateway, portGet(port, PortField.remoteAddress));
  const dns = portGet(port, PortField.pppDns);
  if (dns != 0) nodeSet(node, NodeField.dnsServer, dns);
  const vm = nodeGet(node, NodeField.vm);
  const address = portGet(port, PortField.address);
  record(EventKind.addressLeased, Reason.none, vm, node, address, portGet(port, PortField.pppOuter), 0);
  const job = portGet(port, PortField.pppJob);
  portSet(port, PortField.pppJob, 0);
  if (job == 0) return;
  jobSet(job - 1, Job.conn, 0);
  done(job - 1);
}
