/** A small host with a network on it, for tests. */
import { expect } from 'vitest';
import { parseAddress as A } from '#lib/core/addresses';
import { Core, Field, Reason } from '#lib/core/core';
import { CoreNetwork, JobKind, NodeKind, reserveNetwork, type NetworkCapacities } from '#lib/core/network';
import { coreModule, type Target } from '../core';

/** Made and asked by short words. */
export function lab(
  target: Target | WebAssembly.Module = 'debug',
  capacities: Partial<NetworkCapacities> = {},
  seed = 7,
) {
  const core = new Core(target instanceof WebAssembly.Module ? target : coreModule(target));
  expect(reserveNetwork(core, capacities)).toBe(Reason.none);
  expect(core.x.openWorld(65_536, 32_768, 0, seed)).toBe(Reason.none);
  const net = new CoreNetwork(core);
  const node = (kind: NodeKind, name: string) => {
    const made = net.addNode(kind, name);
    expect(made.reason).toBe(Reason.none);
    return made.node;
  };
  const port = (of: number, uplink = false) => {
    const made = net.addPort(of, { uplink });
    expect(made.reason, `port of ${of}`).toBe(Reason.none);
    return made.port;
  };
  let cards = 0;
  return {
    core,
    net,
    virtualSwitch: (name: string) => node(NodeKind.virtualSwitch, name),
    physicalSwitch: (name: string) => node(NodeKind.physicalSwitch, name),
    tap: (name: string) => node(NodeKind.tap, name),
    station(name: string, roles = 0) {
      const of = node(NodeKind.station, name);
      expect(net.setRoles(of, roles)).toBe(Reason.none);
      return of;
    },
    port,
    /** A card of a station in a switch; 'dhcp' or "10.0.0.1/24". @returns the card's port and the switch's */
    card(of: number, to: number, address: string | null) {
      const made = net.addPort(of, { mac: 0x000c_2900_0000 + ++cards });
      expect(made.reason).toBe(Reason.none);
      const there = port(to);
      expect(net.connect(made.port, there)).toBe(Reason.none);
      if (address === 'dhcp') expect(net.setDhcp(made.port)).toBe(Reason.none);
      else if (address) {
        const [text, prefix] = address.split('/');
        expect(net.setAddress(made.port, A(text!), Number(prefix))).toBe(Reason.none);
      }
      return { card: made.port, there };
    },
    run(seconds: number) {
      const until = core.field(Field.timeNs) + Math.round(seconds * 1e9);
      const budget = 100_000;
      while (core.x.run(BigInt(until), budget, BigInt(core.field(Field.eventSequence))) >= budget);
    },
    start(of: number, kind: JobKind, host: string, path?: string) {
      const isAddress = /^[\d.]+$/.test(host);
      const started = net.startJob(of, { kind, ...(isAddress ? { address: A(host) } : { host }), path });
      expect(started.reason).toBe(Reason.none);
      return started.job;
    },
    conserved() {
      const c = net.conservation();
      expect(c.made + c.copied).toBe(c.consumed + c.dropped + c.onTheWay);
      expect(c.madeBytes + c.copiedBytes).toBe(c.consumedBytes + c.droppedBytes + c.onTheWayBytes);
      expect(net.audit()).toBe(0);
    },
  };
}
