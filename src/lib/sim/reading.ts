/** What a run looks like now, as plain data: the host's and the VMs' figures, one page, two pages compared. */
import { OPTION_NUMBERS, guestClassCode, stateCode } from '#lib/core/codes';
import { Field, hex64, VmColumn, type Core } from '#lib/core/core';
import type { Pages } from '#lib/units';
import { GUEST_SYSTEMS } from '#lib/world/guests';
import { PAGE_BYTES } from '#wasm/shared/limits';
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
  };
}

function promisedPages(run: Run): Pages {
  let pages = 0;
  for (const vm of run.world.registry.vms.keys()) pages += run.world.core.vm(vm, VmColumn.maxPages);
  return pages;
}

export function readVms(run: Run): VmReading[] {
  const core = run.world.core;
  return [...run.world.registry.vms]
    .sort(([a], [b]) => a - b)
    .map(([vm, spec]) => {
      const power = core.power(vm);
      const allocated = core.vm(vm, VmColumn.allocatedPages);
      const shared = core.vm(vm, VmColumn.sharedPages);
      const bootMs = GUEST_SYSTEMS[spec.guest].bootSeconds * 1000;
      return {
        vm,
        name: spec.name,
        guest: spec.guest,
        workload: spec.workload,
        power,
        max: core.vm(vm, VmColumn.maxPages),
        allocated,
        private: allocated - shared,
        shared,
        zero: core.vm(vm, VmColumn.zeroPages),
        overhead: core.vm(vm, VmColumn.overheadPages),
        bootFraction: power === 'off' ? 0 : power === 'on' ? 1 : core.vm(vm, VmColumn.uptimeMs) / bootMs,
      };
    });
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
