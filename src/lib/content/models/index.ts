/**
 * The models that lessons may stand on, each fetched by the first lesson that asks: the one place where lessons reach into
 * `tools/`.
 */
import type { LessonMove } from '../lesson-types';
import type { Model, ModelAction, ModelName, ModelReading } from '../model-types';
import { actionsOf } from '../moves';

/** A state is its model's own: whoever draws it fetches the same model's views. */
export type AnyModel = Model<unknown>;

const MODELS: Record<ModelName, () => Promise<AnyModel>> = {
  metal: () => import('./metal').then(({ metalModel }) => metalModel as AnyModel),
  transfer: () => import('./transfer').then(({ transferModel }) => transferModel as AnyModel),
};

export const loadModel = (name: ModelName): Promise<AnyModel> => MODELS[name]();

/** The state after actions; what was refused changes nothing, and the first refusal is told. */
export function replayActions(
  model: AnyModel,
  from: unknown,
  actions: readonly ModelAction[],
): { state: unknown; refused: string | null } {
  let state = from;
  let refused: string | null = null;
  for (const action of actions) {
    const result = model.act(state, action);
    if (result.kind === 'done') state = result.state;
    else refused ??= result.reason;
  }
  return { state, refused };
}

export const readModel = (model: AnyModel, state: unknown, commandCount: number): ModelReading => ({
  figures: model.figures(state),
  options: model.options(state),
  commandCount,
  timeNs: 0,
  playing: false,
});

/** What a model reads after moves from its beginning. */
export async function readMoves(name: ModelName, moves: readonly LessonMove[]): Promise<ModelReading> {
  const model = await loadModel(name);
  const actions = actionsOf(moves);
  return readModel(model, replayActions(model, await model.begin(), actions).state, actions.length);
}
