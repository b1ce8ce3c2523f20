import { del, get, set } from 'idb-keyval';
import { createContext } from 'svelte';
import type { LessonProgress, ProgressRecord } from './progress-schema';
import { WriteAhead } from './write-ahead';

export type { LessonProgress, ProgressRecord };

const KEY = 'alacarte.progress';
const ahead = new WriteAhead(`${KEY}.ahead`);
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
      const noted = await recordIn(ahead.read());
      if (noted) return this.#write(noted);
      const stored: unknown = await get(KEY);
      if (stored === undefined) return;
      this.record = (await parsed(stored)) ?? this.record;
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
    ahead.clear();
    void this.#store(() => del(KEY));
  }

  /** The record as a file. */
  toFile(): Blob {
    return new Blob([JSON.stringify(this.record, null, 2)], { type: 'application/json' });
  }

  /** Replaces the record by what a file holds. Nothing changes when it is refused. */
  async fromText(text: string): Promise<ImportResult> {
    if (text.length > MAX_CHARACTERS) return { kind: 'refused', reason: 'too-large' };
    const data = jsonIn(text);
    if (data === undefined) return { kind: 'refused', reason: 'not-json' };
    const record = await parsed(data);
    if (!record) return { kind: 'refused', reason: 'not-progress' };
    this.#write(record);
    return { kind: 'imported' };
  }

  #write(record: ProgressRecord): void {
    this.record = record;
    const json = JSON.stringify(record);
    ahead.note(json);
    void this.#store(async () => {
      await set(KEY, record);
      ahead.clear(json);
    });
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

/** undefined: no JSON. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const recordIn = async (json: string | null): Promise<ProgressRecord | null> =>
  json === null ? null : parsed(jsonIn(json));

async function parsed(data: unknown): Promise<ProgressRecord | null> {
  const [v, { progressSchema }] = await Promise.all([import('valibot'), import('./progress-schema')]);
  const result = v.safeParse(progressSchema, data);
  return result.success ? result.output : null;
}

export const [getProgress, provideProgress] = createContext<Progress>();
