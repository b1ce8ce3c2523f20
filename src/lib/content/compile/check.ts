/**
 * What must hold between a lesson's definition, its two languages and the scenarios. Pure; throws a LessonProblem
 * that names file and line.
 */
import * as v from 'valibot';
import { scenarioSchema, type Scenario } from '../../world/schema.ts';
import {
  MODEL_VIEWS,
  NETWORK_VIEWS,
  type CompiledLesson,
  type CompiledStep,
  type LessonDefinition,
  type ProseNode,
  type StepDefinition,
  type StepWorld,
  type TruthWorld,
} from '../lesson-types.ts';
import { vmOfMeasure, type MeasureName } from '../measures.ts';
import { modelOfMeasure } from '../model-measures.ts';
import type { ModelName } from '../model-types.ts';
import '../network-measures.ts';
import { measuresOf } from '../predicate.ts';
import { LessonProblem } from './problem.ts';
import { numbersIn } from './typography.ts';

export interface LessonFiles {
  /** Of lesson.ts, for messages. */
  file: string;
  text: string;
  definition: LessonDefinition;
  fr: CompiledLesson;
  en: CompiledLesson;
  /** Contents of the scenario files, by id. */
  scenarios: Map<string, { file: string; text: string }>;
}

/** Folder name, checked definition and prose. @throws LessonProblem */
export function checkLesson(files: LessonFiles): void {
  const { definition, fr, en } = files;
  if (fr.id !== definition.id)
    throw at(files, 'id:', `the folder is "${fr.id}", the lesson "${definition.id}"`);
  const ids = definition.steps.map((step) => step.id);
  for (const prose of [fr, en]) {
    const file = proseFile(files, prose);
    for (const [index, id] of ids.entries()) {
      const found = prose.steps[index];
      if (found?.id === id) continue;
      const elsewhere = prose.steps.find((step) => step.id === id);
      if (elsewhere)
        throw new LessonProblem(
          file,
          elsewhere.line,
          `step "${id}" is out of order: it is number ${index + 1} in lesson.ts`,
        );
      throw new LessonProblem(file, found?.line ?? 1, `step "${id}" of lesson.ts is missing`);
    }
    const extra = prose.steps[ids.length];
    if (extra) throw new LessonProblem(file, extra.line, `step "${extra.id}" is not in lesson.ts`);
  }
  const names = new Set<string>();
  let ground = null as Ground | null;
  for (const [index, step] of definition.steps.entries()) {
    if (names.has(step.id)) throw at(files, `id: '${step.id}'`, `step "${step.id}" is there twice`);
    names.add(step.id);
    const before = ground;
    if (step.world) ground = groundOf(files, step, step.world);
    if (!ground) throw at(files, `id: '${step.id}'`, 'the first step must have a world');
    if (before && before.kind !== ground.kind)
      throw at(files, `id: '${step.id}'`, `step "${step.id}": its world is of another kind than the first`);
    checkStep(files, step, ground);
    const pair = [fr.steps[index], en.steps[index]] as const;
    if (pair[0] && pair[1]) checkPair(files, step, ground, pair[0], pair[1]);
  }
}

const at = (files: LessonFiles, needle: string, what: string): LessonProblem => {
  const offset = files.text.indexOf(needle);
  const line = offset < 0 ? 1 : files.text.slice(0, offset).split('\n').length;
  return new LessonProblem(files.file, line, what);
};

const proseFile = (files: LessonFiles, prose: CompiledLesson): string =>
  files.file.replace(/lesson\.ts$/, `${prose.lang}.md`);

function readScenario(files: LessonFiles, step: StepDefinition, id: string): Scenario {
  const found = files.scenarios.get(id);
  if (!found)
    throw at(files, `id: '${step.id}'`, `step "${step.id}": no scenario "${id}" in content/scenarios`);
  let data: unknown;
  try {
    data = JSON.parse(found.text);
  } catch (error) {
    throw new LessonProblem(found.file, 1, `not JSON: ${String(error)}`);
  }
  const result = v.safeParse(scenarioSchema, data);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue) ?? '';
  const key = path.split('.').findLast((part) => !/^\d+$/.test(part)) ?? '';
  const offset = found.text.indexOf(`"${key}"`);
  const line = key && offset >= 0 ? found.text.slice(0, offset).split('\n').length : 1;
  throw new LessonProblem(found.file, line, `${path || 'scenario'}: ${issue.message}`);
}

/** What a step stands on: a simulated host, or a model. */
type Ground = { kind: 'scenario'; scenario: Scenario } | { kind: ModelName };

const groundOf = (files: LessonFiles, step: StepDefinition, world: StepWorld): Ground =>
  'model' in world
    ? { kind: world.model }
    : { kind: 'scenario', scenario: readScenario(files, step, world.scenario) };

/** What is wrong with naming a measure in a step; null when it is there. */
function measureFault(name: MeasureName, step: StepDefinition, ground: Ground): string | null {
  const model = modelOfMeasure(name);
  const kind = model ?? 'scenario';
  if (kind !== ground.kind) return `"${name}" is no measure of its world`;
  const vm = vmOfMeasure(name);
  if (ground.kind !== 'scenario' || vm === null || vmsOf(step, ground.scenario).has(vm)) return null;
  return `no VM "${vm}" in scenario "${ground.scenario.id}"`;
}

/** Machines that exist in a step: the scenario's, those outside its host, and those its commands add. */
function vmsOf(step: StepDefinition, scenario: Scenario): Set<string> {
  const vms = new Set(scenario.vms.map((vm) => vm.name));
  for (const { name } of scenario.network?.stations ?? []) vms.add(name);
  for (const move of [...(step.world?.moves ?? []), ...(step.showMe?.moves ?? [])]) {
    if (move.kind !== 'do') continue;
    if (move.command.kind === 'add-vm') vms.add(move.command.spec.name);
    if (move.command.kind === 'clone-vm') vms.add(move.command.name);
  }
  return vms;
}

function checkStep(files: LessonFiles, step: StepDefinition, ground: Ground): void {
  const { definition } = files;
  const here = (what: string) => at(files, `id: '${step.id}'`, `step "${step.id}": ${what}`);
  const mustKnowVm = (name: string) => {
    if (ground.kind === 'scenario' && !vmsOf(step, ground.scenario).has(name))
      throw here(`no VM "${name}" in scenario "${ground.scenario.id}"`);
  };
  const mustKnowMeasure = (name: MeasureName) => {
    const fault = measureFault(name, step, ground);
    if (fault) throw here(fault);
  };
  const mustKnowPage = (name: string) => {
    const page = definition.pages[name];
    if (!page) throw here(`the lesson names no page "${name}"`);
    mustKnowVm(page.vm);
    if ('twinOf' in page) mustKnowPage(page.twinOf);
  };
  if (!step.stage.views.includes(step.stage.focus))
    throw here(`"${step.stage.focus}" is in focus but not on the stage`);
  for (const name of step.task ? measuresOf(step.task.done) : []) mustKnowMeasure(name);
  for (const name of step.showMe?.tell ?? []) mustKnowMeasure(name);
  for (const move of [...(step.world?.moves ?? []), ...(step.showMe?.moves ?? [])]) {
    if ((move.kind === 'act') === (ground.kind === 'scenario'))
      throw here(`"${move.kind}" is no move in its world`);
    if (move.kind !== 'do') continue;
    const { command } = move;
    if (command.kind === 'scan-page' || command.kind === 'write-page') mustKnowPage(command.page);
    else if ('vm' in command) mustKnowVm(command.vm);
    else if ('machine' in command) mustKnowVm(command.machine);
  }
  for (const world of truthWorlds(step)) if ('scenario' in world) readScenario(files, step, world.scenario);
  for (const view of step.stage.views)
    if ((MODEL_VIEWS as readonly string[]).includes(view) === (ground.kind === 'scenario'))
      throw here(`its world has no "${view}" to show`);
  const needsNetwork = step.stage.views.some((view) => (NETWORK_VIEWS as readonly string[]).includes(view));
  if (needsNetwork && !(ground.kind === 'scenario' && ground.scenario.network))
    throw here('it shows a network: its scenario must have one');
  if (!step.comparison === step.stage.views.includes('comparison'))
    throw here('a comparison and the view "comparison" go together');
  if (step.comparison) {
    const { scenario: id, vm } = step.comparison;
    if (!readScenario(files, step, id).vms.some(({ name }) => name === vm))
      throw here(`no VM "${vm}" in scenario "${id}"`);
  }
  if (step.task && !step.showMe)
    throw here('a task needs showMe: without it nothing proves that it can be done');
}

/** Worlds whose ends are the truth of a step's guess. */
export const truthWorlds = ({ guess }: Pick<StepDefinition, 'guess'>): TruthWorld[] => {
  if (!guess) return [];
  return guess.kind === 'curve' ? guess.worlds : [guess.world];
};

type Part = Exclude<keyof CompiledStep, 'id' | 'line' | 'hints'>;

function checkPair(
  files: LessonFiles,
  step: StepDefinition,
  ground: Ground,
  fr: CompiledStep,
  en: CompiledStep,
): void {
  for (const [lang, prose] of [
    ['fr', fr],
    ['en', en],
  ] as const) {
    const here = (what: string) =>
      new LessonProblem(proseFile(files, files[lang]), prose.line, `step "${step.id}": ${what}`);
    if (!!step.task !== !!prose.task)
      throw here(step.task ? 'its :::task is missing' : 'there is no task in lesson.ts');
    if (!!step.guess !== !!prose.guess)
      throw here(step.guess ? 'its :::guess is missing' : 'there is no guess in lesson.ts');
    if (!prose.caption) throw here('its :::caption is missing');
    const hints = step.task ? 3 : 0;
    if (prose.hints.length !== hints)
      throw here(`${hints} hints are needed, ${prose.hints.length} are there`);
    for (const { name } of measuresIn(everything(prose))) {
      const fault = measureFault(name, step, ground);
      if (fault) throw here(fault);
    }
    for (const page of pagesIn(everything(prose)))
      if (!files.definition.pages[page]) throw here(`the lesson names no page "${page}"`);
  }
  for (const part of ['title', 'prose', 'task', 'guess', 'caption'] satisfies Part[]) {
    const [left, right] = [fr[part] ?? [], en[part] ?? []];
    const [inFrench, inEnglish] = [numbersIn(plain(left, 'fr'), 'fr'), numbersIn(plain(right, 'en'), 'en')];
    if (inFrench.join(' ') !== inEnglish.join(' '))
      throw new LessonProblem(
        proseFile(files, files.fr),
        fr.line,
        `step "${step.id}", ${part}: the numbers differ: fr ${inFrench.join(' ') || 'none'} · en ${inEnglish.join(' ') || 'none'}`,
      );
    const [widgetsFr, widgetsEn] = [widgets(left), widgets(right)];
    if (widgetsFr.join() !== widgetsEn.join())
      throw new LessonProblem(
        proseFile(files, files.fr),
        fr.line,
        `step "${step.id}", ${part}: the live parts differ: fr ${widgetsFr.join(', ') || 'none'} · en ${widgetsEn.join(', ') || 'none'}`,
      );
  }
}

const list = (nodes: ProseNode[] | string): ProseNode[] => (typeof nodes === 'string' ? [nodes] : nodes);
const childrenOf = (node: ProseNode): ProseNode[] =>
  typeof node !== 'string' && 'children' in node ? node.children : [];

const everything = (step: CompiledStep): ProseNode[] => [
  ...step.prose,
  ...(step.task ?? []),
  ...step.hints.flat(),
  ...(step.guess ?? []),
  ...(step.caption ?? []),
];

/** The words without the widgets' own numbers; code is not counted in words. */
const plain = (nodes: ProseNode[] | string, lang: 'fr' | 'en'): string =>
  list(nodes)
    .map((node) => (typeof node === 'string' ? node : plain(childrenOf(node), lang)))
    .join(' ');

/** Live numbers that prose shows, with the moment of their prerendered value. */
export const measuresIn = (nodes: ProseNode[]): { name: MeasureName; at: 'start' | 'done' }[] =>
  nodes.flatMap((node) => [
    ...(typeof node !== 'string' && 'widget' in node && node.widget === 'live'
      ? [{ name: node.measure, at: node.at }]
      : []),
    ...measuresIn(childrenOf(node)),
  ]);

const pagesIn = (nodes: ProseNode[]): string[] =>
  nodes.flatMap((node) => [
    ...(typeof node !== 'string' && 'widget' in node && node.widget === 'see' && node.page
      ? [node.page]
      : []),
    ...pagesIn(childrenOf(node)),
  ]);

/** What must be the same in both languages, in any order within a part (sentences are built differently). */
const widgets = (nodes: ProseNode[] | string): string[] => {
  const walk = (inner: ProseNode[]): string[] =>
    inner.flatMap((node) => {
      if (typeof node === 'string') return [];
      const below = walk(childrenOf(node));
      if (!('widget' in node)) return below;
      switch (node.widget) {
        case 'live':
          return [`live ${node.measure} ${node.at}`, ...below];
        case 'scrub':
          return [`scrub ${node.option} ${node.min} ${node.max} ${node.step} ${node.start}`, ...below];
        case 'see':
          return [`see ${node.target} ${node.page ?? ''}`, ...below];
        case 'term':
          return [`term ${node.id}`, ...below];
      }
    });
  return walk(list(nodes)).sort();
};

/** Names of the measures that a step's prose shows, in both languages alike. */
export const measuresShown = (step: CompiledStep): { name: MeasureName; at: 'start' | 'done' }[] =>
  measuresIn(everything(step));
