import { del, get, set } from 'idb-keyval';
import { createContext } from 'svelte';
import * as v from 'valibot';
import { runSchema } from '#lib/world/schema';

const word = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/));
const guessSchema = v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1), v.maxLength(64));

const keptRunSchema = v.strictObject({ step: word, run: runSchema });

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

const progressSchema = v.strictObject({
  v: v.literal(1),
  lessons: v.record(word, lessonSchema),
});

export type LessonProgress = v.InferOutput<typeof lessonSchema>;
export type ProgressRecord = v.InferOutput<typeof progressSchema>;

const KEY = 'alacarte.progress';
/** A progress file holds at most fourteen lessons and as many runs. */
const MAX_CHARACTERS = 4_000_000;
const NOTHING: ProgressRecord = { v: 1, lessons: {} };
const NO_PROGRESS: LessonProgress = { done: [], guesses: {} };

export type ImportResult =
  { kind: 'imported' } | { kind: 'refused'; reason: 'not-json' | 'too-large' | 'not-progress' };

/**
 * What the reader did, kept in this browser in one versioned record. Storage may be closed (a frame, a private window):
 * then it lasts as long as the page.
 */
export class Progress {
  record = $state.raw<ProgressRecord>(NOTHING);
  /** False when this browser keeps nothing. */
  kept = $state(true);

  async load(): Promise<void> {
    try {
      const stored = v.safeParse(progressSchema, await get(KEY));
      if (stored.success) this.record = stored.output;
    } catch {
      this.kept = false;
    }
  }

  of(lesson: string): LessonProgress {
    return this.record.lessons[lesson] ?? NO_PROGRESS;
  }

  isDone(lesson: string, step: string): boolean {
    return this.of(lesson).done.includes(step);
  }

  guess(lesson: string, step: string): number[] | null {
    return this.of(lesson).guesses[step] ?? null;
  }

  markDone(lesson: string, step: string): void {
    if (!this.isDone(lesson, step)) this.change(lesson, { done: [...this.of(lesson).done, step] });
  }

  commitGuess(lesson: string, step: string, values: number[]): void {
    this.change(lesson, { guesses: { ...this.of(lesson).guesses, [step]: values } });
  }

  change(lesson: string, part: Partial<LessonProgress>): void {
    this.#write({ v: 1, lessons: { ...this.record.lessons, [lesson]: { ...this.of(lesson), ...part } } });
  }

  /** Forgets one lesson, but never the last attempt in it. */
  resetLesson(lesson: string): void {
    const { attempt } = this.of(lesson);
    this.#write({
      v: 1,
      lessons: { ...this.record.lessons, [lesson]: { ...NO_PROGRESS, ...(attempt ? { attempt } : {}) } },
    });
  }

  resetAll(): void {
    this.record = NOTHING;
    void this.#store(() => del(KEY));
  }

  /** The record as a file. */
  toFile(): Blob {
    return new Blob([JSON.stringify(this.record, null, 2)], { type: 'application/json' });
  }

  /** Replaces the record by what a file holds. Nothing changes when it is refused. */
  fromText(text: string): ImportResult {
    if (text.length > MAX_CHARACTERS) return { kind: 'refused', reason: 'too-large' };
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      return { kind: 'refused', reason: 'not-json' };
    }
    const result = v.safeParse(progressSchema, data);
    if (!result.success) return { kind: 'refused', reason: 'not-progress' };
    this.#write(result.output);
    return { kind: 'imported' };
  }

  #write(record: ProgressRecord): void {
    this.record = record;
    void this.#store(() => set(KEY, record));
  }

  /** Closed storage says so by a rejection or, in some frames, by throwing at the first touch. */
  async #store(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch {
      this.kept = false;
    }
  }
}

export const [getProgress, provideProgress] = createContext<Progress>();
