import { describe, expect, it } from 'vitest';
import type { NetworkNode, NetworkPort, NetworkReading, WireRecord } from '#lib/sim/network-protocol';
import { journeyOf, loadsOf, changesOf, shortNames, topologyOf } from './network';
import { trafficKindOf } from './traffic';
import { headersOf } from '#lib/capture/headers';

const node = (number: number, kind: NetworkNode['kind'], name: string, ports: number[], vm: number | null) =>
  ({ node: number, kind, name, ports, vm }) as NetworkNode;
const port = (number: number, of: number, peer: number | null, rest: Partial<NetworkPort> = {}) =>
  ({
    port: number,
    node: of,
    index: 0,
    peer,
    physicalCard: null,
    txKbps: 0,
    rxKbps: 0,
    flowKbps: 0,
    ...rest,
  }) as NetworkPort;

/** A VM on Réal, whose uplink leads to a PC on the campus. */
const READING = {
  nodes: [
    node(1, 'virtual-switch', 'Réal', [1, 2], null),
    node(2, 'physical-switch', 'campus', [3, 4], null),
    node(3, 'station', 'stisrv5-w2k3srv-wus', [5], 7),
    node(4, 'station', 'pc', [6], null),
  ],
  ports: [
    port(1, 1, 5, { rxKbps: 100 }),
    port(2, 1, 3, { index: 1, physicalCard: 'vmnic1', uplink: true, rxKbps: 40, txKbps: 100 }),
    port(3, 2, 2),
    port(4, 2, 6, { index: 1 }),
    port(5, 3, 1, { txKbps: 100, rxKbps: 40 }),
    port(6, 4, 4),
  ],
  physicalCards: [
    { name: 'vmnic1', console: false, plugged: true, to: 'campus', switch: 'Réal', rateMbps: 1000 },
  ],
} as unknown as NetworkReading;

describe('a reading of the network', () => {
  const topology = topologyOf(READING);

  it('tells what is inside the host from what is outside', () => {
    expect(topology.plan.machines.map(({ key, isOutside }) => [key, isOutside])).toEqual([
      ['machine stisrv5-w2k3srv-wus', false],
      ['machine pc', true],
    ]);
    expect(topology.plan.rivers.map(({ isOutside }) => isOutside)).toEqual([false, true]);
  });

  it('knows the way of a frame from every port, and the same way back from its peer', () => {
    expect(topology.waysOf.get(5)).toEqual([{ leg: 'machine stisrv5-w2k3srv-wus 0', forward: true }]);
    expect(topology.waysOf.get(1)).toEqual([{ leg: 'machine stisrv5-w2k3srv-wus 0', forward: false }]);
    expect(topology.waysOf.get(2)!.map(({ forward }) => forward)).toEqual([false, true]);
    expect(topology.waysOf.get(3)).toEqual(
      [...topology.waysOf.get(2)!].reverse().map(({ leg, forward }) => ({ leg, forward: !forward })),
    );
  });

  it('counts what a cable carries both ways, and what enters a switch once', () => {
    const loads = loadsOf(topology);
    expect(loads.get('machine stisrv5-w2k3srv-wus 0')).toBe(140);
    expect(loads.get('switch Réal')).toBe(140);
  });

  it('shows a flow on every cable of its way, at both ends alike, and once in each switch', () => {
    // From the VM to the PC: data at 900 kbit/s, and acknowledgments at 25.
    const sends: Record<number, number> = { 5: 900, 2: 900, 4: 900, 6: 25, 3: 25, 1: 25 };
    const ports = READING.ports.map((one) => ({
      ...one,
      rxKbps: 0,
      txKbps: 0,
      flowKbps: sends[one.port]!,
    }));
    const loads = loadsOf(topologyOf({ ...READING, ports }));
    expect(Object.fromEntries(loads)).toEqual({
      'machine stisrv5-w2k3srv-wus 0': 925,
      'in vmnic1': 925,
      'out vmnic1': 925,
      'machine pc 0': 925,
      'switch Réal': 925,
      'switch campus': 925,
    });
  });

  it('puts the service console at its card: no machine of its own, its cable the card’s', () => {
    const nodes = [...READING.nodes, node(5, 'station', 'console', [7], null)];
    const ports = [
      ...READING.ports,
      port(7, 5, 8, { physicalCard: 'vmnic0', txKbps: 50 }),
      port(8, 2, 7, { index: 2 }),
    ];
    const physicalCards = [
      ...READING.physicalCards,
      { name: 'vmnic0', console: true, plugged: true, to: 'campus', switch: null, rateMbps: 1000 },
    ];
    const with0 = topologyOf({ ...READING, nodes, ports, physicalCards });
    expect(with0.plan.machines.map(({ key }) => key)).not.toContain('machine console');
    expect([...with0.hostCardOf]).toEqual([['machine console', 'vmnic0']]);
    expect(with0.waysOf.get(7)).toEqual([{ leg: 'out vmnic0', forward: true }]);
    expect(loadsOf(with0).get('out vmnic0')).toBe(50);
  });
});

describe('the way of a packet', () => {
  const record = (number: number, kind: WireRecord['kind'], at: number, frame: number, parent = 0) =>
    ({ number, kind, node: at, frame, parent, port: at, bytes: ping(frame === 13 ? 2 : 1) }) as WireRecord;
  /** An ICMP packet from 10.0.0.1 to 10.0.0.2, or back. */
  const ping = (from: number) => {
    const bytes = new Uint8Array(42);
    bytes.set([0x08, 0x00, 0x45], 12);
    bytes.set([1, 0, 0, 10, 0, 0, from, 10, 0, 0, 3 - from], 23);
    return bytes;
  };
  // 10 from node 1 to the router 2, which makes 12 of it; 11 is somebody else's.
  const records = [
    record(1, 'sent', 1, 10),
    record(2, 'sent', 8, 11),
    record(3, 'received', 2, 10),
    record(4, 'sent', 2, 12, 10),
    record(5, 'received', 3, 12, 10),
    record(6, 'dropped', 3, 12, 10),
  ];

  it('is the same from whichever of its frames one asks, and holds nobody else’s', () => {
    for (const frame of [10, 12])
      expect(journeyOf(records, frame).map(({ number }) => number)).toEqual([1, 3, 4, 5, 6]);
  });

  it('shows what came into the machine that rewrote it, and what left', () => {
    const [rewrite, ...others] = changesOf(journeyOf(records, 12));
    expect(others).toEqual([]);
    expect([rewrite!.node, rewrite!.before.number, rewrite!.after.number]).toEqual([2, 3, 4]);
    expect(rewrite!.isAnswer).toBe(false);
  });

  it('tells an answer from a rewrite: it goes back to whom the question came from', () => {
    const answered = [...records.slice(0, 5), record(6, 'sent', 3, 13, 12)];
    expect(changesOf(journeyOf(answered, 10)).map(({ node, isAnswer }) => [node, isAnswer])).toEqual([
      [2, false],
      [3, true],
    ]);
  });
});

describe('kinds of traffic', () => {
  const frame = (type: number, payload: number[], tag?: number) =>
    Uint8Array.from([
      ...Array<number>(12).fill(2),
      ...(tag === undefined ? [] : [0x81, 0, tag >> 8, tag & 255]),
      type >> 8,
      type & 255,
      ...payload,
    ]);
  const ip = (protocol: number, from: number, to: number) => [
    ...[0x45, 0, 0, 40, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 2, 14, 192, 168, 1, 2],
    ...[from >> 8, from & 255, to >> 8, to & 255],
  ];

  it('go by protocol and port, with or without a VLAN tag', () => {
    expect(trafficKindOf(frame(0x0800, ip(6, 1043, 80)))).toBe('web');
    expect(trafficKindOf(frame(0x0800, ip(6, 1043, 80), 20))).toBe('web');
    expect(trafficKindOf(frame(0x0800, ip(17, 1043, 53)))).toBe('names');
    expect(trafficKindOf(frame(0x0800, ip(1, 0, 0)))).toBe('ping');
    expect(trafficKindOf(frame(0x0806, Array<number>(28).fill(1)))).toBe('arp');
  });

  it('say who speaks to whom', () => {
    expect(headersOf(frame(0x0800, ip(6, 1043, 80)))).toEqual({
      protocol: 'tcp',
      source: { address: '10.0.2.14', port: 1043 },
      destination: { address: '192.168.1.2', port: 80 },
    });
  });

  it('are told of frames cut anywhere without a fault', () => {
    const whole = frame(0x0800, ip(6, 1043, 80), 20);
    for (let length = 0; length <= whole.length; length++) trafficKindOf(whole.subarray(0, length));
  });
});

it('names a machine by its role, and by its network too where two have the same', () => {
  const names = shortNames(['stisrv5-w2k3srv-wus', 'vmnet1-w2k3srv-wus', 'stisrv9-w2k3srv-sql2005', 'pc']);
  expect([...names.values()]).toEqual(['wus stisrv5', 'wus vmnet1', 'sql2005', 'pc']);
});
