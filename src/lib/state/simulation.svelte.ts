import { createContext, onDestroy } from 'svelte';
import { Bridge } from '#lib/sim/bridge';
import type {
  Command,
  EngineApi,
  EventRecord,
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
}

/** Nobody reads figures that change more often, and drawing them takes time. */
const TURN_MS = 100;

class OwnReading implements Turn {
  reading = $state.raw<Reading | null>(null);
  renewedAtMs = 0;

  constructor(reading: Reading | null) {
    this.reading = reading;
  }
}

/**
 * A running world as the interface sees it: the newest reading, and the ways to change it.
 * Views say what they show with `ask`; one loop reads just that, once a frame while it plays and once after each change.
 * What moves with every frame follows `reading`; figures and charts take turns (`readInTurn`).
 */
export class Simulation {
  status = $state.raw<SimulationStatus>({ kind: 'closed' });
  reading = $state.raw<Reading | null>(null);
  /** The last refusal, for the live region; null after an accepted command. */
  refusal = $state.raw<Extract<Receipt, { kind: 'refused' }> | null>(null);

  readonly playing = $derived(this.reading?.playing ?? false);
  readonly timeNs = $derived(this.reading?.timeNs ?? 0);

  #bridge: Bridge | null = null;
  #request: ReadingRequest = {};
  #frame = 0;
  #inFlight = false;
  #stale = true;
  #visible = true;
  readonly #turns: OwnReading[] = [];
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

  async do(command: Command): Promise<Receipt> {
    const receipt = await this.#call((engine) => engine.do(command));
    const answer: Receipt = receipt ?? { kind: 'refused', reason: 'engine-gone', args: {} };
    this.refusal = answer.kind === 'refused' ? answer : null;
    return answer;
  }

  undo = async (): Promise<Receipt> =>
    (await this.#call((engine) => engine.undo())) ?? { kind: 'refused', reason: 'engine-gone', args: {} };

  play = () => this.#call((engine) => engine.play());
  pause = () => this.#call((engine) => engine.pause());
  toggle = () => (this.playing ? this.pause() : this.play());
  setSpeed = (speed: number) => this.#call((engine) => engine.setSpeed(speed));
  step = (unit: StepUnit) => this.#call((engine) => engine.step(unit));
  seek = (timeNs: Nanoseconds) => this.#call((engine) => engine.seek(timeNs));
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

  /** While time runs, those who take turns get the newest reading one after another, one a frame; else all at once. */
  takeTurns(): Turn {
    const turn = new OwnReading(this.reading);
    this.#turns.push(turn);
    return turn;
  }

  leaveTurns(turn: Turn): void {
    const at = this.#turns.findIndex((other) => other === turn);
    if (at >= 0) this.#turns.splice(at, 1);
  }

  #renew(reading: Reading): void {
    this.reading = reading;
    const nowMs = performance.now();
    const isAll = !reading.playing || this.#acted;
    this.#acted = false;
    const waited = (turn: OwnReading) => nowMs - turn.renewedAtMs;
    const longest = this.#turns.reduce((most, turn) => Math.max(most, waited(turn)), TURN_MS);
    const due = this.#turns.filter((turn) => isAll || waited(turn) >= longest);
    for (const turn of isAll ? due : due.slice(0, 1)) {
      turn.reading = reading;
      turn.renewedAtMs = nowMs;
    }
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
    this.#stale = false;
    const request = this.#request;
    const reading = await bridge.read(request);
    if (this.#bridge !== bridge) return;
    this.#inFlight = false;
    if (reading) this.#renew(reading);
    if (reading && (reading.playing || this.#stale) && !this.#frame)
      this.#frame = requestAnimationFrame(this.#read);
  };

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
