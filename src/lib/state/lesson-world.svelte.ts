import type { LessonDefinition, LessonMove } from '#lib/content/lesson-types';
import { MEASURED, type LessonReading } from '#lib/content/measures';
import { loadModel, readModel, replayActions, type AnyModel } from '#lib/content/models/index';
import type { ModelAction, ModelName, ModelReading, ModelRun } from '#lib/content/model-types';
import { actionsOf, findPages, makeMoves, rehearsalOf, startOf, type PageRefs } from '#lib/content/moves';
import { loadScenario } from '#lib/world/load-scenario';
import type { OptionName } from '#lib/world/vocabulary';
import type { PageRef, Reading, ReasonArgs, RehearsalStep, RunDocument } from '#lib/sim/protocol';
import { secondsToNs } from '#lib/units';
import type { TimedCommand } from '#lib/world/schema';
import type { Simulation, SimulationStatus, Turn } from './simulation.svelte';

export type LessonRun = RunDocument | ModelRun;
/** A move as it is made: pages by number. */
export type MadeMove = RehearsalStep | Extract<LessonMove, { kind: 'act' }>;

export type Opened =
  | { kind: 'opened'; reading: LessonReading }
  | { kind: 'missing-scenario'; scenario: string }
  /** Refused, crashed, or replaced meanwhile by another world. */
  | { kind: 'gone' };

export interface Rehearsed {
  moves: MadeMove[];
  before: LessonReading;
  after: LessonReading;
  refused: { reason: string; args: ReasonArgs } | null;
}

/** What a lesson acts on: a simulated host, or a model. A lesson knows no other difference between the two. */
export interface LessonWorld {
  readonly status: SimulationStatus;
  /** For prose and tasks. */
  readonly reading: LessonReading | null;
  /** The world in which a step begins. */
  begin(index: number): Promise<Opened>;
  /** A run that was kept, taken up again in a step. */
  takeUp(run: LessonRun, index: number): Promise<Opened>;
  /** A reading from after everything that was done so far. */
  fresh(): Promise<LessonReading | null>;
  /** Moves in a copy. Null when there is nobody to ask. */
  rehearse(moves: LessonMove[]): Promise<Rehearsed | null>;
  make(moves: readonly MadeMove[]): Promise<void>;
  /** The run with all that was done in it, as of the last reading. At once: a page that is left waits for nobody. */
  document(): LessonRun | null;
  /** One of the lesson's named pages. */
  page(name: string): PageRef | null;
  setOption(option: string, value: number): Promise<void>;
  recover(): void;
  setVisible(visible: boolean): void;
  close(): void;
}

const GONE: Opened = { kind: 'gone' };

/** A lesson's host: opens worlds and gives commands through `Simulation` and nothing else. */
export class SimulatedWorld implements LessonWorld {
  #pages = $state.raw<PageRefs>({});
  #entry = 0;
  #scenario = '';
  readonly #known = new Map<string, PageRefs>();
  readonly #turn: Turn;

  constructor(
    private readonly lesson: LessonDefinition,
    private readonly simulation: Simulation,
  ) {
    simulation.ask(MEASURED);
    this.#turn = simulation.takeTurns();
  }

  get status(): SimulationStatus {
    return this.simulation.status;
  }
  get reading(): Reading | null {
    return this.#turn.reading;
  }

  async begin(index: number): Promise<Opened> {
    const token = ++this.#entry;
    const { world, before, after } = startOf(this.lesson, index);
    if (!('scenario' in world)) return GONE;
    const scenario = await loadScenario(world.scenario);
    if (token !== this.#entry) return GONE;
    if (!scenario) return { kind: 'missing-scenario', scenario: world.scenario };
    const commands: TimedCommand[] = [];
    let t = 0;
    for (const step of rehearsalOf(before, {}, this.lesson)) {
      if (step.kind === 'run') t += secondsToNs(step.seconds);
      else commands.push({ timeNs: t, command: step.command });
    }
    const run: RunDocument = { v: 1, scenario: world.scenario, seed: scenario.seed, commands, t, view: {} };
    const opened = await this.simulation.open(run);
    if (!opened || token !== this.#entry) return GONE;
    this.#scenario = world.scenario;
    return this.#arrive(token, index, () =>
      makeMoves(this.simulation, rehearsalOf(after, this.#pages, this.lesson), t),
    );
  }

  async takeUp(run: LessonRun, index: number): Promise<Opened> {
    const token = ++this.#entry;
    if ('model' in run || !(await this.simulation.open(run))) return GONE;
    return this.#arrive(token, index, null);
  }

  /** The world is open: finds the lesson's pages, and makes the moves that need them. */
  async #arrive(token: number, index: number, moves: (() => Promise<unknown>) | null): Promise<Opened> {
    const opened = await this.fresh();
    if (token !== this.#entry || !opened) return GONE;
    const pages = await findPages(this.simulation, this.lesson, opened);
    if (token !== this.#entry) return GONE;
    // A twin that was shared since has no twin any more: its number, found before, still holds.
    this.#pages = { ...this.#known.get(this.#scenario), ...pages };
    this.#known.set(this.#scenario, this.#pages);
    await moves?.();
    await this.simulation.setSpeed(this.lesson.steps[index]?.speed ?? 1);
    const reading = await this.fresh();
    return token === this.#entry && reading ? { kind: 'opened', reading } : GONE;
  }

  /** The next reading: every answer that was on its way when it is asked for has come before it. */
  fresh(): Promise<Reading | null> {
    const old = this.simulation.reading;
    this.simulation.refresh();
    return new Promise((resolve) => {
      const look = () => {
        const { reading, status } = this.simulation;
        if (status.kind !== 'ready') resolve(null);
        else if (reading !== old) resolve(reading);
        else requestAnimationFrame(look);
      };
      look();
    });
  }

  async rehearse(moves: LessonMove[]): Promise<Rehearsed | null> {
    const steps = rehearsalOf(moves, this.#pages, this.lesson);
    const before = this.reading;
    const after = await this.simulation.rehearse(steps, MEASURED);
    if (!before || !after) return null;
    const refused = after.receipts.find((receipt) => receipt.kind === 'refused') ?? null;
    return { moves: steps, before, after: after.reading, refused };
  }

  async make(moves: readonly MadeMove[]): Promise<void> {
    const steps = moves.filter((move) => move.kind !== 'act');
    await makeMoves(this.simulation, steps, this.simulation.timeNs);
    this.simulation.refresh();
  }

  document = () => this.simulation.lastDocument();
  page = (name: string): PageRef | null => this.#pages[name] ?? null;

  async setOption(option: string, value: number): Promise<void> {
    const options: Readonly<Record<string, number>> = this.simulation.reading?.options ?? {};
    const isOption = (name: string): name is OptionName => name in options;
    if (isOption(option) && value !== options[option])
      await this.simulation.do({ kind: 'set-option', option, value });
  }

  recover(): void {
    void this.simulation.recover();
  }
  setVisible(visible: boolean): void {
    this.simulation.setVisible(visible);
  }
  close(): void {
    this.simulation.close();
  }
}

/** A lesson's model: the list of what was done in it, and the state that this gives. */
export class ModelWorld implements LessonWorld {
  status = $state.raw<SimulationStatus>({ kind: 'opening', fraction: 0 });
  reading = $state.raw<ModelReading | null>(null);
  /** For the views of this model, which know what it is. */
  state = $state.raw<unknown>(null);
  /** Why the last action was refused; null after one that was done. */
  refusal = $state.raw<string | null>(null);

  #actions = $state.raw<readonly ModelAction[]>([]);
  /** Of them, those made to set up the step. */
  #given = $state(0);
  #model: AnyModel | null = null;
  #begun: unknown = null;
  #entry = 0;

  /** How much was done since the step was set up. */
  readonly done: number = $derived.by(() => this.#actions.length - this.#given);
  readonly canUndo: boolean = $derived.by(() => this.done > 0);

  constructor(
    private readonly lesson: LessonDefinition,
    readonly name: ModelName,
  ) {}

  async begin(index: number): Promise<Opened> {
    const { before, after } = startOf(this.lesson, index);
    const actions = actionsOf([...before, ...after]);
    return this.#open(actions, actions.length);
  }

  async takeUp(run: LessonRun): Promise<Opened> {
    return 'model' in run && run.model === this.name ? this.#open(run.actions, 0) : GONE;
  }

  async #open(actions: readonly ModelAction[], given: number): Promise<Opened> {
    const token = ++this.#entry;
    this.#model ??= await loadModel(this.name);
    this.#begun ??= await this.#model.begin();
    if (token !== this.#entry) return GONE;
    this.#given = given;
    this.refusal = null;
    this.status = { kind: 'ready' };
    const reading = this.#replay(actions);
    return reading ? { kind: 'opened', reading } : GONE;
  }

  #replay(actions: readonly ModelAction[]): ModelReading | null {
    const model = this.#model;
    if (!model) return null;
    this.#actions = actions;
    this.state = replayActions(model, this.#begun, actions).state;
    this.reading = readModel(model, this.state, actions.length);
    return this.reading;
  }

  /** @returns why nothing was done, or null */
  do(action: ModelAction): string | null {
    const model = this.#model;
    if (!model) return null;
    const result = model.act(this.state, action);
    this.refusal = result.kind === 'refused' ? result.reason : null;
    if (result.kind === 'done') {
      this.#actions = [...this.#actions, action];
      this.state = result.state;
      this.reading = readModel(model, result.state, this.#actions.length);
    }
    return this.refusal;
  }

  undo(): void {
    if (!this.canUndo) return;
    this.refusal = null;
    this.#replay(this.#actions.slice(0, -1));
  }

  fresh = async (): Promise<ModelReading | null> => this.reading;

  async rehearse(moves: LessonMove[]): Promise<Rehearsed | null> {
    const [model, before] = [this.#model, this.reading];
    if (!model || !before) return null;
    const made = moves.filter((move) => move.kind === 'act');
    const { state, refused } = replayActions(model, this.state, actionsOf(made));
    return {
      moves: made,
      before,
      after: readModel(model, state, before.commandCount + made.length),
      refused: refused === null ? null : { reason: refused, args: {} },
    };
  }

  async make(moves: readonly MadeMove[]): Promise<void> {
    for (const move of moves) if (move.kind === 'act') this.do(move.action);
  }

  document = (): ModelRun => ({ v: 1, model: this.name, actions: [...this.#actions] });
  page = (): null => null;

  async setOption(target: string, value: number): Promise<void> {
    if (value !== this.reading?.options[target]) this.do({ kind: 'set', target, value });
  }

  recover(): void {}
  setVisible(): void {}
  close(): void {}
}
