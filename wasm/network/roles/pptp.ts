/**
 * PPTP's control connection (RFC 2637 section 2), TCP port 1723: the client asks to speak the protocol, then for a call;
 * the call's two numbers name the tunnel's packets in both directions (stack/ppp.ts). One message at a time.
 */
import { App, PPTP_PORT } from './apps';
import { NodeField, PortField } from '../../shared/network';
import { get16, get32, put16, put32 } from '../bytes';
import { done, fail, Failure, Job, jobGet, JobKind, jobSet, JobState, wake } from '../jobs';
import { Reason } from '../../shared/reasons';
import { Conn, connGet, connSet, inbox, NO_CONNECTION, outbox } from '../stack/connection';
import { NO_PORT } from '../stack/ip';
import { clientEnd, closeTunnel, newTunnel, openLink, ownCall, tunnelTo } from '../stack/ppp';
import { abort, connect, finish, give, isIdle } from '../stack/tcp';
import { net, Net, nodeGet, portGet, portSet } from '../tables';
import { putStored, putText } from '../text';

/** Of a connection's application: bytes in the inbox; the tunnel's port + 1; client: its job + 1. */
const GATHERED = Conn.a0;
const TUNNEL = Conn.a1;
const JOB = Conn.a2;
/** 1: an echo is still to be answered, with the number in the next word. */
const OWES = Conn.a3;
const ECHO = Conn.a4;
const HEADER: u32 = 12;
const COOKIE: u32 = 0x1a2b_3c4d;
const VERSION: u32 = 0x0100;
const LONGEST: u32 = 168;
/** LCP gives up after half a minute, IPCP after another one. */
const PATIENCE_MS: u64 = 90_000;
/** Packets that either side may send before one must be acknowledged (Windows: 64). */
const WINDOW: u32 = 64;
/** 100 Mbit/s, as Windows' PPTP server announces. */
const CONNECT_BPS: u32 = 100_000_000;

enum Message {
  startRequest = 1,
  startReply = 2,
  stopRequest = 3,
  stopReply = 4,
  echoRequest = 5,
  echoReply = 6,
  callRequest = 7,
  callReply = 8,
  clearRequest = 12,
  disconnectNotify = 13,
  linkInfo = 15,
}

/** Result codes: 1 is success in every reply; 2 a general error of a call, its kind in the next byte. */
const OK: u32 = 1;
const GENERAL_ERROR: u32 = 2;
const NO_RESOURCE: u32 = 4;

/** Bytes of a message of this kind; 0: there is none. */
function sizeOf(type: u32): u32 {
  switch (type) {
    case Message.startRequest:
    case Message.startReply:
      return 156;
    case Message.stopRequest:
    case Message.stopReply:
    case Message.echoRequest:
    case Message.clearRequest:
      return 16;
    case Message.echoReply:
      return 20;
    case Message.callRequest:
      return LONGEST;
    case Message.callReply:
      return 32;
    case Message.disconnectNotify:
      return 148;
    case Message.linkInfo:
      return 24;
    default:
      return 0;
  }
}

/** Begins a message in the outbox. @returns where what follows its header begins. */
function message(conn: u32, type: Message): usize {
  const at = outbox(conn);
  memory.fill(at, 0, sizeOf(type));
  put16(at, sizeOf(type));
  put16(at + 2, 1);
  put32(at + 4, COOKIE);
  put16(at + 8, type);
  return at + HEADER;
}

function say(conn: u32, type: Message): void {
  give(conn, sizeOf(type), 0, 0, 0);
}

/** Client: calls the server of a job. */
export function startVpn(job: u32): void {
  const node = jobGet(job, Job.node);
  const address = jobGet(job, Job.address);
  if (tunnelTo(node, address) != NO_PORT) return done(job);
  // Windows opens one tunnel for the default way at a time; a second one would lie inside the first.
  if (nodeGet(node, NodeField.tunnel) != 0) return fail(job, Failure.refused);
  wake(job, PATIENCE_MS);
  const conn = connect(node, address, PPTP_PORT, App.vpnClient);
  if (conn == NO_CONNECTION) return fail(job, Failure.unreachable);
  jobSet(job, Job.conn, conn + 1);
  connSet(conn, JOB, job + 1);
}

/**
 * Client: ends its tunnel, or its call where that is still under way. The server is told (RFC 2637 section 2.12), and the
 * connection ends behind the message; the ways here are as they were before, at once.
 */
export function hangUp(node: u32): Reason {
  const port = clientEnd(node);
  if (port == NO_PORT) return endCall(node) ? Reason.none : Reason.notDialled;
  const conn = portGet(port, PortField.pppConn);
  if (conn != 0 && isIdle(conn - 1)) {
    put16(message(conn - 1, Message.clearRequest), ownCall(port));
    say(conn - 1, Message.clearRequest);
  }
  closeTunnel(port);
  return Reason.none;
}

/** A call that has no tunnel yet is given up. @returns false: there is none. */
function endCall(node: u32): bool {
  const count = <u32>net(Net.jobs);
  for (let job: u32 = 0; job < count; job++) {
    if (jobGet(job, Job.kind) != JobKind.vpn || jobGet(job, Job.node) != node) continue;
    if (jobGet(job, Job.state) != JobState.running) continue;
    fail(job, Failure.cut);
    return true;
  }
  return false;
}

export function vpnClientOpened(conn: u32): void {
  putStart(conn, message(conn, Message.startRequest), 0);
  say(conn, Message.startRequest);
}

/** What both sides say of themselves: asynchronous and synchronous framing, analogue and digital bearers. */
function putStart(conn: u32, at: usize, result: u32): void {
  put16(at, VERSION);
  put16(at + 2, result << 8);
  put32(at + 4, 3);
  put32(at + 8, 3);
  put16(at + 12, 0xffff);
  put16(at + 14, 0);
  const name = nodeGet(connGet(conn, Conn.node), NodeField.name);
  if (name != 0) putStored(at + 16, name);
  memory.fill(at + 79, 0, 65);
  putText(at + 80, 'Microsoft');
}

/** Bytes have come on a control connection. */
export function controlData(conn: u32, at: usize, length: u32): void {
  while (length > 0 && connGet(conn, Conn.state) != 0) {
    const have = connGet(conn, GATHERED);
    const to = inbox(conn);
    let need: u32 = HEADER;
    if (have >= HEADER) {
      need = get16(to);
      const known = sizeOf(get16(to + 8));
      if (get32(to + 4) != COOKIE || get16(to + 2) != 1 || known == 0 || need != known) return abort(conn);
    }
    const part = min(length, need - have);
    memory.copy(to + have, at, part);
    connSet(conn, GATHERED, have + part);
    at += part;
    length -= part;
    if (have + part < need || need == HEADER) continue;
    connSet(conn, GATHERED, 0);
    understood(conn, get16(to + 8), to + HEADER);
  }
}

function understood(conn: u32, type: u32, at: usize): void {
  if (type == Message.echoRequest) {
    connSet(conn, OWES, 1);
    connSet(conn, ECHO, get32(at));
    return controlSent(conn);
  }
  // What was said before has arrived when an answer comes; who speaks out of turn is not heard.
  if (!isIdle(conn)) return;
  const server = connGet(conn, Conn.app) == App.vpnServer;
  switch (type) {
    case Message.startRequest:
      if (!server) return abort(conn);
      putStart(conn, message(conn, Message.startReply), OK);
      return say(conn, Message.startReply);
    case Message.startReply:
      if (server || load<u8>(at + 2) != OK) return abort(conn);
      return call(conn);
    case Message.callRequest:
      return server ? answerCall(conn, get16(at)) : abort(conn);
    case Message.callReply:
      return server ? abort(conn) : callAnswered(conn, at);
    case Message.clearRequest: {
      const tunnel = connGet(conn, TUNNEL);
      if (tunnel == 0) return;
      const to = message(conn, Message.disconnectNotify);
      put16(to, ownCall(tunnel - 1));
      // The client has asked for it.
      store<u8>(to + 2, 4);
      connSet(conn, TUNNEL, 0);
      portSet(tunnel - 1, PortField.pppConn, 0);
      closeTunnel(tunnel - 1);
      return say(conn, Message.disconnectNotify);
    }
    case Message.stopRequest:
      store<u8>(message(conn, Message.stopReply), OK);
      say(conn, Message.stopReply);
      return finish(conn);
    case Message.disconnectNotify:
    case Message.stopReply:
      return finish(conn);
    default:
      return;
  }
}

/** The number under which the other side will send its packets: chosen when the call is made. */
function call(conn: u32): void {
  const node = connGet(conn, Conn.node);
  const tunnel = newTunnel(node, conn, connGet(conn, Conn.local), connGet(conn, Conn.remote), 0, false);
  if (tunnel == NO_PORT) return abort(conn);
  connSet(conn, TUNNEL, tunnel + 1);
  portSet(tunnel, PortField.pppJob, connGet(conn, JOB));
  const to = message(conn, Message.callRequest);
  put16(to, ownCall(tunnel));
  put16(to + 2, 1);
  put32(to + 4, 300);
  put32(to + 8, CONNECT_BPS);
  put32(to + 12, 3);
  put32(to + 16, 3);
  put16(to + 20, WINDOW);
  say(conn, Message.callRequest);
}

function answerCall(conn: u32, peerCall: u32): void {
  const node = connGet(conn, Conn.node);
  let tunnel: u32 = NO_PORT;
  if (connGet(conn, TUNNEL) == 0 && nodeGet(node, NodeField.vpnCard) != 0)
    tunnel = newTunnel(node, conn, connGet(conn, Conn.local), connGet(conn, Conn.remote), peerCall, true);
  const to = message(conn, Message.callReply);
  put16(to + 2, peerCall);
  if (tunnel == NO_PORT) {
    store<u8>(to + 4, GENERAL_ERROR);
    store<u8>(to + 5, NO_RESOURCE);
    return say(conn, Message.callReply);
  }
  connSet(conn, TUNNEL, tunnel + 1);
  put16(to, ownCall(tunnel));
  store<u8>(to + 4, OK);
  put32(to + 8, CONNECT_BPS);
  put16(to + 12, WINDOW);
  say(conn, Message.callReply);
  openLink(tunnel);
}

function callAnswered(conn: u32, at: usize): void {
  const tunnel = connGet(conn, TUNNEL);
  if (tunnel == 0 || load<u8>(at + 4) != OK || get16(at + 2) != ownCall(tunnel - 1)) return abort(conn);
  portSet(tunnel - 1, PortField.pppCalls, (ownCall(tunnel - 1) << 16) | get16(at));
  const to = message(conn, Message.linkInfo);
  put16(to, portGet(tunnel - 1, PortField.pppCalls) & 0xffff);
  // No control characters: they matter on modem lines only.
  put32(to + 4, 0xffff_ffff);
  put32(to + 8, 0xffff_ffff);
  say(conn, Message.linkInfo);
  openLink(tunnel - 1);
}

/** Asks whether the other side lives: no answer ends the connection as lost data does. */
export function controlEcho(conn: u32): void {
  if (!isIdle(conn)) return;
  put32(message(conn, Message.echoRequest), 1);
  say(conn, Message.echoRequest);
}

/** What was said has arrived: an echo that waited is answered. */
export function controlSent(conn: u32): void {
  if (connGet(conn, OWES) == 0 || !isIdle(conn)) return;
  connSet(conn, OWES, 0);
  const to = message(conn, Message.echoReply);
  put32(to, connGet(conn, ECHO));
  store<u8>(to + 4, OK);
  say(conn, Message.echoReply);
}

/** The tunnel has ended: so does its control connection; `told`: the other side hears of it. */
export function controlLost(conn: u32, told: bool): void {
  connSet(conn, TUNNEL, 0);
  if (told) finish(conn);
}

export function controlRemoteClosed(conn: u32): void {
  finish(conn);
  controlClosed(conn);
}

/** It is over; the tunnel with it. */
export function controlClosed(conn: u32): void {
  const tunnel = connGet(conn, TUNNEL);
  const number = connGet(conn, JOB);
  connSet(conn, TUNNEL, 0);
  connSet(conn, JOB, 0);
  if (tunnel != 0) {
    portSet(tunnel - 1, PortField.pppConn, 0);
    portSet(tunnel - 1, PortField.pppJob, 0);
    closeTunnel(tunnel - 1);
  }
  if (number == 0) return;
  const job = number - 1;
  if (jobGet(job, Job.state) != JobState.running || jobGet(job, Job.conn) != conn + 1) return;
  jobSet(job, Job.conn, 0);
  fail(job, tunnel != 0 ? Failure.cut : Failure.refused);
}
