import { guestOf } from './guests';
import type { Machine } from './machine';
import { PRODUCTS, type ProductId } from './products';
import {
  RULES,
  SEVERITIES,
  STORY_NAMES,
  type Finding,
  type RuleCode,
  type Severity,
  type TargetNames,
} from './rules';
import type { Source } from './sources';

/** One line of a verdict: a rule that found something. */
export interface VerdictLine extends Finding {
  rule: RuleCode;
  severity: Severity;
  source: Source;
}

export const OUTCOMES = ['runs', 'badly', 'after', 'refused'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Verdict {
  target: ProductId;
  /** The worst of its lines; notes do not count. */
  outcome: Outcome;
  /** In the order of the work. `bySeverity` puts the worst first. */
  lines: readonly VerdictLine[];
}

/**
 * What a product would make of a machine. Pure: the same machine gives the same verdict.
 * @param names volume and networks of the target, for the mends that name them
 */
export function evaluate(machine: Machine, target: ProductId, names: TargetNames = STORY_NAMES): Verdict {
  const product = PRODUCTS[target];
  const asked = { machine, product, guest: guestOf(machine.guest), names };
  const lines = RULES.flatMap(({ code, severity, source, find }) =>
    find(asked).map((finding): VerdictLine => ({
      rule: code,
      severity,
      source: source(product),
      ...finding,
    })),
  );
  const outcome = OUTCOMES.findLast((worst) => lines.some((line) => line.severity === worst)) ?? 'runs';
  return { target, outcome, lines };
}

/** The same lines, worst first; among equals the order of the work. */
export const bySeverity = (lines: readonly VerdictLine[]): VerdictLine[] =>
  lines.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
