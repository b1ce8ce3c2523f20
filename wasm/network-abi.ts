/** The ABI of the network. Numbers and addresses only; TypeScript's side is src/lib/core/network.ts. */
import * as arena from './kernel/arena';
import * as host from './host/host';
import { get } from './kernel/header';
import { auditNetwork } from './network/audit';
import * as flows from './network/flows';
import { inject as injectFrame } from './network/network';
import * as jobs from './network/jobs';
import { hangUp as hangUpVpn } from './network/roles/pptp';
import { objectBytes } from './network/roles/objects';
import * as settings from './network/settings';
import { shaperAt, tokensNow, waitingNow } from './network/shaper';
import { sourceFor } from './network/stack/ip';
import * as tables from './network/tables';
import * as tally from './network/tally';
import { forgetTexts as forget, textNumber } from './network/texts';
import * as topology from './network/topology';
import * as wire from './network/wire-log';
import { NodeField, PortField } from './shared/network';
import { Field } from './shared/columns';
import { Reason } from './shared/reasons';

// The network. Commands answer with a Reason; numbers of nodes begin at 1, of ports, jobs and rows at 0.
export function reserveNetwork(
  nodes: u32,
  ports: u32,
  frames: u32,
  connections: u32,
  maxJobs: u32,
  rings: u32,
  texts: u32,
): u32 {
  return host.reserveNetwork(nodes, ports, frames, connections, maxJobs, rings, texts);
}
/** Where the tables are; 0 in a world without a network. Rows: shared/network.ts, shared/network-rows.ts. */
export function netPtr(): usize {
  return tables.netPtr;
}
export function nodePtr(): usize {
  return tables.nodePtr;
}
export function portPtr(): usize {
  return tables.portPtr;
}
export function dropPtr(): usize {
  return tables.dropPtr;
}
export function learnedPtr(): usize {
  return tables.learnedPtr;
}
export function listPtr(): usize {
  return tables.listPtr;
}
export function jobPtr(): usize {
  return tables.jobPtr;
}
export function connectionPtr(): usize {
  return tables.connectionPtr;
}
export function neighbourPtr(): usize {
  return tables.neighbourPtr;
}
export function firewallLogPtr(): usize {
  return tables.firewallLogPtr;
}
export function textPtr(): usize {
  return tables.textPtr;
}
/** Number of the text whose `length` bytes are at `cellsIn`; 0: it is none, or there is no room. */
export function addText(length: u32): u32 {
  return tables.isOpen() ? textNumber(arena.cellsIn, length) : 0;
}
/** Only so many texts are kept: those that a refused command had named go again. */
export function forgetTexts(kept: u32): void {
  if (tables.isOpen()) forget(kept);
}
export function freeNode(): u32 {
  return topology.freeNode();
}
export function freePort(): u32 {
  return topology.freePort();
}
export function addNode(node: u32, kind: u32, vm: u32, name: u32): u32 {
  return topology.addNode(node, kind, vm, name);
}
export function removeNode(node: u32): u32 {
  return topology.removeNode(node);
}
export function addPort(port: u32, node: u32, uplink: u32): u32 {
  return topology.addPort(port, node, uplink != 0);
}
export function removePort(port: u32): u32 {
  return topology.removePort(port);
}
export function connect(a: u32, b: u32): u32 {
  return topology.connect(a, b);
}
export function disconnect(port: u32): u32 {
  return topology.disconnect(port);
}
export function moveCable(port: u32, to: u32): u32 {
  return topology.moveCable(port, to);
}
export function setCable(port: u32, plugged: u32): u32 {
  return topology.setCable(port, plugged != 0);
}
export function setPower(node: u32, up: u32): u32 {
  return topology.setPower(node, up != 0);
}
export function usedByRunningVm(node: u32): bool {
  return topology.nodeExists(node) && topology.usedByRunningVm(node);
}
export function setNode(node: u32, field: u32, value: u32): u32 {
  return settings.setNode(node, field, value);
}
export function setLink(
  port: u32,
  rateKbps: u32,
  delayNs: u32,
  lossPpm: u32,
  duplicatePpm: u32,
  queueBytes: u32,
): u32 {
  return settings.setLink(port, rateKbps, delayNs, lossPpm, duplicatePpm, queueBytes);
}
export function setVlan(port: u32, vlan: u32): u32 {
  return settings.setVlan(port, vlan);
}
export function setMac(port: u32, high: u32, low: u32): u32 {
  return settings.setMac(port, ((<u64>high) << 32) | (<u64>low));
}
export function setAnnounced(port: u32, mbps: u32): u32 {
  return settings.setAnnounced(port, mbps);
}
export function setAddress(port: u32, address: u32, prefix: u32): u32 {
  return settings.setAddress(port, address, prefix);
}
export function setDhcp(port: u32): u32 {
  return settings.setDhcp(port);
}
export function setPortFlag(port: u32, flag: u32, on: u32): u32 {
  return settings.setPortFlag(port, flag, on != 0);
}
export function setPool(port: u32, first: u32, last: u32, router: u32, dns: u32): u32 {
  return settings.setPool(port, first, last, router, dns);
}
export function setShaper(
  port: u32,
  averageBps: u32,
  peakBps: u32,
  burstBytes: u32,
  periodMs: u32,
  maxQueue: u32,
): u32 {
  return settings.setShaper(port, averageBps, peakBps, burstBytes, periodMs, maxQueue);
}
export function clearShaper(port: u32): u32 {
  return settings.clearShaper(port);
}
/** Adds a row to a list (`NodeField.routes` … `leases`) of a station; its sixteen words are at `cellsIn`. */
export function appendRow(node: u32, list: u32): u32 {
  return settings.appendRow(node, list, arena.cellsIn);
}
export function clearRows(node: u32, list: u32): u32 {
  return settings.clearRows(node, list);
}
/**
 * A job of a station (`JobKind`): at once, or with `planned` `afterMs` after the station has come up and again
 * `everySeconds` after its end. Its number, or 0xffffffff: no such station or kind, or no room.
 */
export function addJob(
  kind: u32,
  node: u32,
  address: u32,
  port: u32,
  hostText: u32,
  path: u32,
  planned: u32,
  afterMs: u32,
  everySeconds: u32,
): u32 {
  if (!topology.isStation(node)) return jobs.NO_JOB;
  return jobs.addJob(kind, node, address, port, hostText, path, planned != 0, afterMs, everySeconds);
}
/** A download's body moves as a flow, of at most `limitKbps` (0: no end). */
export function setBulk(job: u32, limitKbps: u32): u32 {
  return tables.isOpen() ? jobs.setBulk(job, limitKbps) : Reason.noNetwork;
}
/** A download is done as BITS does it: in pieces, with what its machine's card has left. */
export function setBackground(job: u32): u32 {
  return tables.isOpen() ? jobs.setBackground(job) : Reason.noNetwork;
}
/** A station's VPN tunnel, or its call for one, ends. */
export function hangUp(node: u32): u32 {
  return topology.isStation(node) ? hangUpVpn(node) : Reason.wrongNodeKind;
}
/** Rows of flows (`Flow`). */
export function flowPtr(): usize {
  return tables.flowPtr;
}
/** Moves bytes from a station to an address as a flow, without a connection. Its number; 0xffffffff: there is no way. */
export function startFlow(node: u32, address: u32, bytes: u64, limitKbps: u32): u32 {
  if (!topology.isStation(node)) return flows.NO_FLOW;
  const window = tables.nodeGet(node, NodeField.window);
  return flows.startFlow(node, sourceFor(node, address), address, bytes, window, limitKbps, 0, 0);
}
/** A frame from outside, its `length` bytes at `cellsIn`, leaves a tap `afterNs` from now. */
export function inject(port: u32, length: u32, afterNs: u64): u32 {
  return injectFrame(port, arena.cellsIn, length, afterNs);
}
/** Masks (`WireMask`) of what is heard at each port: a byte each. Scratch. */
export function wireMaskPtr(): usize {
  return arena.wireMaskPtr;
}
/** What was heard since it was emptied: so many bytes of records (wire-log.ts) from this address. */
export function wireRecords(): usize {
  return tables.isOpen() ? wire.wireRecords() : 0;
}
export function wireBytes(): u32 {
  return tables.isOpen() ? wire.wireBytes() : 0;
}
export function hearEverywhere(mask: u32): void {
  if (tables.isOpen()) wire.hearEverywhere(<u8>mask);
}
export function trimWire(keep: u32): u32 {
  return tables.isOpen() ? wire.trimWire(keep) : 0;
}
export function emptyWire(): void {
  if (tables.isOpen()) wire.emptyWire();
}
/** How many ports have moved something since the tally was emptied; their numbers, u16 each; sent and received, u64 each, by port. */
export function talliedPorts(): u32 {
  return tables.isOpen() ? tally.talliedPorts() : 0;
}
export function tallyList(): usize {
  return tally.tallyList();
}
export function tallyPtr(): usize {
  return arena.tallyPtr;
}
export function addTally(port: u32, sent: u64, received: u64): void {
  tally.tally(port, sent, received);
}
export function emptyTally(): void {
  if (tables.isOpen()) tally.emptyTally();
}
/** Row of a port's shaper (`Shaper`), 0: it has none. */
export function shaperPtr(port: u32): usize {
  if (!topology.portExists(port)) return 0;
  const shaper = tables.portGet(port, PortField.shaper);
  return shaper == 0 ? 0 : shaperAt(shaper - 1);
}
/** Tokens of a port's shaper now (bytes): of the average bucket (0) or of the peak's (1); packets that wait (2). */
export function shaperNow(port: u32, what: u32): u32 {
  if (!topology.portExists(port)) return 0;
  const shaper = tables.portGet(port, PortField.shaper);
  if (shaper == 0) return 0;
  const now = get(Field.timeNs);
  return what == 2 ? waitingNow(shaper - 1, now) : tokensNow(shaper - 1, now, what == 1);
}
/** Writes `length` bytes (at most 64 KiB) of an object (its row in a server's list) from byte `from` to `cellsIn`. */
export function objectPart(row: u32, from: u32, length: u32): void {
  objectBytes(row + 1, from, arena.cellsIn, min<u32>(length, 65_536));
}
/** Frames, drops and cables counted again. 0, or the number of statements that are untrue. */
export function networkAudit(): u32 {
  return auditNetwork();
}
