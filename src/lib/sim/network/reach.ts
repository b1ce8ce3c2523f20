/** Who reaches whom: found out by really sending, in a copy of the world. */
import { addressText } from '#lib/core/addresses';
import { codesOf } from '#lib/core/codes';
import {
  Failure,
  JobKind,
  JobState,
  NodeKind,
  StationRole,
  type CoreNetwork,
  type JobSpec,
  type NodeRow,
} from '#lib/core/network';
import { NS_PER_SECOND } from '#lib/units';
import type { Reachability } from '../network-protocol';
import type { Run } from '../run';
import { nodeNames } from './reading';
import { Tracer, type Errand } from './trace';

type Service = Reachability['services'][number];
const SERVICES: readonly Service[] = ['ping', 'share', 'web'];
const FAILURES = codesOf(Failure as never);
/** Attempts under way at a time, and how long one may take: three questions for a name, three for a connection. */
const BATCH = 48;
const PATIENCE_S = 40;
/**
 * As many echoes as Windows' ping sends. One is not enough: while a card asks for an address it keeps one packet, and the
 * others that leave at the same moment are lost.
 */
const ECHOES = 4;
const MAX_MACHINES = 24;
const SHARE_PORT = 445;

interface Attempt {
  from: NodeRow;
  to: NodeRow;
  service: Service;
}

/** @param run a copy that may be spent */
export async function tryReach(
  run: Run,
  machines: readonly string[] | undefined,
  turn: (fraction: number) => Promise<void>,
): Promise<Reachability> {
  const net = run.world.network!.net;
  const names = nodeNames(run.world.registry.network);
  const all = net.nodes().filter(({ node }) => isOne(run, names.get(node) ?? ''));
  const stations = all
    .filter(({ node }) => !machines || machines.includes(names.get(node)!))
    .slice(0, MAX_MACHINES);
  const switches = new Set(
    net
      .nodes()
      .filter(({ kind }) => kind === NodeKind.virtualSwitch || kind === NodeKind.physicalSwitch)
      .map(({ node }) => node),
  );
  const tracer = new Tracer(net, new Set(all.map(({ node }) => node)), (node) => switches.has(node));
  const attempts: Attempt[] = [];
  const cells: Reachability['cells'] = [];
  for (const from of stations)
    for (const to of stations) {
      if (from.node === to.node) continue;
      for (const service of SERVICES) {
        if (offers(net, to, service)) attempts.push({ from, to, service });
        else
          cells.push({
            from: names.get(from.node)!,
            to: names.get(to.node)!,
            service,
            reached: null,
            failure: null,
            micros: null,
            way: [],
            lost: null,
          });
      }
    }
  for (let done = 0; done < attempts.length; done += BATCH) {
    const batch = attempts.slice(done, done + BATCH);
    const jobs: (number | null)[] = batch.map(() => null);
    tracer.begin(batch.map((attempt) => errandOf(net, attempt)));
    const isDone = (i: number) => jobs[i] !== null && net.job(jobs[i]!).state === JobState.done;
    for (let echo = 0; echo < ECHOES; echo++) {
      const left = batch.filter(({ service }, i) => echo === 0 || (service === 'ping' && !isDone(i)));
      if (left.length === 0) break;
      for (const attempt of left) jobs[batch.indexOf(attempt)] = start(net, attempt);
      const untilNs = run.timeNs + PATIENCE_S * NS_PER_SECOND;
      const running = () => jobs.some((job) => job !== null && net.job(job).state === JobState.running);
      while (running() && run.timeNs < untilNs) {
        const stop = Math.min(untilNs, run.timeNs + NS_PER_SECOND / 4);
        for (let more = true; more; tracer.take()) more = run.advance(stop);
        await turn((done + batch.length / 2) / attempts.length);
      }
    }
    batch.forEach(({ from, to, service }, i) => {
      const job = jobs[i];
      const row = job === null || job === undefined ? null : net.job(job);
      const reached = row?.state === JobState.done;
      const { stops, lost } = tracer.wayOf(i);
      const nameOf = (node: number) => names.get(node) ?? '';
      cells.push({
        from: names.get(from.node)!,
        to: names.get(to.node)!,
        service,
        reached,
        failure: reached
          ? null
          : row?.state === JobState.failed
            ? (FAILURES[row.failure] ?? null)
            : 'no-answer',
        micros: row?.micros ?? null,
        way: stops.map(nameOf),
        lost: reached || !lost ? null : { at: nameOf(lost.node), reason: lost.reason, isBack: lost.isBack },
      });
    });
  }
  return { machines: stations.map(({ node }) => names.get(node)!), services: [...SERVICES], cells };
}

/** Its first packet: an echo request, or the first of a connection, to a share's port or to another. */
const errandOf = (net: CoreNetwork, { from, to, service }: Attempt): Errand => ({
  from: from.node,
  to: to.node,
  address: addressText(addressOf(net, to.node)),
  protocol: service === 'ping' ? 'icmp' : 'tcp',
  isPort: (port) => service === 'ping' || (port === SHARE_PORT) === (service === 'share'),
});

/** A machine; of a group of equal ones, the first stands for all. */
function isOne(run: Run, name: string): boolean {
  const machine = run.world.registry.network.machines.get(name);
  return machine !== undefined && (machine.group === null || name === `${machine.group.name}-1`);
}

function offers(net: CoreNetwork, { node, roles }: NodeRow, service: Service): boolean {
  if (service === 'ping') return addressOf(net, node) !== 0;
  if (addressOf(net, node) === 0) return false;
  return (roles & (service === 'share' ? StationRole.fileShare : StationRole.httpServer)) !== 0;
}

/** The first address that it has. */
function addressOf(net: CoreNetwork, node: number): number {
  return net.ports().find((port) => port.node === node && port.address !== 0)?.address ?? 0;
}

function start(net: CoreNetwork, { from, to, service }: Attempt): number | null {
  const address = addressOf(net, to.node);
  const path = service === 'web' ? net.paths(to.node)[0] : undefined;
  // By its address, whether a proxy is asked or not: whether a name is known is another question.
  const spec: JobSpec =
    service === 'web'
      ? { kind: JobKind.download, address, path: path ?? '/' }
      : { kind: service === 'share' ? JobKind.share : JobKind.ping, address };
  const { job } = net.startJob(from.node, spec);
  return job < 0 ? null : job;
}
