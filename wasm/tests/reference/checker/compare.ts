/** Holds a world of the core to the checker's: each difference in words, none when they agree. */
import { Core, Field, VmColumn } from '../../../../src/lib/core/core';
import { VmPower } from '../../../shared/columns';
import { EventKind } from '../../../shared/events';
import { GuestClass } from '../../../shared/guest-classes';
import { EVENT_RING_RECORDS } from '../../../shared/limits';
import { OPTION_NUMBERS } from '../../../../src/lib/core/codes';
import { PageState } from '../../../shared/page-class';
import type { Checker } from './checker';
import type { Use } from './machine';
import { sameBytes } from './page';
import type { GuestPage, Vm } from './vm';

export interface Depth {
  /** Sequence number up to which the events have been compared already. */
  eventsFrom: number;
  /** One machine page of so many is compared byte by byte and by its hash. */
  everyPage: number;
}

type Same = (what: string, ours: unknown, theirs: unknown) => void;

/** At most 20 differences; the events of the core's ring are compared too. */
export function differences(core: Core, checker: Checker, depth: Depth): string[] {
  const found: string[] = [];
  const same: Same = (what, ours, theirs) => {
    if (ours !== theirs && found.length < 20)
      found.push(`${what}: the core has ${String(ours)}, the checker ${String(theirs)}`);
  };
  // Events first: the first one that differs says when and where it began.
  compareEvents(core, checker, same, depth.eventsFrom);
  compareCounts(core, checker, same);
  compareMachine(core, checker, same, depth.everyPage);
  for (const vm of checker.host.vms.values()) compareVm(core, vm, same);
  return found;
}

/** Fields that only say where the core keeps what: no other model has them. */
const INTERNAL_FIELDS = new Set([Field.poolEnd, Field.steps, Field.frameFreeHead, Field.framesEverUsed]);
/** Streams, salt, digest: 64 bits, compared by what is drawn and recorded. */
const WIDE_FIELDS = new Set([Field.salt, Field.scanRandom, Field.swapRandom, Field.eventDigest]);
const INTERNAL_COLUMNS = new Set([VmColumn.tablePtr]);

const STATES: Record<Use['kind'], PageState> = {
  console: PageState.reserved,
  vmkernel: PageState.reserved,
  overhead: PageState.reserved,
  private: PageState.privatePage,
  shared: PageState.shared,
};

function compareCounts(core: Core, checker: Checker, same: Same): void {
  const { memory, host, policy } = checker;
  const uses = new Map<Use['kind'], number>();
  for (const { use } of memory.machine.pages.values())
    if (use) uses.set(use.kind, (uses.get(use.kind) ?? 0) + 1);
  const { shares, hints } = memory.table;
  const sum = (count: (share: (typeof shares)[number]) => number) =>
    shares.reduce((total, share) => total + count(share), 0);
  const slots = [...host.vms.keys()];
  const expected: Partial<Record<Field, number>> = {
    [Field.timeNs]: checker.timeNs,
    [Field.seed]: checker.seed,
    [Field.hostPages]: memory.machine.total,
    [Field.consolePages]: uses.get('console') ?? 0,
    [Field.vmkernelPages]: uses.get('vmkernel') ?? 0,
    [Field.overheadPages]: uses.get('overhead') ?? 0,
    [Field.privatePages]: uses.get('private') ?? 0,
    [Field.sharedCopies]: uses.get('shared') ?? 0,
    [Field.freePages]: memory.machine.free,
    [Field.sharedGuestPages]: sum((share) => share.mappers.size),
    [Field.sharedZeroPages]: sum((share) => (share.machine.isZero ? share.mappers.size : 0)),
    [Field.hints]: hints,
    [Field.scanned]: memory.scanned,
    [Field.falseMatches]: memory.falseMatches,
    [Field.staleHints]: memory.staleHints,
    [Field.copyOnWriteBreaks]: memory.copyOnWriteBreaks,
    [Field.eventSequence]: host.events.length,
    [Field.reservedPages]: checker.reserved,
    [Field.freeHead]: memory.machine.head,
    [Field.neverUsed]: memory.machine.pages.size,
    [Field.contentSerial]: memory.serial,
    [Field.scanVm]: memory.scannedSlot,
    [Field.scanArmed]: Number(checker.awaits('scan')),
    [Field.runningVms]: host.running.length,
    [Field.topVm]: Math.max(0, ...slots),
    [Field.swapPages]: memory.swap.size,
    [Field.swapReservedPages]: checker.reservedSwap,
    [Field.swapUsedPages]: memory.swap.used.size,
    [Field.swapFreeHead]: memory.swap.head,
    [Field.swapNeverUsed]: memory.swap.everUsed,
    [Field.hostState]: policy.stateNumber,
    [Field.swapArmed]: Number(checker.awaits('round')),
    [Field.policyCause]: memory.policyCause,
    [Field.swappedOut]: memory.swappedOut,
    [Field.swappedIn]: memory.swappedIn,
    [Field.sharedBeforeSwap]: memory.sharedBeforeSwap,
    [Field.doublePaged]: memory.doublePaged,
    [Field.bounceCopies]: memory.bounceCopies,
    [Field.pagesRemapped]: memory.pagesRemapped,
    [Field.balloonPages]: host.running.reduce((pages, vm) => pages + vm.balloonSize, 0),
    [Field.stateCause]: checker.policy.stateCause,
    [Field.tickArmed]: Number(checker.awaits('second')),
  };
  for (let field: Field = 0; field < Field.count; field++) {
    if (INTERNAL_FIELDS.has(field) || WIDE_FIELDS.has(field)) continue;
    same(Field[field]!, core.field(field), expected[field] ?? 'nothing: the checker does not know it');
  }
  same('shares', uses.get('shared') ?? 0, shares.length);
  for (const [name, value] of host.options) same(name, core.option(OPTION_NUMBERS[name] ?? 0), value);
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
  for (const page of checker.memory.machine.pages.values()) {
    if (!page.use) continue;
    const { number, use, bytes, isZero } = page;
    const filled = use.kind === 'private' || use.kind === 'shared';
    yield { number, use, bytes, isZero, hash: filled && number % everyPage === 0 ? page.hash : undefined };
  }
}

function stateOf({ machine, share, slot, ballooned }: GuestPage): PageState {
  if (ballooned) return PageState.ballooned;
  if (slot) return PageState.swapped;
  if (!machine) return PageState.free;
  if (machine.isZero) return share ? PageState.sharedZero : PageState.zero;
  return share ? PageState.shared : PageState.privatePage;
}

function compareVm(core: Core, vm: Vm, same: Same): void {
  const { slot } = vm;
  let [zero, swapped] = [0, 0];
  for (const page of vm.pages) {
    const name = `VM ${slot} page ${page.number}`;
    if (page.machine?.isZero) zero++;
    if (page.slot) swapped++;
    const ours = core.backing(slot, page.number);
    if (ours !== (page.machine?.number ?? null))
      same(`${name}: machine page`, ours, page.machine?.number ?? null);
    const use = core.x.guestClass(slot, page.number);
    if (use !== page.use) same(`${name}: used for`, GuestClass[use], GuestClass[page.use]);
    const state = core.x.guestPageClass(slot, page.number) >> 8;
    if (state !== stateOf(page)) same(`${name}: state`, PageState[state], PageState[stateOf(page)]);
  }
  const expected = columnsOf(vm, zero, swapped);
  for (let column: VmColumn = 0; column < VmColumn.count; column++) {
    if (INTERNAL_COLUMNS.has(column)) continue;
    // What is not about configuration is nothing while it is off.
    const theirs = expected[column] ?? (vm.isOn ? 'nothing: the checker does not know it' : 0);
    if (column === VmColumn.scatterKey && !vm.isOn) continue;
    same(`VM ${slot}: ${VmColumn[column]}`, core.vm(slot, column), theirs);
  }
  if (!vm.life) return;
  const samples = core.samples(slot).map(({ page, touched }) => `${page} ${touched}`);
  const theirs = vm.life.sampled.map(({ number, trapped }) => `${number} ${!trapped}`);
  same(`VM ${slot}: samples`, samples.join(), theirs.join());
}

function columnsOf(vm: Vm, zero: number, swapped: number): Partial<Record<VmColumn, number>> {
  const configured: Partial<Record<VmColumn, number>> = {
    [VmColumn.power]: vm.life ? (vm.life.isBooting ? VmPower.booting : VmPower.on) : VmPower.off,
    [VmColumn.maxPages]: vm.size,
    [VmColumn.vcpus]: vm.spec.vcpus,
    [VmColumn.minPages]: vm.minPages,
    [VmColumn.shares]: vm.shares,
    [VmColumn.tools]: Number(vm.tools),
  };
  const { life } = vm;
  if (!life) return configured;
  const debt = (what: string) => life.debts.get(what) ?? 0;
  const { lists, lost } = life;
  return {
    ...configured,
    [VmColumn.overheadPages]: vm.overhead.length,
    [VmColumn.overheadTarget]: vm.overheadTarget,
    [VmColumn.givenPages]: vm.given,
    [VmColumn.allocatedPages]: vm.pages.filter(({ machine }) => machine).length,
    [VmColumn.sharedPages]: vm.pages.filter(({ share }) => share).length,
    [VmColumn.zeroPages]: zero,
    [VmColumn.scatterKey]: life.scatterKey,
    [VmColumn.bootCursor]: life.loaded,
    [VmColumn.bootMs]: life.bootMs,
    [VmColumn.readCursor]: life.readCursor,
    [VmColumn.writeDebt]: debt('writes'),
    [VmColumn.turnoverDebt]: debt('turnover'),
    [VmColumn.dirtyDebt]: debt('dirt'),
    [VmColumn.touchDebt]: debt('touches'),
    [VmColumn.coldDebt]: debt('cold'),
    [VmColumn.readDebt]: debt('reads'),
    [VmColumn.programDebt]: debt('programs'),
    [VmColumn.growDebt]: debt('growth'),
    [VmColumn.fixedPages]: lists.fixed.length,
    [VmColumn.privatePages]: lists.data.length,
    [VmColumn.zeroedPages]: lists.cleared.length,
    [VmColumn.freePages]: lists.free.length,
    [VmColumn.balloonPages]: vm.pages.filter(({ ballooned }) => ballooned).length,
    [VmColumn.cachePages]: lists.cache.length,
    [VmColumn.pagedOutPages]: life.pageFile.length,
    [VmColumn.touchCursor]: life.touchCursor,
    [VmColumn.programCursor]: life.programCursor,
    [VmColumn.targetPages]: vm.target,
    [VmColumn.balloonTarget]: vm.balloonTarget,
    [VmColumn.balloonAllocRate]: vm.allocRate,
    [VmColumn.balloonFreeRate]: vm.freeRate,
    [VmColumn.balloonSlow]: vm.slowSeconds,
    [VmColumn.swappedPages]: swapped,
    [VmColumn.blocked]: Number(vm.blocked),
    [VmColumn.sampleTouched]: life.sampleTouched,
    [VmColumn.sampleMs]: life.sampleMs,
    [VmColumn.samplePeriods]: life.periods,
    [VmColumn.sampleSlow]: life.slowAverage,
    [VmColumn.sampleFast]: life.fastAverage,
    [VmColumn.activePages]: life.active,
    [VmColumn.stallMs]: life.stallMs,
    [VmColumn.lifeMs]: life.ms,
    [VmColumn.blockedMs]: lost.blocked,
    [VmColumn.guestFaultMs]: lost.guestFault,
    [VmColumn.swapInMs]: lost.swapIn,
    [VmColumn.reclaimMs]: lost.reclaim,
    [VmColumn.fileReadMs]: lost.fileRead,
    [VmColumn.owedUs]: life.owedUs,
    [VmColumn.workWanted]: life.wanted,
    [VmColumn.workDone]: life.done,
    [VmColumn.guestPageOuts]: life.pageOuts,
    [VmColumn.guestPageIns]: life.pageIns,
    [VmColumn.swapIns]: life.swapIns,
    [VmColumn.swapOuts]: life.swapOuts,
    [VmColumn.copyOnWrites]: life.copies,
    [VmColumn.cacheHits]: life.hits,
    [VmColumn.cacheMisses]: life.misses,
    [VmColumn.phase]: life.phase,
    [VmColumn.phaseMs]: life.phaseMs,
    [VmColumn.phaseStart]: life.phaseStart,
    [VmColumn.reclaimedNow]: life.reclaimedNow,
  };
}

/** The records that the ring still holds. */
function compareEvents(core: Core, checker: Checker, same: Same, from: number): void {
  const ring = new DataView(core.x.memory.buffer, core.x.ringPtr(), EVENT_RING_RECORDS * 32);
  const { events } = checker.host;
  const last = core.field(Field.eventSequence);
  const first = Math.max(from, last - EVENT_RING_RECORDS, events.length - EVENT_RING_RECORDS);
  for (let i = first; i < Math.min(events.length, last); i++) {
    const at = (i % EVENT_RING_RECORDS) * 32;
    const ours = [
      Number(ring.getBigUint64(at, true)),
      EventKind[ring.getUint16(at + 8, true)],
      ring.getUint16(at + 10, true),
      ring.getUint16(at + 12, true),
      ...[16, 20, 24, 28].map((offset) => ring.getUint32(at + offset, true)),
    ].join(' ');
    const { timeNs, kind, reason, vm, a, b, c, cause } = events[i]!;
    const theirs = [timeNs, EventKind[kind], reason, vm, a, b, c, cause].join(' ');
    if (ours !== theirs) same(`event ${i + 1}`, ours, theirs);
  }
}
