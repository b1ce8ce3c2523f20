/** Which way attempts took: read off the wire while they run, frame by frame, through routers and NAT. */
import { headersOf } from '#lib/capture/headers';
import { WireKind, WireMask, type CoreNetwork, type WireRow } from '#lib/core/network';
import { dropReason } from './wire-log';

/** What is looked for: the first packet that a machine sends to an address with a protocol (and, by TCP, a port). */
export interface Errand {
  from: number;
  to: number;
  address: string;
  protocol: 'icmp' | 'tcp';
  isPort: (port: number) => boolean;
}

export interface TracedWay {
  /** Nodes that the request passed, from its sender to where it came last. */
  stops: number[];
  /** Where it, or the answer to it, was dropped; null where nothing was. */
  lost: { node: number; reason: string; isBack: boolean } | null;
}

interface Trace {
  /** Node that a frame came from, by frame and the node it came to. */
  came: Map<string, number>;
  parents: Map<number, number>;
  /** The frame that came furthest, and the node it came to. */
  last: { frame: number; node: number } | null;
  /** The same before it. */
  before: Trace['last'];
  /** Source address of the request as its target sees it; null until it is there. */
  source: string | null;
  isAnswered: boolean;
  lost: (NonNullable<TracedWay['lost']> & { frame: number; isQuiet: boolean }) | null;
}

/** Copies that a switch or a card lets go because they were for another: never why something did not come through. */
const COPIES: ReadonlySet<string> = new Set(['not-for-me', 'same-port', 'team-duplicate']);
/** Why something did not come through only where nothing else is. */
const QUIET: ReadonlySet<string> = new Set(['not-here', 'other-vlan']);

export class Tracer {
  readonly #nodeOf: ReadonlyMap<number, number>;
  #errands: readonly Errand[] = [];
  #traces: Trace[] = [];
  /** Attempt that a frame belongs to, and whether it is of the answer. */
  #frames = new Map<number, { index: number; isBack: boolean }>();

  /** @param machines whose cards are listened at; switches are in any case, the other PCs of a large group are not */
  constructor(
    private readonly net: CoreNetwork,
    private readonly machines: ReadonlySet<number>,
    private readonly isSwitch: (node: number) => boolean,
  ) {
    this.#nodeOf = new Map(net.ports().map(({ port, node }) => [port, node]));
  }

  begin(errands: readonly Errand[]): void {
    this.#errands = errands;
    this.#traces = errands.map(fresh);
    this.#frames.clear();
    this.net.watchAll(0);
    this.net.emptyWire();
    for (const [port, node] of this.#nodeOf)
      if (this.isSwitch(node)) this.net.watch(port, WireMask.received | WireMask.dropped);
      else if (this.machines.has(node))
        this.net.watch(port, WireMask.sent | WireMask.received | WireMask.dropped);
  }

  /** Takes what was heard; once every attempt was answered, nobody listens any more. */
  take(): void {
    for (const row of this.net.drainWire()) this.#hear(row);
    if (this.#traces.every(({ isAnswered }) => isAnswered)) this.net.watchAll(0);
  }

  wayOf(index: number): TracedWay {
    const { came, parents, last, source, lost } = this.#traces[index]!;
    const end = source === null && lost ? lost : last;
    const stops: number[] = [];
    let frame = end?.frame ?? 0;
    let node = end?.node;
    while (node !== undefined && stops.length < 64) {
      if (stops[0] !== node) stops.unshift(node);
      const before = came.get(`${frame} ${node}`);
      if (before === undefined) {
        // Made here: from the frame that came in.
        const parent = parents.get(frame);
        if (!parent) break;
        frame = parent;
      } else node = before;
    }
    return { stops, lost: lost && { node: lost.node, reason: lost.reason, isBack: lost.isBack } };
  }

  #hear(row: WireRow): void {
    const known = this.#frames.get(row.frame) ?? this.#follow(row);
    if (!known) return;
    const { index, isBack } = known;
    const trace = this.#traces[index]!;
    if (trace.isAnswered) return;
    const errand = this.#errands[index]!;
    if (row.kind === WireKind.received) {
      if (isBack) {
        if (row.node === errand.from) trace.isAnswered = true;
        return;
      }
      const before = row.peer === null ? undefined : this.#nodeOf.get(row.peer);
      const key = `${row.frame} ${row.node}`;
      if (before !== undefined && !trace.came.has(key)) trace.came.set(key, before);
      if (trace.source !== null) return;
      if (row.node === errand.to) trace.source = headersOf(row.bytes).source?.address ?? null;
      if (row.node === trace.last?.node) return;
      trace.before = trace.last;
      trace.last = { frame: row.frame, node: row.node };
    } else if (row.kind === WireKind.dropped) {
      const reason = dropReason(row.reason);
      if (COPIES.has(reason)) {
        if (trace.before && trace.last?.frame === row.frame && trace.last.node === row.node)
          trace.last = trace.before;
        return;
      }
      const isQuiet = QUIET.has(reason);
      if (isQuiet && trace.lost && !trace.lost.isQuiet && trace.lost.isBack === isBack) return;
      // A copy that went astray does not matter once the packet is there.
      if (!isBack && trace.source !== null) return;
      trace.lost = { frame: row.frame, node: row.node, reason, isBack, isQuiet };
    }
  }

  /** Whose a new frame is: made from one that is followed, or the first of a request or of its answer. */
  #follow(row: WireRow) {
    const parent = this.#frames.get(row.parent);
    if (parent) {
      this.#frames.set(row.frame, parent);
      this.#traces[parent.index]!.parents.set(row.frame, row.parent);
      return parent;
    }
    if (row.kind !== WireKind.sent) return null;
    const { protocol, source, destination } = headersOf(row.bytes);
    if (!source || !destination) return null;
    for (const [index, errand] of this.#errands.entries()) {
      if (protocol !== errand.protocol) continue;
      const trace = this.#traces[index]!;
      const isAsked =
        row.node === errand.from && destination.address === errand.address && errand.isPort(destination.port);
      if (isAsked && trace.source === null) {
        // Tried again: the newest attempt counts.
        this.#traces[index] = { ...fresh(), last: { frame: row.frame, node: row.node } };
        const own = { index, isBack: false };
        this.#frames.set(row.frame, own);
        return own;
      }
      const isAnswer =
        row.node === errand.to && destination.address === trace.source && errand.isPort(source.port);
      if (!isAnswer || trace.isAnswered) continue;
      const own = { index, isBack: true };
      this.#frames.set(row.frame, own);
      return own;
    }
    return null;
  }
}

const fresh = (): Trace => ({
  came: new Map(),
  parents: new Map(),
  last: null,
  before: null,
  source: null,
  isAnswered: false,
  lost: null,
});
