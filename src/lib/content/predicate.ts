/** Tasks: is a predicate true of a reading, and what is still missing. Pure. */
import type { Predicate } from './lesson-types.ts';
import { measure, type LessonReading, type MeasureName } from './measures.ts';

/** The values of the measures when the step was entered. */
export type Baseline = Partial<Record<MeasureName, number>>;

type Leaf = Exclude<Predicate, { all: Predicate[] } | { any: Predicate[] }>;

/** What one condition asks for and where it stands. */
export interface Shortfall {
  measure: MeasureName;
  now: number;
  needed: number;
  kind: 'atLeast' | 'atMost';
}

const leaves = (predicate: Predicate): Leaf[] =>
  'all' in predicate
    ? predicate.all.flatMap(leaves)
    : 'any' in predicate
      ? predicate.any.flatMap(leaves)
      : [predicate];

/** Names of the measures a predicate reads. */
export const measuresOf = (predicate: Predicate): MeasureName[] =>
  leaves(predicate).map((leaf) => leaf.measure);

/** What `grownBy` counts from. */
export function baselineOf(predicate: Predicate, reading: LessonReading): Baseline {
  return Object.fromEntries(measuresOf(predicate).map((name) => [name, measure(name, reading)]));
}

function shortfall(leaf: Leaf, reading: LessonReading, baseline: Baseline): Shortfall | null {
  const now = measure(leaf.measure, reading);
  if ('atMost' in leaf)
    return now <= leaf.atMost ? null : { measure: leaf.measure, now, needed: leaf.atMost, kind: 'atMost' };
  const needed = 'atLeast' in leaf ? leaf.atLeast : (baseline[leaf.measure] ?? 0) + leaf.grownBy;
  return now >= needed ? null : { measure: leaf.measure, now, needed, kind: 'atLeast' };
}

export function holds(predicate: Predicate, reading: LessonReading, baseline: Baseline): boolean {
  if ('all' in predicate) return predicate.all.every((part) => holds(part, reading, baseline));
  if ('any' in predicate) return predicate.any.some((part) => holds(part, reading, baseline));
  return shortfall(predicate, reading, baseline) === null;
}

/** The conditions that are not met yet; empty when the predicate holds. */
export function missing(predicate: Predicate, reading: LessonReading, baseline: Baseline): Shortfall[] {
  if (holds(predicate, reading, baseline)) return [];
  return leaves(predicate)
    .map((leaf) => shortfall(leaf, reading, baseline))
    .filter((part) => part !== null);
}
