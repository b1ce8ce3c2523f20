/**
 * The core's network with types: builds it, gives it its settings and its work, and reads its tables into plain records.
 * Every command answers with a Reason; anything but `none` has changed nothing. IPv4 addresses and MACs are numbers
 * (addresses.ts); ports and nodes are numbers that live as long as they do.
 */
import { MAX_OBJECT_BYTES } from '#wasm/shared/limits';
import {
  Net,
  Conn,
  Flow,
  FlowState,
  Job,
  JobKind,
  JobState,
  Lease,
  Name,
  Rule,
  Session,
  Shaper,
  TcpState,
  Thing,
  Failure,
} from '#wasm/shared/network-rows';
import {
  BondMode,
  DhcpState,
  DropReason,
  LEARNED_AGE_SECONDS,
  MAX_PORTS,
  NodeField,
  NodeKind,
  PortField,
  PortFlag,
  PppState,
  StationRole,
  TEXT_BYTES,
  WIRE_HEADER_BYTES,
  WireKind,
  WireMask,
} from '#wasm/shared/network';
import type { Core } from './core';
import { Reason } from './core';

export {
  BondMode,
  DhcpState,
  DropReason,
  Failure,
  FlowState,
  JobKind,
  JobState,
  NodeField,
  NodeKind,
  PortFlag,
  StationRole,
  TcpState,
  WireKind,
  WireMask,
};

/** How much there is room for. Memory: about 1.6 kB a frame, 1.3 kB a connection, 64 KiB a ring (a proxied download). */
export interface NetworkCapacities {
  nodes: number;
  ports: number;
  frames: number;
  connections: number;
  jobs: number;
  rings: number;
  texts: number;
}
export const CAPACITIES: NetworkCapacities = {
  nodes: 256,
  ports: 1024,
  frames: 8192,
  connections: 512,
  jobs: 512,
  rings: 16,
  texts: 1024,
};

/** Makes room for a network in the world that will be opened. Before openWorld. */
export const reserveNetwork = (core: Core, of: Partial<NetworkCapacities> = {}): Reason => {
  const { nodes, ports, frames, connections, jobs, rings, texts } = { ...CAPACITIES, ...of };
  return core.x.reserveNetwork(nodes, ports, frames, connections, jobs, rings, texts);
};

const NONE = 0xffff_ffff;
const LIST_WORDS = 16;
const JOB_WORDS = 56;
const CONNECTION_WORDS = 64;
const FLOW_WORDS: number = Flow.count;
const NEIGHBOUR_WORDS = 10;
const NEIGHBOURS = 8192;
const DROP_WORDS: number = DropReason.count;
const LEARNED = 8192;
const LEARNED_WORDS = 6;
const FIREWALL_LOG = 512;
const FIREWALL_LOG_BYTES = 32;
/** In a rule: the firewall itself, where another has a card. */
const LOCAL_HOST = 0xffff;

export interface NodeRow {
  node: number;
  kind: NodeKind;
  name: string;
  /** VM slot of a guest, 0: a real machine or no station. */
  vm: number;
  up: boolean;
  /** Bits of StationRole. */
  roles: number;
  ports: number[];
  gateway: number;
  dns: number;
  proxy: { address: number; port: number } | null;
  windowBytes: number;
  leaseSeconds: number;
  bondMode: BondMode;
  /** Port of the home link. */
  homeLink: number | null;
  /** How often a physical switch has learned an address that it did not know. */
  learned: number;
  framesIn: number;
  framesOut: number;
  framesDropped: number;
  bytesIn: number;
  bytesOut: number;
}

/** Bytes that ports moved, of those that moved something: two numbers a port, sent and received. Immutable. */
export interface Traffic {
  readonly ports: Uint16Array;
  readonly bytes: Float64Array;
}
export const NO_TRAFFIC: Traffic = { ports: new Uint16Array(0), bytes: new Float64Array(0) };

export interface PortRow {
  port: number;
  node: number;
  peer: number | null;
  up: boolean;
  plugged: boolean;
  uplink: boolean;
  promiscuous: boolean;
  forgedAllowed: boolean;
  dhcp: boolean;
  nat: 'inside' | 'outside' | null;
  signedIn: boolean;
  /** 0: none. */
  mac: number;
  address: number;
  prefix: number;
  dhcpState: DhcpState;
  vlan: number;
  rateKbps: number;
  delayNs: number;
  lossPpm: number;
  duplicatePpm: number;
  queueBytes: number;
  announcedMbps: number;
  rxFrames: number;
  rxBytes: number;
  txFrames: number;
  txBytes: number;
  droppedFrames: number;
  droppedBytes: number;
  /** What flows take of the outgoing direction now, with headers and gaps. */
  flowKbps: number;
  /** Bytes of flows, without headers, ever received and sent. */
  flowRxBytes: number;
  flowTxBytes: number;
  shaped: boolean;
}

export interface ShaperRow {
  averageBps: number;
  peakBps: number;
  burstBytes: number;
  periodMs: number;
  queuePackets: number;
  /** Now, in bytes. */
  averageTokens: number;
  peakTokens: number;
  waiting: number;
  passedFrames: number;
  passedBytes: number;
  delayedFrames: number;
  droppedFrames: number;
}

export interface SessionRow {
  node: number;
  protocol: number;
  source: number;
  sourcePort: number;
  destination: number;
  destinationPort: number;
  /** Of a translation; 0: none. */
  publicPort: number;
  /** Simulated second at which it is forgotten. */
  untilSeconds: number;
  packetsOut: number;
  packetsBack: number;
  inPort: number;
  outPort: number;
  /** Row of the rule that allowed it; null: no firewall. */
  rule: number | null;
}

export interface RuleRow {
  row: number;
  node: number;
  name: string;
  allow: boolean;
  /** A card's port, or 'any', or 'local-host'. */
  from: number | 'any' | 'local-host';
  to: number | 'any' | 'local-host';
  /** IP protocol, 0: any. */
  protocol: number;
  firstPort: number;
  lastPort: number;
  signedIn: boolean;
  hits: number;
}
export type NewRule = Omit<RuleRow, 'row' | 'node' | 'hits'>;

export interface FirewallEntry {
  timeNs: number;
  node: number;
  /** Name of the rule that decided; null: the default rule, which denies. */
  rule: string | null;
  allowed: boolean;
  protocol: number;
  source: number;
  sourcePort: number;
  destination: number;
  destinationPort: number;
  /** Card by which it came. */
  from: number;
  to: number | 'any' | 'local-host';
}

export interface LeaseRow {
  node: number;
  port: number;
  mac: number;
  address: number;
  untilSeconds: number;
  bound: boolean;
}

export interface JobRow {
  job: number;
  kind: JobKind;
  node: number;
  state: JobState;
  failure: Failure;
  host: string;
  path: string;
  address: number;
  port: number;
  startedNs: number;
  /** null: it runs, or waits for its moment. */
  endedNs: number | null;
  bytes: number;
  /** null: not known. */
  length: number | null;
  /** Round trip of a ping. */
  micros: number | null;
  /** HTTP status, ICMP type. */
  status: number;
  viaProxy: boolean;
  planned: boolean;
  everySeconds: number;
  /** Its body, but for the beginning, moves as a flow; which flow, while it does. */
  bulk: boolean;
  /** As BITS does it: in pieces, with what its machine's card has left; how often it was interrupted and went on. */
  background: boolean;
  interruptions: number;
  flow: number | null;
  /** How often it was done, and bytes of all those times. */
  times: number;
  totalBytes: number;
}

/** Bytes that move without frames, at the rate that their frames would get. */
export interface FlowRow {
  flow: number;
  from: number;
  to: number;
  state: FlowState;
  /** Payload: all, moved so far. */
  bytes: number;
  doneBytes: number;
  /** Of payload, now. */
  rateBps: number;
  /** The most that window, losses and its own limit let through. */
  mostBps: number;
  startedNs: number;
  endedNs: number | null;
  /** No way leads there any more. */
  stalled: boolean;
  /** Ports by which its packets would leave, and their acknowledgments, in order. */
  way: number[];
  wayBack: number[];
}

export interface ConnectionRow {
  connection: number;
  node: number;
  state: TcpState;
  local: number;
  localPort: number;
  remote: number;
  remotePort: number;
  cwndBytes: number;
  ssthreshBytes: number;
  sendWindowBytes: number;
  receiveWindowBytes: number;
  rtoMs: number;
  /** Smoothed round trip. */
  rttMicros: number;
  receivedBytes: number;
  sentBytes: number;
  resentSegments: number;
}

export interface NeighbourRow {
  port: number;
  address: number;
  /** 0: the question is open. */
  mac: number;
  untilNs: number;
}

/** One end of a PPTP tunnel. Addresses outside (`own`, `outer`) and inside; calls as RFC 2637 numbers them. */
export interface TunnelRow {
  node: number;
  server: boolean;
  open: boolean;
  own: number;
  outer: number;
  ownCall: number;
  peerCall: number;
  address: number;
  remoteAddress: number;
  sentPackets: number;
  receivedPackets: number;
  /** Of IPv4 packets inside. */
  txFrames: number;
  rxFrames: number;
  txBytes: number;
  rxBytes: number;
}

/** What a physical switch knows: behind which port an address was last heard. */
export interface LearnedRow {
  mac: number;
  /** 0: none. */
  vlan: number;
  port: number;
  seenNs: number;
}

export interface Conservation {
  made: number;
  madeBytes: number;
  copied: number;
  copiedBytes: number;
  consumed: number;
  consumedBytes: number;
  dropped: number;
  droppedBytes: number;
  onTheWay: number;
  onTheWayBytes: number;
}

/** What a listener at a port has seen. */
export interface WireRow {
  timeNs: number;
  kind: WireKind;
  reason: DropReason;
  /** The frame's number in the world, and of the frame it was rewritten from (0: none). */
  frame: number;
  parent: number;
  port: number;
  node: number;
  peer: number | null;
  bytes: Uint8Array;
}

export interface JobSpec {
  kind: JobKind;
  /** A name that DNS must find, or an address. */
  host?: string;
  address?: number;
  port?: number;
  path?: string;
  /** Download: the body moves as a flow, of at most so many kbit/s (0: no end). null: frame by frame. */
  bulk?: { limitKbps: number } | null;
  /** Download: as BITS does it. */
  background?: boolean;
}

export class CoreNetwork {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  get x() {
    return this.#core.x;
  }

  /** The world has a network. */
  get isOpen(): boolean {
    return this.x.netPtr() !== 0;
  }

  // ── building ──

  /** Number of a text, 1 …: up to 127 ASCII bytes. 0: none, or no room. */
  text(text: string): number {
    if (!text || /[^\x20-\x7e]/.test(text) || text.length >= TEXT_BYTES) return 0;
    const at = new Uint8Array(this.x.memory.buffer, this.x.cellsInPtr(), TEXT_BYTES);
    for (let i = 0; i < text.length; i++) at[i] = text.charCodeAt(i);
    return this.x.addText(text.length);
  }

  /** A command that names things: when it is refused, their names are as if they had never been said. */
  #naming<T extends Reason | { reason: Reason }>(command: () => T): T {
    const kept = this.isOpen ? this.net(Net.texts) : 0;
    const answer = command();
    const refused = typeof answer === 'number' ? answer : answer.reason;
    if (refused && this.isOpen) this.x.forgetTexts(kept);
    return answer;
  }

  addNode(kind: NodeKind, name: string, vm = 0): { reason: Reason; node: number } {
    return this.#naming(() => {
      if (!this.isOpen) return { reason: Reason.noNetwork, node: 0 };
      const text = this.text(name);
      if (name && !text) return { reason: Reason.textInvalid, node: 0 };
      const node = this.x.freeNode() >>> 0;
      if (node === 0) return { reason: Reason.noFreeNode, node };
      const reason = this.x.addNode(node, kind, vm, text);
      return { reason, node: reason ? 0 : node };
    });
  }
  removeNode(node: number): Reason {
    return this.x.removeNode(node);
  }
  /** A real machine is switched on or off. */
  setPower(node: number, up: boolean): Reason {
    return this.x.setPower(node, Number(up));
  }
  setName(node: number, name: string): Reason {
    return this.#naming(() => {
      const text = this.text(name);
      return name && !text ? Reason.textInvalid : this.x.setNode(node, NodeField.name, text);
    });
  }
  setRoles(node: number, roles: number): Reason {
    return this.x.setNode(node, NodeField.roles, roles);
  }
  /** What is absent stays; 0 or null takes it away. */
  setWays(
    node: number,
    ways: { gateway?: number; dns?: number; proxy?: { address: number; port: number } | null },
  ): Reason {
    const { gateway, dns, proxy } = ways;
    const set: [NodeField, number | undefined][] = [
      [NodeField.proxyPort, proxy === undefined ? undefined : (proxy?.port ?? 0)],
      [NodeField.proxyAddress, proxy === undefined ? undefined : (proxy?.address ?? 0)],
      [NodeField.gateway, gateway],
      [NodeField.dnsServer, dns],
    ];
    for (const [field, value] of set) {
      const reason: Reason = value === undefined ? Reason.none : this.x.setNode(node, field, value);
      if (reason) return reason;
    }
    return Reason.none;
  }
  setWindow(node: number, bytes: number): Reason {
    return this.x.setNode(node, NodeField.window, bytes);
  }
  setLeaseSeconds(node: number, seconds: number): Reason {
    return this.x.setNode(node, NodeField.leaseSeconds, seconds);
  }
  /** What machines that boot from the network are told by this DHCP server: a file and its TFTP server (0: itself). */
  setBoot(node: number, boot: { file: string; server: number } | null): Reason {
    return this.#naming(() => {
      const text = boot ? this.text(boot.file) : 0;
      if (boot && !text) return Reason.textInvalid;
      return (
        this.x.setNode(node, NodeField.bootServer, boot?.server ?? 0) ||
        this.x.setNode(node, NodeField.bootFile, text)
      );
    });
  }
  /** The card of a VPN server in the network where its clients land; null: it lets nobody in. */
  setVpnCard(node: number, port: number | null): Reason {
    return this.x.setNode(node, NodeField.vpnCard, port === null ? 0 : port + 1);
  }
  setBondMode(node: number, mode: BondMode): Reason {
    return this.x.setNode(node, NodeField.bondMode, mode);
  }
  /** The uplink that carries all while it works. */
  setHomeLink(node: number, port: number | null): Reason {
    return this.x.setNode(node, NodeField.homeLink, port === null ? 0 : port + 1);
  }
  /** Tells the building by RARP which uplink a card has after a failover. */
  setNotifies(node: number, on: boolean): Reason {
    return this.x.setNode(node, NodeField.notifies, Number(on));
  }
  /** A VM that runs has a card in this switch. */
  usedByRunningVm(node: number): boolean {
    return this.x.usedByRunningVm(node) !== 0;
  }

  addPort(node: number, of: { uplink?: boolean; mac?: number } = {}): { reason: Reason; port: number } {
    const port = this.x.freePort() >>> 0;
    if (!this.isOpen) return { reason: Reason.noNetwork, port };
    if (port === NONE) return { reason: Reason.noFreePort, port };
    let reason: Reason = this.x.addPort(port, node, Number(of.uplink ?? false));
    if (!reason && of.mac !== undefined) {
      reason = this.setMac(port, of.mac);
      if (reason) this.x.removePort(port);
    }
    return { reason, port: reason ? NONE : port };
  }
  removePort(port: number): Reason {
    return this.x.removePort(port);
  }
  connect(a: number, b: number): Reason {
    return this.x.connect(a, b);
  }
  disconnect(port: number): Reason {
    return this.x.disconnect(port);
  }
  /** Plugs a station's card in elsewhere. */
  moveCable(port: number, to: number): Reason {
    return this.x.moveCable(port, to);
  }
  /** Pulls the plug at a port or puts it in again; what it is bound to stays. */
  setCable(port: number, plugged: boolean): Reason {
    return this.x.setCable(port, Number(plugged));
  }
  /** The direction that leaves this port. */
  setLink(
    port: number,
    of: {
      rateKbps: number;
      delayNs?: number;
      lossPpm?: number;
      duplicatePpm?: number;
      queueBytes?: number;
    },
  ): Reason {
    const { rateKbps, delayNs = 5000, lossPpm = 0, duplicatePpm = 0, queueBytes = 131_072 } = of;
    return this.x.setLink(port, rateKbps, delayNs, lossPpm, duplicatePpm, queueBytes);
  }
  setVlan(port: number, vlan: number): Reason {
    return this.x.setVlan(port, vlan);
  }
  setMac(port: number, mac: number): Reason {
    return this.x.setMac(port, Math.floor(mac / 2 ** 32), mac % 2 ** 32);
  }
  setAnnounced(port: number, mbps: number): Reason {
    return this.x.setAnnounced(port, mbps);
  }
  /** A fixed address; 0: none. */
  setAddress(port: number, address: number, prefix: number): Reason {
    return this.x.setAddress(port, address, prefix);
  }
  setDhcp(port: number): Reason {
    return this.x.setDhcp(port);
  }
  setNatSide(port: number, side: 'inside' | 'outside' | null): Reason {
    return (
      this.x.setPortFlag(port, PortFlag.natInside, Number(side === 'inside')) ||
      this.x.setPortFlag(port, PortFlag.natOutside, Number(side === 'outside'))
    );
  }
  /** Of a switch's port: what is behind it sees all frames of its VLAN. */
  setPromiscuous(port: number, on: boolean): Reason {
    return this.x.setPortFlag(port, PortFlag.promiscuous, Number(on));
  }
  /** Of a switch's port: frames with another source address than the card's may enter. */
  setForgedAllowed(port: number, allowed: boolean): Reason {
    return this.x.setPortFlag(port, PortFlag.noForged, Number(!allowed));
  }
  setSignedIn(port: number, on: boolean): Reason {
    return this.x.setPortFlag(port, PortFlag.signedIn, Number(on));
  }
  /** What the DHCP server gives on the network of this card of its. */
  setPool(port: number, pool: { first: number; last: number; router?: number; dns?: number } | null): Reason {
    return this.x.setPool(port, pool?.first ?? 0, pool?.last ?? 0, pool?.router ?? 0, pool?.dns ?? 0);
  }
  /** Shapes what leaves by this port. Rates in bit/s, at most 2³² − 1. */
  setShaper(
    port: number,
    of: {
      averageBps: number;
      peakBps: number;
      burstBytes: number;
      periodMs: number;
      queuePackets: number;
    },
  ): Reason {
    return this.x.setShaper(port, of.averageBps, of.peakBps, of.burstBytes, of.periodMs, of.queuePackets);
  }
  clearShaper(port: number): Reason {
    return this.x.clearShaper(port);
  }

  // ── lists of a station ──

  #append(node: number, list: NodeField, words: Record<number, number>): Reason {
    const at = new Uint32Array(this.x.memory.buffer, this.x.cellsInPtr(), LIST_WORDS);
    at.fill(0);
    for (const [word, value] of Object.entries(words)) at[Number(word)] = value;
    return this.x.appendRow(node, list);
  }
  addRoute(node: number, network: number, prefix: number, via: number): Reason {
    return this.#append(node, NodeField.routes, { 1: network, 2: prefix, 3: via });
  }
  /** Rules are asked in the order in which they were added. */
  addRule(node: number, rule: NewRule): Reason {
    return this.#naming(() => {
      const name = this.text(rule.name);
      if (!name) return Reason.textInvalid;
      const network = (of: RuleRow['from']) => (of === 'any' ? 0 : of === 'local-host' ? LOCAL_HOST : of + 1);
      return this.#append(node, NodeField.rules, {
        [Rule.name]: name,
        [Rule.allow]: Number(rule.allow),
        [Rule.from]: network(rule.from),
        [Rule.to]: network(rule.to),
        [Rule.protocol]: rule.protocol,
        [Rule.firstPort]: rule.firstPort,
        [Rule.lastPort]: rule.lastPort,
        [Rule.group]: Number(rule.signedIn),
      });
    });
  }
  addRecord(node: number, name: string, address: number): Reason {
    return this.#naming(() => {
      const text = this.text(name);
      if (!text) return Reason.textInvalid;
      return this.#append(node, NodeField.records, { [Name.text]: text, [Name.address]: address });
    });
  }
  /** What an HTTP or TFTP server offers: `bytes` bytes that follow from `seed`. */
  addObject(node: number, path: string, bytes: number, seed: number): Reason {
    if (!(bytes >= 0 && bytes <= MAX_OBJECT_BYTES)) return Reason.valueOutOfRange;
    return this.#naming(() => {
      const text = this.text(path);
      if (!text) return Reason.textInvalid;
      return this.#append(node, NodeField.objects, {
        [Thing.path]: text,
        [Thing.bytes]: bytes,
        [Thing.seed]: seed,
      });
    });
  }
  clear(node: number, list: 'routes' | 'rules' | 'sessions' | 'records' | 'objects' | 'leases'): Reason {
    return this.x.clearRows(node, NodeField[list]);
  }

  // ── work ──

  /** Begins a job now. The job's own end is an event. `job` −1: refused. */
  startJob(node: number, spec: JobSpec): { reason: Reason; job: number } {
    return this.#addJob(node, spec, false, 0, 0);
  }
  /** A job that begins so long after its station has come up, and again so long after its end (0: once). */
  planJob(
    node: number,
    spec: JobSpec,
    when: { afterMs: number; everySeconds: number },
  ): { reason: Reason; job: number } {
    return this.#addJob(node, spec, true, when.afterMs, when.everySeconds);
  }
  #addJob(node: number, spec: JobSpec, planned: boolean, afterMs: number, everySeconds: number) {
    return this.#naming(() => {
      if (!this.isOpen) return { reason: Reason.noNetwork, job: -1 };
      const { kind, host, address = 0, port = 0, path } = spec;
      const hostText = host ? this.text(host) : 0;
      const pathText = path ? this.text(path) : 0;
      if ((host && !hostText) || (path && !pathText)) return { reason: Reason.textInvalid, job: -1 };
      const job = this.x.addJob(
        kind,
        node,
        address,
        port,
        hostText,
        pathText,
        Number(planned),
        afterMs,
        everySeconds,
      );
      if (job >>> 0 === NONE) return { reason: Reason.jobInvalid, job: -1 };
      if (spec.bulk) this.x.setBulk(job, spec.bulk.limitKbps);
      if (spec.background) this.x.setBackground(job);
      return { reason: Reason.none, job };
    });
  }

  /** A station's VPN tunnel, or its call for one, ends. */
  hangUp(node: number): Reason {
    return this.x.hangUp(node);
  }
  /** It has called a VPN server: the call is under way, or the tunnel stands. */
  hasDialled(node: number): boolean {
    const isCalling = ({ kind, state, node: caller }: JobRow) =>
      kind === JobKind.vpn && state === JobState.running && caller === node;
    return this.tunnels().some((end) => end.node === node && !end.server) || this.jobs().some(isCalling);
  }

  /** Moves bytes from a station to an address, without a connection and without frames. −1: there is no way. */
  startFlow(node: number, address: number, bytes: number, limitKbps = 0): number {
    return this.x.startFlow(node, address, BigInt(bytes), limitKbps) | 0;
  }

  /** A frame from outside leaves a tap's port `afterNs` from now: 1 … 1536 bytes without check sequence. */
  inject(port: number, bytes: Uint8Array, afterNs = 0): Reason {
    if (bytes.length > 1536) return Reason.frameTooLong;
    new Uint8Array(this.x.memory.buffer, this.x.cellsInPtr(), bytes.length).set(bytes);
    return this.x.inject(port, bytes.length, BigInt(Math.round(afterNs)));
  }

  // ── reading ──

  #words(ptr: number, count: number): Uint32Array {
    return new Uint32Array(this.x.memory.buffer, ptr, count);
  }
  net(field: Net): number {
    return Number(new BigUint64Array(this.x.memory.buffer, this.x.netPtr(), Net.count)[field]);
  }
  textOf(number: number): string {
    if (number === 0) return '';
    const at = this.x.textPtr() + number * TEXT_BYTES;
    const bytes = new Uint8Array(this.x.memory.buffer, at, TEXT_BYTES);
    return String.fromCharCode(...bytes.subarray(1, 1 + bytes[0]!));
  }

  #node(node: number): Uint32Array {
    return this.#words(this.x.nodePtr() + node * NodeField.count * 4, NodeField.count);
  }
  #port(port: number): Uint32Array {
    return this.#words(this.x.portPtr() + port * PortField.count * 4, PortField.count);
  }

  nodes(): NodeRow[] {
    if (!this.isOpen) return [];
    const rows: NodeRow[] = [];
    const end = this.net(Net.maxNodes);
    for (let left = this.net(Net.nodes), node = 1; left > 0 && node < end; node++) {
      const row = this.#node(node);
      if (row[NodeField.kind] === NodeKind.none) continue;
      left--;
      const ports: number[] = [];
      for (let at = row[NodeField.firstPort]!; at !== 0; at = this.#port(at - 1)[PortField.next]!)
        if (!(this.#port(at - 1)[PortField.flags]! & PortFlag.ppp)) ports.push(at - 1);
      rows.push({
        node,
        kind: row[NodeField.kind]!,
        name: this.textOf(row[NodeField.name]!),
        vm: row[NodeField.vm]!,
        up: row[NodeField.up] !== 0,
        roles: row[NodeField.roles]!,
        ports,
        gateway: row[NodeField.gateway]!,
        dns: row[NodeField.dnsServer]!,
        proxy: row[NodeField.proxyAddress]
          ? { address: row[NodeField.proxyAddress]!, port: row[NodeField.proxyPort]! }
          : null,
        windowBytes: row[NodeField.window]!,
        leaseSeconds: row[NodeField.leaseSeconds]!,
        bondMode: row[NodeField.bondMode]!,
        homeLink: row[NodeField.homeLink] ? row[NodeField.homeLink]! - 1 : null,
        learned: row[NodeField.learned]!,
        framesIn: wide(row, NodeField.framesIn),
        framesOut: wide(row, NodeField.framesOut),
        framesDropped: wide(row, NodeField.framesDropped),
        bytesIn: wide(row, NodeField.bytesIn),
        bytesOut: wide(row, NodeField.bytesOut),
      });
    }
    return rows;
  }

  /** In the order of their numbers. */
  ports(): PortRow[] {
    if (!this.isOpen) return [];
    const rows: PortRow[] = [];
    const end = this.net(Net.maxPorts);
    for (let left = this.net(Net.ports), port = 0; left > 0 && port < end; port++) {
      if (this.#port(port)[PortField.node] === 0) continue;
      left--;
      if (this.#port(port)[PortField.flags]! & PortFlag.ppp) continue;
      rows.push(this.port(port));
    }
    return rows;
  }

  /** The ends of tunnels that are open, or being opened. */
  tunnels(): TunnelRow[] {
    if (!this.isOpen) return [];
    const rows: TunnelRow[] = [];
    const end = this.net(Net.maxPorts);
    for (let left = this.net(Net.ports), port = 0; left > 0 && port < end; port++) {
      const row = this.#port(port);
      if (row[PortField.node] === 0) continue;
      left--;
      if (!(row[PortField.flags]! & PortFlag.ppp)) continue;
      const state = row[PortField.pppState]!;
      rows.push({
        node: row[PortField.node]!,
        server: (state & PppState.server) !== 0,
        open: (state & PppState.open) !== 0,
        own: row[PortField.pppOwn]!,
        outer: row[PortField.pppOuter]!,
        ownCall: row[PortField.pppCalls]! >>> 16,
        peerCall: row[PortField.pppCalls]! & 0xffff,
        address: row[PortField.address]!,
        remoteAddress: row[PortField.remoteAddress]!,
        sentPackets: row[PortField.pppSent]!,
        receivedPackets: row[PortField.pppReceived]!,
        txFrames: wide(row, PortField.txFrames),
        rxFrames: wide(row, PortField.rxFrames),
        txBytes: wide(row, PortField.txBytes),
        rxBytes: wide(row, PortField.rxBytes),
      });
    }
    return rows;
  }

  port(port: number): PortRow {
    const row = this.#port(port);
    const flags = row[PortField.flags]!;
    const has = (flag: PortFlag) => (flags & flag) !== 0;
    return {
      port,
      node: row[PortField.node]!,
      peer: row[PortField.peer] ? row[PortField.peer]! - 1 : null,
      up: has(PortFlag.up),
      plugged: !has(PortFlag.unplugged),
      uplink: has(PortFlag.uplink),
      promiscuous: has(PortFlag.promiscuous),
      forgedAllowed: !has(PortFlag.noForged),
      dhcp: has(PortFlag.dhcp),
      nat: has(PortFlag.natInside) ? 'inside' : has(PortFlag.natOutside) ? 'outside' : null,
      signedIn: has(PortFlag.signedIn),
      mac: wide(row, PortField.mac),
      address: row[PortField.address]!,
      prefix: row[PortField.prefix]!,
      dhcpState: row[PortField.dhcpState]!,
      vlan: row[PortField.vlan]!,
      rateKbps: row[PortField.rateKbps]!,
      delayNs: row[PortField.delayNs]!,
      lossPpm: row[PortField.lossPpm]!,
      duplicatePpm: row[PortField.duplicatePpm]!,
      queueBytes: row[PortField.queueBytes]!,
      announcedMbps: row[PortField.announcedMbps]!,
      rxFrames: wide(row, PortField.rxFrames),
      rxBytes: wide(row, PortField.rxBytes),
      txFrames: wide(row, PortField.txFrames),
      txBytes: wide(row, PortField.txBytes),
      droppedFrames: wide(row, PortField.dropped),
      droppedBytes: wide(row, PortField.droppedBytes),
      flowKbps: row[PortField.flowKbps]!,
      flowRxBytes: wide(row, PortField.flowRxBytes),
      flowTxBytes: wide(row, PortField.flowTxBytes),
      shaped: row[PortField.shaper] !== 0,
    };
  }

  /** What ports moved since `forgetTraffic`: of those that moved something. */
  traffic(): Traffic {
    const count = this.x.talliedPorts();
    if (count === 0) return NO_TRAFFIC;
    const ports = new Uint16Array(this.x.memory.buffer, this.x.tallyList(), count).slice();
    const rows = new BigUint64Array(this.x.memory.buffer, this.x.tallyPtr(), 2 * MAX_PORTS);
    const bytes = new Float64Array(2 * count);
    ports.forEach((port, i) => {
      bytes[2 * i] = Number(rows[2 * port]);
      bytes[2 * i + 1] = Number(rows[2 * port + 1]);
    });
    return { ports, bytes };
  }
  forgetTraffic(): void {
    this.x.emptyTally();
  }
  /** As if this had been moved, and nothing else, since `forgetTraffic`. */
  setTraffic({ ports, bytes }: Traffic): void {
    this.x.emptyTally();
    ports.forEach((port, i) => this.x.addTally(port, BigInt(bytes[2 * i]!), BigInt(bytes[2 * i + 1]!)));
  }

  /** Frames that a node dropped, by reason: those that happened. */
  drops(node: number): { reason: DropReason; frames: number }[] {
    const row = this.#words(this.x.dropPtr() + node * DROP_WORDS * 4, DROP_WORDS);
    return Array.from(row, (frames, reason) => ({ reason, frames })).filter(({ frames }) => frames > 0);
  }

  shaper(port: number): ShaperRow | null {
    const ptr = this.x.shaperPtr(port);
    if (ptr === 0) return null;
    const row = this.#words(ptr, 32);
    return {
      averageBps: row[Shaper.averageBps]!,
      peakBps: row[Shaper.peakBps]!,
      burstBytes: row[Shaper.burstBytes]!,
      periodMs: row[Shaper.periodMs]!,
      queuePackets: row[Shaper.maxQueue]!,
      averageTokens: this.x.shaperNow(port, 0) >>> 0,
      peakTokens: this.x.shaperNow(port, 1) >>> 0,
      waiting: this.x.shaperNow(port, 2) >>> 0,
      passedFrames: wide(row, Shaper.passed),
      passedBytes: wide(row, Shaper.passedBytes),
      delayedFrames: wide(row, Shaper.delayed),
      droppedFrames: wide(row, Shaper.dropped),
    };
  }

  /** Rows of a list of every station. */
  *#rows(list: NodeField): Generator<{ node: number; row: number; words: Uint32Array }> {
    if (!this.isOpen) return;
    const end = this.net(Net.maxNodes);
    for (let node = 1; node < end; node++) {
      if (this.#node(node)[NodeField.kind] !== NodeKind.station) continue;
      for (let at = this.#node(node)[list]!; at !== 0;) {
        const words = this.#words(this.x.listPtr() + (at - 1) * LIST_WORDS * 4, LIST_WORDS);
        yield { node, row: at - 1, words };
        at = words[0]!;
      }
    }
  }

  sessions(): SessionRow[] {
    return Array.from(this.#rows(NodeField.sessions), ({ node, words }) => ({
      node,
      protocol: words[Session.protocol]!,
      source: words[Session.source]!,
      sourcePort: words[Session.sourcePort]!,
      destination: words[Session.destination]!,
      destinationPort: words[Session.destinationPort]!,
      publicPort: words[Session.publicPort]!,
      untilSeconds: words[Session.until]!,
      packetsOut: words[Session.packetsOut]!,
      packetsBack: words[Session.packetsBack]!,
      inPort: words[Session.inPort]!,
      outPort: words[Session.outPort]!,
      rule: words[Session.rule] ? words[Session.rule]! - 1 : null,
    }));
  }

  rules(): RuleRow[] {
    return Array.from(this.#rows(NodeField.rules), ({ node, row, words }) => ({
      row,
      node,
      name: this.textOf(words[Rule.name]!),
      allow: words[Rule.allow] !== 0,
      from: networkOf(words[Rule.from]!),
      to: networkOf(words[Rule.to]!),
      protocol: words[Rule.protocol]!,
      firstPort: words[Rule.firstPort]!,
      lastPort: words[Rule.lastPort]!,
      signedIn: words[Rule.group] !== 0,
      hits: words[Rule.hits]!,
    }));
  }

  /** The newest decisions of all firewalls, newest first. */
  firewallLog(count: number): FirewallEntry[] {
    if (!this.isOpen) return [];
    const last = this.net(Net.firewallLogged);
    const { buffer } = this.x.memory;
    return Array.from({ length: Math.min(count, last, FIREWALL_LOG) }, (_, i) => {
      const at = this.x.firewallLogPtr() + ((last - 1 - i) % FIREWALL_LOG) * FIREWALL_LOG_BYTES;
      const view = new DataView(buffer, at, FIREWALL_LOG_BYTES);
      const who = view.getUint32(8, true);
      const ports = view.getUint32(20, true);
      const what = view.getUint16(24, true);
      return {
        timeNs: Number(view.getBigUint64(0, true)),
        node: who >>> 16,
        rule: (who & 0xffff) === 0 ? null : this.textOf(who & 0xffff),
        allowed: (what & 1) !== 0,
        protocol: what >>> 8,
        source: view.getUint32(12, true),
        sourcePort: ports >>> 16,
        destination: view.getUint32(16, true),
        destinationPort: ports & 0xffff,
        from: view.getUint16(26, true),
        to: networkOf(view.getUint32(28, true)),
      };
    });
  }

  leases(): LeaseRow[] {
    return Array.from(this.#rows(NodeField.leases), ({ node, words }) => ({
      node,
      port: words[Lease.port]!,
      mac: words[Lease.macHigh]! * 2 ** 32 + words[Lease.macLow]!,
      address: words[Lease.address]!,
      untilSeconds: words[Lease.until]!,
      bound: words[Lease.bound] !== 0,
    }));
  }

  jobs(): JobRow[] {
    return this.isOpen ? Array.from({ length: this.net(Net.jobs) }, (_, job) => this.job(job)) : [];
  }

  /** Those that were started, not planned. */
  startedJobs(): JobRow[] {
    return this.#jobWords()
      .filter(({ words }) => words[Job.planned] === 0)
      .map(({ job }) => this.job(job));
  }
  /** What stations do by themselves, in the order of planning: how often it was done, bytes of all those times. */
  plannedWork(): { node: number; times: number; totalBytes: number; bulk: boolean; running: boolean }[] {
    return this.#jobWords()
      .filter(({ words }) => words[Job.planned] !== 0)
      .map(({ words }) => ({
        node: words[Job.node]!,
        times: words[Job.times]!,
        totalBytes: wide(words, Job.total),
        bulk: words[Job.bulk] !== 0,
        running: words[Job.state] === JobState.running,
      }));
  }
  #jobWords(): { job: number; words: Uint32Array }[] {
    const count = this.isOpen ? this.net(Net.jobs) : 0;
    const all = this.#words(this.x.jobPtr(), count * JOB_WORDS);
    return Array.from({ length: count }, (_, job) => ({
      job,
      words: all.subarray(job * JOB_WORDS, (job + 1) * JOB_WORDS),
    }));
  }

  job(job: number): JobRow {
    const row = this.#words(this.x.jobPtr() + job * JOB_WORDS * 4, JOB_WORDS);
    const kind = row[Job.kind]! as JobKind;
    const state = row[Job.state]! as JobState;
    const ended = state === JobState.done || state === JobState.failed;
    return {
      job,
      kind,
      node: row[Job.node]!,
      state,
      failure: state === JobState.failed ? row[Job.failure]! : Failure.none,
      host: this.textOf(row[Job.host]!),
      // The server's half of a TFTP transfer keeps the row of its object there.
      path: kind === JobKind.tftp && row[Job.viaProxy] ? '' : this.textOf(row[Job.path]!),
      address: row[Job.address]!,
      port: row[Job.port]!,
      startedNs: wide(row, Job.started),
      endedNs: ended ? wide(row, Job.ended) : null,
      bytes: wide(row, Job.bytes),
      length:
        kind === JobKind.download &&
        (row[Job.headerDone] || (row[Job.background] && row[Job.length])) &&
        row[Job.length] !== NONE
          ? row[Job.length]!
          : null,
      micros: kind === JobKind.ping && row[Job.answered] ? row[Job.micros]! : null,
      status: row[Job.status]!,
      viaProxy: kind === JobKind.download && row[Job.viaProxy] !== 0,
      planned: row[Job.planned] !== 0,
      everySeconds: row[Job.everySeconds]!,
      bulk: row[Job.bulk] !== 0,
      background: row[Job.background] !== 0,
      interruptions: row[Job.interruptions]!,
      flow: row[Job.flow] ? row[Job.flow]! - 1 : null,
      times: row[Job.times]!,
      totalBytes: wide(row, Job.total),
    };
  }

  /** Flows that run, and the latest that have ended. Moved bytes are those of the last look: a tenth of a second at most. */
  flows(): FlowRow[] {
    return this.isOpen ? Array.from({ length: this.net(Net.flows) }, (_, flow) => this.flow(flow)) : [];
  }

  flow(flow: number): FlowRow {
    const row = this.#words(this.x.flowPtr() + flow * FLOW_WORDS * 4, FLOW_WORDS);
    const ports = (at: number) => {
      const ways = new Uint16Array(row.buffer, row.byteOffset + at * 4);
      return Array.from(ways.subarray(1, 1 + ways[0]!));
    };
    return {
      flow,
      from: row[Flow.from]!,
      to: row[Flow.to]!,
      state: row[Flow.state]!,
      bytes: wide(row, Flow.bytes),
      doneBytes: wide(row, Flow.done),
      rateBps: wide(row, Flow.rateBps),
      mostBps: wide(row, Flow.mostBps),
      startedNs: wide(row, Flow.started),
      endedNs: row[Flow.state] === FlowState.running ? null : wide(row, Flow.ended),
      stalled: wide(row, Flow.stalledAt) !== 0,
      way: ports(Flow.way),
      wayBack: ports(Flow.wayBack),
    };
  }

  connections(): ConnectionRow[] {
    if (!this.isOpen) return [];
    const rows: ConnectionRow[] = [];
    const count = this.net(Net.connections);
    for (let connection = 0; connection < count; connection++) {
      const at = this.x.connectionPtr() + connection * CONNECTION_WORDS * 4;
      const row = this.#words(at, CONNECTION_WORDS);
      if (row[Conn.state] === TcpState.free) continue;
      rows.push({
        connection,
        node: row[Conn.node]!,
        state: row[Conn.state]!,
        local: row[Conn.local]!,
        localPort: row[Conn.ports]! >>> 16,
        remote: row[Conn.remote]!,
        remotePort: row[Conn.ports]! & 0xffff,
        cwndBytes: row[Conn.cwnd]!,
        ssthreshBytes: row[Conn.ssthresh]!,
        sendWindowBytes: row[Conn.sndWnd]!,
        receiveWindowBytes: row[Conn.rcvWnd]!,
        rtoMs: row[Conn.rtoMs]!,
        rttMicros: row[Conn.srtt]! >>> 3,
        receivedBytes: wide(row, Conn.received),
        sentBytes: wide(row, Conn.sent),
        resentSegments: row[Conn.resent]!,
      });
    }
    return rows;
  }

  /** What cards know of their wires: ARP caches. */
  neighbours(): NeighbourRow[] {
    if (!this.isOpen) return [];
    const words = this.#words(this.x.neighbourPtr(), NEIGHBOURS * NEIGHBOUR_WORDS);
    const rows: NeighbourRow[] = [];
    for (let at = 0; at < words.length; at += NEIGHBOUR_WORDS) {
      if (words[at + 1] === 0) continue;
      rows.push({
        port: words[at + 1]! - 1,
        address: words[at]!,
        mac: words[at + 2]! + words[at + 3]! * 2 ** 32,
        untilNs: words[at + 4]! + words[at + 5]! * 2 ** 32,
      });
    }
    return rows;
  }

  /** What a physical switch has learned and has not forgotten at that moment, the address heard last first. */
  learned(node: number, nowNs: number): LearnedRow[] {
    if (!this.isOpen) return [];
    const words = this.#words(this.x.learnedPtr(), LEARNED * LEARNED_WORDS);
    const rows: LearnedRow[] = [];
    for (let at = 0; at < words.length; at += LEARNED_WORDS) {
      const high = words[at + 1]!;
      if (high === 0 || words[at + 5] !== node) continue;
      const port = words[at + 4]! - 1;
      const seenNs = words[at + 2]! + words[at + 3]! * 2 ** 32;
      const there = this.#port(port);
      // As when it forwards: too old, or its cable was pulled since.
      const isLive =
        there[PortField.node] === node &&
        there[PortField.peer] !== 0 &&
        (there[PortField.flags]! & PortFlag.up) !== 0;
      if (!isLive || seenNs + LEARNED_AGE_SECONDS * 1e9 < nowNs) continue;
      rows.push({ mac: words[at]! + (high & 0xffff) * 2 ** 32, vlan: (high >>> 16) & 0xfff, port, seenNs });
    }
    return rows.sort((a, b) => b.seenNs - a.seenNs || a.mac - b.mac || a.vlan - b.vlan);
  }

  conservation(): Conservation {
    return {
      made: this.net(Net.made),
      madeBytes: this.net(Net.madeBytes),
      copied: this.net(Net.copied),
      copiedBytes: this.net(Net.copiedBytes),
      consumed: this.net(Net.consumed),
      consumedBytes: this.net(Net.consumedBytes),
      dropped: this.net(Net.dropped),
      droppedBytes: this.net(Net.droppedBytes),
      onTheWay: this.net(Net.onTheWay),
      onTheWayBytes: this.net(Net.onTheWayBytes),
    };
  }
  /** Counts again: how many statements about frames, drops and cables are untrue. */
  audit(): number {
    return this.x.networkAudit();
  }
  /** Bytes of flows: asked = moved + given up + what running ones have still to move. */
  flowBytes(): { asked: number; moved: number; givenUp: number } {
    return {
      asked: this.net(Net.flowAsked),
      moved: this.net(Net.flowMoved),
      givenUp: this.net(Net.flowGivenUp),
    };
  }
  /** Frames that have arrived at a port, ever. */
  get hops(): number {
    return this.net(Net.hops);
  }

  /** Paths that a server offers, in their order. */
  paths(node: number): string[] {
    return Array.from(this.#rows(NodeField.objects))
      .filter((row) => row.node === node)
      .map(({ words }) => this.textOf(words[Thing.path]!));
  }
  /** Bytes of what a server offers under a path. A copy; null: it does not. */
  object(node: number, path: string): Uint8Array | null {
    for (const { node: server, row, words } of this.#rows(NodeField.objects)) {
      if (server !== node || this.textOf(words[Thing.path]!) !== path) continue;
      const bytes = new Uint8Array(words[Thing.bytes]!);
      for (let from = 0; from < bytes.length; from += 65_536) {
        const length = Math.min(65_536, bytes.length - from);
        this.x.objectPart(row, from, length);
        bytes.set(new Uint8Array(this.x.memory.buffer, this.x.cellsInPtr(), length), from);
      }
      return bytes;
    }
    return null;
  }

  // ── listening: changes no world ──

  /** What is heard at a port from now on: bits of WireMask. */
  watch(port: number, mask: number): void {
    new Uint8Array(this.x.memory.buffer, this.x.wireMaskPtr() + port, 1)[0] = mask;
  }
  /** The same at every port, those that come later too; 0: nothing. */
  watchAll(mask: number): void {
    this.x.hearEverywhere(mask);
  }
  /** Forgets what was heard but for the newest `keep` records. @returns how many are gone */
  trimWire(keep: number): number {
    return this.x.trimWire(keep);
  }
  emptyWire(): void {
    this.x.emptyWire();
  }
  /** What was heard since it was last drained, in order. Copies. */
  drainWire(): WireRow[] {
    const rows = wireRows(this.wire().slice());
    this.x.emptyWire();
    return rows;
  }
  /** Bytes of what was heard since, in the core's own form. */
  get wireBytes(): number {
    return this.x.wireBytes();
  }
  /** The same in the core's own form, which `wireStarts` and `wireRows` read. A view: to be copied before the world goes on. */
  wire(): Uint8Array {
    return new Uint8Array(this.x.memory.buffer, this.x.wireRecords(), this.x.wireBytes());
  }
}

const wireBytes = (view: DataView, at: number): number =>
  (WIRE_HEADER_BYTES + view.getUint16(at + 20, true) + 7) & ~7;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where each record of the wire begins. */
export function wireStarts(bytes: Uint8Array): number[] {
  const view = viewOf(bytes);
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at += wireBytes(view, at)) starts.push(at);
  return starts;
}

/** Records of the wire, in order. Their frames' bytes are views. */
export function wireRows(bytes: Uint8Array): WireRow[] {
  const view = viewOf(bytes);
  return wireStarts(bytes).map((at) => {
    const size = view.getUint16(at + 20, true);
    const peer = view.getUint32(at + 28, true);
    return {
      timeNs: Number(view.getBigUint64(at, true)),
      frame: view.getUint32(at + 8, true),
      parent: view.getUint32(at + 12, true),
      port: view.getUint16(at + 16, true),
      kind: view.getUint8(at + 18),
      reason: view.getUint8(at + 19),
      node: view.getUint32(at + 24, true),
      peer: peer === 0 ? null : peer - 1,
      bytes: bytes.subarray(at + WIRE_HEADER_BYTES, at + WIRE_HEADER_BYTES + size),
    };
  });
}

const networkOf = (word: number): RuleRow['from'] =>
  word === 0 ? 'any' : word === LOCAL_HOST ? 'local-host' : word - 1;

/** Two words, low first, as a number (exact below 2⁵³). */
const wide = (row: Uint32Array, at: number): number => row[at]! + row[at + 1]! * 2 ** 32;
