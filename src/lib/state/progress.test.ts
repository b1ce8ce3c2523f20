import { afterEach, describe, expect, it, vi } from 'vitest';
import { Progress } from './progress.svelte';

const run = { v: 1 as const, scenario: 'ten-linux', seed: 7, commands: [], t: 0, view: {} };

/** A database that is slower than every reader, until it answers. */
const database = vi.hoisted(() => ({ answers: () => new Promise<void>(() => undefined) }));
vi.mock('idb-keyval', () => ({
  get: () => Promise.resolve(undefined),
  set: () => database.answers(),
  del: () => Promise.resolve(),
}));
afterEach(() => vi.unstubAllGlobals());

describe('progress of a reader', () => {
  it('comes back whole from its own file', async () => {
    const before = new Progress();
    before.markDone('lesson', 'one');
    before.markDone('lesson', 'one');
    before.commitGuess('lesson', 'two', [0.1, 0.7]);
    before.change('lesson', { step: 'two', attempt: { step: 'one', run } });
    const actions = [{ kind: 'convert' }, { kind: 'set', target: 'rate', value: 1e9 }];
    before.change('other', { current: { step: 'one', run: { v: 1, model: 'transfer', actions } } });
    const after = new Progress();
    expect(await after.fromText(await before.toFile().text())).toEqual({ kind: 'imported' });
    expect(after.record).toEqual(before.record);
    expect(after.of('lesson').done).toEqual(['one']);
    expect(after.guess('lesson', 'two')).toEqual([0.1, 0.7]);
  });

  it.each([
    ['not JSON', '{', 'not-json'],
    ['another version', '{"v":2,"lessons":{}}', 'not-progress'],
    ['a field it does not know', '{"v":1,"lessons":{},"html":"<b>"}', 'not-progress'],
    [
      'a step with markup for a name',
      '{"v":1,"lessons":{"a":{"done":["<b>"],"guesses":{}}}}',
      'not-progress',
    ],
    [
      'a guess that is no number',
      '{"v":1,"lessons":{"a":{"done":[],"guesses":{"b":["x"]}}}}',
      'not-progress',
    ],
  ])('refuses %s and stays as it was', async (_, text, reason) => {
    const progress = new Progress();
    progress.markDone('lesson', 'one');
    const { record } = progress;
    expect(await progress.fromText(text)).toEqual({ kind: 'refused', reason });
    expect(progress.record).toBe(record);
  });

  it('forgets ticks and guesses of a lesson, never the last attempt', () => {
    const progress = new Progress();
    progress.markDone('lesson', 'one');
    progress.change('lesson', { attempt: { step: 'one', run } });
    progress.resetLesson('lesson');
    expect(progress.of('lesson')).toEqual({ done: [], guesses: {}, attempt: { step: 'one', run } });
  });

  it('is there again though the page was left before the database had it', async () => {
    const notes = new Map<string, string>();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => notes.get(key) ?? null,
      setItem: (key: string, value: string) => void notes.set(key, value),
      removeItem: (key: string) => void notes.delete(key),
    });
    const left = new Progress();
    left.change('lesson', { current: { step: 'one', run } });
    const key = [...notes.keys()][0]!;
    const back = new Progress();
    await back.load();
    expect(back.of('lesson').current).toEqual({ step: 'one', run });
    // Once the database has it, nothing is noted any more.
    database.answers = () => Promise.resolve();
    back.markDone('lesson', 'one');
    await vi.waitFor(() => expect(notes.size).toBe(0));
    // A note that is no record is none.
    notes.set(key, '{"v":1');
    const fresh = new Progress();
    await fresh.load();
    expect(fresh.record.lessons).toEqual({});
  });
});
