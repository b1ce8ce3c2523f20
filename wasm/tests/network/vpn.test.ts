/** PPTP (RFC 2637): a client outside is let in by the firewall's VPN server, and lands in the network behind it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAddress as A } from '#lib/core/addresses';
import { Reason } from '#lib/core/core';
import {
  DropReason,
  Failure,
  JobKind,
  JobState,
  StationRole,
  WireMask,
  type NewRule,
} from '#lib/core/network';
import { captureOf, hasTshark, tshark } from '#lib/capture/tshark';
import { COMPILE_MS, coreModule } from '../core';
import { lab } from './lab';

beforeAll(() => void coreModule('debug'), COMPILE_MS);

const ANY = { protocol: 0, firstPort: 0, lastPort: 65_535, signedIn: false, allow: true } as const;
const TCP = 6;
const GRE = 47;

/** The story's way in: a firewall with two cards, Local with a DHCP server and a share behind it, a PC at home. */
function site({ gre = true, clientBehindNat = false, seed = 7 } = {}) {
  const l = lab('debug', {}, seed);
  const [local, real] = [l.virtualSwitch('Local'), l.virtualSwitch('Real')];
  const internet = l.physicalSwitch('Internet');
  expect(l.net.connect(l.port(real, true), l.port(internet))).toBe(Reason.none);
  const wall = l.station('isa', StationRole.firewall | StationRole.vpnServer);
  const wallOut = l.card(wall, real, '198.51.100.2/24').card;
  const wallIn = l.card(wall, local, '192.168.10.1/24').card;
  expect(l.net.setVpnCard(wall, wallIn)).toBe(Reason.none);
  const rules: NewRule[] = [
    {
      ...ANY,
      name: 'calls',
      from: wallOut,
      to: 'local-host',
      protocol: TCP,
      firstPort: 1723,
      lastPort: 1723,
    },
    ...(gre ? [{ ...ANY, name: 'tunnels', from: wallOut, to: 'local-host' as const, protocol: GRE }] : []),
    { ...ANY, name: 'who has come in', from: wallIn, to: wallIn, signedIn: true },
  ];
  for (const rule of rules) expect(l.net.addRule(wall, rule)).toBe(Reason.none);
  const server = l.station('nat', StationRole.dhcpServer | StationRole.fileShare | StationRole.httpServer);
  const serverCard = l.card(server, local, '192.168.10.2/24').card;
  const pool = { first: A('192.168.10.100'), last: A('192.168.10.110'), dns: A('192.168.10.2') };
  expect(l.net.setPool(serverCard, pool)).toBe(Reason.none);
  expect(l.net.addObject(server, '/file', 300_000, 5)).toBe(Reason.none);
  const home = l.station('home');
  let homeCard: number;
  if (clientBehindNat) {
    const house = l.physicalSwitch('house');
    const box = l.station('box', StationRole.nat | StationRole.forwards);
    expect(l.net.setNatSide(l.card(box, internet, '198.51.100.70/24').card, 'outside')).toBe(Reason.none);
    expect(l.net.setNatSide(l.card(box, house, '192.168.1.1/24').card, 'inside')).toBe(Reason.none);
    homeCard = l.card(home, house, '192.168.1.7/24').card;
    l.net.setWays(home, { gateway: A('192.168.1.1') });
  } else {
    homeCard = l.card(home, internet, '198.51.100.77/24').card;
    l.net.setWays(home, { gateway: A('198.51.100.1'), dns: A('198.51.100.53') });
  }
  return { ...l, wall, wallOut, wallIn, server, home, homeCard };
}

describe('a VPN', () => {
  it('is called, gives an address of the DHCP server, and opens the share and the Web behind it', () => {
    const s = site();
    const before = s.start(s.home, JobKind.share, '192.168.10.2');
    s.run(40);
    expect(s.net.job(before).state).toBe(JobState.failed);
    const call = s.start(s.home, JobKind.vpn, '198.51.100.2');
    s.run(10);
    expect(s.net.job(call)).toMatchObject({ state: JobState.done });
    expect(s.net.tunnels()).toHaveLength(2);
    const client = s.net.tunnels().find(({ server }) => !server)!;
    expect(client).toMatchObject({
      open: true,
      address: A('192.168.10.100'),
      remoteAddress: A('192.168.10.1'),
    });
    expect(s.net.leases()[0]).toMatchObject({ address: A('192.168.10.100'), bound: true });
    expect(s.net.nodes().find(({ node }) => node === s.home)).toMatchObject({
      gateway: A('192.168.10.1'),
      dns: A('192.168.10.2'),
    });
    s.net.watch(s.wallOut, WireMask.received | WireMask.sent);
    const jobs = [
      s.start(s.home, JobKind.ping, '192.168.10.2'),
      s.start(s.home, JobKind.share, '192.168.10.2'),
      s.start(s.home, JobKind.download, '192.168.10.2', '/file'),
    ];
    s.run(20);
    for (const job of jobs) expect(s.net.job(job).state, `job ${job}`).toBe(JobState.done);
    expect(s.net.job(jobs[2]!).bytes).toBe(300_000);
    // Outside there is nothing but the tunnel: no packet of the inside shows its own addresses.
    const kinds = new Set(s.net.drainWire().map(({ bytes }) => bytes[23]));
    expect(kinds).toEqual(new Set([GRE]));
    // Both ends have counted the same packets.
    const [a, b] = s.net.tunnels() as [typeof client, typeof client];
    expect([a.txBytes, a.rxBytes]).toEqual([b.rxBytes, b.txBytes]);
    s.conserved();
  });

  it('without a rule for GRE the call is made and nothing comes through: Windows calls it error 721', () => {
    const s = site({ gre: false });
    const call = s.start(s.home, JobKind.vpn, '198.51.100.2');
    s.run(100);
    expect(s.net.job(call)).toMatchObject({ state: JobState.failed, failure: Failure.noTunnel });
    expect(s.net.tunnels()).toEqual([]);
    expect(s.net.firewallLog(3)[0]).toMatchObject({ protocol: GRE, allowed: false });
    expect(s.net.drops(s.wall).some(({ reason }) => reason === DropReason.firewallRule)).toBe(true);
    s.conserved();
  });

  it('a machine inside that calls nobody is where it was; one whose machine stops is forgotten by the server', () => {
    const s = site();
    const call = s.start(s.home, JobKind.vpn, '198.51.100.2');
    s.run(10);
    expect(s.net.job(call).state).toBe(JobState.done);
    expect(s.net.setPower(s.home, false)).toBe(Reason.none);
    expect(s.net.tunnels()).toHaveLength(1);
    expect(s.net.nodes().find(({ node }) => node === s.home)).toMatchObject({
      gateway: A('198.51.100.1'),
      dns: A('198.51.100.53'),
    });
    // A minute of silence, then an echo that nobody answers, five times.
    s.run(300);
    expect(s.net.tunnels()).toEqual([]);
    s.conserved();
  });

  it('hung up, both ends are gone at once, the ways are as before, and the share is out of reach', () => {
    const s = site();
    expect(s.net.hangUp(s.home)).toBe(Reason.notDialled);
    s.start(s.home, JobKind.vpn, '198.51.100.2');
    s.run(10);
    s.net.watch(s.wallOut, WireMask.received | WireMask.sent);
    expect(s.net.hangUp(s.home)).toBe(Reason.none);
    expect(s.net.tunnels().map(({ node }) => node)).toEqual([s.wall]);
    expect(s.net.nodes().find(({ node }) => node === s.home)).toMatchObject({
      gateway: A('198.51.100.1'),
      dns: A('198.51.100.53'),
    });
    s.run(1);
    expect(s.net.tunnels()).toEqual([]);
    // Call-Clear-Request and Call-Disconnect-Notify (RFC 2637 sections 2.12 and 2.13), in TCP to and from port 1723.
    const said = s.net.drainWire().flatMap(({ bytes }) => {
      const payload = bytes.subarray(34 + ((bytes[46] ?? 0) >> 4) * 4);
      return bytes[23] === TCP && payload.length > 12 && payload[4] === 0x1a ? [payload[9]] : [];
    });
    expect(said).toEqual([12, 13]);
    const share = s.start(s.home, JobKind.share, '192.168.10.2');
    s.run(60);
    expect(s.net.job(share).state).toBe(JobState.failed);
    expect(s.net.hangUp(s.home)).toBe(Reason.notDialled);
    const call = s.start(s.home, JobKind.vpn, '198.51.100.2');
    expect(s.net.hangUp(s.home)).toBe(Reason.none);
    s.run(5);
    expect(s.net.job(call)).toMatchObject({ state: JobState.failed, failure: Failure.cut });
    expect(s.net.tunnels()).toEqual([]);
    s.conserved();
  });

  it.each([false, true])(
    'goes through a NAT that knows the protocol (client behind one: %s)',
    (clientBehindNat) => {
      const s = site({ clientBehindNat });
      const call = s.start(s.home, JobKind.vpn, '198.51.100.2');
      s.run(10);
      expect(s.net.job(call)).toMatchObject({ state: JobState.done });
      const job = s.start(s.home, JobKind.download, '192.168.10.2', '/file');
      s.run(30);
      expect(s.net.job(job)).toMatchObject({ state: JobState.done, bytes: 300_000 });
      s.conserved();
    },
  );

  it('two clients behind one NAT have tunnels of their own to one server, though both call theirs number 1', () => {
    const s = site({ clientBehindNat: true });
    const other = s.station('other');
    s.card(other, s.net.port(s.net.port(s.homeCard).peer!).node, '192.168.1.8/24');
    s.net.setWays(other, { gateway: A('192.168.1.1') });
    const calls = [s.home, other].map((of) => s.start(of, JobKind.vpn, '198.51.100.2'));
    s.run(15);
    for (const call of calls) expect(s.net.job(call)).toMatchObject({ state: JobState.done });
    const clients = s.net.tunnels().filter(({ server }) => !server);
    expect(clients.map(({ ownCall }) => ownCall)).toEqual([1, 1]);
    expect(clients.map(({ address }) => address).sort()).toEqual([A('192.168.10.100'), A('192.168.10.101')]);
    expect(
      s.net.sessions().filter(({ protocol, publicPort }) => protocol === GRE && publicPort),
    ).toHaveLength(2);
    const jobs = [s.home, other].map((of) => s.start(of, JobKind.download, '192.168.10.2', '/file'));
    s.run(30);
    for (const job of jobs) expect(s.net.job(job)).toMatchObject({ state: JobState.done, bytes: 300_000 });
    s.conserved();
  });

  it.skipIf(!hasTshark)(
    'is PPTP, GRE and PPP to tshark, from the call to the last packet; nothing is malformed',
    () => {
      const s = site({ clientBehindNat: true });
      s.net.watch(s.wallOut, WireMask.received | WireMask.sent);
      s.start(s.home, JobKind.vpn, '198.51.100.2');
      s.run(5);
      s.start(s.home, JobKind.share, '192.168.10.2');
      s.run(90);
      s.net.setPower(s.home, false);
      const frames = s.net.drainWire().map(({ bytes }) => bytes);
      const wrong =
        '_ws.malformed || _ws.expert.severity == error || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0';
      expect(tshark(captureOf(frames), '-Y', wrong)).toBe('');
      const fields = (filter: string, ...of: string[]) =>
        tshark(captureOf(frames), '-Y', filter, '-T', 'fields', ...of.flatMap((field) => ['-e', field]))
          .trim()
          .split('\n');
      // Start, call, link information, and an echo after a minute; each with its answer.
      expect(fields('pptp', 'pptp.control_message_type').map(Number)).toEqual([1, 2, 7, 8, 15, 5, 5, 6, 6]);
      const packets = frames.filter((bytes) => bytes[23] === GRE).length;
      expect(fields('gre.proto == 0x880b && gre.flags.version == 1', 'frame.number')).toHaveLength(packets);
      // LCP both ways, then IPCP: the client's first wish is refused with what it may have.
      expect(
        fields('ipcp', 'ppp.code')
          .map(Number)
          .filter((code) => code === 3),
      ).toHaveLength(1);
      expect(fields('smb', 'frame.number')).toHaveLength(4);
      const out = fields('gre.flags.sequence_number && ip.src == 198.51.100.2', 'gre.sequence_number');
      expect(out.map(Number)).toEqual(out.map((_, n) => n));
    },
    60_000,
  );
});
