/** The headless runner: what it prints, and what it says of bad input. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { COMPILE_MS, coreModule } from '../../../wasm/tests/core';
import { FrameStream, prefixed, type Line } from './network/tap';
import { main } from './runner';

let core: WebAssembly.Module;
beforeAll(() => {
  core = coreModule('release');
}, COMPILE_MS);

const scenario = {
  v: 1,
  id: 'run',
  seed: 11,
  durationSeconds: 20,
  host: { name: 'esx', memoryMib: 128, consoleMib: 8, options: { overheadBaseMib: 2 } },
  vms: [
    { name: 'a', guest: 'linux-24', memoryMib: 20 },
    { name: 'b', guest: 'linux-24', memoryMib: 20, powerOnAtSeconds: 4 },
    { name: 'c', guest: 'linux-24', memoryMib: 16, powerOnAtSeconds: null },
  ],
};

/** One real machine on one switch. */
const laboratory = {
  ...scenario,
  id: 'laboratory',
  vms: [],
  network: {
    physicalSwitches: [{ name: 'Campus' }],
    stations: [{ name: 'pc', network: { cards: [{ switch: 'Campus', address: '10.0.0.9/24' }] } }],
  },
};

/** Runs it on files that are only here. */
async function run(
  args: string[],
  files: Record<string, unknown> = { 's.json': scenario },
  line: Line | null = null,
) {
  let milliseconds = 0;
  const out: string[] = [];
  const complaints: string[] = [];
  const written: Record<string, Uint8Array> = {};
  const code = await main(args, {
    core,
    read: (path) => {
      const file = files[path];
      if (file === undefined) throw new Error('no such file');
      return typeof file === 'string' ? file : JSON.stringify(file);
    },
    write: (path, bytes) => (written[path] = bytes),
    print: (line) => out.push(line),
    complain: (line) => complaints.push(line),
    connect: (path) => (line ? Promise.resolve(line) : Promise.reject(new Error(`no socket ${path}`))),
    rest: (some) => Promise.resolve(void (milliseconds += some)),
    now: () => milliseconds,
  });
  return {
    code,
    samples: out.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)),
    out,
    complaints,
    written,
  };
}

const sumOf = (ledger: Record<string, number>) =>
  Object.entries(ledger).reduce((sum, [part, bytes]) => (part === 'total' ? sum : sum + bytes), 0);

describe('samples', () => {
  test('one at the end of the scenario, when nothing else is asked', async () => {
    const { code, samples, complaints } = await run(['s.json']);
    expect([code, complaints]).toEqual([0, []]);
    expect(samples.map(({ t }) => t)).toEqual([20]);
    expect(Object.keys(samples[0].vms)).toEqual(['a', 'b', 'c']);
    expect(samples[0].vms.c.power).toBe('off');
  });

  test('every so many seconds, and the last moment always', async () => {
    expect((await run(['s.json', '--every', '6'])).samples.map(({ t }) => t)).toEqual([0, 6, 12, 18, 20]);
    expect((await run(['s.json', '--every', '5', '--until', '10'])).samples.map(({ t }) => t)).toEqual([
      0, 5, 10,
    ]);
    expect((await run(['s.json', '--until', '0'])).samples.map(({ t }) => t)).toEqual([0]);
    expect((await run(['s.json', '--every', '0.25', '--until', '0.6'])).samples.map(({ t }) => t)).toEqual([
      0, 0.25, 0.5, 0.6,
    ]);
  });

  test('in bytes; the ledger’s parts sum to the total exactly, and the VMs to its parts', async () => {
    const { samples } = await run(['s.json', '--every', '1', '--until', '90']);
    expect(samples).toHaveLength(91);
    for (const { hosts, vms } of samples) {
      const { ledger, sharing } = hosts.esx;
      expect(ledger.total).toBe(128 * 2 ** 20);
      expect(sumOf(ledger)).toBe(ledger.total);
      const sum = (key: string) =>
        Object.values<Record<string, number>>(vms).reduce((all, vm) => all + vm[key]!, 0);
      expect(sum('private')).toBe(ledger.private);
      expect(sum('overhead')).toBe(ledger.overhead);
      expect(sum('shared')).toBe(sharing.shared);
      expect(sharing.shared - sharing.reclaimed).toBe(ledger.sharedCopies);
      for (const vm of Object.values<Record<string, number>>(vms))
        expect(vm.allocated).toBe(vm.private! + vm.shared!);
    }
    expect(samples.at(-1).hosts.esx.sharing.shared).toBeGreaterThan(0);
  });

  test('with the events since the one before, each once', async () => {
    const { samples } = await run(['s.json', '--every', '3', '--events', 'all']);
    const sequences = samples.flatMap(({ events }) =>
      events.map((event: { sequence: number }) => event.sequence),
    );
    expect(sequences).toEqual(sequences.map((_, i) => i + 1));
    const some = (await run(['s.json', '--every', '3', '--events', 'vm-powered-on,vm-added'])).samples;
    const kinds = some.flatMap(({ events }) => events.map((event: { kind: string }) => event.kind));
    expect(kinds).toEqual(['vm-added', 'vm-added', 'vm-added', 'vm-powered-on', 'vm-powered-on']);
  });

  test('commands are done at their time', async () => {
    const commands = [
      { timeNs: 8e9, command: { kind: 'power-off', vm: 'a' } },
      { timeNs: 9e9, command: { kind: 'power-on', vm: 'c' } },
    ];
    const { samples } = await run(['s.json', '--do', 'c.json', '--every', '7'], {
      's.json': scenario,
      'c.json': commands,
    });
    expect(samples.map(({ vms }) => [vms.a.power, vms.c.power])).toEqual([
      ['booting', 'off'],
      ['booting', 'off'],
      ['off', 'booting'],
      ['off', 'booting'],
    ]);
  });

  test('--bare scans nothing, and guests do the same', async () => {
    const [bare] = (await run(['s.json', '--bare'])).samples;
    const [full] = (await run(['s.json'])).samples;
    expect(bare.hosts.esx.sharing).toMatchObject({ scanned: 0, shared: 0, hints: 0 });
    expect(full.hosts.esx.sharing.scanned).toBeGreaterThan(0);
    expect(bare.vms.a.allocated).toBe(full.vms.a.allocated);
  });

  test('the fingerprint is that of the run: of its seed, not of its samples', async () => {
    const last = async (args: string[]) =>
      (await run(['s.json', '--fingerprint', ...args])).samples.at(-1).fingerprint;
    const one = await last([]);
    expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect(await last([])).toBe(one);
    expect(await last(['--every', '0.37'])).toBe(one);
    expect(await last(['--seed', '11'])).toBe(one);
    expect(await last(['--seed', '12'])).not.toBe(one);
    const sampled = (await run(['s.json', '--fingerprint', '--every', '10'])).samples;
    expect(sampled.map((sample) => 'fingerprint' in sample)).toEqual([false, false, true]);
  });
});

describe('bad input: exit 2 and one line that says file, place and reason', () => {
  const spoilt = (change: object) => ({ 's.json': { ...scenario, ...change } });
  test.each<[string, string[], Record<string, unknown> | undefined, RegExp]>([
    ['no file named', [], undefined, /^usage: /],
    ['two files', ['s.json', 't.json'], undefined, /^s\.json, t\.json: one scenario at a time; usage: /],
    ['a file that is not there', ['x.json'], undefined, /^x\.json: cannot be read: no such file$/],
    ['not JSON', ['s.json'], { 's.json': '{ "v": 1, ' }, /^s\.json: not JSON: /],
    ['another version', ['s.json'], spoilt({ v: 2 }), /^s\.json: at v: /],
    ['an unknown field', ['s.json'], spoilt({ hots: 1 }), /^s\.json: at hots: /],
    [
      'a wrong number',
      ['s.json'],
      spoilt({ vms: [{ name: 'a', guest: 'linux-24', memoryMib: 0.5 }] }),
      /^s\.json: at vms\.0\.memoryMib: /,
    ],
    [
      'two VMs of one name',
      ['s.json'],
      spoilt({ vms: [scenario.vms[0], scenario.vms[0]] }),
      /^s\.json: .*name-taken/,
    ],
    [
      'a host too small',
      ['s.json'],
      spoilt({ host: { ...scenario.host, memoryMib: 30 } }),
      /^s\.json: .*host-memory-too-small/,
    ],
    [
      'an option out of range',
      ['s.json'],
      spoilt({ host: { ...scenario.host, options: { shareHashBits: 3 } } }),
      /^s\.json: .*option-out-of-range.*shareHashBits/,
    ],
    [
      'a command that is none',
      ['s.json', '--do', 'c.json'],
      { 's.json': scenario, 'c.json': [{ timeNs: 1, command: { kind: 'explode' } }] },
      /^c\.json: at 0\.command\.kind: /,
    ],
    [
      'commands that are no list',
      ['s.json', '--do', 'c.json'],
      { 's.json': scenario, 'c.json': {} },
      /^c\.json: /,
    ],
    ['an unknown option', ['s.json', '--fast'], undefined, /^--fast: unknown option/],
    ['a missing value', ['s.json', '--seed'], undefined, /^--seed: a value is missing/],
    ['a seed that is no number', ['s.json', '--seed', 'x'], undefined, /^--seed: "x" is not a whole number/],
    ['a step of nothing', ['s.json', '--every', '0'], undefined, /^--every: "0" /],
    [
      'an unknown kind',
      ['s.json', '--events', 'page-lost'],
      undefined,
      /^--events: "page-lost" is no kind of event/,
    ],
    [
      'a capture where there is no network',
      ['s.json', '--capture', 'a=b.pcapng'],
      undefined,
      /^--capture: s\.json has no network/,
    ],
    [
      'a tap where there is no network',
      ['s.json', '--tap', 'a=b.sock'],
      undefined,
      /^--tap: s\.json has no network/,
    ],
    [
      'a tap of a switch that is not there',
      ['n.json', '--tap', 'Lokal=b.sock'],
      { 'n.json': laboratory },
      /^--tap: there is no switch "Lokal"; there are: Campus$/,
    ],
    [
      'a tap to nobody',
      ['n.json', '--tap', 'Campus=b.sock'],
      { 'n.json': laboratory },
      /^--tap: nobody listens at b\.sock: no socket b\.sock; start the other side first$/,
    ],
    [
      'a report where there is no network',
      ['s.json', '--report', 'nat'],
      undefined,
      /^--report: s\.json has no network/,
    ],
    [
      'a report of something else',
      ['n.json', '--report', 'nat,memory'],
      { 'n.json': laboratory },
      /^--report: "memory" is no part of the network’s report; there are: network, machines, jobs, /,
    ],
    [
      'a moment for a tap that is not there',
      ['n.json', '--tap-from', '3'],
      { 'n.json': laboratory },
      /^--tap-from: there is no tap to open; name one by --tap SWITCH=SOCKET$/,
    ],
    [
      'a tap after the end',
      ['n.json', '--tap', 'Campus=x', '--tap-from', '20'],
      { 'n.json': laboratory },
      /^--tap-from: the tap would open at 20 s, and the run ends at 20 s; see --until$/,
    ],
    ['an option given twice', ['s.json', '--seed', '1', '--seed', '2'], undefined, /^--seed: given twice/],
    ['a tap without a socket', ['n.json', '--tap', 'Campus'], undefined, /^--tap: .*SWITCH=SOCKET/],
    ['a capture without a file', ['s.json', '--capture', 'Local'], undefined, /^--capture: .*PLACE=FILE/],
  ])('%s', async (_, args, files, line) => {
    const { code, out, complaints } = await run(args, files);
    expect(code).toBe(2);
    expect(out).toEqual([]);
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(line);
    expect(complaints[0]).not.toContain('\n');
  });
});

test('npm run sim: as a program of its own', async () => {
  const root = join(import.meta.dirname, '../../..');
  const sim = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'scripts/sim.mjs'), ...args], { cwd: root, encoding: 'utf8' });
  const file = 'content/scenarios/validation/osdi02-fig4-n2.json';
  const good = sim(file, '--until', '60', '--every', '30', '--fingerprint');
  expect([good.status, good.stderr]).toEqual([0, '']);
  const lines = good.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ t }) => t)).toEqual([0, 30, 60]);
  for (const { hosts } of lines) {
    const [{ ledger }] = Object.values<{ ledger: Record<string, number> }>(hosts) as [
      { ledger: Record<string, number> },
    ];
    expect(sumOf(ledger)).toBe(ledger.total);
  }
  // The same file through the function gives the same state.
  const direct = await run([file, '--until', '60', '--fingerprint'], {
    [file]: readFileSync(join(root, file), 'utf8'),
  });
  expect(lines.at(-1).fingerprint).toBe(direct.samples[0].fingerprint);
  const bad = sim('package.json');
  expect(bad.status).toBe(2);
  expect(bad.stdout).toBe('');
  expect(bad.stderr.trim().split('\n')).toHaveLength(1);
  expect(bad.stderr).toMatch(/^package\.json: at /);
}, 60_000);

test('--help says what each option does, and runs nothing', async () => {
  const out: string[] = [];
  const nothing = () => expect.fail('nothing is to be done');
  const code = await main(['x.json', '--help'], {
    ...{ core, read: nothing, write: nothing, connect: nothing, rest: nothing, now: nothing },
    ...{ print: (line: string) => out.push(line), complain: nothing },
  });
  expect(code).toBe(0);
  for (const option of ['--seed N', '--report PARTS', '--tap SWITCH=SOCKET', '--tap-from SECONDS', '--bare'])
    expect(out.join('\n')).toContain(`  ${option} `);
});

test('a network: switches and their ports, traffic of VMs, every frame accounted for, a capture in a file, a report', async () => {
  const story = JSON.parse(readFileSync('content/scenarios/esx-story.json', 'utf8'));
  const at = (seconds: number, machine: string, job: object) => ({
    timeNs: seconds * 1e9,
    command: { kind: 'start-job', machine, job },
  });
  const page = { kind: 'download', host: 'www.example.org', path: '/page.html' };
  const { code, samples, complaints, written } = await run(
    [
      ...['story.json', '--until', '260', '--every', '200', '--capture', 'Local=local.pcapng'],
      ...['--do', 'c.json', '--report', 'machines,jobs,nat,firewall,leases,tunnels,conversations'],
    ],
    {
      'story.json': story,
      'c.json': [
        at(210, 'nat-wxp', page),
        at(211, 'campus-pc', { kind: 'ping', host: '172.16.4.2' }),
        at(212, 'home-pc', { kind: 'vpn', host: '172.16.4.2' }),
      ],
    },
  );
  expect([code, complaints]).toEqual([0, []]);
  const [, { switches, frames, vms, network: before }, { network }] = samples;
  expect(Object.keys(switches)).toEqual(['Campus', 'Internet', 'Réal', 'Local', 'Nat', 'VMnet1']);
  expect(frames.agrees).toBe(true);
  expect(vms['local-wxp'].netTx).toBeGreaterThan(300);
  const frameCount = [...readCapture(written['local.pcapng']!)].length;
  const entered = samples[2].switches.Local.ports.reduce(
    (sum: number, port: { rxFrames: number }) => sum + port.rxFrames,
    0,
  );
  expect(frameCount).toBe(entered);

  expect(
    network.jobs.map(({ machine, kind, state }: Record<string, string>) => [machine, kind, state]),
  ).toEqual(
    expect.arrayContaining([
      ['nat-wxp', 'download', 'done'],
      ['campus-pc', 'ping', 'failed'],
      ['home-pc', 'vpn', 'done'],
    ]),
  );
  // The NAT's line says under which port the other side knows the caller, and the wire has both.
  expect(before.nat.some(({ outsidePort }: { outsidePort: number }) => outsidePort === 8080)).toBe(false);
  const row = network.nat.find(({ outsidePort }: { outsidePort: number }) => outsidePort === 8080);
  expect(row).toMatchObject({
    machine: 'local-w2k3srv-nat',
    protocol: 'tcp',
    inside: network.machines['nat-wxp'].ports[0].address.replace('/24', ''),
    outside: '192.168.10.1',
  });
  const proxied = network.conversations.filter(({ b }: { b: { port: number } }) => b.port === 8080);
  expect(proxied.map(({ a, b }: Record<string, object>) => [a, b])).toEqual([
    [
      { address: row.inside, port: row.insidePort },
      { address: '192.168.10.1', port: 8080 },
    ],
    [
      { address: '192.168.10.2', port: row.publicPort },
      { address: '192.168.10.1', port: 8080 },
    ],
  ]);
  expect(proxied[0].frames).toEqual([row.packetsOut, row.packetsBack]);
  // Decisions by the name of their rule; the default rule has none. Only what is newer than the sample before.
  const decided = network.firewall.map(({ rule, allowed, protocol, from, t }: Record<string, unknown>) => {
    expect(t).toBeGreaterThan(200);
    return [protocol, from, allowed, rule].join(' ');
  });
  expect(decided).toContain('tcp Local true Web proxy for the internal networks');
  expect(decided).toContain('tcp Réal true VPN calls from outside');
  expect(decided).toContain('icmp Réal false ');
  const wall = network.machines['real-w2k3srv-isa'];
  expect(
    wall.dropped['firewall-rule'] - (before.machines['real-w2k3srv-isa'].dropped['firewall-rule'] ?? 0),
  ).toBe(network.firewall.filter(({ allowed }: { allowed: boolean }) => !allowed).length);
  expect(wall.ports.map(({ to, address }: Record<string, string>) => [to, address])).toEqual([
    ['Réal', '172.16.4.2/24'],
    ['Local', '192.168.10.1/24'],
  ]);
  expect(network.tunnels).toMatchObject([
    { machine: 'home-pc', end: 'client', state: 'open' },
    { machine: 'real-w2k3srv-isa', end: 'server', state: 'open' },
  ]);
  expect(network.leases.map(({ address }: { address: string }) => address)).toContain(
    network.tunnels[0].address,
  );
});

test('who reaches the share is tried at the end, and told with its way or its failure', async () => {
  const station = (name: string, address: string, roles = {}) => ({
    name,
    network: { cards: [{ switch: 'Campus', address }], roles },
  });
  const world = {
    ...laboratory,
    network: {
      ...laboratory.network,
      stations: [
        station('files', '10.0.0.2/24', { fileShare: true }),
        station('pc', '10.0.0.9/24'),
        station('stray', '10.9.0.9/24'),
      ],
    },
  };
  const { samples } = await run(['n.json', '--every', '10', '--fingerprint', '--report', 'reach'], {
    'n.json': world,
  });
  expect(samples.slice(0, -1).map(({ network }) => network)).toEqual([{}, {}]);
  const { reach } = samples.at(-1).network;
  expect(reach.filter(({ service }: { service: string }) => service === 'share')).toMatchObject([
    { from: 'pc', to: 'files', reached: true, failure: null, way: ['pc', 'Campus', 'files'] },
    { from: 'stray', to: 'files', reached: false, failure: 'unreachable' },
  ]);
  // Tried in a copy: the run is what it would be without.
  const [plain] = (await run(['n.json', '--fingerprint'], { 'n.json': world })).samples;
  expect(samples.at(-1).fingerprint).toBe(plain.fingerprint);
});

test('what moves without frames: asked = moved + given up + still to come', async () => {
  const served = JSON.parse(readFileSync('content/scenarios/wsus-production.json', 'utf8'));
  const { samples } = await run(['p.json', '--until', '1200', '--bare', '--report', 'flows,clients'], {
    'p.json': served,
  });
  const { flows, clients } = samples[0].network;
  expect(clients).toMatchObject([{ stations: 'campus-pc', total: 900, packetTrue: 9 }]);
  const parts = flows.list.filter(({ to }: { to: string }) => to === 'stisrv5-w2k3srv-wus');
  expect(parts.map(({ state }: { state: string }) => state)).toEqual(Array(15).fill('running'));
  type Flow = { ended: number | null; bytes: number; done: number };
  const left = flows.list.reduce(
    (sum: number, one: Flow) => sum + (one.ended === null ? one.bytes - one.done : 0),
    0,
  );
  expect(flows.moved).toBeGreaterThan(0);
  expect(flows.asked).toBe(flows.moved + flows.givenUp + left);
});

describe('a tap', () => {
  // Who has 10.0.0.9? Tell 10.0.0.5 at 02:00:00:00:00:05.
  const question = Buffer.from(
    'ffffffffffff02000000000508060001080006040001' + '0200000000050a000005' + '0000000000000a000009',
    'hex',
  );

  /** The other side: says what it is given, in pieces, and keeps what it hears until it has heard enough. */
  function machine(chunks: Uint8Array[], enough: number) {
    const stream = new FrameStream();
    const heard: Uint8Array[] = [];
    const line: Line = {
      send: (bytes) => {
        heard.push(...[...stream.push(bytes)].map((frame) => frame.slice()));
        return true;
      },
      receive: () => chunks.splice(0, 1),
      get isOpen() {
        return heard.length < enough;
      },
      close: () => undefined,
    };
    return { line, heard };
  }

  test('who speaks there is answered, however the stream is cut, and its going ends the run', async () => {
    const bytes = prefixed(question);
    const { line, heard } = machine([bytes.subarray(0, 3), bytes.subarray(3, 20), bytes.subarray(20)], 1);
    const { code, samples, complaints } = await run(
      ['n.json', '--tap', 'Campus=x', '--tap-from', '5', '--until', '20'],
      { 'n.json': laboratory },
      line,
    );
    expect([code, complaints]).toEqual([0, []]);
    const answer = Buffer.from(heard.at(-1)!);
    expect(answer.subarray(0, 6).toString('hex')).toBe('020000000005');
    expect(answer.subarray(12, 22).toString('hex')).toBe('08060001080006040002');
    expect([...answer.subarray(28, 32)]).toEqual([10, 0, 0, 9]);
    expect(samples).toHaveLength(1);
    expect(samples[0].tap).toEqual({ in: 1, out: heard.length, lost: 0 });
    expect(samples[0].t).toBeGreaterThan(5);
    expect(samples[0].t).toBeLessThan(6);
    expect(samples[0].frames.agrees).toBe(true);
  });

  test('something that is not frames: exit 2 and what was wrong', async () => {
    const { line } = machine([Buffer.from('GET / HTTP/1.0\r\n')], 99);
    const { code, complaints } = await run(['n.json', '--tap', 'Campus=x'], { 'n.json': laboratory }, line);
    expect(code).toBe(2);
    expect(complaints).toEqual([
      '--tap: the other side sent a length of 1195725856 bytes, where a frame has at most 65535',
    ]);
  });
});

describe('a host that is full', () => {
  const [SQL, FILES, XP] = ['stisrv9-w2k3srv-sql2005', 'local-w2k3srv-files', 'local-wxp'];
  const files = {
    'full.json': readFileSync('content/scenarios/full-host.json', 'utf8'),
    'no-tools.json': [SQL, FILES, XP].map((vm) => ({
      timeNs: 590e9,
      command: { kind: 'set-tools', vm, tools: false },
    })),
  };
  const story = async (...args: string[]) =>
    (await run(['full.json', '--until', '1260', '--every', '600', '--why', ...args], files)).samples;

  test('the second VM gives memory to the first by its balloon, the guest pages out, and each decision has its causes', async () => {
    const samples = await story('--events', 'balloon-target-set');
    const [before, after] = [samples[1], samples.at(-1)];
    expect([before.t, after.t]).toEqual([600, 1260]);
    expect(after.vms[FILES].ballooned).toBeGreaterThan(before.vms[FILES].ballooned);
    expect(after.vms[SQL].allocated).toBeGreaterThan(before.vms[SQL].allocated);
    expect(after.vms[SQL].pagedOut).toBeGreaterThan(0);
    expect(after.hosts.stisrv4.swapUsed).toBe(0);
    const events = samples.slice(2).flatMap((sample) => sample.events);
    const { why } = events.find(({ vm }: { vm: string }) => vm === FILES);
    expect(why.map(({ kind }: { kind: string }) => kind)).toEqual(['targets-set', 'state-changed']);
  });

  test('without Tools the same crisis ends in the swap file', async () => {
    const last = (await story('--events', 'page-swapped-out', '--do', 'no-tools.json')).at(-1);
    expect(last.hosts.stisrv4.ballooned).toBe(0);
    expect(last.hosts.stisrv4.swapUsed).toBeGreaterThan(20 * 2 ** 20);
    const swapped = last.events.at(-1);
    expect(swapped.reason).toBe('no-balloon-driver');
    expect(swapped.why.length).toBeGreaterThan(0);
  });

  test('--help says how, and --why asks for events', async () => {
    const { code, out } = await run(['--help']);
    expect([code, out.join()]).toEqual([0, expect.stringMatching(/--why .*page-swapped-out/s)]);
    expect((await run(['full.json', '--why'], files)).complaints).toEqual([
      '--why: needs --events, whose causes it prints',
    ]);
  });
});

/** Enhanced packet blocks of a pcapng file. */
function* readCapture(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += view.getUint32(at + 4, true))
    if (view.getUint32(at, true) === 6) yield at;
}
