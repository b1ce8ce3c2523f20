/**
 * The moves of a lesson in a world: names of pages become page numbers, then each move is an ordinary command or an
 * ordinary passing of time. The same function sets up a step in the page, in a test and in a rehearsal.
 */
import type { Command, EngineApi, PageRef, Reading, RehearsalStep } from '#lib/sim/protocol';
import { secondsToNs } from '#lib/units';
import type {
  LessonCommand,
  LessonDefinition,
  LessonMove,
  PageCommand,
  StepDefinition,
  StepWorld,
} from './lesson-types';
import type { ModelAction } from './model-types';

export type PageRefs = Record<string, PageRef>;

/** What moves need of an engine; the page's answers are null once its engine is gone. */
export interface World {
  do(command: Command): Promise<unknown>;
  seek(timeNs: number): Promise<unknown>;
  findTwin(...args: Parameters<EngineApi['findTwin']>): Promise<PageRef | null>;
}

/** Finds the lesson's pages in a world. A page whose VM or twin is not there has no entry. */
export async function findPages(world: World, lesson: LessonDefinition, reading: Reading): Promise<PageRefs> {
  const vmId = (name: string) => reading.vms.find((vm) => vm.name === name)?.vm ?? 0;
  const found: PageRefs = {};
  for (const [name, page] of Object.entries(lesson.pages)) {
    const vm = vmId(page.vm);
    if (vm === 0) continue;
    if ('page' in page) {
      found[name] = { vm, page: page.page };
      continue;
    }
    const original = found[page.twinOf];
    const twin = original && (await world.findTwin(original));
    if (twin?.vm === vm) found[name] = twin;
  }
  return found;
}

const isPageCommand = (command: LessonCommand): command is PageCommand =>
  command.kind === 'scan-page' || command.kind === 'write-page';

/** A lesson's command with its page named by number; null when that page was not found. */
export function plainCommand(
  move: Extract<LessonMove, { kind: 'do' }>,
  pages: PageRefs,
  lesson: LessonDefinition,
): Command | null {
  const { command } = move;
  if (!isPageCommand(command)) return command;
  const place = lesson.pages[command.page];
  const found = pages[command.page];
  return place && found ? { kind: command.kind, vm: place.vm, page: found.page } : null;
}

/** The moves as a rehearsal takes them. */
export const rehearsalOf = (
  moves: LessonMove[],
  pages: PageRefs,
  lesson: LessonDefinition,
): RehearsalStep[] =>
  moves.flatMap((move): RehearsalStep[] => {
    if (move.kind !== 'do') return move.kind === 'run' ? [move] : [];
    const command = plainCommand(move, pages, lesson);
    return command ? [{ kind: 'do', command }] : [];
  });

/** The moves as a model takes them. */
export const actionsOf = (moves: readonly LessonMove[]): ModelAction[] =>
  moves.flatMap((move) => (move.kind === 'act' ? [move.action] : []));

/** Makes the moves in a world that stands at `timeNs`. @returns the time it stands at then */
export async function makeMoves(world: World, steps: RehearsalStep[], timeNs: number): Promise<number> {
  let now = timeNs;
  for (const step of steps) {
    if (step.kind === 'do') await world.do(step.command);
    else {
      now += secondsToNs(step.seconds);
      await world.seek(now);
    }
  }
  return now;
}

export interface StepStart {
  world: StepWorld;
  /** Moves that need no page of the lesson, then (from the first that does) those that may. */
  before: LessonMove[];
  after: LessonMove[];
}

/**
 * How a step's world comes about when it is not simply the one the step before left: the last world set up at or
 * before it, then what the tasks in between ask for, done as "show me" does it.
 */
export function startOf(lesson: LessonDefinition, index: number): StepStart {
  const from = lesson.steps.findLastIndex((step, at) => at <= index && step.world);
  const world = lesson.steps[from]?.world;
  if (!world) throw new Error(`${lesson.id}: no world before step ${index}`);
  const between = lesson.steps.slice(from, index).flatMap((step: StepDefinition) => step.showMe?.moves ?? []);
  const moves = [...world.moves, ...between];
  const first = moves.findIndex((move) => move.kind === 'do' && isPageCommand(move.command));
  const cut = first < 0 ? moves.length : first;
  return { world, before: moves.slice(0, cut), after: moves.slice(cut) };
}
