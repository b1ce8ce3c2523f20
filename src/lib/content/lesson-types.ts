/**
 * What a lesson is: its definition (`content/lessons/<id>/lesson.ts`, no words in it) and its compiled prose
 * (`fr.md`, `en.md`, turned into data at build time). Types only.
 */
import type { GuestPage } from '#lib/ids';
import type { Change, MeasureId } from '#lib/model/comparison';
import type { EventGroupId } from '#lib/model/event-kinds';
import type { MapOrder } from '#lib/sim/protocol';
import type { Command } from '#lib/world/schema';
import type { MeasureName } from './measures';
import type { ModelAction, ModelName } from './model-types';

/** Parts of the stage of a world that has a network. */
export const NETWORK_VIEWS = [
  'network-map',
  'frames',
  'conversations',
  'jobs',
  'build',
  'place',
  'nat',
  'firewall-log',
  'leases',
  'matrix',
  'flows',
] as const;
export type NetworkStageView = (typeof NETWORK_VIEWS)[number];

/** Parts of the stage of a model. */
export const MODEL_VIEWS = [
  /** Both places of the transfer with what can be done in each, the files, what the host's rules say. */
  'transfer',
  'transfer-files',
  'transfer-verdict',
  /** Two servers before the tool's list, the clone, what both ways cost, thirty servers and their order. */
  'metal-servers',
  'metal-clone',
  'metal-costs',
  'metal-plan',
] as const;

/** Parts of the stage, as `stage.views`, `:see[…]{target=…}` and the stage itself name them. */
export const STAGE_VIEWS = [
  'pair',
  'map',
  'ledger',
  'sharing-chart',
  'events',
  'inspector',
  'legend',
  'host-state',
  'targets',
  'vms',
  /** Of the VM that the stage names: */
  'vm',
  'guest-view',
  'balloon',
  'working-set',
  'time-spent',
  /** The worlds that the step compares, side by side. */
  'comparison',
  ...NETWORK_VIEWS,
  ...MODEL_VIEWS,
] as const;
export type StageView = (typeof STAGE_VIEWS)[number];

/** What a step lets the learner handle. The lab shows all; a lesson shows what it has introduced. */
export const STAGE_CONTROLS = ['scan', 'write', 'time'] as const;
export type StageControl = (typeof STAGE_CONTROLS)[number];

/**
 * A guest page that a lesson talks about, by a name of the lesson. Either a page number, or the page of another
 * VM that holds the same bytes: the engine finds it when the step's world opens.
 */
export type NamedPage = { vm: string; page: GuestPage } | { vm: string; twinOf: string };

/** A command in which `page` may be one of the lesson's page names. */
export type LessonCommand = Exclude<Command, { kind: 'write-page' | 'scan-page' }> | PageCommand;
export type PageCommand = { kind: 'write-page' | 'scan-page'; page: string };

/** In a simulated host a command is given or time passes; in a model something is done. */
export type LessonMove =
  | { kind: 'do'; command: LessonCommand }
  | { kind: 'run'; seconds: number }
  | { kind: 'act'; action: ModelAction };

/** A claim about the state of the world, as data: by whatever path it came true, the task is done. */
export type Predicate =
  | { all: Predicate[] }
  | { any: Predicate[] }
  | { measure: MeasureName; atLeast: number }
  | { measure: MeasureName; atMost: number }
  /** Since the step was entered. */
  | { measure: MeasureName; grownBy: number };

/** The world at the start of a step: what it begins as, and the moves made before the learner takes over. */
export type StepWorld =
  /** A simulated host: a scenario of the site, by id. */
  | { scenario: string; moves: LessonMove[] }
  /** No host but a pure model. All steps of a lesson have one kind of world. */
  | { model: ModelName; moves: LessonMove[] };

/** A world whose end is the truth of a guess: a scenario that is run, or a model in which the moves were made. */
export type TruthWorld = { scenario: string } | { model: ModelName; moves: LessonMove[] };

export type GuessDefinition =
  | {
      kind: 'value';
      unit: MeasureUnit;
      min: number;
      max: number;
      step: number;
      /** Truth: this measure at the end of this world, or what was added to it from `sinceSeconds` of a scenario on. */
      measure: MeasureName;
      world: TruthWorld;
      sinceSeconds?: number;
      published?: number;
    }
  | {
      kind: 'curve';
      unit: 'fraction';
      /** What the worlds differ in: how many machines there are, or the memory of one, in MiB. */
      axis: 'machines' | 'memory';
      measure: MeasureName;
      /** One world a point: its place on the axis and the scenario to run to its end. */
      worlds: ({ x: number } & TruthWorld)[];
      published: { x: number; y: number }[];
    };

export type MeasureUnit =
  | 'memory'
  | 'count'
  | 'fraction'
  | 'time'
  | 'rate'
  | 'bits'
  | 'bytes'
  /** To the last one. */
  | 'file-bytes'
  | 'yes';

/** Worlds of a scenario that differ in one thing each, to be opened side by side: the first is the scenario as it is. */
export interface ComparisonDefinition {
  scenario: string;
  changes: Change[];
  /** What can be held side by side; the first is shown first. */
  measures: readonly [MeasureId, ...MeasureId[]];
  vm: string;
}

export interface StepDefinition {
  id: string;
  /** `vm`: the VM that views of one VM show, by name. `events`: what the list of events is about; absent: everything. */
  stage: {
    views: StageView[];
    focus: StageView;
    order?: MapOrder;
    vm?: string;
    events?: readonly EventGroupId[];
  };
  controls: StageControl[];
  /** Absent: the world goes on as the step before left it. */
  world?: StepWorld;
  /** Simulated seconds a second while it plays in this step. */
  speed?: number;
  task?: { done: Predicate };
  guess?: GuessDefinition;
  comparison?: ComparisonDefinition;
  /** Done in a copy of the learner's world when they ask to be shown; `tell`: what the copy reports. */
  showMe?: { moves: LessonMove[]; tell: MeasureName[] };
  /** 1 … 9: key that brings a presenter here. */
  bookmark?: number;
}

export interface LessonDefinition {
  id: string;
  /** Place in the menu, 1 … 14. */
  number: number;
  minutes: number;
  sources: { text: string; where: string; url?: string }[];
  pages: Record<string, NamedPage>;
  steps: StepDefinition[];
}

/** Whether a step of it shows a network. */
export const hasNetwork = ({ steps }: LessonDefinition): boolean =>
  steps.some(({ stage }) => stage.views.some((view) => (NETWORK_VIEWS as readonly string[]).includes(view)));

/** Makes a definition: the types do the rest. */
export const defineLesson = (lesson: LessonDefinition): LessonDefinition => lesson;

/** Prose as data: a string, an element, or one of the lesson's own widgets. */
export type ProseNode =
  | string
  | { tag: ProseTag; children: ProseNode[]; href?: string }
  | { widget: 'live'; measure: MeasureName; at: 'start' | 'done'; measured: number | null }
  | {
      widget: 'scrub';
      /** Of the host, or of the model. */
      option: string;
      min: number;
      max: number;
      step: number;
      label: string;
      start: number;
    }
  | { widget: 'see'; target: StageView; page?: string; children: ProseNode[] }
  | { widget: 'term'; id: string; term: string; meaning: string; children: ProseNode[] };

export type ProseTag =
  | 'p'
  | 'em'
  | 'strong'
  | 'code'
  | 'a'
  | 'ul'
  | 'ol'
  | 'li'
  | 'br'
  | 'blockquote'
  | 'table'
  | 'thead'
  | 'tbody'
  | 'tr'
  | 'th'
  | 'td';

export interface CompiledStep {
  id: string;
  title: string;
  /** Where it is in its file, for the messages of the build. */
  line: number;
  prose: ProseNode[];
  task: ProseNode[] | null;
  hints: ProseNode[][];
  guess: ProseNode[] | null;
  caption: ProseNode[] | null;
}

export interface CompiledLesson {
  id: string;
  lang: 'fr' | 'en';
  title: string;
  question: string;
  steps: CompiledStep[];
}

export interface LessonIndexEntry {
  id: string;
  number: number;
  minutes: number;
  title: { fr: string; en: string };
  question: { fr: string; en: string };
  stepIds: string[];
}
