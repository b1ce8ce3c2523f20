/**
 * Worlds that are no simulated host: a state, actions on it, and figures drawn from it. Everything about a model is pure; a
 * run is its list of actions, so that undo is a replay of one action fewer. Types only: the models themselves are fetched by
 * the lessons that use them (`models/index.ts`).
 */
import type { ModelName } from './model-measures';

export type { ModelName };

/** Something done in a model. Which kinds there are, and what they refuse, is the model's affair. */
export interface ModelAction {
  kind: string;
  target?: string;
  value?: number;
}

export type ActResult<State> = { kind: 'done'; state: State } | { kind: 'refused'; reason: string };

export interface Model<State> {
  begin(): Promise<State>;
  /** Unknown actions are refused as any other: a run may come from a file. */
  act(state: State, action: ModelAction): ActResult<State>;
  /** Every measure of the model, in its unit. */
  figures(state: State): Record<string, number>;
  /** What numbers in the prose may change: by the action `set`. */
  options(state: State): Record<string, number>;
}

/** What prose and tasks read of a model. */
export interface ModelReading {
  figures: Readonly<Record<string, number>>;
  options: Readonly<Record<string, number>>;
  commandCount: number;
  /** A model knows no time of its own. */
  timeNs: 0;
  playing: false;
}

/** A model's run, as a file or a record keeps it. */
export interface ModelRun {
  v: 1;
  model: ModelName;
  actions: ModelAction[];
}
