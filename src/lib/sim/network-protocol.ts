/**
 * What the page learns of the network: types only. Ports and nodes are named by numbers that live as long as they do.
 * Rates are of the last simulated second unless they say otherwise.
 */
import type { Bytes, Nanoseconds } from '#lib/units';

export type NodeId = number;
export type PortId = number;

export type NodeKind = 'station' | 'virtual-switch' | 'physical-switch' | 'tap';
/** Where a station is: a guest of a VM, or a real machine. */
export type RoleCode =
  | 'router'
  | 'firewall'
  | 'nat'
  | 'dhcp-server'
  | 'dns-server'
  | 'http-server'
  | 'proxy'
  | 'file-share'
  | 'tftp-server'
  | 'vpn-server'
  | 'bridge';

/** `null` vm: a machine outside the host. A group stands for `members` stations that are drawn as one. */
export interface NetworkNode {
  node: NodeId;
  kind: NodeKind;
  /** Name of the VM or machine, label of the switch. */
  name: string;
  vm: number | null;
  up: boolean;
  roles: RoleCode[];
  ports: PortId[];
  /** Of a group of client PCs: how many are behind this node; else 1. */
  members: number;
  gateway: string | null;
  dns: string | null;
  proxy: string | null;
  /** Frames that entered, left and were dropped here since the world was opened. */
  framesIn: number;
  framesOut: number;
  bytesIn: Bytes;
  bytesOut: Bytes;
  drops: { reason: string; frames: number }[];
  /** Virtual switch: balance mode, home link, the uplink that carries now (physical card names). */
  bond: {
    mode: 'out-mac' | 'out-ip' | 'standby';
    homeLink: string | null;
    /** It tells the building by RARP where a card is after a failover. */
    notify: boolean;
    active: string[];
  } | null;
}

export interface NetworkPort {
  port: PortId;
  node: NodeId;
  /** Number of the card in its machine, of the port in its switch. */
  index: number;
  /** Physical card of the host behind an uplink ("vmnic1"), and whether it is the console's. */
  physicalCard: string | null;
  peer: PortId | null;
  up: boolean;
  uplink: boolean;
  promiscuous: boolean;
  /** Frames with another source address than the card's may pass. */
  forgedAllowed: boolean;
  mac: string | null;
  device: 'vlance' | 'vmxnet' | 'ethernet' | null;
  /** A vmxnet card of a guest without Tools has none, and no link. */
  hasDriver: boolean;
  announcedMbps: number;
  /** "192.168.10.5/24", null: none (yet). */
  address: string | null;
  dhcp: 'none' | 'selecting' | 'requesting' | 'bound' | 'renewing';
  nat: 'inside' | 'outside' | null;
  vlan: number;
  rateKbps: number;
  delayUs: number;
  lossPpm: number;
  rxFrames: number;
  rxBytes: Bytes;
  txFrames: number;
  txBytes: Bytes;
  droppedFrames: number;
  /** In frames, over the last second that was simulated. Of a group's first member: of all of them together, as are all counts. */
  txKbps: number;
  rxKbps: number;
  /** What flows take of the outgoing direction now, with the headers and gaps that their frames would have. */
  flowKbps: number;
  /** Bytes of flows, without headers, since the world was opened: apart from rxBytes and txBytes, which are frames'. */
  flowRxBytes: Bytes;
  flowTxBytes: Bytes;
  shaper: ShaperReading | null;
}

export interface ShaperReading {
  averageKbps: number;
  peakKbps: number;
  burstBytes: Bytes;
  periodMs: number;
  queuePackets: number;
  /** Tokens now, in bytes, of both buckets. */
  averageTokens: Bytes;
  peakTokens: Bytes;
  waiting: number;
  passedFrames: number;
  passedBytes: Bytes;
  delayedFrames: number;
  droppedFrames: number;
}

/** Frames and bytes: made + copied = consumed + dropped + on the way; `agrees` after a recount. */
export interface Conservation {
  made: number;
  madeBytes: Bytes;
  copied: number;
  copiedBytes: Bytes;
  consumed: number;
  consumedBytes: Bytes;
  dropped: number;
  droppedBytes: Bytes;
  onTheWay: number;
  onTheWayBytes: Bytes;
  agrees: boolean;
}

export interface NatSession {
  node: NodeId;
  protocol: 'tcp' | 'udp' | 'icmp' | 'gre';
  inside: string;
  insidePort: number;
  outside: string;
  outsidePort: number;
  publicPort: number;
  /** Seconds until it is forgotten. */
  secondsLeft: number;
  packetsOut: number;
  packetsBack: number;
}

/** A line of a physical switch’s table. */
export interface LearnedAddress {
  mac: string;
  /** 0: none. */
  vlan: number;
  /** Where it was heard last; of a group of equal machines, the port that stands for all. */
  port: PortId;
  secondsAgo: number;
}

export interface FirewallLogEntry {
  timeNs: Nanoseconds;
  node: NodeId;
  /** Name of the rule that decided; null: the default rule. */
  rule: string | null;
  allowed: boolean;
  protocol: string;
  source: string;
  sourcePort: number;
  destination: string;
  destinationPort: number;
  from: string;
  to: string;
}

export interface Lease {
  node: NodeId;
  address: string;
  mac: string;
  secondsLeft: number;
}

/** One end of a VPN tunnel (PPTP): a client's, or its server's. */
export interface TunnelReading {
  node: NodeId;
  end: 'client' | 'server';
  /** Asked for; agreed on, but the client has no address yet; carries packets. */
  state: 'calling' | 'negotiating' | 'open';
  /** Between which addresses its GRE packets travel. */
  own: string;
  peer: string;
  /** Of the client, inside: leased for it by the server. null: not yet. */
  address: string | null;
  /** Numbers of the call here and at the other end; 0: not known yet. */
  ownCall: number;
  peerCall: number;
  /** IPv4 packets that went through it, and their bytes. */
  framesIn: number;
  framesOut: number;
  bytesIn: Bytes;
  bytesOut: Bytes;
}

export interface JobReading {
  job: number;
  node: NodeId;
  kind: 'ping' | 'lookup' | 'download' | 'share' | 'tftp' | 'vpn' | 'pxe';
  host: string;
  path: string | null;
  state: 'running' | 'done' | 'failed';
  /** Code of what went wrong. */
  failure: string | null;
  startedNs: Nanoseconds;
  endedNs: Nanoseconds | null;
  bytes: Bytes;
  /** Expected, where it is known. */
  length: Bytes | null;
  /** How often a download in the background was interrupted and kept what it had. */
  interruptions: number;
  /** Round trip of a ping. */
  micros: number | null;
  address: string | null;
}

/**
 * Bytes that move without frames: the body of a bulk download, behind its first 44 segments. Frames share the same links;
 * neither takes what the other has.
 */
export interface FlowReading {
  flow: number;
  /** Names of the stations: the server, the client. */
  from: string;
  to: string;
  /** Payload: all of it, and what has moved up to the last tenth of a second. */
  bytes: Bytes;
  done: Bytes;
  /** Payload, now. Its fair share of every link and shaper on the way, or what window, losses and its own limit let through. */
  rateKbps: number;
  state: 'running' | 'stalled' | 'done' | 'failed';
  startedNs: Nanoseconds;
  endedNs: Nanoseconds | null;
}

/** All flows of this world together: asked = moved + given up + what running ones have still to move. */
export interface FlowTotals {
  running: number;
  rateKbps: number;
  asked: Bytes;
  moved: Bytes;
  givenUp: Bytes;
}

/** A group of equal client PCs (a station with `count` > 1). */
export interface ClientsReading {
  /** Name of the group, and how many they are. */
  stations: string;
  total: number;
  /** So many of them send every byte in frames; of the others, bulk downloads move as flows. */
  packetTrue: number;
  /** Members that have done the first of their planned jobs at least once (the check-in), and the last (the download). */
  checkedIn: number;
  downloaded: number;
  /** Members that are at one of their planned jobs now. */
  busy: number;
  /** Of all their planned jobs that were done: how often, and bytes of the bodies. */
  times: number;
  bytes: Bytes;
}

/** One thing that a listener on the wire would have seen. */
export interface WireRecord {
  /** So many things had been heard in this world, this one among them: grows, and is the same in every replay. */
  number: number;
  timeNs: Nanoseconds;
  kind: 'sent' | 'received' | 'dropped';
  /** Why it went no further; 'none' unless dropped. */
  reason: string;
  port: PortId;
  node: NodeId;
  /** Port at the other end of the cable. */
  peer: PortId | null;
  /** The frame's number in the world; the number of the frame that it was rewritten from, 0: none. */
  frame: number;
  parent: number;
  length: Bytes;
  bytes: Uint8Array;
}

/** Where one may listen: every port of a switch or machine, one card of a machine, or a physical card of the host. */
export type CapturePoint =
  | { kind: 'node'; name: string }
  | { kind: 'card'; machine: string; card: number }
  | { kind: 'physical-card'; name: string };

export interface NetworkRequest {
  /** Newest first: what was heard at the ports. `after`: only larger numbers. */
  wire?: { count: number; after?: number; frame?: number; node?: NodeId; dropsOnly?: boolean };
  sessions?: boolean;
  firewallLog?: { count: number };
  leases?: boolean;
  /** What a physical switch has learned: so many addresses of it. */
  learned?: { node: NodeId; count: number };
  tunnels?: boolean;
  audit?: boolean;
}

export interface NetworkReading {
  nodes: NetworkNode[];
  ports: NetworkPort[];
  /** Physical cards of the host, plugged in or not, and the switch that each serves. */
  physicalCards: {
    name: string;
    console: boolean;
    plugged: boolean;
    to: string | null;
    switch: string | null;
    rateMbps: number;
  }[];
  conservation: Conservation;
  jobs: JobReading[];
  /** Those that run, and the latest that have ended; at most 200, running ones first, then the newest. */
  flows: FlowReading[];
  flowTotals: FlowTotals;
  wire: WireRecord[];
  /** Number of the newest record of the wire log. */
  wireLast: number;
  /** Another one when time went back: a number may mean another record than before. */
  wireEdition: number;
  sessions: NatSession[];
  firewallLog: FirewallLogEntry[];
  leases: Lease[];
  /** The addresses heard last come first; null: not asked for. */
  learned: { total: number; rows: LearnedAddress[] } | null;
  tunnels: TunnelReading[];
  /** What is simulated frame by frame and what by flow: numbers for the words that say so. */
  clients: ClientsReading[];
}

/** Who can reach whom, computed by really sending in a copy of the world. */
export interface Reachability {
  machines: string[];
  services: ('ping' | 'share' | 'web')[];
  /** machine × machine × service. `null`: the target does not offer it. */
  cells: {
    from: string;
    to: string;
    service: 'ping' | 'share' | 'web';
    reached: boolean | null;
    failure: string | null;
    micros: number | null;
    /** Names of what the request passed, from its sender on; empty where nothing was sent. */
    way: string[];
    /** Where it, or the answer, was dropped: a code of `DropReason`. */
    lost: { at: string; reason: string; isBack: boolean } | null;
  }[];
}

/** Additions to EngineApi. null: the world has no network. */
export interface NetworkEngineApi {
  /**
   * What a listener would have captured between two moments of this run, as pcapng: computed by replaying that stretch in
   * a copy of the world. Drops carry their reason as a comment.
   */
  capture(
    what: { points: CapturePoint[]; fromNs: Nanoseconds; toNs: Nanoseconds; maxBytes: Bytes },
    progress?: (fraction: number) => void,
  ): Promise<{ pcapng: Uint8Array; packets: number; truncated: boolean } | null>;
  reachability(machines?: string[], progress?: (fraction: number) => void): Promise<Reachability | null>;
}
