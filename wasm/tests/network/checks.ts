/**
 * What a network must do, each as a function of the core: the tests of virtual switches ask the true one, and those of
 * planted faults ask broken ones. Each throws when something is untrue.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { parseAddress as A } from '#lib/core/addresses';
import { Field, Reason } from '#lib/core/core';
import { BondMode, DropReason, JobKind, JobState, StationRole, WireMask } from '#lib/core/network';
import { lab } from './lab';
import { act, mustHold, openRandom, randomWorld, run } from './random';

type Lab = ReturnType<typeof lab>;

const pings = (l: Lab, of: number, host: string, seconds = 5): boolean => {
  const job = l.start(of, JobKind.ping, host);
  l.run(seconds);
  return l.net.job(job).state === JobState.done;
};
const dropped = (l: Lab, node: number, reason: DropReason): number =>
  l.net.drops(node).find((of) => of.reason === reason)?.frames ?? 0;
/** A frame from outside: addresses as numbers, the rest zeros. */
const frame = (to: number, from: number, length = 60): Uint8Array => {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(to / 2 ** 32));
  view.setUint32(2, to % 2 ** 32);
  view.setUint16(6, Math.floor(from / 2 ** 32));
  view.setUint32(8, from % 2 ** 32);
  view.setUint16(12, 0x88b5);
  return bytes;
};
const BROADCAST = 2 ** 48 - 1;
/** Bytes 12 and 13: what a frame says it is; 0x8100: it has a tag. */
const typeOf = (bytes: Uint8Array) => (bytes[12]! << 8) | bytes[13]!;
const tagOf = (bytes: Uint8Array) =>
  typeOf(bytes) === 0x8100 ? ((bytes[14]! & 15) << 8) | bytes[15]! : null;

/** Two hosts' virtual switches with an uplink each, on one switch of the building. `vlan`: of its ports; `uplink`: theirs. */
function twoHosts(module: WebAssembly.Module, trunk: number, uplink: number) {
  const l = lab(module);
  const building = l.physicalSwitch('building');
  const hosts = ['esx1', 'esx2'].map((name) => {
    const of = l.virtualSwitch(name);
    const up = l.port(of, true);
    const there = l.port(building);
    expect(l.net.connect(up, there)).toBe(Reason.none);
    expect(l.net.setVlan(up, uplink)).toBe(Reason.none);
    expect(l.net.setVlan(there, trunk)).toBe(Reason.none);
    return { of, up, there };
  });
  return { ...l, building, hosts };
}

/** VST: the virtual switch tags to the wire and strips to the VM; who is in another VLAN hears nothing. */
export function virtualSwitchTagging(module: WebAssembly.Module): void {
  const l = twoHosts(module, 4095, 4095);
  const vm = (host: number, name: string, address: string, vlan: number) => {
    const of = l.station(name);
    const { card, there } = l.card(of, l.hosts[host]!.of, address);
    expect(l.net.setVlan(there, vlan)).toBe(Reason.none);
    return { of, card };
  };
  const [a, b, c] = [
    vm(0, 'a', '10.0.0.1/24', 7),
    vm(1, 'b', '10.0.0.2/24', 7),
    vm(1, 'c', '10.0.0.3/24', 8),
  ];
  l.run(1);
  l.net.watch(l.hosts[0]!.there, WireMask.received | WireMask.sent);
  l.net.watch(b.card, WireMask.received);
  l.net.watch(c.card, WireMask.received);
  expect(pings(l, a.of, '10.0.0.2')).toBe(true);
  expect(pings(l, a.of, '10.0.0.3')).toBe(false);
  const heard = l.net.drainWire();
  const on = (port: number) => heard.filter((one) => one.port === port).map(({ bytes }) => tagOf(bytes));
  expect(new Set(on(l.hosts[0]!.there))).toEqual(new Set([7]));
  expect(new Set(on(b.card))).toEqual(new Set([null]));
  expect(on(c.card)).toEqual([]);
  l.conserved();
}

/** EST: the building's switch knows by the port, ESX and its VMs know nothing of VLANs; a tag has no business there. */
export function externalSwitchTagging(module: WebAssembly.Module): void {
  const l = twoHosts(module, 7, 0);
  const station = (address: string, host: number) => {
    const of = l.station(address);
    return { of, ...l.card(of, l.hosts[host]!.of, address) };
  };
  const [a, b] = [station('10.0.0.1/24', 0), station('10.0.0.2/24', 1)];
  l.net.watch(l.hosts[0]!.there, WireMask.received | WireMask.sent);
  expect(pings(l, a.of, '10.0.0.2')).toBe(true);
  expect(new Set(l.net.drainWire().map(({ bytes }) => tagOf(bytes)))).toEqual(new Set([null]));
  expect(l.net.setVlan(l.hosts[1]!.there, 8)).toBe(Reason.none);
  expect(pings(l, b.of, '10.0.0.1')).toBe(false);
  // A guest that tags where nobody should: the access port takes no tags.
  expect(l.net.setVlan(a.card, 7)).toBe(Reason.none);
  pings(l, a.of, '10.0.0.2');
  expect(dropped(l, l.hosts[0]!.of, DropReason.otherVlan)).toBeGreaterThan(0);
  l.conserved();
}

/** VGT: port 4095 leaves the tags to the guest's own driver. */
export function guestTagging(module: WebAssembly.Module): void {
  const l = twoHosts(module, 4095, 4095);
  const vm = (host: number, name: string, address: string, guest: number, port: number) => {
    const of = l.station(name);
    const { card, there } = l.card(of, l.hosts[host]!.of, address);
    expect(l.net.setVlan(card, guest)).toBe(Reason.none);
    expect(l.net.setVlan(there, port)).toBe(Reason.none);
    return { of, card };
  };
  const tags = vm(0, 'tags', '10.0.0.1/24', 7, 4095);
  vm(1, 'stripped', '10.0.0.2/24', 0, 7);
  vm(1, 'other', '10.0.0.3/24', 9, 4095);
  l.run(1);
  l.net.watch(tags.card, WireMask.received | WireMask.sent);
  expect(pings(l, tags.of, '10.0.0.2')).toBe(true);
  expect(pings(l, tags.of, '10.0.0.3')).toBe(false);
  const seen = l.net.drainWire().map(({ bytes }) => tagOf(bytes));
  expect(new Set(seen)).toEqual(new Set([7]));
  l.conserved();
}

/** A team of two uplinks: shares by card, fails over in silence, fails back to its home link, and nobody hears twice. */
export function team(module: WebAssembly.Module): void {
  const l = lab(module);
  const building = l.physicalSwitch('building');
  const v = l.virtualSwitch('bond0');
  const ups = [0, 1].map(() => {
    const up = l.port(v, true);
    const there = l.port(building);
    expect(l.net.connect(up, there)).toBe(Reason.none);
    return { up, there };
  });
  const vms = [1, 2].map((n) => {
    const of = l.station(`vm${n}`);
    return { of, ...l.card(of, v, `10.0.0.${n}/24`) };
  });
  const pc = l.station('pc');
  const pcCard = l.card(pc, building, '10.0.0.9/24').card;
  l.run(1);
  const sent = () => ups.map(({ up }) => l.net.port(up).txFrames);
  const by = (of: number, to: string) => {
    const before = sent();
    expect(pings(l, of, to), `${of} to ${to}`).toBe(true);
    return sent().map((frames, n) => frames - before[n]!);
  };
  // out-mac: two cards that follow each other take a link each.
  const shares = vms.map(({ of }) => by(of, '10.0.0.9').map((frames) => frames > 0));
  expect(shares[0]).not.toEqual(shares[1]);
  for (const share of shares) expect(share.filter(Boolean)).toHaveLength(1);
  // A broadcast from outside comes in by both links, and each VM hears it once.
  for (const { card } of vms) l.net.watch(card, WireMask.received);
  l.net.setAddress(pcCard, A('10.0.0.10'), 24);
  l.run(1);
  const heard = l.net.drainWire();
  for (const { card } of vms) expect(heard.filter((one) => one.port === card)).toHaveLength(1);
  expect(dropped(l, v, DropReason.teamDuplicate)).toBeGreaterThan(0);
  // One cable is out: the other carries both, and the building finds the VMs by what they send.
  const used = shares[0]!.indexOf(true);
  expect(l.net.setCable(ups[used]!.there, false)).toBe(Reason.none);
  expect(by(vms[0]!.of, '10.0.0.10')[1 - used]).toBeGreaterThan(0);
  expect(pings(l, pc, '10.0.0.1')).toBe(true);
  // It is in again: out-mac takes it back. As home link it carries all while it works.
  expect(l.net.setCable(ups[used]!.there, true)).toBe(Reason.none);
  expect(by(vms[0]!.of, '10.0.0.10')[used]).toBeGreaterThan(0);
  expect(l.net.setBondMode(v, BondMode.standby)).toBe(Reason.none);
  expect(l.net.setHomeLink(v, ups[1]!.up)).toBe(Reason.none);
  for (const { of } of vms) expect(by(of, '10.0.0.10')[0]).toBe(0);
  expect(l.net.setCable(ups[1]!.up, false)).toBe(Reason.none);
  for (const { of } of vms) expect(by(of, '10.0.0.10')[1]).toBe(0);
  expect(l.net.setCable(ups[1]!.up, true)).toBe(Reason.none);
  for (const { of } of vms) expect(by(of, '10.0.0.10')[0]).toBe(0);
  l.conserved();
}

/**
 * A team on two switches of the building, both on a third. The third knows a silent VM behind the one whose cable is gone:
 * until it forgets, five minutes later, or the VM speaks. With notification (ESX 3) it hears at once, and so at the failback.
 */
export function notification(module: WebAssembly.Module): void {
  const site = (notify: boolean, vlan: number) => {
    const l = lab(module);
    const [core, left, right] = ['core', 'left', 'right'].map(l.physicalSwitch) as [number, number, number];
    const join = (a: number, b: number) => {
      const ends = [l.port(a), l.port(b)];
      expect(l.net.connect(ends[0]!, ends[1]!)).toBe(Reason.none);
      for (const end of ends) l.net.setVlan(end, vlan === 0 ? 0 : 4095);
      return ends;
    };
    join(core, left);
    join(core, right);
    const v = l.virtualSwitch('bond0');
    const ups = [left, right].map((building) => {
      const up = l.port(v, true);
      const there = l.port(building);
      expect(l.net.connect(up, there)).toBe(Reason.none);
      for (const end of [up, there]) l.net.setVlan(end, vlan === 0 ? 0 : 4095);
      return { up, there };
    });
    expect(l.net.setBondMode(v, BondMode.standby)).toBe(Reason.none);
    expect(l.net.setHomeLink(v, ups[0]!.up)).toBe(Reason.none);
    expect(l.net.setNotifies(v, notify)).toBe(Reason.none);
    const of = l.station('vm');
    const vm = { of, ...l.card(of, v, '10.0.0.1/24') };
    const pc = l.station('pc');
    const seat = l.card(pc, core, '10.0.0.9/24');
    for (const end of [vm.there, seat.there]) l.net.setVlan(end, vlan);
    l.run(1);
    expect(pings(l, pc, '10.0.0.1')).toBe(true);
    l.net.watch(ups[1]!.there, WireMask.received);
    l.net.watch(ups[0]!.there, WireMask.received);
    const said = () =>
      l.net
        .drainWire()
        .filter(({ bytes }) => typeOf(vlan === 0 ? bytes : bytes.subarray(4)) === 0x8035)
        .map(({ port, bytes }) => [port, tagOf(bytes), Buffer.from(bytes.subarray(6, 12)).readUIntBE(0, 6)]);
    return { ...l, vm, pc, left, ups, said, mac: l.net.port(vm.card).mac };
  };
  const silent = site(false, 0);
  expect(silent.net.setCable(silent.ups[0]!.up, false)).toBe(Reason.none);
  expect(pings(silent, silent.pc, '10.0.0.1')).toBe(false);
  expect(silent.said()).toEqual([]);
  expect(dropped(silent, silent.left, DropReason.unknownAddress)).toBeGreaterThan(0);
  expect(pings(silent, silent.vm.of, '10.0.0.9')).toBe(true);
  expect(pings(silent, silent.pc, '10.0.0.1')).toBe(true);
  for (const vlan of [0, 7]) {
    const told = site(true, vlan);
    for (const [plugged, by] of [
      [false, 1],
      [true, 0],
    ] as const) {
      expect(told.net.setCable(told.ups[0]!.up, plugged)).toBe(Reason.none);
      told.run(0.01);
      expect(told.said()).toEqual([[told.ups[by]!.there, vlan || null, told.mac]]);
      expect(pings(told, told.pc, '10.0.0.1')).toBe(true);
    }
    told.conserved();
  }
}

/** out-ip: one card's conversations are spread by who they are with. */
export function teamByAddresses(module: WebAssembly.Module): void {
  const l = lab(module);
  const building = l.physicalSwitch('building');
  const v = l.virtualSwitch('bond0');
  const ups = [0, 1].map(() => {
    const up = l.port(v, true);
    expect(l.net.connect(up, l.port(building))).toBe(Reason.none);
    return up;
  });
  expect(l.net.setBondMode(v, BondMode.outIp)).toBe(Reason.none);
  const vm = l.station('vm');
  l.card(vm, v, '10.0.0.1/24');
  for (const n of [8, 9]) l.card(l.station(`pc${n}`), building, `10.0.0.${n}/24`);
  const by = [8, 9].map((n) => {
    // The questions for addresses go by the card; only what is IPv4 counts.
    pings(l, vm, `10.0.0.${n}`);
    const before = ups.map((up) => l.net.port(up).txFrames);
    expect(pings(l, vm, `10.0.0.${n}`)).toBe(true);
    return ups.findIndex((up, i) => l.net.port(up).txFrames > before[i]!);
  });
  expect(new Set(by)).toEqual(new Set([0, 1]));
  // What is not IPv4 goes by each in turn: four questions for somebody who is not there.
  const before = ups.map((up) => l.net.port(up).txFrames);
  for (const n of [20, 21, 22, 23]) l.start(vm, JobKind.ping, `10.0.0.${n}`);
  l.run(0.5);
  expect(ups.map((up, i) => l.net.port(up).txFrames - before[i]!)).toEqual([2, 2]);
  l.conserved();
}

/** What a switch lets a card hear and say: promiscuous, forged transmits, and a card that has changed its address. */
export function policies(module: WebAssembly.Module): void {
  const l = lab(module);
  const v = l.virtualSwitch('Local');
  const [a, b, spy] = [1, 2, 3].map((n) => {
    const of = l.station(`vm${n}`);
    return { of, ...l.card(of, v, `10.0.0.${n}/24`) };
  }) as [
    { of: number; card: number; there: number },
    { of: number; card: number; there: number },
    { of: number; card: number; there: number },
  ];
  expect(pings(l, a.of, '10.0.0.2')).toBe(true);
  l.net.watch(spy.card, WireMask.received);
  expect(pings(l, a.of, '10.0.0.2')).toBe(true);
  expect(l.net.drainWire()).toEqual([]);
  expect(l.net.setPromiscuous(spy.there, true)).toBe(Reason.none);
  expect(pings(l, a.of, '10.0.0.2')).toBe(true);
  expect(l.net.drainWire()).toHaveLength(2);
  expect(l.net.setPromiscuous(spy.there, false)).toBe(Reason.none);
  // Promiscuous, but in another VLAN: nothing.
  expect(l.net.setVlan(spy.there, 9)).toBe(Reason.none);
  expect(l.net.setPromiscuous(spy.there, true)).toBe(Reason.none);
  expect(pings(l, a.of, '10.0.0.2')).toBe(true);
  expect(l.net.drainWire()).toEqual([]);

  // A tap stands for a guest that says what it likes.
  const tap = l.port(l.tap('guest'));
  const there = l.port(v);
  expect(l.net.setMac(tap, 0x0050_5600_0001)).toBe(Reason.none);
  expect(l.net.connect(tap, there)).toBe(Reason.none);
  const says = (from: number) => {
    l.net.watch(b.card, WireMask.received);
    l.net.emptyWire();
    expect(l.net.inject(tap, frame(l.net.port(b.card).mac, from))).toBe(Reason.none);
    l.run(0.01);
    return l.net.drainWire().filter(({ port }) => port === b.card).length;
  };
  expect(says(0x0050_5600_0001)).toBe(1);
  expect(says(0x0050_5600_0099)).toBe(1);
  expect(l.net.setForgedAllowed(there, false)).toBe(Reason.none);
  expect(says(0x0050_5600_0001)).toBe(1);
  expect(says(0x0050_5600_0099)).toBe(0);
  expect(dropped(l, v, DropReason.forgedSource)).toBe(1);

  // A card takes another address: the switch made the port and knows it at once; the old one leads nowhere.
  const before = l.net.port(b.card).mac;
  expect(l.net.setMac(b.card, 0x0050_5600_0042)).toBe(Reason.none);
  l.net.watch(b.card, WireMask.received);
  expect(l.net.inject(tap, frame(before, 0x0050_5600_0001))).toBe(Reason.none);
  l.run(0.01);
  expect(l.net.drainWire().filter(({ port }) => port === b.card)).toEqual([]);
  expect(dropped(l, v, DropReason.unknownAddress)).toBeGreaterThan(0);
  expect(l.net.inject(tap, frame(0x0050_5600_0042, 0x0050_5600_0001))).toBe(Reason.none);
  l.run(0.01);
  expect(l.net.drainWire().filter(({ port }) => port === b.card)).toHaveLength(1);
  l.conserved();
}

/** No loops: what comes from an uplink never leaves by another, and what is not here goes no further. */
export function noLoops(module: WebAssembly.Module): void {
  const l = lab(module);
  const v = l.virtualSwitch('Real');
  const taps = [1, 2].map((n) => {
    const tap = l.port(l.tap(`outside${n}`));
    expect(l.net.connect(tap, l.port(v, true))).toBe(Reason.none);
    return tap;
  });
  l.card(l.station('vm'), v, '10.0.0.1/24');
  l.run(1);
  l.net.watch(taps[1]!, WireMask.received);
  for (const to of [BROADCAST, 0x0011_2233_4455])
    expect(l.net.inject(taps[0]!, frame(to, 0x0050_5600_0001))).toBe(Reason.none);
  l.run(0.1);
  expect(l.net.drainWire()).toEqual([]);
  expect(dropped(l, v, DropReason.notHere)).toBe(1);
  l.conserved();
}

/** A switch of the building: what it reads in frames it tells, address by address, until they age or a cable is pulled. */
export function learning(module: WebAssembly.Module): void {
  const l = lab(module);
  const building = l.physicalSwitch('building');
  const other = l.physicalSwitch('other');
  const now = () => l.core.field(Field.timeNs);
  const table = () => l.net.learned(building, now()).map(({ mac, port }) => [mac, port]);
  const [a, b] = ['a', 'b'].map(l.station) as [number, number];
  const seat = l.card(a, building, '10.0.0.1/24');
  l.run(1);
  // Alone: what it says to all, nobody hears, and that is no stray address.
  expect(dropped(l, building, DropReason.nobodyElse)).toBeGreaterThan(0);
  expect(dropped(l, building, DropReason.unknownAddress)).toBe(0);
  const desk = l.card(b, building, '10.0.0.2/24');
  expect(pings(l, a, '10.0.0.2')).toBe(true);
  const [macA, macB] = [seat, desk].map(({ card }) => l.net.port(card).mac) as [number, number];
  expect(table().sort()).toEqual(
    [
      [macA, seat.there],
      [macB, desk.there],
    ].sort(),
  );
  expect(l.net.learned(other, now())).toEqual([]);
  for (const { seenNs } of l.net.learned(building, now())) expect(now() - seenNs).toBeLessThan(6e9);
  // An address that is heard elsewhere is there now; no address of the other switch is this one's.
  const tap = l.port(l.tap('outside'));
  const there = l.port(building);
  expect(l.net.connect(tap, there)).toBe(Reason.none);
  expect(l.net.inject(tap, frame(macA, macB))).toBe(Reason.none);
  l.run(0.01);
  expect(table()[0]).toEqual([macB, there]);
  expect(l.net.setCable(there, false)).toBe(Reason.none);
  expect(table()).toEqual([[macA, seat.there]]);
  l.run(301);
  expect(table()).toEqual([]);
  l.conserved();
}

/** Two guests between two switches that no uplink joins, a machine on each. */
function bridges(module: WebAssembly.Module, count: number) {
  const l = lab(module);
  const [here, there] = ['Here', 'There'].map(l.virtualSwitch) as [number, number];
  const guests = Array.from({ length: count }, (_, n) => {
    const of = l.station(`bridge${n}`, StationRole.bridge);
    return [here, there].map((at) => ({ of, ...l.card(of, at, null) }));
  });
  const [a, b] = [l.station('a'), l.station('b')];
  l.card(a, here, '10.0.0.1/24');
  l.card(b, there, '10.0.0.2/24');
  l.run(1);
  const ports = guests.flat();
  return {
    ...l,
    ports,
    a,
    passed: () => ports.reduce((sum, { card }) => sum + l.net.port(card).txFrames, 0),
    /** A switch lets a card hear everything, or not; speak under any address, or not. */
    promiscuous: (on: boolean) => ports.forEach(({ there }) => l.net.setPromiscuous(there, on)),
    forged: (on: boolean) => ports.forEach(({ there }) => l.net.setForgedAllowed(there, on)),
  };
}

/** A guest that bridges: by ESX 2.5's defaults only what is for all gets across, so nobody is reached. */
export function bridging(module: WebAssembly.Module): void {
  const l = bridges(module, 1);
  expect(pings(l, l.a, '10.0.0.2')).toBe(false);
  expect(l.passed()).toBeGreaterThan(0);
  l.promiscuous(true);
  expect(pings(l, l.a, '10.0.0.2')).toBe(true);
  // It has learned: what is for a machine of the same side goes no further.
  expect(l.net.nodes().find(({ node }) => node === l.ports[0]!.of)!.learned).toBeGreaterThanOrEqual(2);
  l.forged(false);
  const before = l.passed();
  expect(pings(l, l.a, '10.0.0.2')).toBe(false);
  expect(l.passed()).toBeGreaterThan(before);
  expect(dropped(l, l.net.port(l.ports[1]!.there).node, DropReason.forgedSource)).toBeGreaterThan(0);
  l.conserved();
}

/** Two of them: one broadcast goes round for ever, more of them until the guests' processors are full; one cable ends it. */
export function storm(module: WebAssembly.Module): void {
  const l = bridges(module, 2);
  const perSecond = (seconds: number) => {
    const before = l.passed();
    l.run(seconds);
    return (l.passed() - before) / seconds;
  };
  // Coming up, each card has spoken to all: cut once, all is quiet.
  l.net.setCable(l.ports[0]!.card, false);
  l.run(1);
  expect(perSecond(1)).toBe(0);
  l.net.setCable(l.ports[0]!.card, true);
  const going = () => l.net.conservation().onTheWay;
  l.start(l.a, JobKind.ping, '10.0.0.19');
  l.run(0.05);
  const few = going();
  expect(perSecond(0.1)).toBeGreaterThan(10_000);
  expect(going()).toBeLessThan(2 * few);
  // Each question for somebody who is not there stays for good, once each way, until 300 wait at each guest.
  for (let n = 0; n < 200; n++) l.start(l.a, JobKind.ping, `10.0.0.${n + 20}`);
  l.run(0.05);
  expect(going()).toBeGreaterThan(few + 300);
  l.run(3);
  expect(going()).toBeGreaterThan(300);
  expect(going()).toBeLessThan(650);
  for (const { of } of l.ports) expect(dropped(l, of, DropReason.queueFull)).toBeGreaterThan(10);
  // 62.5 µs a frame on average: 16,000 a second and guest, and no more.
  const full = perSecond(0.1);
  expect(full).toBeGreaterThan(2 * 16_000 * 0.9);
  expect(full).toBeLessThan(2 * 16_000 * 1.1);
  l.conserved();
  l.forged(false);
  l.run(0.2);
  expect(perSecond(1)).toBe(0);
  l.forged(true);
  expect(perSecond(1)).toBe(0);
  l.conserved();
}

/** Through a NAT and a router: bytes arrive as they were, two clients' conversations apart, addresses and sums mended. */
export function translation(module: WebAssembly.Module): void {
  const l = lab(module);
  const [inside, middle, outside] = ['inside', 'middle', 'outside'].map(l.virtualSwitch) as [
    number,
    number,
    number,
  ];
  const nat = l.station('nat', StationRole.nat);
  expect(l.net.setNatSide(l.card(nat, inside, '10.1.0.1/24').card, 'inside')).toBe(Reason.none);
  expect(l.net.setNatSide(l.card(nat, middle, '10.2.0.1/24').card, 'outside')).toBe(Reason.none);
  const router = l.station('router', StationRole.forwards);
  l.card(router, middle, '10.2.0.254/24');
  l.card(router, outside, '10.3.0.254/24');
  l.net.setWays(nat, { gateway: A('10.2.0.254') });
  const server = l.station('server', StationRole.httpServer);
  const serverCard = l.card(server, outside, '10.3.0.9/24').card;
  l.net.setWays(server, { gateway: A('10.3.0.254') });
  expect(l.net.addObject(server, '/file', 60_000, 3)).toBe(Reason.none);
  const clients = [5, 6].map((n) => {
    const of = l.station(`pc${n}`);
    const { card } = l.card(of, inside, `10.1.0.${n}/24`);
    l.net.setWays(of, { gateway: A('10.1.0.1') });
    l.net.watch(card, WireMask.received);
    return { of, card };
  });
  l.net.watch(serverCard, WireMask.received);
  const jobs = clients.map(({ of }) => l.start(of, JobKind.download, '10.3.0.9', '/file'));
  l.run(20);
  for (const job of jobs) expect(l.net.job(job)).toMatchObject({ state: JobState.done, bytes: 60_000 });
  const heard = l.net.drainWire();
  const sources = heard.filter(({ port, bytes }) => port === serverCard && bytes[23] === 6);
  expect(sources.length).toBeGreaterThan(20);
  for (const { bytes } of sources) expect(bytes.subarray(26, 30).join('.')).toBe('10.2.0.1');
  const object = Buffer.from(l.net.object(server, '/file')!);
  for (const { card } of clients) {
    const body = streamOf(heard.filter(({ port }) => port === card).map(({ bytes }) => bytes));
    expect(Buffer.compare(body.subarray(body.indexOf('\r\n\r\n') + 4), object)).toBe(0);
  }
  // What has ended is kept for a minute, and so is what has no end; then the next packet finds it gone.
  const kept = () => l.net.sessions().map(({ protocol }) => protocol);
  expect(kept()).toEqual([6, 6]);
  expect(pings(l, clients[0]!.of, '10.3.0.9')).toBe(true);
  expect(kept().sort()).toEqual([1, 6, 6]);
  l.run(70);
  expect(pings(l, clients[1]!.of, '10.3.0.9')).toBe(true);
  expect(kept()).toEqual([1]);
  l.conserved();
}

/** The stream from port 80, by sequence numbers. */
export function streamOf(frames: Uint8Array[]): Buffer {
  const parts = frames.flatMap((bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (typeOf(bytes) !== 0x800 || bytes[23] !== 6 || view.getUint16(34) !== 80) return [];
    const data = bytes.subarray(34 + (bytes[46]! >> 4) * 4, 14 + view.getUint16(16));
    return data.length ? [{ seq: view.getUint32(38), data }] : [];
  });
  const start = parts[0]?.seq ?? 0;
  const at = (seq: number) => (seq - start) | 0;
  const length = parts.reduce((most, { seq, data }) => Math.max(most, at(seq) + data.length), 0);
  const stream = Buffer.alloc(length);
  for (const { seq, data } of parts) stream.set(data, at(seq));
  return stream;
}

/** A wire that loses one frame in twenty: TCP brings every byte, in order. */
export function losses(module: WebAssembly.Module): void {
  const l = lab(module);
  const v = l.physicalSwitch('switch');
  const server = l.station('server', StationRole.httpServer);
  const link = l.card(server, v, '10.0.0.2/24');
  expect(l.net.setLink(link.card, { rateKbps: 10_000, lossPpm: 50_000, delayNs: 1e6 })).toBe(Reason.none);
  expect(l.net.addObject(server, '/file', 200_000, 8)).toBe(Reason.none);
  const client = l.station('client');
  const { card } = l.card(client, v, '10.0.0.1/24');
  l.net.watch(card, WireMask.received);
  const job = l.start(client, JobKind.download, '10.0.0.2', '/file');
  l.run(60);
  expect(l.net.job(job)).toMatchObject({ state: JobState.done, bytes: 200_000 });
  const body = streamOf(l.net.drainWire().map(({ bytes }) => bytes));
  const object = Buffer.from(l.net.object(server, '/file')!);
  expect(Buffer.compare(body.subarray(body.indexOf('\r\n\r\n') + 4), object)).toBe(0);
  // It does so by fast retransmission, not by waiting for its timer: half a minute would be its time.
  expect(l.net.job(job).endedNs! - l.net.job(job).startedNs).toBeLessThan(10e9);
  l.conserved();
}

/** Every client has an address of its own; with none left, the next goes without. */
export function leases(module: WebAssembly.Module): void {
  const l = lab(module);
  const v = l.virtualSwitch('Local');
  const server = l.station('server', StationRole.dhcpServer);
  const { card } = l.card(server, v, '10.0.0.1/24');
  expect(l.net.setPool(card, { first: A('10.0.0.100'), last: A('10.0.0.102') })).toBe(Reason.none);
  const cards = [1, 2, 3, 4].map((n) => l.card(l.station(`pc${n}`), v, 'dhcp').card);
  l.run(30);
  const given = cards.map((of) => l.net.port(of).address).filter((address) => address !== 0);
  expect(given.sort()).toEqual([A('10.0.0.100'), A('10.0.0.101'), A('10.0.0.102')]);
  l.conserved();
}

/** A firewall: what no rule allows is stopped, a rule that denies stops, and answers come back without a rule. */
export function wall(module: WebAssembly.Module): void {
  const l = lab(module);
  const [inside, outside] = ['inside', 'outside'].map(l.virtualSwitch) as [number, number];
  const of = l.station('wall', StationRole.firewall);
  const inCard = l.card(of, inside, '10.1.0.1/24').card;
  l.card(of, outside, '10.2.0.1/24');
  const [pc, server] = [l.station('pc'), l.station('server', StationRole.httpServer)];
  l.card(pc, inside, '10.1.0.5/24');
  l.card(server, outside, '10.2.0.9/24');
  l.net.setWays(pc, { gateway: A('10.1.0.1') });
  l.net.setWays(server, { gateway: A('10.2.0.1') });
  const any = { to: 'any', firstPort: 0, lastPort: 65_535, signedIn: false } as const;
  expect(pings(l, pc, '10.2.0.9')).toBe(false);
  expect(l.net.addRule(of, { ...any, name: 'echo', allow: true, from: inCard, protocol: 1 })).toBe(
    Reason.none,
  );
  expect(pings(l, pc, '10.2.0.9')).toBe(true);
  expect(pings(l, server, '10.1.0.5')).toBe(false);
  expect(l.net.clear(of, 'rules')).toBe(Reason.none);
  expect(l.net.clear(of, 'sessions')).toBe(Reason.none);
  for (const allow of [false, true])
    expect(l.net.addRule(of, { ...any, name: `allow ${allow}`, allow, from: 'any', protocol: 0 })).toBe(
      Reason.none,
    );
  expect(pings(l, pc, '10.2.0.9')).toBe(false);
  expect(l.net.firewallLog(1)[0]).toMatchObject({ allowed: false, rule: 'allow false' });
  l.conserved();
}

/** A cable that is pulled takes what was on it; a machine elsewhere does not hear it later. */
export function pulledCable(module: WebAssembly.Module): void {
  const l = lab(module);
  const v = l.physicalSwitch('switch');
  const tap = l.port(l.tap('outside'));
  expect(l.net.connect(tap, l.port(v))).toBe(Reason.none);
  const { card, there } = l.card(l.station('pc'), v, '10.0.0.1/24');
  expect(l.net.setLink(there, { rateKbps: 1_000_000, delayNs: 1e8 })).toBe(Reason.none);
  l.run(1);
  const before = l.net.port(card).rxFrames;
  expect(l.net.inject(tap, frame(BROADCAST, 0x0050_5600_0001))).toBe(Reason.none);
  l.run(0.05);
  expect(l.net.setCable(there, false)).toBe(Reason.none);
  expect(l.net.setCable(there, true)).toBe(Reason.none);
  l.run(0.5);
  expect(l.net.port(card).rxFrames).toBe(before);
  l.conserved();
}

/** A shaper passes its burst at once, and then no more than its average. */
export function bucket(module: WebAssembly.Module): void {
  const l = lab(module);
  const v = l.virtualSwitch('Local');
  const tap = l.port(l.tap('guest'));
  expect(l.net.connect(tap, l.port(v))).toBe(Reason.none);
  const { card } = l.card(l.station('vm'), v, '10.0.0.1/24');
  const shape = {
    averageBps: 80_000,
    peakBps: 8_000_000,
    burstBytes: 10_000,
    periodMs: 50,
    queuePackets: 500,
  };
  expect(l.net.setShaper(tap, shape)).toBe(Reason.none);
  const before = l.net.port(card).rxBytes;
  for (let n = 0; n < 60; n++)
    expect(l.net.inject(tap, frame(BROADCAST, 0x0050_5600_0001, 1000))).toBe(Reason.none);
  l.run(0.05);
  expect(l.net.port(card).rxBytes - before).toBe(10_000);
  l.run(2);
  const later = l.net.port(card).rxBytes - before;
  expect(later).toBeGreaterThan(29_000);
  expect(later).toBeLessThanOrEqual(31_000);
  l.conserved();
}

/** A few random worlds, always the same ones. */
export function books(module: WebAssembly.Module): void {
  for (const { seed, steps, ops } of fc.sample(randomWorld, { seed: 4, numRuns: 12 })) {
    const world = openRandom(module, seed);
    for (const op of ops) {
      act(world, op);
      run(world, steps, [steps], 50e6);
    }
    mustHold(world);
  }
}
