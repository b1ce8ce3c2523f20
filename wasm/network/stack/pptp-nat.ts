/**
 * What NAT must know of PPTP. GRE has no ports: the number of a call is all that tells two clients of one server apart,
 * and it is agreed on the control connection. So the control messages that name the client's call are rewritten, and the
 * tunnel's packets by it: Windows Server 2003's "PPTP NAT editor". A message must begin a segment, as it does in every
 * stack of the time. In a session of GRE the ports are the numbers of the call: the client's and the server's.
 */
import { NodeField } from '../../shared/network';
import { Session } from '../../shared/network-rows';
import { get16, get32, put16, updatedChecksum } from '../bytes';
import { listGet, listSet, nextRow } from '../lists';
import { nodeGet } from '../tables';
import { openSession, publicPort } from './filter';
import { Protocol } from './ip';

export const PPTP_PORT: u32 = 1723;
const COOKIE: u32 = 0x1a2b_3c4d;
/** Messages that name the client's call, and where. */
const CALL_REQUEST: u32 = 7;
const CALL_REPLY: u32 = 8;
const CLEAR_REQUEST: u32 = 12;
const LINK_INFO: u32 = 15;
const FIRST: u32 = 12;
const SECOND: u32 = 14;

/** Number of the call that a GRE packet's payload names; 0: it names none. */
export function callOf(at: usize, header: u32, total: u32): u32 {
  return total - header < 8 ? 0 : get16(at + header + 6);
}

/** The translated tunnel that a packet from inside belongs to, by the server's number of the call; row + 1, 0: none. */
export function tunnelOut(node: u32, source: u32, destination: u32, call: u32): u32 {
  for (let row = nodeGet(node, NodeField.sessions); row != 0; row = nextRow(row - 1))
    if (
      isTunnel(row - 1, destination) &&
      listGet(row - 1, Session.source) == source &&
      listGet(row - 1, Session.destinationPort) == call
    )
      return row;
  return 0;
}

/** The same for one from outside, by the number that stands for the client's. */
export function tunnelIn(node: u32, server: u32, call: u32): u32 {
  for (let row = nodeGet(node, NodeField.sessions); row != 0; row = nextRow(row - 1))
    if (isTunnel(row - 1, server) && listGet(row - 1, Session.publicPort) == call) return row;
  return 0;
}

function isTunnel(row: u32, server: u32): bool {
  return (
    listGet(row, Session.protocol) == Protocol.gre &&
    listGet(row, Session.publicPort) != 0 &&
    listGet(row, Session.destination) == server
  );
}

/** Where a control message begins in a segment; 0: there is none. */
function messageAt(at: usize, header: u32, total: u32): usize {
  const offset = header + (((<u32>load<u8>(at + header + 12)) >> 4) << 2);
  if (total < offset + 24) return 0;
  return get32(at + offset + 4) == COOKIE ? at + offset : 0;
}

function replace(at: usize, header: u32, field: usize, value: u32): void {
  const sum = at + header + 16;
  put16(sum, updatedChecksum(get16(sum), get16(field), value));
  put16(field, value);
}

/** A segment of a control connection on its way out, already its own copy: the client's call gets a public number. */
export function editOut(node: u32, control: u32, at: usize, header: u32, total: u32): void {
  const message = messageAt(at, header, total);
  if (message == 0) return;
  const type = get16(message + 8);
  if (type != CALL_REQUEST && type != CLEAR_REQUEST) return;
  const call = get16(message + FIRST);
  const source = listGet(control, Session.source);
  const server = listGet(control, Session.destination);
  let row: u32 = 0;
  for (let next = nodeGet(node, NodeField.sessions); next != 0; next = nextRow(next - 1))
    if (
      isTunnel(next - 1, server) &&
      listGet(next - 1, Session.source) == source &&
      listGet(next - 1, Session.sourcePort) == call
    )
      row = next;
  if (row == 0 && type == CALL_REQUEST) {
    const number = publicPort(node);
    const inPort = listGet(control, Session.inPort);
    const outPort = listGet(control, Session.outPort);
    const rule = listGet(control, Session.rule);
    row = openSession(node, inPort, outPort, Protocol.gre, source, server, call << 16, rule);
    if (row == 0) return;
    listSet(row - 1, Session.publicPort, number);
    listSet(row - 1, Session.until, listGet(control, Session.until));
  }
  if (row != 0) replace(at, header, message + FIRST, listGet(row - 1, Session.publicPort));
}

/** The same on its way in: the client reads its own number again, and the server's is remembered. */
export function editIn(node: u32, control: u32, at: usize, header: u32, total: u32): void {
  const message = messageAt(at, header, total);
  if (message == 0) return;
  const type = get16(message + 8);
  if (type != CALL_REPLY && type != LINK_INFO) return;
  const field = message + (type == CALL_REPLY ? SECOND : FIRST);
  const row = tunnelIn(node, listGet(control, Session.destination), get16(field));
  if (row == 0) return;
  if (type == CALL_REPLY) listSet(row - 1, Session.destinationPort, get16(message + FIRST));
  replace(at, header, field, listGet(row - 1, Session.sourcePort));
}
