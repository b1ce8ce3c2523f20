import { proxy, wrap, type Remote } from 'comlink';
import { startModuleWorker } from '#lib/worker-loader';
import type { Nanoseconds } from '#lib/units';
import { loadScenarioOf } from '#lib/world/load-scenario';
import type {
  EngineApi,
  Glance,
  MapRequest,
  OpenResult,
  Reading,
  ReadingRequest,
  Receipt,
  RunDocument,
} from './protocol';
import workerUrl from './worker?worker&url';

/** Silence after which a worker that was asked something is taken for dead. */
const DEADLINE_MS = 8000;
/** Laying out and filling the tables of 64 GB is one step that cannot speak: a slow machine may need this long. */
const OPEN_DEADLINE_MS = 30_000;

export interface BridgeEvents {
  onprogress(fraction: number): void;
  /** The engine is gone: it trapped, ran out of memory, or fell silent. Called once. */
  oncrash(message: string): void;
}

type Engine = Remote<EngineApi> | EngineApi;

/**
 * The page's side of the engine's worker. Assumes that the worker may die at any time: a Comlink call to a dead worker
 * never settles, so every call has a deadline, and answers null once the engine is gone.
 */
export class Bridge {
  lastTimeNs: Nanoseconds = 0;
  #worker: Worker | null = null;
  #engine: Promise<Engine>;
  #document: RunDocument | null = null;
  #gone = false;
  #lastSign = 0;
  readonly #pending = new Set<(value: null) => void>();

  constructor(readonly events: BridgeEvents) {
    this.#engine = this.#start();
  }

  async #start(): Promise<Engine> {
    try {
      this.#worker = startModuleWorker(workerUrl, 'engine');
    } catch {
      // Some sandboxed frames allow no worker at all: the engine then runs in the page, in the same slices.
      const [{ Engine }, { surroundings }] = await Promise.all([
        import('./engine'),
        import('./surroundings'),
      ]);
      return new Engine(surroundings());
    }
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#crash(event.message || 'The engine could not be started');
    };
    this.#worker.onmessageerror = () => this.#crash('A message of the engine could not be read');
    return wrap<EngineApi>(this.#worker);
  }

  /**
   * @param forwardOnly this run is never rewound, and keeps nothing for it
   * @returns null: the engine died meanwhile (`oncrash` has said so)
   */
  async open(run: RunDocument, forwardOnly = false): Promise<OpenResult | null> {
    this.#document = run;
    this.lastTimeNs = run.t;
    const report = (fraction: number) => {
      this.#lastSign = performance.now();
      if (!this.#gone) this.events.onprogress(fraction);
    };
    const scenario = (await loadScenarioOf(run)) ?? undefined;
    return this.#ask(
      (engine) => engine.open(run, this.#worker ? proxy(report) : report, scenario, forwardOnly),
      OPEN_DEADLINE_MS,
    );
  }

  async read(request: ReadingRequest): Promise<Reading | null> {
    const reading = await this.#ask((engine) => engine.read(request));
    if (reading) this.lastTimeNs = reading.timeNs;
    return reading;
  }

  async glance(map?: MapRequest): Promise<Glance | null> {
    const glance = await this.#ask((engine) => engine.glance(map));
    if (glance) this.lastTimeNs = glance.timeNs;
    return glance;
  }

  async do(command: Parameters<EngineApi['do']>[0]): Promise<Receipt | null> {
    return this.#keep(await this.#ask((engine) => engine.do(command)));
  }

  async undo(): Promise<Receipt | null> {
    return this.#keep(await this.#ask((engine) => engine.undo()));
  }

  /** After a change: what would be needed to be here again if the worker died. */
  async #keep(receipt: Receipt | null): Promise<Receipt | null> {
    if (receipt?.kind === 'accepted') this.#document = (await this.document()) ?? this.#document;
    return receipt;
  }

  play = () => this.#ask((engine) => engine.play());
  pause = () => this.#ask((engine) => engine.pause());
  setSpeed = (speed: number) => this.#ask((engine) => engine.setSpeed(speed));
  setVisible = (visible: boolean) => this.#ask((engine) => engine.setVisible(visible));
  step = (...args: Parameters<EngineApi['step']>) => this.#ask((engine) => engine.step(...args));
  seek = (...args: Parameters<EngineApi['seek']>) => this.#ask((engine) => engine.seek(...args));
  seekBefore = (...args: Parameters<EngineApi['seekBefore']>) =>
    this.#ask((engine) => engine.seekBefore(...args));
  inspect = (...args: Parameters<EngineApi['inspect']>) => this.#ask((engine) => engine.inspect(...args));
  compare = (...args: Parameters<EngineApi['compare']>) => this.#ask((engine) => engine.compare(...args));
  findTwin = (...args: Parameters<EngineApi['findTwin']>) => this.#ask((engine) => engine.findTwin(...args));
  document = () => this.#ask((engine) => engine.document());
  fingerprint = () => this.#ask((engine) => engine.fingerprint());
  rehearse = (...args: Parameters<EngineApi['rehearse']>) => this.#ask((engine) => engine.rehearse(...args));

  capture = (what: Parameters<EngineApi['capture']>[0], progress?: (fraction: number) => void) =>
    this.#ask((engine) => engine.capture(what, this.#reported(progress)));
  reachability = (machines?: string[], progress?: (fraction: number) => void) =>
    this.#ask((engine) => engine.reachability(machines, this.#reported(progress)));

  /** Progress as a sign of life; across the worker's border it goes by proxy. */
  #reported(progress?: (fraction: number) => void): (fraction: number) => void {
    const report = (fraction: number) => {
      this.#lastSign = performance.now();
      if (!this.#gone) progress?.(fraction);
    };
    return this.#worker ? proxy(report) : report;
  }

  /** The run with all accepted commands, at the last moment that was seen. */
  lastDocument(): RunDocument | null {
    return this.#document && { ...this.#document, t: this.lastTimeNs };
  }

  /** Ends the worker. Pending calls answer null; nobody is told of a crash. */
  dispose(): void {
    this.#end();
  }

  #end(): void {
    this.#gone = true;
    this.#worker?.terminate();
    for (const abandon of this.#pending) abandon(null);
    this.#pending.clear();
  }

  #crash(message: string): void {
    if (this.#gone) return;
    this.#end();
    this.events.oncrash(message);
  }

  async #ask<T>(question: (engine: Engine) => Promise<T>, deadlineMs = DEADLINE_MS): Promise<T | null> {
    if (this.#gone) return null;
    let abandon: (value: null) => void = () => {};
    const gone = new Promise<null>((resolve) => (abandon = resolve));
    this.#pending.add(abandon);
    const watch = this.#watch(deadlineMs);
    try {
      const answer = await Promise.race([this.#engine.then(question), gone]);
      return this.#gone ? null : answer;
    } catch (error) {
      this.#crash(error instanceof Error ? error.message : String(error));
      return null;
    } finally {
      clearInterval(watch);
      this.#lastSign = performance.now();
      this.#pending.delete(abandon);
    }
  }

  /** Looks every second whether anything was heard. A page that was suspended starts to count again. */
  #watch(deadlineMs: number): ReturnType<typeof setInterval> {
    this.#lastSign = performance.now();
    let looked = this.#lastSign;
    return setInterval(() => {
      const now = performance.now();
      if (now - looked > 3000 || document.hidden) this.#lastSign = now;
      looked = now;
      if (now - this.#lastSign > deadlineMs)
        this.#crash(`The engine has been silent for ${deadlineMs / 1000} seconds`);
    }, 1000);
  }
}
