/**
 * HTTP/1.1 (RFC 2616), the part that downloads need: GET, with a range as BITS asks for it, one request after the other on
 * a connection, "Connection: close". The body is an object's bytes (objects.ts).
 */
import { cellsIn } from '../../kernel/arena';
import { NO_FLOW, startFlow } from '../flows';
import { wayTo } from '../ways';
import { HTTP_PORT, App } from './apps';
import { StationRole, NodeField } from '../../shared/network';
import {
  done,
  fail,
  Failure,
  Job,
  jobGet,
  jobGet64,
  jobSet,
  jobSet64,
  JobState,
  lookUpFor,
  wake,
} from '../jobs';
import {
  Conn,
  connGet,
  connSet,
  findConnection,
  inbox,
  NO_CONNECTION,
  outbox,
  OUTBOX_HALF,
} from '../stack/connection';
import {
  abort,
  ahead,
  connect,
  CONNECT_RETRIES,
  finish,
  give,
  giveMore,
  isIdle,
  skipStream,
} from '../stack/tcp';
import { nodeGet } from '../tables';
import { inBackground, pieceAsked, pieceDone, pieceEnd, pieceFlows, pieceHeard } from './bits';
import { find, putNumber, putStored, putText, readNumber, startsWith } from '../text';
import { findObject, objectSize } from './objects';

/** A download that hears nothing for so long is given up (ms). */
export const PATIENCE_MS: u64 = 120_000;

/** Of a connection's application: bytes in the inbox; 1 when the connection ends after this answer. */
const GATHERED = Conn.a0;
const CLOSES = Conn.a1;
/** Client: its job + 1. */
export const JOB = Conn.a2;
/** Server: bytes of the body that are still to go as a flow; in frames, beyond what TCP has been given. */
const BULK = Conn.a3;
const REST = Conn.a4;
/** What TCP is given at once: sequence numbers tell before from behind up to 2 GiB. */
const MOST_GIVEN: u32 = 1 << 28;
/**
 * So many segments of an answer go frame by frame before the rest becomes a flow: TCP has opened its window by then. An
 * even number, or the last would be acknowledged a fifth of a second later.
 */
const LEAD_SEGMENTS: u32 = 44;

/**
 * Adds bytes to the inbox. @returns how many were taken up to and with the empty line that ends a head; 0: it has not ended
 * yet; 0xffffffff: it is longer than the inbox.
 */
export function gather(conn: u32, at: usize, length: u32): u32 {
  let have = connGet(conn, GATHERED);
  const to = inbox(conn);
  for (let i: u32 = 0; i < length; i++) {
    if (have >= OUTBOX_HALF) return 0xffff_ffff;
    store<u8>(to + have, load<u8>(at + i));
    have++;
    connSet(conn, GATHERED, have);
    if (have >= 4 && load<u32>(to + have - 4) == 0x0a0d_0a0d) return i + 1;
  }
  return 0;
}

/** Value of a header line in the inbox: its first address; 0 when it is not there. */
export function header(conn: u32, name: string): usize {
  const end = inbox(conn) + connGet(conn, GATHERED);
  const found = find(inbox(conn), end, name);
  if (found == end) return 0;
  let at = found + name.length;
  while (at < end && load<u8>(at) == 32) at++;
  return at;
}

export function lineEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != 13) at++;
  return at;
}
export function wordEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) > 32) at++;
  return at;
}

// ── the server ──

export function serverData(conn: u32, at: usize, length: u32): void {
  while (length > 0 && isIdle(conn) && connGet(conn, BULK) == 0 && connGet(conn, REST) == 0) {
    const taken = gather(conn, at, length);
    if (taken == 0) return;
    if (taken == 0xffff_ffff) {
      connSet(conn, GATHERED, 0);
      return simple(conn, 400);
    }
    at += taken;
    length -= taken;
    serve(conn);
    connSet(conn, GATHERED, 0);
  }
}

/** Answers the request in the inbox. */
function serve(conn: u32): void {
  const from = inbox(conn);
  const end = from + connGet(conn, GATHERED);
  const close = header(conn, '\nConnection:');
  connSet(conn, CLOSES, close != 0 && startsWith(close, end, 'close') ? 1 : 0);
  if (!startsWith(from, end, 'GET ')) return simple(conn, 400);
  let path = from + 4;
  // A client of a proxy, or a proxy, may send the whole address.
  if (startsWith(path, end, 'http://')) {
    path += 7;
    while (path < end && load<u8>(path) > 32 && load<u8>(path) != 47) path++;
  }
  const object = findObject(connGet(conn, Conn.node), path, wordEnd(path, end));
  if (object == 0) return simple(conn, 404);
  const size = objectSize(object);
  let first: u32 = 0;
  let last = size - 1;
  const range = header(conn, '\nRange:');
  const partial = size != 0 && range != 0 && startsWith(range, end, 'bytes=');
  if (partial) {
    const dash = find(range + 6, lineEnd(range, end), '-');
    first = readNumber(range + 6, dash);
    if (dash + 1 < lineEnd(range, end)) last = min(last, readNumber(dash + 1, end));
    if (first > last) return simple(conn, 416);
  }
  let to = putText(outbox(conn), partial ? 'HTTP/1.1 206 Partial Content\r\n' : 'HTTP/1.1 200 OK\r\n');
  to = putText(
    to,
    'Server: Microsoft-IIS/6.0\r\nContent-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n',
  );
  if (partial) {
    to = putNumber(putText(to, 'Content-Range: bytes '), first);
    to = putNumber(putText(to, '-'), last);
    to = putText(putNumber(putText(to, '/'), size), '\r\n');
  }
  to = head(conn, to, last - first + 1);
  const length = last - first + 1;
  const begins = LEAD_SEGMENTS * connGet(conn, Conn.mss) - <u32>(to - outbox(conn));
  const lead = length > begins && bulkClient(conn) != NO_CONNECTION ? begins : length;
  const now = min(lead, MOST_GIVEN);
  connSet(conn, BULK, length - lead);
  connSet(conn, REST, lead - now);
  give(conn, <u32>(to - outbox(conn)), object, first, now);
  if (connGet(conn, CLOSES) != 0 && now == length) finish(conn);
}

/** Half of what TCP was given has arrived: it is given more of a long body. */
function goOn(conn: u32): void {
  const rest = connGet(conn, REST);
  const part = min(rest, MOST_GIVEN / 2);
  connSet(conn, REST, rest - part);
  giveMore(conn, part);
  if (connGet(conn, CLOSES) != 0 && part == rest && connGet(conn, BULK) == 0) finish(conn);
}

/**
 * The other end of a server's connection, when it is a download that may go as a flow and nothing on the way translates
 * addresses or ends connections; else NO_CONNECTION.
 */
function bulkClient(conn: u32): u32 {
  const local = connGet(conn, Conn.local);
  const remote = connGet(conn, Conn.remote);
  const ports = connGet(conn, Conn.ports);
  const to = wayTo(connGet(conn, Conn.node), local, remote, cellsIn);
  if (to == 0) return NO_CONNECTION;
  const client = findConnection(to, remote, local, (ports << 16) | (ports >>> 16));
  if (client == NO_CONNECTION || connGet(client, Conn.app) != App.httpClient) return NO_CONNECTION;
  const job = connGet(client, JOB);
  return job != 0 && jobGet(job - 1, Job.bulk) != 0 ? client : NO_CONNECTION;
}

/** What went frame by frame has arrived: the rest of the body becomes a flow. */
function startBulk(conn: u32): void {
  const client = bulkClient(conn);
  if (client == NO_CONNECTION) return abort(conn);
  const job = connGet(client, JOB) - 1;
  const flow = startFlow(
    connGet(conn, Conn.node),
    connGet(conn, Conn.local),
    connGet(conn, Conn.remote),
    connGet(conn, BULK),
    connGet(client, Conn.rcvWnd),
    jobGet(job, Job.limitKbps),
    conn + 1,
    client + 1,
  );
  if (flow == NO_FLOW) return abort(conn);
  jobSet(job, Job.flow, flow + 1);
  if (inBackground(job)) pieceFlows(job);
  // The flow has its own patience.
  else jobSet64(job, Job.timerAt, 0);
}

/** A flow has moved the rest of a body. */
export function bodyMoved(server: u32, client: u32, bytes: u32): void {
  const job = connGet(client, JOB) - 1;
  skipStream(server, client, bytes);
  connSet(server, BULK, 0);
  jobSet(job, Job.flow, 0);
  jobSet64(job, Job.bytes, jobGet64(job, Job.bytes) + bytes);
  arrived(client, job);
  if (connGet(server, CLOSES) != 0) finish(server);
}

/**
 * A flow has ended before its time, when it had moved so many bytes: there was no way for too long, or one end is no more
 * (NO_CONNECTION).
 */
export function bodyLost(server: u32, client: u32, bytes: u32): void {
  if (client != NO_CONNECTION && connGet(client, JOB) != 0) {
    const job = connGet(client, JOB) - 1;
    jobSet(job, Job.flow, 0);
    jobSet64(job, Job.bytes, jobGet64(job, Job.bytes) + bytes);
    if (server == NO_CONNECTION) expectAnswer(job);
    else fail(job, Failure.cut);
  }
  if (server != NO_CONNECTION) abort(server);
}

function head(conn: u32, at: usize, length: u32): usize {
  at = putNumber(putText(at, 'Content-Length: '), length);
  if (connGet(conn, CLOSES) != 0) at = putText(at, '\r\nConnection: close');
  return putText(at, '\r\n\r\n');
}

/** An answer without a body. */
export function simple(conn: u32, status: u32): void {
  let to = putNumber(putText(outbox(conn), 'HTTP/1.1 '), status);
  to = putText(
    to,
    status == 404
      ? ' Not Found'
      : status == 416
        ? ' Requested Range Not Satisfiable'
        : status == 502
          ? ' Bad Gateway'
          : status == 504
            ? ' Gateway Timeout'
            : ' Bad Request',
  );
  to = head(conn, putText(to, '\r\n'), 0);
  give(conn, <u32>(to - outbox(conn)), 0, 0, 0);
  if (status == 400 || connGet(conn, CLOSES) != 0) finish(conn);
}

export function serverSent(conn: u32): void {
  if (connGet(conn, REST) != 0 && ahead(conn) <= MOST_GIVEN / 2) return goOn(conn);
  if (!isIdle(conn)) return;
  if (connGet(conn, BULK) != 0) {
    if (connGet(conn, Conn.flow) == 0) startBulk(conn);
  } else if (connGet(conn, GATHERED) == 0) connSet(conn, CLOSES, 0);
}

export function serverRemoteClosed(conn: u32): void {
  finish(conn);
}

// ── the client ──

/** Begins a download: through the station's proxy when it has one, else from the host itself. */
export function startDownload(job: u32): void {
  const node = jobGet(job, Job.node);
  expectAnswer(job);
  const proxy = nodeGet(node, NodeField.proxyAddress);
  if (proxy != 0 && (nodeGet(node, NodeField.roles) & StationRole.proxy) == 0) {
    jobSet(job, Job.viaProxy, 1);
    return open(job, proxy, nodeGet(node, NodeField.proxyPort));
  }
  if (jobGet(job, Job.host) != 0) return lookUpFor(job);
  nameFound(job);
}

/** The address of the host is known. */
export function nameFound(job: u32): void {
  open(job, jobGet(job, Job.address), jobGet(job, Job.port) == 0 ? HTTP_PORT : jobGet(job, Job.port));
}

/** Opens a connection as the last one was opened. */
export function reopen(job: u32): void {
  const node = jobGet(job, Job.node);
  if (jobGet(job, Job.viaProxy) == 0) nameFound(job);
  else open(job, nodeGet(node, NodeField.proxyAddress), nodeGet(node, NodeField.proxyPort));
}

function expectAnswer(job: u32): void {
  if (inBackground(job)) pieceAsked(job);
  else wake(job, PATIENCE_MS);
}

function open(job: u32, address: u32, port: u32): void {
  expectAnswer(job);
  const conn = connect(jobGet(job, Job.node), address, port, App.httpClient);
  if (conn == NO_CONNECTION) return fail(job, Failure.unreachable);
  jobSet(job, Job.conn, conn + 1);
  connSet(conn, JOB, job + 1);
}

export function putHost(at: usize, job: u32): usize {
  const host = jobGet(job, Job.host);
  if (host != 0) return putStored(at, host);
  const address = jobGet(job, Job.address);
  for (let shift = 24; shift >= 0; shift -= 8) {
    at = putNumber(at, (address >>> shift) & 0xff);
    if (shift > 0) at = putText(at, '.');
  }
  return at;
}

export function clientOpened(conn: u32): void {
  const job = connGet(conn, JOB) - 1;
  let to = putText(outbox(conn), 'GET ');
  if (jobGet(job, Job.viaProxy) != 0) to = putHost(putText(to, 'http://'), job);
  to = putStored(to, jobGet(job, Job.path));
  to = putHost(putText(to, ' HTTP/1.1\r\nHost: '), job);
  if (inBackground(job)) {
    to = putNumber(putText(to, '\r\nRange: bytes='), <u32>jobGet64(job, Job.bytes));
    to = putNumber(putText(to, '-'), pieceEnd(job) - 1);
    to = putText(to, '\r\nUser-Agent: Microsoft BITS/6.6');
  } else to = putText(to, '\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)');
  to = putText(to, '\r\nConnection: close\r\n\r\n');
  give(conn, <u32>(to - outbox(conn)), 0, 0, 0);
}

export function clientData(conn: u32, at: usize, length: u32): void {
  const job = connGet(conn, JOB) - 1;
  if (connGet(conn, JOB) == 0) return;
  if (jobGet(job, Job.headerDone) == 0) {
    const taken = gather(conn, at, length);
    if (taken == 0) return;
    if (taken == 0xffff_ffff || !understood(conn, job)) return fail(job, Failure.badAnswer);
    at += taken;
    length -= taken;
  }
  jobSet64(job, Job.bytes, jobGet64(job, Job.bytes) + length);
  if (inBackground(job)) pieceHeard(job, length);
  else wake(job, PATIENCE_MS);
  arrived(conn, job);
}

/** All that has come so far is counted: it may be all there is, or a piece of it. */
function arrived(conn: u32, job: u32): void {
  const bytes = jobGet64(job, Job.bytes);
  if (bytes >= <u64>jobGet(job, Job.length)) return complete(conn, job);
  if (!inBackground(job) || bytes < <u64>jobGet(job, Job.pieceEnd)) return;
  connSet(conn, JOB, 0);
  jobSet(job, Job.conn, 0);
  jobSet(job, Job.headerDone, 0);
  finish(conn);
  pieceDone(job);
}

/** Reads the head of an answer. @returns false when it is none. */
function understood(conn: u32, job: u32): bool {
  const from = inbox(conn);
  const end = from + connGet(conn, GATHERED);
  if (!startsWith(from, end, 'HTTP/1.')) return false;
  const status = readNumber(from + 9, end);
  const length = header(conn, '\nContent-Length:');
  jobSet(job, Job.status, status);
  jobSet(job, Job.headerDone, 1);
  const bytes = length == 0 ? 0xffff_ffff : readNumber(length, end);
  if (!inBackground(job)) {
    jobSet(job, Job.length, bytes);
    return true;
  }
  // A piece says of what it is one; an answer that is no piece is everything, from its beginning.
  const range = header(conn, '\nContent-Range:');
  if (status == 200) jobSet64(job, Job.bytes, 0);
  const have = <u32>jobGet64(job, Job.bytes);
  if (status == 206 && (range == 0 || length == 0 || readNumber(range + 6, end) != have)) return false;
  jobSet(job, Job.pieceEnd, length == 0 ? bytes : have + bytes);
  const slash = range == 0 ? end : find(range, lineEnd(range, end), '/');
  jobSet(job, Job.length, status == 206 ? readNumber(slash + 1, end) : length == 0 ? bytes : have + bytes);
  return true;
}

function complete(conn: u32, job: u32): void {
  connSet(conn, JOB, 0);
  jobSet(job, Job.conn, 0);
  finish(conn);
  if (jobGet(job, Job.status) == 200 || jobGet(job, Job.status) == 206) done(job);
  else fail(job, Failure.badAnswer);
}

/** The server closed, or the connection was refused or lost. */
export function clientClosed(conn: u32): void {
  const number = connGet(conn, JOB);
  if (number == 0) return finish(conn);
  const job = number - 1;
  if (jobGet(job, Job.state) != JobState.running) return finish(conn);
  if (jobGet(job, Job.headerDone) != 0 && jobGet(job, Job.length) == 0xffff_ffff) {
    jobSet(job, Job.length, <u32>jobGet64(job, Job.bytes));
    return complete(conn, job);
  }
  const isSilent = connGet(conn, Conn.retries) > CONNECT_RETRIES;
  connSet(conn, JOB, 0);
  jobSet(job, Job.conn, 0);
  finish(conn);
  const unheard = isSilent ? Failure.noAnswer : Failure.refused;
  fail(job, jobGet(job, Job.headerDone) != 0 ? Failure.cut : unheard);
}
