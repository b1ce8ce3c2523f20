/**
 * Guest systems and workloads as data: how much of a guest's memory holds what, and how fast that changes.
 * Nobody published such tables for the systems of 2006; these are fitted (2026) so that whole experiments come
 * out as published: the Linux one to OSDI'02 figure 4, the Windows ones to the sizes of the systems' own files and
 * to what the article's status monitor shared. The mechanisms know none of these numbers.
 */
import { Profile } from '#wasm/shared/guest-classes';
import { mibToPages, type Mebibytes } from '#lib/units';
import type { GuestId, VmSpec, WorkloadId } from './schema';

export interface GuestSystem {
  /** Smallest memory with which the system boots. */
  minMib: Mebibytes;
  kernelMib: Mebibytes;
  programMib: Mebibytes;
  cacheMib: Mebibytes;
  duplicateMib: Mebibytes;
  privateMib: Mebibytes;
  zeroedMib: Mebibytes;
  /** The file cache stops growing at this part of memory. */
  cacheLimit: number;
  bootSeconds: number;
  /** Windows 2000 and later clear all memory at boot; Linux touches a page when it needs it. */
  zeroesAllAtBoot: boolean;
}

export interface Workload {
  applicationMib: Mebibytes;
  /** VMs with this workload run the same program files. */
  sharedApplication: boolean;
  /** More unique data than the system's own. */
  privateMib: Mebibytes;
  zeroedMib: Mebibytes;
  /** Pages a second. */
  writesPerSecond: number;
  turnoverPerSecond: number;
  readsPerSecond: number;
  dirtiesPerSecond: number;
}

export const GUEST_SYSTEMS: Record<GuestId, GuestSystem> = {
  'linux-24': {
    minMib: 16,
    kernelMib: 2.75,
    programMib: 9.75,
    cacheMib: 6.5,
    duplicateMib: 2.25,
    privateMib: 7.25,
    zeroedMib: 1.5,
    cacheLimit: 0.6,
    bootSeconds: 40,
    zeroesAllAtBoot: false,
  },
  'windows-2000': {
    minMib: 64,
    kernelMib: 14,
    programMib: 34,
    cacheMib: 18,
    duplicateMib: 4,
    privateMib: 26,
    zeroedMib: 4,
    cacheLimit: 0.4,
    bootSeconds: 75,
    zeroesAllAtBoot: true,
  },
  'windows-2003': {
    minMib: 128,
    kernelMib: 20,
    programMib: 52,
    cacheMib: 30,
    duplicateMib: 6,
    privateMib: 42,
    zeroedMib: 4,
    cacheLimit: 0.4,
    bootSeconds: 90,
    zeroesAllAtBoot: true,
  },
};

export const WORKLOADS: Record<WorkloadId, Workload> = {
  idle: {
    applicationMib: 0,
    sharedApplication: false,
    privateMib: 0,
    zeroedMib: 0,
    writesPerSecond: 4,
    turnoverPerSecond: 0.2,
    readsPerSecond: 0.5,
    dirtiesPerSecond: 0.05,
  },
  spec95: {
    applicationMib: 5.75,
    sharedApplication: true,
    privateMib: 4.75,
    zeroedMib: 1.25,
    writesPerSecond: 200,
    turnoverPerSecond: 0.2,
    readsPerSecond: 0,
    dirtiesPerSecond: 0.1,
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

/** The numbers the core wants for this VM, by Profile column: pages, thousandths of a page a second, milliseconds. */
export function guestProfile(
  spec: VmSpec,
  systemImage: number,
  applicationImage: number,
): Map<Profile, number> {
  const system = GUEST_SYSTEMS[spec.guest];
  const work = WORKLOADS[spec.workload];
  const memoryPages = mibToPages(spec.memoryMib);
  const planMib =
    system.kernelMib +
    system.programMib +
    work.applicationMib +
    system.cacheMib +
    system.privateMib +
    work.privateMib +
    system.zeroedMib +
    work.zeroedMib;
  const scale = Math.min(1, (memoryPages * FILL) / mibToPages(planMib));
  const pages = (mib: Mebibytes) => Math.floor(mibToPages(mib) * scale);
  const rate = (perSecond: number) => Math.round(perSecond * 1000);
  return new Map([
    [Profile.systemImage, systemImage],
    [Profile.applicationImage, applicationImage],
    [Profile.kernelPages, pages(system.kernelMib)],
    [Profile.programPages, pages(system.programMib)],
    [Profile.applicationPages, pages(work.applicationMib)],
    [Profile.cachePages, pages(system.cacheMib)],
    [Profile.duplicatePages, pages(system.duplicateMib)],
    [Profile.privatePages, pages(system.privateMib + work.privateMib)],
    [Profile.zeroedPages, pages(system.zeroedMib + work.zeroedMib)],
    [Profile.bootMs, system.bootSeconds * 1000],
    [Profile.zeroesAllAtBoot, system.zeroesAllAtBoot ? 1 : 0],
    [Profile.writeRate, rate(work.writesPerSecond)],
    [Profile.turnoverRate, rate(work.turnoverPerSecond)],
    [Profile.readRate, rate(work.readsPerSecond)],
    [Profile.cacheLimitPages, Math.floor(memoryPages * system.cacheLimit)],
    [Profile.dirtyRate, rate(work.dirtiesPerSecond)],
  ]);
}
