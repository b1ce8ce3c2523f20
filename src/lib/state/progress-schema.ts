/** What a reader's record may hold. Fetched when there is one to read. */
import * as v from 'valibot';
import { MODEL_NAMES } from '#lib/content/model-measures';
import { runSchema } from '#lib/world/schema';

const word = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/));
const guessSchema = v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1), v.maxLength(64));

/** What was done in a model; a model refuses what it does not know. */
const modelRunSchema = v.strictObject({
  v: v.literal(1),
  model: v.picklist(MODEL_NAMES),
  actions: v.pipe(
    v.array(
      v.strictObject({
        kind: word,
        target: v.optional(v.pipe(v.string(), v.maxLength(64))),
        value: v.optional(v.pipe(v.number(), v.finite())),
      }),
    ),
    v.maxLength(1000),
  ),
});

const keptRunSchema = v.strictObject({ step: word, run: v.union([runSchema, modelRunSchema]) });

const lessonSchema = v.strictObject({
  /** Where the reader was. */
  step: v.optional(word),
  /** Steps whose task was done once. */
  done: v.pipe(v.array(word), v.maxLength(64)),
  /** Committed guesses by step: one number, or the points of a curve. */
  guesses: v.record(word, guessSchema),
  /** The run that was on the stage before the last one was opened, and its step. */
  attempt: v.optional(keptRunSchema),
  /** The run on the stage, once the reader did something in it: after a reload it is the last attempt. */
  current: v.optional(keptRunSchema),
});

export const progressSchema = v.strictObject({
  v: v.literal(1),
  lessons: v.record(word, lessonSchema),
});

export type LessonProgress = v.InferOutput<typeof lessonSchema>;
export type ProgressRecord = v.InferOutput<typeof progressSchema>;
