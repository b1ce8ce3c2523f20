import { version } from '$app/environment';
import {
  EXPERIMENTS,
  requestFor,
  type Digest,
  type Experiment,
  type ExperimentId,
} from '#lib/model/validation';
import { WorldJob } from './world-job';

const STORED = 'alacarte.validation';
/** Worlds at once: each is an engine with a memory of its own. */
const AT_ONCE_MOST = 2;

interface Task {
  experiment: Experiment;
  world: number;
  /** 0 … 1; null while it waits. */
  fraction: number | null;
  job: WorldJob;
}

/** Runs the published experiments, a few worlds at a time, and keeps what they came to for the session. */
export class ValidationRuns {
  /** By scenario. Equal builds make equal worlds: a result holds until the site changes. */
  digests = $state.raw<Readonly<Record<string, Digest>>>({});
  /** Worlds that did not open, or whose engine died. */
  failed = $state.raw<readonly string[]>([]);
  /** What was kept has been looked for: there is a page that answers. */
  isAwake = $state(false);
  #tasks = $state.raw<readonly Task[]>([]);

  readonly isRunning = $derived(this.#tasks.length > 0);

  digestsOf = (experiment: Experiment): (Digest | null)[] =>
    experiment.worlds.map((id) => this.digests[id] ?? null);

  hasFailed = (experiment: Experiment): boolean => experiment.worlds.some((id) => this.failed.includes(id));

  isBusy = (experiment: Experiment): boolean => this.#tasks.some((task) => task.experiment === experiment);

  /** Of the worlds of some experiments: what is done, 0 … 1. */
  progress(experiments: readonly Experiment[]): number {
    const worlds = experiments.flatMap((experiment) => experiment.worlds);
    const done = worlds.filter((id) => this.digests[id]).length;
    const started = this.#tasks
      .filter(({ experiment }) => experiments.includes(experiment))
      .reduce((sum, { fraction }) => sum + (fraction ?? 0), 0);
    return (done + started) / worlds.length;
  }

  /** Runs what has not run yet; an experiment that has run whole is run again. */
  run(ids: readonly ExperimentId[] = EXPERIMENTS.map(({ id }) => id)): void {
    for (const experiment of EXPERIMENTS.filter(({ id }) => ids.includes(id))) {
      if (this.isBusy(experiment)) continue;
      const isWhole = experiment.worlds.every((id) => this.digests[id]);
      if (isWhole) this.#forget(experiment.worlds);
      this.failed = this.failed.filter((id) => !experiment.worlds.includes(id));
      const tasks = experiment.worlds.flatMap((id, world) =>
        this.digests[id] ? [] : [this.#task(experiment, world, id)],
      );
      this.#tasks = [...this.#tasks, ...tasks];
    }
    this.#startNext();
  }

  /** Keeps the worlds that are finished. */
  cancel(experiment?: Experiment): void {
    const ended = this.#tasks.filter((task) => !experiment || task.experiment === experiment);
    this.#tasks = this.#tasks.filter((task) => !ended.includes(task));
    for (const { job } of ended) job.cancel();
    this.#startNext();
  }

  #task(experiment: Experiment, world: number, id: string): Task {
    const job = new WorldJob(id, (fraction) => {
      this.#tasks = this.#tasks.map((task) => (task.job === job ? { ...task, fraction } : task));
    });
    return { experiment, world, fraction: null, job };
  }

  #startNext(): void {
    const atOnce = Math.min(AT_ONCE_MOST, Math.max(1, (navigator.hardwareConcurrency || 2) - 1));
    const running = this.#tasks.filter((task) => task.fraction !== null).length;
    for (const task of this.#tasks.filter(({ fraction }) => fraction === null).slice(0, atOnce - running)) {
      this.#tasks = this.#tasks.map((one) => (one === task ? { ...task, fraction: 0 } : one));
      void this.#finish(task);
    }
  }

  async #finish({ experiment, world, job }: Task): Promise<void> {
    const reading = await job.run(requestFor);
    // Cancelled meanwhile: it is no longer in the list.
    if (!this.#tasks.some((task) => task.job === job)) return;
    this.#tasks = this.#tasks.filter((task) => task.job !== job);
    if (reading) {
      this.digests = { ...this.digests, [job.scenario]: experiment.digest(reading, world) };
      this.#remember();
    } else this.failed = [...this.failed, job.scenario];
    this.#startNext();
  }

  #forget(worlds: readonly string[]): void {
    this.digests = Object.fromEntries(Object.entries(this.digests).filter(([id]) => !worlds.includes(id)));
  }

  #remember(): void {
    try {
      sessionStorage.setItem(STORED, JSON.stringify({ version, digests: this.digests }));
    } catch {
      // Storage is closed or full: the results hold until the page is left.
    }
  }

  /** Results of this session, of this build. */
  recall(): void {
    try {
      const stored: unknown = JSON.parse(sessionStorage.getItem(STORED) ?? 'null');
      if (isStored(stored) && stored.version === version) this.digests = stored.digests;
    } catch {
      // Nothing that can be read.
    }
    this.isAwake = true;
  }
}

/** Written by this page alone; the version guards the shape. */
const isStored = (value: unknown): value is { version: string; digests: Record<string, Digest> } =>
  typeof value === 'object' && value !== null && 'version' in value && 'digests' in value;
