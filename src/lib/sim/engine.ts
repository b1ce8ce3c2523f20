import { Field, hex64, NO_PAGE } from '#lib/core/core';
import { NS_PER_SECOND, type Nanoseconds } from '#lib/units';
import { hostScenarioSchema } from '#lib/world/host-schema';
import type { Scenario } from '#lib/world/schema';
import * as v from 'valibot';
import { MapPainter } from './map-painter';
import type {
  Command,
  EngineApi,
  Glance,
  MapPixels,
  MapRequest,
  OpenResult,
  PageComparison,
  PageDetail,
  PageRef,
  Reading,
  ReadingRequest,
  Receipt,
  RehearsalStep,
  RunDocument,
  StepUnit,
} from './protocol';
import { compare, inspect, machinePageOf, readHost, readOptions, readSamples, readVms } from './reading';
import { familyOf } from '#lib/capture/family';
import type { NetworkEngineApi, Reachability } from './network-protocol';
import { Run } from './run';
import { RefusedWorld } from './world';

/** What the engine needs from where it runs: a clock for its pace, and a turn of the event loop. Results see neither. */
export interface Surroundings {
  now(): number;
  /** Lets waiting calls be answered. */
  turn(): Promise<void>;
  /** Does nothing for about so long. */
  rest(milliseconds: number): Promise<void>;
  /** The core; without the network's half where a world has none. */
  module(withNetwork: boolean): Promise<WebAssembly.Module>;
  /** The site's scenarios by id, where they are at hand; elsewhere whoever opens a run brings its scenario. */
  scenario?(id: string): Promise<Scenario | null>;
}

/** Wall milliseconds of simulation between two turns. */
const SLICE_MS = 8;
const TICK_NS = NS_PER_SECOND / 10;
/** Queue entries that "one event" may need: most scans and guest steps say nothing. */
const STEP_EVENT_LIMIT = 200_000;
/** Nothing in a network takes longer to go on: an address is given up after three seconds (ARP). */
const HOP_WAIT_NS = 5 * NS_PER_SECOND;
/** Wait between two looks at the clock when simulated time is up to date. */
const REST_MS = 8;
/** A longer wait than this is not simulated afterwards. */
const MAX_BACKLOG_MS = 100;
/** Queue entries at a time when real time allows: small, so that a slice keeps to its milliseconds. */
const SLICE_BUDGET = 512;

/** The whole behaviour of a running world. Has no idea whether it lives in a worker or in Node. */
export class Engine implements EngineApi {
  readonly #painter = new MapPainter();
  #run: Run | null = null;
  #playing = false;
  #visible = true;
  #speed = 60;
  #achieved = 0;
  /** Counts what moves time: a newer one ends an older one. */
  #mover = 0;

  constructor(readonly around: Surroundings) {}

  async open(
    document: RunDocument,
    progress?: (fraction: number) => void,
    known?: Scenario,
    forwardOnly = false,
  ): Promise<OpenResult> {
    this.#stop();
    const found = known ?? (await this.#scenarioOf(document));
    // Half of the worlds have no network: its part of the engine comes when it is wanted.
    const kit = found?.network ? (await import('./network')).networkKit : undefined;
    const scenario: Scenario | null = found && v.parse(kit?.scenarioSchema ?? hostScenarioSchema, found);
    if (!scenario)
      return { kind: 'refused', reason: 'unknown-scenario', args: { scenario: String(document.scenario) } };
    try {
      const module = await this.around.module(scenario.network !== undefined);
      const budget = forwardOnly ? 0 : undefined;
      const run = new Run(module, document, scenario, () => this.around.now(), budget, kit);
      this.#run = run;
      if (!forwardOnly) run.world.network?.wire.listen();
      await this.#reach(run, document.t, progress);
      return { kind: 'opened', fingerprint: hex64(run.world.core.x.fingerprint()) };
    } catch (error) {
      if (error instanceof RefusedWorld) return { kind: 'refused', reason: error.reason, args: error.args };
      if (error instanceof RangeError) return { kind: 'refused', reason: 'browser-memory-refused', args: {} };
      throw error;
    }
  }

  async #scenarioOf({ scenario }: RunDocument): Promise<Scenario | null> {
    return typeof scenario === 'string' ? ((await this.around.scenario?.(scenario)) ?? null) : scenario;
  }

  async do(command: Command): Promise<Receipt> {
    const run = this.#open();
    if (!this.#playing) this.#mover++;
    return run.do(command);
  }

  async undo(): Promise<Receipt> {
    const run = this.#open();
    return this.#interrupting(async () => {
      const backTo = run.takeBack();
      if (backTo === null) return { kind: 'refused', reason: 'nothing-to-undo', args: {} };
      await this.#reach(run, backTo);
      return { kind: 'accepted', index: run.world.registry.commandsDone };
    });
  }

  async play(): Promise<void> {
    const run = this.#open();
    if (this.#playing || run.timeNs >= run.durationNs) return;
    this.#playing = true;
    void this.#playOn(run);
  }

  async pause(): Promise<void> {
    this.#stop();
  }

  /** @param speed simulated seconds per second; Infinity = as fast as it goes. */
  async setSpeed(speed: number): Promise<void> {
    if (speed > 0) this.#speed = speed;
  }

  /** A hidden page's world waits; nothing bursts when it is seen again. */
  async setVisible(visible: boolean): Promise<void> {
    this.#visible = visible;
  }

  async step(unit: StepUnit, frame = 0): Promise<boolean> {
    const run = this.#open();
    this.#stop();
    if (unit === 'hop') return this.#stepHop(run, frame);
    if (unit === 'event') await this.#stepEvent(run);
    else if (unit === 'frame') await this.#stepFrame(run);
    else {
      const grain = unit === 'tick' ? TICK_NS : NS_PER_SECOND;
      await this.#reach(run, Math.min(run.durationNs, (Math.floor(run.timeNs / grain) + 1) * grain));
    }
    return true;
  }

  async #stepEvent(run: Run): Promise<void> {
    const before = run.log.drained;
    for (let n = 0; n < STEP_EVENT_LIMIT && run.log.drained === before; n++)
      if (!run.advance(run.durationNs, 1)) return;
  }

  /** To the next thing that is heard on the wire. */
  async #stepFrame(run: Run): Promise<void> {
    const wire = run.world.network?.wire;
    if (!wire?.listens) return this.#stepEvent(run);
    const before = wire.last;
    await this.#eventByEvent(run, run.durationNs, () => wire.last !== before);
  }

  /** To the next thing that happens to a packet. A copy goes ahead to see whether there is one. */
  async #stepHop(run: Run, frame: number): Promise<boolean> {
    const wire = run.world.network?.wire;
    if (!wire?.listens) return false;
    const ahead = run.fork();
    const heard = ahead.world.network!.wire;
    heard.listen();
    const family = familyOf(wire.read({ count: Infinity }).reverse(), frame);
    let seen = heard.last;
    let next = 0;
    await this.#eventByEvent(ahead, Math.min(run.durationNs, run.timeNs + HOP_WAIT_NS), () => {
      if (heard.last === seen) return false;
      const fresh = heard.read({ count: Infinity, after: seen }).reverse();
      seen = heard.last;
      next = fresh.find((one) => family.has(one.frame) || family.has(one.parent))?.number ?? 0;
      return next > 0;
    });
    if (next === 0) return false;
    await this.#eventByEvent(run, run.durationNs, () => wire.last >= next);
    return true;
  }

  /** Goes on until it is there, the time is over, or something else is asked. */
  async #eventByEvent(run: Run, untilNs: Nanoseconds, isThere: () => boolean): Promise<void> {
    const mover = this.#mover;
    while (mover === this.#mover) {
      const sliceEnd = this.around.now() + SLICE_MS * 2;
      do {
        if (!run.advance(untilNs, 1) || isThere()) return;
      } while (this.around.now() < sliceEnd);
      await this.around.turn();
    }
  }

  async capture(...[what, progress]: Parameters<NetworkEngineApi['capture']>) {
    const run = this.#open();
    if (!run.world.network) return null;
    return run.kit!.captureStretch(run.forkBefore(what.fromNs), what, async (fraction) => {
      progress?.(fraction);
      await this.around.turn();
    });
  }

  async reachability(
    machines?: string[],
    progress?: (fraction: number) => void,
  ): Promise<Reachability | null> {
    const run = this.#open();
    if (!run.world.network) return null;
    return run.kit!.tryReach(run.fork(), machines, async (fraction) => {
      progress?.(fraction);
      await this.around.turn();
    });
  }

  async seek(timeNs: Nanoseconds): Promise<void> {
    const run = this.#open();
    const target = Math.max(0, Math.min(run.durationNs, Math.round(timeNs)));
    await this.#interrupting(async () => {
      run.rewind(target);
      await this.#reach(run, target);
    });
  }

  async seekBefore(sequence: number): Promise<void> {
    const event = this.#open().log.get(sequence);
    if (!event) return;
    this.#stop();
    await this.seek(event.timeNs - 1);
  }

  async read(request: ReadingRequest): Promise<Reading> {
    const run = this.#open();
    const { core } = run.world;
    return {
      ...this.#glance(run, request.map),
      reachedNs: run.reachedNs,
      durationNs: run.durationNs,
      speed: this.#speed,
      achievedSpeed: this.#playing ? this.#achieved : 0,
      eventCount: core.field(Field.eventSequence),
      eventsForgotten: run.log.forgotten,
      commandCount: run.commands.length,
      host: readHost(run, request.audit ?? false),
      vms: readVms(run),
      options: readOptions(core),
      events: request.events
        ? run.log
            .newest(run.log.drained, {
              ...request.events,
              kinds: request.events.kinds ? new Set(request.events.kinds) : undefined,
            })
            .map((event) => run.world.network?.named(event) ?? event)
        : [],
      series: request.series ? run.series.read(run.timeNs, request.series.points, request.series.fromNs) : [],
      vmSeries: (request.vmSeries?.vms ?? []).map((vm) => ({
        vm,
        points: run.series.readVm(vm, run.timeNs, request.vmSeries!.points, request.vmSeries!.fromNs),
      })),
      samples: (request.samples ?? []).map((vm) => ({ vm, pages: readSamples(run, vm) })),
      marks: run.marks(),
      network: run.world.network?.read(run.timeNs, request.network ?? {}) ?? null,
    };
  }

  async glance(map?: MapRequest): Promise<Glance> {
    return this.#glance(this.#open(), map);
  }

  #glance(run: Run, map?: MapRequest): Glance {
    return { timeNs: run.timeNs, playing: this.#playing, map: map ? this.#paint(run, map) : null };
  }

  #paint(run: Run, request: MapRequest): MapPixels {
    const { core } = run.world;
    return this.#painter.paint(request, {
      hostPages: core.field(Field.hostPages),
      classify: ({ starts, counts }) => core.classify(starts, counts),
      bytesOf: (ref) => {
        const machinePage = machinePageOf(run, ref);
        return machinePage === null ? null : core.bytes(machinePage);
      },
    });
  }

  async inspect(ref: PageRef): Promise<PageDetail> {
    return inspect(this.#open(), ref);
  }

  async compare(a: PageRef, b: PageRef): Promise<PageComparison> {
    return compare(this.#open(), a, b);
  }

  async findTwin(ref: PageRef): Promise<PageRef | null> {
    const run = this.#open();
    if (ref.vm === 0 || machinePageOf(run, ref) === null) return null;
    const found = run.world.core.x.findTwin(ref.vm, ref.page) >>> 0;
    return found === NO_PAGE ? null : { vm: found >>> 24, page: found & 0xff_ffff };
  }

  async document(): Promise<RunDocument> {
    return this.#open().toDocument();
  }

  async fingerprint(): Promise<string> {
    return hex64(this.#open().world.core.x.fingerprint());
  }

  async rehearse(
    steps: RehearsalStep[],
    request: ReadingRequest,
  ): Promise<{ receipts: Receipt[]; reading: Reading }> {
    const run = this.#open();
    const copy = new Engine(this.around);
    // Nobody goes back in a rehearsal: checkpoints would take a third of it.
    copy.#run = run.fork(0);
    const receipts: Receipt[] = [];
    for (const step of steps) {
      if (step.kind === 'do') receipts.push(await copy.do(step.command));
      else await copy.seek(copy.#open().timeNs + step.seconds * NS_PER_SECOND);
    }
    return { receipts, reading: await copy.read(request) };
  }

  #open(): Run {
    if (!this.#run) throw new Error('No world is open');
    return this.#run;
  }

  #stop(): void {
    this.#playing = false;
    this.#mover++;
  }

  /** Ends what moves time now, between two of its slices, and goes on playing afterwards if it played. */
  async #interrupting<T>(action: () => Promise<T>): Promise<T> {
    const playing = this.#playing;
    this.#stop();
    const answer = await action();
    if (playing) await this.play();
    return answer;
  }

  /** Goes to a moment in slices, answering calls in between; a newer movement ends it. */
  async #reach(run: Run, targetNs: Nanoseconds, progress?: (fraction: number) => void): Promise<void> {
    const mover = ++this.#mover;
    const startNs = run.timeNs;
    while (mover === this.#mover) {
      const sliceEnd = this.around.now() + SLICE_MS * 2;
      do {
        if (!run.advance(targetNs)) return;
      } while (this.around.now() < sliceEnd);
      progress?.((run.timeNs - startNs) / Math.max(1, targetNs - startNs));
      await this.around.turn();
    }
  }

  /** Simulated time follows wall time × speed; what cannot be kept up with is dropped, never caught up. */
  async #playOn(run: Run): Promise<void> {
    const mover = ++this.#mover;
    let wall = this.around.now();
    let dueNs = run.timeNs;
    while (this.#playing && mover === this.#mover) {
      const now = this.around.now();
      const elapsedMs = Math.min(Math.max(now - wall, 1e-3), MAX_BACKLOG_MS);
      wall = now;
      const fromNs = run.timeNs;
      // A command may have moved time since the last slice.
      dueNs = Math.max(fromNs, Math.min(run.durationNs, dueNs + elapsedMs * 1e6 * this.#speed));
      let more = this.#visible;
      while (more && this.around.now() - now < SLICE_MS) more = run.advance(Math.floor(dueNs), SLICE_BUDGET);
      if (more || !this.#visible) dueNs = run.timeNs;
      this.#measure(run.timeNs - fromNs, elapsedMs);
      if (run.timeNs >= run.durationNs) this.#playing = false;
      await (more ? this.around.turn() : this.around.rest(REST_MS));
    }
  }

  /** Speed really reached, smoothed over about a second. */
  #measure(simulatedNs: Nanoseconds, wallMs: number): void {
    if (wallMs <= 0) return;
    const weight = Math.min(1, wallMs / 500);
    this.#achieved += weight * (simulatedNs / 1e6 / wallMs - this.#achieved);
  }
}
