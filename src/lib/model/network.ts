/** A reading of the network as places and ways: what the map lays out, and which way a frame takes on it. Pure. */
import { legKey, outerKey, uplinkKey, type NetworkPlan } from '#lib/layout/network-map';
import type {
  NetworkNode,
  NetworkPort,
  NetworkReading,
  NodeId,
  PortId,
  WireRecord,
} from '#lib/sim/network-protocol';
import { familyOf } from '#lib/capture/family';
import { headersOf, type Endpoint } from '#lib/capture/headers';
import { nameParts } from '#lib/world/names';
import { trafficKindOf, type TrafficKind } from './traffic';

/** A piece of a frame's way: along a leg, from its machine to its river or back. */
export interface Way {
  leg: string;
  forward: boolean;
}

export interface Topology {
  plan: NetworkPlan;
  nodes: ReadonlyMap<NodeId, NetworkNode>;
  ports: ReadonlyMap<PortId, NetworkPort>;
  /** Keys of the plan by node, and back. */
  keyOf: ReadonlyMap<NodeId, string>;
  nodeOf: ReadonlyMap<string, NodeId>;
  /** What a frame that leaves the port runs along; empty where it leads nowhere. */
  waysOf: ReadonlyMap<PortId, readonly Way[]>;
  /** Ports at the two ends of a leg: the machine's, and the river's. */
  endsOf: ReadonlyMap<string, readonly PortId[]>;
  /** Keys of machines that stand at a card of the host, and that card: the service console. */
  hostCardOf: ReadonlyMap<string, string>;
}

export const isSwitch = ({ kind }: NetworkNode): boolean =>
  kind === 'virtual-switch' || kind === 'physical-switch';

/** Ports of a node in the order of their numbers. */
export const portsOf = (topology: Pick<Topology, 'ports'>, node: NetworkNode): NetworkPort[] =>
  node.ports
    .flatMap((port) => topology.ports.get(port) ?? [])
    .sort((a, b) => a.index - b.index || a.port - b.port);

/** Two readings with the same text here have the same map. */
export const shapeOf = ({ nodes, ports, physicalCards }: NetworkReading): string =>
  JSON.stringify([
    nodes.map(({ node, name, kind, vm }) => [node, name, kind, vm === null]),
    ports.map(({ port, node, index, peer, physicalCard }) => [port, node, index, peer, physicalCard]),
    physicalCards.map(({ name, to, switch: serves }) => [name, to, serves]),
  ]);

export function topologyOf(reading: NetworkReading): Topology {
  const nodes = new Map(reading.nodes.map((node) => [node.node, node]));
  const ports = new Map(reading.ports.map((port) => [port.port, port]));
  const keyOf = new Map(
    reading.nodes.map((node) => [node.node, `${isSwitch(node) ? 'switch' : 'machine'} ${node.name}`]),
  );
  const nodeOf = new Map([...keyOf].map(([node, key]) => [key, node]));
  const far = (port: NetworkPort): NetworkNode | null => {
    const peer = port.peer === null ? undefined : ports.get(port.peer);
    return (peer && nodes.get(peer.node)) ?? null;
  };
  const waysOf = new Map<PortId, readonly Way[]>();
  const endsOf = new Map<string, readonly PortId[]>();
  const join = (a: NetworkPort, legs: readonly Way[]) => {
    waysOf.set(a.port, legs);
    if (a.peer !== null)
      waysOf.set(
        a.peer,
        [...legs].reverse().map(({ leg, forward }) => ({ leg, forward: !forward })),
      );
    for (const { leg } of legs) endsOf.set(leg, a.peer === null ? [a.port] : [a.port, a.peer]);
  };

  const rivers: NetworkPlan['rivers'][number][] = [];
  const machines: NetworkPlan['machines'][number][] = [];
  const cables: NetworkPlan['cables'][number][] = [];
  const hostCardOf = new Map<string, string>();
  for (const node of reading.nodes) {
    const key = keyOf.get(node.node)!;
    const own = portsOf({ ports }, node);
    if (isSwitch(node)) {
      rivers.push({ key, isOutside: node.kind === 'physical-switch' });
      for (const port of own) {
        if (port.physicalCard && node.kind === 'virtual-switch')
          join(port, [
            { leg: uplinkKey(port.physicalCard), forward: false },
            { leg: outerKey(port.physicalCard), forward: true },
          ]);
        const other = far(port);
        if (node.kind === 'physical-switch' && other?.kind === 'physical-switch' && port.peer! > port.port) {
          const cable = `cable ${port.port}`;
          cables.push({ key: cable, between: [key, keyOf.get(other.node)!] });
          join(port, [{ leg: cable, forward: true }]);
        }
      }
      continue;
    }
    const physical = own.find(({ physicalCard }) => physicalCard !== null);
    if (physical) {
      hostCardOf.set(key, physical.physicalCard!);
      join(physical, [{ leg: outerKey(physical.physicalCard!), forward: true }]);
      continue;
    }
    // A tap that nothing is plugged into is no place yet.
    if (node.kind === 'tap' && own.every((port) => port.peer === null)) continue;
    const cards = own.map((port) => {
      const other = far(port);
      return other && isSwitch(other) ? keyOf.get(other.node)! : null;
    });
    own.forEach((port, card) => {
      if (cards[card] !== null) join(port, [{ leg: legKey(key, card), forward: true }]);
    });
    const isInside =
      node.vm !== null || own.some((port) => far(port)?.kind === 'virtual-switch') || node.kind === 'tap';
    machines.push({ key, isOutside: !isInside, cards });
  }
  const riverKey = (name: string | null) => (name === null ? null : `switch ${name}`);
  const hostCards = reading.physicalCards.map(({ name, to, switch: serves }) => ({
    name,
    river: riverKey(serves),
    to: riverKey(to),
  }));
  return {
    plan: { rivers, machines, hostCards, cables },
    nodes,
    ports,
    keyOf,
    nodeOf,
    waysOf,
    endsOf,
    hostCardOf,
  };
}

/** What flows take of a port's cable now, both ways, in kbit/s: a port counts what it sends. */
export function flowsAt({ ports }: Pick<Topology, 'ports'>, port: NetworkPort): number {
  return port.flowKbps + (ports.get(port.peer ?? -1)?.flowKbps ?? 0);
}

/** What runs over each leg and each river now, in kbit/s, both ways, flows included. */
export function loadsOf({ endsOf, ports, nodes, keyOf }: Topology): Map<string, number> {
  const loads = new Map<string, number>();
  for (const [leg, [first]] of endsOf) {
    const port = ports.get(first!);
    if (port) loads.set(leg, port.txKbps + port.rxKbps + flowsAt({ ports }, port));
  }
  for (const node of nodes.values()) {
    if (!isSwitch(node)) continue;
    // What enters a switch is what it carries; of flows, what leaves it.
    const own = node.ports.flatMap((port) => ports.get(port) ?? []);
    loads.set(
      keyOf.get(node.node)!,
      own.reduce((total, port) => total + port.rxKbps + port.flowKbps, 0),
    );
  }
  return loads;
}

/** Of the newest records: by leg, the kind that moved most bytes. */
export function kindsOf(
  { waysOf }: Pick<Topology, 'waysOf'>,
  records: readonly WireRecord[],
): Map<string, TrafficKind> {
  const bytes = new Map<string, Map<TrafficKind, number>>();
  for (const record of records) {
    if (record.kind !== 'sent') continue;
    const kind = trafficKindOf(record.bytes);
    for (const { leg } of waysOf.get(record.port) ?? []) {
      const sums = bytes.get(leg) ?? new Map<TrafficKind, number>();
      sums.set(kind, (sums.get(kind) ?? 0) + record.length);
      bytes.set(leg, sums);
    }
  }
  return new Map(
    [...bytes].map(([leg, sums]) => [leg, [...sums].reduce((a, b) => (b[1] > a[1] ? b : a))[0]]),
  );
}

/**
 * The way of a packet: everything the wire log knows of a frame, of the frames it was rewritten from and of those that
 * were made from it, in order.
 */
export function journeyOf(records: readonly WireRecord[], frame: number): WireRecord[] {
  const inOrder = [...records].sort((a, b) => a.number - b.number);
  const family = familyOf(inOrder, frame);
  return inOrder.filter((record) => family.has(record.frame));
}

/** Where a frame came out of a machine because of another that had come in. */
export interface Change {
  node: NodeId;
  before: WireRecord;
  after: WireRecord;
  /** It goes back to whom the other came from: no rewrite, but an answer. */
  isAnswer: boolean;
}

const isSameEnd = (a: Endpoint | null, b: Endpoint | null): boolean =>
  a !== null && a.address === b?.address && a.port === b.port;

/** The places on a journey where bytes changed: routers and NAT rewrite, whoever is asked answers. */
export function changesOf(journey: readonly WireRecord[]): Change[] {
  const first = new Map<number, WireRecord>();
  const arrived = new Map<string, WireRecord>();
  const found: Change[] = [];
  for (const record of journey) {
    if (record.kind === 'received') arrived.set(`${record.frame} ${record.node}`, record);
    if (first.has(record.frame)) continue;
    first.set(record.frame, record);
    if (record.parent === 0) continue;
    const before = arrived.get(`${record.parent} ${record.node}`) ?? first.get(record.parent);
    if (!before) continue;
    const [came, went] = [headersOf(before.bytes), headersOf(record.bytes)];
    const isAnswer = isSameEnd(went.source, came.destination) && isSameEnd(went.destination, came.source);
    found.push({ node: record.node, before, after: record, isAnswer });
  }
  return found;
}

/** The role at the end of a name of the story's rule, where it alone names one machine; else the name. */
export function shortNames(names: readonly string[]): Map<string, string> {
  const roles = names.map((name) => nameParts(name)?.role ?? name);
  return new Map(
    names.map((name, index) => {
      const role = roles[index]!;
      const parts = nameParts(name);
      const isAlone = roles.filter((other) => other === role).length === 1;
      return [name, isAlone || !parts ? role : `${role} ${parts.network}`];
    }),
  );
}

/** How switches and cards let go of what was never for anybody there: no trouble, and no surprise. */
const QUIET_DROPS: ReadonlySet<string> = new Set([
  'not-for-me',
  'not-here',
  'same-port',
  'team-duplicate',
  'other-vlan',
  'nobody-else',
]);

/** A drop that happens on a sound network too. */
export const isQuietDrop = (reason: string): boolean => QUIET_DROPS.has(reason);
