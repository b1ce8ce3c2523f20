/** The networks that the site offers beside the story's: who reaches whom in them, and what their loads are. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAddress } from '#lib/core/addresses';
import { DropReason, Failure, JobKind, JobState, WireKind, WireMask } from '#lib/core/network';
import { Run } from '#lib/sim/run';
import { secondsToNs } from '#lib/units';
import { cardSchema } from '#lib/world/network';
import { scenarioSchema, type Command } from '#lib/world/schema';
import { COMPILE_MS, coreModule } from '../../../../wasm/tests/core';
import { tryReach } from './reach';
import { nodeNames } from './reading';
import { networkKit } from '.';

beforeAll(() => void coreModule('release'), COMPILE_MS);

/** Hours of 900 PCs: no claim is made about the time it takes, which a loaded machine makes ten times as long. */
const LONG_MS = 240_000;

function open(id: string, untilSeconds = 0) {
  const file = JSON.parse(readFileSync(`content/scenarios/${id}.json`, 'utf8'));
  const scenario = v.parse(scenarioSchema, file);
  const document = { v: 1 as const, scenario, seed: scenario.seed, commands: [], t: 0, view: {} };
  const run = new Run(coreModule('release'), document, scenario, () => 0, 0, networkKit);
  const { net } = run.world.network!;
  const { machines } = run.world.registry.network;
  const to = (seconds: number) => {
    while (run.advance(secondsToNs(seconds)));
  };
  to(untilSeconds);
  return {
    run,
    net,
    to,
    do: (command: Command) => expect(run.do(command)).toMatchObject({ kind: 'accepted' }),
    node: (name: string) => (run.world.registry.network.machines.get(name) ?? machines.get(name))!.node,
    addresses: (name: string) =>
      reading(run)
        .ports.filter(({ node }) => node === run.world.registry.network.machines.get(name)!.node)
        .map(({ address }) => address),
  };
}
const reading = (run: Run) => run.world.network!.read(run.timeNs, { audit: true });

/** Who reaches whom for a service: "from → to". */
async function reached(run: Run, service: string): Promise<string[]> {
  const { cells } = await tryReach(run, undefined, () => Promise.resolve());
  return cells
    .filter((cell) => cell.service === service && cell.reached)
    .map(({ from, to }) => `${from} → ${to}`)
    .sort();
}

describe('a workstation’s three networks', () => {
  it('each has the addresses of Workstation’s plan: the LAN’s, .128 to .253 on VMnet1 and VMnet8', () => {
    const { addresses, run } = open('workstation', 240);
    expect(addresses('vmnet0-wxp')).toEqual(['192.168.1.101/24']);
    expect(addresses('vmnet1-w2k3srv')).toEqual(['192.168.119.128/24']);
    expect(addresses('vmnet8-wxp')).toEqual(['192.168.88.128/24']);
    expect(reading(run).conservation.agrees).toBe(true);
  });

  it('VMnet0 is on the LAN; VMnet8 gets out and cannot be reached; VMnet1 reaches the PC and nobody else', async () => {
    expect(await reached(open('workstation', 240).run, 'web')).toEqual([
      'lan-pc → www',
      'lan-router → www',
      'pc-windows → www',
      'vmnet0-wxp → www',
      'vmnet8-wxp → www',
    ]);
    const pings = await reached(open('workstation', 240).run, 'ping');
    expect(pings.filter((pair) => pair.endsWith('→ vmnet8-wxp'))).toEqual(['pc-windows → vmnet8-wxp']);
    expect(pings.filter((pair) => pair.startsWith('lan-pc →'))).toEqual([
      'lan-pc → lan-router',
      'lan-pc → vmnet0-wxp',
      'lan-pc → www',
    ]);
    expect(pings.filter((pair) => pair.startsWith('vmnet8-wxp →'))).toEqual(
      expect.arrayContaining(['vmnet8-wxp → lan-pc', 'vmnet8-wxp → vmnet0-wxp', 'vmnet8-wxp → www']),
    );
    expect(pings.filter((pair) => pair.startsWith('vmnet1-w2k3srv →'))).toEqual([]);
    expect(await reached(open('workstation', 240).run, 'share')).toContain('pc-windows → vmnet1-w2k3srv');
  });
});

describe('the patch server and its 900 PCs', () => {
  it('each checks in after 22 hours less up to 20 %, and all together take what the monitor showed: 440 kbit/s', () => {
    const { net } = open('wsus-production');
    const jobs = net.jobs().filter(({ everySeconds }) => everySeconds > 0);
    expect(jobs).toHaveLength(1800);
    const every = jobs.map(({ everySeconds }) => everySeconds);
    expect(Math.min(...every)).toBeGreaterThanOrEqual(22 * 3600 * 0.8);
    expect(Math.max(...every)).toBeLessThanOrEqual(22 * 3600);
    const mean = every.reduce((sum, seconds) => sum + seconds, 0) / every.length;
    expect(mean / (22 * 3600 * 0.9)).toBeCloseTo(1, 2);
    // On the wire, a full segment is 1514 bytes for 1460.
    const kbps = jobs.reduce((sum, { path, everySeconds }) => {
      const bytes = path === '/Content/updates.cab' ? 4_300_000 : 12_288;
      return sum + (bytes * (1514 / 1460) * 8) / 1000 / everySeconds;
    }, 0);
    expect(Math.abs(kbps - 440) / 440).toBeLessThan(0.05);
  });

  it('in production an hour’s clients are all served; they are drawn as one', () => {
    const { run, net, to } = open('wsus-production', 3600);
    const ended = () => net.jobs().filter(({ planned, endedNs }) => planned && endedNs);
    const inAnHour = ended().length;
    // 900 PCs in 71,280 s, of which 3300 s have passed, two downloads each.
    expect(inAnHour).toBeGreaterThan(50);
    to(3700);
    expect(net.jobs().filter(({ state }) => state === JobState.failed)).toEqual([]);
    const { nodes, ports, conservation } = reading(run);
    expect(conservation.agrees).toBe(true);
    const pcs = nodes.filter(({ name }) => name.startsWith('campus-pc'));
    expect(pcs.map(({ name, members }) => [name, members])).toEqual([['campus-pc', 900]]);
    expect(ports.length).toBeLessThan(40);
    expect(new Set(ports.map(({ port }) => port)).size).toBe(ports.length);
    const shown = new Set(ports.map(({ port }) => port));
    expect(nodes.flatMap((node) => node.ports).every((port) => shown.has(port))).toBe(true);
  });

  it('on the test network nobody finds it; one cable later it has its address, and the next who asks is served', () => {
    const { run, net, to, node, addresses, do: apply } = open('wsus-test', 600);
    expect(addresses('stisrv5-w2k3srv-wus')[0]).toContain('192.168.30.');
    const mine = () => net.jobs().filter(({ planned, endedNs }) => planned && endedNs);
    expect(mine().length).toBeGreaterThan(0);
    expect(mine().every(({ state }) => state === JobState.failed || state === JobState.waiting)).toBe(true);
    apply({ kind: 'connect-card', machine: 'stisrv5-w2k3srv-wus', card: 0, switch: 'Réal' });
    to(630);
    expect(addresses('stisrv5-w2k3srv-wus')).toEqual(['172.16.4.5/21']);
    apply({
      kind: 'start-job',
      machine: 'campus-pc-17',
      job: { kind: 'download', host: 'stisrv5.example.org', path: '/Content/updates.cab', port: 80 },
    });
    const startedNs = run.timeNs;
    to(640);
    const job = net.jobs().find((row) => row.node === node('campus-pc-17') && row.startedNs === startedNs)!;
    expect(job).toMatchObject({ kind: JobKind.download, state: JobState.done, bytes: 4_300_000 });
  });
});

describe('thirty gigabytes, once', () => {
  /** What the campus's router has had from the Internet, in frames and in flows, headers not counted in the latter. */
  const line = ({ run, net }: ReturnType<typeof open>) => {
    const { rxBytes, flowRxBytes } = net.port(
      run.world.registry.network.machines.get('campus-gw')!.cards[1]!.port,
    );
    return { frames: rxBytes, flows: flowRxBytes };
  };

  it(
    '30 GB come over a line of 10 Mbit/s within a day; the 900 PCs then take nothing more from it',
    () => {
      const world = open('wsus-production', 9 * 3600);
      const { run, net, to } = world;
      const parts = net.jobs().filter(({ path }) => path.startsWith('/Content/part-'));
      expect(parts.reduce((sum, { totalBytes }) => sum + totalBytes, 0)).toBe(30e9);
      // All but what went in frames: of each piece, a second's worth of a Gigabit card, the first 44 segments.
      expect(line(world).flows).toBeGreaterThan(30e9 - (30e9 / 125e6 + 15) * 44 * 1460);
      expect(line(world).flows).toBeLessThan(30e9);
      const before = { line: line(world), clients: reading(run).clients[0]! };
      expect(before.clients).toMatchObject({ stations: 'campus-pc', total: 900, packetTrue: 9 });
      to(9.5 * 3600);
      const after = { line: line(world), clients: reading(run).clients[0]! };
      expect(after.clients.downloaded).toBeGreaterThan(before.clients.downloaded + 10);
      expect(after.line.flows).toBe(before.line.flows);
      expect(after.line.frames - before.line.frames).toBeLessThan(20_000);
      expect(reading(run).conservation.agrees).toBe(true);
    },
    LONG_MS,
  );

  it(
    'directly, the line carries the patches of each PC: as many times as there are PCs that asked',
    () => {
      const world = open('wsus-direct', 3 * 3600);
      const { clients, flowTotals, conservation } = reading(world.run);
      const { bytes, times, downloaded } = clients[0]!;
      expect(downloaded).toBeGreaterThan(100);
      expect(Math.abs(times - 2 * downloaded)).toBeLessThan(10);
      const { frames, flows } = line(world);
      // What flows moved is what clients have of them and what is on its way; frames carried the rest, and headers.
      expect(flows).toBe(flowTotals.moved);
      expect(frames + flows).toBeGreaterThan(bytes);
      expect(frames + flows).toBeLessThan(bytes * 1.06);
      expect(conservation.agrees).toBe(true);
    },
    LONG_MS,
  );
});

describe('a storm: two guests that bridge two switches', () => {
  const perSecond = ({ net, to }: ReturnType<typeof open>, from: number, until: number) => {
    to(from);
    const before = net.hops;
    to(until);
    return (net.hops - before) / (until - from);
  };
  /** Frames dropped so far because a queue was full. */
  const overflowed = ({ run }: ReturnType<typeof open>, name: string) =>
    reading(run)
      .nodes.find((node) => node.name === name)!
      .drops.find(({ reason }) => reason === 'queue-full')?.frames ?? 0;

  it('one cable more and a frame goes round for ever; others join it, queues overflow; the cable out, and it is over', () => {
    const world = open('broadcast-storm');
    const { run, net } = world;
    expect(perSecond(world, 150, 179)).toBeLessThan(100);
    // The card that was plugged in has said where it is (RARP): that is all there is of broadcasts at first.
    const begins = perSecond(world, 181, 183);
    expect(begins).toBeGreaterThan(100_000);
    expect(net.conservation().onTheWay).toBeLessThan(30);
    for (const name of ['Campus', 'local-linux-bridge1']) expect(overflowed(world, name)).toBe(0);
    // A PC asks for its address, others for each other's.
    expect(perSecond(world, 184, 191)).toBeGreaterThan(1.5 * begins);
    expect(net.conservation().onTheWay).toBeGreaterThan(300);
    for (const name of ['Campus', 'local-linux-bridge1', 'local-linux-bridge2'])
      expect(overflowed(world, name)).toBeGreaterThan(100);
    const printer = reading(run).ports.filter(({ rateKbps, node }) => rateKbps === 10_000 && node !== 0);
    expect(Math.max(...printer.map(({ txKbps }) => txKbps))).toBeGreaterThan(9000);
    expect(reading(run).conservation.agrees).toBe(true);
    expect(perSecond(world, 192.5, 194)).toBeLessThan(100);
    expect(reading(run).conservation.agrees).toBe(true);
  });

  it('where ESX is told to forbid forged addresses, the same cable does nothing; told otherwise, there is the storm', () => {
    const world = open('broadcast-storm', 170);
    const cards = ['local-linux-bridge1', 'local-linux-bridge2'].map((machine) => ({ machine, card: 0 }));
    for (const card of cards) world.do({ kind: 'set-forged', ...card, forgedAllowed: false });
    const policy = () => reading(world.run).ports.find(({ mac }) => mac?.startsWith('00:0c:29'))!;
    expect(policy()).toMatchObject({ forgedAllowed: false, promiscuous: true });
    expect(perSecond(world, 181, 184)).toBeLessThan(100);
    for (const card of cards) world.do({ kind: 'set-forged', ...card, forgedAllowed: true });
    expect(policy()).toMatchObject({ forgedAllowed: true });
    world.do({ kind: 'set-address', machine: 'campus-pc-3', card: 0, address: 'dhcp' });
    expect(perSecond(world, 186, 188)).toBeGreaterThan(100_000);
  });
});

describe('the story’s service console', () => {
  const BYTES = 1_073_742_336;
  /** Of the line: 1460 bytes of 1538. */
  const GOODPUT = 1460 / 1538;
  const portOf = (run: Run, name: string) => {
    const { nodes, ports } = reading(run);
    return ports.find((port) => port.node === nodes.find((node) => node.name === name)!.node)!;
  };
  /** What the backup server has fetched whole. */
  const fetched = ({ net, node }: ReturnType<typeof open>) =>
    net.plannedWork().find((work) => work.node === node('campus-backup'));

  it('sends an image to the backup server by its own card, as fast as the network lets it; the VMs’ card has none of it', () => {
    const world = open('esx-story', 890);
    const { run, to } = world;
    expect(portOf(run, 'stisrv4-console')).toMatchObject({ physicalCard: 'vmnic0', flowKbps: 0 });
    to(930);
    const before = portOf(run, 'stisrv4-console');
    expect(before.flowKbps).toBeGreaterThan(0.95 * 100_000);
    expect(before.flowKbps).toBeLessThanOrEqual(100_000);
    to(940);
    const moved = portOf(run, 'stisrv4-console').flowTxBytes - before.flowTxBytes;
    expect(moved).toBeGreaterThan(0.95 * GOODPUT * 12_500_000 * 10);
    expect(moved).toBeLessThanOrEqual(GOODPUT * 12_500_000 * 10);
    const vmnic1 = reading(run).ports.find(({ physicalCard }) => physicalCard === 'vmnic1')!;
    expect([vmnic1.flowTxBytes, vmnic1.flowRxBytes]).toEqual([0, 0]);
    to(1010);
    expect(fetched(world)).toMatchObject({ times: 1, totalBytes: BYTES });
    expect(reading(run).conservation.agrees).toBe(true);
  });

  it('stops when its cable is pulled, and goes on when it is in again', () => {
    const world = open('esx-story', 930);
    const { run, to, do: order } = world;
    order({ kind: 'set-cable', physicalCard: 'vmnic0', plugged: false });
    to(932);
    const before = portOf(run, 'campus-backup').flowRxBytes;
    to(936);
    expect(portOf(run, 'campus-backup').flowRxBytes).toBe(before);
    order({ kind: 'set-cable', physicalCard: 'vmnic0', plugged: true });
    to(1050);
    expect(fetched(world)).toMatchObject({ times: 1, totalBytes: BYTES });
  });

  it('has this card and no other', () => {
    const { run } = open('esx-story');
    const machine = 'stisrv4-console';
    const spec = v.parse(cardSchema, { switch: 'Campus' });
    for (const command of [
      { kind: 'connect-card', machine, card: 0, switch: 'Réal' },
      { kind: 'connect-card', machine, card: 0, switch: null },
      { kind: 'add-card', machine, spec },
    ] as const)
      expect(run.do(command)).toEqual({
        kind: 'refused',
        reason: 'card-is-console',
        args: { card: 'vmnic0' },
      });
  });
});

describe('the story: by which hops the file share is reached', () => {
  /** Names of those that a first packet came to, in order, and where and why it was dropped. */
  function hops(from: string): string[] {
    const { run, net, node, to } = open('esx-story', 300);
    for (const { port } of net.ports()) net.watch(port, WireMask.received | WireMask.dropped);
    net.emptyWire();
    net.startJob(node(from), { kind: JobKind.share, address: parseAddress('192.168.10.2') });
    to(302);
    const names = nodeNames(run.world.registry.network);
    // The first segment: SYN alone, to the file share's port.
    const rows = net
      .drainWire()
      .filter(({ bytes }) => bytes[12] === 8 && bytes[13] === 0 && bytes[23] === 6 && bytes[47] === 2);
    const first = rows[0]!.timeNs;
    return rows
      .filter(({ timeNs }) => timeNs < first + 100_000_000)
      .map((row) => (row.kind === WireKind.dropped ? 'dropped at ' : '') + (names.get(row.node) ?? ''));
  }

  it('from Local by its switch; from the isolated networks by theirs; from outside no further than the campus', () => {
    expect(hops('local-wxp')).toEqual(['Local', 'local-w2k3srv-nat']);
    expect(hops('nat-wxp')).toEqual(['Nat', 'local-w2k3srv-nat']);
    expect(hops('vmnet1-wxp-pxe')).toEqual(['VMnet1', 'local-w2k3srv-nat']);
    expect(hops('campus-pc')).toEqual(['Campus', 'campus-gw', 'dropped at campus-gw']);
  });
});

it('an attacker outside: whatever it sends ends at the firewall, whose log says so; nothing of it is heard behind', () => {
  const { run, net, to, node } = open('esx-attacked', 170);
  const wall = node('real-w2k3srv-isa');
  const inside = run.world.registry.network.machines.get('real-w2k3srv-isa')!.cards[1]!;
  net.watchAll(0);
  net.watch(inside.port, WireMask.sent);
  const drops = (of: number) =>
    Object.fromEntries(net.drops(of).map(({ reason, frames }) => [reason, frames]));
  const before = drops(wall)[DropReason.firewallRule] ?? 0;
  to(330);
  const attacker = node('attacker');
  const tries = net.jobs().filter((job) => job.node === attacker);
  expect(tries).toHaveLength(16);
  expect(tries.map(({ state }) => state)).toEqual(Array(16).fill(JobState.failed));
  // Of its own packets, only those that gave no answer at all: no RST, no echo.
  const failures = new Set(tries.filter(({ host }) => !host).map(({ failure }) => failure));
  expect(failures).not.toContain(Failure.refused);
  const log = run.world.network!.read(run.timeNs, { firewallLog: { count: 500 } }).firewallLog;
  const outside = log.filter(({ from, timeNs }) => from === 'Réal' && timeNs > secondsToNs(170));
  expect(
    outside.every(({ allowed, rule, to: where }) => !allowed && rule === null && where === 'local-host'),
  ).toBe(true);
  expect(outside).toHaveLength((drops(wall)[DropReason.firewallRule] ?? 0) - before);
  const tried = (protocol: string, source: string) =>
    [
      ...new Set(
        outside
          .filter((one) => one.protocol === protocol && one.source === source)
          .map((one) => one.destinationPort),
      ),
    ].sort((a, b) => a - b);
  expect(tried('icmp', '198.51.100.66')).toHaveLength(1);
  expect(tried('tcp', '198.51.100.66')).toEqual([
    21, 22, 23, 25, 80, 110, 135, 139, 443, 445, 1433, 3389, 8080,
  ]);
  // The worm of January 2003 came as one datagram, to a port above 1023.
  expect(tried('udp', '198.51.100.66')).toEqual([1434]);
  // Forged: an address of the inside, and the firewall's own.
  expect(tried('tcp', '192.168.10.50')).toEqual([445, 8080]);
  expect(tried('tcp', '172.16.4.2')).toEqual([139]);
  // What a router must not pass on ends there.
  expect(drops(node('campus-gw'))[DropReason.badChecksum]).toBe(1);
  // Of all that, not one packet on the inside.
  const heard = net.drainWire().filter(({ bytes }) => bytes[12] === 8 && bytes[13] === 0);
  const from = (bytes: Uint8Array) => bytes.subarray(26, 30).join('.');
  expect(heard.map(({ bytes }) => from(bytes)).filter((source) => source !== '192.168.10.1')).toEqual([]);
  expect(reading(run).conservation.agrees).toBe(true);
}, 30_000);
