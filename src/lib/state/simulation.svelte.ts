import { createContext, onDestroy } from 'svelte';
import { Bridge } from '#lib/sim/bridge';
import type {
  Command,
  EngineApi,
  EventRecord,
  Glance,
  Reading,
  ReadingRequest,
  ReasonArgs,
  ReasonCode,
  Receipt,
  RunDocument,
  StepUnit,
} from '#lib/sim/protocol';
import type { Nanoseconds } from '#lib/units';

export type SimulationStatus =
  | { kind: 'closed' }
  | { kind: 'opening'; fraction: number }
  | { kind: 'ready' }
  | { kind: 'refused'; reason: ReasonCode; args: ReasonArgs }
  /** The worker died or fell silent; `recover()` opens the run again where it was. */
  | { kind: 'crashed'; message: string; timeNs: Nanoseconds };

/** A view's own copy of the newest reading. */
export interface Turn {
  readonly reading: Reading | null;
  /** To be attached to the element that shows it: while that is out of sight, others go first. */
  readonly watch: (element: Element) => () => void;
}

/** Simulated seconds a second up to which each reading is followed; time that runs faster flies. */
const CRAWL = 0.05;
/** While time flies the whole is read so often at most; between, only what moves with every frame. */
const WHOLE_MS = 100;
/** Nobody reads figures that change more often, and drawing them takes time. */
const TURN_MS = 200;
/** Of all views that are out of sight, one takes a turn so often. */
const UNSEEN_MS = 150;
/** A view this near is drawn before it comes into sight. */
const NEAR_PX = 200;

class OwnReading implements Turn {
  reading = $state.raw<Reading | null>(null);
  renewedAtMs = 0;
  isSeen = true;

  constructor(reading: Reading | null) {
    this.reading = reading;
  }

  watch = (element: Element) =>
    whenSeen(element, (isSeen) => {
      this.isSeen = isSeen;
    });
}

/** Tells whether an element is in sight or nearly so, now and with each change. */
export function whenSeen(element: Element, tell: (isSeen: boolean) => void): () => void {
  const observer = new IntersectionObserver((entries) => tell(entries.at(-1)?.isIntersecting ?? true), {
    rootMargin: `${NEAR_PX}px`,
  });
  observer.observe(element);
  return () => observer.disconnect();
}

/**
 * A running world as the interface sees it: the newest reading, and the ways to change it.
 * Views say what they show with `ask`; one loop reads just that, while it plays and once after each change.
 * The cadence of all views is decided here. What moves with every frame follows `glance`: the clock and the map.
 * The whole, `reading`, is read with every frame too while time crawls, and some times a second while it flies;
 * figures and charts take turns with it (`readInTurn`), those in sight first.
 */
export class Simulation {
  status = $state.raw<SimulationStatus>({ kind: 'closed' });
  reading = $state.raw<Reading | null>(null);
  /** As new as the last frame; never older than `reading`. */
  glance = $state.raw<Glance | null>(null);
  /** The last refusal, for the live region; null after an accepted command. */
  refusal = $state.raw<Extract<Receipt, { kind: 'refused' }> | null>(null);

  readonly playing = $derived(this.reading?.playing ?? false);
  readonly timeNs = $derived(this.glance?.timeNs ?? 0);
  /** Time runs too fast for anybody to follow each thing that happens. */
  readonly isFlying = $derived(this.playing && (this.reading?.speed ?? 0) > CRAWL);

  /** Figures come so many times less often than usual: more than 1 where the screen was not kept up with (frame-pace.ts). */
  slowed = 1;

  #bridge: Bridge | null = null;
  #request: ReadingRequest = {};
  #frame = 0;
  #inFlight = false;
  #stale = true;
  #visible = true;
  readonly #turns: OwnReading[] = [];
  #wholeAtMs = -Infinity;
  #unseenAtMs = -Infinity;
  #seeking: Promise<unknown> | null = null;
  /** Something was done: all views show it at once. */
  #acted = false;

  /** Opens a run, replacing the one that is open. `forwardOnly`: one that is watched, never rewound or taken back. */
  async open(run: RunDocument, forwardOnly = false): Promise<boolean> {
    this.close();
    const bridge = new Bridge({
      onprogress: (fraction) => {
        // Progress comes through a port of its own and may arrive after the answer.
        if (this.#bridge === bridge && this.status.kind === 'opening')
          this.status = { kind: 'opening', fraction };
      },
      oncrash: (message) => {
        if (this.#bridge !== bridge) return;
        cancelAnimationFrame(this.#frame);
        this.status = { kind: 'crashed', message, timeNs: bridge.lastTimeNs };
      },
    });
    this.#bridge = bridge;
    this.status = { kind: 'opening', fraction: 0 };
    const result = await bridge.open(run, forwardOnly);
    if (this.#bridge !== bridge || result === null) return false;
    if (result.kind === 'refused') {
      this.status = result;
      return false;
    }
    this.status = { kind: 'ready' };
    this.#acted = true;
    this.refresh();
    return true;
  }

  /** After a crash: the same commands, up to the last moment that was seen. */
  async recover(): Promise<boolean> {
    const run = this.lastDocument();
    return run ? this.open(run) : false;
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#bridge?.dispose();
    this.#bridge = null;
    this.#inFlight = false;
    this.status = { kind: 'closed' };
  }

  /** A view's part of what is read: `ask({ map })`, and `ask({ map: undefined })` when it leaves. */
  ask(part: Partial<ReadingRequest>): void {
    this.#request = { ...this.#request, ...part };
    this.refresh();
  }

  /** While time is on its way to a moment a command waits for it: that is the moment the reader saw. */
  async do(command: Command): Promise<Receipt> {
    let waited;
    do await (waited = this.#seeking);
    while (waited !== this.#seeking);
    const receipt = await this.#call((engine) => engine.do(command));
    const answer: Receipt = receipt ?? { kind: 'refused', reason: 'engine-gone', args: {} };
    this.refusal = answer.kind === 'refused' ? answer : null;
    return answer;
  }

  undo = async (): Promise<Receipt> =>
    (await this.#call((engine) => engine.undo())) ?? { kind: 'refused', reason: 'engine-gone', args: {} };

  play = () => this.#pace((engine) => engine.play());
  pause = () => this.#pace((engine) => engine.pause());
  toggle = () => (this.playing ? this.pause() : this.play());
  setSpeed = (speed: number) => this.#pace((engine) => engine.setSpeed(speed));
  step = (unit: StepUnit, frame?: number) => this.#call((engine) => engine.step(unit, frame));
  seek = (timeNs: Nanoseconds) => (this.#seeking = this.#call((engine) => engine.seek(timeNs)));
  seekBefore = (sequence: number) => this.#call((engine) => engine.seekBefore(sequence));

  /** The questions: null when the engine is gone. */
  inspect: (
    ...args: Parameters<EngineApi['inspect']>
  ) => Promise<Awaited<ReturnType<EngineApi['inspect']>> | null> = (ref) =>
    this.#question((engine) => engine.inspect(ref));
  compare: (
    ...args: Parameters<EngineApi['compare']>
  ) => Promise<Awaited<ReturnType<EngineApi['compare']>> | null> = (a, b) =>
    this.#question((engine) => engine.compare(a, b));
  findTwin = (...args: Parameters<EngineApi['findTwin']>) =>
    this.#question((engine) => engine.findTwin(...args));
  /** A reading of its own, beside the loop: what a view asks once, or at its own pace. */
  peek = (request: ReadingRequest) => this.#question((engine) => engine.read(request));
  /** The event of a sequence number; null when it is not kept any more. */
  eventOf = async (sequence: number): Promise<EventRecord | null> => {
    const reading = await this.peek({ events: { count: 1, before: sequence + 1 } });
    const event = reading?.events[0];
    return event?.sequence === sequence ? event : null;
  };
  document = () => this.#question((engine) => engine.document());
  /** The same without asking: with every accepted command, at the moment of the newest reading. */
  lastDocument = (): RunDocument | null => this.#bridge?.lastDocument() ?? null;
  fingerprint = () => this.#question((engine) => engine.fingerprint());
  rehearse = (...args: Parameters<EngineApi['rehearse']>) =>
    this.#question((engine) => engine.rehearse(...args));

  capture = (...args: Parameters<EngineApi['capture']>) =>
    this.#question((engine) => engine.capture(...args));
  reachability = (...args: Parameters<EngineApi['reachability']>) =>
    this.#question((engine) => engine.reachability(...args));

  /**
   * Those who take turns get the newest reading one after another, one a frame, while time runs and when it stops; after
   * an action all at once.
   */
  takeTurns(): Turn {
    const turn = new OwnReading(this.reading);
    this.#turns.push(turn);
    return turn;
  }

  leaveTurns(turn: Turn): void {
    const at = this.#turns.findIndex((other) => other === turn);
    if (at >= 0) this.#turns.splice(at, 1);
  }

  /** A reading that is not of a running world: one that was made before. */
  show(reading: Reading): void {
    this.reading = reading;
    this.glance = reading;
  }

  #renew(reading: Reading): void {
    this.show(reading);
    this.#wholeAtMs = performance.now();
    if (!this.#acted) return this.#giveTurn();
    this.#acted = false;
    for (const turn of this.#turns) this.#give(turn, this.#wholeAtMs);
  }

  /** Between two readings of the whole. */
  #move(glance: Glance): void {
    this.glance = glance;
    // It came to its end: what is shown of it is the end.
    if (!glance.playing) this.#stale = true;
    this.#giveTurn();
  }

  /** One view a frame: the one that has waited longest. When time stands still, until all have had theirs. */
  #giveTurn = (): void => {
    const nowMs = performance.now();
    const isStill = !this.playing;
    const turnMs = isStill ? 0 : TURN_MS * this.slowed;
    const due = this.#turns
      .filter((turn) => turn.reading !== this.reading && nowMs - turn.renewedAtMs >= turnMs)
      .sort((a, b) => a.renewedAtMs - b.renewedAtMs);
    const unseen =
      nowMs - this.#unseenAtMs >= UNSEEN_MS * this.slowed ? due.find(({ isSeen }) => !isSeen) : undefined;
    const next = unseen ?? due.find(({ isSeen }) => isSeen) ?? (isStill ? due[0] : undefined);
    if (!next) return;
    if (!next.isSeen) this.#unseenAtMs = nowMs;
    this.#give(next, nowMs);
    if (isStill) requestAnimationFrame(this.#giveTurn);
  };

  #give(turn: OwnReading, nowMs: number): void {
    turn.reading = this.reading;
    turn.renewedAtMs = nowMs;
  }

  /** A world that nobody sees does not run: simulated time waits, nothing bursts on return. */
  setVisible(visible: boolean): void {
    this.#visible = visible;
    if (visible) this.refresh();
    void this.#bridge?.setVisible(visible);
  }

  /** Reads again at the next frame, even when paused. */
  refresh(): void {
    this.#stale = true;
    if (!this.#frame && this.status.kind === 'ready') this.#frame = requestAnimationFrame(this.#read);
  }

  #read = async () => {
    this.#frame = 0;
    const bridge = this.#bridge;
    if (!bridge || this.#inFlight || !this.#visible) return;
    this.#inFlight = true;
    const isWhole =
      this.#stale || !this.isFlying || performance.now() - this.#wholeAtMs >= WHOLE_MS * this.slowed;
    this.#stale = false;
    const reading = isWhole ? await bridge.read(this.#request) : null;
    const glance = isWhole ? reading : await bridge.glance(this.#request.map);
    if (this.#bridge !== bridge) return;
    this.#inFlight = false;
    if (reading) this.#renew(reading);
    else if (glance) this.#move(glance);
    if (glance && (glance.playing || this.#stale) && !this.#frame)
      this.#frame = requestAnimationFrame(this.#read);
  };

  /** The course of time is no change of the world: its views keep their turns. */
  async #pace(action: (engine: Bridge) => Promise<unknown>): Promise<void> {
    await this.#question(action);
    this.refresh();
  }

  async #call<T>(action: (engine: Bridge) => Promise<T | null>): Promise<T | null> {
    const answer = await this.#question(action);
    this.#acted = true;
    this.refresh();
    return answer;
  }

  async #question<T>(action: (engine: Bridge) => Promise<T | null>): Promise<T | null> {
    // While a world is being opened there is nobody to ask: the engine would take it for a fault.
    return this.#bridge && this.status.kind === 'ready' ? action(this.#bridge) : null;
  }
}

/**
 * For a component, as it begins: a reading that is renewed some times a second while time runs, and with every change
 * otherwise. So no frame has to draw all figures and charts of a page.
 */
export function readInTurn(simulation: Simulation): Turn {
  const turn = simulation.takeTurns();
  onDestroy(() => simulation.leaveTurns(turn));
  return turn;
}

export const [getSimulation, provideSimulation] = createContext<Simulation>();
