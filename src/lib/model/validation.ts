/**
 * The published experiments, each declared once: which worlds it runs, what is measured in them, what was published
 * about it and where, and what is drawn. The page runs them in the browser, a test runs them in Node; both read the
 * same reading. Words are in `validation.<experiment>.…`.
 *
 * Only what was published is held against a run: numbers of the text or a caption with a tolerance of ours, ranges
 * that follow from a published formula, and orders that are stated in words. No curve is drawn that was not printed
 * as numbers.
 */
import type { Reading, ReadingRequest, VmSeriesPoint } from '#lib/sim/protocol';
import { nsToSeconds, pagesToMib, type Mebibytes } from '#lib/units';
import {
  agrees,
  boundsOf,
  difference,
  greatestRise,
  offLinePercent,
  spreadPercent,
  type Published,
} from './published';

export const EXPERIMENT_IDS = ['fig2', 'fig4', 'fig6', 'fig7', 'fig8', 'monitor'] as const;
export type ExperimentId = (typeof EXPERIMENT_IDS)[number];

export type ClaimUnit = 'MB' | 'percent' | 'points' | 'seconds' | 'rate';

/** `printed`: a number in the source. `derived`: from a published formula. `described`: an order, in words. */
export type Basis = 'printed' | 'derived' | 'described';

export type Point = [x: number, y: number];
export type Curves = Record<string, Point[]>;

/** What is kept of one finished world: small enough for a browser's session. */
export interface Digest {
  values: Record<string, number>;
  curves: Curves;
}

export interface Claim {
  id: string;
  unit: ClaimUnit;
  published: Published;
  basis: Basis;
  /** From the digests, in the order of the worlds; null where a world it needs has not run. */
  found(digests: readonly (Digest | null)[]): number | null;
}

/** A published value or range on a chart; from `x0` to `x1`, a point when they are equal. */
export interface PublishedMark {
  claim: string;
  x0: number;
  x1: number;
  /** Where one was printed. */
  value: number | null;
  low: number;
  high: number;
}

export interface Panel {
  id: string;
  x:
    | { kind: 'seconds'; until: number }
    | { kind: 'number'; ticks: readonly number[]; unit: 'VMs' | 'MB' }
    | { kind: 'category'; ids: readonly string[] };
  y: { unit: ClaimUnit; low: number; high: number };
  /** Curves of the experiment, in the order of the legend. */
  curves: readonly string[];
  marks: readonly PublishedMark[];
  /** Simulated seconds at which something was done, by its words. */
  moments?: readonly { seconds: number; id: string }[];
}

export interface Experiment {
  id: ExperimentId;
  /** As on the Model page. */
  source: string;
  /** Scenarios of the site, by id. */
  worlds: readonly string[];
  claims: readonly Claim[];
  panels: readonly Panel[];
  digest(reading: Reading, world: number): Digest;
  /** Curves over several worlds. Default: those of all of them, joined. */
  curves?(digests: readonly (Digest | null)[]): Curves;
}

export interface Finding extends Claim {
  value: number | null;
  difference: number | null;
  agrees: boolean | null;
}

export const findingsOf = (experiment: Experiment, digests: readonly (Digest | null)[]): Finding[] =>
  experiment.claims.map((claim) => {
    const value = claim.found(digests);
    return {
      ...claim,
      value,
      difference: value === null ? null : difference(claim.published, value),
      agrees: value === null ? null : agrees(claim.published, value),
    };
  });

export type Verdict = 'not-run' | 'partly' | 'agrees' | 'differs';

export function verdictOf(findings: readonly Finding[]): Verdict {
  const judged = findings.filter((finding) => finding.agrees !== null);
  if (judged.some((finding) => !finding.agrees)) return 'differs';
  if (judged.length === 0) return 'not-run';
  return judged.length === findings.length ? 'agrees' : 'partly';
}

export function curvesOf(experiment: Experiment, digests: readonly (Digest | null)[]): Curves {
  if (experiment.curves) return experiment.curves(digests);
  const joined: Curves = {};
  for (const digest of digests)
    for (const [id, points] of Object.entries(digest?.curves ?? {})) (joined[id] ??= []).push(...points);
  return joined;
}

/** Points of a world's history that are read; enough for a peak of a few seconds. */
const SERIES_POINTS = 1800;

/** What has to be read of a finished world. VMs are known by a first reading. */
export const requestFor = (first: Reading): ReadingRequest => ({
  series: { points: SERIES_POINTS },
  vmSeries: { vms: first.vms.map(({ vm }) => vm), points: SERIES_POINTS },
});

/* Readings of a reading. */

const CURVE_POINTS = 300;

const vmNamed = (reading: Reading, name: string) => reading.vms.find((vm) => vm.name === name);

const historyOf = (reading: Reading, name: string): readonly VmSeriesPoint[] => {
  const vm = vmNamed(reading, name)?.vm;
  return reading.vmSeries.find((series) => series.vm === vm)?.points ?? [];
};

interface Timed {
  timeNs: number;
}

const within = <P extends Timed>(points: readonly P[], from: number, to: number): P[] =>
  points.filter(({ timeNs }) => nsToSeconds(timeNs) >= from && nsToSeconds(timeNs) <= to);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

const meanMib = <P extends Timed>(
  points: readonly P[],
  of: (point: P) => number,
  from: number,
  to: number,
): Mebibytes => pagesToMib(mean(within(points, from, to).map(of)));

const peakMib = <P extends Timed>(
  points: readonly P[],
  of: (point: P) => number,
  from: number,
  to: number,
): Mebibytes => pagesToMib(within(points, from, to).reduce((most, point) => Math.max(most, of(point)), 0));

/** Operations a second between two moments. */
function rate(points: readonly VmSeriesPoint[], from: number, to: number): number {
  const window = within(points, from, to);
  const [first, last] = [window[0], window[window.length - 1]];
  if (!first || !last || first === last) return 0;
  return (last.workDone - first.workDone) / nsToSeconds(last.timeNs - first.timeNs);
}

/** A curve in MiB over seconds, thinned for keeping. */
function curve<P extends Timed>(points: readonly P[], of: (point: P) => number): Point[] {
  const stride = Math.max(1, Math.ceil(points.length / CURVE_POINTS));
  return points
    .filter((_, index) => index % stride === 0 || index === points.length - 1)
    .map((point) => [nsToSeconds(point.timeNs), Math.round(pagesToMib(of(point)) * 10) / 10]);
}

/** The value of that name in one world. */
const valueIn = (world: number, id: string) => (digests: readonly (Digest | null)[]) =>
  digests[world]?.values[id] ?? null;

const only = (id: string) => valueIn(0, id);

const markOf = (claim: Pick<Claim, 'id' | 'published'>, x0: number, x1 = x0): PublishedMark => {
  const [low, high] = boundsOf(claim.published);
  const value = 'value' in claim.published ? claim.published.value : null;
  return { claim: claim.id, x0, x1, value, low, high };
};

/** Marks for claims of the same unit, by id. */
const marksFor = (claims: readonly Claim[], places: Record<string, [x0: number, x1: number]>) =>
  claims.flatMap((claim) => {
    const place = places[claim.id];
    return place ? [markOf(claim, ...place)] : [];
  });

/* Figure 2: a VM with a balloon does nearly as well as a smaller one. */

const FIG2_SIZES = [128, 160, 192, 224, 256] as const;
/** After the balloon has its size and the file cache is warm. */
const FIG2_WINDOW = { from: 600, to: 1500 };

const fig2Of = (digests: readonly (Digest | null)[], index: number) => {
  const native = digests[index]?.values['rate'];
  const ballooned = digests[FIG2_SIZES.length + index]?.values['rate'];
  return native && ballooned !== undefined ? 100 * (1 - ballooned / native) : null;
};

const fig2Losses = (digests: readonly (Digest | null)[]) =>
  FIG2_SIZES.map((_, index) => fig2Of(digests, index));

const fig2Claims: Claim[] = [
  {
    id: 'loss128',
    unit: 'percent',
    published: { value: 4.4, tolerance: 2 },
    basis: 'printed',
    found: (digests) => fig2Of(digests, 0),
  },
  {
    id: 'loss224',
    unit: 'percent',
    published: { value: 1.4, tolerance: 2 },
    basis: 'printed',
    found: (digests) => fig2Of(digests, 3),
  },
  {
    id: 'rise',
    unit: 'points',
    published: { low: -Infinity, high: 0 },
    basis: 'described',
    found: (digests) => {
      const losses = fig2Losses(digests).filter((loss) => loss !== null);
      return losses.length === FIG2_SIZES.length ? greatestRise(losses) : null;
    },
  },
  {
    id: 'balloon128',
    unit: 'MB',
    published: { value: 128, tolerance: 2 },
    basis: 'printed',
    found: valueIn(FIG2_SIZES.length, 'balloon'),
  },
];

const fig2: Experiment = {
  id: 'fig2',
  source: '[OSDI] fig. 2',
  worlds: [
    ...FIG2_SIZES.map((mib) => `osdi02-fig2-native-${mib}`),
    ...FIG2_SIZES.map((mib) => `osdi02-fig2-${mib}`),
  ],
  claims: fig2Claims,
  panels: [
    {
      id: 'loss',
      x: { kind: 'number', ticks: FIG2_SIZES, unit: 'MB' },
      y: { unit: 'percent', low: 0, high: 8 },
      curves: ['loss'],
      marks: marksFor(fig2Claims, { loss128: [128, 128], loss224: [224, 224] }),
    },
    {
      id: 'rate',
      x: { kind: 'number', ticks: FIG2_SIZES, unit: 'MB' },
      y: { unit: 'rate', low: 0, high: 1 },
      curves: ['native', 'ballooned'],
      marks: [],
    },
  ],
  digest: (reading, world) => {
    const history = historyOf(reading, 'dbench');
    const operations = rate(history, FIG2_WINDOW.from, FIG2_WINDOW.to);
    const kind = world < FIG2_SIZES.length ? 'native' : 'ballooned';
    return {
      values: {
        rate: operations,
        balloon: meanMib(history, (point) => point.balloon, FIG2_WINDOW.from, FIG2_WINDOW.to),
      },
      curves: { [kind]: [[FIG2_SIZES[world % FIG2_SIZES.length], operations]] },
    };
  },
  curves: (digests) => {
    const of = (from: number, id: string) =>
      FIG2_SIZES.flatMap((_, index) => digests[from + index]?.curves[id] ?? []);
    return {
      loss: fig2Losses(digests).flatMap((loss, index): Point[] =>
        loss === null ? [] : [[FIG2_SIZES[index], loss]],
      ),
      native: of(0, 'native'),
      ballooned: of(FIG2_SIZES.length, 'ballooned'),
    };
  },
};

/* Figure 4: equal VMs share most of what they hold. The points for single n are in the graph only. */

export const FIG4_VM_MIB: Mebibytes = 40;
const FIG4_VMS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;

const fig4Points = (digests: readonly (Digest | null)[], from: number) =>
  FIG4_VMS.flatMap((vms, index) => {
    const values = digests[index]?.values;
    return values && vms >= from ? [{ vms, ...(values as { shared: number; reclaimed: number }) }] : [];
  });

const fig4Claims: Claim[] = [
  {
    id: 'reclaimedAlone',
    unit: 'MB',
    published: { value: 5, tolerance: 1.5 },
    basis: 'printed',
    found: only('reclaimed'),
  },
  {
    id: 'zeroAlone',
    unit: 'percent',
    published: { value: 55, tolerance: 10 },
    basis: 'printed',
    found: ([one]) => (one ? (100 * one.values['zero']) / one.values['reclaimed'] : null),
  },
  {
    id: 'sharedTen',
    unit: 'percent',
    published: { value: 67, tolerance: 3 },
    basis: 'printed',
    found: (digests) => percentOfTen(digests[9]?.values['shared']),
  },
  {
    id: 'reclaimedTen',
    unit: 'percent',
    published: { value: 60, tolerance: 3 },
    basis: 'printed',
    found: (digests) => percentOfTen(digests[9]?.values['reclaimed']),
  },
  {
    id: 'copies',
    unit: 'percent',
    published: { low: 0, high: 15 },
    basis: 'described',
    found: (digests) => {
      const points = fig4Points(digests, 3);
      return points.length === 8
        ? spreadPercent(points.map(({ shared, reclaimed }) => shared - reclaimed))
        : null;
    },
  },
  {
    id: 'linear',
    unit: 'percent',
    published: { low: 0, high: 3 },
    basis: 'described',
    found: (digests) => {
      const points = fig4Points(digests, 2);
      return points.length === 9
        ? offLinePercent(points.map(({ vms, reclaimed }) => [vms, reclaimed]))
        : null;
    },
  },
];

function percentOfTen(mib: Mebibytes | undefined): number | null {
  return mib === undefined ? null : (100 * mib) / (10 * FIG4_VM_MIB);
}

/** A claim in percent of all VM memory, as MiB on the chart. */
const percentMark = (id: string, vms: number): PublishedMark[] =>
  fig4Claims
    .filter((claim) => claim.id === id)
    .map((claim) => {
      const { value, low, high } = markOf(claim, vms);
      const mib = (percent: number) => (percent / 100) * vms * FIG4_VM_MIB;
      return {
        claim: id,
        x0: vms,
        x1: vms,
        value: value === null ? null : mib(value),
        low: mib(low),
        high: mib(high),
      };
    });

const fig4: Experiment = {
  id: 'fig4',
  source: '[OSDI] fig. 4',
  worlds: FIG4_VMS.map((vms) => `osdi02-fig4-n${vms}`),
  claims: fig4Claims,
  panels: [
    {
      id: 'sharing',
      x: { kind: 'number', ticks: FIG4_VMS, unit: 'VMs' },
      y: { unit: 'MB', low: 0, high: 300 },
      curves: ['shared', 'reclaimed', 'zero'],
      marks: [
        ...marksFor(fig4Claims, { reclaimedAlone: [1, 1] }),
        ...percentMark('sharedTen', 10),
        ...percentMark('reclaimedTen', 10),
      ],
    },
  ],
  digest: ({ host: { sharing } }, world) => {
    const values = {
      shared: pagesToMib(sharing.shared),
      reclaimed: pagesToMib(sharing.reclaimed),
      // All but the one copy that is kept.
      zero: pagesToMib(Math.max(0, sharing.zero - 1)),
    };
    const vms = FIG4_VMS[world];
    return {
      values,
      curves: Object.fromEntries(Object.entries(values).map(([id, mib]) => [id, [[vms, mib] as Point]])),
    };
  },
};

/* Figure 6: the estimate follows what is touched, up at once and down slowly. */

/** What the timeline of the scenario does: seconds, MiB touched. */
export const FIG6_STEPS: readonly (readonly [seconds: number, mib: Mebibytes])[] = [
  [600, 50],
  [900, 200],
  [1200, 50],
  [1500, 150],
  [1800, 50],
];
export const FIG6_EXIT_SECONDS = 2400;
const FIG6_STEP_SECONDS = 300;
const FIG6_END = 3000;
/** Mem.SamplePeriod of the time. */
const PERIOD_SECONDS = 30;

/** Background that the system adds to what the program touches, as printed: its middle. */
const FIG6_BACKGROUND_MIB: Mebibytes = 15;

/** Seconds until half of step `step` is in the estimate; the whole step when it never is. */
function halfWay(points: readonly VmSeriesPoint[], step: number): number {
  const [at, mib] = FIG6_STEPS[step];
  const before = FIG6_STEPS[step - 1][1];
  const half = (before + mib) / 2 + FIG6_BACKGROUND_MIB;
  const reached = within(points, at, at + FIG6_STEP_SECONDS - 1).find(
    (point) => Math.sign(mib - before) * (pagesToMib(point.active) - half) >= 0,
  );
  return reached ? nsToSeconds(reached.timeNs) - at : FIG6_STEP_SECONDS;
}

/** The steps that go up (1), or down (−1). */
const stepsOf = (direction: 1 | -1): number[] =>
  FIG6_STEPS.flatMap(([, mib], index) =>
    index > 0 && direction * (mib - FIG6_STEPS[index - 1][1]) > 0 ? [index] : [],
  );

/** Most that is seen in the first two periods after the toucher's end, over what was seen before it. */
const afterExit = (points: readonly VmSeriesPoint[]): Mebibytes =>
  peakMib(points, (point) => point.active, FIG6_EXIT_SECONDS, FIG6_EXIT_SECONDS + 2 * PERIOD_SECONDS) -
  meanMib(points, (point) => point.active, FIG6_EXIT_SECONDS - 120, FIG6_EXIT_SECONDS - 1);

const fig6Claims: Claim[] = [
  {
    id: 'rise',
    unit: 'seconds',
    published: { low: 0, high: PERIOD_SECONDS },
    basis: 'described',
    found: only('rise'),
  },
  {
    id: 'slower',
    unit: 'seconds',
    published: { low: 0, high: Infinity },
    basis: 'described',
    found: only('slower'),
  },
  {
    id: 'background',
    unit: 'MB',
    published: { low: 10, high: 20 },
    basis: 'printed',
    found: only('background'),
  },
  {
    id: 'spike2000',
    unit: 'MB',
    published: { low: 20, high: Infinity },
    basis: 'described',
    found: only('spike2000'),
  },
  {
    id: 'spikeNt4',
    unit: 'MB',
    published: { low: -Infinity, high: 20 },
    basis: 'described',
    found: only('spikeNt4'),
  },
];

const fig6: Experiment = {
  id: 'fig6',
  source: '[OSDI] fig. 6',
  worlds: ['osdi02-fig6'],
  claims: fig6Claims,
  panels: ['windows2000', 'nt4'].map((id) => ({
    id,
    x: { kind: 'seconds', until: FIG6_END },
    y: { unit: 'MB', low: 0, high: 260 },
    curves: id === 'nt4' ? ['touched', 'estimateNt4'] : ['touched', 'estimate', 'fast', 'slow'],
    marks: [],
    moments: [{ seconds: FIG6_EXIT_SECONDS, id: 'exit' }],
  })),
  digest: (reading) => {
    const windows = historyOf(reading, 'w2k-as');
    const nt4 = historyOf(reading, 'nt4');
    const touched: Point[] = [[0, 0]];
    for (const [seconds, mib] of [...FIG6_STEPS, [FIG6_EXIT_SECONDS, 0] as const])
      touched.push([seconds, touched[touched.length - 1][1]], [seconds, mib]);
    touched.push([FIG6_END, 0]);
    const rise = Math.max(...stepsOf(1).map((step) => halfWay(windows, step)));
    return {
      values: {
        rise,
        slower: Math.min(...stepsOf(-1).map((step) => halfWay(windows, step))) - rise,
        background: mean(
          FIG6_STEPS.map(
            ([at, mib]) =>
              meanMib(
                windows,
                (point) => point.fast,
                at + FIG6_STEP_SECONDS - 150,
                at + FIG6_STEP_SECONDS - 1,
              ) - mib,
          ),
        ),
        spike2000: afterExit(windows),
        spikeNt4: afterExit(nt4),
      },
      curves: {
        touched,
        estimate: curve(windows, (point) => point.active),
        fast: curve(windows, (point) => point.fast),
        slow: curve(windows, (point) => point.slow),
        estimateNt4: curve(nt4, (point) => point.active),
      },
    };
  },
};

/* Figure 7: the tax moves idle memory to who uses it. */

export const FIG7_SWITCH_SECONDS = 1800;
const FIG7_END = 4200;
/** What is measured of each phase: its last five minutes. */
const FIG7_WINDOW = 300;

const fig7Claims: Claim[] = [
  {
    id: 'idleBefore',
    unit: 'MB',
    published: { value: 179, tolerance: 3 },
    basis: 'printed',
    found: only('idleBefore'),
  },
  {
    id: 'busyBefore',
    unit: 'MB',
    published: { value: 179, tolerance: 3 },
    basis: 'printed',
    found: only('busyBefore'),
  },
  {
    id: 'idleAfter',
    unit: 'MB',
    published: { low: 100, high: 130 },
    basis: 'derived',
    found: only('idleAfter'),
  },
  {
    id: 'busyAfter',
    unit: 'MB',
    published: { low: 230, high: 256 },
    basis: 'derived',
    found: only('busyAfter'),
  },
  {
    id: 'gain',
    unit: 'percent',
    published: { low: 30, high: Infinity },
    basis: 'printed',
    found: only('gain'),
  },
];

const fig7: Experiment = {
  id: 'fig7',
  source: '[OSDI] fig. 7',
  worlds: ['osdi02-fig7'],
  claims: fig7Claims,
  panels: [
    {
      id: 'memory',
      x: { kind: 'seconds', until: FIG7_END },
      y: { unit: 'MB', low: 0, high: 260 },
      curves: ['busy', 'idle', 'idleActive'],
      marks: marksFor(fig7Claims, {
        idleBefore: [FIG7_SWITCH_SECONDS - FIG7_WINDOW, FIG7_SWITCH_SECONDS],
        idleAfter: [FIG7_END - FIG7_WINDOW, FIG7_END],
        busyAfter: [FIG7_END - FIG7_WINDOW, FIG7_END],
      }),
      moments: [{ seconds: FIG7_SWITCH_SECONDS, id: 'tax' }],
    },
  ],
  digest: (reading) => {
    const idle = historyOf(reading, 'w2k-idle');
    const busy = historyOf(reading, 'linux-dbench');
    const before = [FIG7_SWITCH_SECONDS - FIG7_WINDOW, FIG7_SWITCH_SECONDS - 1] as const;
    const after = [FIG7_END - FIG7_WINDOW, FIG7_END] as const;
    const allocated = (point: VmSeriesPoint) => point.allocated;
    return {
      values: {
        idleBefore: meanMib(idle, allocated, ...before),
        busyBefore: meanMib(busy, allocated, ...before),
        idleAfter: meanMib(idle, allocated, ...after),
        busyAfter: meanMib(busy, allocated, ...after),
        gain: 100 * (rate(busy, ...after) / Math.max(1, rate(busy, ...before)) - 1),
      },
      curves: {
        busy: curve(busy, allocated),
        idle: curve(idle, allocated),
        idleActive: curve(idle, (point) => point.active),
      },
    };
  },
};

/* Figure 8: five servers on a host that is a third too small. */

const FIG8_BOOT_END = 600;
const FIG8_LATER = 1800;
export const FIG8_QUERY_SECONDS = 3600;
const FIG8_END = 5400;

const fifth = (value: number): Published => ({ value, tolerance: value * 0.2 });

const fig8Claims: Claim[] = [
  { id: 'zeroBoot', unit: 'MB', published: fifth(325), basis: 'printed', found: only('zeroBoot') },
  { id: 'swappedPeak', unit: 'MB', published: fifth(35), basis: 'printed', found: only('swappedPeak') },
  {
    id: 'swappedLater',
    unit: 'MB',
    published: { low: 0, high: 20 },
    basis: 'printed',
    found: only('swappedLater'),
  },
  { id: 'allocatedPeak', unit: 'MB', published: fifth(1200), basis: 'printed', found: only('allocatedPeak') },
  { id: 'savedLater', unit: 'MB', published: fifth(200), basis: 'printed', found: only('savedLater') },
  { id: 'sqlIdle', unit: 'MB', published: fifth(160), basis: 'printed', found: only('sqlIdle') },
];

const fig8: Experiment = {
  id: 'fig8',
  source: '[OSDI] fig. 8',
  worlds: ['osdi02-fig8'],
  claims: fig8Claims,
  panels: [
    {
      id: 'all',
      x: { kind: 'seconds', until: FIG8_END },
      y: { unit: 'MB', low: 0, high: 1500 },
      curves: ['allocated', 'active', 'shared', 'balloon', 'swapped'],
      marks: marksFor(fig8Claims, {
        allocatedPeak: [0, FIG8_END],
        savedLater: [FIG8_LATER, FIG8_END],
        zeroBoot: [0, FIG8_BOOT_END],
      }),
      moments: [{ seconds: FIG8_QUERY_SECONDS, id: 'query' }],
    },
    {
      id: 'sql',
      x: { kind: 'seconds', until: FIG8_END },
      y: { unit: 'MB', low: 0, high: 340 },
      curves: ['sqlAllocated', 'sqlActive', 'sqlBalloon'],
      marks: marksFor(fig8Claims, { sqlIdle: [FIG8_LATER, FIG8_QUERY_SECONDS] }),
      moments: [{ seconds: FIG8_QUERY_SECONDS, id: 'query' }],
    },
  ],
  digest: (reading) => {
    const { series } = reading;
    const sql = historyOf(reading, 'sql-server');
    const all = reading.vms.map((vm) => historyOf(reading, vm.name));
    const active = series.map(({ timeNs }, index) => ({
      timeNs,
      active: all.reduce((sum, points) => sum + (points[index]?.active ?? 0), 0),
    }));
    return {
      values: {
        zeroBoot: peakMib(series, (point) => point.zero, 0, FIG8_BOOT_END),
        swappedPeak: peakMib(series, (point) => point.swapped, 0, FIG8_END),
        swappedLater: peakMib(series, (point) => point.swapped, FIG8_LATER, FIG8_END),
        allocatedPeak: peakMib(series, (point) => point.allocated, 0, FIG8_END),
        savedLater: meanMib(series, (point) => point.reclaimed, FIG8_LATER, FIG8_END),
        sqlIdle: meanMib(sql, (point) => point.allocated, FIG8_QUERY_SECONDS - 600, FIG8_QUERY_SECONDS - 1),
      },
      curves: {
        allocated: curve(series, (point) => point.allocated),
        active: curve(active, (point) => point.active),
        shared: curve(series, (point) => point.reclaimed),
        balloon: curve(series, (point) => point.ballooned),
        swapped: curve(series, (point) => point.swapped),
        sqlAllocated: curve(sql, (point) => point.allocated),
        sqlActive: curve(sql, (point) => point.active),
        sqlBalloon: curve(sql, (point) => point.balloon),
      },
    };
  },
};

/* The article's status monitor, of its WSUS server. */

const MONITOR_VM = 'stisrv5-w2k3srv-wus';
const MONITOR_END = 10_800;
/** What the monitor showed, MB; « recently used » moves with its samples, so the last half hour of it is averaged. */
const MONITOR_WINDOW = 1800;
const MONITOR_FIGURES = {
  allocated: 640,
  recentlyUsed: 97,
  shared: 144,
  overhead: 61,
  swapped: 0,
  balloon: 0,
} as const;
const MONITOR_TOLERANCE = 0.05;

const monitorClaims = Object.entries(MONITOR_FIGURES).map(([id, value]): Claim => ({
  id,
  unit: 'MB',
  published: { value, tolerance: value * MONITOR_TOLERANCE },
  basis: 'printed',
  found: only(id),
}));

const monitor: Experiment = {
  id: 'monitor',
  source: '[A]',
  worlds: ['article-monitor'],
  claims: monitorClaims,
  panels: [
    {
      id: 'figures',
      x: { kind: 'category', ids: Object.keys(MONITOR_FIGURES) },
      y: { unit: 'MB', low: 0, high: 700 },
      curves: ['ours'],
      marks: monitorClaims.map((claim, index) => markOf(claim, index)),
    },
  ],
  digest: (reading) => {
    const vm = vmNamed(reading, MONITOR_VM);
    const history = historyOf(reading, MONITOR_VM);
    const values: Record<keyof typeof MONITOR_FIGURES, number> = {
      allocated: pagesToMib(vm?.allocated ?? 0),
      recentlyUsed: meanMib(history, (point) => point.active, MONITOR_END - MONITOR_WINDOW, MONITOR_END),
      shared: pagesToMib(vm?.shared ?? 0),
      overhead: pagesToMib(vm?.overhead ?? 0),
      swapped: pagesToMib(vm?.swapped ?? 0),
      balloon: pagesToMib(vm?.balloon.size ?? 0),
    };
    return { values, curves: { ours: Object.values(values).map((mib, index): Point => [index, mib]) } };
  },
};

export const EXPERIMENTS: readonly Experiment[] = [fig2, fig4, fig6, fig7, fig8, monitor];
