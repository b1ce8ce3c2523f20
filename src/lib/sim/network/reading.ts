/** The network of a run as plain data: what `read({ network })` answers. */
import { addressText, macText } from '#lib/core/addresses';
import { codesOf } from '#lib/core/codes';
import {
  DhcpState,
  Failure,
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
  FirewallLogEntry,
  JobReading,
  NetworkNode,
  NetworkPort,
  NetworkReading,
  NetworkRequest,
  NodeId,
  RoleCode,
  ShaperReading,
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
  return {
    nodes: net
      .nodes()
      .filter(({ node }) => !groups.hiddenNodes.has(node))
      .map((row) => ({
        ...node(net, registry, names, row, ports),
        ports: row.ports.filter((port) => !groups.hiddenPorts.has(port)),
        ...groups.firsts.get(row.node),
      })),
    ports: readPorts(net, registry, rates, ports).filter(({ port }) => !groups.hiddenPorts.has(port)),
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
    flows: [],
    clients: [],
    wire: request.wire ? wire.read(request.wire) : [],
    wireLast: wire.last,
    wireFirst: wire.first,
    sessions: request.sessions
      ? net
          .sessions()
          .filter(({ publicPort }) => publicPort > 0)
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
  };
}

/** Of a group of equal machines one is shown, for all: the first, under the group's name. */
function groupsOf({ machines }: NetworkRegistry) {
  const firsts = new Map<NodeId, { name: string; members: number }>();
  const hiddenNodes = new Set<NodeId>();
  const hiddenPorts = new Set<number>();
  const known = new Set<string>();
  for (const { group, node, cards } of machines.values()) {
    if (!group) continue;
    if (!known.has(group.name)) {
      known.add(group.name);
      firsts.set(node, group);
      continue;
    }
    hiddenNodes.add(node);
    for (const { port, there } of cards) {
      hiddenPorts.add(port);
      if (there !== null) hiddenPorts.add(there);
    }
  }
  return { firsts, hiddenNodes, hiddenPorts };
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
    bond: bond && bond.uplinks.length > 0 ? { mode: bond.bond, homeLink: bond.homeLink, active } : null,
  };
}

function readPorts(
  net: CoreNetwork,
  registry: NetworkRegistry,
  rates: Rates,
  rows: readonly PortRow[],
): NetworkPort[] {
  const cards = new Map<number, { card: RegisteredCard; isVm: boolean; index: number }>();
  for (const { cards: of, vm } of registry.machines.values())
    of.forEach((card, index) => cards.set(card.port, { card, isVm: vm !== 0, index }));
  const uplinks = new Map([...registry.physicalCards].map(([name, { uplink }]) => [uplink, name]));
  const seen = new Map<NodeId, number>();
  return rows.map((row) => {
    const own = cards.get(row.port);
    const place = seen.get(row.node) ?? 0;
    seen.set(row.node, place + 1);
    const rate = rates.of(row.port);
    return {
      port: row.port,
      node: row.node,
      index: own?.index ?? place,
      physicalCard: uplinks.get(row.port) ?? null,
      peer: row.peer,
      up: row.up,
      uplink: row.uplink,
      promiscuous: row.promiscuous,
      mac: row.mac === 0 ? null : macText(row.mac),
      device: own ? (own.isVm ? own.card.spec.device : 'ethernet') : null,
      announcedMbps: row.announcedMbps,
      address: row.address === 0 ? null : `${addressText(row.address)}/${row.prefix}`,
      dhcp: row.dhcp ? (DHCP[row.dhcpState] ?? 'none') : 'none',
      nat: row.nat,
      vlan: row.vlan,
      rateKbps: row.rateKbps,
      delayUs: row.delayNs / 1000,
      lossPpm: row.lossPpm,
      rxFrames: row.rxFrames,
      rxBytes: row.rxBytes,
      txFrames: row.txFrames,
      txBytes: row.txBytes,
      droppedFrames: row.droppedFrames,
      txKbps: rate.txKbps,
      rxKbps: rate.rxKbps,
      flowKbps: row.flowKbps,
      shaper: row.shaped ? shaper(net, row.port) : null,
    };
  });
}

function shaper(net: CoreNetwork, port: number): ShaperReading | null {
  const row = net.shaper(port);
  if (!row) return null;
  const { averageBps, peakBps, ...rest } = row;
  return { averageKbps: averageBps / 1000, peakKbps: peakBps / 1000, ...rest };
}

/** Newest first; lookups that a job made for itself are part of it, and not told. */
export function readJobs(net: CoreNetwork): JobReading[] {
  return net
    .jobs()
    .filter(({ state, planned }) => state !== JobState.free && !planned)
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
          bytes: row.bytes,
          length: row.length,
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
