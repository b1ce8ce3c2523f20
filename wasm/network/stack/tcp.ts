/**
 * TCP (RFC 793, 1122) as Windows 2000 and Linux 2.4 spoke it by default: sliding window without scaling, MSS in the SYN, slow
 * start and congestion avoidance (RFC 2581), NewReno's fast recovery (RFC 2582), retransmission times by RFC 2988, an
 * acknowledgment for every second segment or after 200 ms.
 *
 * What is sent lies nowhere twice: a connection's stream is a short text, then a body that its object's bytes are made
 * from, or a ring buffer; a segment that is lost is made again from there.
 */
import { get } from '../../kernel/header';
import { next64 } from '../../kernel/random';
import { Field } from '../../shared/columns';
import { DropReason, NodeField, PortFlag, StationRole } from '../../shared/network';
import { checksumOf, get16, get32, pseudoSum, put16, put32, sumWords } from '../bytes';
import { bytesOf, consume, drop, idOf, keep, NO_FRAME, release } from '../frames';
import { NetEvent, netEvent, netSchedule } from '../links';
import {
  connectionClosed,
  connectionData,
  connectionOpened,
  connectionRefused,
  connectionRemoteClosed,
  connectionSent,
  listens,
} from '../roles/apps';
import { objectBytes } from '../roles/objects';
import { leaveRing } from '../roles/proxy';
import { addNet, net, Net, nodeCell, nodeGet, portIs, ringsPtr, RING_BYTES } from '../tables';
import {
  Conn,
  connFlag,
  connGet,
  connGet64,
  connIs,
  connSet,
  connSet64,
  findConnection,
  freeConnection,
  newConnection,
  NO_CONNECTION,
  outbox,
  TcpFlag,
  TcpState,
} from './connection';
import { freeHeld, heldAt, heldFrame, heldLength, heldNext, heldSeq, hold, setHeldNext } from './early';
import { entersLocal } from './filter';
import { hopTo, newPacket, NO_PORT, PAYLOAD, portTo, Protocol, sendPacket, sourceFor } from './ip';
import { PPP_MTU } from './ppp';

const HEADER: u32 = 20;
export const MSS: u32 = 1460;
/** First congestion window (RFC 2581 section 3.1). */
const INITIAL_SEGMENTS: u32 = 2;
const FIN: u32 = 1;
const SYN: u32 = 2;
const RST: u32 = 4;
const PSH: u32 = 8;
const ACK: u32 = 16;
const MS: u64 = 1_000_000;
/** First time-out (RFC 1122 section 4.2.3.1), least and greatest. */
const FIRST_RTO_MS: u32 = 3000;
const MIN_RTO_MS: u32 = 300;
const MAX_RTO_MS: u32 = 64_000;
const DELAYED_ACK_MS: u64 = 200;
/** Windows: TcpMaxConnectRetransmissions 2, TcpMaxDataRetransmissions 5 ("Windows 2000 TCP/IP Implementation Details", app. A). */
/** More than these, and the other side has not answered. */
export const CONNECT_RETRIES: u32 = 2;
const DATA_RETRIES: u32 = 5;
/** So many duplicate acknowledgments say that a segment is lost. Windows: TcpMaxDupAcks 2, where RFC 2581 has 3. */
const DUPLICATES: u32 = 2;
/** Twice the life of a segment; Windows waits 240 s, most of the era's servers were set to 30. */
const TIME_WAIT_MS: u64 = 30_000;
/** A connection whose other side closed first and never goes on. */
const FIN_WAIT_MS: u64 = 120_000;
const MAX_EARLY: u32 = 48;

function now(): u64 {
  return get(Field.timeNs);
}
/** a − b of sequence numbers, as a signed difference. */
function diff(a: u32, b: u32): i32 {
  return <i32>(a - b);
}

function arm(conn: u32): void {
  let due = connGet64(conn, Conn.retransmitAt);
  const ack = connGet64(conn, Conn.delayedAckAt);
  const close = connGet64(conn, Conn.closeAt);
  if (due == 0 || (ack != 0 && ack < due)) due = ack != 0 ? ack : due;
  if (due == 0 || (close != 0 && close < due)) due = close != 0 ? close : due;
  if (due == 0) return;
  const armed = connGet64(conn, Conn.timerAt);
  if (armed != 0 && armed <= due) return;
  connSet64(conn, Conn.timerAt, due);
  netSchedule(netEvent(NetEvent.connection, conn), due);
}

/** A moment that a connection had asked for. */
export function connectionTimer(conn: u32): void {
  const time = now();
  if (connGet64(conn, Conn.timerAt) != time || connGet(conn, Conn.state) == TcpState.free) return;
  connSet64(conn, Conn.timerAt, 0);
  const close = connGet64(conn, Conn.closeAt);
  if (close != 0 && close <= time) return end(conn, connGet(conn, Conn.state) == TcpState.timeWait);
  const ack = connGet64(conn, Conn.delayedAckAt);
  if (ack != 0 && ack <= time) sendAck(conn);
  const again = connGet64(conn, Conn.retransmitAt);
  if (again != 0 && again <= time) {
    if (!timedOut(conn)) return;
  }
  arm(conn);
}

/** Nothing was acknowledged in time. @returns false when the connection was given up. */
function timedOut(conn: u32): bool {
  const retries = connGet(conn, Conn.retries) + 1;
  const state = connGet(conn, Conn.state);
  const limit = state == TcpState.synSent || state == TcpState.synReceived ? CONNECT_RETRIES : DATA_RETRIES;
  if (retries > limit) {
    connSet(conn, Conn.retries, retries);
    end(conn, false);
    return false;
  }
  connSet(conn, Conn.retries, retries);
  connSet(conn, Conn.rtoMs, min(connGet(conn, Conn.rtoMs) * 2, MAX_RTO_MS));
  connSet64(conn, Conn.rttAt, 0);
  if (limit == DATA_RETRIES) {
    // RFC 2581 section 3.1, equation 3.
    const flight = connGet(conn, Conn.sndMax) - connGet(conn, Conn.sndUna);
    connSet(conn, Conn.ssthresh, max(flight / 2, 2 * connGet(conn, Conn.mss)));
    connSet(conn, Conn.cwnd, connGet(conn, Conn.mss));
    connSet(conn, Conn.inRecovery, 0);
    connSet(conn, Conn.dupAcks, 0);
    connSet(conn, Conn.recover, connGet(conn, Conn.sndMax));
  }
  connSet(conn, Conn.sndNxt, connGet(conn, Conn.sndUna));
  if (connIs(conn, TcpFlag.finSent)) connFlag(conn, TcpFlag.finSent, false);
  connSet64(conn, Conn.retransmitAt, now() + <u64>connGet(conn, Conn.rtoMs) * MS);
  if (state == TcpState.synSent) sendSegment(conn, SYN, connGet(conn, Conn.iss), 0);
  else if (state == TcpState.synReceived) sendSegment(conn, SYN | ACK, connGet(conn, Conn.iss), 0);
  else if (connGet(conn, Conn.sndWnd) == 0) probe(conn);
  else push(conn);
  return true;
}

/** A closed window is asked about with one byte (RFC 1122 section 4.2.2.17). */
function probe(conn: u32): void {
  connSet(conn, Conn.retries, 0);
  if (diff(connGet(conn, Conn.sndEnd), connGet(conn, Conn.sndNxt)) > 0) {
    sendSegment(conn, ACK, connGet(conn, Conn.sndNxt), 1);
    advance(conn, connGet(conn, Conn.sndNxt) + 1);
  }
}

/** The most that a segment on this way may carry: Ethernet's, or a tunnel's. */
function segmentLimit(conn: u32): u32 {
  const node = connGet(conn, Conn.node);
  const port = portTo(node, hopTo(node, connGet(conn, Conn.remote)));
  return port != NO_PORT && portIs(port, PortFlag.ppp) ? PPP_MTU - 40 : MSS;
}

function start(conn: u32): void {
  const iss = <u32>next64(nodeCell(connGet(conn, Conn.node), NodeField.random));
  connSet(conn, Conn.iss, iss);
  connSet(conn, Conn.sndUna, iss);
  connSet(conn, Conn.sndNxt, iss + 1);
  connSet(conn, Conn.sndMax, iss + 1);
  connSet(conn, Conn.sndEnd, iss + 1);
  connSet(conn, Conn.textSeq, iss + 1);
  connSet(conn, Conn.recover, iss);
  connSet(conn, Conn.mss, segmentLimit(conn));
  connSet(conn, Conn.cwnd, INITIAL_SEGMENTS * MSS);
  connSet(conn, Conn.ssthresh, 65_535);
  connSet(conn, Conn.rtoMs, FIRST_RTO_MS);
  connSet(conn, Conn.rcvWnd, nodeGet(connGet(conn, Conn.node), NodeField.window));
  connSet64(conn, Conn.retransmitAt, now() + <u64>FIRST_RTO_MS * MS);
  connSet64(conn, Conn.rttAt, now());
  connSet(conn, Conn.rttSeq, iss + 1);
}

/** Opens a connection. @returns NO_CONNECTION when there is no way or no room. */
export function connect(node: u32, remote: u32, remotePort: u32, app: u32): u32 {
  const local = sourceFor(node, remote);
  if (local == 0) return NO_CONNECTION;
  const ports = (ephemeral(node, local, remote, remotePort) << 16) | remotePort;
  const conn = newConnection(node, local, remote, ports);
  if (conn == NO_CONNECTION) return NO_CONNECTION;
  connSet(conn, Conn.app, app);
  connSet(conn, Conn.state, TcpState.synSent);
  start(conn);
  sendSegment(conn, SYN, connGet(conn, Conn.iss), 0);
  arm(conn);
  return conn;
}

/** Windows: 1025 … 5000, one after the other. */
export function ephemeral(node: u32, local: u32, remote: u32, remotePort: u32): u32 {
  let port = nodeGet(node, NodeField.nextPort);
  for (let tries: u32 = 0; tries < 4000; tries++) {
    port = port < 1025 || port >= 5000 ? 1025 : port + 1;
    if (findConnection(node, local, remote, (port << 16) | remotePort) == NO_CONNECTION) break;
  }
  store<u32>(nodeCell(node, NodeField.nextPort), port);
  return port;
}

/** How much of a stream may still be given: room in the outbox. */
export function isIdle(conn: u32): bool {
  return connGet(conn, Conn.sndEnd) == connGet(conn, Conn.sndUna);
}

/**
 * Gives a connection the next message: `textLength` bytes of text, which the caller has written into the outbox, and then
 * `length` bytes of an object from byte `from`. All that was given before must have been acknowledged.
 */
export function give(conn: u32, textLength: u32, object: u32, from: u32, length: u32): void {
  const seq = connGet(conn, Conn.sndEnd);
  connSet(conn, Conn.textSeq, seq);
  connSet(conn, Conn.textLength, textLength);
  connSet(conn, Conn.object, object);
  connSet(conn, Conn.bodyFrom, from);
  connSet(conn, Conn.bodyLength, length);
  connSet(conn, Conn.sndEnd, seq + textLength + length);
  push(conn);
  arm(conn);
}

/** Gives a connection `length` more bytes of the object that it sends. */
export function giveMore(conn: u32, length: u32): void {
  connSet(conn, Conn.bodyLength, connGet(conn, Conn.bodyLength) + length);
  connSet(conn, Conn.sndEnd, connGet(conn, Conn.sndEnd) + length);
  push(conn);
  arm(conn);
}

/** Bytes that a connection was given and the other side has not acknowledged. */
export function ahead(conn: u32): u32 {
  return connGet(conn, Conn.sndEnd) - connGet(conn, Conn.sndUna);
}

/** `bytes` of the stream have gone as a flow: both ends go on behind them. Nothing of it may be on the way. */
export function skipStream(from: u32, to: u32, bytes: u32): void {
  for (let word = Conn.sndUna; word <= Conn.sndMax; word++) connSet(from, word, connGet(from, word) + bytes);
  connSet(from, Conn.sndEnd, connGet(from, Conn.sndEnd) + bytes);
  connSet64(from, Conn.sent, connGet64(from, Conn.sent) + bytes);
  connSet(to, Conn.rcvNxt, connGet(to, Conn.rcvNxt) + bytes);
  connSet(to, Conn.lastWnd, connGet(to, Conn.lastWnd) + bytes);
  connSet64(to, Conn.received, connGet64(to, Conn.received) + bytes);
}

/** Bytes that a ring buffer can still take. */
export function ringRoom(conn: u32): u32 {
  return <u32>RING_BYTES - (connGet(conn, Conn.sndEnd) - connGet(conn, Conn.ringSeq));
}

/** Gives a connection that sends from a ring buffer `length` more bytes. There must be room. */
export function giveBytes(conn: u32, at: usize, length: u32): void {
  const ring = ringsPtr + <usize>(connGet(conn, Conn.ring) - 1) * RING_BYTES;
  const end = connGet(conn, Conn.sndEnd);
  for (let done: u32 = 0; done < length;) {
    const place = (end + done) % <u32>RING_BYTES;
    const part = min(length - done, <u32>RING_BYTES - place);
    memory.copy(ring + place, at + done, part);
    done += part;
  }
  connSet(conn, Conn.sndEnd, end + length);
  push(conn);
  arm(conn);
}

/** No more will be given: a FIN follows the last byte. */
export function finish(conn: u32): void {
  if (connIs(conn, TcpFlag.finQueued) || connGet(conn, Conn.state) == TcpState.free) return;
  connFlag(conn, TcpFlag.finQueued, true);
  const state = connGet(conn, Conn.state);
  if (state == TcpState.synSent) return end(conn, true);
  push(conn);
  arm(conn);
}

/** Ends a connection at once; the other side is told by a RST. */
export function abort(conn: u32): void {
  if (connGet(conn, Conn.state) == TcpState.free) return;
  if (connGet(conn, Conn.state) != TcpState.synSent)
    sendSegment(conn, RST | ACK, connGet(conn, Conn.sndNxt), 0);
  end(conn, false);
}

function end(conn: u32, well: bool): void {
  releaseEarly(conn);
  // Whoever hears of it has nothing more to say here.
  connSet(conn, Conn.state, TcpState.free);
  if (well) connectionClosed(conn);
  else connectionRefused(conn);
  freeConnection(conn);
}

/** A station has lost its memory: its connections are gone, and nobody is told. */
export function stationConnectionsLost(node: u32): void {
  const count = <u32>net(Net.connections);
  for (let conn: u32 = 0; conn < count; conn++) {
    if (connGet(conn, Conn.state) == TcpState.free || connGet(conn, Conn.node) != node) continue;
    releaseEarly(conn);
    connSet(conn, Conn.state, TcpState.free);
    leaveRing(conn);
    freeConnection(conn);
  }
}

function releaseEarly(conn: u32): void {
  for (let at = connGet(conn, Conn.early); at != 0;) {
    const held = at - 1;
    at = heldNext(held);
    release(heldFrame(held));
    freeHeld(held);
  }
  connSet(conn, Conn.early, 0);
}

/** Writes `length` bytes of the stream from sequence number `seq` at `to`. */
function writeStream(conn: u32, seq: u32, to: usize, length: u32): void {
  if (connGet(conn, Conn.ring) != 0) {
    const ring = ringsPtr + <usize>(connGet(conn, Conn.ring) - 1) * RING_BYTES;
    for (let done: u32 = 0; done < length;) {
      const place = (seq + done) % <u32>RING_BYTES;
      const part = min(length - done, <u32>RING_BYTES - place);
      memory.copy(to + done, ring + place, part);
      done += part;
    }
    return;
  }
  let offset = seq - connGet(conn, Conn.textSeq);
  const text = connGet(conn, Conn.textLength);
  let done: u32 = 0;
  if (offset < text) {
    done = min(length, text - offset);
    memory.copy(to, outbox(conn) + offset, done);
    offset += done;
  }
  if (done < length)
    objectBytes(
      connGet(conn, Conn.object),
      connGet(conn, Conn.bodyFrom) + offset - text,
      to + done,
      length - done,
    );
}

function window(conn: u32): u32 {
  return min(connGet(conn, Conn.rcvWnd), 65_535);
}

/** Sends a segment with `length` bytes of the stream. */
function sendSegment(conn: u32, flags: u32, seq: u32, length: u32): void {
  const options: u32 = (flags & SYN) != 0 ? 4 : 0;
  const frame = newPacket(HEADER + options + length, 0);
  // No buffer: as if it had been lost; the timer will see to it.
  if (frame == NO_FRAME) return;
  const at = bytesOf(frame) + PAYLOAD;
  const node = connGet(conn, Conn.node);
  const ports = connGet(conn, Conn.ports);
  put32(at, ports);
  put32(at + 4, seq);
  put32(at + 8, (flags & ACK) != 0 ? connGet(conn, Conn.rcvNxt) : 0);
  put16(at + 12, ((HEADER + options) << 10) | flags);
  put16(at + 14, window(conn));
  store<u32>(at + 16, 0);
  if (options != 0) put32(at + 20, 0x0204_0000 | segmentLimit(conn));
  if (length != 0) writeStream(conn, seq, at + HEADER, length);
  const total = HEADER + options + length;
  const local = connGet(conn, Conn.local);
  const remote = connGet(conn, Conn.remote);
  store<u16>(at + 16, <u16>checksumOf(pseudoSum(local, remote, Protocol.tcp, total) + sumWords(at, total)));
  if ((flags & ACK) != 0) {
    connFlag(conn, TcpFlag.ackNow, false);
    connSet(conn, Conn.unacked, 0);
    connSet64(conn, Conn.delayedAckAt, 0);
    connSet(conn, Conn.lastWnd, connGet(conn, Conn.rcvNxt) + window(conn));
  }
  connSet64(conn, Conn.sent, connGet64(conn, Conn.sent) + length);
  if (diff(seq, connGet(conn, Conn.sndMax)) < 0 && length > 0) {
    addNet(Net.retransmitted, 1);
    connSet(conn, Conn.resent, connGet(conn, Conn.resent) + 1);
  }
  sendPacket(node, frame, Protocol.tcp, local, remote);
}

function sendAck(conn: u32): void {
  sendSegment(conn, ACK, connGet(conn, Conn.sndNxt), 0);
}

function advance(conn: u32, seq: u32): void {
  connSet(conn, Conn.sndNxt, seq);
  if (diff(seq, connGet(conn, Conn.sndMax)) > 0) connSet(conn, Conn.sndMax, seq);
}

function canSend(state: u32): bool {
  return (
    state == TcpState.established ||
    state == TcpState.closeWait ||
    state == TcpState.finWait1 ||
    state == TcpState.closing ||
    state == TcpState.lastAck
  );
}

/** Sends what the windows allow, and the FIN behind the last byte. */
function push(conn: u32): void {
  if (!canSend(connGet(conn, Conn.state))) return;
  const end = connGet(conn, Conn.sndEnd);
  const mss = connGet(conn, Conn.mss);
  const una = connGet(conn, Conn.sndUna);
  const limit = una + min(connGet(conn, Conn.cwnd), connGet(conn, Conn.sndWnd));
  let next = connGet(conn, Conn.sndNxt);
  while (diff(end, next) > 0) {
    const left = end - next;
    const room = diff(limit, next);
    if (room <= 0) break;
    const length = min(min(left, mss), <u32>room);
    // No silly windows: a part of a segment only when nothing is on the way, or it is the last.
    if (length < mss && length < left && next != una) break;
    if (connGet64(conn, Conn.rttAt) == 0 && next == connGet(conn, Conn.sndMax)) {
      connSet64(conn, Conn.rttAt, now());
      connSet(conn, Conn.rttSeq, next + length);
    }
    sendSegment(conn, length == left ? ACK | PSH : ACK, next, length);
    next += length;
    advance(conn, next);
    setTimer(conn);
  }
  if (next == end && connIs(conn, TcpFlag.finQueued) && !connIs(conn, TcpFlag.finSent)) {
    sendSegment(conn, FIN | ACK, next, 0);
    connFlag(conn, TcpFlag.finSent, true);
    advance(conn, next + 1);
    const state = connGet(conn, Conn.state);
    if (state == TcpState.established) connSet(conn, Conn.state, TcpState.finWait1);
    else if (state == TcpState.closeWait) connSet(conn, Conn.state, TcpState.lastAck);
    setTimer(conn);
  }
  // A closed window and nothing on the way: only a timer can ask again.
  if (diff(end, next) > 0 && next == una) setTimer(conn);
}

function setTimer(conn: u32): void {
  if (connGet64(conn, Conn.retransmitAt) == 0)
    connSet64(conn, Conn.retransmitAt, now() + <u64>connGet(conn, Conn.rtoMs) * MS);
}

/** RFC 2988: smoothed time and variation, in integers as Jacobson wrote it (SIGCOMM 1988, appendix A). */
function measured(conn: u32, micros: u32): void {
  let srtt = <i32>connGet(conn, Conn.srtt);
  let rttvar = <i32>connGet(conn, Conn.rttvar);
  const sample = <i32>min<u32>(micros, 60_000_000);
  if (srtt == 0) {
    srtt = sample << 3;
    rttvar = sample << 1;
  } else {
    let error = sample - (srtt >> 3);
    srtt += error;
    if (error < 0) error = -error;
    rttvar += error - (rttvar >> 2);
  }
  connSet(conn, Conn.srtt, <u32>max(srtt, 1));
  connSet(conn, Conn.rttvar, <u32>rttvar);
  connSet(conn, Conn.rtoMs, min(max(<u32>((srtt >> 3) + rttvar) / 1000, MIN_RTO_MS), MAX_RTO_MS));
}

function acknowledged(conn: u32, ack: u32): void {
  const una = connGet(conn, Conn.sndUna);
  const bytes = ack - una;
  const mss = connGet(conn, Conn.mss);
  connSet(conn, Conn.sndUna, ack);
  if (diff(ack, connGet(conn, Conn.sndNxt)) > 0) connSet(conn, Conn.sndNxt, ack);
  connSet(conn, Conn.retries, 0);
  if (connGet64(conn, Conn.rttAt) != 0 && diff(ack, connGet(conn, Conn.rttSeq)) >= 0) {
    measured(conn, <u32>((now() - connGet64(conn, Conn.rttAt)) / 1000));
    connSet64(conn, Conn.rttAt, 0);
  }
  const outstanding = connGet(conn, Conn.sndMax) != ack;
  connSet64(conn, Conn.retransmitAt, outstanding ? now() + <u64>connGet(conn, Conn.rtoMs) * MS : 0);
  if (connGet(conn, Conn.ring) != 0) {
    const freed = diff(ack, connGet(conn, Conn.sndEnd)) > 0 ? connGet(conn, Conn.sndEnd) : ack;
    if (diff(freed, connGet(conn, Conn.ringSeq)) > 0) connSet(conn, Conn.ringSeq, freed);
  }
  const cwnd = connGet(conn, Conn.cwnd);
  if (connGet(conn, Conn.inRecovery) != 0) {
    if (diff(ack, connGet(conn, Conn.recover)) >= 0) {
      connSet(conn, Conn.inRecovery, 0);
      connSet(conn, Conn.cwnd, connGet(conn, Conn.ssthresh));
    } else {
      // A partial acknowledgment: the next segment is missing too (RFC 2582 section 3, step 5).
      retransmitFirst(conn);
      connSet(conn, Conn.cwnd, max(cwnd - min(bytes, cwnd) + mss, mss));
    }
    connSet(conn, Conn.dupAcks, 0);
    return;
  }
  connSet(conn, Conn.dupAcks, 0);
  const more = cwnd < connGet(conn, Conn.ssthresh) ? min(bytes, mss) : max((mss * mss) / cwnd, 1);
  connSet(conn, Conn.cwnd, min(cwnd + more, 1_048_576));
}

function retransmitFirst(conn: u32): void {
  const una = connGet(conn, Conn.sndUna);
  const left = diff(connGet(conn, Conn.sndEnd), una);
  connSet64(conn, Conn.rttAt, 0);
  if (left > 0) sendSegment(conn, ACK, una, min(<u32>left, connGet(conn, Conn.mss)));
  else if (connIs(conn, TcpFlag.finSent)) sendSegment(conn, FIN | ACK, una, 0);
}

function duplicateAck(conn: u32): void {
  const mss = connGet(conn, Conn.mss);
  const count = connGet(conn, Conn.dupAcks) + 1;
  connSet(conn, Conn.dupAcks, count);
  if (connGet(conn, Conn.inRecovery) != 0) connSet(conn, Conn.cwnd, connGet(conn, Conn.cwnd) + mss);
  else if (count == DUPLICATES && diff(connGet(conn, Conn.sndUna), connGet(conn, Conn.recover)) >= 0) {
    const flight = connGet(conn, Conn.sndMax) - connGet(conn, Conn.sndUna);
    connSet(conn, Conn.ssthresh, max(flight / 2, 2 * mss));
    connSet(conn, Conn.recover, connGet(conn, Conn.sndMax));
    connSet(conn, Conn.inRecovery, 1);
    retransmitFirst(conn);
    connSet(conn, Conn.cwnd, connGet(conn, Conn.ssthresh) + DUPLICATES * mss);
    connSet64(conn, Conn.retransmitAt, now() + <u64>connGet(conn, Conn.rtoMs) * MS);
  }
}

/** Answers a segment that belongs to no connection with a RST (RFC 793, p. 36). */
function refuse(
  node: u32,
  frame: u32,
  at: usize,
  flags: u32,
  length: u32,
  source: u32,
  destination: u32,
): void {
  if ((flags & RST) != 0) return;
  const answer = newPacket(HEADER, idOf(frame));
  if (answer == NO_FRAME) return;
  const to = bytesOf(answer) + PAYLOAD;
  put16(to, get16(at + 2));
  put16(to + 2, get16(at));
  const acks = (flags & ACK) != 0;
  const extra: u32 = ((flags & SYN) != 0 ? 1 : 0) + ((flags & FIN) != 0 ? 1 : 0);
  put32(to + 4, acks ? get32(at + 8) : 0);
  put32(to + 8, acks ? 0 : get32(at + 4) + length + extra);
  put16(to + 12, (HEADER << 10) | (acks ? RST : RST | ACK));
  put16(to + 14, 0);
  store<u32>(to + 16, 0);
  store<u16>(
    to + 16,
    <u16>checksumOf(pseudoSum(destination, source, Protocol.tcp, HEADER) + sumWords(to, HEADER)),
  );
  sendPacket(node, answer, Protocol.tcp, destination, source);
}

/** The MSS that a SYN offers; 536 when it says nothing (RFC 1122). @returns 0 when its options are no options. */
function offeredMss(at: usize, header: u32): u32 {
  for (let i: u32 = HEADER; i < header;) {
    const kind = load<u8>(at + i);
    if (kind == 0) break;
    if (kind == 1) {
      i++;
      continue;
    }
    if (i + 1 >= header) return 0;
    const size = <u32>load<u8>(at + i + 1);
    if (size < 2 || i + size > header) return 0;
    if (kind == 2 && size == 4) return max(get16(at + i + 2), 64);
    i += size;
  }
  return 536;
}

/** A segment for this station. */
export function receiveTcp(
  node: u32,
  port: u32,
  frame: u32,
  at: usize,
  length: u32,
  source: u32,
  destination: u32,
): void {
  if (length < HEADER) return drop(frame, port, DropReason.tooShort);
  const header = (get16(at + 12) >> 12) << 2;
  if (header < HEADER || header > length) return drop(frame, port, DropReason.badLength);
  if (checksumOf(pseudoSum(source, destination, Protocol.tcp, length) + sumWords(at, length)) != 0)
    return drop(frame, port, DropReason.badChecksum);
  const flags = get16(at + 12) & 0x3f;
  const ports = get32(at);
  const data = length - header;
  const conn = findConnection(node, destination, source, (ports << 16) | (ports >>> 16));
  if (conn == NO_CONNECTION)
    return receiveNew(node, port, frame, at, header, flags, data, source, destination);
  segment(conn, port, frame, at, header, flags, data);
}

function receiveNew(
  node: u32,
  port: u32,
  frame: u32,
  at: usize,
  header: u32,
  flags: u32,
  data: u32,
  source: u32,
  destination: u32,
): void {
  const ports = get32(at);
  const to = ports & 0xffff;
  const opens = (flags & (SYN | ACK | RST | FIN)) == SYN;
  if (opens && (nodeGet(node, NodeField.roles) & StationRole.firewall) != 0) {
    if (!entersLocal(node, port, frame, Protocol.tcp, source, ports >>> 16, destination, to)) return;
  }
  const app = opens ? listens(node, to) : 0;
  if (app == 0) {
    refuse(node, frame, at, flags, data, source, destination);
    return drop(frame, port, DropReason.noListener);
  }
  const mss = offeredMss(at, header);
  if (mss == 0) return drop(frame, port, DropReason.badOption);
  const conn = newConnection(node, destination, source, (to << 16) | (ports >>> 16));
  if (conn == NO_CONNECTION) return drop(frame, port, DropReason.tableFull);
  connSet(conn, Conn.app, app);
  connSet(conn, Conn.state, TcpState.synReceived);
  start(conn);
  connSet(conn, Conn.mss, min(mss, segmentLimit(conn)));
  connSet(conn, Conn.cwnd, INITIAL_SEGMENTS * connGet(conn, Conn.mss));
  connSet(conn, Conn.rcvNxt, get32(at + 4) + 1);
  connSet(conn, Conn.sndWnd, get16(at + 14));
  sendSegment(conn, SYN | ACK, connGet(conn, Conn.iss), 0);
  arm(conn);
  consume(frame);
}

function segment(conn: u32, port: u32, frame: u32, at: usize, header: u32, flags: u32, data: u32): void {
  const seq = get32(at + 4);
  const ack = get32(at + 8);
  if (connGet(conn, Conn.state) == TcpState.synSent)
    return answered(conn, frame, at, header, flags, seq, ack);
  const expected = connGet(conn, Conn.rcvNxt);
  const size = data + ((flags & FIN) != 0 ? 1 : 0);
  // RFC 793, p. 69: some of it must lie in the window; else only an acknowledgment answers.
  const early = diff(seq, expected);
  if (
    early > <i32>connGet(conn, Conn.rcvWnd) ||
    early + <i32>size < 0 ||
    (size > 0 && early + <i32>size <= 0)
  ) {
    if ((flags & RST) == 0) {
      if ((flags & SYN) != 0 && connGet(conn, Conn.state) == TcpState.synReceived)
        sendSegment(conn, SYN | ACK, connGet(conn, Conn.iss), 0);
      else sendAck(conn);
    }
    arm(conn);
    return size > 0 || (flags & SYN) != 0 ? consume(frame) : drop(frame, port, DropReason.outsideWindow);
  }
  if ((flags & RST) != 0) {
    consume(frame);
    return end(conn, connGet(conn, Conn.state) >= <u32>TcpState.closing);
  }
  if ((flags & SYN) != 0) {
    // A new SYN inside the window: an old or a broken peer (RFC 793, p. 71).
    consume(frame);
    return abort(conn);
  }
  if ((flags & ACK) == 0) return drop(frame, port, DropReason.badMessage);
  if (!receiveAck(conn, ack, get16(at + 14), size)) return consume(frame);
  if (size > 0) receiveData(conn, frame, at + header, data, seq, (flags & FIN) != 0);
  if (connGet(conn, Conn.state) != TcpState.free) {
    push(conn);
    if (connIs(conn, TcpFlag.ackNow)) sendAck(conn);
    else if (connGet(conn, Conn.unacked) != 0 && connGet64(conn, Conn.delayedAckAt) == 0)
      connSet64(conn, Conn.delayedAckAt, now() + DELAYED_ACK_MS * MS);
    arm(conn);
  }
  consume(frame);
}

/** An answer to our SYN. */
function answered(conn: u32, frame: u32, at: usize, header: u32, flags: u32, seq: u32, ack: u32): void {
  const ours = (flags & ACK) != 0 && ack == connGet(conn, Conn.iss) + 1;
  const window = get16(at + 14);
  const mss = offeredMss(at, header);
  consume(frame);
  if ((flags & RST) != 0) {
    if (ours) end(conn, false);
    return;
  }
  if (!ours || (flags & SYN) == 0 || mss == 0) return;
  connSet(conn, Conn.rcvNxt, seq + 1);
  connSet(conn, Conn.mss, min(mss, segmentLimit(conn)));
  connSet(conn, Conn.cwnd, INITIAL_SEGMENTS * connGet(conn, Conn.mss));
  connSet(conn, Conn.sndWnd, window);
  connSet(conn, Conn.state, TcpState.established);
  acknowledged(conn, ack);
  connSet(conn, Conn.cwnd, INITIAL_SEGMENTS * connGet(conn, Conn.mss));
  connFlag(conn, TcpFlag.ackNow, true);
  connectionOpened(conn);
  if (connGet(conn, Conn.state) == TcpState.free) return;
  push(conn);
  if (connIs(conn, TcpFlag.ackNow)) sendAck(conn);
  arm(conn);
}

/** @returns false when the connection has ended by it. */
function receiveAck(conn: u32, ack: u32, window: u32, size: u32): bool {
  const una = connGet(conn, Conn.sndUna);
  const max = connGet(conn, Conn.sndMax);
  if (diff(ack, max) > 0) {
    sendAck(conn);
    return true;
  }
  if (connGet(conn, Conn.state) == TcpState.synReceived) {
    if (diff(ack, una) <= 0) return true;
    connSet(conn, Conn.state, TcpState.established);
    connSet(conn, Conn.sndWnd, window);
    acknowledged(conn, ack);
    connSet(conn, Conn.cwnd, INITIAL_SEGMENTS * connGet(conn, Conn.mss));
    connectionOpened(conn);
    return connGet(conn, Conn.state) != TcpState.free;
  }
  const before = connGet(conn, Conn.sndWnd);
  if (diff(ack, una) >= 0) connSet(conn, Conn.sndWnd, window);
  if (diff(ack, una) > 0) {
    acknowledged(conn, ack);
    connectionSent(conn);
    if (connGet(conn, Conn.state) == TcpState.free) return false;
    if (connIs(conn, TcpFlag.finSent) && ack == connGet(conn, Conn.sndMax)) return finAcknowledged(conn);
  } else if (ack == una && size == 0 && max != una && window == before) duplicateAck(conn);
  return true;
}

/** Our FIN has arrived. @returns false when the connection is over. */
function finAcknowledged(conn: u32): bool {
  const state = connGet(conn, Conn.state);
  if (state == TcpState.finWait1) {
    connSet(conn, Conn.state, TcpState.finWait2);
    connSet64(conn, Conn.closeAt, now() + FIN_WAIT_MS * MS);
  } else if (state == TcpState.closing) wait(conn);
  else if (state == TcpState.lastAck) {
    end(conn, true);
    return false;
  }
  return true;
}

function wait(conn: u32): void {
  connSet(conn, Conn.state, TcpState.timeWait);
  connSet64(conn, Conn.retransmitAt, 0);
  connSet64(conn, Conn.closeAt, now() + TIME_WAIT_MS * MS);
}

/** Data, perhaps early, perhaps seen before; and perhaps the end. */
function receiveData(conn: u32, frame: u32, at: usize, data: u32, seq: u32, fin: bool): void {
  const expected = connGet(conn, Conn.rcvNxt);
  if (diff(seq, expected) > 0) {
    // Too early: kept until the gap is filled; the sender is told at once (RFC 2581 section 3.2).
    keepEarly(conn, frame, at, data, seq, fin);
    connFlag(conn, TcpFlag.ackNow, true);
    return;
  }
  takeData(conn, at, data, seq, fin);
  let filled = false;
  while (connGet(conn, Conn.early) != 0 && connGet(conn, Conn.state) != TcpState.free) {
    const held = connGet(conn, Conn.early) - 1;
    if (diff(heldSeq(held), connGet(conn, Conn.rcvNxt)) > 0) break;
    connSet(conn, Conn.early, heldNext(held));
    connSet(conn, Conn.earlyCount, connGet(conn, Conn.earlyCount) - 1);
    const word = heldLength(held);
    const kept = heldFrame(held);
    takeData(conn, bytesOf(kept) + heldAt(held), word & 0x7fff, heldSeq(held), word >> 15 != 0);
    release(kept);
    freeHeld(held);
    filled = true;
  }
  if (connGet(conn, Conn.state) == TcpState.free) return;
  if (filled || connGet(conn, Conn.early) != 0 || connGet(conn, Conn.unacked) >= 2)
    connFlag(conn, TcpFlag.ackNow, true);
}

function keepEarly(conn: u32, frame: u32, at: usize, data: u32, seq: u32, fin: bool): void {
  if (connGet(conn, Conn.earlyCount) >= MAX_EARLY) return;
  let before: u32 = 0;
  let next = connGet(conn, Conn.early);
  while (next != 0 && diff(heldSeq(next - 1), seq) < 0) {
    before = next;
    next = heldNext(next - 1);
  }
  if (next != 0 && heldSeq(next - 1) == seq) return;
  const held = hold(frame, <u32>(at - bytesOf(frame)), seq, data | (fin ? 0x8000 : 0));
  if (held == 0) return;
  keep(frame);
  setHeldNext(held - 1, next);
  if (before == 0) connSet(conn, Conn.early, held);
  else setHeldNext(before - 1, held);
  connSet(conn, Conn.earlyCount, connGet(conn, Conn.earlyCount) + 1);
}

/** Data that is due: what is new of it goes to the application. */
function takeData(conn: u32, at: usize, data: u32, seq: u32, fin: bool): void {
  const seen = connGet(conn, Conn.rcvNxt) - seq;
  if (seen < data) {
    const fresh = data - seen;
    connSet(conn, Conn.rcvNxt, seq + data);
    connSet64(conn, Conn.received, connGet64(conn, Conn.received) + fresh);
    connSet(conn, Conn.unacked, connGet(conn, Conn.unacked) + 1);
    if (!connIs(conn, TcpFlag.peerClosed)) connectionData(conn, at + seen, fresh);
    if (connGet(conn, Conn.state) == TcpState.free) return;
  } else if (data > 0 && seen >= data && !fin) {
    connFlag(conn, TcpFlag.ackNow, true);
    return;
  }
  if (!fin || seq + data != connGet(conn, Conn.rcvNxt) || connIs(conn, TcpFlag.peerClosed)) return;
  connSet(conn, Conn.rcvNxt, seq + data + 1);
  connFlag(conn, TcpFlag.peerClosed, true);
  connFlag(conn, TcpFlag.ackNow, true);
  const state = connGet(conn, Conn.state);
  if (state == TcpState.established) connSet(conn, Conn.state, TcpState.closeWait);
  else if (state == TcpState.finWait1) connSet(conn, Conn.state, TcpState.closing);
  else if (state == TcpState.finWait2) wait(conn);
  connectionRemoteClosed(conn);
}

/** The application has room again: tell the other side when it makes a difference (RFC 1122 section 4.2.3.3). */
export function setWindow(conn: u32, bytes: u32): void {
  connSet(conn, Conn.rcvWnd, bytes);
  const told = diff(connGet(conn, Conn.lastWnd), connGet(conn, Conn.rcvNxt));
  if (<i32>bytes - told >= <i32>(2 * MSS) && canReceive(connGet(conn, Conn.state))) {
    sendAck(conn);
    arm(conn);
  }
}

function canReceive(state: u32): bool {
  return state == TcpState.established || state == TcpState.finWait1 || state == TcpState.finWait2;
}
