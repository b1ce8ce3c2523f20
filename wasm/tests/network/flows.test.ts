/** Flows: bytes without frames, at the rates that their frames would get. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Field, Reason } from '#lib/core/core';
import { parseAddress } from '#lib/core/addresses';
import { FlowState, JobKind, JobState, StationRole, WireMask } from '#lib/core/network';
import { COMPILE_MS, coreModule } from '../core';
import { streamOf } from './checks';
import { lab } from './lab';

beforeAll(() => void coreModule('debug'), COMPILE_MS);
const A = parseAddress;
type Lab = ReturnType<typeof lab>;

/** What a bit of payload takes: 1514 bytes and 24 around them for 1460; 84 back for two segments. */
const THERE = 1538 / 1460;
const BACK = 84 / 2920;

/** A server and clients on one switch; every link `kbps`, but the server's `serverKbps`. */
function star(l: Lab, clients: number, { kbps = 100_000, serverKbps = 100_000, delayNs = 5000 } = {}) {
  const v = l.physicalSwitch('LAN');
  const server = l.station('server', StationRole.httpServer);
  const link = ({ card, there }: { card: number; there: number }, rateKbps: number) => {
    for (const port of [card, there]) expect(l.net.setLink(port, { rateKbps, delayNs })).toBe(Reason.none);
    return { card, there };
  };
  const serverCard = link(l.card(server, v, '10.0.0.1/16'), serverKbps);
  const stations = Array.from({ length: clients }, (_, i) => {
    const station = l.station(`c${i}`);
    const ports = link(l.card(station, v, `10.0.${1 + (i >> 8)}.${i & 255}/16`), kbps);
    return { station, ...ports };
  });
  return { server, serverCard, stations };
}
function download(
  l: Lab,
  station: number,
  bulk: { limitKbps: number } | null,
  path = '/file',
  background = false,
) {
  const { reason, job } = l.net.startJob(station, {
    kind: JobKind.download,
    address: A('10.0.0.1'),
    path,
    bulk,
    background,
  });
  expect(reason).toBe(Reason.none);
  return job;
}
const seconds = (l: Lab, job: number) => {
  const { startedNs, endedNs, state } = l.net.job(job);
  expect(state).toBe(JobState.done);
  return (endedNs! - startedNs) / 1e9;
};

describe('a download as a flow', () => {
  it.each([
    { name: '100 Mbit/s', kbps: 100_000, delayNs: 5000, bytes: 40_000_000 },
    { name: '10 Mbit/s', kbps: 10_000, delayNs: 5000, bytes: 4_000_000 },
    {
      name: '100 Mbit/s at 45 ms: one window a round trip',
      kbps: 100_000,
      delayNs: 22_500_000,
      bytes: 10_000_000,
    },
  ])('lasts as long as frame by frame: $name', ({ kbps, delayNs, bytes }) => {
    const times = [null, { limitKbps: 0 }].map((bulk) => {
      const l = lab('release');
      const { server, stations } = star(l, 1, { kbps, serverKbps: kbps, delayNs });
      expect(l.net.addObject(server, '/file', bytes, 3)).toBe(Reason.none);
      const job = download(l, stations[0]!.station, bulk);
      l.run(60);
      expect(l.net.job(job)).toMatchObject({ bytes, status: 200 });
      l.conserved();
      return seconds(l, job);
    });
    expect(times[1]! / times[0]!).toBeGreaterThan(0.97);
    expect(times[1]! / times[0]!).toBeLessThan(1.03);
  });
});

/** Max–min shares found another way: by the levels at which some link is full, in turn, over plain lists. */
function fairShares(
  flows: { uses: Map<number, number>; most: number }[],
  room: Map<number, number>,
  wants: Map<number, number>,
): number[] {
  // The frames of each link are a user of that link alone.
  const users = [
    ...flows.map(({ uses, most }) => ({ uses, most })),
    ...[...wants].map(([link, want]) => ({ uses: new Map([[link, THERE]]), most: want / THERE })),
  ];
  const rates = users.map(() => NaN);
  while (rates.some(Number.isNaN)) {
    const free = (link: number) =>
      room.get(link)! -
      users.reduce(
        (sum, { uses }, i) => sum + (Number.isNaN(rates[i]!) ? 0 : rates[i]!) * (uses.get(link) ?? 0),
        0,
      );
    const weight = (link: number) =>
      users.reduce((sum, { uses }, i) => sum + (Number.isNaN(rates[i]!) ? (uses.get(link) ?? 0) : 0), 0);
    const levels = [...room.keys()].map((link) => ({
      link,
      level: weight(link) > 0 ? free(link) / weight(link) : Infinity,
    }));
    const narrowest = levels.reduce((a, b) => (b.level < a.level ? b : a));
    const content = users.findIndex(({ most }, i) => Number.isNaN(rates[i]!) && most <= narrowest.level);
    if (content >= 0) {
      const least = users.reduce(
        (found, { most }, i) => (Number.isNaN(rates[i]!) && most < users[found]!.most ? i : found),
        content,
      );
      rates[least] = users[least]!.most;
    } else
      users.forEach(({ uses }, i) => {
        if (Number.isNaN(rates[i]!) && uses.has(narrowest.link)) rates[i] = narrowest.level;
      });
  }
  return rates.slice(0, flows.length);
}

describe('shares', () => {
  it('are max–min fair on any tree of switches', () => {
    const kbps = fc.integer({ min: 100, max: 100_000 });
    fc.assert(
      fc.property(
        fc.record({
          trunks: fc.array(kbps, { minLength: 1, maxLength: 4 }),
          stations: fc.array(fc.record({ at: fc.nat(4), kbps }), { minLength: 2, maxLength: 9 }),
          flows: fc.array(
            fc.record({ from: fc.nat(8), to: fc.nat(8), limitKbps: fc.oneof(fc.constant(0), kbps) }),
            { minLength: 1, maxLength: 12 },
          ),
        }),
        ({ trunks, stations, flows }) => {
          const l = lab('release', { nodes: 32, ports: 128, frames: 512, connections: 64 });
          const rates = new Map<number, number>();
          const link = (ports: number[], rateKbps: number) => {
            for (const port of ports) {
              expect(l.net.setLink(port, { rateKbps, delayNs: 0 })).toBe(Reason.none);
              rates.set(port, rateKbps * 1000);
            }
          };
          const switches = Array.from({ length: trunks.length + 1 }, (_, i) => l.physicalSwitch(`s${i}`));
          trunks.forEach((rate, i) => {
            const ends = [l.port(switches[i >> 1]!), l.port(switches[i + 1]!)];
            expect(l.net.connect(ends[0]!, ends[1]!)).toBe(Reason.none);
            link(ends, rate);
          });
          const nodes = stations.map(({ at, kbps: rate }, i) => {
            const node = l.station(`h${i}`);
            const { card, there } = l.card(node, switches[at % switches.length]!, `10.0.0.${i + 1}/24`);
            link([card, there], rate);
            return node;
          });
          // Announcements of addresses are over by then.
          l.run(2);
          const started = flows
            .map(({ from, to, limitKbps }) => [from % nodes.length, to % nodes.length, limitKbps] as const)
            .filter(([from, to]) => from !== to)
            .map(([from, to, limit]) => l.net.startFlow(nodes[from]!, A(`10.0.0.${to + 1}`), 1e11, limit));
          l.run(1);
          const rows = started.map((flow) => l.net.flow(flow));
          expect(rows.every(({ state }) => state === FlowState.running)).toBe(true);
          const used = rows.map(({ way, wayBack, mostBps }) => {
            const uses = new Map<number, number>();
            for (const port of way) uses.set(port, (uses.get(port) ?? 0) + THERE);
            for (const port of wayBack) uses.set(port, (uses.get(port) ?? 0) + BACK);
            return { uses, most: mostBps };
          });
          const links = new Set(used.flatMap(({ uses }) => [...uses.keys()]));
          const room = new Map([...links].map((port) => [port, rates.get(port)!]));
          const wants = new Map([...links].map((port) => [port, rates.get(port)! / 100]));
          const expected = fairShares(used, room, wants);
          rows.forEach(({ rateBps }, i) => {
            expect(Math.abs(rateBps - expected[i]!)).toBeLessThanOrEqual(2 + expected[i]! * 1e-6);
          });
          for (const port of links) {
            const sum = rows.reduce(
              (all, { rateBps }, i) => all + rateBps * (used[i]!.uses.get(port) ?? 0),
              0,
            );
            expect(l.net.port(port).flowKbps).toBe(Math.ceil(sum / 1000 - 1e-9));
            expect(l.net.port(port).flowKbps).toBeLessThanOrEqual(
              Math.ceil((rates.get(port)! / 1000) * 0.99),
            );
          }
          expect(l.net.audit()).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a flow and a download in frames halve a link between them', () => {
    const l = lab('release');
    const { server, stations } = star(l, 2, { serverKbps: 20_000 });
    expect(l.net.addObject(server, '/file', 1_000_000_000, 3)).toBe(Reason.none);
    const jobs = stations.map(({ station }, i) => download(l, station, i === 0 ? null : { limitKbps: 0 }));
    l.run(5);
    const moved = () =>
      jobs.map((job) => {
        const { bytes, flow } = l.net.job(job);
        return bytes + (flow === null ? 0 : l.net.flow(flow).doneBytes);
      });
    const before = moved();
    l.run(20);
    const [frames, flow] = moved().map((bytes, i) => ((bytes - before[i]!) * 8) / 20e6);
    expect(frames! / flow!).toBeGreaterThan(0.85);
    expect(frames! / flow!).toBeLessThan(1.15);
    // Together they fill it: 20 Mbit/s less headers.
    expect((frames! + flow!) / (20 / THERE)).toBeGreaterThan(0.93);
    expect((frames! + flow!) / (20 / THERE)).toBeLessThanOrEqual(1);
    l.conserved();
  });

  it('a shaper keeps flows to its average, after one burst', () => {
    const l = lab('release');
    const { server, serverCard, stations } = star(l, 3);
    const shape = {
      averageBps: 2_000_000,
      peakBps: 8_000_000,
      burstBytes: 500_000,
      periodMs: 50,
      queuePackets: 64,
    };
    expect(l.net.setShaper(serverCard.card, shape)).toBe(Reason.none);
    const flows = stations.map((_, i) => l.net.startFlow(server, A(`10.0.1.${i}`), 1e9));
    const moved = () => flows.reduce((sum, flow) => sum + l.net.flow(flow).doneBytes, 0) * (1514 / 1460);
    l.run(1);
    // A second at 8 Mbit/s would be 1 MB; the bucket holds 500 kB and fills at 250 kB/s.
    expect(moved() / 750_000).toBeGreaterThan(0.95);
    expect(moved() / 750_000).toBeLessThan(1.02);
    const before = moved();
    l.run(60);
    expect((moved() - before) / (60 * 250_000)).toBeGreaterThan(0.98);
    expect((moved() - before) / (60 * 250_000)).toBeLessThan(1.01);
    expect(l.net.audit()).toBe(0);
  });
});

describe('when a way goes', () => {
  it('a flow waits, goes on when the cable is back, and is given up when it is not; no byte is lost from the books', () => {
    const l = lab();
    const { server, stations } = star(l, 2);
    expect(l.net.addObject(server, '/file', 200_000_000, 3)).toBe(Reason.none);
    const jobs = stations.map(({ station }) => download(l, station, { limitKbps: 0 }));
    l.run(2);
    for (const { there } of stations) expect(l.net.setCable(there, false)).toBe(Reason.none);
    l.run(5);
    expect(l.net.flows().map(({ stalled, rateBps }) => [stalled, rateBps])).toEqual([
      [true, 0],
      [true, 0],
    ]);
    expect(l.net.setCable(stations[0]!.there, true)).toBe(Reason.none);
    l.run(60);
    expect(l.net.job(jobs[0]!)).toMatchObject({ state: JobState.done, bytes: 200_000_000 });
    expect(l.net.job(jobs[1]!).state).toBe(JobState.failed);
    const { asked, moved, givenUp } = l.net.flowBytes();
    expect(asked).toBe(moved + givenUp);
    l.conserved();
  });

  it('a client that is switched off ends it at once', () => {
    const l = lab();
    const { server, stations } = star(l, 1);
    expect(l.net.addObject(server, '/file', 200_000_000, 3)).toBe(Reason.none);
    download(l, stations[0]!.station, { limitKbps: 0 });
    l.run(1);
    expect(l.net.setPower(stations[0]!.station, false)).toBe(Reason.none);
    l.run(1);
    expect(l.net.flows().map(({ state }) => state)).toEqual([FlowState.failed]);
    expect(l.net.ports().every(({ flowKbps }) => flowKbps === 0)).toBe(true);
    l.conserved();
  });
});

it('the same world, however it is cut into runs', () => {
  const fingerprints = [[20], Array.from({ length: 2000 }, () => 0.01)].map((steps) => {
    const l = lab('release');
    const { server, stations } = star(l, 4, { serverKbps: 10_000 });
    expect(l.net.addObject(server, '/file', 3_000_000, 3)).toBe(Reason.none);
    stations.forEach(({ station }, i) => download(l, station, i === 0 ? null : { limitKbps: i * 700 }));
    for (const step of steps) l.run(step);
    expect(l.core.field(Field.timeNs)).toBe(20e9);
    l.conserved();
    return l.core.x.fingerprint();
  });
  expect(fingerprints[0]).toBe(fingerprints[1]);
});

describe('in the background, as BITS does it', () => {
  /** A server on Gigabit, a client on `kbps`, and another server that its user fetches from. */
  function site(kbps: number, bytes: number) {
    const l = lab('release');
    const { server, stations } = star(l, 1, { kbps, serverKbps: 1_000_000 });
    const client = stations[0]!;
    expect(l.net.addObject(server, '/patch', bytes, 3)).toBe(Reason.none);
    expect(l.net.addObject(server, '/film', 4_000_000_000, 4)).toBe(Reason.none);
    const rate = (jobs: number[], seconds: number) => {
      const had = () => jobs.map((job) => l.net.job(job).bytes + (flowOf(l, job)?.doneBytes ?? 0));
      const before = had();
      l.run(seconds);
      return had().map((now, i) => ((now - before[i]!) * 8) / 1000 / seconds / kbps);
    };
    return {
      ...l,
      server,
      client,
      rate,
      bits: (bulk = true) => download(l, client.station, bulk ? { limitKbps: 0 } : null, '/patch', true),
    };
  }
  const flowOf = (l: Pick<Lab, 'net'>, job: number) => {
    const { flow } = l.net.job(job);
    return flow === null ? null : l.net.flow(flow);
  };

  it('asks for a second’s worth at a time, and the pieces are the file', () => {
    const s = site(1000, 400_000);
    s.net.watch(s.client.card, WireMask.sent | WireMask.received);
    const job = s.bits(false);
    s.run(10);
    expect(s.net.job(job)).toMatchObject({
      state: JobState.done,
      status: 206,
      bytes: 400_000,
      length: 400_000,
    });
    const heard = s.net.drainWire().map(({ bytes }) => Buffer.from(bytes));
    const asked = heard.flatMap(
      (bytes) => /Range: bytes=(\d+)-(\d+)/.exec(bytes.toString('latin1'))?.slice(1, 3) ?? [],
    );
    expect(asked).toEqual(['0', '124999', '125000', '249999', '250000', '374999', '375000', '499999']);
    const body = [1025, 1026, 1027, 1028].map((port) => {
      const stream = streamOf(heard.filter((bytes) => bytes[23] === 6 && bytes.readUInt16BE(36) === port));
      return stream.subarray(stream.indexOf('\r\n\r\n') + 4);
    });
    expect(Buffer.compare(Buffer.concat(body), s.net.object(s.server, '/patch')!)).toBe(0);
    s.conserved();
  });

  it.each(['a cable that is out for five minutes', 'its machine that is switched off'])(
    'goes on after %s from where it was',
    (what) => {
      const s = site(100_000, 400_000_000);
      const job = s.bits();
      s.run(10);
      const had = flowOf(s, job)!.doneBytes + s.net.job(job).bytes;
      const isOff = what.startsWith('its');
      const cut = (on: boolean) =>
        isOff ? s.net.setPower(s.client.station, on) : s.net.setCable(s.client.card, on);
      expect(cut(false)).toBe(Reason.none);
      s.run(300);
      expect(s.net.job(job)).toMatchObject({
        state: isOff ? JobState.waiting : JobState.running,
        interruptions: 1,
        length: 400_000_000,
      });
      const kept = s.net.job(job).bytes;
      expect(kept).toBeGreaterThanOrEqual(had);
      expect(cut(true)).toBe(Reason.none);
      s.run(isOff ? 29 : 300);
      expect(s.net.job(job).bytes).toBe(kept);
      s.run(120);
      expect(s.net.job(job)).toMatchObject({ state: JobState.done, bytes: 400_000_000, interruptions: 1 });
      // Nothing was fetched twice: headers and what was on the way are all there is beside the file.
      const { rxBytes, flowRxBytes } = s.net.port(s.client.card);
      expect(rxBytes + flowRxBytes).toBeLessThan(401_000_000);
      s.conserved();
    },
  );

  it.each([null, { limitKbps: 0 }])(
    'leaves the card to what its user fetches (%o), and takes it again',
    (bulk) => {
      const s = site(100_000, 2_000_000_000);
      const job = s.bits();
      s.run(3);
      expect(s.rate([job], 1)[0]).toBeGreaterThan(0.9);
      const film = download(s as unknown as Lab, s.client.station, bulk, '/film');
      s.run(8);
      const [background, foreground] = s.rate([job, film], 3) as [number, number];
      expect(background).toBeLessThan(0.05);
      expect(background).toBeGreaterThan(0);
      expect(foreground).toBeGreaterThan(0.85);
      expect(s.net.setPower(s.server, false)).toBe(Reason.none);
      s.conserved();
    },
  );

  it('takes the card again when the user has what they wanted', () => {
    const s = site(100_000, 2_000_000_000);
    expect(s.net.addObject(s.server, '/song', 60_000_000, 4)).toBe(Reason.none);
    const job = s.bits();
    const song = download(s as unknown as Lab, s.client.station, { limitKbps: 0 }, '/song');
    s.run(12);
    expect(s.net.job(song).state).toBe(JobState.done);
    expect(s.rate([job], 2)[0]).toBeGreaterThan(0.9);
    // Two plain downloads share: this is what BITS gives up.
    const t = site(100_000, 2_000_000_000);
    const two = ['/patch', '/film'].map((path) =>
      download(t as unknown as Lab, t.client.station, { limitKbps: 0 }, path),
    );
    t.run(3);
    for (const share of t.rate(two, 3)) expect(share).toBeCloseTo(0.474, 1);
  });
});

describe('large objects', () => {
  it('of more than 2 GiB arrive, as flows and in frames', () => {
    const l = lab('release');
    const { server, stations } = star(l, 2, { kbps: 1_000_000, serverKbps: 1_000_000 });
    expect(l.net.addObject(server, '/dvd', 4_000_000_001, 3)).toBe(Reason.valueOutOfRange);
    expect(l.net.addObject(server, '/dvd', 4_000_000_000, 3)).toBe(Reason.none);
    // What TCP is given at once is less than this: it is given more.
    expect(l.net.addObject(server, '/cd', 300_000_000, 4)).toBe(Reason.none);
    const cd = download(l, stations[1]!.station, null, '/cd');
    l.run(4);
    expect(l.net.job(cd)).toMatchObject({ state: JobState.done, bytes: 300_000_000 });
    expect(seconds(l, cd)).toBeLessThan((300_000_000 * 8 * THERE) / 1e9 / 0.97);
    const dvd = download(l, stations[0]!.station, null, '/dvd');
    l.run(0.5);
    expect(l.net.job(dvd).length).toBe(4_000_000_000);
    expect(l.net.job(dvd).bytes).toBeGreaterThan(50_000_000);
    expect(l.net.setCable(stations[0]!.card, false)).toBe(Reason.none);
    const flow = download(l, stations[1]!.station, { limitKbps: 0 }, '/dvd');
    l.run(40);
    expect(l.net.job(flow)).toMatchObject({ state: JobState.done, bytes: 4_000_000_000 });
    l.conserved();
  });
});
