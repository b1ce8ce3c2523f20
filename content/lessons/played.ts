/**
 * A lesson, played in Node on the real engine: each task is false when its step begins and true after its own « show
 * me », and the figures that the prose prints without a script are those that the engine measures. Each step is played
 * once; what is claimed of it is read from that.
 *
 * After a change of the engine or of a lesson: UPDATE_MEASURED=1 npx vitest run content/lessons
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { measuresShown, truthWorlds } from '#lib/content/compile/check';
import { loadLesson, type Lesson } from '#lib/content/index';
import { measure, MEASURED, measureUnit, type LessonReading, type MeasureName } from '#lib/content/measures';
import { loadModel, readModel, readMoves, replayActions } from '#lib/content/models/index';
import { actionsOf, findPages, makeMoves, rehearsalOf, startOf, type PageRefs } from '#lib/content/moves';
import { baselineOf, missing } from '#lib/content/predicate';
import { Engine, type Surroundings } from '#lib/sim/engine';
import { nodeSurroundings } from '#lib/sim/node-surroundings';
import { PAGE_BYTES, secondsToNs } from '#lib/units';
import { scenarioById } from '#lib/world/scenarios';

const core = WebAssembly.compile(readFileSync('wasm/build/core.wasm'));
const surroundings: Surroundings = {
  ...nodeSurroundings(() => core),
  scenario: async (id) => scenarioById(id),
};

const TIMEOUT_MS = 120_000;
/** As much of a value as a page prints: bytes to the last one. */
const printed = (name: MeasureName, value: number): number =>
  measureUnit(name) === 'file-bytes' ? value : Number(value.toPrecision(6));

type Measured = Record<string, Record<string, Record<string, number>>>;

/** A step: its world as it begins, what « show me » comes to in a copy of it, and the world after that. */
interface Played {
  start: LessonReading;
  /** The start itself in a step that shows nothing. */
  done: LessonReading;
  refused: unknown[];
  made: number;
  after: LessonReading;
}

async function play(lesson: Lesson, index: number): Promise<Played> {
  const { world, before, after } = startOf(lesson.definition, index);
  const moves = lesson.definition.steps[index]?.showMe?.moves ?? [];
  if ('model' in world) {
    const model = await loadModel(world.model);
    const begun = replayActions(model, await model.begin(), actionsOf([...before, ...after]));
    expect(begun.refused).toBe(null);
    const read = () => readModel(model, begun.state, 0);
    const start = read();
    const actions = actionsOf(moves);
    const { state, refused } = replayActions(model, begun.state, actions);
    return {
      start,
      done: readModel(model, state, actions.length),
      refused: refused === null ? [] : [refused],
      made: actions.length,
      after: read(),
    };
  }
  const { engine, pages } = await beginEngine(lesson, index);
  const start = await engine.read(MEASURED);
  if (moves.length === 0) return { start, done: start, refused: [], made: 0, after: start };
  const steps = rehearsalOf(moves, pages, lesson.definition);
  const { receipts, reading } = await engine.rehearse(steps, MEASURED);
  return {
    start,
    done: reading,
    refused: receipts.filter(({ kind }) => kind === 'refused'),
    made: steps.length,
    after: await engine.read(MEASURED),
  };
}

/** An engine that stands where a step begins, as the page sets it up. */
async function beginEngine(lesson: Lesson, index: number): Promise<{ engine: Engine; pages: PageRefs }> {
  const start = startOf(lesson.definition, index);
  const engine = await openEngine('scenario' in start.world ? start.world.scenario : '', 0);
  const now = await makeMoves(engine, rehearsalOf(start.before, {}, lesson.definition), 0);
  const pages = await findPages(engine, lesson.definition, await engine.read(MEASURED));
  await makeMoves(engine, rehearsalOf(start.after, pages, lesson.definition), now);
  return { engine, pages };
}

export const newEngine = (): Engine => new Engine(surroundings);

/** A scenario at a moment, in an engine that only goes forward. */
async function openEngine(id: string, t: number): Promise<Engine> {
  const scenario = scenarioById(id);
  if (!scenario) throw new Error(`no scenario ${id}`);
  const engine = newEngine();
  const run = { v: 1 as const, scenario: id, seed: scenario.seed, commands: [], t, view: {} };
  expect((await engine.open(run, undefined, undefined, true)).kind).toBe('opened');
  return engine;
}

/** Declares the tests of one lesson. */
export async function testLesson(id: string): Promise<void> {
  const lesson = await loadLesson(id, 'en');
  if (!lesson) throw new Error(`no lesson ${id}`);
  const { steps, pages: named } = lesson.definition;
  const withTask = steps
    .map((step, index) => ({ step, index, name: step.id }))
    .filter(({ step }) => step.task);
  const played = new Map<number, Promise<Played>>();
  const playOnce = (index: number) => {
    const known = played.get(index) ?? play(lesson, index);
    played.set(index, known);
    return known;
  };

  describe(id, () => {
    it.each(withTask)(
      '$name: not done at its start, done after its own « show me », and only there',
      async ({ step, index }) => {
        const task = step.task!;
        const { start, done, refused, made, after } = await playOnce(index);
        const baseline = baselineOf(task.done, start);
        expect(missing(task.done, start, baseline)).not.toEqual([]);

        expect(made).toBe(step.showMe!.moves.length);
        expect(refused).toEqual([]);
        expect(missing(task.done, done, baseline)).toEqual([]);

        // The rehearsal happened in a copy: the learner's world is where it was.
        expect(missing(task.done, after, baseline)).not.toEqual([]);
        expect(after.timeNs).toBe(start.timeNs);
      },
      TIMEOUT_MS,
    );

    it.runIf(Object.keys(named).length > 0)(
      'its named pages are there, and twins are equal pages in two places',
      async () => {
        const { engine, pages } = await beginEngine(lesson, 0);
        for (const [name, place] of Object.entries(named)) {
          expect(pages, name).toHaveProperty(name);
          if (!('twinOf' in place)) continue;
          const [original, twin] = [pages[place.twinOf]!, pages[name]!];
          expect((await engine.compare(original, twin)).equalBytes).toBe(PAGE_BYTES);
          expect((await engine.inspect(original)).machinePage).not.toBe(
            (await engine.inspect(twin)).machinePage,
          );
          expect(original.page, 'a lesson says that the numbers differ').not.toBe(twin.page);
          const neighbour = { ...twin, page: twin.page + 1 };
          expect((await engine.compare(original, neighbour)).equalBytes).toBeLessThan(PAGE_BYTES / 10);
        }
      },
      TIMEOUT_MS,
    );

    it(
      'prints the figures that the engine measures',
      async () => {
        const found: Measured = {};
        for (const [index, step] of steps.entries()) {
          const shown = measuresShown(lesson.prose.steps[index]!);
          if (shown.length === 0) continue;
          const world = await playOnce(index);
          for (const { name, at } of shown)
            ((found[step.id] ??= {})[at] ??= {})[name] = printed(name, measure(name, world[at]));
        }
        const file = `content/lessons/${id}/measured.json`;
        if (process.env['UPDATE_MEASURED']) writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
        expect(existsSync(file), `${file} is made with UPDATE_MEASURED=1`).toBe(true);
        expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(found);
      },
      TIMEOUT_MS,
    );

    it(
      'the worlds of its guesses run to their end',
      async () => {
        for (const { guess } of steps) {
          if (!guess) continue;
          const worlds = truthWorlds({ guess });
          for (const world of new Set([worlds[0]!, worlds.at(-1)!])) {
            if ('model' in world) {
              expect(measure(guess.measure, await readMoves(world.model, world.moves))).toBeGreaterThan(0);
              continue;
            }
            const end = secondsToNs(scenarioById(world.scenario)!.durationSeconds);
            const since = (guess.kind === 'value' && guess.sinceSeconds) || 0;
            const engine = await openEngine(world.scenario, since > 0 ? secondsToNs(since) : end);
            const start = since > 0 ? measure(guess.measure, await engine.read(MEASURED)) : 0;
            await engine.seek(end);
            const reading = await engine.read(MEASURED);
            expect(reading.timeNs).toBe(end);
            const truth = measure(guess.measure, reading) - start;
            expect(truth).toBeGreaterThan(0);
            if (guess.kind === 'value') expect(truth).toBeLessThanOrEqual(guess.max);
          }
        }
      },
      TIMEOUT_MS,
    );
  });
}
