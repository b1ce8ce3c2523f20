/**
 * What a firewall and a NAT do to packets that cross their station: sessions, rules, translations.
 *
 * - A firewall passes what belongs to a session, or what the first rule that fits allows; at the end stands "deny"
 *   (ISA Server 2004's default rule). Each decision about something new is logged with its rule.
 * - NAPT (RFC 3022) gives a session from inside a public port; what comes back to that port finds its way by it.
 *
 * A session, in words of a row: see `Session`.
 */
import { get } from '../../kernel/header';
import { Field } from '../../shared/columns';
import { DropReason, NodeField, PortField, PortFlag, StationRole } from '../../shared/network';
import { get16, get32, put16, put32, updatedChecksum, updatedChecksum32 } from '../bytes';
import { bytesOf, drop, NO_FRAME, renumber, writable } from '../frames';
import { append, listGet, listSet, nextRow, removeRow } from '../lists';
import {
  addNet,
  FIREWALL_LOG,
  FIREWALL_LOG_BYTES,
  firewallLogPtr,
  Net,
  net,
  nodeGet,
  nodeSet,
  portGet,
  portIs,
} from '../tables';
import { hopTo, NO_PORT, portTo, Protocol } from './ip';
import { callOf, editIn, editOut, PPTP_PORT, tunnelIn, tunnelOut } from './pptp-nat';
import { Session, Rule } from '../../shared/network-rows';
export { Session, Rule };

export const LOCAL_HOST: u32 = 0xffff;

const SECOND: u64 = 1_000_000_000;
/** Windows Server 2003's NAT ("NAT Tools and Settings", TCPTimeoutSeconds, UDPTimeoutSeconds): a day for TCP, a minute for the rest and for what is ending. */
const TCP_SECONDS: u32 = 86_400;
const OTHER_SECONDS: u32 = 60;
/** Above the ports that the station's own conversations use (1025 … 5000): an answer to it is never taken for another's. */
const FIRST_PUBLIC_PORT: u32 = 5001;

function seconds(): u32 {
  return <u32>(get(Field.timeNs) / SECOND);
}

/** Ports of a packet, or its ICMP number in both places: source high, destination low. */
function portsOf(at: usize, header: u32, total: u32): u32 {
  const protocol = <u32>load<u8>(at + 9);
  if (protocol == Protocol.icmp) {
    if (total - header < 8) return 0;
    const id = get16(at + header + 4);
    return (id << 16) | id;
  }
  if (protocol == Protocol.gre) return 0;
  return total - header < 4 ? 0 : get32(at + header);
}

/** The card that stands for a port in rules: a VPN client is in the network where it lands. */
function networkOf(port: u32): u32 {
  return portIs(port, PortFlag.ppp) && portGet(port, PortField.pppCard) != 0
    ? portGet(port, PortField.pppCard) - 1
    : port;
}

function touch(node: u32, row: u32, at: usize, header: u32, total: u32): void {
  const tcp = listGet(row, Session.protocol) == Protocol.tcp;
  if (tcp && total - header >= 14) {
    const flags = load<u8>(at + header + 13);
    if ((flags & 1) != 0) listSet(row, Session.ending, listGet(row, Session.ending) | 1);
    if ((flags & 4) != 0) listSet(row, Session.ending, listGet(row, Session.ending) | 2);
  }
  // A tunnel lives as long as its control connection.
  const long = listGet(row, Session.protocol) == Protocol.gre || (tcp && listGet(row, Session.ending) == 0);
  listSet(row, Session.until, seconds() + (long ? TCP_SECONDS : OTHER_SECONDS));
}

/** The session that a packet continues as its opener sent it; 0: none. Forgets what has expired on the way. */
function forwardSession(node: u32, protocol: u32, source: u32, destination: u32, ports: u32): u32 {
  const now = seconds();
  for (let row = nodeGet(node, NodeField.sessions); row != 0;) {
    const at = row - 1;
    row = nextRow(at);
    if (listGet(at, Session.until) < now) {
      removeRow(node, NodeField.sessions, at);
      continue;
    }
    if (
      listGet(at, Session.protocol) == protocol &&
      listGet(at, Session.source) == source &&
      listGet(at, Session.destination) == destination &&
      listGet(at, Session.sourcePort) == ports >>> 16 &&
      listGet(at, Session.destinationPort) == (ports & 0xffff)
    )
      return at + 1;
  }
  return 0;
}

/** The session that a packet answers; with NAT the answer comes to the public port. */
function answeredSession(
  node: u32,
  protocol: u32,
  source: u32,
  destination: u32,
  ports: u32,
  nat: bool,
): u32 {
  const now = seconds();
  for (let row = nodeGet(node, NodeField.sessions); row != 0; row = nextRow(row - 1)) {
    const at = row - 1;
    if (listGet(at, Session.until) < now || listGet(at, Session.protocol) != protocol) continue;
    if (listGet(at, Session.destination) != source) continue;
    if (protocol != Protocol.icmp && listGet(at, Session.destinationPort) != ports >>> 16) continue;
    const publicPort = listGet(at, Session.publicPort);
    if (nat) {
      if (publicPort != 0 && publicPort == (ports & 0xffff)) return at + 1;
    } else if (
      publicPort == 0 &&
      listGet(at, Session.source) == destination &&
      listGet(at, Session.sourcePort) == (ports & 0xffff)
    )
      return at + 1;
  }
  return 0;
}

function matches(row: u32, inNetwork: u32, outNetwork: u32, protocol: u32, port: u32): bool {
  const from = listGet(row, Rule.from);
  const to = listGet(row, Rule.to);
  if ((from != 0 && from != inNetwork) || (to != 0 && to != outNetwork)) return false;
  const wanted = listGet(row, Rule.protocol);
  if (wanted != 0 && wanted != protocol) return false;
  if (wanted == Protocol.tcp || wanted == Protocol.udp)
    return port >= listGet(row, Rule.firstPort) && port <= listGet(row, Rule.lastPort);
  return true;
}

/** Asks the rules in their order. @returns rule + 1 that allows it; 0: denied. Logs the decision. */
function ask(
  node: u32,
  inPort: u32,
  outNetwork: u32,
  protocol: u32,
  source: u32,
  destination: u32,
  ports: u32,
): u32 {
  let rule: u32 = 0;
  let allowed = false;
  const from = networkOf(inPort);
  for (let row = nodeGet(node, NodeField.rules); row != 0; row = nextRow(row - 1)) {
    if (listGet(row - 1, Rule.group) != 0 && !portIs(inPort, PortFlag.signedIn)) continue;
    if (!matches(row - 1, from + 1, outNetwork, protocol, ports & 0xffff)) continue;
    rule = row;
    allowed = listGet(row - 1, Rule.allow) != 0;
    listSet(row - 1, Rule.hits, listGet(row - 1, Rule.hits) + 1);
    break;
  }
  const number = net(Net.firewallLogged);
  const at = firewallLogPtr + <usize>(number % <u64>FIREWALL_LOG) * FIREWALL_LOG_BYTES;
  store<u64>(at, get(Field.timeNs));
  // The rule's name, not its row: the rules may be written anew before the log is read.
  store<u32>(at, (node << 16) | (rule == 0 ? 0 : listGet(rule - 1, Rule.name) & 0xffff), 8);
  store<u32>(at, source, 12);
  store<u32>(at, destination, 16);
  store<u32>(at, ports, 20);
  store<u16>(at, <u16>((protocol << 8) | (allowed ? 1 : 0)), 24);
  store<u16>(at, <u16>from, 26);
  store<u32>(at, outNetwork, 28);
  addNet(Net.firewallLogged, 1);
  return allowed ? rule : 0;
}

export function openSession(
  node: u32,
  inPort: u32,
  outPort: u32,
  protocol: u32,
  source: u32,
  destination: u32,
  ports: u32,
  rule: u32,
): u32 {
  const row = append(node, NodeField.sessions);
  if (row == 0) return 0;
  const at = row - 1;
  listSet(at, Session.protocol, protocol);
  listSet(at, Session.source, source);
  listSet(at, Session.sourcePort, ports >>> 16);
  listSet(at, Session.destination, destination);
  listSet(at, Session.destinationPort, ports & 0xffff);
  listSet(at, Session.inPort, inPort);
  listSet(at, Session.outPort, outPort);
  listSet(at, Session.rule, rule);
  return row;
}

/** The next public port that no session uses. */
export function publicPort(node: u32): u32 {
  let port = nodeGet(node, NodeField.natPort);
  for (let tries: u32 = 0; tries < 0xffff; tries++) {
    port = port < FIRST_PUBLIC_PORT || port >= 0xffff ? FIRST_PUBLIC_PORT : port + 1;
    let used = false;
    for (let row = nodeGet(node, NodeField.sessions); row != 0; row = nextRow(row - 1))
      if (listGet(row - 1, Session.publicPort) == port) used = true;
    if (used) continue;
    nodeSet(node, NodeField.natPort, port);
    return port;
  }
  return 0;
}

/** Where a packet's own checksum is, beyond the IPv4 header's; 0: it has none. */
function checksumAt(at: usize, header: u32): usize {
  const protocol = <u32>load<u8>(at + 9);
  if (protocol == Protocol.tcp) return at + header + 16;
  if (protocol == Protocol.udp) return load<u16>(at + header + 6) == 0 ? 0 : at + header + 6;
  return 0;
}

/** Writes another address (at `field` of the header) and port, and mends both checksums (RFC 1624). */
function rewrite(at: usize, header: u32, field: usize, address: u32, portField: usize, port: u32): void {
  const before = get32(at + field);
  put32(at + field, address);
  put16(at + 10, updatedChecksum32(get16(at + 10), before, address));
  const protocol = <u32>load<u8>(at + 9);
  const sum = checksumAt(at, header);
  if (sum != 0) put16(sum, updatedChecksum32(get16(sum), before, address));
  if (protocol == Protocol.icmp) {
    const old = get16(at + header + 4);
    put16(at + header + 4, port);
    put16(at + header + 2, updatedChecksum(get16(at + header + 2), old, port));
    return;
  }
  if (protocol != Protocol.tcp && protocol != Protocol.udp) return;
  const old = get16(at + header + portField);
  put16(at + header + portField, port);
  if (sum != 0) put16(sum, updatedChecksum(get16(sum), old, port));
}

/**
 * A packet that would cross this station. @returns the frame to pass on, rewritten where NAT says so; NO_FRAME when it was
 * dropped here.
 */
export function passes(node: u32, port: u32, frame: u32, at: usize, header: u32, total: u32): u32 {
  const roles = nodeGet(node, NodeField.roles);
  if ((roles & (StationRole.firewall | StationRole.nat)) == 0) return frame;
  const protocol = <u32>load<u8>(at + 9);
  const source = get32(at + 12);
  const destination = get32(at + 16);
  const ports = portsOf(at, header, total);
  const outPort = portTo(node, hopTo(node, destination));
  let session = answeredSession(node, protocol, source, destination, ports, false);
  if (session != 0) {
    listSet(session - 1, Session.packetsBack, listGet(session - 1, Session.packetsBack) + 1);
    touch(node, session - 1, at, header, total);
    return frame;
  }
  const translates =
    (roles & StationRole.nat) != 0 &&
    portIs(networkOf(port), PortFlag.natInside) &&
    outPort != NO_PORT &&
    portIs(networkOf(outPort), PortFlag.natOutside);
  const tunnel = translates && protocol == Protocol.gre;
  session = tunnel
    ? tunnelOut(node, source, destination, callOf(at, header, total))
    : forwardSession(node, protocol, source, destination, ports);
  if (session == 0 && tunnel) {
    drop(frame, port, DropReason.noTranslation);
    return NO_FRAME;
  }
  if (session == 0) {
    let rule: u32 = 0;
    if ((roles & StationRole.firewall) != 0) {
      const to = outPort == NO_PORT ? 0 : networkOf(outPort) + 1;
      rule = ask(node, port, to, protocol, source, destination, ports);
      if (rule == 0) {
        drop(frame, port, DropReason.firewallRule);
        return NO_FRAME;
      }
    } else if (
      portIs(port, PortFlag.natOutside) &&
      outPort != NO_PORT &&
      portIs(networkOf(outPort), PortFlag.natInside)
    ) {
      drop(frame, port, DropReason.noTranslation);
      return NO_FRAME;
    }
    if ((roles & StationRole.firewall) == 0 && !translates) return frame;
    session = openSession(node, port, outPort, protocol, source, destination, ports, rule);
    if (session == 0) {
      drop(frame, port, DropReason.tableFull);
      return NO_FRAME;
    }
    if (translates) listSet(session - 1, Session.publicPort, publicPort(node));
  }
  const row = session - 1;
  listSet(row, Session.packetsOut, listGet(row, Session.packetsOut) + 1);
  touch(node, row, at, header, total);
  if (listGet(row, Session.publicPort) == 0) return frame;
  const offset = at - bytesOf(frame);
  const mine = writable(frame);
  if (mine == NO_FRAME) {
    drop(frame, port, DropReason.noBuffers);
    return NO_FRAME;
  }
  renumber(mine);
  const own = portGet(outPort, PortField.address);
  rewrite(bytesOf(mine) + offset, header, 12, own, 0, listGet(row, Session.publicPort));
  if (protocol == Protocol.tcp && listGet(row, Session.destinationPort) == PPTP_PORT)
    editOut(node, row, bytesOf(mine) + offset, header, total);
  return mine;
}

/**
 * A packet that came from outside to the public address of a NAT. @returns NO_FRAME when it was dropped; the same frame,
 * its destination rewritten, when a session awaits it; the same frame as it was when it is for the station itself.
 */
export function enters(node: u32, port: u32, frame: u32, at: usize, header: u32, total: u32): u32 {
  const protocol = <u32>load<u8>(at + 9);
  const source = get32(at + 12);
  const destination = get32(at + 16);
  const ports = portsOf(at, header, total);
  const session =
    protocol == Protocol.gre
      ? tunnelIn(node, source, callOf(at, header, total))
      : answeredSession(node, protocol, source, destination, ports, true);
  if (session == 0) return frame;
  const row = session - 1;
  listSet(row, Session.packetsBack, listGet(row, Session.packetsBack) + 1);
  touch(node, row, at, header, total);
  const offset = at - bytesOf(frame);
  const mine = writable(frame);
  if (mine == NO_FRAME) {
    drop(frame, port, DropReason.noBuffers);
    return NO_FRAME;
  }
  renumber(mine);
  rewrite(
    bytesOf(mine) + offset,
    header,
    16,
    listGet(row, Session.source),
    2,
    listGet(row, Session.sourcePort),
  );
  const packet = bytesOf(mine) + offset;
  if (protocol == Protocol.gre) put16(packet + header + 6, listGet(row, Session.sourcePort));
  else if (protocol == Protocol.tcp && listGet(row, Session.destinationPort) == PPTP_PORT)
    editIn(node, row, packet, header, total);
  return mine;
}

/** Something new for the station itself: may it come in? Drops the frame when a rule says no. */
export function entersLocal(
  node: u32,
  port: u32,
  frame: u32,
  protocol: u32,
  source: u32,
  from: u32,
  destination: u32,
  to: u32,
): bool {
  if ((nodeGet(node, NodeField.roles) & StationRole.firewall) == 0) return true;
  if (ask(node, port, LOCAL_HOST, protocol, source, destination, (from << 16) | to) != 0) return true;
  drop(frame, port, DropReason.firewallRule);
  return false;
}
