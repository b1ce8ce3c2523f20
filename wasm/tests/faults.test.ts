/**
 * Would the tests notice? Faults are planted in the core's source, one at a time, in memory; each mutant is compiled and
 * must be caught by the check that is named, one of those that judge the true core: the second model, promises, the
 * recount of the ledger, targets solved again, going back in time, refusals that change nothing.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { Field, VmColumn } from '../../src/lib/core/core';
import { World } from '../../src/lib/sim/world';
import type { Command, Scenario, TimedCommand, VmSpec } from '../../src/lib/world/schema';
import type { OptionName } from '../../src/lib/world/vocabulary';
import { EventKind } from '../shared/events';
import { Checker } from './reference/checker/checker';
import { differences } from './reference/checker/compare';
import { compileMutant, type Mutation } from './mutant';
import { Watch } from './watch';
import { advanceTo, fastClock, fingerprint, liveFast, loadsNothing, openRun, runTo, SECOND } from './worlds';

interface Fault extends Mutation {
  /** Which check must notice. */
  by: keyof typeof PROBES;
}

/** Sharing and machine memory. */
const OF_SHARING: Fault[] = [
  {
    name: 'a new share counts one sharer too few',
    file: 'memory/frames.ts',
    from: '((<u64>2) << 24) | KIND_SHARED',
    to: '((<u64>1) << 24) | KIND_SHARED',
    by: 'the second model, sharing',
  },
  {
    name: 'a page given back is lost',
    file: 'memory/machine.ts',
    from: 'set(Field.freeHead, <u64>page + 1);',
    to: '',
    by: 'the second model, sharing',
  },
  {
    name: 'a page is given back twice',
    file: 'memory/sharing.ts',
    from: '  release(machinePage);\n  record(EventKind.pageShared',
    to: '  release(machinePage);\n  release(machinePage);\n  record(EventKind.pageShared',
    by: 'promises under pressure',
  },
  {
    name: 'a hint is believed without hashing its page again',
    file: 'memory/sharing.ts',
    from: 'backing(word) != Backing.privatePage || comparedHash(kept) != hash',
    to: 'backing(word) != Backing.privatePage',
    by: 'the second model, sharing',
  },
  {
    name: 'bytes are not compared when hashes are short',
    file: 'memory/sharing.ts',
    from: 'const kept = sharedMachinePage(frame);\n  if (!sameBytes(machinePage, kept)) {',
    to: 'const kept = sharedMachinePage(frame);\n  if (option(Option.shareHashBits) == 64 && !sameBytes(machinePage, kept)) {',
    by: 'the second model, sharing',
  },
  {
    name: 'a cleared page is not counted as zeros',
    file: 'memory/guest-pages.ts',
    from: 'else if (before != 0 && id == 0) vmAdd(vm, VmColumn.zeroPages, 1);',
    to: '',
    by: 'the second model, sharing',
  },
  {
    name: 'the scanner never leaves the first VM',
    file: 'memory/sharing.ts',
    from: '  set(Field.scanVm, vm);',
    to: '',
    by: 'the second model, sharing',
  },
  {
    name: 'one chunk of the state is taken for unchanged',
    file: 'host-abi.ts',
    from: '      xxh3(arena.statePtr + at, <u32>min<usize>(65_536, bytes - at)),',
    to: '      n == 0 ? 7 : xxh3(arena.statePtr + at, <u32>min<usize>(65_536, bytes - at)),',
    by: 'going back in time',
  },
  {
    name: 'a guest writes to a shared page as if it were its own',
    file: 'guest/pages.ts',
    from: 'machinePage = breakShare(vm, page);',
    to: '{}',
    by: 'the second model, sharing',
  },
  {
    name: 'a private copy starts as zeros',
    file: 'memory/sharing.ts',
    from: '  setContent(copy, id);',
    to: '',
    by: 'the second model, sharing',
  },
  {
    name: 'hints outlive their VM',
    file: 'host/vm.ts',
    from: '  removeHintsOf(vm);\n',
    to: '',
    by: 'the second model, sharing',
  },
  {
    name: 'all guests draw from one stream',
    file: 'host/vm.ts',
    from: 'streamSeed(get(Field.seed), vm)',
    to: 'streamSeed(get(Field.seed), runningBefore())',
    by: 'neighbours',
  },
  {
    name: 'a count beyond 16 bits comes down one too early',
    file: 'memory/frames.ts',
    from: 'if (more == 1) store<u64>(entry, 0);',
    to: 'if (more <= 2) store<u64>(entry, 0);',
    by: 'many sharers',
  },
  {
    name: 'a full table evicts shares as well as hints',
    file: 'memory/frames.ts',
    from: 'if (!isShared(frame)) oldest = frame;',
    to: 'oldest = frame;',
    by: 'a full table',
  },
  {
    name: 'a table full in one chain gives up a share of another',
    file: 'memory/frames.ts',
    from: '    if (!isShared(frame)) {\n      remove(frame);\n      return takeFree();',
    to: '    if (frame != 0) {\n      remove(frame);\n      return takeFree();',
    by: 'a full table',
  },
  {
    name: 'the tables of a VM are too short',
    file: 'memory/guest-pages.ts',
    from: '  const words = pages + chunksOf(pages)',
    to: '  const words = pages / 4 + chunksOf(pages)',
    by: 'promises under pressure',
  },
  {
    name: 'of two things at one moment the later comes first',
    file: 'kernel/queue.ts',
    from: '(aTime == bTime && <i32>(aSequence - bSequence) < 0)',
    to: '(aTime == bTime && <i32>(aSequence - bSequence) > 0)',
    by: 'the second model, sharing',
  },
  {
    name: 'what lies behind a smaller world is not cleared when it is restored',
    file: 'host/host.ts',
    from: '  if (end > statePtr + bytes) memory.fill(statePtr + bytes, 0, end - statePtr - bytes);',
    to: '',
    by: 'going back in time',
  },
];

/** Balloons, swap, targets, sampling, states, the guest's own paging. */
const OF_POLICY: Fault[] = [
  {
    name: 'a refused power-on keeps its reservation',
    file: 'host/vm.ts',
    from: '  if (<u64>needed > unreservedMemory()) return Reason.notEnoughMemory;',
    to: '  if (<u64>needed > unreservedMemory()) {\n    add(Field.reservedPages, 1);\n    return Reason.notEnoughMemory;\n  }',
    by: 'refusals',
  },
  {
    name: 'admission forgets the overhead',
    file: 'policy/admission.ts',
    from: 'return effectiveMin(vm) + overheadPages(vmGet(vm, VmColumn.maxPages), vmGet(vm, VmColumn.vcpus));',
    to: 'return effectiveMin(vm);',
    by: 'refusals',
  },
  {
    name: 'admission does not look at the swap file',
    file: 'host/vm.ts',
    from: '  if (<u64>swapDemand(vm) > unreservedSwap()) return Reason.notEnoughSwap;\n',
    to: '',
    by: 'refusals',
  },
  {
    name: 'a slot of the swap file is leaked when its page comes back',
    file: 'memory/swap.ts',
    from: '  freeSlot(machinePageOf(entry(vm, page)));\n',
    to: '  add(Field.swapUsedPages, -1);\n',
    by: 'promises under pressure',
  },
  {
    name: 'what was paged out comes back as zeros',
    file: 'memory/swap.ts',
    from: '  const id = slotContent(slot);\n  // The slot first',
    to: '  const id: u32 = 0;\n  // The slot first',
    by: 'the second model, pressure',
  },
  {
    name: 'a page that comes back still counts as swapped',
    file: 'memory/swap.ts',
    from: '  vmAdd(vm, VmColumn.swappedPages, -1);',
    to: '',
    by: 'promises under pressure',
  },
  {
    name: 'pages are not tried for sharing before they are paged out',
    file: 'memory/swap.ts',
    from: 'if (backing(before) == Backing.privatePage && option(Option.shareEnabled) != 0) {',
    to: 'if (false) {',
    by: 'the second model, pressure',
  },
  {
    name: 'the victim is always the first page',
    file: 'memory/swap.ts',
    from: '    page = below(stream, pages);\n    if (backing(entry(vm, page)) == what) return page;',
    to: '    page = i;\n    if (backing(entry(vm, page)) == what) return page;',
    by: 'the second model, pressure',
  },
  {
    name: 'whoever needs a page may take what others are guaranteed',
    file: 'memory/swap.ts',
    from: '    if (!byForce && vmGet(vm, VmColumn.allocatedPages) <= vmGet(vm, VmColumn.minPages)) continue;\n',
    to: '',
    by: 'guaranteed memory',
  },
  {
    name: 'waiting for a page from the swap file costs no time',
    file: 'memory/swap.ts',
    from: '  vmAdd(vm, VmColumn.stallMs, ms);\n  record(EventKind.pageSwappedIn',
    to: '  record(EventKind.pageSwappedIn',
    by: 'the second model, pressure',
  },
  {
    name: 'double paging is not counted',
    file: 'guest/pages.ts',
    from: '    add(Field.doublePaged, 1);\n',
    to: '',
    by: 'the second model, pressure',
  },
  {
    name: 'the page file of a guest loses a page when one comes back',
    file: 'guest/pages.ts',
    from: '    writeDisk(pageFile(vm), block, readDisk(pageFile(vm), last));\n',
    to: '',
    by: 'the second model, pressure',
  },
  {
    name: 'a page in the balloon keeps its machine page',
    file: 'memory/balloon.ts',
    from: '  unback(vm, page);\n',
    to: '',
    by: 'promises under pressure',
  },
  {
    name: 'a page that the driver gives back is still the balloon’s',
    file: 'memory/balloon.ts',
    from: '  setEntry(vm, page, Backing.untouched, 0);\n',
    to: '',
    by: 'promises under pressure',
  },
  {
    name: 'a balloon outlives the reset of its guest',
    file: 'host/vm.ts',
    from: '    if (backing(entry(vm, page)) == Backing.ballooned) takeBack(vm, page);\n    setGuestClass',
    to: '    setGuestClass',
    by: 'promises under pressure',
  },
  {
    name: 'the driver takes what it wants from a guest without free pages',
    file: 'guest/balloon-driver.ts',
    from: '  const most = min(wanted, rate);',
    to: '  const most = wanted;',
    by: 'the driver’s rates',
  },
  {
    name: 'balloons grow in the high state',
    file: 'policy/policy.ts',
    from: '  if (get(Field.hostState) == HostState.high) wanted = min(wanted, <i64>size);\n',
    to: '',
    by: 'a host with enough for all',
  },
  {
    name: 'the hard state begins at the soft threshold',
    file: 'policy/policy.ts',
    from: 'return threshold(Option.freeHard);',
    to: 'return threshold(Option.freeSoft);',
    by: 'promises under pressure',
  },
  {
    name: 'there is no hysteresis',
    file: 'policy/policy.ts',
    from: 'const margin = threshold(Option.freeMargin);',
    to: 'const margin: u64 = 0;',
    by: 'promises under pressure',
  },
  {
    name: 'a VM that was blocked stays blocked',
    file: 'policy/policy.ts',
    from: 'const blocked: u32 = low && excess(vm) > 0 ? 1 : 0;',
    to: 'const blocked: u32 = low && excess(vm) > 0 ? 1 : vmGet(vm, VmColumn.blocked);',
    by: 'promises under pressure',
  },
  {
    name: 'the swap daemon takes of the first VM in the list',
    file: 'policy/policy.ts',
    from: 'has(vm, what) == 0 || excess(vm) <= most) continue;',
    to: 'has(vm, what) == 0 || most > 0) continue;',
    by: 'the second model, pressure',
  },
  {
    name: 'a page that was shared instead of being paged out is not given back',
    file: 'memory/swap.ts',
    from: '      vmAdd(vm, VmColumn.givenPages, 1);\n',
    to: '',
    by: 'the second model, pressure',
  },
  {
    name: 'minimums are ignored in targets',
    file: 'policy/targets.ts',
    from: 'const smallest = <f64>effectiveMin(vm);',
    to: 'const smallest: f64 = 0;',
    by: 'targets solved again',
  },
  {
    name: 'the idle tax is turned round',
    file: 'policy/targets.ts',
    from: 'tax * active + (1 - tax) * entitled',
    to: '(1 - tax) * active + tax * entitled',
    by: 'targets solved again',
  },
  {
    name: 'shared pages count as if each had a copy of its own',
    file: 'policy/targets.ts',
    from: 'get(Field.hostPages) + get(Field.sharedGuestPages) - get(Field.sharedCopies);',
    to: 'get(Field.hostPages);',
    by: 'targets solved again',
  },
  {
    name: 'traps of the period before stay set',
    file: 'policy/sampling.ts',
    from: 'untrap(vm, sampled(vm, n));',
    to: '{}',
    by: 'promises under pressure',
  },
  {
    name: 'a trap is not taken away by the touch that it notices',
    file: 'memory/guest-pages.ts',
    from: 'if (isTrapped(word) && untrap(vm, page))',
    to: 'if (isTrapped(word))',
    by: 'promises under pressure',
  },
  {
    name: 'the estimate is the smallest of the three averages',
    file: 'policy/sampling.ts',
    from: 'max(max(vmGet(vm, VmColumn.sampleSlow), fast), now)',
    to: 'min(min(vmGet(vm, VmColumn.sampleSlow), fast), now)',
    by: 'the second model, pressure',
  },
  {
    name: 'a page moved below 4 GiB leaves its content behind',
    file: 'memory/io-pages.ts',
    from: '    setContent(low, content(high));\n',
    to: '',
    by: 'pages that devices use',
  },
];

/** Helper that one mutant needs: a number that depends on who else is there. */
const EXTRA: Record<string, string> = {
  'host/vm.ts':
    '\nfunction runningBefore(): u32 {\n  let n: u32 = 0;\n  for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++) if (exists(vm)) n++;\n  return n;\n}\n',
};

const compileWith = (fault: Fault | null) => compileMutant(fault, false, EXTRA);

const linux = (name: string, more: Partial<VmSpec> = {}): VmSpec => ({
  name,
  guest: 'linux-24',
  workload: 'spec95',
  memoryMib: 16,
  vcpus: 1,
  tools: true,
  powerOnAtSeconds: 0,
  ...more,
});

const scenario = (
  vms: VmSpec[],
  options: Scenario['host']['options'] = {},
  host: Partial<Scenario['host']> = {},
): Scenario => ({
  v: 1,
  id: 'probe',
  seed: 5,
  durationSeconds: 100,
  host: {
    name: 'host',
    memoryMib: 72,
    consoleMib: 4,
    generation: '2.5',
    options: { overheadBaseMib: 1, ...options },
    ...host,
  },
  vms,
  timeline: [],
});

const at = (seconds: number, command: Command): TimedCommand => ({
  timeNs: Math.round(seconds * SECOND),
  command,
});

/** Beside the second model, compared every so often; at the end all kinds of events must have happened. */
function beside(
  module: WebAssembly.Module,
  world: Scenario,
  commands: TimedCommand[],
  seconds: number[],
  kinds: EventKind[],
): string | null {
  const ours = new World(module, world, world.seed, commands);
  const theirs = new Checker(world, world.seed, commands);
  for (const second of seconds) {
    advanceTo(ours, second * SECOND);
    theirs.advance(second * SECOND);
    const [first] = differences(ours.core, theirs, { eventsFrom: 0, everyPage: 17 });
    if (first) return first;
  }
  const happened = new Set(theirs.host.events.map(({ kind }) => kind));
  const missed = kinds.find((kind) => !happened.has(kind));
  return missed === undefined ? null : `${EventKind[missed]} never happened: this world shows too little`;
}

/** A life with all of sharing in it. */
function probeSharing(module: WebAssembly.Module): string | null {
  const both = [10, 11, 12, 13, 14];
  const changed = [30, 31, 32, 33, 34, 35, 36, 37];
  const commands = [
    ...changed.map((page) => at(0.3, { kind: 'scan-page', vm: 'a', page })),
    ...changed.map((page) => at(0.3, { kind: 'write-page', vm: 'a', page })),
    ...changed.map((page) => at(0.3, { kind: 'scan-page', vm: 'b', page })),
    ...both.map((page) => at(0.4, { kind: 'scan-page', vm: 'a', page })),
    ...both.map((page) => at(0.4, { kind: 'scan-page', vm: 'b', page })),
    ...[11, 12].map((page) => at(0.5, { kind: 'write-page', vm: 'a', page })),
    ...[12, 13].map((page) => at(0.5, { kind: 'write-page', vm: 'b', page })),
    at(3, { kind: 'set-option', option: 'shareHashBits', value: 8 }),
    at(4, { kind: 'power-off', vm: 'a' }),
    at(4.5, { kind: 'set-option', option: 'shareHashBits', value: 64 }),
    at(5, { kind: 'power-on', vm: 'a' }),
  ];
  const world = scenario([linux('a'), linux('b')], { shareScanVm: 900, shareScanTotal: 1800 });
  return beside(
    module,
    world,
    commands,
    [1, 2, 3.5, 4.5, 7, 14],
    [
      EventKind.pageHinted,
      EventKind.hintStale,
      EventKind.falseMatch,
      EventKind.pageShared,
      EventKind.pageCopied,
      EventKind.sharedReleased,
    ],
  );
}

/** A host that is short of memory, and guests that want all they can get. */
const PRESSED = scenario(
  [
    linux('a', { workload: 'toucher', memoryMib: 24, touchMib: 20 }),
    linux('b', { guest: 'windows-nt4', memoryMib: 32, workload: 'dbench', tools: false, minMib: 6 }),
    linux('c', { shares: 40, minMib: 4, powerOnAtSeconds: 1 }),
    linux('d', { memoryMib: 20, minMib: 2, workload: 'idle', shares: 100 }),
  ],
  { shareScanVm: 300, shareScanTotal: 900, balancePeriod: 2, samplePeriod: 2, swapInMs: 1, guestFaultMs: 1 },
  { memoryMib: 70, consoleMib: 2, swapMib: 90 },
);
const PRESSED_COMMANDS = [
  at(6, { kind: 'set-shares', vm: 'a', shares: 30 }),
  at(8, { kind: 'reset', vm: 'd' }),
  at(9, { kind: 'set-workload', vm: 'a', workload: 'idle' }),
  at(11, { kind: 'reset', vm: 'a' }),
  at(12, { kind: 'set-tools', vm: 'b', tools: true }),
  at(15, { kind: 'power-off', vm: 'c' }),
  at(16, { kind: 'set-option', option: 'freeHigh', value: 120 }),
  at(17, { kind: 'set-tools', vm: 'd', tools: false }),
  at(18, { kind: 'set-workload', vm: 'd', workload: 'toucher', touchMib: 10 }),
  at(20, { kind: 'power-off', vm: 'b' }),
];
const PRESSED_SECONDS = 23;

function probePressure(module: WebAssembly.Module): string | null {
  const seconds = Array.from({ length: PRESSED_SECONDS }, (_, i) => i + 1);
  return beside(module, PRESSED, PRESSED_COMMANDS, seconds, [
    EventKind.stateChanged,
    EventKind.targetSet,
    EventKind.balloonInflated,
    EventKind.balloonDeflated,
    EventKind.balloonPopped,
    EventKind.pageSwappedOut,
    EventKind.pageSwappedIn,
    EventKind.pageDoublePaged,
    EventKind.vmBlocked,
    EventKind.vmUnblocked,
    EventKind.activeEstimated,
  ]);
}

/** The same without the second model: only what the core must promise by itself. */
function probePromises(module: WebAssembly.Module): string | null {
  const watch = new Watch(new World(module, PRESSED, PRESSED.seed, []));
  let next = 0;
  for (let seconds = 0.5; seconds <= PRESSED_SECONDS; seconds += 0.5) {
    for (; (PRESSED_COMMANDS[next]?.timeNs ?? Infinity) <= seconds * SECOND; next++) {
      watch.to(PRESSED_COMMANDS[next]!.timeNs);
      watch.apply(PRESSED_COMMANDS[next]!.command);
    }
    watch.to(seconds * SECOND);
    watch.look();
  }
  watch.lookAtPages();
  return null;
}

/** A guest with much to spare and one with nothing, and a policy that wants half of each at once. */
function probeRates(module: WebAssembly.Module): string | null {
  const vms = [
    linux('busy', { workload: 'toucher', memoryMib: 96, touchMib: 90, minMib: 0 }),
    linux('idle', { workload: 'boot-only', memoryMib: 96, minMib: 0 }),
  ];
  const watch = new Watch(new World(module, scenario(vms, { swapOutRate: 0 }, { memoryMib: 260 }), 5, []));
  watch.to(14 * SECOND);
  for (const vm of ['busy', 'idle']) watch.apply({ kind: 'set-shares', vm, shares: 0 });
  // Soft for ever: much should be free, and nothing is too little.
  for (const [option, value] of Object.entries({ freeLow: 0, freeHard: 0, freeHigh: 500, freeSoft: 500 }))
    expect(watch.apply({ kind: 'set-option', option: option as OptionName, value }).kind).toBe('accepted');
  const sizes: number[][] = [[], []];
  for (let second = 14; second < 24; second++) {
    watch.to(second * SECOND + 1);
    sizes.forEach((list, i) => list.push(watch.core.vm(i + 1, VmColumn.balloonPages)));
  }
  const fastest = sizes.map((list) => Math.max(...list.map((size, i) => size - (list[i - 1] ?? 0))));
  if (fastest[0] !== 2048) return `a guest without free pages gave up ${fastest[0]} in a second`;
  return fastest[1]! > 2048 ? null : `a guest with free pages gave up only ${fastest[1]} in a second`;
}

/** VMs without shares have more than their targets; where memory is not short nobody takes it from them. */
function probeEnough(module: WebAssembly.Module): string | null {
  const vms = [linux('a', { shares: 0, minMib: 2 }), linux('b', { shares: 0, minMib: 0, tools: false })];
  const watch = new Watch(new World(module, scenario(vms, {}, { memoryMib: 120 }), 5, []));
  for (let second = 1; second <= 12; second++) {
    watch.to(second * SECOND);
    watch.look();
  }
  const { core } = watch;
  if (core.vm(1, VmColumn.allocatedPages) <= core.vm(1, VmColumn.targetPages))
    return 'nobody was above a target';
  return core.field(Field.balloonPages) + core.field(Field.swappedOut) === 0 ? null : 'something was taken';
}

function probeTargets(module: WebAssembly.Module): string | null {
  const watch = new Watch(new World(module, PRESSED, PRESSED.seed, []));
  for (let seconds = 1; seconds <= 8; seconds++) {
    watch.to(seconds * SECOND);
    watch.lookAtTargets();
  }
  return null;
}

/** One VM fills its guarantee and no more; another one, which is guaranteed little, wants all there is. */
function probeGuarantee(module: WebAssembly.Module): string | null {
  const vms = [linux('a', { minMib: 12 }), linux('b', { minMib: 2 })].map((vm) => ({ ...vm, tools: false }));
  const options = { shareEnabled: 0, freeHigh: 0, freeSoft: 0, freeHard: 0, freeLow: 0 };
  const world = new World(
    module,
    scenario(vms, options, { memoryMib: 44, consoleMib: 2, swapMib: 64 }),
    5,
    [],
  );
  const { core } = world;
  advanceTo(world, 0);
  const kept = 12 * 256;
  for (let page = 0; page < kept; page++) core.x.writePage(1, page);
  for (let page = 0; page < 4096; page++) core.x.writePage(2, page);
  const left = core.vm(1, VmColumn.allocatedPages);
  return left < kept ? `${kept} pages are guaranteed and used, ${left} are left` : null;
}

function probeRefusals(module: WebAssembly.Module): string | null {
  const vms = [
    linux('a'),
    linux('large', { memoryMib: 400, minMib: 100 }),
    linux('exact', { memoryMib: 40, minMib: 35 }),
    linux('pager', { memoryMib: 80, minMib: 0 }),
  ].map((vm) => ({ ...vm, powerOnAtSeconds: vm.name === 'a' ? 0 : null }));
  const world = new World(module, scenario(vms), 5, []);
  advanceTo(world, SECOND);
  const before = fingerprint(world.core);
  // 44 MiB for VMs: 9 are promised. 72 MiB of swap: 8 are.
  for (const vm of ['large', 'exact', 'pager']) {
    const refused = world.apply({ kind: 'power-on', vm }).kind;
    if (refused !== 'refused') return `${vm} was powered on`;
    if (fingerprint(world.core) !== before) return 'a refused command changed something';
  }
  return null;
}

function probeTime(module: WebAssembly.Module): string | null {
  const commands = [
    at(7, { kind: 'add-vm', spec: linux('c', { memoryMib: 17 }) }),
    at(8, { kind: 'power-on', vm: 'c' }),
  ];
  const world = scenario([linux('a'), linux('b')], { shareScanVm: 400 }, { memoryMib: 100 });
  const run = openRun(module, world, commands, fastClock(25));
  runTo(run, 6 * SECOND);
  const then = fingerprint(run.world.core);
  const { checkpoints } = run;
  runTo(run, 13 * SECOND);
  const end = fingerprint(run.world.core);
  if (checkpoints.count < 5) return 'there were no checkpoints to go back to';
  run.rewind(6 * SECOND);
  runTo(run, 6 * SECOND);
  if (fingerprint(run.world.core) !== then) return 'the past is not what it was';
  runTo(run, 13 * SECOND);
  return fingerprint(run.world.core) === end ? null : 'the future is not what it was';
}

function probeManySharers(module: WebAssembly.Module): string | null {
  const windows = linux('w', { guest: 'windows-2000', memoryMib: 300, workload: 'idle' });
  const world = new World(module, scenario([windows], { shareEnabled: 0 }, { memoryMib: 400 }), 5, []);
  const { x } = world.core;
  loadsNothing(world.core, 1);
  advanceTo(world, 6 * SECOND);
  const pages = 70_000;
  for (let page = 0; page < pages; page++) x.scanPage(1, page);
  const zeros = world.core.backing(1, 0)!;
  for (let left = pages; left > 65_000; left--) {
    if (x.sharers(zeros) >>> 0 !== left)
      return `${left} pages share one copy; ${x.sharers(zeros)} are counted`;
    x.writePage(1, left - 1);
  }
  return x.audit() ? 'the ledger does not agree with the tables' : null;
}

function probeFullTable(module: WebAssembly.Module): string | null {
  const vm = linux('a', { memoryMib: 50 });
  const options = { shareEnabled: 0, freeHigh: 0, freeSoft: 0, freeHard: 0, freeLow: 0 };
  const world = new World(module, scenario([vm], options, { memoryMib: 80 }), 5, []);
  const { core } = world;
  advanceTo(world, 5 * SECOND);
  const pages = core.vm(1, VmColumn.maxPages);
  for (let page = 0; page < pages; page++) if (core.backing(1, page) !== null) core.x.scanPage(1, page);
  for (let page = 0; page < pages; page++) {
    if (core.backing(1, page) === null) core.x.writePage(1, page);
    core.x.scanPage(1, page);
  }
  const copies = core.field(Field.sharedCopies);
  if (copies === 0) return 'there was nothing shared to lose';
  if (core.field(Field.hints) + copies < 2 * ((80 * 256) / 5)) return 'the table is not full';
  return core.x.audit() ? 'the ledger does not agree with the tables' : null;
}

function probeNeighbours(module: WebAssembly.Module): string | null {
  const life = (vms: VmSpec[]) => {
    const world = new World(module, scenario(vms), 5, []);
    advanceTo(world, 8 * SECOND);
    return Array.from({ length: 4096 }, (_, page) => world.core.x.guestClass(1, page)).join('');
  };
  return life([linux('a')]) === life([linux('a'), linux('b')]) ? null : 'a neighbour changed a guest';
}

/** A host of more than 4 GiB: pages change places, and no guest's contents do. */
function probeDevices(module: WebAssembly.Module): string | null {
  const vms = ['a', 'b'].map((name) => linux(name, { workload: 'dbench' }));
  const host = { memoryMib: 4200, consoleMib: 4060, swapMib: 0 };
  const life = (hotIoCopies: number) => {
    const world = new World(module, scenario(vms, { shareEnabled: 0, hotIoCopies }, host), 5, []);
    advanceTo(world, 15 * SECOND);
    const { core } = world;
    if (hotIoCopies > 0 && core.field(Field.pagesRemapped) === 0) throw new Error('no page was moved');
    if (core.x.audit()) throw new Error('the ledger does not agree with the tables');
    return [1, 2].flatMap((vm) =>
      Array.from({ length: 4096 }, (_, page) => {
        const machinePage = core.backing(vm, page);
        return machinePage === null ? 0n : core.x.contentKey(machinePage);
      }),
    );
  };
  const [moved, unmoved] = [life(2), life(0)];
  const page = moved.findIndex((key, i) => key !== unmoved[i]);
  return page < 0 ? null : `page ${page} has another content because pages were moved`;
}

const PROBES = {
  refusals: probeRefusals,
  neighbours: probeNeighbours,
  'guaranteed memory': probeGuarantee,
  'targets solved again': probeTargets,
  'a host with enough for all': probeEnough,
  'the driver’s rates': probeRates,
  'promises under pressure': probePromises,
  'going back in time': probeTime,
  'a full table': probeFullTable,
  'many sharers': probeManySharers,
  'pages that devices use': probeDevices,
  'the second model, sharing': probeSharing,
  'the second model, pressure': probePressure,
};

/** @returns what is wrong with a core; null when nothing is. A trap is a find too. */
function faultFoundBy(by: keyof typeof PROBES, module: WebAssembly.Module): string | null {
  try {
    return PROBES[by](module);
  } catch (error) {
    return `it breaks: ${error instanceof Error ? error.message : String(error)}`;
  }
}

beforeAll(liveFast);

describe('the true core has no fault', () => {
  test.each(Object.keys(PROBES) as (keyof typeof PROBES)[])(
    'for %s',
    async (by) => {
      expect(faultFoundBy(by, await compileWith(null))).toBeNull();
    },
    60_000,
  );
});

describe('a planted fault is caught', () => {
  test.each([...OF_SHARING, ...OF_POLICY])(
    'by $by: $name',
    async (fault) => {
      expect(faultFoundBy(fault.by, await compileWith(fault))).not.toBeNull();
    },
    60_000,
  );
});
