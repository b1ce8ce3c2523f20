/**
 * Words of the network's rows, as the core and TypeScript read them. Compiled by both compilers: plain enums only. A field
 * that says "2" is a 64-bit integer, low word first.
 */

/** Scalars of the network: one 64-bit integer each. */
export enum Net {
  nodes = 0,
  ports = 1,
  frames = 2,
  deliveries = 3,
  texts = 4,
  connections = 5,
  shapers = 6,
  jobs = 7,
  rings = 8,
  /** Heads of free lists: number + 1, 0 when empty. */
  freeFrame = 9,
  freeDelivery = 10,
  freeConnection = 11,
  freeJob = 12,
  freeRing = 13,
  freeNode = 14,
  freePort = 15,
  /** Frames ever made: each has its number. */
  serial = 16,
  /** Conservation, in deliveries (a frame on its way to one port) and bytes. */
  made = 17,
  madeBytes = 18,
  copied = 19,
  copiedBytes = 20,
  consumed = 21,
  consumedBytes = 22,
  dropped = 23,
  droppedBytes = 24,
  onTheWay = 25,
  onTheWayBytes = 26,
  /** Frame hops: arrivals at a port. */
  hops = 27,
  seed = 28,
  maxNodes = 29,
  maxPorts = 30,
  maxFrames = 31,
  maxConnections = 32,
  maxJobs = 33,
  maxRings = 34,
  maxTexts = 35,
  usedNodes = 36,
  usedPorts = 37,
  usedTexts = 38,
  usedShapers = 39,
  liveFrames = 40,
  neighbours = 41,
  learned = 42,
  end = 43,
  drawn = 44,
  lists = 45,
  freeList = 46,
  firewallLogged = 47,
  /** Segments that TCP sent again; connections opened. */
  retransmitted = 48,
  opened = 49,
  /** Flows: rows ever used, flows that run, rows that there are. */
  flows = 50,
  flowsRunning = 51,
  maxFlows = 52,
  /** Up to when flows have been counted, when they must be looked at next, when the entry in the event queue is due (ns; 0: none). */
  flowsAt = 53,
  flowsDue = 54,
  flowsQueued = 55,
  /** 1: links, addresses or flows are others than at the last sharing out. */
  flowsChanged = 56,
  /** When frames beside flows were last measured (ns), and how often. */
  flowsMeasuredAt = 57,
  flowsMeasured = 58,
  /** Bytes that flows were to move, have moved, and were given up: asked = moved + given up + still to come. */
  flowAsked = 59,
  flowMoved = 60,
  flowGivenUp = 61,
  count = 72,
}

/** Words of a job; those that say 2 are 64 bits. */
export enum Job {
  kind = 0,
  node = 1,
  state = 2,
  address = 3,
  port = 4,
  /** Texts: host name (0: the address says it), path. */
  host = 5,
  path = 6,
  /** Connection + 1. */
  conn = 7,
  started = 8,
  timerAt = 10,
  bytes = 12,
  length = 14,
  headerDone = 15,
  /** Number and port of a question. */
  id = 16,
  localPort = 17,
  tries = 18,
  failure = 19,
  /** A lookup: what waits for it (job + 1, or connection + 1 of a proxy's client). */
  forJob = 20,
  forConn = 21,
  /** Ping: how many were sent, how many came back, the last round trip (µs). */
  sent = 22,
  answered = 23,
  micros = 24,
  ended = 26,
  /** The next job of the same station that waits for this one … seconds after its end, 0: never again. */
  everySeconds = 28,
  status = 29,
  viaProxy = 30,
  /** 1: begins by itself so many milliseconds after its station has come up. */
  planned = 31,
  afterMs = 32,
  /** When the entry in the event queue is due; 0: there is none (2). */
  queuedAt = 34,
  /** How often it was done. */
  times = 36,
  /** Download: 1 when all but the beginning of the body moves as a flow; the most it may take (kbit/s, 0: as much as it gets); its flow + 1. */
  bulk = 37,
  limitKbps = 38,
  flow = 39,
  /** Bytes of all its times (2). */
  total = 40,
  /** Download: 1 as BITS does it, in the background; the byte behind the piece that is on its way. */
  background = 42,
  pieceEnd = 43,
  /** When that piece was asked for, when something of it last came (ns, 2 each). */
  askedAt = 44,
  heardAt = 46,
  /** Why its next moment is not now (bits.ts); 1: it goes on when its station is up again; how often it was interrupted. */
  paused = 48,
  resumes = 49,
  interruptions = 50,
}

export enum JobKind {
  none = 0,
  ping = 1,
  lookup = 2,
  download = 3,
  share = 4,
  tftp = 5,
  vpn = 6,
  /** Boots from the network: an address and a boot file by DHCP, the file by TFTP. */
  pxe = 7,
}

export enum JobState {
  free = 0,
  running = 1,
  done = 2,
  failed = 3,
  /** Planned: its moment has not come. */
  waiting = 4,
}

export enum Failure {
  none = 0,
  noName = 1,
  noAnswer = 2,
  refused = 3,
  unreachable = 4,
  badAnswer = 5,
  stationDown = 6,
  cut = 7,
  /** The call was made, but nothing came through the tunnel: something on the way stops GRE. */
  noTunnel = 8,
  /** PXE-E53: an address came, and no boot file. */
  noBootFile = 9,
}

/** Words of a flow; those that say 2 are 64 bits. */
export enum Flow {
  state = 0,
  /** Stations, and their addresses. */
  from = 1,
  to = 2,
  source = 3,
  destination = 4,
  /** Connections (+ 1) whose body it moves; 0: none. */
  server = 5,
  client = 6,
  /** Most that it may take, kbit/s; 0: as much as it gets. */
  limitKbps = 7,
  /** Bytes to move, and moved (2 each); beyond them 10⁻⁹ bits (2). */
  bytes = 8,
  done = 10,
  part = 12,
  /** Payload, bit/s (2): now, and the most that TCP's window and the way's losses let through (0: no end). */
  rateBps = 14,
  mostBps = 16,
  started = 18,
  ended = 20,
  /** Since when there is no way (ns); 0: there is one (2). */
  stalledAt = 22,
  /** A download in the background: 1; the most that it takes of its machine's link now (kbit/s, with headers; 0: what it gets). */
  background = 60,
  paceKbps = 61,
  /** Ports that its packets leave by, and those that their acknowledgments leave by: how many, then which (16 bits each). */
  way = 24,
  wayBack = 42,
  count = 64,
}

export enum FlowState {
  free = 0,
  running = 1,
  done = 2,
  failed = 3,
}

/** Words of a shaper; those that say 2 are 64 bits. */
export enum Shaper {
  used = 0,
  averageBps = 1,
  peakBps = 2,
  burstBytes = 3,
  periodMs = 4,
  maxQueue = 5,
  /** Places of the ring of departures: first, how many. */
  head = 6,
  waiting = 7,
  /** When the buckets were last brought up to date (2). */
  since = 8,
  /** Tokens, in 10⁻⁹ bits (2 each). */
  average = 10,
  peak = 12,
  passed = 14,
  passedBytes = 16,
  delayed = 18,
  dropped = 20,
  /** Bit/s of frames (headers included) that flows take. */
  flowBps = 22,
}

export enum Session {
  protocol = 1,
  source = 2,
  sourcePort = 3,
  destination = 4,
  destinationPort = 5,
  /** NAT: the port at the public address; 0: not translated. */
  publicPort = 6,
  /** Simulated second at which it is forgotten. */
  until = 7,
  packetsOut = 8,
  packetsBack = 9,
  inPort = 10,
  outPort = 11,
  /** Rule that allowed it, + 1. */
  rule = 12,
  /** TCP: 1 a FIN was seen, 2 a RST. */
  ending = 13,
}

/** A rule, in words of a row. Networks: card + 1, 0 any, LOCAL_HOST the firewall itself. */
export enum Rule {
  name = 1,
  /** 1 allow, 0 deny. */
  allow = 2,
  from = 3,
  to = 4,
  /** IP protocol, 0 any. */
  protocol = 5,
  firstPort = 6,
  lastPort = 7,
  /** 0: everyone; 1: users who have signed in (VPN clients). */
  group = 8,
  hits = 9,
}

/** A lease, in words of a row. */
export enum Lease {
  macHigh = 1,
  macLow = 2,
  address = 3,
  /** Simulated second at which it ends. */
  until = 4,
  port = 5,
  bound = 6,
}

/** A record, in words of a row. */
export enum Name {
  text = 1,
  address = 2,
}

export enum Thing {
  path = 1,
  bytes = 2,
  seed = 3,
  hits = 4,
}

/** Words of a connection; those that say 2 are 64 bits. Sequence numbers are those of RFC 793. */
export enum Conn {
  state = 0,
  node = 1,
  local = 2,
  remote = 3,
  /** Local port high, remote port low. */
  ports = 4,
  nextInBucket = 5,
  app = 6,
  sndUna = 7,
  sndNxt = 8,
  /** The highest sequence number ever sent + 1. */
  sndMax = 9,
  sndWnd = 10,
  iss = 11,
  rcvNxt = 12,
  rcvWnd = 13,
  cwnd = 14,
  ssthresh = 15,
  dupAcks = 16,
  /** NewReno: recovery lasts until this is acknowledged. */
  recover = 17,
  inRecovery = 18,
  mss = 19,
  rtoMs = 20,
  /** Smoothed round trip × 8 and its variation × 4, in microseconds. */
  srtt = 21,
  rttvar = 22,
  rttSeq = 23,
  /** When the segment that is timed was sent; 0: none is (2). */
  rttAt = 24,
  retransmitAt = 26,
  delayedAckAt = 28,
  closeAt = 30,
  /** When the entry in the event queue is due; 0: there is none (2). */
  timerAt = 32,
  flags = 34,
  /** Sequence number after the last byte that the application has given. */
  sndEnd = 35,
  retries = 36,
  /** Segments that came too early: first delivery row + 1, how many. */
  early = 37,
  earlyCount = 38,
  /** Text to send: its first sequence number and length. Behind it the body: object, first byte, length. */
  textSeq = 39,
  textLength = 40,
  object = 41,
  bodyFrom = 42,
  bodyLength = 43,
  /** Ring buffer + 1 when the stream comes from one; sequence number of its first byte. */
  ring = 44,
  ringSeq = 45,
  unacked = 46,
  lastWnd = 47,
  /** Of the application. */
  a0 = 48,
  a1 = 49,
  a2 = 50,
  a3 = 51,
  a4 = 52,
  a5 = 53,
  a6 = 54,
  a7 = 55,
  /** Bytes of data received and sent (2 each). */
  received = 56,
  sent = 58,
  resent = 60,
  /** Flow + 1 that moves its body. */
  flow = 61,
}

export enum TcpState {
  free = 0,
  synSent = 1,
  synReceived = 2,
  established = 3,
  finWait1 = 4,
  finWait2 = 5,
  closeWait = 6,
  closing = 7,
  lastAck = 8,
  timeWait = 9,
}
