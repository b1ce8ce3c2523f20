/**
 * Guest systems and workloads as data: how much of a guest's memory holds what, and how fast that changes.
 * Nobody published such tables for the systems of 2006; these are fitted (2026) so that whole experiments come
 * out as published: the Linux one to OSDI'02 figure 4, the Windows ones to the sizes of the systems' own files and
 * to what the article's status monitor shared. The mechanisms know none of these numbers.
 */
import { Profile } from '#wasm/shared/guest-classes';
import { mibToPages, type Mebibytes } from '#lib/units';
import type { VmSpec } from './schema';
import type { GuestId } from './vocabulary';
import { phaseNumbers, WORKLOADS, type WorkloadPhase } from './workloads';

export { WORKLOADS } from './workloads';

export interface GuestSystem {
  /** Smallest memory with which the system boots. */
  minMib: Mebibytes;
  kernelMib: Mebibytes;
  /** Tables that the kernel sizes by the memory it finds at boot, as a part of it. */
  kernelShare: number;
  programMib: Mebibytes;
  cacheMib: Mebibytes;
  duplicateMib: Mebibytes;
  privateMib: Mebibytes;
  zeroedMib: Mebibytes;
  /** The file cache stops growing at this part of memory. */
  cacheLimit: number;
  bootSeconds: number;
  /** Of the programs: what is in place when drivers like the balloon's are started, late in the boot, before what users run. */
  beforeDriversMib: Mebibytes;
  /** Pages a second that the zero-page thread clears when nothing else runs: at boot all memory; 0: there is none. */
  zeroedPagesPerSecond: number;
}

export const GUEST_SYSTEMS: Record<GuestId, GuestSystem> = {
  'linux-24': {
    minMib: 16,
    kernelMib: 2.75,
    kernelShare: 0.05,
    programMib: 9.75,
    cacheMib: 6.5,
    duplicateMib: 2.25,
    privateMib: 5.25,
    zeroedMib: 1.5,
    cacheLimit: 0.95,
    bootSeconds: 40,
    beforeDriversMib: 9.75,
    zeroedPagesPerSecond: 0,
  },
  'windows-nt4': {
    minMib: 32,
    kernelMib: 8,
    kernelShare: 0.01,
    programMib: 18,
    cacheMib: 10,
    duplicateMib: 2,
    privateMib: 12,
    zeroedMib: 2,
    cacheLimit: 0.5,
    bootSeconds: 60,
    // It clears a page when a process asks for one: no zero-page thread that runs ahead (OSDI'02 section 5.3).
    beforeDriversMib: 5,
    zeroedPagesPerSecond: 0,
  },
  'windows-2000': {
    minMib: 64,
    kernelMib: 14,
    kernelShare: 0.01,
    programMib: 34,
    cacheMib: 18,
    duplicateMib: 4,
    privateMib: 26,
    zeroedMib: 4,
    cacheLimit: 0.5,
    bootSeconds: 75,
    beforeDriversMib: 5.5,
    zeroedPagesPerSecond: 16_000,
  },
  'windows-xp': {
    minMib: 64,
    kernelMib: 16,
    kernelShare: 0.01,
    programMib: 44,
    cacheMib: 22,
    duplicateMib: 5,
    privateMib: 34,
    zeroedMib: 4,
    cacheLimit: 0.5,
    bootSeconds: 60,
    beforeDriversMib: 9,
    zeroedPagesPerSecond: 16_000,
  },
  'windows-2003': {
    minMib: 128,
    kernelMib: 20,
    kernelShare: 0.01,
    programMib: 52,
    cacheMib: 30,
    duplicateMib: 6,
    privateMib: 42,
    zeroedMib: 4,
    cacheLimit: 0.5,
    bootSeconds: 90,
    beforeDriversMib: 11,
    zeroedPagesPerSecond: 16_000,
  },
};

/** Part of a guest's memory that its boot may fill: what is planned beyond is scaled down to fit. */
const FILL = 0.995;

/** Files of a VM's system and of its application: VMs with equal words hold equal bytes. */
export function imagesOf(spec: VmSpec): { system: string; application: string } {
  const workload = WORKLOADS[spec.workload];
  return {
    system: `system:${spec.image ?? spec.guest}`,
    application: spec.application
      ? `application:${spec.application}`
      : workload.sharedApplication
        ? `workload:${spec.workload}`
        : `own:${spec.name}`,
  };
}

/** Guest reclaims its own below this part of its memory. */
const LOW_WATER = 1 / 128;

/** The numbers the core wants for this VM, by Profile column: pages, thousandths of a page a second, milliseconds. */
export function guestProfile(
  spec: VmSpec,
  systemImage: number,
  applicationImage: number,
): Map<Profile, number> {
  const system = GUEST_SYSTEMS[spec.guest];
  const work = WORKLOADS[spec.workload];
  const memoryPages = mibToPages(spec.memoryMib);
  const tablesMib = spec.memoryMib * system.kernelShare;
  const planMib =
    system.kernelMib +
    tablesMib +
    system.programMib +
    work.applicationMib +
    system.cacheMib +
    system.privateMib +
    work.privateMib +
    system.zeroedMib +
    work.zeroedMib;
  const scale = Math.min(1, (memoryPages * FILL) / mibToPages(planMib));
  const pages = (mib: Mebibytes) => Math.floor(mibToPages(mib) * scale);
  return new Map([
    [Profile.systemImage, systemImage],
    [Profile.applicationImage, applicationImage],
    [Profile.kernelPages, pages(system.kernelMib)],
    [Profile.tablePages, pages(tablesMib)],
    [Profile.programPages, pages(system.programMib)],
    [Profile.applicationPages, pages(work.applicationMib)],
    [Profile.cachePages, pages(system.cacheMib)],
    [Profile.duplicatePages, pages(system.duplicateMib)],
    [Profile.privatePages, pages(system.privateMib + work.privateMib)],
    [Profile.zeroedPages, pages(system.zeroedMib + work.zeroedMib)],
    [Profile.bootMs, system.bootSeconds * 1000],
    [Profile.driverSlot, pages(system.kernelMib) + pages(tablesMib) + pages(system.beforeDriversMib)],
    [Profile.cacheLimitPages, Math.floor(memoryPages * system.cacheLimit)],
    [Profile.lowWaterPages, Math.max(32, Math.floor(memoryPages * LOW_WATER))],
    [Profile.zeroRate, system.zeroedPagesPerSecond * 1000],
    ...unrest(spec),
  ]);
}

/** The columns of a profile that a workload may change while the guest runs. */
export function unrest(spec: VmSpec): [Profile, number][] {
  const work = WORKLOADS[spec.workload];
  const rate = (perSecond: number) => Math.round(perSecond * 1000);
  return [
    [Profile.writeRate, rate(work.writesPerSecond)],
    [Profile.turnoverRate, rate(work.turnoverPerSecond)],
    [Profile.dirtyRate, rate(work.dirtiesPerSecond)],
  ];
}

/** The phases of a VM's workload, sized by its clients and memory. At most 8 (wasm/shared/limits.ts). */
export function phasesOf(spec: VmSpec): WorkloadPhase[] {
  const work = WORKLOADS[spec.workload];
  return work.phases({
    clients: spec.clients ?? work.clients ?? 0,
    touchMib: spec.touchMib ?? work.touchMib ?? 0,
    memoryMib: spec.memoryMib,
  });
}

/** The same for the core: one Map of Phase columns a phase. */
export function phaseRows(spec: VmSpec) {
  const phases = phasesOf(spec);
  return phases.map((phase, index) => phaseNumbers(phase, index, phases.length));
}
