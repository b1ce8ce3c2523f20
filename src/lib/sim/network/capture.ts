/** What listeners would have captured in a stretch of a run, as pcapng: the stretch is replayed in a copy of the world. */
import { PcapngWriter } from '#lib/capture/pcapng';
import { WireKind, WireMask, type WireRow } from '#lib/core/network';
import type { Bytes, Nanoseconds } from '#lib/units';
import type { CapturePoint } from '../network-protocol';
import type { Run } from '../run';
import type { NetworkRegistry } from './registry';
import { dropReason } from './wire-log';

const BOTH = WireMask.sent | WireMask.received | WireMask.dropped;
/** On a switch each frame once: as it enters. */
const ENTERING = WireMask.received | WireMask.dropped;

interface Listener {
  name: string;
  ports: number[];
  mask: number;
  bitsPerSecond: number;
}

/** Ports of a place to listen at, and what to hear there; none when nothing has that name. */
export function listenersOf(run: Run, points: readonly CapturePoint[]): Listener[] {
  const { net } = run.world.network!;
  const registry = run.world.registry.network;
  const rate = (port: number) => net.port(port).rateKbps * 1000;
  return points.flatMap((point): Listener[] => {
    const found = portsOf(run, registry, point);
    if (found.ports.length === 0) return [];
    return [{ ...found, bitsPerSecond: rate(found.ports[0]!) }];
  });
}

function portsOf(
  run: Run,
  registry: NetworkRegistry,
  point: CapturePoint,
): { name: string; ports: number[]; mask: number } {
  if (point.kind === 'physical-card') {
    const uplink = registry.physicalCards.get(point.name)?.uplink;
    return { name: point.name, ports: uplink === null || uplink === undefined ? [] : [uplink], mask: BOTH };
  }
  if (point.kind === 'card') {
    const card = registry.machines.get(point.machine)?.cards[point.card];
    return { name: `${point.machine} ${point.card + 1}`, ports: card ? [card.port] : [], mask: BOTH };
  }
  const machine = registry.machines.get(point.name);
  if (machine) return { name: point.name, ports: machine.cards.map(({ port }) => port), mask: BOTH };
  const node = registry.switches.get(point.name)?.node ?? registry.physicalSwitches.get(point.name);
  const row =
    node === undefined ? undefined : run.world.network!.net.nodes().find((one) => one.node === node);
  return { name: point.name, ports: row?.ports ?? [], mask: ENTERING };
}

export interface Captured {
  pcapng: Uint8Array;
  packets: number;
  truncated: boolean;
}

/** Gathers packets of listeners. One interface each, in their order. */
export class Recorder {
  readonly #writer = new PcapngWriter({ application: 'À la carte' });
  readonly #interfaces = new Map<number, number[]>();
  readonly #masks = new Map<number, number>();
  #bytes: Bytes = 0;
  #parts: Uint8Array[] = [];
  packets = 0;
  truncated = false;

  constructor(
    private readonly run: Run,
    listeners: readonly Listener[],
    private readonly maxBytes: Bytes,
    /** What others hear at every port: bits of WireMask. Not recorded. */
    others = 0,
  ) {
    const { net } = run.world.network!;
    net.watchAll(others);
    net.emptyWire();
    const masks = this.#masks;
    for (const { name, ports, mask, bitsPerSecond } of listeners) {
      const id = this.#writer.addInterface({ name, bitsPerSecond });
      for (const port of ports) {
        this.#interfaces.set(port, [...(this.#interfaces.get(port) ?? []), id]);
        masks.set(port, (masks.get(port) ?? 0) | mask);
      }
    }
    for (const [port, mask] of masks) net.watch(port, mask | others);
  }

  /** The latest packet: a drop that follows at the same port is a comment on it. */
  #held: { row: WireRow; comment: string | undefined } | null = null;

  /** Takes what was heard; @param fromNs what came before is not kept */
  take(fromNs: Nanoseconds, rows: readonly WireRow[] = this.run.world.network!.net.drainWire()): void {
    for (const row of rows) {
      const isMine = ((this.#masks.get(row.port) ?? 0) >> (row.kind - 1)) & 1;
      if (isMine && row.timeNs >= fromNs) this.#hear(row);
    }
  }

  #hear(row: WireRow): void {
    const comment = row.kind === WireKind.dropped ? `dropped: ${dropReason(row.reason)}` : undefined;
    const last = this.#held?.row;
    const isSame = last?.frame === row.frame && last.port === row.port && last.timeNs === row.timeNs;
    if (comment && isSame) {
      this.#held!.comment = comment;
      return;
    }
    this.#writeHeld();
    this.#held = { row, comment };
  }

  #writeHeld(): void {
    if (!this.#held || this.truncated) return;
    const { row, comment } = this.#held;
    this.#held = null;
    for (const id of this.#interfaces.get(row.port) ?? []) {
      if (this.#bytes + this.#writer.pending > this.maxBytes) {
        this.truncated = true;
        return;
      }
      const direction = row.kind === WireKind.sent ? 'out' : 'in';
      this.#writer.frame(id, row.timeNs, row.bytes, { comment, direction });
      this.packets++;
    }
    if (this.#writer.pending > 1_000_000) this.#flush();
  }

  #flush(): void {
    const part = this.#writer.take();
    this.#bytes += part.length;
    this.#parts.push(part);
  }

  end(): Captured {
    this.#writeHeld();
    this.#flush();
    const pcapng = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      pcapng.set(part, at);
      at += part.length;
    }
    return { pcapng, packets: this.packets, truncated: this.truncated };
  }
}

/** Captures from a copy of the world that stands at or before `fromNs`. */
export async function captureStretch(
  run: Run,
  what: { points: CapturePoint[]; fromNs: Nanoseconds; toNs: Nanoseconds; maxBytes: Bytes },
  turn: (fraction: number) => Promise<void>,
): Promise<Captured> {
  const recorder = new Recorder(run, listenersOf(run, what.points), what.maxBytes);
  const startNs = run.timeNs;
  let sinceTurn = 0;
  while (!recorder.truncated) {
    const more = run.advance(what.toNs);
    recorder.take(what.fromNs);
    if (!more) break;
    if (++sinceTurn < 32) continue;
    sinceTurn = 0;
    await turn((run.timeNs - startNs) / Math.max(1, what.toNs - startNs));
  }
  return recorder.end();
}
