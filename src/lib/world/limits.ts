/**
 * What an ESX 2.5 host accepts, as rules about a configuration: for forms, which say beforehand what the core
 * would answer. The core stays the judge. Sources are those of the Model page: [G21] and [G25] are the
 * Administration Guides of ESX Server 2.1 and 2.5 with their pages, [MUI] the management interface's help,
 * [OSDI] C. Waldspurger, OSDI 2002, [A] L. Kling, EPFL, 2006.
 */
import type { ReasonArgs, ReasonCode } from '#lib/sim/protocol';
import { PAGES_PER_MIB, type Mebibytes, type Pages } from '#lib/units';
import { GUEST_SYSTEMS } from './guests';
import { isName } from './names';
import type { Generation, HostSpec, Scenario, VmSpec } from './schema';
import type { OptionName } from './vocabulary';

/** A number somebody may set: its range, its step and where the range comes from. Words are in `lab.limit.<id>`. */
export interface Limit {
  min: number;
  max: number;
  step: number;
  unit:
    | 'MiB'
    | 'pages/s'
    | 'bits'
    | 'switch'
    | 'VMs'
    | 'vCPUs'
    | 's'
    | 'ms'
    | 'percent'
    | 'permille'
    | 'pages'
    | 'shares';
  source: string;
}

export const LIMITS = {
  hostMemory: { min: 512, max: 65_536, step: 256, unit: 'MiB', source: '[OSDI] n. 3 · [A]' },
  consoleMemory: { min: 192, max: 800, step: 8, unit: 'MiB', source: '[G25] 352 · [MUI]' },
  vmMemory: { min: 4, max: 3600, step: 4, unit: 'MiB', source: '[G21] 400' },
  vmCount: { min: 0, max: 80, step: 1, unit: 'VMs', source: '[G25]' },
  vcpus: { min: 1, max: 2, step: 1, unit: 'vCPUs', source: '[G21] 397 · [A]' },
  shares: { min: 0, max: 100_000, step: 100, unit: 'shares', source: '[G25] 336' },
  swap: { min: 0, max: 65_536, step: 256, unit: 'MiB', source: '[G21] 236' },
} as const satisfies Record<string, Limit>;

/** Kept by the vmkernel for itself. [G25] 352 */
export const VMKERNEL_MIB = 24;

/** The sizes the management interface offers for the service console, and how many virtual CPUs each is for. */
export const CONSOLE_CHOICES: readonly { mib: Mebibytes; forVcpus: number | null }[] = [
  { mib: 192, forVcpus: 8 },
  { mib: 272, forVcpus: 16 },
  { mib: 384, forVcpus: 32 },
  { mib: 512, forVcpus: null },
  { mib: 800, forVcpus: null },
];

/** Console sizes to avoid with PercRAID and MegaRAID controllers. [MUI] */
export const CONSOLE_TO_AVOID = { min: 241, max: 271 };

/** Live options: the name of the era where there is one, default, range. Order = order on the panel. */
export interface OptionRule extends Limit {
  name: OptionName;
  /** As in /proc/vmware/config; null where it is this model's own. */
  eraName: string | null;
  default: number;
}

export const OPTION_RULES: readonly OptionRule[] = [
  {
    name: 'shareEnabled',
    eraName: null,
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    unit: 'switch',
    source: '[OSDI] 4',
  },
  {
    name: 'shareScanVm',
    eraName: 'Mem.ShareScanVM',
    default: 50,
    min: 0,
    max: 1_000_000,
    step: 10,
    unit: 'pages/s',
    source: '[G25] 346',
  },
  {
    name: 'shareScanTotal',
    eraName: 'Mem.ShareScanTotal',
    default: 200,
    min: 0,
    max: 1_000_000,
    step: 10,
    unit: 'pages/s',
    source: '[G25] 346',
  },
  {
    name: 'shareHashBits',
    eraName: null,
    default: 64,
    min: 8,
    max: 64,
    step: 1,
    unit: 'bits',
    source: '[OSDI] n. 3',
  },
  {
    name: 'overheadBaseMib',
    eraName: null,
    default: 54,
    min: 0,
    max: 1024,
    step: 1,
    unit: 'MiB',
    source: '[G21] 397, 417',
  },
  {
    name: 'overheadVcpuMib',
    eraName: null,
    default: 10,
    min: 0,
    max: 1024,
    step: 1,
    unit: 'MiB',
    source: '[G21] 397, 417',
  },
  {
    name: 'overheadGibMib',
    eraName: null,
    default: 32,
    min: 0,
    max: 1024,
    step: 1,
    unit: 'MiB',
    source: '[G21] 417',
  },
  {
    name: 'idleTax',
    eraName: 'Mem.IdleTax',
    default: 75,
    min: 0,
    max: 99,
    step: 1,
    unit: 'percent',
    source: '[OSDI] 5.2 · [G25] 346',
  },
  {
    name: 'samplePeriod',
    eraName: 'Mem.SamplePeriod',
    default: 30,
    min: 1,
    max: 600,
    step: 1,
    unit: 's',
    source: '[OSDI] 5.3 · [G25] 346',
  },
  {
    name: 'balancePeriod',
    eraName: 'Mem.BalancePeriod',
    default: 15,
    min: 1,
    max: 600,
    step: 1,
    unit: 's',
    source: '[G25] 346',
  },
  {
    name: 'ctlMaxPercent',
    eraName: 'Mem.CtlMaxPercent',
    default: 50,
    min: 0,
    max: 100,
    step: 1,
    unit: 'percent',
    source: '[G25] 346',
  },
  {
    name: 'samplePages',
    eraName: null,
    default: 100,
    min: 1,
    max: 256,
    step: 1,
    unit: 'pages',
    source: '[OSDI] 5.3',
  },
  {
    name: 'sampleSlowGain',
    eraName: null,
    default: 12,
    min: 1,
    max: 100,
    step: 1,
    unit: 'percent',
    source: '—',
  },
  {
    name: 'sampleFastGain',
    eraName: null,
    default: 60,
    min: 1,
    max: 100,
    step: 1,
    unit: 'percent',
    source: '—',
  },
  {
    name: 'freeHigh',
    eraName: null,
    default: 60,
    min: 0,
    max: 500,
    step: 1,
    unit: 'permille',
    source: '[OSDI] 6.3',
  },
  {
    name: 'freeSoft',
    eraName: null,
    default: 40,
    min: 0,
    max: 500,
    step: 1,
    unit: 'permille',
    source: '[OSDI] 6.3',
  },
  {
    name: 'freeHard',
    eraName: null,
    default: 20,
    min: 0,
    max: 500,
    step: 1,
    unit: 'permille',
    source: '[OSDI] 6.3',
  },
  {
    name: 'freeLow',
    eraName: null,
    default: 10,
    min: 0,
    max: 500,
    step: 1,
    unit: 'permille',
    source: '[OSDI] 6.3',
  },
  {
    name: 'freeMargin',
    eraName: null,
    default: 5,
    min: 0,
    max: 100,
    step: 1,
    unit: 'permille',
    source: '—',
  },
  {
    name: 'swapOutRate',
    eraName: null,
    default: 5000,
    min: 1,
    max: 40_000,
    step: 100,
    unit: 'pages/s',
    source: '—',
  },
  {
    name: 'swapInMs',
    eraName: null,
    default: 8,
    min: 0,
    max: 1000,
    step: 1,
    unit: 'ms',
    source: '—',
  },
  {
    name: 'guestFaultMs',
    eraName: null,
    default: 8,
    min: 0,
    max: 1000,
    step: 1,
    unit: 'ms',
    source: '—',
  },
  {
    name: 'hotIoCopies',
    eraName: null,
    default: 16,
    min: 0,
    max: 1000,
    step: 1,
    unit: 'pages',
    source: '[OSDI] 7',
  },
  { name: 'traceTouches', eraName: null, default: 0, min: 0, max: 1, step: 1, unit: 'switch', source: '—' },
];

/**
 * What ESX Server 3.0 does otherwise: the period of sampling and the largest balloon (Resource Management Guide, table
 * B-2). Its page sharing is as in 2.5 here: when it changed is not documented.
 */
export const GENERATION_OPTIONS: Readonly<Record<Generation, Partial<Record<OptionName, number>>>> = {
  '2.5': {},
  '3.0': { samplePeriod: 60, ctlMaxPercent: 65 },
};

export const optionDefault = (name: OptionName, generation: Generation = '2.5'): number =>
  GENERATION_OPTIONS[generation][name] ?? OPTION_RULES.find((rule) => rule.name === name)?.default ?? 0;

/** Where the states begin, from much free memory to little: each is at most the one before (OSDI'02 section 6.3). */
export const THRESHOLDS = ['freeHigh', 'freeSoft', 'freeHard', 'freeLow'] as const satisfies OptionName[];

/**
 * What keeps a threshold in its order: the values (permille of memory) of its neighbours.
 * @returns null when the option is no threshold, or the value is between theirs
 */
export function outOfOrder(
  option: string,
  value: number,
  valueOf: (option: OptionName) => number,
): { min: number; max: number } | null {
  const at = (THRESHOLDS as readonly string[]).indexOf(option);
  if (at < 0) return null;
  const [above, below] = [THRESHOLDS[at - 1], THRESHOLDS[at + 1]];
  const min = below ? valueOf(below) : 0;
  const max = above ? valueOf(above) : 1000;
  return value < min || value > max ? { min, max } : null;
}

/** What the form says about a field: `error` would be refused, `warning` is allowed and unwise. */
export interface Finding {
  /** `memoryMib`, `vms[2].name` … */
  field: string;
  level: 'error' | 'warning';
  reason: ReasonCode;
  args: ReasonArgs;
}

const error = (field: string, reason: ReasonCode, args: ReasonArgs = {}): Finding => ({
  field,
  level: 'error',
  reason,
  args,
});
const warning = (field: string, reason: ReasonCode, args: ReasonArgs = {}): Finding => ({
  field,
  level: 'warning',
  reason,
  args,
});

type Overhead = Partial<Pick<HostSpec['options'], 'overheadBaseMib' | 'overheadVcpuMib' | 'overheadGibMib'>>;

/**
 * Memory the host keeps for a VM beside the VM's own: 54 MiB with one virtual CPU, 64 with two, and 32 MiB for each
 * GiB above 512 MiB, linear: 102 MiB for 2 GiB. [G21] 397, 417. Whole pages, as the core counts them.
 */
export function overheadPages(memoryMib: Mebibytes, vcpus: number, options: Overhead = {}): Pages {
  const base = options.overheadBaseMib ?? optionDefault('overheadBaseMib');
  const second = options.overheadVcpuMib ?? optionDefault('overheadVcpuMib');
  const perGib = options.overheadGibMib ?? optionDefault('overheadGibMib');
  const mib = base + (vcpus - 1) * second + (perGib * Math.max(0, memoryMib - 512)) / 1024;
  return Math.floor(mib * PAGES_PER_MIB);
}

export const overheadMib = (memoryMib: Mebibytes, vcpus: number, options: Overhead = {}): Mebibytes =>
  overheadPages(memoryMib, vcpus, options) / PAGES_PER_MIB;

/** Memory for VMs and their overhead: what the console and the vmkernel leave. [G25] 352 */
export const poolMib = (host: Pick<HostSpec, 'memoryMib' | 'consoleMib'>): Mebibytes =>
  host.memoryMib - VMKERNEL_MIB - host.consoleMib;

/** Shares of a VM that is given none: "normal", 10 for each MiB. [G25] 336 */
export const SHARES_PER_MIB = { low: 5, normal: 10, high: 20 } as const;
export const defaultShares = (memoryMib: Mebibytes): number =>
  Math.min(LIMITS.shares.max, memoryMib * SHARES_PER_MIB.normal);

/** Size of a host's swap file: as large as memory unless it says otherwise. [G21] 236 */
export const swapMib = (host: Pick<HostSpec, 'memoryMib' | 'swapMib'>): Mebibytes =>
  host.swapMib ?? host.memoryMib;

/** Half of the size is guaranteed by default; all of it where there is no swap file to fall back on. [G25] 336, [A] */
export const defaultMinMib = (memoryMib: Mebibytes, hostSwapMib: Mebibytes): Mebibytes =>
  hostSwapMib === 0 ? memoryMib : Math.floor(memoryMib / 2);

/** What admission counts: memory and swap that are not promised yet, in MiB. */
export interface Unreserved {
  memoryMib: Mebibytes;
  swapMib: Mebibytes;
}

/** What a VM asks for at power-on: min + overhead of memory, max − min of swap. OSDI'02 section 6.2, [G25] 336. */
export function demandOf(
  vm: Pick<VmSpec, 'memoryMib' | 'vcpus' | 'minMib'>,
  hostSwapMib: Mebibytes,
  options: Overhead = {},
): Unreserved {
  const wanted = vm.minMib ?? defaultMinMib(vm.memoryMib, hostSwapMib);
  const minMib = hostSwapMib === 0 ? vm.memoryMib : Math.min(wanted, vm.memoryMib);
  return {
    memoryMib: minMib + overheadMib(vm.memoryMib, vm.vcpus, options),
    swapMib: vm.memoryMib - minMib,
  };
}

export const admits = (free: Unreserved, demand: Unreserved): boolean =>
  demand.memoryMib <= free.memoryMib && demand.swapMib <= free.swapMib;

export function checkHost(host: Pick<HostSpec, 'name' | 'memoryMib' | 'consoleMib'>): Finding[] {
  const findings: Finding[] = [];
  if (!isName(host.name)) findings.push(error('name', 'name-invalid'));
  const memory = outside(LIMITS.hostMemory, host.memoryMib);
  const sizes = { memoryMib: host.memoryMib, consoleMib: host.consoleMib };
  if (memory < 0) findings.push(error('memoryMib', 'host-memory-too-small', sizes));
  if (memory > 0) findings.push(error('memoryMib', 'host-memory-too-large', sizes));
  const { min: minMib, max: maxMib } = LIMITS.consoleMemory;
  if (outside(LIMITS.consoleMemory, host.consoleMib) !== 0)
    findings.push(error('consoleMib', 'console-memory-out-of-range', { minMib, maxMib }));
  else if (host.consoleMib >= CONSOLE_TO_AVOID.min && host.consoleMib <= CONSOLE_TO_AVOID.max)
    findings.push(
      warning('consoleMib', 'console-memory-to-avoid', {
        minMib: CONSOLE_TO_AVOID.min,
        maxMib: CONSOLE_TO_AVOID.max,
      }),
    );
  return findings;
}

/** @param taken names of the host's other VMs. */
export function checkVm(
  vm: Pick<VmSpec, 'name' | 'memoryMib' | 'guest'> & Partial<Pick<VmSpec, 'minMib' | 'shares'>>,
  taken: Iterable<string>,
): Finding[] {
  const findings: Finding[] = [];
  if (!isName(vm.name)) findings.push(error('name', 'name-invalid', { vm: vm.name }));
  else if (new Set(taken).has(vm.name)) findings.push(error('name', 'name-taken', { vm: vm.name }));
  const { memoryMib } = vm;
  const { minMib } = GUEST_SYSTEMS[vm.guest];
  if (memoryMib < minMib)
    findings.push(error('memoryMib', 'guest-memory-too-small', { vm: vm.name, memoryMib, minMib }));
  else if (outside(LIMITS.vmMemory, memoryMib) !== 0)
    findings.push(
      error('memoryMib', 'vm-memory-out-of-range', { vm: vm.name, memoryMib, maxMib: LIMITS.vmMemory.max }),
    );
  const { minMib: guaranteedMib, shares } = vm;
  if (guaranteedMib !== undefined && !(guaranteedMib >= 0 && guaranteedMib <= memoryMib))
    findings.push(
      error('minMib', 'min-above-max', { vm: vm.name, minMib: guaranteedMib, maxMib: memoryMib }),
    );
  if (shares !== undefined && outside(LIMITS.shares, shares) !== 0)
    findings.push(
      error('shares', 'shares-out-of-range', { vm: vm.name, shares, maxShares: LIMITS.shares.max }),
    );
  return findings;
}

/** The whole configuration: also what fits together. VMs that will not all fit are a warning: they may take turns. */
export function checkScenario(scenario: Pick<Scenario, 'host' | 'vms'>): Finding[] {
  const { host, vms } = scenario;
  const findings = checkHost(host).map((finding) => ({ ...finding, field: `host.${finding.field}` }));
  if (vms.length > LIMITS.vmCount.max)
    findings.push(error('vms', 'no-free-vm-slot', { limit: LIMITS.vmCount.max }));
  const taken: string[] = [];
  const size = swapMib(host);
  const left = { memoryMib: poolMib(host), swapMib: size };
  vms.forEach((vm, index) => {
    for (const finding of checkVm(vm, taken))
      findings.push({ ...finding, field: `vms[${index}].${finding.field}` });
    taken.push(vm.name);
    if (vm.powerOnAtSeconds === null) return;
    const demand = demandOf(vm, size, host.options);
    if (admits(left, demand)) {
      left.memoryMib -= demand.memoryMib;
      left.swapMib -= demand.swapMib;
    } else if (demand.memoryMib > left.memoryMib)
      findings.push(
        warning(`vms[${index}].memoryMib`, 'not-enough-memory', {
          vm: vm.name,
          neededMib: demand.memoryMib,
          freeMib: Math.max(0, left.memoryMib),
        }),
      );
    else
      findings.push(
        warning(`vms[${index}].memoryMib`, 'not-enough-swap', {
          vm: vm.name,
          neededMib: demand.swapMib,
          freeMib: Math.max(0, left.swapMib),
        }),
      );
  });
  return findings;
}

/** −1 below, 1 above (or not a whole number), 0 inside. */
function outside(limit: Limit, value: number): -1 | 0 | 1 {
  if (value < limit.min) return -1;
  return value > limit.max || !Number.isInteger(value) ? 1 : 0;
}
