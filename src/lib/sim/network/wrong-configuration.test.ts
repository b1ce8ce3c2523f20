/** What a wrong configuration does to a network: refused where no machine could have it, otherwise the failure it causes. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Engine } from '#lib/sim/engine';
import { nodeSurroundings } from '#lib/sim/node-surroundings';
import { secondsToNs } from '#lib/units';
import { scenarioSchema, type Command, type Scenario } from '#lib/world/schema';

const core = WebAssembly.compile(readFileSync('wasm/build/core.wasm'));
const surroundings = nodeSurroundings(() => core);
type Json = Record<string, unknown>;

const address = (n: number) => `10.0.0.${n}/24`;
const card = (of: Json): Json => ({ switch: 'vSwitch', ...of });
const vm = (name: string, of: Json, ways: Json = {}): Json => ({
  name,
  guest: 'linux-24',
  workload: 'idle',
  memoryMib: 32,
  network: { cards: [card(of)], ...ways },
});
/** A host with two VMs behind one uplink, and a PC of the building, all in 10.0.0.0/24. */
function scenario({
  guests,
  uplinkVlan = 0,
  pc = {},
}: {
  guests: Json[];
  uplinkVlan?: number;
  pc?: Json;
}): Scenario {
  const story = JSON.parse(readFileSync('content/scenarios/esx-story.json', 'utf8'));
  return v.parse(scenarioSchema, {
    ...story,
    vms: guests,
    network: {
      physicalSwitches: [{ name: 'floor' }],
      cards: [{ name: 'vmnic0', to: 'floor', vlan: uplinkVlan }],
      switches: [{ name: 'vSwitch', uplinks: ['vmnic0'] }],
      stations: [{ name: 'pc', network: { cards: [{ switch: 'floor', address: address(9), ...pc }] } }],
    },
  });
}

async function open(of: Scenario): Promise<Engine> {
  const engine = new Engine(surroundings);
  const opened = await engine.open({
    v: 1,
    scenario: of,
    seed: 1,
    commands: [],
    t: secondsToNs(120),
    view: {},
  });
  expect(opened).toMatchObject({ kind: 'opened' });
  return engine;
}
const network = async (engine: Engine) => (await engine.read({ network: { audit: true } })).network!;
const accepted = async (engine: Engine, command: Command) =>
  expect(await engine.do(command)).toMatchObject({ kind: 'accepted' });

/** How many frames were dropped in the whole network, by reason. */
async function dropsOf(engine: Engine): Promise<Record<string, number>> {
  const drops: Record<string, number> = {};
  for (const node of (await network(engine)).nodes)
    for (const { reason, frames } of node.drops) drops[reason] = (drops[reason] ?? 0) + frames;
  return drops;
}

/** Pings once. @returns whether an answer came, and what was dropped meanwhile */
async function ping(engine: Engine, machine: string, host: string) {
  const before = await dropsOf(engine);
  const at = (await engine.read({})).timeNs;
  await accepted(engine, { kind: 'start-job', machine, job: { kind: 'ping', host } });
  await engine.seek(at + secondsToNs(30));
  const { conservation, jobs } = await network(engine);
  expect(conservation.agrees).toBe(true);
  const dropped = Object.fromEntries(
    Object.entries(await dropsOf(engine)).map(([reason, frames]) => [reason, frames - (before[reason] ?? 0)]),
  );
  return { answered: jobs.find(({ startedNs }) => startedNs === at)!.state === 'done', dropped };
}

describe('VLANs: who tags, and who may not', () => {
  // VLAN of the VM's port (0 none, 4095: the guest tags), what the guest tags with, the building's port, the PC's VLAN.
  it.each<
    [
      string,
      { vlan: number; guestVlan?: number; uplink: number; pc: number; answered: boolean; why?: string },
    ]
  >([
    ['nobody tags', { vlan: 0, uplink: 0, pc: 0, answered: true }],
    ['the switch tags, the building’s port is a trunk', { vlan: 105, uplink: 4095, pc: 105, answered: true }],
    [
      'the switch tags, the building’s port is in one VLAN',
      { vlan: 105, uplink: 105, pc: 105, answered: false, why: 'other-vlan' },
    ],
    [
      'the switch tags, the building’s port knows no VLAN',
      { vlan: 105, uplink: 0, pc: 0, answered: false, why: 'other-vlan' },
    ],
    [
      'the switch tags with another VLAN',
      { vlan: 106, uplink: 4095, pc: 105, answered: false, why: 'nobody-else' },
    ],
    ['the building tags: its port is in the VLAN', { vlan: 0, uplink: 105, pc: 105, answered: true }],
    ['nobody tags on a trunk', { vlan: 0, uplink: 4095, pc: 105, answered: false, why: 'nobody-else' }],
    [
      'the guest tags, its port lets it',
      { vlan: 4095, guestVlan: 105, uplink: 4095, pc: 105, answered: true },
    ],
    [
      'the guest tags, its port does not let it',
      { vlan: 0, guestVlan: 105, uplink: 4095, pc: 105, answered: false, why: 'other-vlan' },
    ],
    [
      'guest and switch both tag',
      { vlan: 105, guestVlan: 105, uplink: 4095, pc: 105, answered: false, why: 'other-vlan' },
    ],
    [
      'the guest should tag and does not',
      { vlan: 4095, uplink: 4095, pc: 105, answered: false, why: 'nobody-else' },
    ],
  ])('%s', async (_, { vlan, guestVlan = 0, uplink, pc, answered, why }) => {
    const guests = [vm('a', { address: address(1), vlan, guestVlan })];
    const engine = await open(scenario({ guests, uplinkVlan: uplink, pc: { vlan: pc } }));
    const result = await ping(engine, 'a', '10.0.0.9');
    expect(result.answered).toBe(answered);
    const ends = Object.keys(result.dropped).filter((reason) => result.dropped[reason]! > 0);
    expect(ends).toEqual(answered ? [] : expect.arrayContaining([why, 'no-arp-answer']));
  });

  it('two VMs in different VLANs of a switch do not hear each other; one command, and they do', async () => {
    const guests = [vm('a', { address: address(1), vlan: 105 }), vm('b', { address: address(2), vlan: 106 })];
    const engine = await open(scenario({ guests }));
    expect(await ping(engine, 'a', '10.0.0.2')).toMatchObject({ answered: false });
    await accepted(engine, { kind: 'connect-card', machine: 'b', card: 0, switch: 'vSwitch', vlan: 105 });
    expect(await ping(engine, 'a', '10.0.0.2')).toMatchObject({ answered: true });
  });
});

it('a gateway that is not in the machine’s own network: what is elsewhere is unreachable, and nothing is sent', async () => {
  const guests = [vm('a', { address: address(1) }, { gateway: '192.168.1.1' })];
  const engine = await open(scenario({ guests }));
  const { made } = (await network(engine)).conservation;
  expect(await ping(engine, 'a', '8.8.8.8')).toMatchObject({ answered: false });
  const after = await network(engine);
  expect(after.jobs.at(-1)).toMatchObject({ failure: 'unreachable' });
  expect(after.conservation.made).toBe(made);
  // What is in its own network needs no gateway.
  expect(await ping(engine, 'a', '10.0.0.9')).toMatchObject({ answered: true });
});

it('two machines with one address: whoever has it second is told, and the event names it', async () => {
  const guests = [vm('a', { address: address(1) }), vm('b', { address: address(2) })];
  const engine = await open(scenario({ guests }));
  await accepted(engine, { kind: 'set-address', machine: 'b', card: 0, address: address(1) });
  await ping(engine, 'b', '10.0.0.9');
  const { events } = await engine.read({ events: { count: 5, kinds: ['address-conflict'] } });
  expect(events.map(({ node }) => node)).toContain('a');
});

describe('hardware addresses', () => {
  const mac = '00:50:56:00:00:07';
  it('no two cards get the same: refused by name, and nothing changed', async () => {
    const engine = await open(scenario({ guests: [vm('a', { mac, address: address(1) }), vm('b', {})] }));
    const before = await engine.fingerprint();
    const { network: spec } = v.parse(scenarioSchema, scenario({ guests: [vm('b', { mac })] })).vms[0]!;
    expect(await engine.do({ kind: 'add-card', machine: 'b', spec: spec!.cards[0]! })).toMatchObject({
      kind: 'refused',
      reason: 'mac-taken',
      args: { mac, machine: 'a' },
    });
    expect(await engine.fingerprint()).toBe(before);
  });

  it('a scenario whose cards share one does not open, and says why', async () => {
    const engine = new Engine(surroundings);
    const twice = scenario({ guests: [vm('a', { mac }), vm('b', { mac })] });
    expect(
      await engine.open({ v: 1, scenario: twice, seed: 1, commands: [], t: secondsToNs(1), view: {} }),
    ).toMatchObject({ kind: 'refused', reason: 'mac-taken' });
  });

  it('a card that comes for one that went does not take the address of the one that stayed', async () => {
    const engine = await open(scenario({ guests: [vm('a', { address: address(1) })] }));
    const spec = scenario({ guests: [vm('a', { address: null })] }).vms[0]!.network!.cards[0]!;
    await accepted(engine, { kind: 'add-card', machine: 'a', spec });
    await accepted(engine, { kind: 'remove-card', machine: 'a', card: 0 });
    await accepted(engine, { kind: 'add-card', machine: 'a', spec });
    const reading = await network(engine);
    const { node } = reading.nodes.find(({ name }) => name === 'a')!;
    const macs = reading.ports.filter((port) => port.node === node).map((port) => port.mac);
    expect(new Set(macs).size).toBe(2);
  });
});

it('what is said to all and heard by nobody is no trouble: it was for others, and nobody answers it', async () => {
  const story = v.parse(scenarioSchema, JSON.parse(readFileSync('content/scenarios/esx-story.json', 'utf8')));
  const drops = await dropsOf(await open(story));
  expect(drops['not-for-me']).toBeGreaterThan(0);
  expect(drops['no-listener'] ?? 0).toBe(0);
});
