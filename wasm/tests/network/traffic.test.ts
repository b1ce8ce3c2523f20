/** True traffic over the core's network: what a station sends arrives, through whatever lies between, byte for byte. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Reason } from '#lib/core/core';
import { parseAddress } from '#lib/core/addresses';
import { captureOf, hasTshark, tshark } from '#lib/capture/tshark';
import { Failure, JobKind, JobState, StationRole, WireMask } from '#lib/core/network';
import { COMPILE_MS, coreModule } from '../core';
import { lab } from './lab';

beforeAll(() => void coreModule('debug'), COMPILE_MS);
const A = parseAddress;

describe('one virtual switch', () => {
  it('an echo comes back, after a question for the address', () => {
    const l = lab();
    const v = l.virtualSwitch('Local');
    const a = l.station('a');
    const b = l.station('b');
    l.card(a, v, '10.0.0.1/24');
    l.card(b, v, '10.0.0.2/24');
    const job = l.start(a, JobKind.ping, '10.0.0.2');
    l.run(1);
    expect(l.net.job(job).state).toBe(JobState.done);
    expect(l.net.job(job).micros).toBeGreaterThan(0);
    l.conserved();
  });

  it('a DHCP client gets an address, a DNS client an answer, an HTTP client the bytes', () => {
    const l = lab();
    const v = l.virtualSwitch('Local');
    const server = l.station(
      'server',
      StationRole.dhcpServer | StationRole.dnsServer | StationRole.httpServer,
    );
    const { card } = l.card(server, v, '192.168.10.1/24');
    expect(
      l.net.setPool(card, {
        first: A('192.168.10.100'),
        last: A('192.168.10.110'),
        router: 0,
        dns: A('192.168.10.1'),
      }),
    ).toBe(Reason.none);
    expect(l.net.addRecord(server, 'www.local', A('192.168.10.1'))).toBe(Reason.none);
    expect(l.net.addObject(server, '/file', 300_000, 5)).toBe(Reason.none);
    const client = l.station('client');
    const { card: clientCard } = l.card(client, v, 'dhcp');
    l.run(5);
    expect(l.net.port(clientCard).address).toBe(A('192.168.10.100'));
    l.net.watch(clientCard, WireMask.received);
    const job = l.start(client, JobKind.download, 'www.local', '/file');
    l.run(10);
    expect(l.net.job(job)).toMatchObject({ state: JobState.done, bytes: 300_000, status: 200 });
    // What came over the wire, put together again by sequence number, is the object.
    const body = reassemble(l.net.drainWire().map(({ bytes }) => bytes));
    expect(Buffer.compare(body.subarray(body.indexOf('\r\n\r\n') + 4), l.net.object(server, '/file')!)).toBe(
      0,
    );
    l.conserved();
  });
});

it('clients that nobody answers ask again after 4, 8, 16, 32, 64 s, each a second more or less, and never together', () => {
  const l = lab();
  const v = l.virtualSwitch('Local');
  const cards = Array.from({ length: 5 }, (_, i) => l.card(l.station(`pc${i}`), v, 'dhcp').card);
  for (const card of cards) l.net.watch(card, WireMask.sent);
  l.run(200);
  // The first question left with the cable, at 0.
  const asked = new Map(cards.map((card) => [card, [0]]));
  for (const { port, timeNs } of l.net.drainWire()) asked.get(port)!.push(timeNs / 1e9);
  const waits = cards.map((card) =>
    asked
      .get(card)!
      .slice(1)
      .map((at, i) => at - asked.get(card)![i]!),
  );
  for (const of of waits) {
    expect(of.map((wait) => 2 ** Math.round(Math.log2(wait)))).toEqual([4, 8, 16, 32, 64]);
    for (const [i, wait] of of.entries()) expect(Math.abs(wait - 2 ** (i + 2))).toBeLessThanOrEqual(1);
  }
  expect(new Set(waits.flat()).size).toBe(25);
  l.conserved();
});

/** Data of the TCP segments from port 80, in the order of their sequence numbers. */
function reassemble(frames: Uint8Array[]): Buffer {
  const parts = new Map<number, Uint8Array>();
  for (const frame of frames) {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    if (view.getUint16(12) !== 0x800 || frame[23] !== 6 || view.getUint16(34) !== 80) continue;
    const total = view.getUint16(16);
    const header = (frame[46]! >> 4) * 4;
    parts.set(view.getUint32(38), frame.subarray(34 + header, 14 + total));
  }
  const order = [...parts].filter(([, data]) => data.length > 0).sort(([a], [b]) => a - b);
  return Buffer.concat(order.map(([, data]) => data));
}

describe('through NAT and proxy', () => {
  /** The story's way: an isolated network, NAT, Local, a firewall with its proxy, the world. */
  function story() {
    const l = lab();
    const [isolated, local, real] = ['VMnet1', 'Local', 'Real'].map(l.virtualSwitch) as [
      number,
      number,
      number,
    ];
    const campus = l.physicalSwitch('campus');
    const uplink = l.port(real, true);
    expect(l.net.connect(uplink, l.port(campus))).toBe(Reason.none);

    const pc = l.station('pc');
    const pcCard = l.card(pc, isolated, '10.1.0.5/24').card;
    const nat = l.station('nat', StationRole.nat);
    expect(l.net.setNatSide(l.card(nat, isolated, '10.1.0.1/24').card, 'inside')).toBe(Reason.none);
    expect(l.net.setNatSide(l.card(nat, local, '10.2.0.1/24').card, 'outside')).toBe(Reason.none);
    const wall = l.station('wall', StationRole.firewall | StationRole.proxy);
    const wallIn = l.card(wall, local, '10.2.0.254/24').card;
    l.card(wall, real, '172.16.0.2/24');
    const web = l.station('web', StationRole.httpServer | StationRole.dnsServer);
    l.card(web, campus, '172.16.0.80/24');
    const inner = l.station('inner');
    l.card(inner, local, '10.2.0.9/24');
    expect(l.net.addObject(web, '/page', 32_768, 9)).toBe(Reason.none);
    expect(l.net.addRecord(web, 'www.example.org', A('172.16.0.80'))).toBe(Reason.none);
    l.net.setWays(pc, { gateway: A('10.1.0.1'), dns: A('172.16.0.80') });
    l.net.setWays(nat, { gateway: A('10.2.0.254') });
    l.net.setWays(inner, { gateway: A('10.2.0.254') });
    l.net.setWays(wall, { gateway: A('172.16.0.1'), dns: A('172.16.0.80') });
    l.net.setWays(web, { gateway: A('172.16.0.2') });
    const rule = { protocol: 0, firstPort: 0, lastPort: 65_535, signedIn: false };
    expect(
      l.net.addRule(wall, {
        ...rule,
        name: 'proxy',
        allow: true,
        from: wallIn,
        to: 'local-host',
        protocol: 6,
        firstPort: 8080,
        lastPort: 8080,
      }),
    ).toBe(Reason.none);
    return { ...l, pc, pcCard, nat, wall, web, inner };
  }

  it('an echo crosses the NAT and finds its way back; the table remembers it', () => {
    const s = story();
    const job = s.start(s.pc, JobKind.ping, '10.2.0.9');
    s.run(2);
    expect(s.net.job(job).state).toBe(JobState.done);
    expect(s.net.sessions().filter(({ publicPort }) => publicPort > 0)).toHaveLength(1);
    s.conserved();
  });

  it('a NAT that has conversations of its own gets its own answers, not those of its clients', () => {
    const l = lab();
    const [inside, outside] = [l.virtualSwitch('inside'), l.virtualSwitch('outside')];
    const nat = l.station('nat', StationRole.nat);
    expect(l.net.setNatSide(l.card(nat, inside, '10.1.0.1/24').card, 'inside')).toBe(Reason.none);
    expect(l.net.setNatSide(l.card(nat, outside, '10.2.0.1/24').card, 'outside')).toBe(Reason.none);
    const client = l.station('client');
    l.card(client, inside, '10.1.0.5/24');
    const server = l.station('server', StationRole.dnsServer | StationRole.httpServer);
    l.card(server, outside, '10.2.0.9/24');
    expect(l.net.addObject(server, '/page', 32_768, 9)).toBe(Reason.none);
    expect(l.net.addRecord(server, 'www.example.org', A('10.2.0.9'))).toBe(Reason.none);
    l.net.setWays(client, { gateway: A('10.1.0.1'), dns: A('10.2.0.9') });
    l.net.setWays(nat, { dns: A('10.2.0.9') });
    // Both ask the same server, again and again: their ports never meet.
    const jobs = Array.from({ length: 12 }, (_, n) => {
      const who = n % 2 === 0 ? client : nat;
      const job = l.start(who, JobKind.download, 'www.example.org', '/page');
      l.run(1);
      return job;
    });
    expect(jobs.map((job) => l.net.job(job).state)).toEqual(jobs.map(() => JobState.done));
    l.conserved();
  });

  it('the firewall stops who goes straight to the Web, and says by which rule; the proxy serves', () => {
    const s = story();
    const straight = s.start(s.pc, JobKind.download, '172.16.0.80', '/page');
    s.run(40);
    expect(s.net.job(straight).state).toBe(JobState.failed);
    expect(s.net.firewallLog(5)[0]).toMatchObject({ allowed: false, rule: null });
    s.net.setWays(s.pc, { proxy: { address: A('10.2.0.254'), port: 8080 } });
    const proxied = s.start(s.pc, JobKind.download, 'www.example.org', '/page');
    s.run(40);
    expect(s.net.job(proxied)).toMatchObject({ state: JobState.done, bytes: 32_768, viaProxy: true });
    expect(s.net.firewallLog(5).some(({ allowed, rule }) => allowed && rule === 'proxy')).toBe(true);
    s.conserved();
  });
});

describe('a machine that boots from the network', () => {
  const site = (boot: boolean) => {
    const l = lab();
    const v = l.virtualSwitch('VMnet1');
    const ris = l.station('ris', StationRole.dhcpServer | StationRole.tftpServer);
    const { card } = l.card(ris, v, '192.168.30.2/24');
    expect(l.net.setPool(card, { first: A('192.168.30.128'), last: A('192.168.30.140') })).toBe(Reason.none);
    expect(l.net.addObject(ris, '/OSChooser/i386/startrom.com', 15_000, 3)).toBe(Reason.none);
    if (boot)
      expect(l.net.setBoot(ris, { file: '/OSChooser/i386/startrom.com', server: 0 })).toBe(Reason.none);
    const pc = l.station('pxe');
    const client = l.card(pc, v, null).card;
    l.net.watch(client, WireMask.sent | WireMask.received);
    const started = l.net.startJob(pc, { kind: JobKind.pxe });
    expect(started.reason).toBe(Reason.none);
    l.run(90);
    return { ...l, job: l.net.job(started.job), client };
  };

  it('is told address, file and server by DHCP, and fetches the file by TFTP', () => {
    const s = site(true);
    expect(s.job).toMatchObject({
      state: JobState.done,
      path: '/OSChooser/i386/startrom.com',
      bytes: 15_000,
      address: A('192.168.30.2'),
    });
    expect(s.net.port(s.client).address).toBe(A('192.168.30.128'));
    const frames = s.net.drainWire().map(({ bytes }) => bytes);
    if (hasTshark) {
      const wrong = '_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0';
      expect(tshark(captureOf(frames), '-Y', wrong)).toBe('');
      const said = (filter: string, field: string) =>
        tshark(captureOf(frames), '-Y', filter, '-T', 'fields', '-e', field).trim().split('\n');
      expect(said('dhcp.option.dhcp == 1', 'dhcp.option.vendor_class_id')).toEqual([
        'PXEClient:Arch:00000:UNDI:002001',
      ]);
      expect(said('dhcp.option.dhcp == 5', 'dhcp.option.bootfile_name')).toEqual([
        '/OSChooser/i386/startrom.com',
      ]);
      expect(said('dhcp.option.dhcp == 5', 'dhcp.option.tftp_server_name')).toEqual(['192.168.30.2']);
    }
    s.conserved();
  }, 60_000);

  it('ends with PXE-E53 where no server names a file', () => {
    expect(site(false).job).toMatchObject({ state: JobState.failed, failure: Failure.noBootFile });
  });
});
