/**
 * The network's tables, kinds and reasons that the core and TypeScript must agree on. Compiled by both compilers:
 * numeric constants and plain enums only. Tables are rows of 32-bit words; a field that says "2 words" is a 64-bit
 * integer, low word first.
 */

/** Who owns a port. Numbers of nodes are one sequence: 0 is none. */
export enum NodeKind {
  none = 0,
  /** A machine with an IP stack: a VM's guest, or a real machine outside. */
  station = 1,
  /** ESX's virtual switch: knows the addresses of its ports, learns none. */
  virtualSwitch = 2,
  /** A switch of the building: learns addresses. */
  physicalSwitch = 3,
  /** A port through which a caller sends and receives frames. */
  tap = 4,
}

export enum NodeField {
  kind = 0,
  /** First and last port + 1 of the node's list, linked by PortField.next; 0 when it has none. */
  firstPort = 1,
  lastPort = 2,
  portCount = 3,
  /** Station: VM slot of its guest, 0 for a real machine. */
  vm = 4,
  /** Station: it is running. */
  up = 5,
  /** Station: bits of StationRole. */
  roles = 6,
  /** Station: numbers that its next packets get. */
  nextIpId = 7,
  nextPort = 8,
  /** Station: text of its name. */
  name = 9,
  /** Station: IPv4 addresses. */
  gateway = 10,
  dnsServer = 11,
  /** Station: HTTP proxy that its clients use; 0: none. */
  proxyAddress = 12,
  proxyPort = 13,
  /** Station: random stream (2 words). */
  random = 14,
  /** Station: port through which a router, firewall or NAT reaches its gateway, + 1. */
  outerPort = 16,
  /** Virtual switch: BondMode, and home link (port + 1). */
  bondMode = 17,
  homeLink = 18,
  /** Physical switch, bridge: MAC addresses it holds. */
  learned = 19,
  /** Frames that entered, left, were copied, and dropped at this node (2 words each). */
  framesIn = 20,
  framesOut = 22,
  framesDropped = 24,
  bytesIn = 26,
  bytesOut = 28,
  /** Station: its receive window (bytes). */
  window = 30,
  /** Station: heads of its lists (row + 1): routes, rules of the firewall, sessions and translations, DNS records, HTTP objects, leases. */
  routes = 32,
  rules = 33,
  sessions = 34,
  records = 35,
  objects = 36,
  leases = 37,
  /** NAT: next public port. Router: its own idea of a lease (s). */
  natPort = 38,
  leaseSeconds = 39,
  /** VPN server: its card + 1 in the network where its clients land. VPN client: its end of the tunnel + 1. */
  vpnCard = 40,
  tunnel = 41,
  /** DHCP server: what machines that boot from the network fetch by TFTP, and where; text of its path, 0: nothing. */
  bootServer = 42,
  bootFile = 43,
  /** Bridge: when its processor will have passed on the frames that it has (2 words, ns). */
  bridgeUntil = 44,
  /** Virtual switch: 1 when it tells the building by RARP which uplink a card has after a failover. */
  notifies = 46,
  /** Virtual switch: counts what is not IPv4, which out-ip sends by each uplink in turn. */
  turn = 47,
  count = 48,
}

/** What a station does beside having an address: bits. */
export enum StationRole {
  forwards = 1,
  firewall = 2,
  nat = 4,
  dhcpServer = 8,
  dnsServer = 16,
  httpServer = 32,
  proxy = 64,
  fileShare = 128,
  tftpServer = 256,
  vpnServer = 512,
  /** Passes frames on from card to card. */
  bridge = 1024,
}

export enum BondMode {
  /** By source MAC address (ESX's default). */
  outMac = 0,
  /** By source and destination IPv4 addresses. */
  outIp = 1,
  /** One carries all; the others wait. */
  standby = 2,
}

export enum PortField {
  node = 0,
  /** Next port of the same node + 1. */
  next = 1,
  /** Port at the other end of the link + 1; 0 when nothing is plugged in. */
  peer = 2,
  /** Bits of PortFlag. */
  flags = 3,
  /** MAC address (2 words), of a station's card; 0 for a switch's port. */
  mac = 4,
  /** Outgoing direction of the link: rate (kbit/s), delay (ns), loss and duplication (parts in a million). */
  rateKbps = 6,
  delayNs = 7,
  lossPpm = 8,
  duplicatePpm = 9,
  /** Bytes that may wait to leave. */
  queueBytes = 10,
  /** VLAN: 0 none, 1 … 4094 the port's own (the switch tags and strips), 4095 the guest tags. */
  vlan = 11,
  /** When the last frame that was accepted will have left (2 words, ns). */
  busyUntil = 12,
  /** Counts how often the link was cut: frames on the way then are lost. */
  epoch = 14,
  /** IPv4 address and prefix length of a station's card. */
  address = 15,
  prefix = 16,
  /** Shaper + 1, 0: none. */
  shaper = 17,
  /** Frames and bytes (2 words each). */
  rxFrames = 18,
  rxBytes = 20,
  txFrames = 22,
  txBytes = 24,
  dropped = 26,
  droppedBytes = 28,
  /** Random stream for loss and duplication (2 words). */
  random = 30,
  /** Announced speed of a card, Mbit/s. */
  announcedMbps = 32,
  /** DHCP client: DhcpState, transaction, server, next moment (s). DHCP server: first and last address offered. */
  dhcpState = 33,
  dhcpXid = 34,
  dhcpServer = 35,
  dhcpUntil = 36,
  poolFirst = 37,
  poolLast = 38,
  dhcpTries = 39,
  /** What flows take now of the outgoing direction, with the headers and gaps that their frames would have (kbit/s). */
  flowKbps = 40,
  /** DHCP server: router and DNS server that it tells. */
  poolRouter = 41,
  poolDns = 42,
  /** DHCP client: gateway and DNS server that came with the lease. */
  leasedRouter = 43,
  leasedDns = 44,
  /** PPP link: IPv4 address of the other end. */
  remoteAddress = 45,
  /** When a station will have handed the last frame to this card (2 words, ns). */
  readyAt = 46,
  /** PPP link in a PPTP tunnel: control connection + 1; call numbers, own high, the other side's low. */
  pppConn = 48,
  pppCalls = 49,
  /** Addresses outside: the other end's and the own. */
  pppOuter = 50,
  pppOwn = 51,
  /** Bits of PppState. */
  pppState = 52,
  /** Numbers of the last LCP and IPCP request, how often they were sent, magic number of LCP. */
  pppLcpId = 53,
  pppIpcpId = 54,
  pppTries = 55,
  pppMagic = 56,
  /** GRE: number of the next packet, of the next one expected; the last one that was acknowledged, here and there. */
  pppSent = 57,
  pppReceived = 58,
  pppTold = 59,
  pppHeard = 60,
  /** Server: card + 1 of the network where the client lands. Client: job + 1. */
  pppCard = 61,
  pppJob = 62,
  /** Client: gateway and DNS server as they were; the DNS server that the tunnel brings. */
  pppGateway = 63,
  pppDnsBefore = 64,
  pppDns = 65,
  /** Moments, in ms: ask again, acknowledge, echo; when the entry in the event queue is due. 0: none. */
  pppRetryMs = 66,
  pppAckMs = 67,
  pppEchoMs = 68,
  pppArmedMs = 69,
  /** Its machine boots from the network: job + 1 that waits for the lease. */
  pxeJob = 70,
  /** Of a virtual switch that notifies: uplink + 1 that carried this port's card before a change. */
  carriedBy = 71,
  /** Bytes of flows, without headers, that entered and left: apart from rxBytes and txBytes (2 words each). */
  flowRxBytes = 72,
  flowTxBytes = 74,
  /** Frames beside flows: bytes that the wire had carried at the last measuring (2 words), which one that was, what they want (kbit/s). */
  frameBytes = 76,
  frameMeasured = 78,
  frameKbps = 79,
  /**
   * BITS on a card: payload that it has brought (2 words); what it may take (kbit/s); when it last measured (ns), what all
   * had come by then and what of it was its own (bytes of frames, 2 words each).
   */
  bitsRxBytes = 80,
  bitsKbps = 82,
  bitsAt = 84,
  bitsSeen = 86,
  bitsSeenOwn = 88,
  count = 90,
}

export enum PortFlag {
  /** The cable is in and both ends are alive. */
  up = 1,
  /** Of a virtual switch: it leads to a physical card. */
  uplink = 2,
  promiscuous = 4,
  /** Frames with another source address than the card's are dropped. */
  noForged = 8,
  /** The card asks a DHCP server for its address. */
  dhcp = 16,
  /** The station forwards no frames to or from this card: it faces a private side of NAT. */
  natInside = 32,
  natOutside = 64,
  /** Users behind this card have signed in: VPN clients. */
  signedIn = 128,
  /** The plug is out at this end; what is bound stays bound. */
  unplugged = 256,
  /** No card: one end of a PPP link. Made and taken away by its station; no command reaches it. */
  ppp = 512,
}

/** How far a PPP link has come: bits. */
export enum PppState {
  server = 1,
  /** The other side has accepted our LCP options; we have accepted its; both. */
  lcpAccepted = 2,
  lcpAccepts = 4,
  lcpOpen = 8,
  /** The same of IPCP. */
  ipcpAccepted = 16,
  ipcpAccepts = 32,
  open = 64,
  /** The other side knows no LCP options, no DNS server. */
  lcpBare = 128,
  noDns = 256,
  /** A firewall's rule has let the tunnel's packets in. */
  allowed = 512,
}

export enum DhcpState {
  none = 0,
  selecting = 1,
  requesting = 2,
  bound = 3,
  renewing = 4,
}

/** Why a frame goes no further. Codes stand beside those of reasons.ts, from 128. */
export enum DropReason {
  none = 0,
  /** The transmit queue is full. */
  queueFull = 1,
  linkDown = 2,
  /** Lost on the way (the link's loss). */
  lost = 3,
  /** No port of a virtual switch has this address, and there is no uplink. */
  unknownAddress = 4,
  /** The frame came from the uplink for an address that is not here. */
  notHere = 5,
  /** A port's VLAN is another one. */
  otherVlan = 6,
  /** The only way leads back where it came from. */
  samePort = 7,
  tooShort = 8,
  tooLong = 9,
  /** A length field does not fit the frame. */
  badLength = 10,
  badVersion = 11,
  badChecksum = 12,
  /** A card got a frame for another one. */
  notForMe = 13,
  /** A protocol that this station does not speak. */
  unknownProtocol = 14,
  ttlExpired = 15,
  noRoute = 16,
  /** Nobody answered the question for the next hop's address. */
  noArpAnswer = 17,
  /** A rule of the firewall. */
  firewallRule = 18,
  /** NAT knows no such connection. */
  noTranslation = 19,
  /** No memory for frames was left. */
  noBuffers = 20,
  /** The shaper's queue is full. */
  shaperFull = 21,
  stationDown = 22,
  /** Nobody listens on that port. */
  noListener = 23,
  /** Fragments are not put together. */
  fragment = 24,
  forgedSource = 25,
  badOption = 26,
  /** The other team members carry it. */
  teamDuplicate = 27,
  /** Sessions, connections, leases, open questions: one more finds no room. */
  tableFull = 28,
  outsideWindow = 29,
  badMessage = 30,
  needsFragment = 31,
  /** It was for all, and no other port here leads to anybody. */
  nobodyElse = 32,
  count = 33,
}

/** What the wire log tells of a frame at a port. */
export enum WireKind {
  /** It was handed to the card: in front of the queue and of a shaper. */
  sent = 1,
  /** It has arrived whole. */
  received = 2,
  dropped = 3,
}

/** Bits of a port's mask in the wire log. */
export enum WireMask {
  sent = 1,
  received = 2,
  dropped = 4,
}

export const MAX_NODES: i32 = 4096;
export const MAX_PORTS: i32 = 16_384;
/** Longest frame, without its check sequence: 1500 bytes of IP, the Ethernet header, one VLAN tag. */
export const MAX_FRAME_BYTES: i32 = 1518;
export const MIN_FRAME_BYTES: i32 = 60;
/** Ports of a virtual switch of ESX 2.5 (administration guide, p. 308). */
export const MAX_SWITCH_PORTS: i32 = 32;
/** VLAN of a port that carries all of them, tagged: a trunk, an uplink, or a guest that tags by itself. */
export const TRUNK: u32 = 4095;
/** Silence after which a physical switch forgets an address: 802.1D's default. */
export const LEARNED_AGE_SECONDS: i32 = 300;
/** Uplinks of a bond (p. 309). */
export const MAX_BOND_UPLINKS: i32 = 10;
/** A word of up to 127 bytes: names, paths. */
export const TEXT_BYTES: i32 = 128;
/** A record of the wire log before the frame's bytes. */
export const WIRE_HEADER_BYTES: i32 = 40;
/** What ports moved since it was last asked (network/tally.ts): a row and a place in a list for each. */
export const TALLY_BYTES: i32 = MAX_PORTS * 18 + 8;
/** With the tally 8 MiB. */
export const WIRE_LOG_BYTES: i32 = 8_388_608 - ((TALLY_BYTES + 63) & ~63);
