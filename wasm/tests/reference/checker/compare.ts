/** Holds a world of the core to the checker's: each difference in words, none when they agree. */
import { Core, Field, VmColumn } from '../../../../src/lib/core/core';
import { EventKind } from '../../../shared/events';
import { GuestClass } from '../../../shared/guest-classes';
import { EVENT_RING_RECORDS } from '../../../shared/limits';
import { PageState } from '../../../shared/page-class';
import type { Checker } from './checker';
import type { Use } from './machine';
import { sameBytes } from './page';

export interface Depth {
  /** Sequence number up to which the events have been compared already. */
  eventsFrom: number;
  /** One machine page of so many is compared byte by byte and by its hash. */
  everyPage: number;
}

/** At most 20 differences; the events of the core's ring are compared too. */
export function differences(core: Core, checker: Checker, depth: Depth): string[] {
  const found: string[] = [];
  const same = (what: string, ours: unknown, theirs: unknown) => {
    if (ours !== theirs && found.length < 20)
      found.push(`${what}: the core has ${String(ours)}, the checker ${String(theirs)}`);
  };
  compareCounts(core, checker, same);
  compareMachine(core, checker, same, depth.everyPage);
  for (const row of checker.rows.values()) {
    if (row.guest) compareGuest(core, checker, row.slot, same);
    else same(`VM ${row.slot}: pages allocated`, core.vm(row.slot, VmColumn.allocatedPages), 0);
  }
  compareEvents(core, checker, same, depth.eventsFrom);
  return found;
}

type Same = (what: string, ours: unknown, theirs: unknown) => void;

const STATES: Record<Use['kind'], PageState> = {
  console: PageState.reserved,
  vmkernel: PageState.reserved,
  overhead: PageState.reserved,
  private: PageState.privatePage,
  shared: PageState.shared,
};

function compareCounts(core: Core, checker: Checker, same: Same): void {
  const uses = new Map<Use['kind'], number>();
  for (const { use } of checker.machine.pages.values())
    if (use) uses.set(use.kind, (uses.get(use.kind) ?? 0) + 1);
  const shares = checker.table.shares;
  const sum = (count: (share: (typeof shares)[number]) => number) =>
    shares.reduce((total, share) => total + count(share), 0);
  const expected: Partial<Record<Field, number>> = {
    [Field.timeNs]: checker.timeNs,
    [Field.hostPages]: checker.machine.total,
    [Field.consolePages]: uses.get('console') ?? 0,
    [Field.vmkernelPages]: uses.get('vmkernel') ?? 0,
    [Field.overheadPages]: uses.get('overhead') ?? 0,
    [Field.privatePages]: uses.get('private') ?? 0,
    [Field.sharedCopies]: uses.get('shared') ?? 0,
    [Field.freePages]: checker.machine.free,
    [Field.sharedGuestPages]: sum((share) => share.mappers.size),
    [Field.sharedZeroPages]: sum((share) => (share.machine.isZero ? share.mappers.size : 0)),
    [Field.hints]: checker.table.hints,
    [Field.scanned]: checker.scanned,
    [Field.falseMatches]: checker.falseMatches,
    [Field.staleHints]: checker.staleHints,
    [Field.copyOnWriteBreaks]: checker.copyOnWriteBreaks,
    [Field.eventSequence]: checker.events.length,
    [Field.reservedPages]: checker.reserved,
  };
  for (const [field, value] of Object.entries(expected))
    same(Field[Number(field)]!, core.field(Number(field)), value);
  same('shares', uses.get('shared') ?? 0, shares.length);
}

function compareMachine(core: Core, checker: Checker, same: Same, everyPage: number): void {
  for (const { number, use, bytes, isZero, hash } of inUse(checker, everyPage)) {
    if (hash !== undefined) {
      same(`machine page ${number}: bytes`, sameBytes(core.bytes(number), bytes), true);
      same(`machine page ${number}: hash`, BigInt.asUintN(64, core.x.pageHash(number)), hash);
    }
    const cls = core.x.machineClass(number);
    const zero = use.kind === 'private' ? PageState.zero : PageState.sharedZero;
    const zeroCounts = isZero && (use.kind === 'private' || use.kind === 'shared');
    same(`machine page ${number}: state`, cls >> 8, zeroCounts ? zero : STATES[use.kind]);
    if (use.kind === 'shared') {
      same(`machine page ${number}: sharers`, core.x.sharers(number) >>> 0, use.share.mappers.size);
      same(`machine page ${number}: tint`, cls & 0xff, use.share.tint === 127 ? 251 : use.share.tint);
    } else same(`machine page ${number}: sharers`, core.x.sharers(number) >>> 0, 0);
  }
}

function* inUse(checker: Checker, everyPage: number) {
  for (const page of checker.machine.pages.values()) {
    if (!page.use) continue;
    const { number, use, bytes, isZero } = page;
    const filled = use.kind === 'private' || use.kind === 'shared';
    yield { number, use, bytes, isZero, hash: filled && number % everyPage === 0 ? page.hash : undefined };
  }
}

function compareGuest(core: Core, checker: Checker, slot: number, same: Same): void {
  const row = checker.rows.get(slot)!;
  const guest = row.guest!;
  let shared = 0;
  let zero = 0;
  for (let page = 0; page < row.pages; page++) {
    const mapped = guest.table.get(page);
    if (mapped?.share) shared++;
    if (mapped?.machine.isZero) zero++;
    const ours = core.backing(slot, page);
    if (ours !== (mapped?.machine.number ?? null))
      same(`VM ${slot} page ${page}: machine page`, ours, mapped?.machine.number ?? null);
    const cls = core.x.guestClass(slot, page);
    if (cls !== guest.useOf(page))
      same(`VM ${slot} page ${page}: used for`, GuestClass[cls], GuestClass[guest.useOf(page)]);
    const state = !mapped
      ? PageState.free
      : mapped.machine.isZero
        ? mapped.share
          ? PageState.sharedZero
          : PageState.zero
        : mapped.share
          ? PageState.shared
          : PageState.privatePage;
    if (core.x.guestPageClass(slot, page) >> 8 !== state)
      same(`VM ${slot} page ${page}: state`, core.x.guestPageClass(slot, page) >> 8, state);
  }
  same(`VM ${slot}: pages`, core.vm(slot, VmColumn.maxPages), row.pages);
  same(`VM ${slot}: allocated`, core.vm(slot, VmColumn.allocatedPages), guest.table.size);
  same(`VM ${slot}: shared`, core.vm(slot, VmColumn.sharedPages), shared);
  same(`VM ${slot}: zero`, core.vm(slot, VmColumn.zeroPages), zero);
  same(`VM ${slot}: overhead`, core.vm(slot, VmColumn.overheadPages), row.overhead.length);
  same(`VM ${slot}: power`, core.power(slot), guest.isBooting ? 'booting' : 'on');
}

/** The records that the ring still holds. */
function compareEvents(core: Core, checker: Checker, same: Same, from: number): void {
  const ring = new DataView(core.x.memory.buffer, core.x.ringPtr(), EVENT_RING_RECORDS * 32);
  const first = Math.max(from, checker.events.length - EVENT_RING_RECORDS);
  const to = Math.min(checker.events.length, core.field(Field.eventSequence));
  for (let i = first; i < to; i++) {
    const at = (i % EVENT_RING_RECORDS) * 32;
    const ours = [
      Number(ring.getBigUint64(at, true)),
      EventKind[ring.getUint16(at + 8, true)],
      ring.getUint16(at + 10, true),
      ring.getUint16(at + 12, true),
      ...[16, 20, 24, 28].map((offset) => ring.getUint32(at + offset, true)),
    ].join(' ');
    const { timeNs, kind, reason, vm, a, b, c, cause } = checker.events[i]!;
    const theirs = [timeNs, EventKind[kind], reason, vm, a, b, c, cause].join(' ');
    if (ours !== theirs) same(`event ${i + 1}`, ours, theirs);
  }
}
