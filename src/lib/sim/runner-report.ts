/**
 * What the runner tells of a network when it is asked (`--report`): what the page's panels show, from the same readings.
 * Names instead of numbers of nodes; times in seconds.
 */
import { Conversations, type Conversation } from '#lib/capture/conversations';
import { WireKind, WireMask, type WireRow } from '#lib/core/network';
import { nsToSeconds, type Nanoseconds } from '#lib/units';
import type { NetworkReading, NodeId } from './network-protocol';
import { tryReach } from './network/reach';
import type { Run } from './run';

export const REPORTS = [
  'machines',
  'jobs',
  'flows',
  'clients',
  'nat',
  'firewall',
  'leases',
  'tunnels',
  'conversations',
  'reach',
] as const;
export type Report = (typeof REPORTS)[number];

/** The firewall's log keeps fewer. */
const WHOLE_LOG = 10_000;

/** Fills the `network` of samples: each is told what happened since the one before. */
export class NetworkReporter {
  readonly #conversations = new Conversations();
  #toldNs: Nanoseconds = -1;

  constructor(
    private readonly run: Run,
    private readonly wanted: ReadonlySet<Report>,
  ) {}

  /** What has to be heard at every port for it: bits of WireMask. */
  static listensTo(wanted: ReadonlySet<Report>): number {
    return wanted.has('conversations') ? WireMask.sent : 0;
  }

  /** Takes account of what was heard on the wire: each frame as its machine sends it. */
  hear(rows: readonly WireRow[]): void {
    if (!this.wanted.has('conversations')) return;
    const { switches, physicalSwitches } = this.run.world.registry.network;
    const between = new Set([
      ...[...switches.values()].map(({ node }) => node),
      ...physicalSwitches.values(),
    ]);
    for (const { kind, node, frame, timeNs, bytes } of rows) {
      if (kind !== WireKind.sent || between.has(node)) continue;
      this.#conversations.hear({
        index: frame - 1,
        time: timeNs,
        interfaceId: 0,
        bytes,
        wireLength: bytes.length,
        offset: 0,
      });
    }
  }

  /** @param isLast who reaches whom is tried once, at the end: it is really sent, in a copy of the world */
  async report(isLast: boolean): Promise<Record<string, unknown>> {
    const { timeNs } = this.run;
    const reading = this.run.world.network!.read(timeNs, {
      sessions: true,
      leases: true,
      tunnels: true,
      firewallLog: { count: WHOLE_LOG },
    });
    const told: Record<string, unknown> = {};
    for (const report of REPORTS)
      if (this.wanted.has(report) && report !== 'reach') told[report] = this.#tell(report, reading);
    if (this.wanted.has('reach') && isLast) told.reach = await reach(this.run);
    this.#toldNs = timeNs;
    return told;
  }

  #tell(report: Exclude<Report, 'reach'>, reading: NetworkReading): unknown {
    const names = new Map(reading.nodes.map(({ node, name }) => [node, name]));
    /** A row with the name of its machine for the machine's number. */
    const named = <R extends { node: NodeId }>({ node, ...rest }: R) => ({
      machine: names.get(node) ?? null,
      ...rest,
    });
    const timed = <R extends { startedNs: Nanoseconds; endedNs: Nanoseconds | null }>({
      startedNs,
      endedNs,
      ...rest
    }: R) => ({
      started: nsToSeconds(startedNs),
      ended: endedNs === null ? null : nsToSeconds(endedNs),
      ...rest,
    });
    switch (report) {
      case 'machines':
        return machines(reading);
      case 'jobs':
        return reading.jobs.map((job) => named(timed(job)));
      case 'flows':
        return { ...reading.flowTotals, list: reading.flows.map(timed) };
      case 'clients':
        return reading.clients;
      case 'nat':
        return reading.sessions.map(named);
      case 'firewall':
        return reading.firewallLog
          .filter(({ timeNs }) => timeNs > this.#toldNs)
          .reverse()
          .map(({ timeNs, ...entry }) => ({ t: nsToSeconds(timeNs), ...named(entry) }));
      case 'leases':
        return reading.leases.map(named);
      case 'tunnels':
        return reading.tunnels.map(named);
      case 'conversations':
        return this.#conversations.list.filter(({ last }) => last > this.#toldNs).map(conversation);
    }
  }
}

/** Every place by name: its roles, what it dropped and why, and the counters of its cards or ports. */
function machines({ nodes, ports }: NetworkReading) {
  const nameOf = new Map(nodes.flatMap(({ name, ports: own }) => own.map((port) => [port, name] as const)));
  return Object.fromEntries(
    nodes.map(({ name, node, vm, ports: own, drops, bond, ...rest }) => [
      name,
      {
        isVm: vm !== null,
        ...rest,
        ...(bond && { bond }),
        dropped: Object.fromEntries(drops.map(({ reason, frames }) => [reason, frames])),
        ports: ports
          .filter((port) => port.node === node && own.includes(port.port))
          .map(({ port: _, node: __, peer, physicalCard, ...counters }) => ({
            to: physicalCard ?? (peer === null ? null : (nameOf.get(peer) ?? null)),
            ...counters,
          })),
      },
    ]),
  );
}

const conversation = ({ kind, protocol, a, b, traffic, first, last, tcp, exchanges }: Conversation) => ({
  kind,
  protocol,
  a,
  b,
  frames: traffic.map(({ frames }) => frames),
  bytes: traffic.map(({ bytes }) => bytes),
  first: nsToSeconds(first),
  last: nsToSeconds(last),
  tcp: tcp && {
    state: tcp.state,
    handshake: tcp.handshake === null ? null : nsToSeconds(tcp.handshake),
    retransmissions: tcp.retransmissions,
    outOfOrder: tcp.outOfOrder,
    duplicateAcks: tcp.duplicateAcks,
    zeroWindows: tcp.zeroWindows,
  },
  exchanges: exchanges && { requests: exchanges.requests, replies: exchanges.replies },
});

/** Sender → receiver → service: true, or why not and where it ended. What a machine does not offer is left out. */
async function reach(run: Run) {
  const { cells } = await tryReach(run.fork(0), undefined, () => Promise.resolve());
  return cells.flatMap(({ reached, ...cell }) => (reached === null ? [] : [{ ...cell, reached }]));
}
