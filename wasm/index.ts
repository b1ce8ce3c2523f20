/**
 * The whole ABI of the core: every export, and nothing else exports. Numbers and addresses only.
 * Preconditions are asserted in the debug build; TypeScript's side is src/lib/core/abi.ts.
 */
import * as arena from './kernel/arena';
import {
  contentKey as keyOf,
  equalByteCount as equalBytes,
  expand,
  firstDifference as firstDiff,
} from './kernel/content';
import { get, phaseCell, vmGet } from './kernel/header';
import { xxh3 } from './kernel/hash';
import { differingWords } from './kernel/patch';
import {
  freshContent,
  backing,
  Backing,
  entry,
  guestClass as classOfGuest,
  isPresent,
  machinePageOf,
} from './memory/guest-pages';
import { writePage as guestWrite } from './guest/pages';
import { audit as auditLedger } from './memory/ledger';
import { content } from './memory/machine';
import { pageHash as hashOfPage, scanPage as scanOne } from './memory/sharing';
import * as host from './host/host';
import { auditNetwork } from './network/audit';
import { inject as injectFrame } from './network/network';
import * as jobs from './network/jobs';
import { objectBytes } from './network/roles/objects';
import * as settings from './network/settings';
import { shaperAt, tokensNow, waitingNow } from './network/shaper';
import * as tables from './network/tables';
import { textNumber } from './network/texts';
import * as topology from './network/topology';
import * as wire from './network/wire-log';
import * as view from './host/view';
import * as vms from './host/vm';
import { Field, VmColumn } from './shared/columns';
import { Phase, Profile } from './shared/guest-classes';
import { memoryDemand, swapDemand, unreservedMemory, unreservedSwap } from './policy/admission';
import { listSamples } from './policy/sampling';
import { ABI_VERSION, MAX_VMS } from './shared/limits';
import { PortField } from './shared/network';
import { Reason } from './shared/reasons';

export function abiVersion(): u32 {
  return ABI_VERSION;
}

// Addresses. Valid while the world lives; views must be made again after a call that may grow the memory.
export function headerPtr(): usize {
  return arena.headerPtr;
}
export function vmColumnPtr(column: u32): usize {
  return arena.vmPtr + <usize>column * (MAX_VMS + 1) * 4;
}
export function optionPtr(): usize {
  return arena.optionPtr;
}
export function ringPtr(): usize {
  return arena.ringPtr;
}
export function cellsInPtr(): usize {
  return arena.cellsIn;
}
export function cellsOutPtr(): usize {
  return arena.cellsOut;
}
export function pageAPtr(): usize {
  return arena.pageA;
}
export function pageBPtr(): usize {
  return arena.pageB;
}
/** Bytes from here to `stateBytes()` are the world: what a checkpoint keeps. */
export function statePtr(): usize {
  return arena.statePtr;
}
export function stateBytes(): usize {
  return host.stateBytes();
}
export function prepareRestore(bytes: usize): bool {
  return host.prepareRestore(bytes);
}

// Opening and moving on.
export function openWorld(pages: u32, consolePages: u32, swapPages: u32, seed: u32): u32 {
  return host.openWorld(pages, consolePages, swapPages, seed);
}
export function run(until: u64, budget: u32, drained: u64): u32 {
  return host.run(until, budget, drained);
}
export function nextTime(): u64 {
  return host.nextTime();
}

// Commands. Each answers with a Reason; anything but `none` has changed nothing.
export function freeSlot(): u32 {
  return vms.freeSlot();
}
export function addVm(vm: u32, pages: u32, vcpus: u32): u32 {
  return vms.addVm(vm, pages, vcpus);
}
/** A number of a VM's guest profile; before it is powered on. */
export function setProfile(vm: u32, column: u32, value: u32): void {
  store<u32>(arena.profilePtr + (<usize>vm * Profile.count + column) * 4, value);
}
/** A number of a phase of a VM's workload. */
export function setPhase(vm: u32, phase: u32, column: u32, value: u32): void {
  store<u32>(phaseCell(vm, phase, <Phase>column), value);
}
/** The phases are written: the guest begins with the first one. */
export function startWorkload(vm: u32): void {
  vms.startWorkload(vm);
}
export function setMin(vm: u32, pages: u32): u32 {
  return vms.setMin(vm, pages);
}
export function setShares(vm: u32, shares: u32): u32 {
  return vms.setShares(vm, shares);
}
export function setTools(vm: u32, tools: u32): u32 {
  return vms.setTools(vm, tools);
}
export function reset(vm: u32): u32 {
  return vms.reset(vm);
}
export function removeVm(vm: u32): u32 {
  return vms.removeVm(vm);
}
export function setVmMemory(vm: u32, pages: u32): u32 {
  return vms.setMemory(vm, pages);
}
export function powerOn(vm: u32): u32 {
  return vms.powerOn(vm);
}
export function powerOff(vm: u32): u32 {
  return vms.powerOff(vm);
}
export function admissionPages(vm: u32): u32 {
  return memoryDemand(vm);
}
export function unreservedPages(): u64 {
  return unreservedMemory();
}
export function swapDemandPages(vm: u32): u32 {
  return swapDemand(vm);
}
export function unreservedSwapPages(): u64 {
  return unreservedSwap();
}
export function setOption(which: u32, value: u32): u32 {
  return host.setOption(which, value);
}
export function optionMin(which: u32): u32 {
  return host.optionMin(which);
}
export function optionMax(which: u32): u32 {
  return host.optionMax(which);
}
/** The guest writes bytes that no other page has. */
export function writePage(vm: u32, page: u32): u32 {
  if (!vms.exists(vm)) return Reason.unknownVm;
  if (!vms.isOn(vm)) return Reason.vmAlreadyOff;
  if (page >= vmGet(vm, VmColumn.maxPages)) return Reason.pageOutOfRange;
  if (backing(entry(vm, page)) == Backing.ballooned) return Reason.pageInBalloon;
  guestWrite(vm, page, freshContent());
  host.look();
  return Reason.none;
}
/** The scanner looks at this page now. */
export function scanPage(vm: u32, page: u32): u32 {
  if (!vms.exists(vm)) return Reason.unknownVm;
  if (page >= vmGet(vm, VmColumn.maxPages)) return Reason.pageOutOfRange;
  if (!isPresent(entry(vm, page))) return Reason.pageNotPresent;
  scanOne(vm, page, Reason.scan);
  return Reason.none;
}

// Questions. They change nothing but the scratch pages.
/** Pages of a VM that are sampled now, and whether each was touched: two u32 each at `cellsIn`. @returns how many. */
export function samples(vm: u32): u32 {
  return listSamples(vm, arena.cellsIn);
}
export function classify(count: u32): void {
  view.classify(count);
}
export function machineClass(page: u32): u32 {
  return view.machineClass(page);
}
export function guestPageClass(vm: u32, page: u32): u32 {
  return view.guestPageClass(vm, page);
}
export function owners(machinePage: u32, limit: u32): u32 {
  return view.owners(machinePage, limit);
}
export function sharers(machinePage: u32): u32 {
  return view.sharers(machinePage);
}
export function findTwin(vm: u32, page: u32): u32 {
  return view.findTwin(vm, page);
}
/** Machine page behind a guest page, or 0xffffffff. */
export function backingPage(vm: u32, page: u32): u32 {
  const word = entry(vm, page);
  return isPresent(word) ? machinePageOf(word) : 0xffff_ffff;
}
export function guestClass(vm: u32, page: u32): u32 {
  return classOfGuest(vm, page);
}
/** Content key of a machine page that is in use. */
export function contentKey(machinePage: u32): u64 {
  return keyOf(content(machinePage), get(Field.salt));
}
/** Writes the 4096 bytes of a machine page to scratch page A (which = 0) or B (1). */
export function pageBytes(machinePage: u32, which: u32): void {
  expand(contentKey(machinePage), which == 0 ? arena.pageA : arena.pageB);
}
export function pageHash(machinePage: u32): u64 {
  return hashOfPage(machinePage);
}
/** Bytes that scratch pages A and B have in common, place by place. */
export function equalByteCount(): i32 {
  return equalBytes(arena.pageA, arena.pageB);
}
export function firstDifference(): i32 {
  return firstDiff(arena.pageA, arena.pageB);
}
/** Counts the ledger again. 0, or the number of statements that are untrue. */
export function audit(): u32 {
  return auditLedger();
}
/** XXH3-64 of any bytes of the memory. */
export function hash(ptr: usize, length: u32): u64 {
  return xxh3(ptr, length);
}
/** XXH3-64 of the world's canonical state. */
export function fingerprint(): u64 {
  return xxh3(arena.statePtr, <u32>host.stateBytes());
}
/**
 * Words of a chunk of 64 KiB of the state (from byte `offset`) that differ from the 64 KiB that the caller has put at
 * `cellsIn`: their numbers (u16) to `cellsOut`, their values (u32) behind those 64 KiB.
 * @returns how many; 0xffffffff when more than `limit`.
 */
export function diffChunk(offset: usize, limit: u32): u32 {
  const then = arena.cellsIn;
  return differingWords(arena.statePtr + offset, then, 65_536, arena.cellsOut, then + 65_536, limit);
}
/** Hashes of the 64 KiB chunks of the state, written as u64 to `cellsIn`. @returns how many. */
export function hashChunks(): u32 {
  const bytes = host.stateBytes();
  let at: usize = 0;
  let n: u32 = 0;
  for (; at < bytes; at += 65_536, n++)
    store<u64>(
      arena.cellsIn + ((<usize>n) << 3),
      xxh3(arena.statePtr + at, <u32>min<usize>(65_536, bytes - at)),
    );
  return n;
}

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
export function emptyWire(): void {
  if (tables.isOpen()) wire.emptyWire();
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
