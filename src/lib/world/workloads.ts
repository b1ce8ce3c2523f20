/**
 * Workloads as data: phases, each with the memory it holds, what of it is hot, and what it asks for a second.
 * A touch is one page; the host samples pages for 30 s, so `n` touches a second in a sweep are seen as about 30 n active
 * pages. Sizes and rates are this project's (nobody published any for 2006), fitted where an experiment was published:
 * `spec95` to OSDI'02 figure 4, `dbench` to figure 2, `toucher` to figure 6, the servers to figure 8, `wsus-serve` to the
 * status monitor of [A].
 */
import { mibToPages, type Mebibytes } from '#lib/units';
import { Phase } from '#wasm/shared/guest-classes';
import type { WorkloadId } from './vocabulary';

export interface WorkloadPhase {
  name: string;
  /** Seconds of work when nothing disturbs it; 0: for ever. */
  seconds?: number;
  /** Own data beside the system's, and how fast it is filled. */
  privateMib?: Mebibytes;
  growMibPerSecond?: number;
  /** Part of it that is swept over, again and again. */
  hotMib?: Mebibytes;
  touchesPerSecond?: number;
  /** Touches in a random place of all its data. */
  coldTouchesPerSecond?: number;
  /** Part of the touches that write. */
  writeShare?: number;
  /** Files that are read at random; 0: in sequence, each block once. */
  readMib?: Mebibytes;
  readsPerSecond?: number;
  /** Waiting for a block that is not in the cache. */
  readMs?: number;
  /** Sweep over the system's kernel and programs. */
  programTouchesPerSecond?: number;
  /** Processor time of one operation; with 0.1 ms a guest cannot do more than 10,000 a second. */
  operationMs?: number;
  /** An installer's check of the memory it finds. */
  needsMib?: Mebibytes;
  /** Index of the phase that follows; default: the next one, and the last repeats. */
  next?: number;
}

export interface Workload {
  applicationMib: Mebibytes;
  /** VMs with this workload run the same program files. */
  sharedApplication: boolean;
  /** Data and cleared pages beside the system's own at the end of the boot. */
  privateMib: Mebibytes;
  zeroedMib: Mebibytes;
  /** The guest's unrest beside its phases: writes to its data, pages given back and taken, image pages written. */
  writesPerSecond: number;
  turnoverPerSecond: number;
  dirtiesPerSecond: number;
  phases(size: { clients: number; touchMib: Mebibytes; memoryMib: Mebibytes }): WorkloadPhase[];
  /** Default number of clients, where it has any. */
  clients?: number;
  touchMib?: Mebibytes;
}

const UNREST = { writesPerSecond: 4, turnoverPerSecond: 0.2, dirtiesPerSecond: 0.05 };
const NOTHING = { applicationMib: 0, sharedApplication: false, privateMib: 0, zeroedMib: 0, ...UNREST };
const QUIET: WorkloadPhase = {
  name: 'idle',
  programTouchesPerSecond: 90,
  coldTouchesPerSecond: 8,
  writeShare: 0.2,
  readMib: 40,
  readsPerSecond: 0.5,
};

/** The recommended memory of WSUS 2.0, which its installer asks for. [A] */
const WSUS_NEEDS_MIB = 1024;

const wsusServe = (clients: number): WorkloadPhase => ({
  name: 'serve',
  privateMib: 120 + clients * 0.05,
  growMibPerSecond: 4,
  hotMib: 25 + clients * 0.048,
  touchesPerSecond: 120 + clients * 0.53,
  coldTouchesPerSecond: clients * 0.03,
  writeShare: 0.15,
  readMib: 60 + clients * 0.222,
  readsPerSecond: clients * 0.06,
  readMs: 6,
  programTouchesPerSecond: 150,
  operationMs: 0.4,
});

const wsusSynchronise: WorkloadPhase = {
  name: 'synchronise',
  privateMib: 330,
  growMibPerSecond: 3,
  hotMib: 250,
  touchesPerSecond: 1600,
  coldTouchesPerSecond: 40,
  writeShare: 0.3,
  readMib: 90,
  readsPerSecond: 40,
  readMs: 6,
  programTouchesPerSecond: 100,
  operationMs: 0.3,
};

export const WORKLOADS: Record<WorkloadId, Workload> = {
  idle: { ...NOTHING, phases: () => [QUIET] },
  'boot-only': {
    ...NOTHING,
    writesPerSecond: 0,
    turnoverPerSecond: 0,
    dirtiesPerSecond: 0,
    phases: () => [{ name: 'nothing' }],
  },
  'file-server': {
    ...NOTHING,
    clients: 50,
    phases: ({ clients }) => [
      {
        ...QUIET,
        name: 'serve',
        privateMib: 16 + clients * 0.1,
        growMibPerSecond: 1,
        hotMib: 8,
        touchesPerSecond: 40 + clients,
        readMib: 2048,
        readsPerSecond: clients * 0.4,
        readMs: 6,
        operationMs: 0.3,
      },
    ],
  },
  'wsus-install': {
    ...NOTHING,
    applicationMib: 18,
    phases: ({ clients }) => [
      {
        name: 'install',
        seconds: 600,
        needsMib: WSUS_NEEDS_MIB,
        privateMib: 180,
        growMibPerSecond: 1,
        hotMib: 60,
        touchesPerSecond: 500,
        writeShare: 0.3,
        readsPerSecond: 60,
        readMs: 1,
        programTouchesPerSecond: 120,
        operationMs: 0.4,
      },
      { ...wsusServe(clients), name: 'serve' },
    ],
  },
  'wsus-synchronise': {
    ...NOTHING,
    applicationMib: 18,
    clients: 900,
    phases: ({ clients }) => [{ ...wsusSynchronise, seconds: 1200 }, wsusServe(clients)],
  },
  'wsus-serve': {
    ...NOTHING,
    applicationMib: 18,
    clients: 900,
    phases: ({ clients }) => [wsusServe(clients)],
  },
  'wsus-patch-day': {
    ...NOTHING,
    applicationMib: 18,
    clients: 900,
    phases: ({ clients }) => [
      { ...wsusServe(clients), name: 'serve', seconds: 300 },
      { ...wsusSynchronise, seconds: 1200 },
      {
        ...wsusServe(clients),
        name: 'report',
        seconds: 1200,
        privateMib: 150 + clients * 0.22,
        hotMib: 60 + clients * 0.16,
        touchesPerSecond: 300 + clients * 1.2,
        readsPerSecond: clients * 0.22,
        readMs: 8,
        readMib: 70 + clients * 0.03,
        operationMs: 0.35,
      },
      wsusServe(clients),
    ],
  },
  'sql-idle': {
    ...NOTHING,
    applicationMib: 24,
    phases: () => [
      {
        ...QUIET,
        name: 'idle',
        privateMib: 60,
        growMibPerSecond: 2,
        hotMib: 12,
        touchesPerSecond: 60,
        coldTouchesPerSecond: 4,
      },
    ],
  },
  'sql-query': {
    ...NOTHING,
    applicationMib: 24,
    phases: ({ memoryMib }) => [
      {
        ...QUIET,
        name: 'query',
        privateMib: Math.max(120, memoryMib * 0.6),
        growMibPerSecond: 0.5,
        hotMib: Math.max(110, memoryMib * 0.55),
        touchesPerSecond: 2500,
        writeShare: 0.1,
        readsPerSecond: 100,
        readMib: 1024,
        readMs: 2,
        operationMs: 0.2,
      },
    ],
  },
  exchange: {
    ...NOTHING,
    applicationMib: 30,
    clients: 100,
    phases: ({ clients }) => [
      {
        ...QUIET,
        name: 'serve',
        privateMib: 50 + clients * 0.3,
        growMibPerSecond: 1,
        hotMib: 24 + clients * 0.12,
        touchesPerSecond: 200 + clients * 2,
        coldTouchesPerSecond: 10,
        writeShare: 0.25,
        readMib: 400,
        readsPerSecond: clients * 0.1,
        readMs: 6,
        operationMs: 0.4,
      },
    ],
  },
  'terminal-server': {
    ...NOTHING,
    applicationMib: 36,
    clients: 20,
    phases: ({ clients }) => [
      {
        ...QUIET,
        name: 'serve',
        privateMib: 20 + clients * 7,
        growMibPerSecond: 0.4,
        hotMib: 10 + clients * 4,
        touchesPerSecond: clients * 45,
        coldTouchesPerSecond: clients,
        writeShare: 0.3,
        readMib: 120,
        readsPerSecond: 4,
        readMs: 6,
        operationMs: 0.3,
      },
    ],
  },
  dbench: {
    ...NOTHING,
    phases: () => [
      {
        name: 'run',
        privateMib: 12,
        growMibPerSecond: 4,
        hotMib: 8,
        touchesPerSecond: 200,
        writeShare: 0.4,
        readMib: 230,
        readsPerSecond: 100_000,
        readMs: 1.2,
        programTouchesPerSecond: 100,
        operationMs: 0.2,
      },
    ],
  },
  spec95: {
    ...NOTHING,
    applicationMib: 5.75,
    sharedApplication: true,
    privateMib: 4.75,
    zeroedMib: 1.25,
    writesPerSecond: 200,
    dirtiesPerSecond: 0.1,
    phases: () => [{ name: 'run', programTouchesPerSecond: 200, touchesPerSecond: 100, hotMib: 12 }],
  },
  toucher: {
    ...NOTHING,
    touchMib: 50,
    phases: ({ touchMib, memoryMib }) => [
      {
        name: 'touch',
        // Its region is larger than what it touches of it: what it gives back at its end is more than was active.
        privateMib: Math.max(touchMib, memoryMib * 0.6),
        growMibPerSecond: 20,
        hotMib: touchMib,
        touchesPerSecond: 6000,
        writeShare: 0.5,
        programTouchesPerSecond: 100,
        coldTouchesPerSecond: 4,
        operationMs: 0.05,
      },
    ],
  },
  ris: {
    ...NOTHING,
    clients: 4,
    phases: ({ clients }) => [
      {
        ...QUIET,
        name: 'deploy',
        privateMib: 24,
        growMibPerSecond: 1,
        readMib: 0,
        readsPerSecond: clients * 60,
        readMs: 1,
        operationMs: 0.2,
      },
    ],
  },
  backup: {
    ...NOTHING,
    phases: () => [
      {
        ...QUIET,
        name: 'backup',
        seconds: 1800,
        readMib: 0,
        readsPerSecond: 400,
        readMs: 1,
        operationMs: 0.2,
      },
      QUIET,
    ],
  },
};

/** A phase as the core wants it, by column: pages, thousandths of an operation a second, ms, µs. */
export function phaseNumbers(phase: WorkloadPhase, index: number, count: number): Map<Phase, number> {
  const rate = (perSecond = 0) => Math.round(perSecond * 1000);
  const pages = (mib: Mebibytes = 0) => mibToPages(mib);
  return new Map([
    [Phase.durationMs, Math.round((phase.seconds ?? 0) * 1000)],
    [Phase.privatePages, pages(phase.privateMib)],
    [Phase.growRate, rate((phase.growMibPerSecond ?? 1) * 256)],
    [Phase.hotPages, pages(phase.hotMib)],
    [Phase.touchRate, rate(phase.touchesPerSecond)],
    [Phase.coldRate, rate(phase.coldTouchesPerSecond)],
    [Phase.writePermille, Math.round((phase.writeShare ?? 0) * 1000)],
    [Phase.readPages, pages(phase.readMib)],
    [Phase.readRate, rate(phase.readsPerSecond)],
    [Phase.readUs, Math.round((phase.readMs ?? 8) * 1000)],
    [Phase.programRate, rate(phase.programTouchesPerSecond)],
    [Phase.operationUs, Math.round((phase.operationMs ?? 0.1) * 1000)],
    [Phase.needsPages, pages(phase.needsMib)],
    [Phase.next, phase.next ?? Math.min(index + 1, count - 1)],
  ]);
}
