/**
 * Outside judge: tshark reads what each scenario's network captures, with its checksum verification switched on. Nothing
 * malformed, no wrong checksum, as many frames as we say, and the objects it reassembles are those that were sent.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, describe, expect, it } from 'vitest';
import { macText } from '#lib/core/addresses';
import { Run } from '#lib/sim/run';
import { secondsToNs } from '#lib/units';
import { scenarioSchema, type Command, type Scenario } from '#lib/world/schema';
import { networkKit } from '.';
import { listenersOf, Recorder } from './capture';

const core = new WebAssembly.Module(readFileSync('wasm/build/core.wasm'));
const hasTshark = spawnSync('tshark', ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'captures-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MOST_PACKETS = 40_000;
const CHECKS = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
const WRONG =
  '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0';

function tshark(file: string, ...args: string[]): string[] {
  const run = spawnSync('tshark', ['-r', file, '-n', ...CHECKS, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  expect(run.status, run.stderr).toBe(0);
  return run.stdout.split('\n').filter((line) => line !== '');
}

const networks: Scenario[] = readdirSync('content/scenarios')
  .filter((name) => name.endsWith('.json'))
  .map((name) => v.parse(scenarioSchema, JSON.parse(readFileSync(join('content/scenarios', name), 'utf8'))))
  .filter(({ network }) => network !== undefined);

/** Runs a scenario and listens at every switch. */
function capture(
  scenario: Scenario,
  untilSeconds: number,
  commands: { atSeconds: number; command: Command }[] = [],
) {
  const timed = commands.map(({ atSeconds, command }) => ({ timeNs: secondsToNs(atSeconds), command }));
  const document = { v: 1 as const, scenario, seed: scenario.seed, commands: timed, t: 0, view: {} };
  const run = new Run(core, document, scenario, () => performance.now(), 0, networkKit);
  const { switches, physicalSwitches } = scenario.network!;
  const points = [...switches, ...physicalSwitches].map(({ name }) => ({ kind: 'node' as const, name }));
  const recorder = new Recorder(run, listenersOf(run, points), 200_000_000);
  // A storm brings in a second what others have in an hour: its beginning is enough.
  while (recorder.packets < MOST_PACKETS && run.advance(secondsToNs(untilSeconds))) recorder.take(0);
  recorder.take(0);
  const { pcapng, packets, truncated } = recorder.end();
  expect(truncated).toBe(false);
  const conservation = run.world.network!.net.conservation();
  expect(conservation.made + conservation.copied).toBe(
    conservation.consumed + conservation.dropped + conservation.onTheWay,
  );
  expect(run.world.network!.net.audit()).toBe(0);
  const file = join(folder, `${scenario.id}.pcapng`);
  writeFileSync(file, pcapng);
  return { run, file, packets, pcapng };
}

const cardOf = (run: Run, name: string): string =>
  macText(run.world.network!.net.port(run.world.registry.network.machines.get(name)!.cards[0]!.port).mac);

it('there are scenarios with a network', () => expect(networks.length).toBeGreaterThan(0));

describe.skipIf(!hasTshark)('tshark, where it is installed', () => {
  it.each(networks.map((scenario) => ({ id: scenario.id, scenario })))(
    '$id: nothing malformed, no wrong checksum, every frame there',
    ({ scenario }) => {
      const { file, packets } = capture(scenario, 240);
      expect(packets).toBeGreaterThan(20);
      const faults = (of: string, ...options: string[]) =>
        tshark(of, ...options, '-Y', WRONG, '-T', 'fields', '-e', 'frame.number', '-e', '_ws.col.info');
      // A frame is there once for each switch it crosses: a reader that puts streams together takes that for a fault.
      expect(faults(file, '-o', 'tcp.desegment_tcp_streams:FALSE')).toEqual([]);
      const one = join(folder, 'one.pcapng');
      tshark(file, '-Y', 'frame.interface_id == 0', '-w', one);
      expect(faults(one)).toEqual([]);
      expect(tshark(file, '-T', 'fields', '-e', 'frame.number')).toHaveLength(packets);
    },
    60_000,
  );

  it('the page that came through proxy and NAT is, by hash, the one that the server has', () => {
    const scenario = networks.find(({ id }) => id === 'esx-story')!;
    const download = { kind: 'download', host: 'www.example.org', path: '/page.html', port: 80 } as const;
    const { run, file } = capture(scenario, 330, [
      { atSeconds: 300, command: { kind: 'start-job', machine: 'vmnet1-wxp-pxe', job: download } },
    ]);
    const objects = join(folder, 'objects');
    tshark(file, '--export-objects', `http,${objects}`, '-q');
    const server = run.world.registry.network.machines.get('www')!.node;
    const sent = run.world.network!.net.object(server, '/page.html')!;
    const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    const found = readdirSync(objects).map((name) => hash(readFileSync(join(objects, name))));
    expect(found.length).toBeGreaterThanOrEqual(2);
    expect(new Set(found)).toEqual(new Set([hash(sent)]));
    // A host says where its VMs are when they come up: reverse ARP, asking for the sender's own address.
    const fields = ['eth.src', 'eth.dst', 'arp.src.hw_mac', 'arp.dst.hw_mac'].flatMap((of) => ['-e', of]);
    const mac = cardOf(run, 'vmnet1-wxp-pxe');
    const told = tshark(
      file,
      '-Y',
      `eth.type == 0x8035 && arp.opcode == 3 && eth.src == ${mac}`,
      '-T',
      'fields',
      ...fields,
    );
    expect(new Set(told)).toEqual(new Set([[mac, 'ff:ff:ff:ff:ff:ff', mac, mac].join('\t')]));
    // What RIS sent to the machine that booted from the network: on VMnet1 alone, so that each frame is there once.
    const one = join(folder, 'vmnet1.pcapng');
    const boots = `tftp && eth.addr == ${mac}`;
    tshark(file, '-Y', boots, '-w', one);
    const files = join(folder, 'files');
    tshark(one, '--export-objects', `tftp,${files}`, '-q');
    const ris = run.world.registry.network.machines.get('vmnet1-w2k3srv-risghost')!.node;
    const image = run.world.network!.net.object(ris, '/OSChooser/i386/startrom.com')!;
    expect(readdirSync(files).map((name) => hash(readFileSync(join(files, name))))).toEqual([hash(image)]);
  }, 60_000);

  it('a planted fault is flagged: this judge can say no', () => {
    const { file, pcapng } = capture(
      networks.find(({ id }) => id === 'esx-story')!,
      120,
    );
    const bad = pcapng.slice();
    // The first IPv4 header with a UDP behind it: its time to live is changed and the checksum is not.
    const at = bad.findIndex(
      (byte, i) => byte === 0x08 && bad[i + 1] === 0x00 && bad[i + 2] === 0x45 && bad[i + 11] === 17,
    );
    expect(at).toBeGreaterThan(0);
    bad[at + 10] = bad[at + 10]! - 1;
    writeFileSync(file, bad);
    expect(tshark(file, '-Y', WRONG)).toHaveLength(1);
  }, 60_000);
});
