/** The story's network, built from its scenario, changed by commands, heard, gone back in. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '#lib/sim/engine';
import { nodeSurroundings } from '#lib/sim/node-surroundings';
import type { Reading } from '#lib/sim/protocol';
import { secondsToNs } from '#lib/units';
import { scenarioSchema, type Command } from '#lib/world/schema';

const core = WebAssembly.compile(readFileSync('wasm/build/core.wasm'));
const surroundings = nodeSurroundings(() => core);
const story = v.parse(scenarioSchema, JSON.parse(readFileSync('content/scenarios/esx-story.json', 'utf8')));

async function open(atSeconds: number, commands: Command[] = []): Promise<Engine> {
  const engine = new Engine(surroundings);
  const opened = await engine.open({
    v: 1,
    scenario: story,
    seed: story.seed,
    commands: [],
    t: secondsToNs(atSeconds),
    view: {},
  });
  expect(opened.kind).toBe('opened');
  for (const command of commands) expect(await engine.do(command)).toMatchObject({ kind: 'accepted' });
  return engine;
}
const network = async (engine: Engine) => {
  const reading: Reading = await engine.read({
    network: { audit: true, sessions: true, leases: true, firewallLog: { count: 50 } },
  });
  return reading.network!;
};
const portOf = (reading: NonNullable<Reading['network']>, name: string, card = 0) => {
  const node = reading.nodes.find((one) => one.name === name)!;
  return reading.ports.find((port) => port.node === node.node && port.index === card)!;
};
/** Starts an attempt and lets it end. */
async function attempt(engine: Engine, machine: string, job: Extract<Command, { kind: 'start-job' }>['job']) {
  expect(await engine.do({ kind: 'start-job', machine, job })).toMatchObject({ kind: 'accepted' });
  const before = (await engine.read({})).timeNs;
  await engine.seek(before + secondsToNs(45));
  const jobs = (await network(engine)).jobs;
  return jobs.find((one) => one.kind === job.kind && one.startedNs === before)!;
}

describe('the story’s four switches', () => {
  it('after five minutes every machine has its address, by DHCP where it asked, and the books balance', async () => {
    const engine = await open(300);
    const reading = await network(engine);
    for (const [name, network] of [
      ['local-wxp', '192.168.10.'],
      ['nat-wxp', '192.168.20.'],
      ['vmnet1-wxp-pxe', '192.168.30.'],
      ['vmnet1-w2k3srv-wus', '192.168.30.'],
      ['campus-pc', '172.16.4.'],
    ] as const)
      expect(portOf(reading, name).address, name).toContain(network);
    expect(reading.conservation.agrees).toBe(true);
    // The campus switch tells behind which port it heard each address: one that is there, at the machine’s own.
    const campus = reading.nodes.find(({ kind }) => kind === 'physical-switch')!;
    const { learned } = (await engine.read({ network: { learned: { node: campus.node, count: 3 } } }))
      .network!;
    expect(learned!.rows).toHaveLength(Math.min(3, learned!.total));
    expect(learned!.total).toBeGreaterThan(0);
    for (const { port, secondsAgo } of learned!.rows) {
      expect(campus.ports).toContain(port);
      expect(secondsAgo).toBeLessThanOrEqual(300);
    }
    expect(reading.learned).toBeNull();
    expect(reading.leases.length).toBe(5);
  });

  it('who can open the file share: Local and the isolated networks; nobody from outside', async () => {
    const engine = await open(300);
    const reach = (await engine.reachability([
      'local-w2k3srv-nat',
      'local-wxp',
      'nat-wxp',
      'vmnet1-wxp-pxe',
      'campus-pc',
      'www',
    ]))!;
    const share = Object.fromEntries(
      reach.cells
        .filter(({ to, service }) => to === 'local-w2k3srv-nat' && service === 'share')
        .map(({ from, reached }) => [from, reached]),
    );
    expect(share).toEqual({
      'local-wxp': true,
      'nat-wxp': true,
      'vmnet1-wxp-pxe': true,
      'campus-pc': false,
      www: false,
    });
    // Each says by which hops it went, and where it was dropped.
    const of = (from: string, to: string, service: string) =>
      reach.cells.find((cell) => cell.from === from && cell.to === to && cell.service === service)!;
    const nat = 'local-w2k3srv-nat';
    expect(of('nat-wxp', 'local-wxp', 'ping')).toMatchObject({
      way: ['nat-wxp', 'Nat', nat, 'Local', 'local-wxp'],
      lost: null,
    });
    const isa = 'real-w2k3srv-isa';
    expect(of('nat-wxp', 'www', 'ping')).toMatchObject({
      way: ['nat-wxp', 'Nat', nat, 'Local', isa],
      lost: { at: isa, reason: 'firewall-rule', isBack: false },
    });
    expect(of('www', nat, 'share')).toMatchObject({
      way: ['www', 'Internet', 'campus-gw'],
      lost: { at: 'campus-gw', reason: 'no-route', isBack: false },
    });
    // The isolated networks are unreachable from outside and from Local.
    for (const from of ['campus-pc', 'www', 'local-wxp'])
      for (const to of ['nat-wxp', 'vmnet1-wxp-pxe'])
        expect(
          reach.cells.find((cell) => cell.from === from && cell.to === to && cell.service === 'ping')
            ?.reached,
          `${from} → ${to}`,
        ).toBe(false);
  });

  it('from home the share opens once the VPN is in, and not before; the VPN brings names and the proxy too', async () => {
    const engine = await open(300);
    const share = { kind: 'share', host: '192.168.10.2' } as const;
    expect(await attempt(engine, 'home-pc', share)).toMatchObject({ state: 'failed' });
    expect(await attempt(engine, 'home-pc', { kind: 'vpn', host: '172.16.4.2' })).toMatchObject({
      state: 'done',
    });
    expect(await attempt(engine, 'home-pc', { ...share, host: 'nat.local' })).toMatchObject({
      state: 'done',
    });
    const page = { kind: 'download', host: 'www.example.org', path: '/page.html', port: 80 } as const;
    expect(
      await engine.do({ kind: 'set-ways', machine: 'home-pc', proxy: '192.168.10.1:8080' }),
    ).toMatchObject({ kind: 'accepted' });
    expect(await attempt(engine, 'home-pc', page)).toMatchObject({ state: 'done', bytes: 32_768 });
    // The lease is one of the DHCP server's, which knows no more than that; both ends tell the same.
    const tunnels = async () => (await engine.read({ network: { tunnels: true } })).network!.tunnels;
    const [client, server] = (await tunnels()).sort((a, b) => a.end.localeCompare(b.end));
    expect(client).toMatchObject({
      node: (await network(engine)).nodes.find(({ name }) => name === 'home-pc')!.node,
      end: 'client',
      state: 'open',
      own: '198.51.100.77',
      peer: '172.16.4.2',
      ownCall: 1,
    });
    expect(client!.address).toMatch(/^192\.168\.10\.1\d\d$/);
    expect((await network(engine)).leases.map(({ address }) => address)).toContain(client!.address);
    expect(server).toMatchObject({
      end: 'server',
      address: client!.address,
      framesIn: client!.framesOut,
      bytesIn: client!.bytesOut,
      bytesOut: client!.bytesIn,
      peerCall: client!.ownCall,
    });
    expect(client!.bytesIn).toBeGreaterThan(32_768);
    const call = { kind: 'start-job', machine: 'home-pc', job: { kind: 'vpn', host: '172.16.4.2' } } as const;
    expect(await engine.do(call)).toMatchObject({ kind: 'refused', reason: 'already-dialled' });
    const hangUp = { kind: 'hang-up', machine: 'home-pc' } as const;
    expect(await engine.do(hangUp)).toMatchObject({ kind: 'accepted' });
    await engine.seek((await engine.read({})).timeNs + secondsToNs(1));
    expect(await tunnels()).toEqual([]);
    const { events } = await engine.read({ events: { count: 5, kinds: ['tunnel-closed'] } });
    expect(events.map(({ node }) => node)).toEqual(['home-pc']);
    expect(await engine.do(hangUp)).toMatchObject({ kind: 'refused', reason: 'not-dialled' });
    expect(await attempt(engine, 'home-pc', share)).toMatchObject({ state: 'failed' });
    // Undone, the share and then the hanging up: the tunnel stands, and the share opens.
    expect(await engine.undo()).toMatchObject({ kind: 'accepted' });
    expect(await engine.undo()).toMatchObject({ kind: 'accepted' });
    expect(await tunnels()).toHaveLength(2);
    expect(await attempt(engine, 'home-pc', share)).toMatchObject({ state: 'done' });
  });

  it('the Web comes in through the proxy only', async () => {
    const engine = await open(300);
    const page = { kind: 'download', host: 'www.example.org', path: '/page.html', port: 80 } as const;
    expect(await attempt(engine, 'vmnet1-wxp-pxe', page)).toMatchObject({ state: 'done', bytes: 32_768 });
    expect(await engine.do({ kind: 'set-ways', machine: 'vmnet1-wxp-pxe', proxy: null })).toMatchObject({
      kind: 'accepted',
    });
    expect(await attempt(engine, 'vmnet1-wxp-pxe', page)).toMatchObject({ state: 'failed' });
    const log = (await network(engine)).firewallLog;
    expect(
      log.some(({ allowed, rule, destinationPort }) => !allowed && rule === null && destinationPort === 80),
    ).toBe(true);
    expect(log.some(({ allowed, rule }) => allowed && rule === 'Web proxy for the internal networks')).toBe(
      true,
    );
  });

  it('from test to production: one command, another address', async () => {
    const engine = await open(300);
    expect(
      await engine.do({ kind: 'connect-card', machine: 'vmnet1-w2k3srv-wus', card: 0, switch: 'Réal' }),
    ).toMatchObject({ kind: 'accepted' });
    await engine.seek(secondsToNs(330));
    expect(portOf(await network(engine), 'vmnet1-w2k3srv-wus').address).toContain('172.16.4.');
    await engine.undo();
    await engine.seek(secondsToNs(330));
    expect(portOf(await network(engine), 'vmnet1-w2k3srv-wus').address).toContain('192.168.30.');
  });
});

it('without Tools a vmxnet card has no driver, and no link; vlance has one in every guest', async () => {
  const engine = await open(300);
  const card = async () => portOf(await network(engine), 'nat-wxp');
  expect(await card()).toMatchObject({ up: true, hasDriver: true, device: 'vmxnet' });
  const tools = (on: boolean) => engine.do({ kind: 'set-tools', vm: 'nat-wxp', tools: on });
  expect(await tools(false)).toMatchObject({ kind: 'accepted' });
  expect(await card()).toMatchObject({ up: false, hasDriver: false });
  const spec = {
    switch: 'Nat',
    device: 'vlance',
    address: 'dhcp',
    vlan: 0,
    guestVlan: 0,
    nat: null,
  } as const;
  const policy = { promiscuous: false, forgedAllowed: true, shaping: null, pool: null };
  expect(
    await engine.do({ kind: 'add-card', machine: 'nat-wxp', spec: { ...spec, ...policy } }),
  ).toMatchObject({
    kind: 'accepted',
  });
  expect(portOf(await network(engine), 'nat-wxp', 1)).toMatchObject({
    up: true,
    hasDriver: true,
    announcedMbps: 10,
  });
  expect(await tools(true)).toMatchObject({ kind: 'accepted' });
  expect(await card()).toMatchObject({ up: true, hasDriver: true });
});

describe('refused, with a reason, and nothing changed', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open(300);
  });

  it.each<[string, Command]>([
    ['unknown-switch', { kind: 'connect-card', machine: 'local-wxp', card: 0, switch: 'Nowhere' }],
    ['unknown-machine', { kind: 'start-job', machine: 'nobody', job: { kind: 'ping', host: '10.0.0.1' } }],
    ['unknown-card', { kind: 'connect-card', machine: 'local-wxp', card: 3, switch: 'Local' }],
    ['switch-has-cards', { kind: 'remove-switch', switch: 'Local' }],
    ['switch-has-cards', { kind: 'rename-switch', switch: 'Local', name: 'Elsewhere' }],
    ['switch-name-taken', { kind: 'add-switch', switch: 'Nat' }],
    ['switch-in-use', { kind: 'set-uplinks', switch: 'Réal', uplinks: [] }],
    ['card-is-console', { kind: 'set-uplinks', switch: 'Nat', uplinks: ['vmnic0'] }],
    ['uplink-taken', { kind: 'set-uplinks', switch: 'Nat', uplinks: ['vmnic1'] }],
    ['unknown-physical-card', { kind: 'set-cable', physicalCard: 'vmnic7', plugged: false }],
    ['address-invalid', { kind: 'set-address', machine: 'local-wxp', card: 0, address: '192.168.10.255/24' }],
    ...['10.0.0.300/24', '192.168.10.20/99', '127.0.0.1/8', '224.0.0.1/24', 'here'].map(
      (address): [string, Command] => [
        'address-invalid',
        { kind: 'set-address', machine: 'local-wxp', card: 0, address },
      ],
    ),
    [
      'address-invalid',
      { kind: 'start-job', machine: 'local-wxp', job: { kind: 'ping', host: '300.1.1.1' } },
    ],
    ['address-invalid', { kind: 'set-ways', machine: 'local-wxp', gateway: '999.1.1.1' }],
    ['address-invalid', { kind: 'set-ways', machine: 'local-wxp', dns: '255.255.255.255' }],
    ['address-invalid', { kind: 'set-ways', machine: 'local-wxp', proxy: '10.0.0.1:99999' }],
    [
      'too-many-uplinks',
      {
        kind: 'set-uplinks',
        switch: 'Nat',
        uplinks: Array.from({ length: 11 }, (_, n) => `vmnic${n}`),
        bond: 'out-mac',
        homeLink: null,
        notify: false,
      },
    ],
    ['no-firewall', { kind: 'set-firewall-rules', machine: 'local-wxp', rules: [] }],
    ['not-dialled', { kind: 'hang-up', machine: 'home-pc' }],
    ['unknown-machine', { kind: 'hang-up', machine: 'nobody' }],
    ['last-card', { kind: 'remove-card', machine: 'local-wxp', card: 0 }],
    [
      'shaper-out-of-range',
      {
        kind: 'set-shaping',
        machine: 'local-wxp',
        card: 0,
        shaping: { averageKbps: 2000, peakKbps: 1000, burstBytes: 20_000, periodMs: 50, queuePackets: 10 },
      },
    ],
  ])('%s', async (reason, command) => {
    const before = await engine.fingerprint();
    expect(await engine.do(command)).toMatchObject({ kind: 'refused', reason });
    expect(await engine.fingerprint()).toBe(before);
  });

  it('the 33rd port', async () => {
    const engine = await open(1);
    const card = {
      switch: 'Local',
      device: 'vmxnet',
      vlan: 0,
      guestVlan: 0,
      address: null,
      nat: null,
      promiscuous: false,
      forgedAllowed: true,
      shaping: null,
      pool: null,
    } as const;
    let refusal = null;
    for (let n = 0; n < 12 && !refusal; n++) {
      const spec = {
        name: `vm-${n}`,
        guest: 'linux-24',
        workload: 'idle',
        memoryMib: 32,
        vcpus: 1,
        tools: true,
        powerOnAtSeconds: null,
      } as const;
      const receipt = await engine.do({
        kind: 'add-vm',
        spec: {
          ...spec,
          network: {
            cards: [card, card, card],
            gateway: null,
            dns: null,
            proxy: null,
            routes: [],
            roles: { router: false, bridge: false, nat: false, proxy: false, fileShare: false },
            jobs: [],
          },
        },
      });
      if (receipt.kind === 'refused') refusal = receipt.reason;
    }
    expect(refusal).toBe('switch-full');
  });
});

it('going back and on again is the same network, bit for bit, watched or not', async () => {
  const engine = await open(200);
  await engine.do({
    kind: 'start-job',
    machine: 'vmnet1-wxp-pxe',
    job: { kind: 'download', host: 'www.example.org', path: '/page.html', port: 80 },
  });
  await engine.seek(secondsToNs(260));
  const there = await engine.fingerprint();
  await engine.seek(secondsToNs(100));
  await engine.seek(secondsToNs(260));
  expect(await engine.fingerprint()).toBe(there);
});

it('what is seen at a moment depends on the moment only, not on clocks, slices, checkpoints and ways there', async () => {
  const seen = [];
  // The wall clock decides when checkpoints are taken and where slices end: often, or never but at the start.
  for (const clock of [9, 0]) {
    let now = 0;
    const engine = new Engine({ ...surroundings, now: () => (now += clock), turn: () => Promise.resolve() });
    const t = secondsToNs;
    await engine.open({ v: 1, scenario: story, seed: story.seed, commands: [], t: t(100), view: {} });
    const look = async () => {
      const { network, events, series } = await engine.read({
        events: { count: 5000 },
        series: { points: 400 },
        network: { wire: { count: 5000 }, sessions: true, leases: true, firewallLog: { count: 500 } },
      });
      const { wireEdition, ...rest } = network!;
      expect(wireEdition).toBeGreaterThanOrEqual(0);
      return { rest, events, series, fingerprint: await engine.fingerprint() };
    };
    const ping = { kind: 'ping', host: '192.168.10.2' } as const;
    await engine.do({ kind: 'start-job', machine: 'vmnet1-wxp-pxe', job: ping });
    await engine.seek(t(160.3));
    if (clock > 5) await engine.step('event');
    const looks = [];
    for (const seconds of [130.25, 160.3, 101.05, 160.3]) {
      await engine.seek(t(seconds));
      looks.push(await look());
    }
    expect(looks[0]!.rest.wire.length).toBe(Math.min(2000, looks[0]!.rest.wireLast));
    expect(looks[3]).toEqual(looks[1]);
    expect(looks[1]!.rest.wire.length).toBeGreaterThan(100);
    expect(looks[2]!.rest.ports.some(({ txKbps }) => txKbps > 0)).toBe(true);
    const points = [{ kind: 'node', name: 'VMnet1' }] as const;
    const what = { points: [...points], fromNs: t(90), toNs: t(140), maxBytes: 10_000_000 };
    seen.push({ looks, capture: await engine.capture(what) });
  }
  const [often, ...others] = seen;
  for (const other of others) {
    expect(Buffer.compare(other.capture!.pcapng, often!.capture!.pcapng)).toBe(0);
    other.looks.forEach((look, i) => {
      const { rest, ...without } = often!.looks[i]!;
      const { wire, ...network } = rest;
      const { wire: heard, ...otherNetwork } = look.rest;
      expect({ ...look, rest: null }).toEqual({ ...without, rest: null });
      expect(otherNetwork).toEqual(network);
      expect(heard).toEqual(wire);
    });
  }
});

it('one event per beat: each step ends at the next thing heard', async () => {
  const engine = await open(300);
  await engine.do({
    kind: 'start-job',
    machine: 'vmnet1-wxp-pxe',
    job: { kind: 'ping', host: '192.168.10.2' },
  });
  const seen: number[] = [];
  for (let n = 0; n < 5; n++) {
    await engine.step('frame');
    seen.push((await engine.read({ network: {} })).network!.wireLast);
  }
  expect(seen.every((last, i) => i === 0 || last > seen[i - 1]!)).toBe(true);
});

it('a capture of a stretch that is over has its frames, and the world stays where it is', async () => {
  const engine = await open(300);
  await engine.do({
    kind: 'start-job',
    machine: 'vmnet1-wxp-pxe',
    job: { kind: 'download', host: 'www.example.org', path: '/page.html', port: 80 },
  });
  await engine.seek(secondsToNs(330));
  const before = await engine.fingerprint();
  const { packets, pcapng, truncated } = (await engine.capture({
    points: [
      { kind: 'node', name: 'VMnet1' },
      { kind: 'physical-card', name: 'vmnic1' },
    ],
    fromNs: secondsToNs(299),
    toNs: secondsToNs(330),
    maxBytes: 10_000_000,
  }))!;
  expect(truncated).toBe(false);
  expect(packets).toBeGreaterThan(60);
  expect(pcapng.length).toBeGreaterThan(64_000);
  expect(await engine.fingerprint()).toBe(before);
});
