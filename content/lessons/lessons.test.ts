/**
 * Every lesson, played in Node on the real engine: each task is false when its step begins and true after its own « show
 * me », and the figures that the prose prints without a script are those that the engine measures.
 *
 * After a change of the engine or of a lesson: UPDATE_MEASURED=1 npx vitest run content/lessons
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { measuresShown, truthWorlds } from '#lib/content/compile/check';
import { lessonIndex, loadLesson, type Lesson } from '#lib/content/index';
import type { LessonMove } from '#lib/content/lesson-types';
import { measure, MEASURED, measureUnit, type LessonReading, type MeasureName } from '#lib/content/measures';
import { loadModel, readModel, readMoves, replayActions } from '#lib/content/models/index';
import { actionsOf, findPages, makeMoves, rehearsalOf, startOf, type PageRefs } from '#lib/content/moves';
import { baselineOf, holds, missing } from '#lib/content/predicate';
import { Engine, type Surroundings } from '#lib/sim/engine';
import { PAGE_BYTES, secondsToNs } from '#lib/units';
import { scenarioById } from '#lib/world/scenarios';

const core = WebAssembly.compile(readFileSync('wasm/build/core.wasm'));
const surroundings: Surroundings = {
  now: () => performance.now(),
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  rest: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  module: () => core,
  scenario: async (id) => scenarioById(id),
};

const TIMEOUT_MS = 120_000;
/** As much of a value as a page prints: bytes to the last one. */
const printed = (name: MeasureName, value: number): number =>
  measureUnit(name) === 'file-bytes' ? value : Number(value.toPrecision(6));

type Measured = Record<string, Record<string, Record<string, number>>>;

/** Where a step begins: what is read there, and what moves in a copy of it lead to. */
interface Begun {
  read(): Promise<LessonReading>;
  rehearse(moves: LessonMove[]): Promise<{ reading: LessonReading; refused: unknown[]; made: number }>;
}

async function beginStep(lesson: Lesson, index: number): Promise<Begun> {
  const { world, before, after } = startOf(lesson.definition, index);
  if ('model' in world) {
    const model = await loadModel(world.model);
    const begun = replayActions(model, await model.begin(), actionsOf([...before, ...after]));
    expect(begun.refused).toBe(null);
    return {
      read: async () => readModel(model, begun.state, 0),
      rehearse: async (moves) => {
        const actions = actionsOf(moves);
        const { state, refused } = replayActions(model, begun.state, actions);
        return {
          reading: readModel(model, state, actions.length),
          refused: refused === null ? [] : [refused],
          made: actions.length,
        };
      },
    };
  }
  const { engine, pages } = await beginEngine(lesson, index);
  return {
    read: () => engine.read(MEASURED),
    rehearse: async (moves) => {
      const steps = rehearsalOf(moves, pages, lesson.definition);
      const { receipts, reading } = await engine.rehearse(steps, MEASURED);
      return { reading, refused: receipts.filter(({ kind }) => kind === 'refused'), made: steps.length };
    },
  };
}

/** An engine that stands where a step begins, as the page sets it up. */
async function beginEngine(lesson: Lesson, index: number): Promise<{ engine: Engine; pages: PageRefs }> {
  const start = startOf(lesson.definition, index);
  const id = 'scenario' in start.world ? start.world.scenario : '';
  const scenario = scenarioById(id);
  if (!scenario) throw new Error(`no scenario ${id}`);
  const engine = new Engine(surroundings);
  const opened = await engine.open({
    v: 1,
    scenario: id,
    seed: scenario.seed,
    commands: [],
    t: 0,
    view: {},
  });
  expect(opened.kind).toBe('opened');
  const now = await makeMoves(engine, rehearsalOf(start.before, {}, lesson.definition), 0);
  const pages = await findPages(engine, lesson.definition, await engine.read(MEASURED));
  await makeMoves(engine, rehearsalOf(start.after, pages, lesson.definition), now);
  return { engine, pages };
}

const lessons = (await Promise.all(lessonIndex.map(({ id }) => loadLesson(id, 'en')))).filter(
  (lesson) => lesson !== null,
);

it('there are lessons', () => {
  expect(lessons.length).toBeGreaterThan(0);
});

describe.each(lessons.map((lesson) => ({ id: lesson.definition.id, lesson })))('$id', ({ id, lesson }) => {
  const { steps } = lesson.definition;
  const withTask = steps
    .map((step, index) => ({ step, index, name: step.id }))
    .filter(({ step }) => step.task);

  it.each(withTask)(
    '$name: not done at its start, done after its own « show me », and only there',
    async ({ step, index }) => {
      const world = await beginStep(lesson, index);
      const task = step.task!;
      const before = await world.read();
      const baseline = baselineOf(task.done, before);
      expect(missing(task.done, before, baseline)).not.toEqual([]);

      const { reading, refused, made } = await world.rehearse(step.showMe!.moves);
      expect(made).toBe(step.showMe!.moves.length);
      expect(refused).toEqual([]);
      expect(missing(task.done, reading, baseline)).toEqual([]);

      // The rehearsal happened in a copy: the learner's world is where it was.
      expect(holds(task.done, await world.read(), baseline)).toBe(false);
      expect((await world.read()).timeNs).toBe(before.timeNs);
    },
    TIMEOUT_MS,
  );

  it.runIf(Object.keys(lesson.definition.pages).length > 0)(
    'its named pages are there, and twins are equal pages in two places',
    async () => {
      const { engine, pages } = await beginEngine(lesson, 0);
      for (const [name, place] of Object.entries(lesson.definition.pages)) {
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
        const world = await beginStep(lesson, index);
        const start = await world.read();
        const moves = step.showMe?.moves ?? [];
        const done = moves.length > 0 ? (await world.rehearse(moves)).reading : start;
        for (const { name, at } of shown)
          ((found[step.id] ??= {})[at] ??= {})[name] = printed(
            name,
            measure(name, at === 'start' ? start : done),
          );
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
      for (const step of steps) {
        if (!step.guess) continue;
        const worlds = truthWorlds(step);
        for (const world of new Set([worlds[0]!, worlds.at(-1)!])) {
          if ('model' in world) {
            expect(measure(step.guess.measure, await readMoves(world.model, world.moves))).toBeGreaterThan(0);
            continue;
          }
          const scenario = scenarioById(world.scenario);
          if (!scenario) throw new Error(`no scenario ${world.scenario}`);
          const engine = new Engine(surroundings);
          const end = secondsToNs(scenario.durationSeconds);
          const since = (step.guess.kind === 'value' && step.guess.sinceSeconds) || 0;
          const t = since > 0 ? secondsToNs(since) : end;
          await engine.open({ v: 1, scenario: scenario.id, seed: scenario.seed, commands: [], t, view: {} });
          const start = since > 0 ? measure(step.guess.measure, await engine.read(MEASURED)) : 0;
          await engine.seek(end);
          const reading = await engine.read(MEASURED);
          expect(reading.timeNs).toBe(end);
          const truth = measure(step.guess.measure, reading) - start;
          expect(truth).toBeGreaterThan(0);
          if (step.guess.kind === 'value') expect(truth).toBeLessThanOrEqual(step.guess.max);
        }
      }
    },
    TIMEOUT_MS,
  );
});
