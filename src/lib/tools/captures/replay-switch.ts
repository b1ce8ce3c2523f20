/**
 * A capture put onto a virtual switch of the simulator's core: each sender is a card in a port of its own, each frame is
 * injected at that port, and the core says who received it. Nothing here decides where a frame goes.
 */
import { Core, Field, Reason } from '#lib/core/core';
import { CoreNetwork, DropReason, NodeKind, reserveNetwork, WireKind, WireMask } from '#lib/core/network';
import type { Bytes, Nanoseconds } from '#lib/units';
import { TRUNK } from '#wasm/shared/network';

/** A virtual switch of ESX 2.5 has 32 ports. */
export const SWITCH_PORTS = 32;
const MIN_FRAME: Bytes = 14;
export const MAX_FRAME: Bytes = 1536;
/** Waits of a capture are shortened to this: a switch remembers nothing between two frames. */
const LONGEST_WAIT: Nanoseconds = 5_000_000;
/** Copies received or dropped after which a replay ends: 32 ports that hear all make 31 of each frame. */
export const MAX_COPIES = 100_000;
/** Frames under way at once. */
const BATCH = 128;
const STEPS = 100_000;

export interface ReplayOptions {
  /** Every port may listen to all; ESX refuses that by default. */
  promiscuous: boolean;
  /** The ports pass tagged frames; by default they are of no VLAN. */
  tagged: boolean;
}

export interface ReplayedFrame {
  time: Nanoseconds;
  bytes: Uint8Array;
}

export interface PortOutcome {
  mac: string;
  sent: number;
  received: number;
}

export interface ReplayOutcome {
  ports: PortOutcome[];
  /** Frames put onto the switch. */
  injected: number;
  /** Copies that reached a card. */
  delivered: number;
  /** Why copies went no further, by the core's reason. */
  drops: { reason: string; frames: number }[];
  /** Not put onto it: their senders found no port, or no Ethernet card would send them. */
  leftOut: { noPort: number; badLength: number };
  /** There were more frames, or more copies of them, than are replayed. */
  isCut: boolean;
  /** What the core counts again and finds wrong: 0. */
  faults: number;
}

/** A frame that reached a card or was dropped, in the order of the switch. */
export type Seen = (
  ports: readonly PortOutcome[],
  port: number,
  time: Nanoseconds,
  bytes: Uint8Array,
  dropped: string | null,
) => void;

/**
 * Plays frames over one internal virtual switch.
 * @throws Error when the core refuses what it is asked
 */
export function playOnSwitch(
  module: WebAssembly.Module,
  frames: readonly ReplayedFrame[],
  { promiscuous, tagged }: ReplayOptions,
  seen: Seen = () => undefined,
): ReplayOutcome {
  const core = new Core(module);
  const check = (reason: Reason) => {
    if (reason !== Reason.none) throw new Error(`the core refused: ${Reason[reason]}`);
  };
  check(
    reserveNetwork(core, {
      nodes: 40,
      ports: 80,
      frames: 4096,
      connections: 1,
      jobs: 1,
      rings: 1,
      texts: 64,
    }),
  );
  check(core.x.openWorld(65_536, 32_768, 0, 1));
  const net = new CoreNetwork(core);
  const made = net.addNode(NodeKind.virtualSwitch, 'replay');
  check(made.reason);
  const ports = new Map<number, { tap: number; outcome: PortOutcome; number: number }>();
  const byPort = new Map<number, { outcome: PortOutcome; number: number }>();
  for (const { bytes } of frames) {
    const mac = macAt(bytes, 6);
    // A group is nobody's card.
    if (ports.has(mac) || ports.size >= SWITCH_PORTS || bytes.length < MIN_FRAME || bytes[6] & 1) continue;
    const name = macText(mac);
    const tap = net.addNode(NodeKind.tap, name);
    check(tap.reason);
    const card = net.addPort(tap.node, { mac });
    const there = net.addPort(made.node);
    check(card.reason || there.reason);
    check(net.connect(card.port, there.port));
    if (promiscuous) check(net.setPromiscuous(there.port, true));
    if (tagged) check(net.setVlan(there.port, TRUNK));
    net.watch(card.port, WireMask.received | WireMask.dropped);
    net.watch(there.port, WireMask.dropped);
    const entry = { tap: card.port, outcome: { mac: name, sent: 0, received: 0 }, number: ports.size };
    ports.set(mac, entry);
    byPort.set(card.port, entry);
    byPort.set(there.port, entry);
  }
  const drops = new Map<string, number>();
  const outcome: ReplayOutcome = {
    ports: [...ports.values()].map((entry) => entry.outcome),
    injected: 0,
    delivered: 0,
    drops: [],
    leftOut: { noPort: 0, badLength: 0 },
    isCut: false,
    faults: 0,
  };
  let copies = 0;
  const settle = (until: Nanoseconds) => {
    for (;;) {
      const steps = core.x.run(BigInt(until), STEPS, BigInt(core.field(Field.eventSequence)));
      for (const row of net.drainWire()) {
        const entry = byPort.get(row.port);
        if (!entry) continue;
        copies++;
        if (row.kind === WireKind.received) {
          entry.outcome.received++;
          outcome.delivered++;
          seen(outcome.ports, entry.number, row.timeNs, row.bytes, null);
        } else if (row.kind === WireKind.dropped) {
          const reason = kebab(DropReason[row.reason] ?? 'unknown');
          drops.set(reason, (drops.get(reason) ?? 0) + 1);
          seen(outcome.ports, entry.number, row.timeNs, row.bytes, reason);
        }
      }
      if (steps < STEPS && core.field(Field.timeNs) >= until) return;
    }
  };
  let last: Nanoseconds | null = null;
  let after: Nanoseconds = 0;
  let waiting = 0;
  const flush = () => {
    // Room for the slowest card to send the last of them.
    settle(core.field(Field.timeNs) + after + 20_000_000);
    after = 0;
    waiting = 0;
  };
  for (const { time, bytes } of frames) {
    if (copies >= MAX_COPIES) {
      outcome.isCut = true;
      break;
    }
    const entry = ports.get(macAt(bytes, 6));
    if (bytes.length < MIN_FRAME || bytes.length > MAX_FRAME) outcome.leftOut.badLength++;
    else if (!entry) outcome.leftOut.noPort++;
    else {
      if (last !== null) after += Math.min(LONGEST_WAIT, Math.max(0, time - last));
      last = time;
      check(net.inject(entry.tap, bytes, after));
      entry.outcome.sent++;
      outcome.injected++;
      if (++waiting >= BATCH) flush();
    }
  }
  flush();
  outcome.drops = [...drops].map(([reason, count]) => ({ reason, frames: count }));
  outcome.faults = net.audit();
  return outcome;
}

const macAt = (b: Uint8Array, at: Bytes): number => {
  let mac = 0;
  for (let i = 0; i < 6; i++) mac = mac * 256 + (b[at + i] ?? 0);
  return mac;
};
const macText = (mac: number): string =>
  mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:');
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
