/**
 * Experiments that others published, as numbers to hold a run against: for the tests and for the page that draws our
 * points over theirs. Values come with where they are printed; where only a graph exists there is no value.
 */
import type { Mebibytes } from '#lib/units';

/** A published value and how far a run may be from it. Same unit for both. */
export interface PublishedValue {
  value: number;
  tolerance: number;
}

/** True when `found` is within the tolerance of what was published. */
export const agrees = (published: PublishedValue, found: number): boolean =>
  Math.abs(found - published.value) <= published.tolerance;

/**
 * C. Waldspurger, OSDI 2002, figure 4: n identical VMs of 40 MB (Red Hat Linux 7.2) that run SPEC95 for 30 minutes on a
 * Dell PowerEdge 1400SC. The points for single n are in the graph only; the text and the caption print these.
 */
export const SHARING_FIGURE = {
  source: '[OSDI] fig. 4',
  /** Scenarios, one for each number of VMs. */
  scenarios: Array.from({ length: 10 }, (_, i) => ({ vms: i + 1, id: `osdi02-fig4-n${i + 1}` })),
  vmMib: 40 as Mebibytes,
  seconds: 1800,
  /** One VM alone: reclaimed, MiB. */
  reclaimedAloneMib: { value: 5, tolerance: 1.5 },
  /** One VM alone: part of what is reclaimed that is copies of the page of zeros, percent. */
  zeroAlonePercent: { value: 55, tolerance: 10 },
  /** Ten VMs: of all VM memory, percent. */
  sharedPercent: { value: 67, tolerance: 3 },
  reclaimedPercent: { value: 60, tolerance: 3 },
  /** Shared − reclaimed is nearly constant: greatest distance from its mean over n = 3 … 10, percent of the mean. */
  copiesConstant: { from: 3, tolerancePercent: 15 },
  /** Reclaimed grows linearly: greatest distance from the fitted line over n ≥ 2, percent of its largest value. */
  reclaimedLinear: { from: 2, tolerancePercent: 3 },
} as const;

/** What a run of one of the figure's scenarios came to, MiB. */
export interface SharingPoint {
  vms: number;
  sharedMib: Mebibytes;
  reclaimedMib: Mebibytes;
  /** Of the shared: pages of zeros. */
  zeroMib: Mebibytes;
}

/** Greatest distance of a value from the mean of all, percent of the mean. */
export function spreadPercent(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return (100 * Math.max(...values.map((value) => Math.abs(value - mean)))) / mean;
}

/** Greatest distance of a point from the least-squares line through all, percent of the largest y. */
export function offLinePercent(points: readonly (readonly [x: number, y: number])[]): number {
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const slope =
    points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) /
    points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const off = points.map(([x, y]) => Math.abs(y - (meanY + slope * (x - meanX))));
  return (100 * Math.max(...off)) / Math.max(...points.map(([, y]) => y));
}

/** The statements of figure 4 about a set of points, each with what was published and what was found. */
export function judgeSharing(points: readonly SharingPoint[]) {
  const { vmMib } = SHARING_FIGURE;
  const one = points.find(({ vms }) => vms === 1);
  const ten = points.find(({ vms }) => vms === 10);
  const fromN = (n: number) => points.filter(({ vms }) => vms >= n);
  const percentOfAll = (mib: number, vms: number) => (100 * mib) / (vms * vmMib);
  const verdicts: { id: string; published: PublishedValue; found: number }[] = [];
  if (one)
    verdicts.push(
      { id: 'reclaimed-alone', published: SHARING_FIGURE.reclaimedAloneMib, found: one.reclaimedMib },
      {
        id: 'zero-alone',
        published: SHARING_FIGURE.zeroAlonePercent,
        found: (100 * one.zeroMib) / one.reclaimedMib,
      },
    );
  if (ten)
    verdicts.push(
      {
        id: 'shared-percent',
        published: SHARING_FIGURE.sharedPercent,
        found: percentOfAll(ten.sharedMib, 10),
      },
      {
        id: 'reclaimed-percent',
        published: SHARING_FIGURE.reclaimedPercent,
        found: percentOfAll(ten.reclaimedMib, 10),
      },
    );
  const { copiesConstant, reclaimedLinear } = SHARING_FIGURE;
  const many = fromN(copiesConstant.from);
  if (many.length > 1)
    verdicts.push({
      id: 'copies-constant',
      published: { value: 0, tolerance: copiesConstant.tolerancePercent },
      found: spreadPercent(many.map(({ sharedMib, reclaimedMib }) => sharedMib - reclaimedMib)),
    });
  const line = fromN(reclaimedLinear.from);
  if (line.length > 2)
    verdicts.push({
      id: 'reclaimed-linear',
      published: { value: 0, tolerance: reclaimedLinear.tolerancePercent },
      found: offLinePercent(line.map(({ vms, reclaimedMib }) => [vms, reclaimedMib])),
    });
  return verdicts.map((verdict) => ({ ...verdict, agrees: agrees(verdict.published, verdict.found) }));
}
