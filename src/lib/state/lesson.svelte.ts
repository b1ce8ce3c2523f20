import { createContext } from 'svelte';
import type { LessonDefinition, StageView, StepDefinition } from '#lib/content/lesson-types';
import { measure, type LessonReading, type MeasureName } from '#lib/content/measures';
import { baselineOf, holds, missing, type Baseline, type Shortfall } from '#lib/content/predicate';
import type { PageRef } from '#lib/sim/protocol';
import type { LessonRun, LessonWorld, MadeMove, Opened, Rehearsed } from './lesson-world.svelte';
import type { Progress } from './progress.svelte';
import type { Selection } from './selection.svelte';

/** What a copy of the world became: one line a measure. */
export interface Shown {
  moves: MadeMove[];
  lines: { measure: MeasureName; before: number; after: number }[];
  refused: Rehearsed['refused'];
  solves: boolean;
}

/**
 * A lesson being read: the step, its world, its task. It acts through its `LessonWorld` and nothing else; a run that it
 * replaces is kept, one click away.
 */
export class LessonState {
  index = $state(0);
  /** The step's world is there: live numbers and tasks may be believed. */
  settled = $state(false);
  /** Part of the stage that a word of the prose points at. */
  lit = $state<StageView | null>(null);
  /** How many of the three hints are open. */
  hintsOpen = $state(0);
  shown = $state.raw<Shown | null>(null);
  showing = $state(false);
  /** Counts the resets of the view: the stage is built again at each. */
  views = $state(0);
  /** Set when the step's scenario is missing or refused. */
  missingScenario = $state<string | null>(null);

  #entry = 0;
  #start = { commandCount: 0, timeNs: 0 };
  #baseline = $state.raw<Baseline>({});
  /** The task was done in the world that is open. */
  #doneHere = $state(false);

  /** Somebody reads: until then no world is fetched. */
  awake = $state(false);

  readonly step: StepDefinition = $derived.by(() => this.definition.steps[this.index] as StepDefinition);
  /** A reading in turn, once it is one of this step's world. */
  readonly reading: LessonReading | null = $derived.by(() => (this.settled ? this.world.reading : null));
  readonly taskHolds: boolean = $derived.by(() => {
    const done = this.step.task?.done;
    return done && this.reading ? holds(done, this.reading, this.#baseline) : false;
  });
  readonly missing: Shortfall[] = $derived.by(() => {
    const done = this.step.task?.done;
    return done && this.reading ? missing(done, this.reading, this.#baseline) : [];
  });
  /** The learner changed something since the step's world was set up. */
  readonly touched: boolean = $derived.by(
    () =>
      this.reading !== null &&
      (this.reading.commandCount !== this.#start.commandCount || this.reading.timeNs !== this.#start.timeNs),
  );

  constructor(
    readonly definition: LessonDefinition,
    readonly world: LessonWorld,
    private readonly selection: Selection,
    readonly progress: Progress,
  ) {}

  get id(): string {
    return this.definition.id;
  }

  get attempt(): { step: string; run: LessonRun } | undefined {
    return this.progress.of(this.id).attempt;
  }

  /** The world on the stage is just what that step begins with. */
  goesOnTo(index: number): boolean {
    const next = this.definition.steps[index];
    return this.settled && !next?.world && index === this.index + 1 && (!this.step.task || this.#doneHere);
  }

  /** The reader is there: the world of the step opens. */
  async wake(): Promise<void> {
    if (this.awake) return;
    this.awake = true;
    await this.#open(this.index);
  }

  /** Goes to a step. Its world is set up unless the step before it left just that. */
  async enter(index: number): Promise<void> {
    const from = this.index;
    const step = this.definition.steps[index];
    if (!step || (index === from && this.settled)) return;
    const goesOn = this.goesOnTo(index);
    if (this.settled && !goesOn) this.#keepAttempt();
    this.#leave(index);
    this.progress.change(this.id, { step: step.id });
    if (!goesOn) return this.#open(index);
    const token = this.#entry;
    const now = await this.world.fresh();
    if (token === this.#entry && now) this.#settle(now);
  }

  /** The learner's last run before this one, at its step; this one becomes the last attempt. */
  async returnToAttempt(): Promise<void> {
    const attempt = this.attempt;
    if (!attempt) return;
    const index = Math.max(
      0,
      this.definition.steps.findIndex((step) => step.id === attempt.step),
    );
    this.#keepAttempt();
    this.#leave(index);
    // The learner's work from its first moment.
    this.#arrive(this.#entry, await this.world.takeUp(attempt.run, index), -1);
  }

  /** The step's own beginning again; the run so far is kept as the last attempt. */
  async resetWorld(): Promise<void> {
    this.#keepAttempt();
    this.#leave(this.index);
    await this.#open(this.index);
  }

  async resetLesson(): Promise<void> {
    this.#keepAttempt();
    this.progress.resetLesson(this.id);
    this.#leave(0);
    await this.#open(0);
  }

  /** Zoom, order and selection as the step shows them; the world is not touched. */
  resetView(): void {
    this.selection.choose(null);
    this.selection.point(null);
    this.lit = null;
    this.views += 1;
  }

  /** To be called when the task's predicate has come true. */
  markDone(): void {
    this.#doneHere = true;
    this.progress.markDone(this.id, this.step.id);
  }

  /** Does in a copy what the step asks for, and tells what became of it. */
  async showMe(): Promise<void> {
    const { showMe, task } = this.step;
    if (!showMe || this.showing) return;
    const token = this.#entry;
    this.showing = true;
    const found = await this.world.rehearse(showMe.moves);
    this.showing = false;
    if (token !== this.#entry || !found) return;
    const { moves, before, after, refused } = found;
    this.shown = {
      moves,
      lines: showMe.tell.map((name) => ({
        measure: name,
        before: measure(name, before),
        after: measure(name, after),
      })),
      refused,
      solves: task ? holds(task.done, after, this.#baseline) : true,
    };
  }

  /** The same moves in the learner's own world. */
  async doShown(): Promise<void> {
    if (!this.shown) return;
    const { moves } = this.shown;
    this.shown = null;
    await this.world.make(moves);
  }

  page(name: string): PageRef | null {
    return this.world.page(name);
  }

  /** Notes the run on the stage, so that even a closed window does not lose it. */
  noteRun(): void {
    const run = this.#touchedRun();
    if (run) this.progress.change(this.id, { current: run });
  }

  /** What was on the stage when the page was last left is the last attempt now. */
  takeUpRun(): void {
    const { current } = this.progress.of(this.id);
    if (current) this.progress.change(this.id, { attempt: current, current: undefined });
  }

  #keepAttempt(): void {
    const run = this.#touchedRun();
    if (run) this.progress.change(this.id, { attempt: run, current: undefined });
  }

  #touchedRun(): { step: string; run: LessonRun } | null {
    const run = this.settled && this.touched ? this.world.document() : null;
    return run && { step: this.step.id, run };
  }

  #leave(index: number): void {
    this.#entry += 1;
    this.settled = false;
    this.index = index;
    this.hintsOpen = 0;
    this.shown = null;
    this.showing = false;
    this.missingScenario = null;
    this.lit = null;
    this.#doneHere = false;
  }

  async #open(index: number): Promise<void> {
    if (!this.awake) return;
    this.selection.choose(null);
    this.selection.point(null);
    this.#arrive(this.#entry, await this.world.begin(index));
  }

  /** The world is open: lets the step begin. */
  #arrive(token: number, opened: Opened, commandCount?: number): void {
    if (token !== this.#entry) return;
    if (opened.kind === 'missing-scenario') this.missingScenario = opened.scenario;
    if (opened.kind === 'opened') this.#settle(opened.reading, commandCount);
  }

  #settle(now: LessonReading, commandCount = now.commandCount): void {
    this.#start = { commandCount, timeNs: now.timeNs };
    this.#baseline = this.step.task ? baselineOf(this.step.task.done, now) : {};
    this.settled = true;
  }
}

export const [getLesson, provideLesson] = createContext<LessonState>();
