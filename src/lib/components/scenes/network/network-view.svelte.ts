import { untrack } from 'svelte';
import { alongRiver, partOf, pathOf } from '#lib/layout/journey';
import { centreOf, layoutNetwork, type Moved, type NetworkLayout, type Point } from '#lib/layout/network-map';
import {
  isQuietDrop,
  journeyOf,
  kindsOf,
  loadsOf,
  shapeOf,
  topologyOf,
  type Topology,
} from '#lib/model/network';
import { trafficKindOf, type TrafficKind } from '#lib/model/traffic';
import type { NetworkReading, NetworkRequest, NodeId, WireRecord } from '#lib/sim/network-protocol';
import type { Selection } from '#lib/state/selection.svelte';
import type { Simulation } from '#lib/state/simulation.svelte';
import { recallMoved, rememberMoved } from './places';
import { WireLog } from '#lib/state/wire-log.svelte';

/** Records read at a time while time stands or crawls … */
const RECORDS_AT_ONCE = 2000;
/** … and while it flies: enough to tell what kinds of traffic there are. */
const RECORDS_IN_FLIGHT = 60;
/** Counters of a flying world are read so often, not with each picture. */
const LOOK_MS = 400;
/** So few at a time, and each is seen to move; of more, only what the lines carry is shown. */
const MOVES_AT_ONCE = 8;
/** A frame that has been sent rests here on its way, until it is there. */
const ON_THE_WAY = 0.6;
const MOST_DROPS = 3;

/** A frame that moves: along the points, or at their end. */
export interface Token {
  key: string;
  record: WireRecord;
  kind: TrafficKind;
  points: readonly Point[];
}

export interface DropMark {
  record: WireRecord;
  at: Point;
  isQuiet: boolean;
}

type Needs = Pick<NetworkRequest, 'sessions' | 'firewallLog' | 'leases' | 'tunnels' | 'learned' | 'audit'>;

/**
 * What the network's views share: the newest reading as places and ways, the layout in the room it has, what was heard
 * on the wire, and what moves just now.
 */
export class NetworkView {
  readonly log = new WireLog();
  /** What is shown: the newest reading, or one a moment old while time flies. */
  reading = $state.raw<NetworkReading | null>(null);
  /** Room for the map, CSS pixels. */
  room = $state.raw({ width: 0, height: 0 });
  moved = $state.raw<Moved>({});
  tokens = $state.raw<readonly Token[]>([]);
  drops = $state.raw<readonly DropMark[]>([]);
  /** Counts the batches of moves: what draws them starts anew at each. */
  beat = $state(0);
  /** The record whose bytes are open, and the packet before it was rewritten. */
  open = $state.raw<{ record: WireRecord; before: WireRecord | null } | null>(null);

  #needs: Needs = {};
  #asked = '';
  #scenario = '';
  #layoutBefore: NetworkLayout | null = null;
  /** Where each frame was received last. */
  #here = new Map<number, { node: NodeId; at: Point }>();
  #lookedAtMs = -Infinity;
  /** Records were passed over: they are read again when time stands. */
  #hasGaps = false;

  constructor(
    readonly simulation: Simulation,
    readonly selection: Selection,
    /** What others on the page want read of the network, also when its views have left. */
    private readonly base: Needs | undefined = undefined,
  ) {}

  readonly topology: Topology | null = $derived.by(() => this.reading && topologyOf(this.reading));
  // Counters change sixty times a second, cables do not: equal words keep equal layouts.
  readonly #shape = $derived.by(() => (this.reading ? shapeOf(this.reading) : ''));
  readonly layout: NetworkLayout | null = $derived.by(() => {
    const { room, moved } = this;
    if (this.#shape === '' || room.width < 40 || room.height < 40) return null;
    const plan = untrack(() => this.topology!.plan);
    this.#layoutBefore = layoutNetwork(plan, room, moved, this.#layoutBefore);
    return this.#layoutBefore;
  });
  readonly loads = $derived.by(() => (this.topology ? loadsOf(this.topology) : new Map<string, number>()));
  /** By leg, of what was heard in the last stretch. */
  readonly kinds = $derived.by(() =>
    this.topology ? kindsOf(this.topology, this.log.records.slice(-300)) : new Map<string, TrafficKind>(),
  );
  /** All that is known of the frame that is followed. */
  readonly journey = $derived.by(() =>
    this.selection.frame > 0 ? journeyOf(this.log.records, this.selection.frame) : [],
  );
  /** Its way on the map: a line for each hop. */
  readonly trail: readonly (readonly Point[])[] = $derived.by(() => {
    const { layout, topology } = this;
    if (!layout || !topology) return [];
    const here = new Map<number, { node: NodeId; at: Point }>();
    return this.journey.flatMap((record) => {
      if (record.kind === 'sent') return [this.#lineOf(record, layout, topology, here)];
      if (record.kind === 'received') this.#arrive(record, layout, topology, here);
      return [];
    });
  });

  /** Places moved by hand in this scenario, as this browser remembers them. */
  recall(scenario: string): void {
    this.#scenario = scenario;
    this.moved = recallMoved(scenario);
  }

  move(key: string, by: Point): void {
    const before = this.moved[key] ?? { x: 0, y: 0 };
    this.moved = {
      ...this.moved,
      [key]: { x: Math.round(before.x + by.x), y: Math.round(before.y + by.y) },
    };
    rememberMoved(this.#scenario, this.moved);
  }

  resetPlaces(): void {
    this.moved = {};
    rememberMoved(this.#scenario, this.moved);
  }

  /** What panels in sight want to be read: `need({ sessions: true })`, and `need({ sessions: undefined })` on leaving. */
  need(part: Needs): void {
    this.#needs = { ...this.#needs, ...part };
    this.ask();
  }

  ask(): void {
    const count = this.simulation.isFlying ? RECORDS_IN_FLIGHT : RECORDS_AT_ONCE;
    const network: NetworkRequest = { ...this.#needs, ...this.base, wire: { count, after: this.log.last } };
    const words = JSON.stringify(network);
    // Asking again for the same would read for ever.
    if (words === this.#asked) return;
    this.#asked = words;
    this.simulation.ask({ network });
  }

  leave(): void {
    this.simulation.ask({ network: this.base });
  }

  /** To be called with each reading: gathers what was heard and sets in motion what is little enough to be followed. */
  hear(): void {
    const whole = this.simulation.reading;
    const network = whole?.network;
    if (!whole || !network) {
      this.reading = null;
      return;
    }
    const { isFlying } = this.simulation;
    if (isFlying && performance.now() - this.#lookedAtMs < LOOK_MS) return;
    this.#lookedAtMs = performance.now();
    this.reading = network;
    if (isFlying) this.#hasGaps = true;
    else if (this.#hasGaps) {
      this.#hasGaps = false;
      this.forget();
      this.ask();
      return;
    }
    const { edition } = this.log;
    const fresh = this.log.take(network, isFlying);
    this.ask();
    const { topology, layout } = this;
    if (fresh.length === 0 || !layout || !topology) return;
    const isFollowable = fresh.length <= MOVES_AT_ONCE && !isFlying;
    // A log that is read anew is what has been, not what happens now.
    const isPast = this.log.edition !== edition && !isFollowable;
    this.drops = [
      ...(isPast ? [] : fresh).flatMap((record) => {
        if (record.kind !== 'dropped') return [];
        const at = this.placeOf(record, layout, topology);
        return at ? [{ record, at, isQuiet: isQuietDrop(record.reason) }] : [];
      }),
      ...(isFollowable || isPast ? [] : this.drops),
    ]
      .sort((a, b) => Number(a.isQuiet) - Number(b.isQuiet))
      .slice(0, MOST_DROPS);
    if (!isFollowable) {
      this.tokens = [];
      this.#here.clear();
      return;
    }
    this.tokens = fresh.flatMap((record) => {
      const points = this.#pointsOf(record, layout, topology);
      const key = `${record.frame} ${record.port}`;
      return points.length > 0 && record.kind !== 'dropped'
        ? [{ key, record, kind: trafficKindOf(record.bytes), points }]
        : [];
    });
    this.beat++;
  }

  forget(): void {
    this.log.clear();
    this.#asked = '';
    this.tokens = [];
    this.drops = [];
    this.#here.clear();
  }

  /** Where a thing happened: at the end of the port's cable, or at the node itself. */
  placeOf(record: WireRecord, layout: NetworkLayout, topology: Topology): Point | null {
    const [start] = pathOf(layout, topology.waysOf.get(record.port) ?? []);
    if (start) return start;
    const key = topology.keyOf.get(record.node) ?? '';
    const box = layout.machines.get(key);
    const bed = layout.rivers.get(key);
    return box ? centreOf(box) : bed ? bed.from : null;
  }

  #pointsOf(record: WireRecord, layout: NetworkLayout, topology: Topology): Point[] {
    if (record.kind === 'sent')
      return partOf(this.#lineOf(record, layout, topology, this.#here), 0, ON_THE_WAY);
    if (record.kind !== 'received') return [];
    return partOf(this.#arrive(record, layout, topology, this.#here), ON_THE_WAY, 1);
  }

  /** Of a frame that leaves a port: along the river it came in by, if it did, then along the cable. */
  #lineOf(
    record: WireRecord,
    layout: NetworkLayout,
    topology: Topology,
    here: ReadonlyMap<number, { node: NodeId; at: Point }>,
  ): Point[] {
    const path = pathOf(layout, topology.waysOf.get(record.port) ?? []);
    const last = here.get(record.frame) ?? here.get(record.parent);
    const key = topology.keyOf.get(record.node) ?? '';
    if (last?.node !== record.node || path.length === 0) return path;
    return [...alongRiver(layout, key, last.at, path[0]!), ...path];
  }

  /** Of a frame that comes in by a port: its cable, from the other end. */
  #arrive(
    record: WireRecord,
    layout: NetworkLayout,
    topology: Topology,
    here: Map<number, { node: NodeId; at: Point }>,
  ): Point[] {
    const path = pathOf(layout, topology.waysOf.get(record.port) ?? []).reverse();
    const at = path.at(-1);
    if (at) here.set(record.frame, { node: record.node, at });
    return path;
  }
}
