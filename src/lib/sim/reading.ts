/** What a run looks like now, as plain data: the host's and the VMs' figures, one page, two pages compared. */
import { OPTION_NUMBERS, guestClassCode, stateCode } from '#lib/core/codes';
import { Field, hex64, VmColumn, type Core } from '#lib/core/core';
import type { GuestPage, VmId } from '#lib/ids';
import type { Pages } from '#lib/units';
import { GUEST_SYSTEMS, guestProfile, phasesOf, WORKLOADS } from '#lib/world/guests';
import { price } from '#lib/world/policy';
import type { VmSpec } from '#lib/world/schema';
import { Profile } from '#wasm/shared/guest-classes';
import { Option } from '#wasm/shared/options';
import { PAGE_BYTES } from '#wasm/shared/limits';
import { lostMs, readWaits } from './lost-time';
import type { HostReading, PageComparison, PageDetail, PageRef, VmReading } from './protocol';
import type { Run } from './run';

const MAX_OWNERS = 256;
const MAX_HISTORY = 64;
const NO_HASH = '';

export function readHost(run: Run, audit: boolean): HostReading {
  const core = run.world.core;
  const f = (field: Field) => core.field(field);
  const differences = audit ? core.x.audit() >>> 0 : 0;
  return {
    name: run.scenario.host.name,
    ledger: {
      total: f(Field.hostPages),
      console: f(Field.consolePages),
      vmkernel: f(Field.vmkernelPages),
      overhead: f(Field.overheadPages),
      private: f(Field.privatePages),
      sharedCopies: f(Field.sharedCopies),
      free: f(Field.freePages),
    },
    audit: audit ? { agrees: differences === 0, differences } : null,
    sharing: {
      shared: f(Field.sharedGuestPages),
      reclaimed: f(Field.sharedGuestPages) - f(Field.sharedCopies),
      zero: f(Field.sharedZeroPages),
      hints: f(Field.hints),
      scanned: f(Field.scanned),
      falseMatches: f(Field.falseMatches),
      staleHints: f(Field.staleHints),
      copyOnWriteBreaks: f(Field.copyOnWriteBreaks),
    },
    reserved: f(Field.reservedPages),
    promised: promisedPages(run),
    state: HOST_STATES[f(Field.hostState)] ?? 'high',
    thresholds: {
      high: permille(core, Option.freeHigh),
      soft: permille(core, Option.freeSoft),
      hard: permille(core, Option.freeHard),
      low: permille(core, Option.freeLow),
      margin: permille(core, Option.freeMargin),
    },
    swap: {
      size: f(Field.swapPages),
      used: f(Field.swapUsedPages),
      reserved: f(Field.swapReservedPages),
      out: f(Field.swappedOut),
      in: f(Field.swappedIn),
      sharedBeforeSwap: f(Field.sharedBeforeSwap),
      doublePaged: f(Field.doublePaged),
    },
    io: { bounceCopies: f(Field.bounceCopies), remapped: f(Field.pagesRemapped) },
    ballooned: f(Field.balloonPages),
  };
}

const HOST_STATES = ['high', 'soft', 'hard', 'low'] as const;

/** A threshold of free memory, in pages, as the core rounds it. */
const permille = (core: Core, which: Option): Pages =>
  Math.floor((core.field(Field.hostPages) * core.option(which)) / 1000);

function promisedPages(run: Run): Pages {
  let pages = 0;
  for (const vm of run.world.registry.vms.keys()) pages += run.world.core.vm(vm, VmColumn.maxPages);
  return pages;
}

export function readVms(run: Run): VmReading[] {
  return [...run.world.registry.vms].sort(([a], [b]) => a - b).map(([vm, spec]) => readVm(run, vm, spec));
}

function readVm(run: Run, vm: VmId, spec: VmSpec): VmReading {
  const core = run.world.core;
  const power = core.power(vm);
  const c = (column: VmColumn) => core.vm(vm, column);
  const [max, allocated, shared] = [
    c(VmColumn.maxPages),
    c(VmColumn.allocatedPages),
    c(VmColumn.sharedPages),
  ];
  const [balloon, swapped] = [c(VmColumn.balloonPages), c(VmColumn.swappedPages)];
  const bootMs = GUEST_SYSTEMS[spec.guest].bootSeconds * 1000;
  const fraction = (column: VmColumn) => Math.round((c(column) * max) / 65_536);
  const active = c(VmColumn.activePages);
  const kernel = Math.min(c(VmColumn.fixedPages), kernelPages(spec));
  return {
    vm,
    name: spec.name,
    guest: spec.guest,
    workload: spec.workload,
    power,
    max,
    allocated,
    private: allocated - shared,
    shared,
    zero: c(VmColumn.zeroPages),
    overhead: c(VmColumn.overheadPages),
    bootFraction: power === 'off' ? 0 : power === 'on' ? 1 : Math.min(1, c(VmColumn.bootMs) / bootMs),
    min: c(VmColumn.minPages),
    shares: c(VmColumn.shares),
    tools: c(VmColumn.tools) === 1,
    clients: spec.clients ?? WORKLOADS[spec.workload].clients ?? null,
    touchMib: spec.touchMib ?? WORKLOADS[spec.workload].touchMib ?? null,
    target: c(VmColumn.targetPages),
    rho: price(c(VmColumn.shares), allocated, active, core.option(Option.idleTax)),
    untouched: max - allocated - balloon - swapped,
    balloon: {
      size: balloon,
      target: c(VmColumn.balloonTarget),
      maximum: Math.floor((max * core.option(Option.ctlMaxPercent)) / 100),
      running: c(VmColumn.tools) === 1 && power === 'on',
      allocRate: c(VmColumn.balloonAllocRate),
    },
    swapped,
    blocked: c(VmColumn.blocked) === 1,
    active: {
      estimate: active,
      slow: fraction(VmColumn.sampleSlow),
      fast: fraction(VmColumn.sampleFast),
      sampled: power === 'off' ? 0 : core.option(Option.samplePages),
      touched: c(VmColumn.sampleTouched),
      periodMs: c(VmColumn.sampleMs),
      periods: c(VmColumn.samplePeriods),
    },
    guestView: {
      kernel,
      programs: c(VmColumn.fixedPages) - kernel,
      private: c(VmColumn.privatePages),
      zeroed: c(VmColumn.zeroedPages),
      free: power === 'off' ? max : c(VmColumn.freePages),
      ballooned: balloon,
      cache: c(VmColumn.cachePages),
    },
    pagedOut: c(VmColumn.pagedOutPages),
    guestPageOuts: c(VmColumn.guestPageOuts),
    guestPageIns: c(VmColumn.guestPageIns),
    swapIns: c(VmColumn.swapIns),
    swapOuts: c(VmColumn.swapOuts),
    copyOnWrites: c(VmColumn.copyOnWrites),
    cacheHits: c(VmColumn.cacheHits),
    cacheMisses: c(VmColumn.cacheMisses),
    work: { wanted: c(VmColumn.workWanted), done: c(VmColumn.workDone) },
    time: readTime(core, vm),
    phase: readPhase(core, vm, spec),
  };
}

/** Copying 4096 bytes and the fault around it, in microseconds (wasm/guest/time.ts). */
const COPY_US = 5;

function readTime(core: Core, vm: VmId): VmReading['time'] {
  const c = core.vmReader();
  const lifeMs = c(vm, VmColumn.lifeMs);
  return {
    lifeMs,
    ranMs: Math.max(0, lifeMs - lostMs(c, vm)),
    ...readWaits(c, vm),
    copyOnWriteMs: (c(vm, VmColumn.copyOnWrites) * COPY_US) / 1000,
  };
}

function readPhase(core: Core, vm: VmId, spec: VmSpec): VmReading['phase'] {
  const phases = phasesOf(spec);
  const index = Math.min(core.vm(vm, VmColumn.phase), phases.length - 1);
  const runsMs = core.field(Field.timeNs) / 1e6 - core.vm(vm, VmColumn.phaseStart) * 1000;
  return {
    index,
    count: phases.length,
    name: phases[index]?.name ?? '',
    doneMs: core.vm(vm, VmColumn.phaseMs),
    durationMs: (phases[index]?.seconds ?? 0) * 1000,
    beganMs: Math.max(0, core.vm(vm, VmColumn.lifeMs) - runsMs),
  };
}

/** Kernel and its tables: what a guest cannot give up. */
function kernelPages(spec: VmSpec): Pages {
  const profile = guestProfile(spec, 0, 0);
  return (profile.get(Profile.kernelPages) ?? 0) + (profile.get(Profile.tablePages) ?? 0);
}

/** Guest pages under sampling now; a touched one has lost its trap. */
export function readSamples(run: Run, vm: VmId): { page: GuestPage; touched: boolean }[] {
  const core = run.world.core;
  if (!run.world.registry.vms.has(vm) || core.power(vm) === 'off') return [];
  return core.samples(vm);
}

export const readOptions = (core: Core): Record<string, number> =>
  Object.fromEntries(Object.entries(OPTION_NUMBERS).map(([name, which]) => [name, core.option(which)]));

/** Machine page of a place, null when it has none or does not exist. */
export function machinePageOf(run: Run, ref: PageRef): number | null {
  const core = run.world.core;
  if (!Number.isInteger(ref.page) || ref.page < 0) return null;
  if (ref.vm === 0) return ref.page < core.field(Field.hostPages) ? ref.page : null;
  if (!run.world.registry.vms.has(ref.vm) || ref.page >= core.vm(ref.vm, VmColumn.maxPages)) return null;
  return core.backing(ref.vm, ref.page);
}

export function inspect(run: Run, ref: PageRef): PageDetail {
  const core = run.world.core;
  const machinePage = machinePageOf(run, ref);
  const cls = ref.vm === 0 ? core.x.machineClass(ref.page) : core.x.guestPageClass(ref.vm, ref.page);
  const owners = machinePage === null ? [] : core.owners(machinePage, MAX_OWNERS);
  const sharers = machinePage === null ? 0 : core.x.sharers(machinePage) >>> 0;
  // Console, vmkernel and overhead are the host's own; free pages hold nothing: no bytes to show.
  const filled = machinePage !== null && owners.length > 0;
  const guest = ref.vm === 0 ? owners[0] : ref;
  return {
    ref,
    machinePage,
    state: stateCode(cls >>> 8),
    guestClass: guest && filled ? guestClassCode(core.x.guestClass(guest.vm, guest.page)) : null,
    ownerCount: sharers || owners.length,
    owners: owners.map((owner) => ({ ...owner, name: run.world.registry.vms.get(owner.vm)?.name ?? '' })),
    contentKey: filled ? hex64(core.x.contentKey(machinePage)) : NO_HASH,
    bytes: filled ? core.bytes(machinePage) : null,
    hash: filled ? hex64(core.x.pageHash(machinePage)) : NO_HASH,
    frame: {
      kind: sharers ? 'shared' : hinted(run, ref, machinePage) ? 'hint' : 'none',
      references: sharers,
    },
    history: history(run, ref, machinePage),
  };
}

/** Events that name this guest page, or the machine page. */
function history(run: Run, ref: PageRef, machinePage: number | null) {
  return run.log.newest(run.log.drained, { count: MAX_HISTORY, kinds: PAGE_KINDS }, (event) =>
    ref.vm !== 0
      ? event.vm === ref.vm && event.a === ref.page
      : machinePage !== null &&
        (event.b === machinePage ||
          (event.c === machinePage && event.kind !== 'page-hinted' && event.kind !== 'hint-stale')),
  );
}

const PAGE_KINDS = new Set([
  'page-hinted',
  'page-shared',
  'hint-stale',
  'false-match',
  'page-copied',
  'shared-released',
  'page-touched',
  'page-swapped-out',
  'page-swapped-in',
  'page-double-paged',
]);

/** Whether the newest thing the scanner said of this page is a hint. The frame table has no way back from a page to its hint. */
function hinted(run: Run, ref: PageRef, machinePage: number | null): boolean {
  if (machinePage === null) return false;
  return history(run, ref, machinePage)[0]?.kind === 'page-hinted';
}

/** Two pages byte by byte; absent ones compare as nothing. */
export function compare(run: Run, a: PageRef, b: PageRef): PageComparison {
  const core = run.world.core;
  const pages = [machinePageOf(run, a), machinePageOf(run, b)] as const;
  if (pages[0] === null || pages[1] === null) return { equalBytes: 0, firstDifference: 0, hashes: ['', ''] };
  core.x.pageBytes(pages[0], 0);
  core.x.pageBytes(pages[1], 1);
  const equalBytes = core.x.equalByteCount();
  return {
    equalBytes,
    firstDifference: equalBytes === PAGE_BYTES ? -1 : core.x.firstDifference(),
    hashes: [hex64(core.x.pageHash(pages[0])), hex64(core.x.pageHash(pages[1]))],
  };
}
