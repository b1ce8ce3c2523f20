/**
 * ESX's virtual switch: up to 32 ports for virtual cards, and uplinks to physical ones. It knows the addresses of its
 * ports, since it made them, and learns nothing; what it does not know goes to the uplink only; what comes from an uplink
 * never leaves by another. So there is no loop, and no spanning tree.
 */
import { BondMode, DropReason, NodeField, NodeKind, PortField, PortFlag, TRUNK } from '../shared/network';
import { get32, getMac, get16 } from './bytes';
import { bytesOf, drop } from './frames';
import { isGroup, isLive } from './links';
import { mac, nodeGet, nodeSet, portGet, portIs, portSet } from './tables';
import { announceBy } from './stack/neighbours';
import { entering, FOREIGN, leave, mayLeave } from './vlan';

const NONE: u32 = 0xffff_ffff;

/** Uplinks that work. */
function liveUplinks(node: u32): u32 {
  let count: u32 = 0;
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next))
    if (portIs(at - 1, PortFlag.uplink) && isLive(at - 1)) count++;
  return count;
}

/** The `index`-th of the uplinks that work. */
function liveUplink(node: u32, index: u32): u32 {
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    if (!portIs(at - 1, PortFlag.uplink) || !isLive(at - 1)) continue;
    if (index == 0) return at - 1;
    index--;
  }
  return NONE;
}

/**
 * What a bond balances by: the source card, or both IPv4 addresses. For the rest out-ip takes the uplinks in turn (guide, p.
 * 311) when it sends; what comes in by several links is taken from the card's.
 */
function balance(node: u32, source: u64, frame: u32): u32 {
  if (nodeGet(node, NodeField.bondMode) == BondMode.standby) return 0;
  const at = bytesOf(frame);
  if (nodeGet(node, NodeField.bondMode) == BondMode.outIp && get16(at + 12) == 0x0800)
    return (get32(at + 26) ^ get32(at + 30)) & 0xff;
  return (<u32>source) & 0xff;
}

/** The uplink by which a card's frame leaves now. */
function uplinkOut(node: u32, source: u64, frame: u32): u32 {
  if (nodeGet(node, NodeField.bondMode) != BondMode.outIp || get16(bytesOf(frame) + 12) == 0x0800)
    return uplinkFor(node, source, frame);
  const turn = nodeGet(node, NodeField.turn);
  nodeSet(node, NodeField.turn, turn + 1);
  return uplinkBy(node, turn);
}

/** The uplink that carries what this card sends: the home link while it works, else by the bond's mode. */
export function uplinkFor(node: u32, source: u64, frame: u32): u32 {
  return uplinkBy(node, balance(node, source, frame));
}

/** The uplink for packets of a card between two addresses, of which there is no frame. */
export function uplinkBetween(node: u32, source: u64, from: u32, to: u32): u32 {
  const mode = nodeGet(node, NodeField.bondMode);
  return uplinkBy(
    node,
    mode == BondMode.standby ? 0 : mode == BondMode.outIp ? (from ^ to) & 0xff : (<u32>source) & 0xff,
  );
}

function uplinkBy(node: u32, key: u32): u32 {
  const home = nodeGet(node, NodeField.homeLink);
  if (home != 0 && portGet(home - 1, PortField.node) == node && isLive(home - 1)) return home - 1;
  const count = liveUplinks(node);
  return count == 0 ? NONE : liveUplink(node, key % count);
}

/** The uplink that a bond prefers now (port + 1): the home link, else the first that works; 0: none, or no such switch. */
export function carrierOf(node: u32): u32 {
  if (nodeGet(node, NodeField.kind) != NodeKind.virtualSwitch) return 0;
  const home = nodeGet(node, NodeField.homeLink);
  if (home != 0 && isLive(home - 1)) return home;
  return liveUplinks(node) == 0 ? 0 : liveUplink(node, 0) + 1;
}

/**
 * Who carries what each card sends, of a switch that notifies. With `tell` a card whose uplink is another than at the last
 * call is announced by its new one. ESX 2.5's guide knows no such thing (p. 311 has the keys of a team); "Notify Switches"
 * came with ESX 3.
 */
export function noteUplinks(node: u32, tell: bool): void {
  if (nodeGet(node, NodeField.kind) != NodeKind.virtualSwitch || nodeGet(node, NodeField.notifies) == 0)
    return;
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    const port = at - 1;
    if (portIs(port, PortFlag.uplink) || !isLive(port)) continue;
    const card = mac(portGet(port, PortField.peer) - 1);
    const uplink = uplinkBetween(node, card, 0, (<u32>card) & 0xff);
    const before = portGet(port, PortField.carriedBy);
    portSet(port, PortField.carriedBy, uplink + 1);
    if (!tell || uplink == NONE || uplink + 1 == before || card == 0) continue;
    const own = portGet(port, PortField.vlan);
    const vlan = own == TRUNK ? 0 : own;
    if (mayLeave(uplink, vlan)) announceBy(uplink, card, vlan);
  }
}

/** Passes on a frame that came in by `port`. */
export function forwardVirtual(node: u32, port: u32, frame: u32): void {
  const vlan = entering(port, frame);
  if (vlan == FOREIGN) return drop(frame, port, DropReason.otherVlan);
  const fromUplink = portIs(port, PortFlag.uplink);
  const source = getMac(bytesOf(frame) + 6);
  if (!fromUplink && portIs(port, PortFlag.noForged) && source != mac(portGet(port, PortField.peer) - 1))
    return drop(frame, port, DropReason.forgedSource);
  if (isGroup(frame)) return flood(node, port, frame, vlan, fromUplink, source);

  const destination = getMac(bytesOf(frame));
  let found: u32 = NONE;
  let wrongVlan = false;
  let listeners: u32 = 0;
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    const other = at - 1;
    if (other == port || portIs(other, PortFlag.uplink)) continue;
    if (!isLive(other)) continue;
    if (mac(portGet(other, PortField.peer) - 1) == destination) {
      if (mayLeave(other, vlan)) found = other;
      else wrongVlan = true;
    } else if (portIs(other, PortFlag.promiscuous) && mayLeave(other, vlan)) listeners++;
  }
  let reason = DropReason.none;
  if (found == NONE) {
    if (fromUplink) reason = DropReason.notHere;
    else {
      found = uplinkOut(node, source, frame);
      if (found == NONE) reason = wrongVlan ? DropReason.otherVlan : DropReason.unknownAddress;
    }
  }
  if (listeners > 0) {
    for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
      const other = at - 1;
      if (other == port || other == found || !portIs(other, PortFlag.promiscuous)) continue;
      if (portIs(other, PortFlag.uplink) || !isLive(other) || !mayLeave(other, vlan)) continue;
      listeners--;
      leave(other, frame, vlan, found == NONE && listeners == 0);
    }
    if (found == NONE) return;
  }
  if (found == NONE) return drop(frame, port, reason);
  leave(found, frame, vlan, true);
}

/** To every port of the VLAN; from a VM also to one uplink; from an uplink only to those whose uplink it is. */
function flood(node: u32, port: u32, frame: u32, vlan: u32, fromUplink: bool, source: u64): void {
  let out: u32 = NONE;
  let here = false;
  let duplicate = false;
  // The previous port found is served when the next one is: the last one takes the frame itself.
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    const other = at - 1;
    if (other == port || !isLive(other) || portIs(other, PortFlag.uplink)) continue;
    if (mac(portGet(other, PortField.peer) - 1) == source) here = true;
  }
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    const other = at - 1;
    if (other == port || !isLive(other) || portIs(other, PortFlag.uplink) || !mayLeave(other, vlan)) continue;
    const peer = portGet(other, PortField.peer);
    // A team hears one broadcast by each of its links: a card takes it from its own link only, and its own echo never.
    if (fromUplink && (here || uplinkFor(node, mac(peer - 1), frame) != port)) {
      duplicate = true;
      continue;
    }
    if (out != NONE) leave(out, frame, vlan, false);
    out = other;
  }
  if (!fromUplink) {
    const up = uplinkOut(node, source, frame);
    if (up != NONE) {
      if (out != NONE) leave(out, frame, vlan, false);
      out = up;
    }
  }
  if (out == NONE) return drop(frame, port, duplicate ? DropReason.teamDuplicate : DropReason.nobodyElse);
  leave(out, frame, vlan, true);
}
