/**
 * A Web proxy: the client's request names the whole address; the proxy asks for it on a connection of its own, and passes
 * the answer on through a ring buffer. When the client is slow, the buffer fills, and the server is told a smaller window.
 */
import { net, Net, ringsPtr, RING_BYTES, setNet } from '../tables';
import { App, HTTP_PORT } from './apps';
import { Job, JobKind, jobSet, newJob, NOBODY, NO_JOB } from '../jobs';
import { Conn, connGet, connSet, inbox, NO_CONNECTION, outbox } from '../stack/connection';
import { abort, connect, finish, give, giveBytes, ringRoom, setWindow } from '../stack/tcp';
import { find, putText, readAddress, readNumber, startsWith } from '../text';
import { textNumber } from '../texts';
import { gather, simple, wordEnd } from './http';
import { startLookup } from './dns';

const GATHERED = Conn.a0;
/** The other connection + 1. */
const OTHER = Conn.a3;
const PORT = Conn.a4;
/** Upstream: 1 when the server has closed. Relay: 1 when its answer goes through the ring. */
const ENDED = Conn.a5;
/** Relay: the question for the server's address (job + 1). */
const LOOKUP = Conn.a6;
const MAX_WINDOW: u32 = 32_768;
const SLACK: u32 = 4096;

function takeRing(): u32 {
  const free = <u32>net(Net.freeRing);
  if (free != 0) {
    setNet(Net.freeRing, <u64>load<u32>(ringsPtr + <usize>(free - 1) * RING_BYTES));
    return free;
  }
  const used = <u32>net(Net.rings);
  if (used >= <u32>net(Net.maxRings)) return 0;
  setNet(Net.rings, used + 1);
  return used + 1;
}

function giveRingBack(ring: u32): void {
  store<u32>(ringsPtr + <usize>(ring - 1) * RING_BYTES, <u32>net(Net.freeRing));
  setNet(Net.freeRing, ring);
}

/** Bytes of the client's request. */
export function relayData(conn: u32, at: usize, length: u32): void {
  if (connGet(conn, OTHER) != 0 || connGet(conn, ENDED) != 0) return;
  const taken = gather(conn, at, length);
  if (taken == 0) return;
  connSet(conn, ENDED, 1);
  if (taken == 0xffff_ffff) return simple(conn, 400);
  const end = inbox(conn) + connGet(conn, GATHERED);
  const host = inbox(conn) + 11;
  if (!startsWith(inbox(conn), end, 'GET http://')) return simple(conn, 400);
  let stop = host;
  while (stop < end && load<u8>(stop) > 32 && load<u8>(stop) != 47 && load<u8>(stop) != 58) stop++;
  connSet(conn, PORT, load<u8>(stop) == 58 ? readNumber(stop + 1, end) : HTTP_PORT);
  const address = readAddress(host, stop);
  if (address != 0) return proxyNameFound(conn, address);
  const text = textNumber(host, <u32>(stop - host));
  if (text == 0) return simple(conn, 502);
  const lookup = newJob(JobKind.lookup, connGet(conn, Conn.node), 0, 0, text, 0);
  if (lookup == NO_JOB) return simple(conn, 502);
  jobSet(lookup, Job.forConn, conn + 1);
  connSet(conn, LOOKUP, lookup + 1);
  startLookup(lookup);
}

/** The address of the server is known; 0: its name is not. */
export function proxyNameFound(conn: u32, address: u32): void {
  connSet(conn, LOOKUP, 0);
  if (connGet(conn, Conn.app) != App.relay || connGet(conn, ENDED) != 1) return;
  if (address == 0) return simple(conn, 502);
  const ring = takeRing();
  if (ring == 0) return simple(conn, 502);
  const upstream = connect(connGet(conn, Conn.node), address, connGet(conn, PORT), App.upstream);
  if (upstream == NO_CONNECTION) {
    giveRingBack(ring);
    return simple(conn, 502);
  }
  connSet(conn, Conn.ring, ring);
  connSet(conn, Conn.ringSeq, connGet(conn, Conn.sndEnd));
  connSet(conn, OTHER, upstream + 1);
  connSet(upstream, OTHER, conn + 1);
  connSet(upstream, Conn.rcvWnd, MAX_WINDOW);
}

/** Asks the server: the path alone, the client's other lines but those about connections. */
export function upstreamOpened(conn: u32): void {
  const client = connGet(conn, OTHER) - 1;
  if (connGet(conn, OTHER) == 0) return abort(conn);
  const from = inbox(client);
  const end = from + connGet(client, GATHERED);
  let path = from + 11;
  while (path < end && load<u8>(path) > 32 && load<u8>(path) != 47) path++;
  let to = putText(outbox(conn), 'GET ');
  const stop = wordEnd(path, end);
  if (stop == path) to = putText(to, '/');
  memory.copy(to, path, stop - path);
  to = putText(to + (stop - path), ' HTTP/1.1\r\nHost: ');
  const host = from + 11;
  let after = host;
  while (after < end && load<u8>(after) > 32 && load<u8>(after) != 47) after++;
  memory.copy(to, host, after - host);
  to = putText(to + (after - host), '\r\n');
  const range = find(from, end, '\nRange:');
  if (range < end) {
    let line = range + 1;
    while (line < end && load<u8>(line) != 10) line++;
    memory.copy(to, range + 1, line - range);
    to += line - range;
  }
  to = putText(to, 'Via: 1.1 ISA\r\nConnection: close\r\n\r\n');
  give(conn, <u32>(to - outbox(conn)), 0, 0, 0);
}

/** Bytes of the server's answer: on to the client. The window never lets more come than there is room for. */
export function upstreamData(conn: u32, at: usize, length: u32): void {
  const client = connGet(conn, OTHER) - 1;
  if (connGet(conn, OTHER) == 0) return;
  giveBytes(client, at, min(length, ringRoom(client)));
  if (connGet(conn, OTHER) != 0) connSet(conn, Conn.rcvWnd, roomFor(client));
}

function roomFor(client: u32): u32 {
  const room = ringRoom(client);
  return room > SLACK ? min(room - SLACK, MAX_WINDOW) : 0;
}

/** The client has taken some: the server may send more. */
export function relaySent(conn: u32): void {
  const other = connGet(conn, OTHER);
  if (other != 0) setWindow(other - 1, roomFor(conn));
}

/** The server has sent all: the client will have it when the buffer is empty. */
export function upstreamRemoteClosed(conn: u32): void {
  const client = connGet(conn, OTHER);
  connSet(conn, OTHER, 0);
  finish(conn);
  if (client == 0) return;
  connSet(client - 1, OTHER, 0);
  finish(client - 1);
}

/** The server could not be reached, or the connection was cut. */
export function upstreamClosed(conn: u32): void {
  const client = connGet(conn, OTHER);
  if (client == 0) return;
  connSet(conn, OTHER, 0);
  connSet(client - 1, OTHER, 0);
  if (connGet(client - 1, Conn.sndEnd) == connGet(client - 1, Conn.ringSeq)) {
    leaveRing(client - 1);
    simple(client - 1, 504);
    finish(client - 1);
  } else abort(client - 1);
}

export function leaveRing(conn: u32): void {
  const ring = connGet(conn, Conn.ring);
  if (ring == 0) return;
  connSet(conn, Conn.ring, 0);
  giveRingBack(ring);
}

export function relayRemoteClosed(conn: u32): void {
  // Half closed: the answer still goes. Without a request there will be none.
  if (connGet(conn, ENDED) == 0) finish(conn);
}

/** The client's connection is over. */
export function relayClosed(conn: u32): void {
  leaveRing(conn);
  const lookup = connGet(conn, LOOKUP);
  if (lookup != 0) jobSet(lookup - 1, Job.forConn, NOBODY);
  const other = connGet(conn, OTHER);
  if (other == 0) return;
  connSet(conn, OTHER, 0);
  connSet(other - 1, OTHER, 0);
  abort(other - 1);
}
