/** The network of a run as plain data: what `read({ network })` answers. */
import { addressText, macText } from '#lib/core/addresses';
import { codesOf } from '#lib/core/codes';
import {
  DhcpState,
  Failure,
  FlowState,
  JobKind,
  JobState,
  NodeKind,
  StationRole,
  type CoreNetwork,
  type NodeRow,
  type PortRow,
} from '#lib/core/network';
import { nsToSeconds, type Nanoseconds } from '#lib/units';
import type {
  ClientsReading,
  FirewallLogEntry,
  FlowReading,
  FlowTotals,
  JobReading,
  NetworkNode,
  NetworkPort,
  NetworkReading,
  NetworkRequest,
  NodeId,
  RoleCode,
  ShaperReading,
  TunnelReading,
} from '../network-protocol';
import { PROTOCOL_NAMES } from './limits';
import type { Rates } from './rates';
import { rulesOf, type NetworkRegistry, type RegisteredCard } from './registry';
import { dropReason, type WireLog } from './wire-log';

const KINDS: Record<number, NetworkNode['kind']> = {
  [NodeKind.station]: 'station',
  [NodeKind.virtualSwitch]: 'virtual-switch',
  [NodeKind.physicalSwitch]: 'physical-switch',
  [NodeKind.tap]: 'tap',
};
const ROLES: readonly [number, RoleCode][] = [
  [StationRole.firewall, 'firewall'],
  [StationRole.nat, 'nat'],
  [StationRole.forwards, 'router'],
  [StationRole.dhcpServer, 'dhcp-server'],
  [StationRole.dnsServer, 'dns-server'],
  [StationRole.httpServer, 'http-server'],
  [StationRole.proxy, 'proxy'],
  [StationRole.fileShare, 'file-share'],
  [StationRole.tftpServer, 'tftp-server'],
  [StationRole.vpnServer, 'vpn-server'],
  [StationRole.bridge, 'bridge'],
];
const DHCP = codesOf(DhcpState as never) as NetworkPort['dhcp'][];
const FAILURES = codesOf(Failure as never);
const JOB_KINDS: Partial<Record<JobKind, JobReading['kind']>> = {
  [JobKind.ping]: 'ping',
  [JobKind.lookup]: 'lookup',
  [JobKind.download]: 'download',
  [JobKind.share]: 'share',
  [JobKind.tftp]: 'tftp',
  [JobKind.vpn]: 'vpn',
  [JobKind.pxe]: 'pxe',
};

const optional = (address: number): string | null => (address === 0 ? null : addressText(address));

/** Names of the core's nodes. */
export function nodeNames(registry: NetworkRegistry): ReadonlyMap<NodeId, string> {
  return new Map([
    ...[...registry.machines].map(([name, { node }]) => [node, name] as const),
    ...[...registry.switches].map(([name, { node }]) => [node, name] as const),
    ...[...registry.physicalSwitches].map(([name, node]) => [node, name] as const),
    ...[...registry.taps].map(([name, { node }]) => [node, name] as const),
  ]);
}

export function readNetwork(
  net: CoreNetwork,
  registry: NetworkRegistry,
  wire: WireLog,
  rates: Rates,
  timeNs: Nanoseconds,
  request: NetworkRequest,
): NetworkReading {
  const names = nodeNames(registry);
  const groups = groupsOf(registry);
  const ports = net.ports();
  const now = nsToSeconds(timeNs);
  const conservation = net.conservation();
  const learned = request.learned && net.learned(request.learned.node, timeNs);
  return {
    nodes: net
      .nodes()
      .filter(({ node }) => !groups.hiddenNodes.has(node))
      .map((row) => ({
        ...node(net, registry, names, row, ports),
        ports: row.ports.filter((port) => !groups.standsFor.has(port)),
        ...groups.firsts.get(row.node),
      })),
    ports: readPorts(net, registry, rates, ports, groups.standsFor),
    physicalCards: [...registry.physicalCards].map(([name, card]) => ({
      name,
      console: card.isConsole,
      plugged: card.plugged,
      to: card.to,
      switch: [...registry.switches].find(([, { uplinks }]) => uplinks.includes(name))?.[0] ?? null,
      rateMbps: card.link.rateMbps,
    })),
    conservation: {
      ...conservation,
      agrees: isBalanced(conservation) && (!request.audit || net.audit() === 0),
    },
    jobs: readJobs(net),
    flows: readFlows(net, names),
    flowTotals: flowTotals(net),
    clients: readClients(net, registry),
    wire: request.wire ? wire.read(request.wire) : [],
    wireLast: wire.last,
    wireEdition: wire.edition,
    sessions: request.sessions
      ? net
          .sessions()
          .filter(({ publicPort, untilSeconds }) => publicPort > 0 && untilSeconds >= Math.floor(now))
          .map((row) => ({
            node: row.node,
            protocol: PROTOCOL_NAMES[row.protocol] ?? 'udp',
            inside: addressText(row.source),
            insidePort: row.sourcePort,
            outside: addressText(row.destination),
            outsidePort: row.destinationPort,
            publicPort: row.publicPort,
            secondsLeft: Math.max(0, Math.round(row.untilSeconds - now)),
            packetsOut: row.packetsOut,
            packetsBack: row.packetsBack,
          }))
      : [],
    firewallLog: request.firewallLog ? firewallLog(net, registry, names, request.firewallLog.count) : [],
    leases: request.leases
      ? net
          .leases()
          .filter(({ bound }) => bound)
          .map(({ node, address, mac, untilSeconds }) => ({
            node,
            address: addressText(address),
            mac: macText(mac),
            secondsLeft: Math.max(0, Math.round(untilSeconds - now)),
          }))
      : [],
    learned: learned
      ? {
          total: learned.length,
          rows: learned.slice(0, request.learned!.count).map(({ mac, vlan, port, seenNs }) => ({
            mac: macText(mac),
            vlan,
            port: groups.standsFor.get(port) ?? port,
            secondsAgo: nsToSeconds(timeNs - seenNs),
          })),
        }
      : null,
    tunnels: request.tunnels ? readTunnels(net) : [],
  };
}

function readTunnels(net: CoreNetwork): TunnelReading[] {
  return net.tunnels().map((row) => ({
    node: row.node,
    end: row.server ? 'server' : 'client',
    state: row.open ? 'open' : row.ownCall > 0 && row.peerCall > 0 ? 'negotiating' : 'calling',
    own: addressText(row.own),
    peer: addressText(row.outer),
    address: optional(row.server ? row.remoteAddress : row.address),
    ownCall: row.ownCall,
    peerCall: row.peerCall,
    framesIn: row.rxFrames,
    framesOut: row.txFrames,
    bytesIn: row.rxBytes,
    bytesOut: row.txBytes,
  }));
}

/** Of a group of equal machines one is shown, for all: the first, under the group's name. */
function groupsOf({ machines }: NetworkRegistry) {
  const firsts = new Map<NodeId, { name: string; members: number }>();
  const hiddenNodes = new Set<NodeId>();
  /** Ports of the others, and the first one's port that stands for each. */
  const standsFor = new Map<number, number>();
  const known = new Map<string, readonly RegisteredCard[]>();
  for (const { group, node, cards } of machines.values()) {
    if (!group) continue;
    const first = known.get(group.name);
    if (!first) {
      known.set(group.name, cards);
      firsts.set(node, group);
      continue;
    }
    hiddenNodes.add(node);
    cards.forEach(({ port, there }, index) => {
      const shown = first[index];
      standsFor.set(port, shown?.port ?? port);
      if (there !== null) standsFor.set(there, shown?.there ?? there);
    });
  }
  return { firsts, hiddenNodes, standsFor };
}

const isBalanced = (c: Omit<NetworkReading['conservation'], 'agrees'>): boolean =>
  c.made + c.copied === c.consumed + c.dropped + c.onTheWay &&
  c.madeBytes + c.copiedBytes === c.consumedBytes + c.droppedBytes + c.onTheWayBytes;

function node(
  net: CoreNetwork,
  registry: NetworkRegistry,
  names: ReadonlyMap<NodeId, string>,
  row: NodeRow,
  ports: readonly PortRow[],
): NetworkNode {
  const bond = [...registry.switches.values()].find((one) => one.node === row.node);
  const isUp = (card: string) => {
    const uplink = registry.physicalCards.get(card)?.uplink;
    return ports.some((port) => port.port === uplink && port.up);
  };
  const alive = bond?.uplinks.filter(isUp) ?? [];
  const active =
    bond?.homeLink && alive.includes(bond.homeLink)
      ? [bond.homeLink]
      : bond?.bond === 'standby'
        ? alive.slice(0, 1)
        : alive;
  return {
    node: row.node,
    kind: KINDS[row.kind] ?? 'station',
    name: names.get(row.node) ?? '',
    vm: row.vm === 0 ? null : row.vm,
    up: row.up,
    roles: ROLES.filter(([bit]) => (row.roles & bit) !== 0)
      .map(([, role]) => role)
      .filter((role, _, all) => role !== 'router' || all.length === 1),
    ports: row.ports,
    members: 1,
    gateway: optional(row.gateway),
    dns: optional(row.dns),
    proxy: row.proxy && `${addressText(row.proxy.address)}:${row.proxy.port}`,
    framesIn: row.framesIn,
    framesOut: row.framesOut,
    bytesIn: row.bytesIn,
    bytesOut: row.bytesOut,
    drops:
      row.framesDropped === 0
        ? []
        : net.drops(row.node).map(({ reason, frames }) => ({ reason: dropReason(reason), frames })),
    bond:
      bond && bond.uplinks.length > 0
        ? { mode: bond.bond, homeLink: bond.homeLink, notify: bond.notify, active }
        : null,
  };
}

function readPorts(
  net: CoreNetwork,
  registry: NetworkRegistry,
  rates: Rates,
  rows: readonly PortRow[],
  standsFor: ReadonlyMap<number, number>,
): NetworkPort[] {
  const cards = new Map<number, { card: RegisteredCard; isVm: boolean; hasTools: boolean; index: number }>();
  for (const { cards: of, vm, hasTools } of registry.machines.values())
    of.forEach((card, index) => cards.set(card.port, { card, isVm: vm !== 0, hasTools, index }));
  const uplinks = new Map([...registry.physicalCards].map(([name, { uplink }]) => [uplink, name]));
  const seen = new Map<NodeId, number>();
  const shown = new Map<number, NetworkPort>();
  for (const row of rows) {
    const counts = countsOf(row, rates);
    const first = shown.get(standsFor.get(row.port) ?? -1);
    if (first) addCounts(first, counts);
    if (standsFor.has(row.port)) continue;
    const own = cards.get(row.port);
    const place = seen.get(row.node) ?? 0;
    seen.set(row.node, place + 1);
    shown.set(row.port, {
      port: row.port,
      node: row.node,
      index: own?.index ?? place,
      physicalCard: uplinks.get(row.port) ?? null,
      peer: row.peer,
      up: row.up,
      uplink: row.uplink,
      // The switch's port has the policy; a card's reading says what holds for it.
      promiscuous: own?.isVm ? own.card.spec.promiscuous : row.promiscuous,
      forgedAllowed: own?.isVm ? own.card.spec.forgedAllowed : row.forgedAllowed,
      mac: row.mac === 0 ? null : macText(row.mac),
      device: own ? (own.isVm ? own.card.spec.device : 'ethernet') : null,
      hasDriver: !own?.isVm || own.hasTools || own.card.spec.device !== 'vmxnet',
      announcedMbps: row.announcedMbps,
      address: row.address === 0 ? null : `${addressText(row.address)}/${row.prefix}`,
      dhcp: row.dhcp ? (DHCP[row.dhcpState] ?? 'none') : 'none',
      nat: row.nat,
      vlan: row.vlan,
      rateKbps: row.rateKbps,
      delayUs: row.delayNs / 1000,
      lossPpm: row.lossPpm,
      ...counts,
      shaper: row.shaped ? shaper(net, row.port) : null,
    });
  }
  return [...shown.values()];
}

const COUNTS = [
  'rxFrames',
  'rxBytes',
  'txFrames',
  'txBytes',
  'droppedFrames',
  'flowKbps',
  'flowRxBytes',
  'flowTxBytes',
] as const;
type Counts = Pick<NetworkPort, (typeof COUNTS)[number] | 'txKbps' | 'rxKbps'>;

const countsOf = (row: PortRow, rates: Rates): Counts => ({
  rxFrames: row.rxFrames,
  rxBytes: row.rxBytes,
  txFrames: row.txFrames,
  txBytes: row.txBytes,
  droppedFrames: row.droppedFrames,
  flowKbps: row.flowKbps,
  flowRxBytes: row.flowRxBytes,
  flowTxBytes: row.flowTxBytes,
  ...rates.of(row.port),
});
function addCounts(to: Counts, more: Counts): void {
  for (const count of [...COUNTS, 'txKbps', 'rxKbps'] as const) to[count] += more[count];
}

function shaper(net: CoreNetwork, port: number): ShaperReading | null {
  const row = net.shaper(port);
  if (!row) return null;
  const { averageBps, peakBps, ...rest } = row;
  return { averageKbps: averageBps / 1000, peakKbps: peakBps / 1000, ...rest };
}

/** Flows that a reading tells one by one. */
const MOST_FLOWS = 200;

function readFlows(net: CoreNetwork, names: ReadonlyMap<NodeId, string>): FlowReading[] {
  const rows = net.flows();
  const running = rows.filter(({ state }) => state === FlowState.running);
  const ended = rows
    .filter(({ endedNs }) => endedNs !== null)
    .sort((a, b) => b.endedNs! - a.endedNs! || b.flow - a.flow);
  return [...running, ...ended].slice(0, MOST_FLOWS).map((row) => ({
    flow: row.flow,
    from: names.get(row.from) ?? '',
    to: names.get(row.to) ?? '',
    bytes: row.bytes,
    done: row.doneBytes,
    rateKbps: row.rateBps / 1000,
    state:
      row.state === FlowState.done
        ? 'done'
        : row.state === FlowState.failed
          ? 'failed'
          : row.stalled
            ? 'stalled'
            : 'running',
    startedNs: row.startedNs,
    endedNs: row.endedNs,
  }));
}

export function flowTotals(net: CoreNetwork): FlowTotals {
  const running = net.flows().filter(({ state }) => state === FlowState.running);
  return {
    running: running.length,
    rateKbps: running.reduce((sum, { rateBps }) => sum + rateBps / 1000, 0),
    ...net.flowBytes(),
  };
}

/** What the members of each group have done of what they do by themselves. */
function readClients(net: CoreNetwork, { machines }: NetworkRegistry): ClientsReading[] {
  const groups = new Map<NodeId, ClientsReading>();
  const byName = new Map<string, ClientsReading>();
  for (const { node, group } of machines.values()) {
    if (!group) continue;
    const of = byName.get(group.name) ?? {
      stations: group.name,
      total: group.members,
      packetTrue: 0,
      checkedIn: 0,
      downloaded: 0,
      busy: 0,
      times: 0,
      bytes: 0,
    };
    byName.set(group.name, of);
    groups.set(node, of);
  }
  if (groups.size === 0) return [];
  const work = new Map<NodeId, ReturnType<CoreNetwork['plannedWork']>>();
  for (const job of net.plannedWork()) {
    if (!groups.has(job.node)) continue;
    const own = work.get(job.node);
    if (own) own.push(job);
    else work.set(job.node, [job]);
  }
  for (const [node, of] of groups) {
    const own = work.get(node) ?? [];
    if (!own.some(({ bulk }) => bulk)) of.packetTrue++;
    if ((own[0]?.times ?? 0) > 0) of.checkedIn++;
    if ((own.at(-1)?.times ?? 0) > 0) of.downloaded++;
    if (own.some(({ running }) => running)) of.busy++;
    for (const { times, totalBytes } of own) {
      of.times += times;
      of.bytes += totalBytes;
    }
  }
  return [...byName.values()];
}

/** Newest first; lookups that a job made for itself are part of it, and not told. */
export function readJobs(net: CoreNetwork): JobReading[] {
  return net
    .startedJobs()
    .filter(({ state }) => state !== JobState.free)
    .flatMap((row): JobReading[] => {
      const kind = JOB_KINDS[row.kind];
      if (!kind) return [];
      return [
        {
          job: row.job,
          node: row.node,
          kind,
          host: row.host || addressText(row.address),
          path: row.path || null,
          state: row.state === JobState.done ? 'done' : row.state === JobState.failed ? 'failed' : 'running',
          failure: row.failure === Failure.none ? null : (FAILURES[row.failure] ?? null),
          startedNs: row.startedNs,
          endedNs: row.endedNs,
          bytes: row.bytes + (row.flow === null ? 0 : net.flow(row.flow).doneBytes),
          length: row.length,
          interruptions: row.interruptions,
          micros: row.micros,
          address: optional(row.address),
        },
      ];
    })
    .sort((a, b) => b.startedNs - a.startedNs);
}

function firewallLog(
  net: CoreNetwork,
  registry: NetworkRegistry,
  names: ReadonlyMap<NodeId, string>,
  count: number,
): FirewallLogEntry[] {
  return net.firewallLog(count).map((entry) => {
    const machine = registry.machines.get(names.get(entry.node) ?? '');
    const label = (of: number | 'any' | 'local-host'): string =>
      typeof of === 'string' ? of : (machine?.cards.find(({ port }) => port === of)?.spec.switch ?? '');
    const index = entry.rule === null ? -1 : Number(entry.rule.slice('rule '.length));
    return {
      timeNs: entry.timeNs,
      node: entry.node,
      rule: (machine && rulesOf(machine)[index]?.name) ?? null,
      allowed: entry.allowed,
      protocol: PROTOCOL_NAMES[entry.protocol] ?? String(entry.protocol),
      source: addressText(entry.source),
      sourcePort: entry.sourcePort,
      destination: addressText(entry.destination),
      destinationPort: entry.destinationPort,
      from: label(entry.from),
      to: label(entry.to),
    };
  });
}
