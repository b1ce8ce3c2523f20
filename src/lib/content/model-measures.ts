import type { MeasureUnit } from './lesson-types.ts';
import { addModelMeasures } from './measures.ts';

/**
 * Measures of each model, with their units; options that numbers in the prose may change. A lesson that stands on a model
 * imports this file; others go without.
 */
export const MODEL_WORDS = {
  transfer: {
    measures: {
      'transfer.sent': 'file-bytes',
      'transfer.sentTime': 'time',
      'transfer.sendings': 'count',
      'transfer.failures': 'count',
      /** How far the last start on the host came: 0 nothing there … 8 runs. */
      'transfer.reach': 'count',
      'transfer.hardware': 'count',
      /** What the host's rules still have against the copy, or the original while nothing was sent. */
      'transfer.faults': 'count',
      'transfer.bootStored': 'file-bytes',
      /** Of the system disk: its file on the host, 0 before the import, and how long that is to be. */
      'transfer.bootOnHost': 'file-bytes',
      'transfer.bootFull': 'file-bytes',
      'transfer.stored': 'file-bytes',
      'transfer.onHost': 'file-bytes',
    },
    options: [],
  },
  metal: {
    measures: {
      'metal.booted': 'count',
      'metal.cloned': 'count',
      'metal.cloneBytes': 'file-bytes',
      'metal.cloneTime': 'time',
      'metal.faults': 'count',
      'metal.runs': 'count',
      'metal.convertCost': 'count',
      'metal.installCost': 'count',
      'metal.installDearer': 'count',
      'metal.servers': 'count',
      'metal.needs': 'count',
      'metal.circles': 'count',
      'metal.copyTime': 'time',
      /** Needs that the order breaks, circles that it tears apart, blocks longer than a night. */
      'metal.breaks': 'count',
      'metal.split': 'count',
      'metal.tooLong': 'count',
      'metal.nights': 'count',
    },
    options: ['staleServices', 'discoverHours', 'nightHours'],
  },
} as const satisfies Record<string, { measures: Record<string, MeasureUnit>; options: readonly string[] }>;
export type ModelName = keyof typeof MODEL_WORDS;
export const MODEL_NAMES = Object.keys(MODEL_WORDS) as ModelName[];
export type ModelMeasureName = { [M in ModelName]: keyof (typeof MODEL_WORDS)[M]['measures'] }[ModelName];

/** The model a measure speaks of; null: of a simulated host. */
export const modelOfMeasure = (name: string): ModelName | null =>
  MODEL_NAMES.find((model) => Object.hasOwn(MODEL_WORDS[model].measures, name)) ?? null;

addModelMeasures(Object.assign({}, ...Object.values(MODEL_WORDS).map(({ measures }) => measures)));
