/**
 * Where the network's tables are. They follow the memory's tables in the state, so that a checkpoint and a fingerprint
 * cover them; the wire log and the caches are scratch. Capacities are fixed when the network is opened.
 */
import { networkPtr } from '../kernel/arena';
import { queueBytes, queueReset } from '../kernel/queue';
import { DropReason, NodeField, PortField, TEXT_BYTES } from '../shared/network';
import { Flow, Net } from '../shared/network-rows';
export { Net };

/** A frame: header of 32 bytes, room for a tag in front, the bytes. */
export const SLOT_BYTES: usize = 1600;
export const DELIVERY_BYTES: usize = 16;
export const NEIGHBOUR_BYTES: usize = 40;
export const LEARNED_BYTES: usize = 24;
export const NEIGHBOURS: u32 = 8192;
export const LEARNED: u32 = 8192;
export const CONNECTION_WORDS: usize = 64;
export const CONNECTION_BUCKETS: u32 = 2048;
export const SHAPERS: u32 = 128;
/** A shaper: 32 words, then the departures of the frames that wait. */
export const SHAPER_WORDS: usize = 32;
export const MAX_SHAPER_QUEUE: u32 = 512;
export const SHAPER_BYTES: usize = SHAPER_WORDS * 4 + <usize>MAX_SHAPER_QUEUE * 8;
export const RING_BYTES: usize = 65_536;
export const JOB_WORDS: usize = 56;
export const LISTS: u32 = 4096;
export const LIST_WORDS: usize = 16;
export const DROP_WORDS: usize = DropReason.count;
export const FLOW_WORDS: usize = Flow.count;
/** Text that a connection still has to send or to have acknowledged: requests, headers. */
export const OUTBOX_BYTES: usize = 1024;
export const FIREWALL_LOG: u32 = 512;
export const FIREWALL_LOG_BYTES: usize = 32;

export let netPtr: usize = 0;
export let netQueuePtr: usize = 0;
export let nodePtr: usize = 0;
export let portPtr: usize = 0;
export let framePtr: usize = 0;
export let deliveryPtr: usize = 0;
export let neighbourPtr: usize = 0;
export let learnedPtr: usize = 0;
export let connectionPtr: usize = 0;
export let bucketPtr: usize = 0;
export let outboxPtr: usize = 0;
export let firewallLogPtr: usize = 0;
export let shaperPtr: usize = 0;
/** Flows: as many as connections. */
export let flowPtr: usize = 0;
export let ringsPtr: usize = 0;
export let jobPtr: usize = 0;
export let listPtr: usize = 0;
export let textPtr: usize = 0;
/** Frames dropped, by reason: node × DropReason. */
export let dropPtr: usize = 0;

function align(at: usize): usize {
  return (at + 63) & ~(<usize>63);
}

/**
 * Entries that may wait at once: an arrival for each delivery; a timer moves by leaving its old entry to pass, so each may
 * have several.
 */
function queueCapacity(ports: u32, frames: u32, connections: u32, jobs: u32): u32 {
  return frames * 2 + connections * 8 + jobs * 4 + ports * 8 + NEIGHBOURS * 2 + 1024;
}

/** How much of everything there is room for. Fixed before the world is opened; no nodes: no network. */
let nodes: u32 = 0;
let ports: u32 = 0;
let frames: u32 = 0;
let connections: u32 = 0;
let jobs: u32 = 0;
let rings: u32 = 0;
let texts: u32 = 0;

/** Sets how much there will be room for. */
export function setCapacities(
  nodeCount: u32,
  portCount: u32,
  frameCount: u32,
  connectionCount: u32,
  jobCount: u32,
  ringCount: u32,
  textCount: u32,
): void {
  nodes = nodeCount;
  ports = portCount;
  frames = frameCount;
  connections = connectionCount;
  jobs = jobCount;
  rings = ringCount;
  texts = textCount;
}

/** Bytes that the tables take; 0 when there is to be no network. */
export function networkBytes(): usize {
  return nodes == 0 ? 0 : layOutTables(0, false);
}

/** Lays the tables from `at`; with `place` they are there from now on. @returns the end. */
function layOutTables(at: usize, place: bool): usize {
  const net = align(at);
  const queue = align(net + <usize>Net.count * 8);
  const node = align(queue + queueBytes(queueCapacity(ports, frames, connections, jobs)));
  const port = align(node + <usize>nodes * NodeField.count * 4);
  const frame = align(port + <usize>ports * PortField.count * 4);
  const delivery = align(frame + <usize>frames * SLOT_BYTES);
  const neighbour = align(delivery + <usize>frames * 2 * DELIVERY_BYTES);
  const learned = align(neighbour + <usize>NEIGHBOURS * NEIGHBOUR_BYTES);
  const connection = align(learned + <usize>LEARNED * LEARNED_BYTES);
  const bucket = align(connection + <usize>connections * CONNECTION_WORDS * 4);
  const outbox = align(bucket + <usize>CONNECTION_BUCKETS * 4);
  const shaper = align(outbox + <usize>connections * OUTBOX_BYTES);
  const ring = align(shaper + <usize>SHAPERS * SHAPER_BYTES);
  const job = align(ring + <usize>rings * RING_BYTES);
  const list = align(job + <usize>jobs * JOB_WORDS * 4);
  const text = align(list + <usize>LISTS * LIST_WORDS * 4);
  const drop = align(text + <usize>texts * TEXT_BYTES);
  const log = align(drop + <usize>nodes * DROP_WORDS * 4);
  const flow = align(log + <usize>FIREWALL_LOG * FIREWALL_LOG_BYTES);
  const end = align(flow + <usize>connections * FLOW_WORDS * 4);
  if (!place) return end;
  netPtr = net;
  netQueuePtr = queue;
  nodePtr = node;
  portPtr = port;
  framePtr = frame;
  deliveryPtr = delivery;
  neighbourPtr = neighbour;
  learnedPtr = learned;
  connectionPtr = connection;
  bucketPtr = bucket;
  shaperPtr = shaper;
  ringsPtr = ring;
  jobPtr = job;
  listPtr = list;
  textPtr = text;
  dropPtr = drop;
  outboxPtr = outbox;
  firewallLogPtr = log;
  flowPtr = flow;
  return end;
}

/** The world has been laid: an empty network, with random streams from the world's seed. */
export function openTables(seed: u32): void {
  if (networkPtr == 0) return;
  layOutTables(networkPtr, true);
  queueReset(netQueuePtr, queueCapacity(ports, frames, connections, jobs));
  setNet(Net.seed, seed);
  setNet(Net.maxNodes, nodes);
  setNet(Net.maxPorts, ports);
  setNet(Net.maxFrames, frames);
  setNet(Net.maxConnections, connections);
  setNet(Net.maxJobs, jobs);
  setNet(Net.maxRings, rings);
  setNet(Net.maxTexts, texts);
  setNet(Net.maxFlows, connections);
}

/** This world has a network. */
export function isOpen(): bool {
  return netPtr != 0;
}

export function net(field: Net): u64 {
  return load<u64>(netPtr + <usize>field * 8);
}
export function setNet(field: Net, value: u64): void {
  store<u64>(netPtr + <usize>field * 8, value);
}
export function addNet(field: Net, difference: i64): void {
  const at = netPtr + <usize>field * 8;
  const value = load<u64>(at) + <u64>difference;
  assert(<i64>value >= 0);
  store<u64>(at, value);
}

export function nodeCell(node: u32, field: NodeField): usize {
  return nodePtr + (<usize>node * NodeField.count + field) * 4;
}
export function nodeGet(node: u32, field: NodeField): u32 {
  return load<u32>(nodeCell(node, field));
}
export function nodeSet(node: u32, field: NodeField, value: u32): void {
  store<u32>(nodeCell(node, field), value);
}
export function nodeAdd(node: u32, field: NodeField, difference: u32): void {
  const at = nodeCell(node, field);
  store<u32>(at, load<u32>(at) + difference);
}
/** Adds to a counter of two words. */
export function nodeCount(node: u32, field: NodeField, difference: u64): void {
  const at = nodeCell(node, field);
  store<u64>(at, load<u64>(at) + difference);
}

export function portCell(port: u32, field: PortField): usize {
  return portPtr + (<usize>port * PortField.count + field) * 4;
}
export function portGet(port: u32, field: PortField): u32 {
  return load<u32>(portCell(port, field));
}
export function portSet(port: u32, field: PortField, value: u32): void {
  store<u32>(portCell(port, field), value);
}
export function portGet64(port: u32, field: PortField): u64 {
  return load<u64>(portCell(port, field));
}
export function portSet64(port: u32, field: PortField, value: u64): void {
  store<u64>(portCell(port, field), value);
}
export function portCount(port: u32, field: PortField, difference: u64): void {
  const at = portCell(port, field);
  store<u64>(at, load<u64>(at) + difference);
}
export function portIs(port: u32, flag: u32): bool {
  return (portGet(port, PortField.flags) & flag) != 0;
}
export function setFlag(port: u32, flag: u32, on: bool): void {
  const flags = portGet(port, PortField.flags);
  portSet(port, PortField.flags, on ? flags | flag : flags & ~flag);
}

export function mac(port: u32): u64 {
  return portGet64(port, PortField.mac);
}

/** Address of text number `text` (1 …): a byte of length, then so many bytes. */
export function textAt(text: u32): usize {
  return textPtr + <usize>text * TEXT_BYTES;
}
