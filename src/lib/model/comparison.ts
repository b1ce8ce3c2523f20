/**
 * Worlds that differ in one thing: what is compared, how a change makes another world of a run, which figures are held
 * side by side, and how a comparison travels in a link. Pure.
 *
 * A comparison is a run and one change for each further world. It travels as that run, with the changes in its `view`:
 * so a link of the lab opens here as it is, and a link of this page opens in the lab as the world without changes.
 */
import * as v from 'valibot';
import type { Reading, SeriesPoint, VmSeriesPoint } from '#lib/sim/protocol';
import { nsToSeconds, pagesToMib } from '#lib/units';
import {
  commandSchema,
  timedCommandSchema,
  type Command,
  type RunDocument,
  type Scenario,
  type TimedCommand,
  type VmSpec,
} from '#lib/world/schema';
import type { ChartPoint } from './chart';

export const CHANGE_KINDS = [
  'set-memory',
  'set-min',
  'set-shares',
  'set-tools',
  'set-all-tools',
  'set-workload',
  'set-option',
  'set-host-memory',
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** The host's memory is chosen before a world begins; all other changes are commands, or the same command to each VM. */
const hostMemorySchema = v.strictObject({
  kind: v.literal('set-host-memory'),
  memoryMib: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_048_576)),
});
const allToolsSchema = v.strictObject({ kind: v.literal('set-all-tools'), tools: v.boolean() });
/** What was done in a run since it parted from the other: each command at its own moment. */
const doneSchema = v.strictObject({
  kind: v.literal('done'),
  commands: v.pipe(v.array(timedCommandSchema), v.minLength(1)),
});
/** A change that is chosen here; the other kind was made in the lab. */
export type ChosenChange =
  | Extract<Command, { kind: ChangeKind }>
  | v.InferOutput<typeof hostMemorySchema>
  | v.InferOutput<typeof allToolsSchema>;
export type Change = ChosenChange | v.InferOutput<typeof doneSchema>;

const changeSchema = v.union([hostMemorySchema, allToolsSchema, doneSchema, commandSchema]);

/** Two changes at most: three worlds. */
export const MOST_CHANGES = 2;
/** Seconds that a comparison goes on for when its run is at its end. */
const GOES_ON_SECONDS = 1800;
const LEAST_SECONDS = 300;

export interface Comparison {
  /** World A, at the moment at which the worlds part. */
  run: RunDocument;
  changes: readonly Change[];
  measure: MeasureId;
  /** Name of the VM that the VM's measures are of. */
  vm: string;
}

/** How a world is made: a run to open, and commands to give at its moment. */
export interface Plan {
  run: RunDocument;
  commands: readonly Command[];
}

/** What lies after the moment is another future: it is not taken along. A run that is at its end goes on. */
export function trunkOf(run: RunDocument, scenario: Scenario): RunDocument {
  const commands = run.commands.filter(({ timeNs }) => timeNs <= run.t);
  const seconds = nsToSeconds(run.t);
  const trunk = { ...run, commands, view: {} };
  if (scenario.durationSeconds >= seconds + LEAST_SECONDS) return trunk;
  return { ...trunk, scenario: { ...scenario, durationSeconds: Math.ceil(seconds) + GOES_ON_SECONDS } };
}

/**
 * Runs of one world from where they part: what all of them did is the trunk, what each did after it is its change. One run
 * alone parts from itself without what was done in it. World A does nothing more; so a run that did no more than the trunk is
 * world A. Null when they are of different worlds or nothing was done.
 */
export function partedRuns(
  runs: readonly [RunDocument, ...RunDocument[]],
): Pick<Comparison, 'run' | 'changes'> | null {
  const [first, ...others] = runs;
  const text = (value: unknown) => JSON.stringify(value);
  if (others.some(({ scenario, seed }) => seed !== first.seed || text(scenario) !== text(first.scenario)))
    return null;
  const common =
    others.length === 0
      ? 0
      : lengthWhile(first.commands, (command, at) =>
          others.every(({ commands }) => text(commands[at]) === text(command)),
        );
  const tails = runs.map(({ commands }) => commands.slice(common)).filter((tail) => tail.length > 0);
  if (tails.length === 0) return null;
  const t = Math.min(...tails.map(([{ timeNs }]) => timeNs));
  return {
    run: { ...first, commands: first.commands.slice(0, common), t, view: {} },
    changes: tails.map((commands) => ({ kind: 'done', commands })),
  };
}

const lengthWhile = (
  commands: readonly TimedCommand[],
  holds: (command: TimedCommand, at: number) => boolean,
): number => {
  const end = commands.findIndex((command, at) => !holds(command, at));
  return end < 0 ? commands.length : end;
};

/** World A, or the one with that change. */
export function planOf(trunk: RunDocument, scenario: Scenario, change: Change | null): Plan {
  if (!change) return { run: trunk, commands: [] };
  if (change.kind === 'done')
    return { run: { ...trunk, commands: [...trunk.commands, ...change.commands] }, commands: [] };
  if (trunk.t === 0 && trunk.commands.length === 0)
    return { run: { ...trunk, scenario: changed(scenario, change) }, commands: [] };
  if (change.kind === 'set-host-memory') return { run: trunk, commands: [] };
  if (change.kind === 'set-all-tools') {
    const { tools } = change;
    const commands = vmsOf(trunk, scenario).map(({ name }) => ({
      kind: 'set-tools' as const,
      vm: name,
      tools,
    }));
    return { run: trunk, commands };
  }
  if (change.kind !== 'set-memory') return { run: trunk, commands: [change] };
  // The size of a VM changes while it is off.
  const { vm } = change;
  return { run: trunk, commands: [{ kind: 'power-off', vm }, change, { kind: 'power-on', vm }] };
}

function changed(scenario: Scenario, change: ChosenChange): Scenario {
  const { host } = scenario;
  switch (change.kind) {
    case 'set-host-memory':
      return { ...scenario, host: { ...host, memoryMib: change.memoryMib } };
    case 'set-option':
      return {
        ...scenario,
        host: { ...host, options: { ...host.options, [change.option]: change.value } },
      };
    case 'set-all-tools':
      return { ...scenario, vms: scenario.vms.map((vm) => ({ ...vm, tools: change.tools })) };
    default:
      return {
        ...scenario,
        vms: scenario.vms.map((vm) => (vm.name === change.vm ? changedVm(vm, change) : vm)),
      };
  }
}

function changedVm(vm: VmSpec, change: Extract<ChosenChange, { vm: string }>): VmSpec {
  switch (change.kind) {
    case 'set-memory': {
      const { memoryMib } = change;
      return { ...vm, memoryMib, ...(vm.minMib !== undefined && { minMib: Math.min(vm.minMib, memoryMib) }) };
    }
    case 'set-min':
      return { ...vm, minMib: change.minMib };
    case 'set-shares':
      return { ...vm, shares: change.shares };
    case 'set-tools':
      return { ...vm, tools: change.tools };
    case 'set-workload': {
      const { workload, clients, touchMib } = change;
      return { ...vm, workload, clients, touchMib };
    }
  }
}

/** The VMs that a run knows of at its moment, by name: those of its scenario and those its commands made. */
export function vmsOf(run: RunDocument, scenario: Scenario): VmSpec[] {
  const vms = new Map(scenario.vms.map((vm) => [vm.name, vm]));
  for (const { command } of run.commands) {
    if (command.kind === 'add-vm') vms.set(command.spec.name, command.spec);
    else if (command.kind === 'remove-vm') vms.delete(command.vm);
    else if (command.kind === 'clone-vm') {
      const source = vms.get(command.vm);
      if (source) vms.set(command.name, { ...source, name: command.name });
    }
  }
  return [...vms.values()];
}

/* Figures that are held side by side. */

type Unit = 'memory' | 'operations' | 'seconds';
interface HostMeasure {
  scope: 'host';
  unit: Unit;
  of: (point: SeriesPoint) => number;
}
interface VmMeasure {
  scope: 'vm';
  unit: Unit;
  of: (point: VmSeriesPoint) => number;
}

/** Memory in MiB. Words are in `compare.measure.<id>` and `compare.amount.<id>`. */
export const MEASURES = {
  free: { scope: 'host', unit: 'memory', of: (point) => pagesToMib(point.free) },
  allocated: { scope: 'host', unit: 'memory', of: (point) => pagesToMib(point.allocated) },
  shared: { scope: 'host', unit: 'memory', of: (point) => pagesToMib(point.shared) },
  reclaimed: { scope: 'host', unit: 'memory', of: (point) => pagesToMib(point.reclaimed) },
  ballooned: { scope: 'host', unit: 'memory', of: (point) => pagesToMib(point.ballooned) },
  swapped: { scope: 'host', unit: 'memory', of: (point) => pagesToMib(point.swapped) },
  vmAllocated: { scope: 'vm', unit: 'memory', of: (point) => pagesToMib(point.allocated) },
  vmActive: { scope: 'vm', unit: 'memory', of: (point) => pagesToMib(point.active) },
  vmTarget: { scope: 'vm', unit: 'memory', of: (point) => pagesToMib(point.target) },
  vmShared: { scope: 'vm', unit: 'memory', of: (point) => pagesToMib(point.shared) },
  vmBalloon: { scope: 'vm', unit: 'memory', of: (point) => pagesToMib(point.balloon) },
  vmSwapped: { scope: 'vm', unit: 'memory', of: (point) => pagesToMib(point.swapped) },
  vmWork: { scope: 'vm', unit: 'operations', of: (point) => point.workDone },
  vmLost: { scope: 'vm', unit: 'seconds', of: (point) => point.lostMs / 1000 },
} as const satisfies Record<string, HostMeasure | VmMeasure>;
export type MeasureId = keyof typeof MEASURES;
export const MEASURE_IDS = Object.keys(MEASURES) as MeasureId[];

const isMeasure = (word: unknown): word is MeasureId =>
  typeof word === 'string' && Object.hasOwn(MEASURES, word);

/** A figure of a world over time: at a second, in its own unit. Empty when the world has no such VM. */
export function curveOf(reading: Reading | null, id: MeasureId, vmName: string): ChartPoint[] {
  if (!reading) return [];
  const measure: HostMeasure | VmMeasure = MEASURES[id];
  if (measure.scope === 'host')
    return reading.series.map((point) => [nsToSeconds(point.timeNs), measure.of(point)]);
  const slot = reading.vms.find((vm) => vm.name === vmName)?.vm;
  const points = reading.vmSeries.find((series) => series.vm === slot)?.points ?? [];
  return points.map((point) => [nsToSeconds(point.timeNs), measure.of(point)]);
}

/** The last moment that all worlds have reached; null when one has none. */
export const commonSeconds = (readings: readonly (Reading | null)[]): number | null =>
  readings.some((reading) => !reading)
    ? null
    : Math.min(...readings.map((reading) => nsToSeconds(reading?.timeNs ?? 0)));

/** The value of a curve at a moment: its last point up to there. */
export const valueBefore = (curve: readonly ChartPoint[], seconds: number): number | null =>
  curve.findLast(([at]) => at <= seconds)?.[1] ?? null;

/* In a link. */

const LETTERS = ['b', 'c'] as const;

/** The run to put in a link: `view` holds the rest. */
export const runForLink = ({ run, changes, measure, vm }: Comparison): RunDocument => ({
  ...run,
  view: {
    ...Object.fromEntries(changes.map((change, index) => [LETTERS[index], JSON.stringify(change)])),
    measure,
    ...(vm && { vmName: vm }),
  },
});

/** What a link's run says; changes that are not understood are left out. */
export function comparisonOf(run: RunDocument, scenario: Scenario): Comparison {
  const changes = LETTERS.flatMap((letter): Change[] => {
    const change = readChange(run.view[letter]);
    return change ? [change] : [];
  });
  const vms = vmsOf(run, scenario);
  const { vmName, measure } = run.view;
  return {
    run: trunkOf(run, scenario),
    changes,
    measure: isMeasure(measure) ? measure : 'free',
    vm: vms.find(({ name }) => name === vmName)?.name ?? vms[0]?.name ?? '',
  };
}

function readChange(text: unknown): Change | null {
  if (typeof text !== 'string') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const read = v.safeParse(changeSchema, value);
  return read.success && isChange(read.output) ? read.output : null;
}

/** The change could have been chosen here. */
export const isChosen = (value: { kind: string }): value is ChosenChange =>
  (CHANGE_KINDS as readonly string[]).includes(value.kind);
const isChange = (value: { kind: string }): value is Change => value.kind === 'done' || isChosen(value);
