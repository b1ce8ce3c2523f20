/**
 * Numbers of nodes and ports that commands may change, with the values that they may have. Each answers with a Reason;
 * anything but `none` has changed nothing.
 */
import { get } from '../kernel/header';
import { Field } from '../shared/columns';
import { BondMode, NodeField, NodeKind, PortField, PortFlag, StationRole, TRUNK } from '../shared/network';
import { Reason } from '../shared/reasons';
import { flowsTouched } from './flows';
import { append, clearList, listSet } from './lists';
import { dhcpStart, dhcpStop } from './roles/dhcp';
import { configure, freeShaper, release } from './shaper';
import { announce } from './stack/neighbours';
import {
  isOpen,
  LIST_WORDS,
  MAX_SHAPER_QUEUE,
  net,
  Net,
  nodeGet,
  nodeSet,
  portGet,
  portIs,
  portSet,
  portSet64,
  setFlag,
} from './tables';
import { isStation, nodeExists, portExists } from './topology';

/** Ten terabit/s would take less than a nanosecond for a bit. */
const MAX_KBPS: u32 = 1_000_000_000;
const MAX_DELAY_NS: u32 = 4_000_000_000;
const PPM: u32 = 1_000_000;
const MAX_QUEUE_BYTES: u32 = 64 << 20;
const MAX_BURST_BYTES: u32 = 1 << 30;
const MIN_BURST_BYTES: u32 = 1518;
const MAX_PERIOD_MS: u32 = 10_000;
const MAX_WINDOW: u32 = 65_535;
const MIN_WINDOW: u32 = 536;
const ALL_ROLES: u32 = ((<u32>StationRole.bridge) << 1) - 1;
/** Flags that a command sets by themselves. */
const SETTABLE: u32 =
  PortFlag.promiscuous | PortFlag.noForged | PortFlag.natInside | PortFlag.natOutside | PortFlag.signedIn;

/** A number of a node: see `NodeField`; texts by number. */
export function setNode(node: u32, field: NodeField, value: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!nodeExists(node)) return Reason.unknownNode;
  switch (field) {
    case NodeField.name:
      if (value > <u32>net(Net.texts)) return Reason.textInvalid;
      break;
    case NodeField.bondMode:
      if (nodeGet(node, NodeField.kind) != NodeKind.virtualSwitch) return Reason.wrongNodeKind;
      if (value > <u32>BondMode.standby) return Reason.valueOutOfRange;
      break;
    case NodeField.notifies:
      if (nodeGet(node, NodeField.kind) != NodeKind.virtualSwitch) return Reason.wrongNodeKind;
      if (value > 1) return Reason.valueOutOfRange;
      break;
    case NodeField.homeLink:
      if (nodeGet(node, NodeField.kind) != NodeKind.virtualSwitch) return Reason.wrongNodeKind;
      if (value != 0 && (!portExists(value - 1) || portGet(value - 1, PortField.node) != node))
        return Reason.unknownPort;
      if (value != 0 && !portIs(value - 1, PortFlag.uplink)) return Reason.unknownPort;
      break;
    default: {
      if (!isStation(node)) return Reason.wrongNodeKind;
      const why = stationValue(node, field, value);
      if (why != Reason.none) return why;
    }
  }
  nodeSet(node, field, value);
  flowsTouched();
  return Reason.none;
}

function stationValue(node: u32, field: NodeField, value: u32): Reason {
  switch (field) {
    case NodeField.roles:
      return value > ALL_ROLES ? Reason.valueOutOfRange : Reason.none;
    case NodeField.bootServer:
    case NodeField.gateway:
    case NodeField.dnsServer:
    case NodeField.proxyAddress:
      return Reason.none;
    case NodeField.proxyPort:
      return value > 65_535 ? Reason.valueOutOfRange : Reason.none;
    case NodeField.window:
      return value < MIN_WINDOW || value > MAX_WINDOW ? Reason.valueOutOfRange : Reason.none;
    case NodeField.bootFile:
      return value > <u32>net(Net.texts) ? Reason.textInvalid : Reason.none;
    case NodeField.vpnCard:
      return value == 0 || (portExists(value - 1) && portGet(value - 1, PortField.node) == node)
        ? Reason.none
        : Reason.unknownPort;
    case NodeField.leaseSeconds:
      return value < 10 ? Reason.valueOutOfRange : Reason.none;
    default:
      return Reason.valueOutOfRange;
  }
}

/** The direction of a link that leaves a port. */
export function setLink(
  port: u32,
  rateKbps: u32,
  delayNs: u32,
  lossPpm: u32,
  duplicatePpm: u32,
  queueBytes: u32,
): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  if (rateKbps == 0 || rateKbps > MAX_KBPS || delayNs > MAX_DELAY_NS || queueBytes > MAX_QUEUE_BYTES)
    return Reason.linkOutOfRange;
  if (lossPpm > PPM || duplicatePpm > PPM) return Reason.linkOutOfRange;
  portSet(port, PortField.rateKbps, rateKbps);
  portSet(port, PortField.delayNs, delayNs);
  portSet(port, PortField.lossPpm, lossPpm);
  portSet(port, PortField.duplicatePpm, duplicatePpm);
  portSet(port, PortField.queueBytes, queueBytes);
  flowsTouched();
  return Reason.none;
}

/** VLAN of a port: see `PortField.vlan`. */
export function setVlan(port: u32, vlan: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  if (vlan > TRUNK) return Reason.vlanOutOfRange;
  if (vlan == TRUNK && isStation(portGet(port, PortField.node))) return Reason.vlanOutOfRange;
  portSet(port, PortField.vlan, vlan);
  flowsTouched();
  return Reason.none;
}

/** The address of a card, or of a tap behind which a machine is; 0 takes a tap's away. */
export function setMac(port: u32, address: u64): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  const kind = nodeGet(portGet(port, PortField.node), NodeField.kind);
  if (kind != NodeKind.station && kind != NodeKind.tap) return Reason.wrongNodeKind;
  if (address >> 48 != 0 || ((address >> 40) & 1) != 0) return Reason.macInvalid;
  if (address == 0 && kind == NodeKind.station) return Reason.macInvalid;
  portSet64(port, PortField.mac, address);
  return Reason.none;
}

export function setAnnounced(port: u32, mbps: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  portSet(port, PortField.announcedMbps, mbps);
  return Reason.none;
}

/** A fixed IPv4 address of a card, 0: none. Ends its DHCP client. */
export function setAddress(port: u32, address: u32, prefix: u32): Reason {
  const why = isCard(port);
  if (why != Reason.none) return why;
  if (prefix > 32 || (address != 0 && prefix == 0) || address >>> 28 >= 14) return Reason.addressInvalid;
  dhcpStop(port);
  setFlag(port, PortFlag.dhcp, false);
  portSet(port, PortField.address, address);
  portSet(port, PortField.prefix, prefix);
  flowsTouched();
  if (address != 0 && portIs(port, PortFlag.up)) announce(port);
  return Reason.none;
}

/** The card asks a DHCP server from now on. */
export function setDhcp(port: u32): Reason {
  const why = isCard(port);
  if (why != Reason.none) return why;
  setFlag(port, PortFlag.dhcp, true);
  dhcpStop(port);
  if (portIs(port, PortFlag.up)) dhcpStart(port);
  return Reason.none;
}

function isCard(port: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  return isStation(portGet(port, PortField.node)) ? Reason.none : Reason.wrongNodeKind;
}

/** Sets or clears one flag of a port that is a setting. */
export function setPortFlag(port: u32, flag: u32, on: bool): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  if ((flag & SETTABLE) == 0 || (flag & ~SETTABLE) != 0) return Reason.valueOutOfRange;
  setFlag(port, flag, on);
  return Reason.none;
}

/** What a DHCP server gives on the network of this card; first 0: nothing. */
export function setPool(port: u32, first: u32, last: u32, router: u32, dns: u32): Reason {
  const why = isCard(port);
  if (why != Reason.none) return why;
  if (last < first) return Reason.addressInvalid;
  portSet(port, PortField.poolFirst, first);
  portSet(port, PortField.poolLast, last);
  portSet(port, PortField.poolRouter, router);
  portSet(port, PortField.poolDns, dns);
  return Reason.none;
}

/** Shapes what leaves by a port; its buckets are full at first. */
export function setShaper(
  port: u32,
  averageBps: u32,
  peakBps: u32,
  burstBytes: u32,
  periodMs: u32,
  maxQueue: u32,
): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  if (averageBps == 0 || peakBps == 0 || burstBytes < MIN_BURST_BYTES || burstBytes > MAX_BURST_BYTES)
    return Reason.shaperOutOfRange;
  if (periodMs == 0 || periodMs > MAX_PERIOD_MS || maxQueue == 0 || maxQueue > MAX_SHAPER_QUEUE)
    return Reason.shaperOutOfRange;
  let shaper = portGet(port, PortField.shaper);
  if (shaper == 0) {
    shaper = freeShaper() + 1;
    if (shaper == 0) return Reason.tableFull;
    portSet(port, PortField.shaper, shaper);
  }
  configure(shaper - 1, averageBps, peakBps, burstBytes, periodMs, maxQueue, get(Field.timeNs));
  flowsTouched();
  return Reason.none;
}

export function clearShaper(port: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  const shaper = portGet(port, PortField.shaper);
  if (shaper == 0) return Reason.none;
  release(shaper - 1);
  flowsTouched();
  portSet(port, PortField.shaper, 0);
  return Reason.none;
}

function isList(list: u32): bool {
  return list >= <u32>NodeField.routes && list <= <u32>NodeField.leases;
}

/** Adds a row to a station's list: its words 1 … 15 from `words`. */
export function appendRow(node: u32, list: u32, words: usize): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!isStation(node)) return Reason.unknownNode;
  if (!isList(list)) return Reason.valueOutOfRange;
  const row = append(node, list);
  if (row == 0) return Reason.tableFull;
  for (let word: u32 = 1; word < <u32>LIST_WORDS; word++)
    listSet(row - 1, word, load<u32>(words + (word << 2)));
  return Reason.none;
}

export function clearRows(node: u32, list: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!isStation(node)) return Reason.unknownNode;
  if (!isList(list)) return Reason.valueOutOfRange;
  clearList(node, list);
  return Reason.none;
}
