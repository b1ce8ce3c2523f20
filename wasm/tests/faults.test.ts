/**
 * Would the tests notice? Faults are planted in the core's source, one at a time, in memory; each mutant is compiled and
 * must be caught by the same means that judge the true core: the checker, the recount of the ledger, going back in time,
 * refusals that change nothing.
 */
import asc from 'assemblyscript/asc';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Field, VmColumn } from '../../src/lib/core/core';
import { World } from '../../src/lib/sim/world';
import type { Scenario, TimedCommand, VmSpec } from '../../src/lib/world/schema';
import { Checker } from './reference/checker/checker';
import { differences } from './reference/checker/compare';
import { advanceTo, fingerprint, openRun, runTo, SECOND } from './worlds';

const wasm = join(dirname(fileURLToPath(import.meta.url)), '..');

interface Fault {
  name: string;
  file: string;
  from: string;
  to: string;
}

const FAULTS: Fault[] = [
  {
    name: 'a new share counts one sharer too few',
    file: 'memory/frames.ts',
    from: '((<u64>2) << 24) | KIND_SHARED',
    to: '((<u64>1) << 24) | KIND_SHARED',
  },
  {
    name: 'a page given back is lost',
    file: 'memory/machine.ts',
    from: 'set(Field.freeHead, <u64>page + 1);',
    to: '',
  },
  {
    name: 'a page is given back twice',
    file: 'memory/sharing.ts',
    from: '  release(machinePage);\n  record(EventKind.pageShared',
    to: '  release(machinePage);\n  release(machinePage);\n  record(EventKind.pageShared',
  },
  {
    name: 'a hint is believed without hashing its page again',
    file: 'memory/sharing.ts',
    from: 'backing(word) != Backing.privatePage || comparedHash(kept) != hash',
    to: 'backing(word) != Backing.privatePage',
  },
  {
    name: 'bytes are not compared when hashes are short',
    file: 'memory/sharing.ts',
    from: 'const kept = sharedMachinePage(frame);\n  if (!sameBytes(machinePage, kept)) {',
    to: 'const kept = sharedMachinePage(frame);\n  if (option(Option.shareHashBits) == 64 && !sameBytes(machinePage, kept)) {',
  },
  {
    name: 'a cleared page is not counted as zeros',
    file: 'memory/guest-pages.ts',
    from: 'else if (before != 0 && id == 0) vmAdd(vm, VmColumn.zeroPages, 1);',
    to: '',
  },
  {
    name: 'the scanner never leaves the first VM',
    file: 'memory/sharing.ts',
    from: '  set(Field.scanVm, vm);',
    to: '',
  },
  {
    name: 'one chunk of the state is taken for unchanged',
    file: 'index.ts',
    from: '      xxh3(arena.statePtr + at, <u32>min<usize>(65_536, bytes - at)),',
    to: '      n == 5 ? 7 : xxh3(arena.statePtr + at, <u32>min<usize>(65_536, bytes - at)),',
  },
  {
    name: 'a guest writes to a shared page as if it were its own',
    file: 'guest/guest.ts',
    from: 'machinePage = breakShare(vm, page);',
    to: '',
  },
  {
    name: 'a private copy starts as zeros',
    file: 'memory/sharing.ts',
    from: '  setContent(copy, id);',
    to: '',
  },
  {
    name: 'hints outlive their VM',
    file: 'host/vm.ts',
    from: '  removeHintsOf(vm);\n',
    to: '',
  },
  {
    name: 'all guests draw from one stream',
    file: 'host/vm.ts',
    from: 'streamSeed(get(Field.seed), vm)',
    to: 'streamSeed(get(Field.seed), runningBefore())',
  },
  {
    name: 'a count beyond 16 bits comes down one too early',
    file: 'memory/frames.ts',
    from: 'if (more == 1) store<u64>(entry, 0);',
    to: 'if (more <= 2) store<u64>(entry, 0);',
  },
  {
    name: 'a full table evicts shares as well as hints',
    file: 'memory/frames.ts',
    from: '    if (!isShared(frame)) {\n      remove(frame);\n      return takeFree();',
    to: '    if (frame != 0) {\n      remove(frame);\n      return takeFree();',
  },
  {
    name: 'the tables of a VM are a byte a page too short',
    file: 'memory/guest-pages.ts',
    from: '(<usize>pages * 5 + 63)',
    to: '(<usize>pages * 4 + 63)',
  },
  {
    name: 'a refused power-on keeps its reservation',
    file: 'host/vm.ts',
    from: '  if (<u64>needed > unreservedPages()) return Reason.notEnoughMemory;',
    to: '  if (<u64>needed > unreservedPages()) {\n    add(Field.reservedPages, 1);\n    return Reason.notEnoughMemory;\n  }',
  },
  {
    name: 'of two things at one moment the later comes first',
    file: 'kernel/queue.ts',
    from: '(aTime == bTime && <i32>(aSequence - bSequence) < 0)',
    to: '(aTime == bTime && <i32>(aSequence - bSequence) > 0)',
  },
  {
    name: 'what lies behind a smaller world is not cleared when it is restored',
    file: 'host/host.ts',
    from: '  if (end > statePtr + bytes) memory.fill(statePtr + bytes, 0, end - statePtr - bytes);',
    to: '',
  },
];

/** Helper that one mutant needs: a number that depends on who else is there. */
const EXTRA: Record<string, string> = {
  'host/vm.ts':
    '\nfunction runningBefore(): u32 {\n  let n: u32 = 0;\n  for (let vm: u32 = 1; vm <= <u32>MAX_VMS; vm++) if (exists(vm)) n++;\n  return n;\n}\n',
};

/** Compiles the core with one text replaced. @throws Error when the text is not there exactly once. */
async function compileWith(fault: Fault | null): Promise<WebAssembly.Module> {
  let binary: Uint8Array | null = null;
  const { error, stderr } = await asc.main(
    ['index.ts', '-O1', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '-o', 'out.wasm'].concat([
      '--initialMemory',
      '16',
      '--maximumMemory',
      '16384',
      '--zeroFilledMemory',
    ]),
    {
      readFile: (name: string) => {
        let text: string;
        try {
          text = readFileSync(join(wasm, name), 'utf8');
        } catch {
          return null;
        }
        if (fault?.file !== name) return text;
        if (text.split(fault.from).length !== 2)
          throw new Error(`"${fault.name}": ${name} does not have its text exactly once; plant it anew`);
        return text.replace(fault.from, () => fault.to) + (EXTRA[name] ?? '');
      },
      writeFile: (name: string, contents: string | Uint8Array) => {
        if (name === 'out.wasm') binary = contents as Uint8Array;
      },
      listFiles: () => null,
    },
  );
  if (error || !binary)
    throw new Error(`${fault?.name ?? 'the core'}: ${error?.message}\n${stderr.toString()}`);
  return new WebAssembly.Module(new Uint8Array(binary));
}

const linux = (name: string, more: Partial<VmSpec> = {}): VmSpec => ({
  name,
  guest: 'linux-24',
  workload: 'spec95',
  memoryMib: 16,
  vcpus: 1,
  powerOnAtSeconds: 0,
  ...more,
});

const scenario = (vms: VmSpec[], options: Scenario['host']['options'], memoryMib = 72): Scenario => ({
  v: 1,
  id: 'probe',
  seed: 5,
  durationSeconds: 100,
  host: { name: 'host', memoryMib, consoleMib: 4, options: { overheadBaseMib: 1, ...options } },
  vms,
  timeline: [],
});

const at = (seconds: number, command: TimedCommand['command']): TimedCommand => ({
  timeNs: seconds * SECOND,
  command,
});

/** A life with everything in it, beside the checker. */
function probeBesideChecker(module: WebAssembly.Module): string | null {
  const both = [10, 11, 12, 13, 14];
  const changed = [30, 31, 32, 33, 34, 35, 36, 37];
  const commands = [
    ...changed.map((page) => at(1.2, { kind: 'scan-page', vm: 'a', page })),
    ...changed.map((page) => at(1.2, { kind: 'write-page', vm: 'a', page })),
    ...changed.map((page) => at(1.2, { kind: 'scan-page', vm: 'b', page })),
    ...both.map((page) => at(3, { kind: 'scan-page', vm: 'a', page })),
    ...both.map((page) => at(3, { kind: 'scan-page', vm: 'b', page })),
    ...[11, 12].map((page) => at(4, { kind: 'write-page', vm: 'a', page })),
    ...[12, 13].map((page) => at(4, { kind: 'write-page', vm: 'b', page })),
    at(6, { kind: 'set-option', option: 'shareHashBits', value: 8 }),
    at(8, { kind: 'power-off', vm: 'a' }),
    at(9, { kind: 'set-option', option: 'shareHashBits', value: 64 }),
    at(9.5, { kind: 'power-on', vm: 'a' }),
  ];
  const world = scenario([linux('a'), linux('b')], { shareScanVm: 400, shareScanTotal: 800 });
  const ours = new World(module, world, world.seed, commands);
  const theirs = new Checker(world, world.seed, commands);
  for (const seconds of [2, 4, 7, 9, 12, 46]) {
    advanceTo(ours, seconds * SECOND);
    theirs.advance(seconds * SECOND);
    const [first] = differences(ours.core, theirs, { eventsFrom: 0, everyPage: 17 });
    if (first) return first;
    if (ours.core.x.audit()) return 'the ledger does not agree with the tables';
  }
  return null;
}

function probeRefusals(module: WebAssembly.Module): string | null {
  const world = new World(module, scenario([linux('a'), linux('b', { memoryMib: 400 })], {}), 5, []);
  advanceTo(world, SECOND);
  const before = fingerprint(world.core);
  const refused = world.apply({ kind: 'power-on', vm: 'b' }).kind;
  if (refused !== 'refused') return 'a VM larger than its host was powered on';
  return fingerprint(world.core) === before ? null : 'a refused command changed something';
}

function probeTime(module: WebAssembly.Module): string | null {
  const commands = [
    at(14, { kind: 'add-vm', spec: linux('c', { memoryMib: 17 }) }),
    at(15, { kind: 'power-on', vm: 'c' }),
  ];
  const run = openRun(module, scenario([linux('a'), linux('b')], { shareScanVm: 400 }, 100), commands);
  runTo(run, 12 * SECOND);
  const then = fingerprint(run.world.core);
  const { checkpoints } = run;
  runTo(run, 20 * SECOND);
  const end = fingerprint(run.world.core);
  if (checkpoints.count < 5) return 'there were no checkpoints to go back to';
  run.rewind(12 * SECOND);
  runTo(run, 12 * SECOND);
  if (fingerprint(run.world.core) !== then) return 'the past is not what it was';
  runTo(run, 20 * SECOND);
  return fingerprint(run.world.core) === end ? null : 'the future is not what it was';
}

function probeManySharers(module: WebAssembly.Module): string | null {
  const windows = linux('w', { guest: 'windows-2000', memoryMib: 300, workload: 'idle' });
  const world = new World(module, scenario([windows], { shareEnabled: 0 }, 400), 5, []);
  const { x } = world.core;
  advanceTo(world, 18.7 * SECOND);
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
  const world = new World(module, scenario([linux('a', { memoryMib: 50 })], { shareEnabled: 0 }, 80), 5, []);
  const { core } = world;
  advanceTo(world, 41 * SECOND);
  const pages = core.vm(1, VmColumn.maxPages);
  for (let page = 0; page < pages; page++) if (core.backing(1, page) !== null) core.x.scanPage(1, page);
  for (let page = 0; page < pages; page++) {
    if (core.backing(1, page) === null) core.x.writePage(1, page);
    core.x.scanPage(1, page);
  }
  const copies = core.field(Field.sharedCopies);
  if (copies === 0) return 'there was nothing shared to lose';
  return core.x.audit() ? 'the ledger does not agree with the tables' : null;
}

function probeNeighbours(module: WebAssembly.Module): string | null {
  const life = (vms: VmSpec[]) => {
    const world = new World(module, scenario(vms, {}), 5, []);
    advanceTo(world, 8 * SECOND);
    return Array.from({ length: 4096 }, (_, page) => world.core.x.guestClass(1, page)).join('');
  };
  return life([linux('a')]) === life([linux('a'), linux('b')]) ? null : 'a neighbour changed a guest';
}

/** @returns the first thing that is wrong with a core; null when nothing is. A trap or an endless loop is a find too. */
function faultOf(module: WebAssembly.Module): string | null {
  const probes = [
    probeRefusals,
    probeNeighbours,
    probeTime,
    probeFullTable,
    probeManySharers,
    probeBesideChecker,
  ];
  for (const probe of probes) {
    try {
      const found = probe(module);
      if (found) return found;
    } catch (error) {
      return `it breaks: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return null;
}

test('the true core has no fault', async () => {
  expect(faultOf(await compileWith(null))).toBeNull();
}, 60_000);

test.each(FAULTS)(
  'caught: $name',
  async (fault) => {
    const found = faultOf(await compileWith(fault));
    expect(found).not.toBeNull();
  },
  60_000,
);
