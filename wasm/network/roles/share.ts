/**
 * A file share: SMB directly over TCP (port 445), as far as one needs it to know that it can be opened: the client offers a
 * dialect (SMB_COM_NEGOTIATE), the server answers; then an echo (SMB_COM_ECHO) proves that both read each other.
 * [MS-CIFS] sections 2.2.4.52, 2.2.4.39; the frame of four bytes before a message: RFC 1002 section 4.3.1.
 */
import { App, SHARE_PORT } from './apps';
import { clientClosed, JOB } from './http';
import { done, fail, Failure, Job, jobGet, jobSet, jobSet64, wake } from '../jobs';
import { get32, put32 } from '../bytes';
import { Conn, connGet, connSet, inbox, NO_CONNECTION, outbox, OUTBOX_HALF } from '../stack/connection';
import { abort, connect, finish, give, isIdle } from '../stack/tcp';
import { putText } from '../text';

const GATHERED = Conn.a0;
const STEP = Conn.a1;
const HEADER: u32 = 32;
const NEGOTIATE: u32 = 0x72;
const ECHO: u32 = 0x2b;
const SMB: u32 = 0xff53_4d42;
const PATIENCE_MS: u64 = 30_000;

/** Writes the frame and header of a message whose body will have `body` bytes. @returns where the body begins. */
function message(at: usize, command: u32, isReply: bool, body: u32): usize {
  put32(at, HEADER + body);
  memory.fill(at + 4, 0, HEADER);
  put32(at + 4, SMB);
  store<u8>(at + 8, <u8>command);
  store<u8>(at + 13, isReply ? 0x80 : 0);
  store<u16>(at + 28, 1);
  return at + 4 + HEADER;
}

export function startShare(job: u32): void {
  wake(job, PATIENCE_MS);
  const conn = connect(jobGet(job, Job.node), jobGet(job, Job.address), SHARE_PORT, App.shareClient);
  if (conn == NO_CONNECTION) return fail(job, Failure.unreachable);
  jobSet(job, Job.conn, conn + 1);
  connSet(conn, JOB, job + 1);
}

export function shareClientOpened(conn: u32): void {
  // Word count 0, byte count 12, one dialect: buffer format 2, "NT LM 0.12", end.
  const at = message(outbox(conn), NEGOTIATE, false, 15);
  store<u8>(at, 0);
  store<u16>(at + 1, 12);
  store<u8>(at + 3, 2);
  store<u8>(putText(at + 4, 'NT LM 0.12'), 0);
  give(conn, 4 + HEADER + 15, 0, 0, 0);
}

/** A whole message in the inbox: its command; 0: not yet; 0xffffffff: it is none. Takes bytes as they come. */
function whole(conn: u32, at: usize, length: u32): u32 {
  const have = connGet(conn, GATHERED);
  if (have + length > OUTBOX_HALF) return 0xffff_ffff;
  memory.copy(inbox(conn) + have, at, length);
  connSet(conn, GATHERED, have + length);
  if (have + length < 4) return 0;
  const size = get32(inbox(conn));
  if (size > OUTBOX_HALF - 4 || size < HEADER + 3) return 0xffff_ffff;
  if (have + length < size + 4) return 0;
  connSet(conn, GATHERED, 0);
  if (have + length != size + 4 || get32(inbox(conn) + 4) != SMB) return 0xffff_ffff;
  return <u32>load<u8>(inbox(conn) + 8);
}

export function shareClientData(conn: u32, at: usize, length: u32): void {
  const number = connGet(conn, JOB);
  if (number == 0) return;
  const command = whole(conn, at, length);
  if (command == 0) return;
  const job = number - 1;
  if (command == NEGOTIATE && connGet(conn, STEP) == 0) {
    connSet(conn, STEP, 1);
    const to = message(outbox(conn), ECHO, false, 13);
    store<u8>(to, 1);
    store<u16>(to + 1, 1);
    store<u16>(to + 3, 8);
    store<u64>(to + 5, get32(inbox(conn) + 4));
    give(conn, 4 + HEADER + 13, 0, 0, 0);
    return;
  }
  connSet(conn, JOB, 0);
  jobSet(job, Job.conn, 0);
  if (command == ECHO && connGet(conn, STEP) == 1) {
    jobSet64(job, Job.bytes, 8);
    finish(conn);
    done(job);
  } else {
    abort(conn);
    fail(job, Failure.badAnswer);
  }
}

export function shareClientClosed(conn: u32): void {
  clientClosed(conn);
}

export function shareServerData(conn: u32, at: usize, length: u32): void {
  const command = whole(conn, at, length);
  if (command == 0 || !isIdle(conn)) return;
  const words = inbox(conn) + 4 + HEADER;
  if (command == NEGOTIATE) {
    // Dialect 0; NT LM 0.12 is answered with 17 words, then no bytes: no challenge, no domain.
    const to = message(outbox(conn), NEGOTIATE, true, 37);
    memory.fill(to, 0, 37);
    store<u8>(to, 17);
    store<u16>(to + 4, 1);
    store<u16>(to + 6, 50);
    store<u16>(to + 8, 1);
    store<u32>(to + 10, 16_644);
    store<u32>(to + 14, 65_536);
    return give(conn, 4 + HEADER + 37, 0, 0, 0);
  }
  const size = get32(inbox(conn)) - HEADER;
  if (command != ECHO || load<u8>(words) != 1 || size < 5) return abort(conn);
  const bytes = <u32>load<u16>(words + 3);
  if (bytes != size - 5) return abort(conn);
  const to = message(outbox(conn), ECHO, true, 5 + bytes);
  memory.copy(to, words, 5 + bytes);
  store<u16>(to + 1, 1);
  give(conn, 4 + HEADER + 5 + bytes, 0, 0, 0);
}

export function shareServerRemoteClosed(conn: u32): void {
  finish(conn);
}
