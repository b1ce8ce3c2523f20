/**
 * The read model of lessons: what prose, tasks and guesses may speak of, each a number drawn from a reading.
 * Imports nothing at run time, so that the build can check names with it.
 */
import type { NetworkNode, NetworkReading } from '#lib/sim/network-protocol';
import type { Reading, ReadingRequest, VmReading } from '#lib/sim/protocol';
import type { MeasureUnit } from './lesson-types.ts';
import type { ModelMeasureName } from './model-measures.ts';
import type { ModelReading } from './model-types.ts';
import type { NETWORK_MEASURES, NODE_MEASURES } from './network-measures.ts';

export type LessonReading = Reading | ModelReading;

interface Measure {
  unit: MeasureUnit;
  of: (reading: Reading) => number;
}

const STATES: readonly string[] = ['high', 'soft', 'hard', 'low'];
const promised = (reading: Reading) => Math.max(1, reading.host.promised);
const on = (reading: Reading) => reading.vms.filter((vm) => vm.power !== 'off');

/** Units: memory in pages, fractions 0 … 1, times in nanoseconds, rates in pages a second. */
export const MEASURES = {
  time: { unit: 'time', of: (r) => r.timeNs },
  'vms.on': { unit: 'count', of: (r) => on(r).length },
  /** What the guests that are on believe they own. */
  'memory.promised': { unit: 'memory', of: (r) => on(r).reduce((sum, vm) => sum + vm.max, 0) },
  /** Machine memory behind guest pages. */
  'memory.used': { unit: 'memory', of: (r) => r.host.ledger.private + r.host.ledger.sharedCopies },
  'memory.allocated': { unit: 'memory', of: (r) => r.vms.reduce((sum, vm) => sum + vm.allocated, 0) },
  'ledger.free': { unit: 'memory', of: (r) => r.host.ledger.free },
  'ledger.private': { unit: 'memory', of: (r) => r.host.ledger.private },
  'ledger.overhead': { unit: 'memory', of: (r) => r.host.ledger.overhead },
  'sharing.shared': { unit: 'memory', of: (r) => r.host.sharing.shared },
  'sharing.sharedPages': { unit: 'count', of: (r) => r.host.sharing.shared },
  'sharing.reclaimed': { unit: 'memory', of: (r) => r.host.sharing.reclaimed },
  'sharing.reclaimedPages': { unit: 'count', of: (r) => r.host.sharing.reclaimed },
  'sharing.copies': { unit: 'memory', of: (r) => r.host.ledger.sharedCopies },
  'sharing.zero': { unit: 'memory', of: (r) => r.host.sharing.zero },
  'sharing.sharedFraction': { unit: 'fraction', of: (r) => r.host.sharing.shared / promised(r) },
  'sharing.reclaimedFraction': { unit: 'fraction', of: (r) => r.host.sharing.reclaimed / promised(r) },
  /** Of the memory reclaimed, the part that was pages of zeros (all but the one copy kept). */
  'sharing.zeroFraction': {
    unit: 'fraction',
    of: (r) => Math.max(0, r.host.sharing.zero - 1) / Math.max(1, r.host.sharing.reclaimed),
  },
  'sharing.hints': { unit: 'count', of: (r) => r.host.sharing.hints },
  'sharing.scanned': { unit: 'count', of: (r) => r.host.sharing.scanned },
  'sharing.falseMatches': { unit: 'count', of: (r) => r.host.sharing.falseMatches },
  'sharing.staleHints': { unit: 'count', of: (r) => r.host.sharing.staleHints },
  'sharing.copyOnWriteBreaks': { unit: 'count', of: (r) => r.host.sharing.copyOnWriteBreaks },
  'ledger.freeFraction': { unit: 'fraction', of: (r) => r.host.ledger.free / r.host.ledger.total },
  /** 0 high, 1 soft, 2 hard, 3 low. */
  'host.state': { unit: 'count', of: (r) => STATES.indexOf(r.host.state) },
  ballooned: { unit: 'memory', of: (r) => r.host.ballooned },
  'swap.used': { unit: 'memory', of: (r) => r.host.swap.used },
  'swap.out': { unit: 'memory', of: (r) => r.host.swap.out },
  'swap.in': { unit: 'memory', of: (r) => r.host.swap.in },
  'swap.sharedInstead': { unit: 'memory', of: (r) => r.host.swap.sharedBeforeSwap },
  'swap.doublePaged': { unit: 'count', of: (r) => r.host.swap.doublePaged },
  'option.idleTax': { unit: 'fraction', of: (r) => (r.options['idleTax'] ?? 0) / 100 },
  'option.shareScanVm': { unit: 'rate', of: (r) => r.options['shareScanVm'] ?? 0 },
  'option.shareScanTotal': { unit: 'rate', of: (r) => r.options['shareScanTotal'] ?? 0 },
  'option.shareHashBits': { unit: 'bits', of: (r) => r.options['shareHashBits'] ?? 0 },
} satisfies Record<string, Measure>;

const lostMs = ({ time }: VmReading) => time.lifeMs - time.ranMs;

/** Figures of one VM, as `vm.shared@linux-1`. */
const VM_MEASURES = {
  'vm.promised': { unit: 'memory', of: (vm) => vm.max },
  'vm.allocated': { unit: 'memory', of: (vm) => vm.allocated },
  'vm.private': { unit: 'memory', of: (vm) => vm.private },
  'vm.shared': { unit: 'memory', of: (vm) => vm.shared },
  'vm.zero': { unit: 'memory', of: (vm) => vm.zero },
  'vm.overhead': { unit: 'memory', of: (vm) => vm.overhead },
  'vm.min': { unit: 'memory', of: (vm) => vm.min },
  'vm.target': { unit: 'memory', of: (vm) => vm.target },
  'vm.active': { unit: 'memory', of: (vm) => vm.active.estimate },
  'vm.activeFraction': { unit: 'fraction', of: (vm) => vm.active.estimate / Math.max(1, vm.max) },
  'vm.sampleTouched': { unit: 'count', of: (vm) => vm.active.touched },
  'vm.samplePeriods': { unit: 'count', of: (vm) => vm.active.periods },
  'vm.balloon': { unit: 'memory', of: (vm) => vm.balloon.size },
  'vm.swapped': { unit: 'memory', of: (vm) => vm.swapped },
  'vm.swapIns': { unit: 'count', of: (vm) => vm.swapIns },
  'vm.pagedOut': { unit: 'memory', of: (vm) => vm.pagedOut },
  'vm.guestPageIns': { unit: 'count', of: (vm) => vm.guestPageIns },
  'vm.guestFree': { unit: 'memory', of: (vm) => vm.guestView.zeroed + vm.guestView.free },
  'vm.cache': { unit: 'memory', of: (vm) => vm.guestView.cache },
  'vm.tools': { unit: 'yes', of: (vm) => (vm.tools ? 1 : 0) },
  'vm.workDone': { unit: 'count', of: (vm) => vm.work.done },
  'vm.workFraction': { unit: 'fraction', of: (vm) => vm.work.done / Math.max(1, vm.work.wanted) },
  /** Waiting for disks and for memory, since power-on. */
  'vm.lost': { unit: 'time', of: (vm) => lostMs(vm) * 1e6 },
  'vm.lostFraction': { unit: 'fraction', of: (vm) => lostMs(vm) / Math.max(1, vm.time.lifeMs) },
  'vm.swapWait': { unit: 'time', of: (vm) => vm.time.swapInMs * 1e6 },
  'vm.uptime': { unit: 'time', of: (vm) => vm.time.lifeMs * 1e6 },
  'vm.phaseDone': {
    unit: 'fraction',
    of: (vm) => (vm.phase.durationMs === 0 ? 0 : vm.phase.doneMs / vm.phase.durationMs),
  },
  /** How many are over: the first has number 0. */
  'vm.phase': { unit: 'count', of: (vm) => vm.phase.index },
  /** Of the phase it is in, since power-on: it does not move while time goes on. */
  'vm.phaseBegan': { unit: 'time', of: (vm) => vm.phase.beganMs * 1e6 },
  'vm.sharedFraction': { unit: 'fraction', of: (vm) => vm.shared / Math.max(1, vm.max) },
} satisfies Record<string, { unit: MeasureUnit; of: (vm: VmReading) => number }>;

type VmMeasureName = keyof typeof VM_MEASURES;
export type MeasureName =
  | keyof typeof MEASURES
  | keyof typeof NETWORK_MEASURES
  | `${VmMeasureName | keyof typeof NODE_MEASURES}@${string}`
  | ModelMeasureName;

export interface NetworkMeasure {
  unit: MeasureUnit;
  of: (reading: NetworkReading) => number;
}
/** Of one machine; `detail`: what the name says after `#`. */
export interface NodeMeasure {
  unit: MeasureUnit;
  of: (reading: NetworkReading, node: NetworkNode, detail: string) => number;
}

let ofNetwork: Record<string, NetworkMeasure> = {};
let ofNodes: Record<string, NodeMeasure> = {};
/** Most lessons have no network: its measures come with those that have one. */
export function addNetworkMeasures(
  measures: Record<string, NetworkMeasure>,
  nodeMeasures: Record<string, NodeMeasure>,
): void {
  ofNetwork = measures;
  ofNodes = nodeMeasures;
}

let modelUnits: Record<string, MeasureUnit> = {};
/** A model gives its figures itself: only their names and units come here, with the lessons that have a model. */
export function addModelMeasures(units: Record<string, MeasureUnit>): void {
  modelUnits = units;
}

/** What must be asked for so that every measure is in a reading. */
export const MEASURED: ReadingRequest = { network: { sessions: true } };

const own = <T>(measures: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(measures, name) ? measures[name] : undefined;
const hostMeasure = (name: string) => own<Measure>(MEASURES, name);
const vmMeasure = (name: string) =>
  own<{ unit: MeasureUnit; of: (vm: VmReading) => number }>(VM_MEASURES, name);

/** "net.plugged@local-wxp#0 Local": what is measured, of which machine, and what is asked of it. */
export function partsOf(name: string): { what: string; machine: string | null; detail: string } {
  const [what = '', of] = name.split('@', 2);
  const [machine = null, detail = ''] = of?.split('#', 2) ?? [];
  return { what, machine, detail };
}

/** The VM or machine a measure speaks of; null: of the host. */
export const vmOfMeasure = (name: MeasureName): string | null => partsOf(name).machine;

const find = ({ what, machine }: ReturnType<typeof partsOf>) =>
  machine === null ? (hostMeasure(what) ?? own(ofNetwork, what)) : (vmMeasure(what) ?? own(ofNodes, what));

export const isMeasure = (name: string): name is MeasureName =>
  find(partsOf(name)) !== undefined || own(modelUnits, name) !== undefined;

export const measureUnit = (name: MeasureName): MeasureUnit =>
  find(partsOf(name))?.unit ?? own(modelUnits, name) ?? 'count';

/** The value of a measure in a reading, in the measure's unit; 0 for what is not there. */
export function measure(name: MeasureName, reading: LessonReading): number {
  if ('figures' in reading) return reading.figures[name] ?? 0;
  const { what, machine, detail } = partsOf(name);
  const { network } = reading;
  if (machine === null)
    return hostMeasure(what)?.of(reading) ?? (network && own(ofNetwork, what)?.of(network)) ?? 0;
  const vm = reading.vms.find((candidate) => candidate.name === machine);
  const node = network?.nodes.find((candidate) => candidate.name === machine);
  return (
    (vm && vmMeasure(what)?.of(vm)) ?? (network && node && own(ofNodes, what)?.of(network, node, detail)) ?? 0
  );
}
