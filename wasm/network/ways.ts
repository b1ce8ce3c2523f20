/**
 * The way that packets between two stations take, without a packet: the tables that would carry one are asked in the same
 * order. Flows (flows.ts) are laid along it.
 */
import { NodeField, NodeKind, PortField, PortFlag, StationRole, TRUNK } from '../shared/network';
import { isLive } from './links';
import { portOf } from './physical-switch';
import { hopTo, isMine, isOnWire, NO_PORT, portTo } from './stack/ip';
import { lastKnown } from './stack/neighbours';
import { mac, net, Net, nodeGet, portGet, portIs } from './tables';
import { uplinkBetween } from './virtual-switch';
import { FOREIGN, mayLeave } from './vlan';

/** Ports that a way may leave by. */
export const MAX_HOPS: u32 = 32;
/** Routers on it, and switches behind one another that are searched for a card nobody has heard of. */
const MAX_ROUTERS: u32 = 8;
const MAX_DEPTH: u32 = 4;
const FORWARDING: u32 = StationRole.forwards | StationRole.firewall;

/** A way: 16 bits how many ports, then the ports, 16 bits each. */
export const WAY_BYTES: usize = 2 + <usize>MAX_HOPS * 2;
export function wayLength(way: usize): u32 {
  return <u32>load<u16>(way);
}
export function wayPort(way: usize, index: u32): u32 {
  return <u32>load<u16>(way + 2 + ((<usize>index) << 1));
}
function add(way: usize, port: u32): bool {
  const length = wayLength(way);
  if (length >= MAX_HOPS) return false;
  store<u16>(way + 2 + ((<usize>length) << 1), <u16>port);
  store<u16>(way, <u16>(length + 1));
  return true;
}

/**
 * Writes the ports by which packets from `source` at `node` to `destination` leave, in order, to `way`.
 * @returns the station that has the address; 0 when there is no way, or one on which addresses are translated
 */
export function wayTo(node: u32, source: u32, destination: u32, way: usize): u32 {
  store<u16>(way, 0);
  for (let routers: u32 = 0; routers <= MAX_ROUTERS; routers++) {
    if (nodeGet(node, NodeField.up) == 0) return 0;
    if (isMine(node, destination)) return node;
    const roles = nodeGet(node, NodeField.roles);
    if (routers > 0 && ((roles & FORWARDING) == 0 || (roles & StationRole.nat) != 0)) return 0;
    const hop = hopTo(node, destination);
    const out = portTo(node, hop);
    if (out == NO_PORT) return 0;
    const known = lastKnown(out, hop);
    const to = known != 0 ? known : ownerOf(hop);
    const arrives = to == 0 ? NO_PORT : overWire(out, to, source, destination, way);
    if (arrives == NO_PORT) return 0;
    node = portGet(arrives, PortField.node);
  }
  return 0;
}

/** The card that has an address: what a question to all would find. 0: nobody has it. */
function ownerOf(address: u32): u64 {
  const end = <u32>net(Net.maxPorts);
  for (let port: u32 = 0; port < end; port++) {
    if (portGet(port, PortField.address) != address || !isOnWire(port, address)) continue;
    if (nodeGet(portGet(port, PortField.node), NodeField.kind) == NodeKind.station && isLive(port))
      return mac(port);
  }
  return 0;
}

/** From a card through switches to the card `to`. @returns its port, NO_PORT when no switch leads there */
function overWire(out: u32, to: u64, source: u32, destination: u32, way: usize): u32 {
  const from = mac(out);
  let tag = portGet(out, PortField.vlan);
  for (let switches: u32 = 0; switches <= MAX_HOPS; switches++) {
    if (!isLive(out) || !add(way, out)) return NO_PORT;
    const port = portGet(out, PortField.peer) - 1;
    const node = portGet(port, PortField.node);
    const kind = nodeGet(node, NodeField.kind);
    if (kind == NodeKind.station)
      return mac(port) == to && (tag == 0 || tag == portGet(port, PortField.vlan)) ? port : NO_PORT;
    if (kind == NodeKind.tap) return NO_PORT;
    const vlan = vlanOf(port, tag);
    if (vlan == FOREIGN) return NO_PORT;
    out =
      kind == NodeKind.virtualSwitch
        ? throughVirtual(node, port, to, vlan, from, source, destination)
        : throughPhysical(node, port, to, vlan);
    if (out == NO_PORT) return NO_PORT;
    tag = portGet(out, PortField.vlan) == TRUNK ? vlan : 0;
  }
  return NO_PORT;
}

function vlanOf(port: u32, tag: u32): u32 {
  const own = portGet(port, PortField.vlan);
  return own == TRUNK ? tag : tag == 0 ? own : FOREIGN;
}

/** A virtual switch knows its ports; what it does not know leaves by an uplink, unless it came by one. */
function throughVirtual(
  node: u32,
  port: u32,
  to: u64,
  vlan: u32,
  from: u64,
  source: u32,
  destination: u32,
): u32 {
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    const other = at - 1;
    if (other == port || portIs(other, PortFlag.uplink) || !isLive(other)) continue;
    if (mac(portGet(other, PortField.peer) - 1) == to && mayLeave(other, vlan)) return other;
  }
  return portIs(port, PortFlag.uplink) ? NO_PORT : uplinkBetween(node, from, source, destination);
}

/** A physical switch has learnt, or would flood: then the port that leads there. */
function throughPhysical(node: u32, port: u32, to: u64, vlan: u32): u32 {
  const known = portOf(node, vlan, to);
  return known != NO_PORT && known != port && mayLeave(known, vlan)
    ? known
    : leadsTo(node, port, to, vlan, 0);
}

function leadsTo(node: u32, port: u32, to: u64, vlan: u32, depth: u32): u32 {
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    const other = at - 1;
    if (other == port || !isLive(other) || !mayLeave(other, vlan)) continue;
    const peer = portGet(other, PortField.peer) - 1;
    const next = portGet(peer, PortField.node);
    const kind = nodeGet(next, NodeField.kind);
    if (kind == NodeKind.station && mac(peer) == to) return other;
    if (depth >= MAX_DEPTH || (kind != NodeKind.virtualSwitch && kind != NodeKind.physicalSwitch)) continue;
    const inner = vlanOf(peer, portGet(other, PortField.vlan) == TRUNK ? vlan : 0);
    if (inner == FOREIGN) continue;
    const found =
      kind == NodeKind.virtualSwitch
        ? throughVirtual(next, peer, to, inner, to, 0, 0)
        : leadsTo(next, peer, to, inner, depth + 1);
    if (found != NO_PORT) return other;
  }
  return NO_PORT;
}
