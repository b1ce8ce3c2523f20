/**
 * What there is and what it is plugged into: nodes, their ports, the cables between ports, who runs. Each command answers
 * with a Reason; anything but `none` has changed nothing.
 */
import { record } from '../kernel/events';
import { streamSeed } from '../kernel/random';
import { EventKind } from '../shared/events';
import {
  MAX_BOND_UPLINKS,
  MAX_SWITCH_PORTS,
  NodeField,
  NodeKind,
  PortField,
  PortFlag,
} from '../shared/network';
import { Reason } from '../shared/reasons';
import { flowsTouched } from './flows';
import { forgetJobs, startPlanned, stationJobsLost } from './jobs';
import { clearList } from './lists';
import { dhcpStart, dhcpStop } from './roles/dhcp';
import { release as releaseShaper } from './shaper';
import { announce, announceReverse, forgetNeighbours } from './stack/neighbours';
import { tunnelsLost } from './stack/ppp';
import { stationConnectionsLost } from './stack/tcp';
import {
  DROP_WORDS,
  dropPtr,
  isOpen,
  net,
  Net,
  nodeCell,
  nodeGet,
  nodeSet,
  portCell,
  portGet,
  portIs,
  portSet,
  portSet64,
  setFlag,
  setNet,
} from './tables';
import { forgetTally } from './tally';
import { forgetListeners } from './wire-log';
import { carrierOf, noteUplinks } from './virtual-switch';

/** Random streams of nodes and ports; those of VMs and of the memory's parts are below. */
const NODE_STREAM: u64 = 1 << 33;
const PORT_STREAM: u64 = 1 << 34;
/**
 * Before a caller says otherwise: Gigabit, 5 µs, 128 KiB that may wait, the largest window that needs no scaling. (Windows
 * 2000 and 2003 begin with 17,520 on Ethernet, and a program may ask for more: with that, nobody fills Gigabit.)
 */
const DEFAULT_KBPS: u32 = 1_000_000;
const DEFAULT_DELAY_NS: u32 = 5_000;
const DEFAULT_QUEUE_BYTES: u32 = 131_072;
const DEFAULT_WINDOW: u32 = 65_535;
const DEFAULT_LEASE_SECONDS: u32 = 1800;
const NONE: u32 = 0xffff_ffff;

export function nodeExists(node: u32): bool {
  return (
    isOpen() && node > 0 && node < <u32>net(Net.maxNodes) && nodeGet(node, NodeField.kind) != NodeKind.none
  );
}
/** There is such a port, and commands may reach it. */
export function portExists(port: u32): bool {
  return (
    isOpen() &&
    port < <u32>net(Net.maxPorts) &&
    portGet(port, PortField.node) != 0 &&
    !portIs(port, PortFlag.ppp)
  );
}
export function isStation(node: u32): bool {
  return nodeExists(node) && nodeGet(node, NodeField.kind) == NodeKind.station;
}

/** The lowest number that no node has; 0 when there is none, or no network. */
export function freeNode(): u32 {
  if (!isOpen()) return 0;
  const end = <u32>net(Net.maxNodes);
  for (let node: u32 = 1; node < end; node++) if (nodeGet(node, NodeField.kind) == NodeKind.none) return node;
  return 0;
}

/** The lowest number that no port has; 0xffffffff when there is none. */
export function freePort(): u32 {
  if (!isOpen()) return NONE;
  const end = <u32>net(Net.maxPorts);
  for (let port: u32 = 0; port < end; port++) if (portGet(port, PortField.node) == 0) return port;
  return NONE;
}

/** Makes a node of a free number. A station of a VM comes up when its guest has started; a real machine is up at once. */
export function addNode(node: u32, kind: u32, vm: u32, name: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (node == 0 || node >= <u32>net(Net.maxNodes) || nodeGet(node, NodeField.kind) != NodeKind.none)
    return Reason.noFreeNode;
  if (kind == NodeKind.none || kind > <u32>NodeKind.tap) return Reason.wrongNodeKind;
  if (name > <u32>net(Net.texts)) return Reason.textInvalid;
  memory.fill(nodeCell(node, NodeField.kind), 0, <usize>NodeField.count * 4);
  memory.fill(dropPtr + <usize>node * DROP_WORDS * 4, 0, DROP_WORDS * 4);
  nodeSet(node, NodeField.kind, kind);
  nodeSet(node, NodeField.name, name);
  nodeSet(node, NodeField.window, DEFAULT_WINDOW);
  nodeSet(node, NodeField.leaseSeconds, DEFAULT_LEASE_SECONDS);
  store<u64>(nodeCell(node, NodeField.random), streamSeed(net(Net.seed), NODE_STREAM + node));
  if (kind == NodeKind.station) nodeSet(node, NodeField.vm, vm);
  if (kind != NodeKind.station || vm == 0) nodeSet(node, NodeField.up, 1);
  setNet(Net.nodes, net(Net.nodes) + 1);
  return Reason.none;
}

/** Takes a node away, with its ports and the cables in them. */
export function removeNode(node: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!nodeExists(node)) return Reason.unknownNode;
  if (nodeGet(node, NodeField.kind) == NodeKind.virtualSwitch && usedByRunningVm(node))
    return Reason.switchInUse;
  if (nodeGet(node, NodeField.kind) == NodeKind.station && nodeGet(node, NodeField.up) != 0) goDown(node);
  while (nodeGet(node, NodeField.firstPort) != 0) takePort(nodeGet(node, NodeField.firstPort) - 1);
  forgetJobs(node);
  for (let list: u32 = NodeField.routes; list <= <u32>NodeField.leases; list++) clearList(node, list);
  nodeSet(node, NodeField.kind, NodeKind.none);
  setNet(Net.nodes, net(Net.nodes) - 1);
  return Reason.none;
}

/** A VM that runs has a card in this switch: nothing of its uplinks may be changed (administration guide, p. 309). */
export function usedByRunningVm(node: u32): bool {
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    const peer = portGet(at - 1, PortField.peer);
    if (peer == 0) continue;
    const other = portGet(peer - 1, PortField.node);
    if (nodeGet(other, NodeField.vm) != 0 && nodeGet(other, NodeField.up) != 0) return true;
  }
  return false;
}

function countUplinks(node: u32): u32 {
  let count: u32 = 0;
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next))
    if (portIs(at - 1, PortFlag.uplink)) count++;
  return count;
}

/** Makes a port of a free number, at the end of its node's. */
export function addPort(port: u32, node: u32, uplink: bool): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!nodeExists(node)) return Reason.unknownNode;
  if (port >= <u32>net(Net.maxPorts) || portGet(port, PortField.node) != 0) return Reason.noFreePort;
  const isVirtual = nodeGet(node, NodeField.kind) == NodeKind.virtualSwitch;
  if (uplink) {
    if (!isVirtual) return Reason.wrongNodeKind;
    if (countUplinks(node) >= <u32>MAX_BOND_UPLINKS) return Reason.tooManyUplinks;
    if (usedByRunningVm(node)) return Reason.switchInUse;
  } else if (isVirtual && nodeGet(node, NodeField.portCount) - countUplinks(node) >= <u32>MAX_SWITCH_PORTS)
    return Reason.switchFull;
  else if (nodeGet(node, NodeField.kind) == NodeKind.tap && nodeGet(node, NodeField.portCount) > 0)
    return Reason.switchFull;
  clearPort(port);
  portSet(port, PortField.node, node);
  setFlag(port, PortFlag.uplink, uplink);
  portSet(port, PortField.rateKbps, DEFAULT_KBPS);
  portSet(port, PortField.delayNs, DEFAULT_DELAY_NS);
  portSet(port, PortField.queueBytes, DEFAULT_QUEUE_BYTES);
  portSet(port, PortField.announcedMbps, DEFAULT_KBPS / 1000);
  portSet64(port, PortField.random, streamSeed(net(Net.seed), PORT_STREAM + port));
  const last = nodeGet(node, NodeField.lastPort);
  if (last == 0) nodeSet(node, NodeField.firstPort, port + 1);
  else portSet(last - 1, PortField.next, port + 1);
  nodeSet(node, NodeField.lastPort, port + 1);
  nodeSet(node, NodeField.portCount, nodeGet(node, NodeField.portCount) + 1);
  setNet(Net.ports, net(Net.ports) + 1);
  return Reason.none;
}

/** A port's row without anything but its epoch: frames that were on their way to it must not arrive at who comes next. */
function clearPort(port: u32): void {
  const epoch = portGet(port, PortField.epoch);
  memory.fill(portCell(port, PortField.node), 0, <usize>PortField.count * 4);
  portSet(port, PortField.epoch, epoch + 1);
}

export function removePort(port: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  if (portIs(port, PortFlag.uplink) && usedByRunningVm(portGet(port, PortField.node)))
    return Reason.switchInUse;
  takePort(port);
  return Reason.none;
}

export function takePort(port: u32): void {
  const node = portGet(port, PortField.node);
  if (portGet(port, PortField.peer) != 0) disconnect(port);
  forgetNeighbours(port);
  if (portGet(port, PortField.shaper) != 0) releaseShaper(portGet(port, PortField.shaper) - 1);
  const next = portGet(port, PortField.next);
  let before: u32 = 0;
  for (let at = nodeGet(node, NodeField.firstPort); at != port + 1; at = portGet(at - 1, PortField.next))
    before = at;
  if (before == 0) nodeSet(node, NodeField.firstPort, next);
  else portSet(before - 1, PortField.next, next);
  if (nodeGet(node, NodeField.lastPort) == port + 1) nodeSet(node, NodeField.lastPort, before);
  if (nodeGet(node, NodeField.homeLink) == port + 1) nodeSet(node, NodeField.homeLink, 0);
  if (nodeGet(node, NodeField.vpnCard) == port + 1) {
    nodeSet(node, NodeField.vpnCard, 0);
    tunnelsLost(node);
  }
  nodeSet(node, NodeField.portCount, nodeGet(node, NodeField.portCount) - 1);
  clearPort(port);
  forgetListeners(port);
  forgetTally(port);
  setNet(Net.ports, net(Net.ports) - 1);
}

/** Puts a cable between two ports. */
export function connect(a: u32, b: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(a) || !portExists(b)) return Reason.unknownPort;
  if (portGet(a, PortField.peer) != 0 || portGet(b, PortField.peer) != 0) return Reason.portTaken;
  if (portGet(a, PortField.node) == portGet(b, PortField.node)) return Reason.portTaken;
  portSet(a, PortField.peer, b + 1);
  portSet(b, PortField.peer, a + 1);
  refresh(a, true);
  return Reason.none;
}

/** Takes the cable of a port away. Frames that were on it are lost. */
export function disconnect(port: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  const peer = portGet(port, PortField.peer);
  if (peer == 0) return Reason.notConnected;
  if (portIs(port, PortFlag.up)) change(port, peer - 1, false, true);
  portSet(port, PortField.peer, 0);
  portSet(peer - 1, PortField.peer, 0);
  return Reason.none;
}

/** Plugs a station's card in elsewhere: from test to production is no more than this. */
export function moveCable(port: u32, to: u32): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port) || !portExists(to)) return Reason.unknownPort;
  const node = portGet(port, PortField.node);
  if (!isStation(node)) return Reason.wrongNodeKind;
  if (portGet(to, PortField.peer) != 0 || portGet(to, PortField.node) == node) return Reason.portTaken;
  const peer = portGet(port, PortField.peer);
  const before = peer == 0 ? 0 : portGet(peer - 1, PortField.node);
  if (peer != 0) disconnect(port);
  const now = portGet(to, PortField.node);
  record(EventKind.portMoved, Reason.command, nodeGet(node, NodeField.vm), port, before, now, 0);
  return connect(port, to);
}

/** Pulls the plug at a port, or puts it in again. What it is bound to stays. */
export function setCable(port: u32, plugged: bool): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!portExists(port)) return Reason.unknownPort;
  setFlag(port, PortFlag.unplugged, !plugged);
  refresh(port, true);
  return Reason.none;
}

function isAlive(port: u32): bool {
  return nodeGet(portGet(port, PortField.node), NodeField.up) != 0 && !portIs(port, PortFlag.unplugged);
}

/** A link is up when a cable is in both ends and both are alive. `told`: a change is an event. */
function refresh(port: u32, told: bool): void {
  const peer = portGet(port, PortField.peer);
  if (peer == 0) return;
  const up = isAlive(port) && isAlive(peer - 1);
  if (up != portIs(port, PortFlag.up)) change(port, peer - 1, up, told);
}

function change(port: u32, other: u32, up: bool, told: bool): void {
  const here = carrierOf(portGet(port, PortField.node));
  const there = carrierOf(portGet(other, PortField.node));
  const isTeams = portIs(port, PortFlag.uplink) || portIs(other, PortFlag.uplink);
  if (isTeams) noteUplinks(portGet(port, PortField.node), false);
  if (isTeams) noteUplinks(portGet(other, PortField.node), false);
  setUp(port, up);
  setUp(other, up);
  if (told) {
    const node = portGet(port, PortField.node);
    record(
      up ? EventKind.linkUp : EventKind.linkDown,
      Reason.command,
      nodeGet(node, NodeField.vm),
      port,
      node,
      other,
      0,
    );
  }
  flowsTouched();
  tellCarrier(portGet(port, PortField.node), here);
  tellCarrier(portGet(other, PortField.node), there);
  if (isTeams) noteUplinks(portGet(port, PortField.node), true);
  if (isTeams) noteUplinks(portGet(other, PortField.node), true);
  if (!up) return;
  cardUp(port);
  cardUp(other);
}

function setUp(port: u32, up: bool): void {
  setFlag(port, PortFlag.up, up);
  if (up) return;
  portSet(port, PortField.epoch, portGet(port, PortField.epoch) + 1);
  portSet64(port, PortField.busyUntil, 0);
  portSet64(port, PortField.readyAt, 0);
  forgetNeighbours(port);
}

function tellCarrier(node: u32, before: u32): void {
  const now = carrierOf(node);
  if (now != before) record(EventKind.uplinkChanged, Reason.none, 0, node, before, now, 0);
}

/** A card has a link: it asks for an address, or says which it has. */
function cardUp(port: u32): void {
  const node = portGet(port, PortField.node);
  if (nodeGet(node, NodeField.kind) != NodeKind.station || nodeGet(node, NodeField.up) == 0) return;
  // The host speaks for its guest, so that the building's switches know where it is now.
  if (nodeGet(node, NodeField.vm) != 0) announceReverse(port);
  if (portIs(port, PortFlag.dhcp)) dhcpStart(port);
  else if (portGet(port, PortField.address) != 0) announce(port);
}

/** A station starts to use its cards. */
function goUp(node: u32): void {
  nodeSet(node, NodeField.up, 1);
  record(EventKind.stationUp, Reason.none, nodeGet(node, NodeField.vm), node, 0, 0, 0);
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next))
    refresh(at - 1, false);
  startPlanned(node);
}

/** It is gone, and all that was only in its memory: connections, sessions, what it knew of its neighbours. */
function goDown(node: u32): void {
  nodeSet(node, NodeField.up, 0);
  record(EventKind.stationDown, Reason.none, nodeGet(node, NodeField.vm), node, 0, 0, 0);
  for (let at = nodeGet(node, NodeField.firstPort); at != 0; at = portGet(at - 1, PortField.next)) {
    refresh(at - 1, false);
    dhcpStop(at - 1);
  }
  tunnelsLost(node);
  stationConnectionsLost(node);
  stationJobsLost(node);
  clearList(node, NodeField.sessions);
}

/** A VM's guest has started (true), or its power or its reset button ended it. */
export function vmPower(vm: u32, up: bool): void {
  if (!isOpen()) return;
  const end = <u32>net(Net.maxNodes);
  for (let node: u32 = 1; node < end; node++) {
    if (nodeGet(node, NodeField.kind) != NodeKind.station || nodeGet(node, NodeField.vm) != vm) continue;
    if ((nodeGet(node, NodeField.up) != 0) == up) continue;
    if (up) goUp(node);
    else goDown(node);
  }
}

/** A VM is no more: nor are its cards. */
export function vmGone(vm: u32): void {
  if (!isOpen()) return;
  const end = <u32>net(Net.maxNodes);
  for (let node: u32 = 1; node < end; node++)
    if (nodeGet(node, NodeField.kind) == NodeKind.station && nodeGet(node, NodeField.vm) == vm)
      removeNode(node);
}

/** A real machine is switched on or off. */
export function setPower(node: u32, up: bool): Reason {
  if (!isOpen()) return Reason.noNetwork;
  if (!isStation(node)) return Reason.unknownNode;
  if (nodeGet(node, NodeField.vm) != 0) return Reason.wrongNodeKind;
  if ((nodeGet(node, NodeField.up) != 0) == up) return Reason.none;
  if (up) goUp(node);
  else goDown(node);
  return Reason.none;
}
