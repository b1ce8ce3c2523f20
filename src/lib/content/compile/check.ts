/**
 * What must hold between a lesson's definition, its two languages and the scenarios. Pure; throws a LessonProblem
 * that names file and line.
 */
import * as v from 'valibot';
import { scenarioSchema, type Scenario } from '../../world/schema.ts';
import {
  NETWORK_VIEWS,
  type CompiledLesson,
  type CompiledStep,
  type LessonDefinition,
  type ProseNode,
  type StepDefinition,
} from '../lesson-types.ts';
import { vmOfMeasure, type MeasureName } from '../measures.ts';
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
  let scenario: Scenario | null = null;
  for (const [index, step] of definition.steps.entries()) {
    if (names.has(step.id)) throw at(files, `id: '${step.id}'`, `step "${step.id}" is there twice`);
    names.add(step.id);
    if (step.world) scenario = readScenario(files, step, step.world.scenario);
    if (!scenario) throw at(files, `id: '${step.id}'`, 'the first step must have a world');
    checkStep(files, step, scenario);
    const pair = [fr.steps[index], en.steps[index]] as const;
    if (pair[0] && pair[1]) checkPair(files, step, scenario, pair[0], pair[1]);
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

function checkStep(files: LessonFiles, step: StepDefinition, scenario: Scenario): void {
  const { definition } = files;
  const here = (what: string) => at(files, `id: '${step.id}'`, `step "${step.id}": ${what}`);
  const vms = vmsOf(step, scenario);
  const mustKnowVm = (name: string | null) => {
    if (name !== null && !vms.has(name)) throw here(`no VM "${name}" in scenario "${scenario.id}"`);
  };
  const mustKnowPage = (name: string) => {
    const page = definition.pages[name];
    if (!page) throw here(`the lesson names no page "${name}"`);
    mustKnowVm(page.vm);
    if ('twinOf' in page) mustKnowPage(page.twinOf);
  };
  if (!step.stage.views.includes(step.stage.focus))
    throw here(`"${step.stage.focus}" is in focus but not on the stage`);
  for (const name of step.task ? measuresOf(step.task.done) : []) mustKnowVm(vmOfMeasure(name));
  for (const name of step.showMe?.tell ?? []) mustKnowVm(vmOfMeasure(name));
  for (const move of [...(step.world?.moves ?? []), ...(step.showMe?.moves ?? [])]) {
    if (move.kind !== 'do') continue;
    const { command } = move;
    if (command.kind === 'scan-page' || command.kind === 'write-page') mustKnowPage(command.page);
    else if ('vm' in command) mustKnowVm(command.vm);
    else if ('machine' in command) mustKnowVm(command.machine);
  }
  for (const id of truthScenarios(step)) readScenario(files, step, id);
  const needsNetwork = step.stage.views.some((view) => (NETWORK_VIEWS as readonly string[]).includes(view));
  if (needsNetwork && !(definition.network && scenario.network))
    throw here('it shows a network: the lesson must say so, and its scenario have one');
  if (step.task && !step.showMe)
    throw here('a task needs showMe: without it nothing proves that it can be done');
}

/** Scenarios whose runs are the truth of a step's guess. */
export const truthScenarios = ({ guess }: StepDefinition): string[] => {
  if (!guess) return [];
  return guess.kind === 'curve' ? guess.worlds.map((world) => world.scenario) : [guess.scenario];
};

type Part = Exclude<keyof CompiledStep, 'id' | 'line' | 'hints'>;

function checkPair(
  files: LessonFiles,
  step: StepDefinition,
  scenario: Scenario,
  fr: CompiledStep,
  en: CompiledStep,
): void {
  const vms = vmsOf(step, scenario);
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
      const vm = vmOfMeasure(name);
      if (vm !== null && !vms.has(vm)) throw here(`no VM "${vm}" in scenario "${scenario.id}"`);
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
