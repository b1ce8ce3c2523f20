/**
 * The network in numbers, for lessons: each is counted in the engine's own reading. Figures of one machine are named with it
 * (`net.pings@local-wxp`), those of its cards with what is asked of them too (`net.plugged@local-wxp#0 Local`). A lesson that
 * speaks of them imports this file.
 */
import type { JobReading, NetworkNode, NetworkReading } from '#lib/sim/network-protocol';
import { addNetworkMeasures, type NetworkMeasure, type NodeMeasure } from './measures.ts';

const jobs = (
  reading: NetworkReading,
  kind: JobReading['kind'],
  state: JobReading['state'],
  node?: NetworkNode,
) =>
  reading.jobs.filter((job) => job.kind === kind && job.state === state && (!node || job.node === node.node))
    .length;
const clients = (reading: NetworkReading, of: (group: NetworkReading['clients'][number]) => number) =>
  reading.clients.reduce((sum, group) => sum + of(group), 0);
const guests = ({ nodes }: NetworkReading) => nodes.filter(({ vm }) => vm !== null);
const virtual = ({ nodes }: NetworkReading) => nodes.filter(({ kind }) => kind === 'virtual-switch');
const cardsOf = (reading: NetworkReading, { node }: NetworkNode) =>
  reading.ports.filter((port) => port.node === node);
const hasAddress = (reading: NetworkReading, node: NetworkNode) =>
  cardsOf(reading, node).some(({ address }) => address !== null);

export const NETWORK_MEASURES = {
  /** Of the host. */
  'net.switches': { unit: 'count', of: (r) => virtual(r).length },
  /** Virtual switches without a cable to the outside. */
  'net.isolated': {
    unit: 'count',
    of: (r) => virtual(r).filter(({ name }) => r.physicalCards.every((card) => card.switch !== name)).length,
  },
  'net.pings': { unit: 'count', of: (r) => jobs(r, 'ping', 'done') },
  'net.downloads': { unit: 'count', of: (r) => jobs(r, 'download', 'done') },
  'net.sharesOpened': { unit: 'count', of: (r) => jobs(r, 'share', 'done') },
  'net.sharesRefused': { unit: 'count', of: (r) => jobs(r, 'share', 'failed') },
  /** Cards of guests to which a DHCP server has lent an address. */
  'net.leases': {
    unit: 'count',
    of: (r) =>
      guests(r)
        .flatMap((node) => cardsOf(r, node))
        .filter(({ dhcp }) => dhcp === 'bound' || dhcp === 'renewing').length,
  },
  /** Guests that have an address, by whatever means. */
  'net.addressed': { unit: 'count', of: (r) => guests(r).filter((node) => hasAddress(r, node)).length },
  'net.natSessions': { unit: 'count', of: (r) => r.sessions.length },
  /** Packets for which the firewall had no rule. */
  'net.refused': {
    unit: 'count',
    of: (r) =>
      r.nodes
        .flatMap(({ drops }) => drops)
        .reduce((sum, { reason, frames }) => sum + (reason === 'firewall-rule' ? frames : 0), 0),
  },
  /** PCs of all groups, those that have asked once at least, those that have what they asked for, those at it now. */
  'net.clients': { unit: 'count', of: (r) => clients(r, ({ total }) => total) },
  'net.clientsAsked': { unit: 'count', of: (r) => clients(r, ({ checkedIn }) => checkedIn) },
  'net.clientsDone': { unit: 'count', of: (r) => clients(r, ({ downloaded }) => downloaded) },
  'net.clientsBusy': { unit: 'count', of: (r) => clients(r, ({ busy }) => busy) },
  'net.clientsSilent': { unit: 'count', of: (r) => clients(r, ({ total, checkedIn }) => total - checkedIn) },
  /** Arrivals of a frame at a port, cable by cable. */
  'net.frames': { unit: 'count', of: (r) => r.nodes.reduce((sum, { framesIn }) => sum + framesIn, 0) },
  /** Frames that are neither delivered, nor on their way, nor dropped for a reason. */
  'net.lost': {
    unit: 'count',
    of: ({ conservation: c }) => c.made + c.copied - c.consumed - c.dropped - c.onTheWay,
  },
} satisfies Record<string, NetworkMeasure>;

export const NODE_MEASURES = {
  'net.pings': { unit: 'count', of: (r, node) => jobs(r, 'ping', 'done', node) },
  'net.downloads': { unit: 'count', of: (r, node) => jobs(r, 'download', 'done', node) },
  'net.sharesOpened': { unit: 'count', of: (r, node) => jobs(r, 'share', 'done', node) },
  'net.sharesRefused': { unit: 'count', of: (r, node) => jobs(r, 'share', 'failed', node) },
  'net.address': { unit: 'yes', of: (r, node) => (hasAddress(r, node) ? 1 : 0) },
  'net.proxied': { unit: 'yes', of: (_, node) => (node.proxy === null ? 0 : 1) },
  /** `#1`: bytes that passed through that card, in frames and in flows, both ways. */
  'net.bytes': {
    unit: 'bytes',
    of: (r, node, detail) =>
      cardsOf(r, node)
        .filter(({ index }) => index === Number(detail))
        .reduce((sum, port) => sum + port.rxBytes + port.txBytes + port.flowRxBytes + port.flowTxBytes, 0),
  },
  /** `#0 Local`: that card is plugged into that switch. */
  'net.plugged': {
    unit: 'yes',
    of: (r, node, detail) => {
      const [card = '', ...label] = detail.split(' ');
      const port = cardsOf(r, node).find(({ index }) => index === Number(card));
      const far = port && r.ports.find((other) => other.port === port.peer);
      return far && r.nodes.find((other) => other.node === far.node)?.name === label.join(' ') ? 1 : 0;
    },
  },
} satisfies Record<string, NodeMeasure>;

addNetworkMeasures(NETWORK_MEASURES, NODE_MEASURES);
