/** TCP connections: rows of 64 words, found by station, addresses and ports. */
import { mix64 } from '../../kernel/random';
import { connectionLost } from '../flows';
import {
  bucketPtr,
  CONNECTION_BUCKETS,
  CONNECTION_WORDS,
  connectionPtr,
  net,
  Net,
  OUTBOX_BYTES,
  outboxPtr,
  setNet,
  addNet,
} from '../tables';
import { Conn, TcpState } from '../../shared/network-rows';
export { Conn, TcpState };

export enum TcpFlag {
  /** The application has no more to send. */
  finQueued = 1,
  finSent = 2,
  ackNow = 4,
  /** The application was told that the other side has closed. */
  peerClosed = 8,
}

export const NO_CONNECTION: u32 = 0xffff_ffff;

export function connCell(conn: u32, word: Conn): usize {
  return connectionPtr + (<usize>conn * CONNECTION_WORDS + <usize>word) * 4;
}
export function connGet(conn: u32, word: Conn): u32 {
  return load<u32>(connCell(conn, word));
}
export function connSet(conn: u32, word: Conn, value: u32): void {
  store<u32>(connCell(conn, word), value);
}
export function connGet64(conn: u32, word: Conn): u64 {
  return load<u64>(connCell(conn, word));
}
export function connSet64(conn: u32, word: Conn, value: u64): void {
  store<u64>(connCell(conn, word), value);
}
export function connIs(conn: u32, flag: TcpFlag): bool {
  return (connGet(conn, Conn.flags) & flag) != 0;
}
export function connFlag(conn: u32, flag: TcpFlag, on: bool): void {
  const flags = connGet(conn, Conn.flags);
  connSet(conn, Conn.flags, on ? flags | flag : flags & ~flag);
}
/** Text that a connection sends: half of its row. */
export const OUTBOX_HALF: u32 = 512;
export function outbox(conn: u32): usize {
  return outboxPtr + <usize>conn * OUTBOX_BYTES;
}
/** Text that it has received and not yet understood: the other half. */
export function inbox(conn: u32): usize {
  return outbox(conn) + OUTBOX_HALF;
}

function bucketOf(node: u32, local: u32, remote: u32, ports: u32): usize {
  const key = mix64(((<u64>local) << 32) ^ (<u64>remote) ^ mix64(((<u64>ports) << 32) | (<u64>node)));
  return bucketPtr + <usize>((<u32>key) & (CONNECTION_BUCKETS - 1)) * 4;
}

/** `ports`: local port high, remote port low. */
export function findConnection(node: u32, local: u32, remote: u32, ports: u32): u32 {
  let at = load<u32>(bucketOf(node, local, remote, ports));
  while (at != 0) {
    const conn = at - 1;
    if (
      connGet(conn, Conn.ports) == ports &&
      connGet(conn, Conn.node) == node &&
      connGet(conn, Conn.remote) == remote &&
      connGet(conn, Conn.local) == local
    )
      return conn;
    at = connGet(conn, Conn.nextInBucket);
  }
  return NO_CONNECTION;
}

/** A row for a new connection, all zeros but its name. @returns NO_CONNECTION when all are in use. */
export function newConnection(node: u32, local: u32, remote: u32, ports: u32): u32 {
  const free = <u32>net(Net.freeConnection);
  let conn: u32;
  if (free != 0) {
    conn = free - 1;
    setNet(Net.freeConnection, <u64>connGet(conn, Conn.nextInBucket));
  } else {
    conn = <u32>net(Net.connections);
    if (conn >= <u32>net(Net.maxConnections)) return NO_CONNECTION;
    setNet(Net.connections, conn + 1);
  }
  memory.fill(connCell(conn, Conn.state), 0, CONNECTION_WORDS * 4);
  connSet(conn, Conn.node, node);
  connSet(conn, Conn.local, local);
  connSet(conn, Conn.remote, remote);
  connSet(conn, Conn.ports, ports);
  const bucket = bucketOf(node, local, remote, ports);
  connSet(conn, Conn.nextInBucket, load<u32>(bucket));
  store<u32>(bucket, conn + 1);
  addNet(Net.opened, 1);
  return conn;
}

/** Takes a connection out of the table. */
export function freeConnection(conn: u32): void {
  if (connGet(conn, Conn.flow) != 0) connectionLost(conn);
  const bucket = bucketOf(
    connGet(conn, Conn.node),
    connGet(conn, Conn.local),
    connGet(conn, Conn.remote),
    connGet(conn, Conn.ports),
  );
  let at = bucket;
  while (load<u32>(at) != conn + 1) at = connCell(load<u32>(at) - 1, Conn.nextInBucket);
  store<u32>(at, connGet(conn, Conn.nextInBucket));
  connSet(conn, Conn.state, TcpState.free);
  connSet64(conn, Conn.timerAt, 0);
  connSet(conn, Conn.nextInBucket, <u32>net(Net.freeConnection));
  setNet(Net.freeConnection, conn + 1);
}
