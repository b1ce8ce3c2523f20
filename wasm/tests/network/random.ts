/**
 * Random networks and random commands for them, as data: what a command is aimed at is a number taken modulo what is
 * there, so that every list of commands means something in every world. Refusals are part of it: they change nothing.
 */
import fc from 'fast-check';
import { parseAddress as A } from '#lib/core/addresses';
import { Core, Field, Reason } from '#lib/core/core';
import { CoreNetwork, DropReason, JobKind, NodeKind, reserveNetwork, StationRole } from '#lib/core/network';

const ALL_BUT_FIREWALL = 2047 & ~StationRole.firewall;

export interface Op {
  kind: (typeof KINDS)[number];
  a: number;
  b: number;
  c: number;
}
export interface RandomWorld {
  seed: number;
  /** Steps of the core that a command is followed by, at most. */
  steps: number;
  ops: Op[];
}

const KINDS = [
  ...['station', 'station', 'virtual', 'physical', 'tap', 'remove-node'],
  ...['port', 'port', 'card', 'card', 'card', 'uplink', 'remove-port'],
  ...['connect', 'connect', 'connect', 'disconnect', 'move', 'cable'],
  ...['link', 'vlan', 'mac', 'address', 'address', 'dhcp', 'flag', 'shaper', 'no-shaper'],
  ...['roles', 'pool', 'bond', 'home', 'vpn', 'rule', 'route', 'record', 'object', 'clear', 'ways'],
  ...['power', 'job', 'job', 'job', 'job', 'plan', 'call', 'inject', 'inject', 'run', 'run', 'run'],
] as const;

const op = fc.record({
  kind: fc.constantFrom(...KINDS),
  a: fc.nat(0xffff),
  b: fc.nat(0xffff),
  c: fc.nat(0xffff),
});

export const randomWorld: fc.Arbitrary<RandomWorld> = fc.record({
  seed: fc.nat(0xffff_ffff),
  steps: fc.constantFrom(20, 200, 1000),
  ops: fc.array(op, { minLength: 30, maxLength: 90 }),
});

/** A network small enough to look at whole, with something in it to begin with: two machines, two switches, a team. */
export function openRandom(module: WebAssembly.Module, seed: number) {
  const core = new Core(module);
  const room = { nodes: 24, ports: 96, frames: 256, connections: 32, jobs: 48, rings: 2, texts: 64 };
  if (reserveNetwork(core, room) !== Reason.none) throw new Error('no room');
  if (core.x.openWorld(16_384, 8192, 0, seed) !== Reason.none) throw new Error('no world');
  const net = new CoreNetwork(core);
  const physical = net.addNode(NodeKind.physicalSwitch, 'campus').node;
  const virtual = net.addNode(NodeKind.virtualSwitch, 'Local').node;
  for (let n = 0; n < 2; n++)
    net.connect(net.addPort(virtual, { uplink: true }).port, net.addPort(physical).port);
  for (const [name, at, roles] of [
    ['server', physical, ALL_BUT_FIREWALL],
    ['client', virtual, 0],
  ] as const) {
    const node = net.addNode(NodeKind.station, name).node;
    const card = net.addPort(node, { mac: 0x000c_2900_0000 + node }).port;
    net.connect(card, net.addPort(at).port);
    net.setRoles(node, roles);
    net.setAddress(card, A('10.0.0.0') + node, 24);
    net.addObject(node, '/file', 20_000, 1);
    net.setVpnCard(node, roles ? card : null);
    net.setPool(card, roles ? { first: A('10.0.0.100'), last: A('10.0.0.103'), dns: A('10.0.0.3') } : null);
  }
  return { core, net };
}
type World = ReturnType<typeof openRandom>;

/** An address of the few that there are; now and then one that nobody has, or none. */
const address = (n: number) =>
  [A('10.0.0.0') + (n % 8), A('10.0.1.0') + (n % 4), A('192.0.2.1'), 0][(n >>> 4) % 4]!;

/** Does one command. @returns the reason of the core; `null`: it was no command. */
export function act({ core, net }: World, { kind, a, b, c }: Op): Reason | null {
  const nodes = net.nodes().map(({ node }) => node);
  const ports = net.ports().map(({ port }) => port);
  const node = nodes[a % Math.max(1, nodes.length)] ?? 0;
  const port = ports[a % Math.max(1, ports.length)] ?? 0;
  const other = ports[b % Math.max(1, ports.length)] ?? 0;
  const name = `n${a % 12}`;
  switch (kind) {
    case 'station':
      return net.addNode(NodeKind.station, name).reason;
    case 'virtual':
      return net.addNode(NodeKind.virtualSwitch, name).reason;
    case 'physical':
      return net.addNode(NodeKind.physicalSwitch, name).reason;
    case 'tap':
      return net.addNode(NodeKind.tap, name).reason;
    case 'remove-node':
      return b % 4 === 0 ? net.removeNode(node) : null;
    case 'port':
      return net.addPort(node).reason;
    case 'uplink':
      return net.addPort(node, { uplink: true }).reason;
    case 'card': {
      // A card and its cable at once: what a random hand would seldom do in order.
      const made = net.addPort(node, { mac: 0x000c_2900_0000 + (b % 512) });
      const there = net.addPort(nodes[b % nodes.length] ?? 0);
      if (made.reason || there.reason) return null;
      net.setAddress(made.port, address(c), 24);
      net.connect(made.port, there.port);
      return null;
    }
    case 'remove-port':
      return b % 4 === 0 ? net.removePort(port) : null;
    case 'connect':
      return net.connect(port, other);
    case 'disconnect':
      return net.disconnect(port);
    case 'move':
      return net.moveCable(port, other);
    case 'cable':
      return net.setCable(port, b % 3 !== 0);
    case 'link':
      return net.setLink(port, {
        rateKbps: [0, 64, 1000, 100_000, 1_000_000][b % 5]!,
        delayNs: c * 100,
        lossPpm: b % 2 ? 0 : (c % 4) * 50_000,
        duplicatePpm: b % 3 ? 0 : 30_000,
        queueBytes: (c % 5) * 3000,
      });
    case 'vlan':
      return net.setVlan(port, [0, 1, 2, 4095, 4096][b % 5]!);
    case 'mac':
      return net.setMac(port, [0x000c_2900_0000 + (c % 512), 0, 2 ** 47][b % 3]!);
    case 'address':
      return net.setAddress(port, address(b), [24, 24, 16, 0, 33][c % 5]!);
    case 'dhcp':
      return net.setDhcp(port);
    case 'flag':
      return [
        () => net.setPromiscuous(port, c % 2 === 0),
        () => net.setForgedAllowed(port, c % 2 === 0),
        () => net.setNatSide(port, ([null, 'inside', 'outside'] as const)[c % 3]!),
        () => net.setSignedIn(port, c % 2 === 0),
      ][b % 4]!();
    case 'shaper':
      return net.setShaper(port, {
        averageBps: b * 50,
        peakBps: b * 90,
        burstBytes: 1000 + (c % 20_000),
        periodMs: c % 100,
        queuePackets: (c % 20) + 1,
      });
    case 'no-shaper':
      return net.clearShaper(port);
    case 'roles':
      return net.setRoles(node, b % 1100);
    case 'pool':
      return net.setPool(port, { first: address(b), last: address(b) + (c % 6), dns: address(c) });
    case 'bond':
      return net.setBondMode(node, b % 4);
    case 'home':
      return net.setHomeLink(node, c % 3 === 0 ? null : other);
    case 'vpn':
      return net.setVpnCard(node, c % 3 === 0 ? null : other);
    case 'rule':
      return net.addRule(node, {
        name: 'rule',
        allow: b % 4 !== 0,
        from: 'any',
        to: b % 3 ? 'any' : 'local-host',
        protocol: [0, 1, 6, 17, 47][c % 5]!,
        firstPort: 0,
        lastPort: 65_535,
        signedIn: c % 7 === 0,
      });
    case 'route':
      return net.addRoute(node, address(b), 24, address(c));
    case 'record':
      return net.addRecord(node, name, address(b));
    case 'object':
      return net.addObject(node, '/file', b, c);
    case 'clear':
      return net.clear(node, (['routes', 'rules', 'sessions', 'records', 'leases'] as const)[b % 5]!);
    case 'ways':
      return net.setWays(node, { gateway: address(b), dns: address(c) });
    case 'power':
      return net.setPower(node, b % 3 !== 0);
    case 'job':
    case 'plan': {
      const spec = {
        kind: (b % 8) as JobKind,
        ...(c % 5 === 0 ? { host: name } : { address: address(c) }),
        path: '/file',
        port: [80, 8080][c % 2]!,
      };
      return kind === 'job'
        ? net.startJob(node, spec).reason
        : net.planJob(node, spec, { afterMs: c % 500, everySeconds: c % 3 }).reason;
    }
    case 'call':
      return net.startJob(net.nodes().at(-1 - (b % 3))?.node ?? 0, {
        kind: JobKind.vpn,
        address: A('10.0.0.3'),
      }).reason;
    case 'inject': {
      const bytes = new Uint8Array(b % 1540).map((_, i) => (i < 6 && c % 2 ? 0xff : (c * (i + 7)) & 255));
      if (bytes.length > 18) bytes.set(c % 3 ? [8, 0, 0x45] : [8, 6, 0, 1, 8, 0], 12);
      return net.inject(port, bytes, c * 1000);
    }
    default:
      run({ core }, 2000, [2000], a * 1e6);
      return null;
  }
}

/** Up to so many steps and so much time, in parts of these sizes: how it is cut must not matter. */
export function run({ core }: { core: Core }, steps: number, parts: readonly number[], ns: number): void {
  const until = BigInt(core.field(Field.timeNs) + Math.round(ns));
  for (let left = steps, n = 0; left > 0; n++) {
    const part = Math.min(left, parts[n % parts.length]!);
    const done = core.x.run(until, part, BigInt(core.field(Field.eventSequence)));
    left -= done;
    if (done < part) return;
  }
}

/** What must be true at every moment. @throws Error that says what is not. */
export function mustHold({ net }: World): void {
  const c = net.conservation();
  if (c.made + c.copied !== c.consumed + c.dropped + c.onTheWay) throw new Error('frames are not conserved');
  if (c.madeBytes + c.copiedBytes !== c.consumedBytes + c.droppedBytes + c.onTheWayBytes)
    throw new Error('bytes are not conserved');
  const wrong = net.audit();
  if (wrong) throw new Error(`counted again, ${wrong} statements are untrue`);
  for (const { node } of net.nodes())
    for (const { reason, frames } of net.drops(node))
      if (reason === DropReason.none || reason >= DropReason.count)
        throw new Error(`${frames} drops without a reason`);
}

export const fingerprintOf = ({ core }: World): bigint => BigInt.asUintN(64, core.x.fingerprint());

/** Keeps the world as it is. */
export const save = ({ core }: World): Uint8Array => core.state().slice();
export function restore({ core, net }: World, state: Uint8Array): void {
  core.x.prepareRestore(state.length);
  core.state().set(state);
  net.emptyWire();
}
