/**
 * The core against a second model of the same mechanisms (reference/checker): the same machine page behind each guest
 * page, the same counts, classes, events and bytes, at every second.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { Field } from '../../src/lib/core/core';
import { World } from '../../src/lib/sim/world';
import type { Scenario, TimedCommand, VmSpec } from '../../src/lib/world/schema';
import { EventKind } from '../shared/events';
import { COMPILE_MS, coreModule } from './core';
import { Checker } from './reference/checker/checker';
import { differences } from './reference/checker/compare';
import { bytesOf, hashOf, sameBytes } from './reference/checker/page';
import * as content from './reference/content';
import { xxh3 } from './reference/xxh3';

const SECOND = 1e9;
let debug: WebAssembly.Module;

beforeAll(() => {
  debug = coreModule('debug');
}, COMPILE_MS);

const linux = (name: string, more: Partial<VmSpec> = {}): VmSpec => ({
  name,
  guest: 'linux-24',
  workload: 'idle',
  memoryMib: 16,
  vcpus: 1,
  tools: true,
  powerOnAtSeconds: 0,
  ...more,
});

const scenario = (vms: VmSpec[], options: Scenario['host']['options'] = {}, memoryMib = 128): Scenario => ({
  v: 1,
  id: 'checked',
  seed: 7,
  durationSeconds: 600,
  host: {
    name: 'host',
    memoryMib,
    consoleMib: 4,
    generation: '2.5',
    options: { overheadBaseMib: 2, ...options },
  },
  vms,
  timeline: [],
});

/** Runs both side by side and compares after each step. @returns the world and the checker at the end. */
function together(world: Scenario, seconds: number, commands: TimedCommand[] = [], stepSeconds = 1) {
  const ours = new World(debug, world, world.seed, commands);
  const theirs = new Checker(world, world.seed, commands);
  let eventsFrom = 0;
  for (let t = 0; t <= seconds; t += stepSeconds) {
    const timeNs = Math.round(t * SECOND);
    while (ours.advance(timeNs, ours.core.field(Field.eventSequence)));
    theirs.advance(timeNs);
    const last = t + stepSeconds > seconds;
    const found = differences(ours.core, theirs, { eventsFrom, everyPage: last ? 7 : 211 });
    expect(found, `at ${t} s`).toEqual([]);
    expect(ours.core.x.audit(), `audit at ${t} s`).toBe(0);
    eventsFrom = theirs.host.events.length;
  }
  return { ours, theirs };
}

describe('the checker’s own arithmetic', () => {
  test('its pages and hashes are those of the reference', () => {
    for (const key of [0n, 1n, 5n, 0x8000_0000_0000_0000n, 0xffff_ffff_ffff_ffffn]) {
      const bytes = bytesOf(key);
      expect(sameBytes(bytes, content.expand(key))).toBe(true);
      expect(hashOf(bytes)).toBe(xxh3(content.expand(key)));
    }
  });
});

const write = (atSeconds: number, vm: string, page: number): TimedCommand => ({
  timeNs: Math.round(atSeconds * SECOND),
  command: { kind: 'write-page', vm, page },
});
const scan = (atSeconds: number, vm: string, page: number): TimedCommand => ({
  timeNs: Math.round(atSeconds * SECOND),
  command: { kind: 'scan-page', vm, page },
});

describe('core and checker agree', () => {
  test('one Linux guest from boot into its steady state, scanned fast', () => {
    const world = scenario([linux('a', { workload: 'spec95' })], { shareScanVm: 400, shareScanTotal: 1000 });
    const { theirs } = together(world, 100, [], 4);
    expect(theirs.memory.table.shares.length).toBeGreaterThan(0);
    expect(theirs.memory.copyOnWriteBreaks).toBeGreaterThan(0);
    expect(theirs.memory.table.hints).toBeGreaterThan(0);
  }, 60_000);

  test('three guests, two of one disk: shares grow and break, one VM leaves and comes back larger', () => {
    const vms = [
      linux('a', { workload: 'spec95' }),
      linux('b', { workload: 'spec95', powerOnAtSeconds: 3.05 }),
      linux('c', { image: 'other', workload: 'spec95' }),
    ];
    const commands: TimedCommand[] = [
      { timeNs: 44 * SECOND, command: { kind: 'power-off', vm: 'a' } },
      { timeNs: 45 * SECOND, command: { kind: 'set-memory', vm: 'a', memoryMib: 20 } },
      { timeNs: 45 * SECOND, command: { kind: 'power-on', vm: 'a' } },
    ];
    const { theirs } = together(scenario(vms, { shareScanVm: 400, shareScanTotal: 1200 }), 52, commands, 2);
    expect(Math.max(...theirs.memory.table.shares.map(({ mappers }) => mappers.size))).toBeGreaterThan(3);
    const kinds = new Set(theirs.host.events.map(({ kind }) => EventKind[kind]));
    for (const kind of ['guestBooted', 'pageHinted', 'pageShared', 'pageCopied', 'vmPoweredOff'])
      expect(kinds).toContain(kind);
  }, 60_000);

  test('page by page on command: a hint goes stale, a share is made, broken by one guest and ended by the other', () => {
    // Kernel pages lie at the same place in both; nothing is scanned but what is named.
    const commands: TimedCommand[] = [
      ...[10, 11, 12, 13].flatMap((page) => [scan(5, 'a', page), write(6, 'a', page), scan(7, 'b', page)]),
      ...[20, 21, 22].flatMap((page) => [
        scan(5, 'a', page),
        scan(6, 'b', page),
        write(7, 'a', page),
        scan(8, 'a', page),
        write(9, 'b', page),
      ]),
    ];
    const world = scenario([linux('a'), linux('b')], { shareEnabled: 0 });
    const { theirs } = together(
      world,
      10,
      commands.sort((a, b) => a.timeNs - b.timeNs),
    );
    const count = (kind: EventKind) => theirs.host.events.filter((event) => event.kind === kind).length;
    expect(count(EventKind.hintStale)).toBe(4);
    expect(count(EventKind.pageShared)).toBe(3);
    expect(count(EventKind.pageCopied)).toBe(6);
    expect(count(EventKind.sharedReleased)).toBe(3);
  }, 60_000);

  test('a Windows guest, which clears all its memory: one copy of zeros for thousands of pages', () => {
    const world = scenario([linux('w', { guest: 'windows-2000', memoryMib: 64, vcpus: 2 })], {
      shareScanVm: 1000,
      shareScanTotal: 1000,
      traceTouches: 1,
    });
    const { theirs } = together(world, 36, [], 4);
    const zeros = theirs.memory.table.shares.find(({ machine }) => machine.isZero);
    expect(zeros?.mappers.size).toBeGreaterThan(5000);
  }, 60_000);

  test('two guests and half of the memory that they want: targets, balloons, paging, reset, Tools', () => {
    const vms = [
      linux('a', { workload: 'toucher', touchMib: 20, memoryMib: 28 }),
      linux('b', { workload: 'dbench', memoryMib: 24, tools: false, minMib: 3, shares: 100 }),
    ];
    const commands: TimedCommand[] = [
      { timeNs: 56 * SECOND, command: { kind: 'reset', vm: 'a' } },
      { timeNs: 60 * SECOND, command: { kind: 'set-tools', vm: 'b', tools: true } },
      { timeNs: 100 * SECOND, command: { kind: 'set-shares', vm: 'a', shares: 0 } },
      { timeNs: 106 * SECOND, command: { kind: 'set-tools', vm: 'a', tools: false } },
    ];
    const world = scenario(vms, { samplePeriod: 5, swapInMs: 2, freeLow: 38, freeHard: 39 }, 64);
    const { theirs } = together(world, 112, commands, 8);
    const kinds = new Set(theirs.host.events.map(({ kind }) => EventKind[kind]));
    for (const kind of [
      'stateChanged',
      'targetSet',
      'balloonInflated',
      'balloonPopped',
      'balloonDeflated',
      'pageSwappedOut',
      'pageSwappedIn',
      'vmBlocked',
      'vmUnblocked',
      'activeEstimated',
    ])
      expect(kinds).toContain(kind);
    expect(theirs.memory.sharedBeforeSwap).toBeGreaterThan(0);
  }, 60_000);

  test('a workload changed while it runs: its files keep their number until they have left memory', () => {
    const change = (atSeconds: number, command: TimedCommand['command']): TimedCommand => ({
      timeNs: atSeconds * SECOND,
      command,
    });
    const commands = [
      change(44, { kind: 'set-workload', vm: 'a', workload: 'idle' }),
      change(45, { kind: 'add-vm', spec: linux('b', { workload: 'wsus-serve' }) }),
      change(46, { kind: 'power-on', vm: 'b' }),
      change(90, { kind: 'reset', vm: 'a' }),
      change(120, { kind: 'power-off', vm: 'a' }),
      change(121, { kind: 'set-memory', vm: 'a', memoryMib: 20 }),
      change(121, { kind: 'power-on', vm: 'a' }),
    ];
    const world = scenario([linux('a', { workload: 'spec95', memoryMib: 24 })], {
      shareScanVm: 500,
      shareScanTotal: 1000,
    });
    const { ours, theirs } = together(world, 165, commands, 11);
    const { images } = ours.registry;
    for (const word of ['own:a', 'own:b', 'system:linux-24']) expect(images.has(word), word).toBe(true);
    expect(new Set(images.values()).size).toBe(images.size);
    // No page of one image equals one of another.
    for (const { mappers, machine } of theirs.memory.table.shares) {
      if (machine.isZero) continue;
      const held = new Set([...mappers].map(({ holds }) => holds >>> 24));
      expect(held.size).toBe(1);
    }
  }, 60_000);

  test('a host of more than 4 GiB: pages that devices use often change places with others', () => {
    const world = scenario([linux('a', { workload: 'dbench' }), linux('b', { workload: 'dbench' })], {
      hotIoCopies: 2,
    });
    const large = { ...world, host: { ...world.host, memoryMib: 4200, consoleMib: 4058, swapMib: 0 } };
    const { theirs } = together(large, 50, [], 25);
    expect(theirs.memory.bounceCopies).toBeGreaterThan(1000);
    expect(theirs.memory.pagesRemapped).toBeGreaterThan(10);
  }, 60_000);

  test('hashes of 8 bits: many false matches, and never two contents on one page', () => {
    const world = scenario([linux('a'), linux('b')], {
      shareScanVm: 500,
      shareScanTotal: 1000,
      shareHashBits: 8,
    });
    const { theirs } = together(world, 30, [], 3);
    expect(theirs.memory.falseMatches).toBeGreaterThan(1000);
    // What each guest wrote is what each guest still reads.
    const held = new Map<number, Set<number>>();
    for (const { pages } of theirs.host.vms.values())
      for (const { share, holds } of pages) {
        if (!share) continue;
        const ids = held.get(share.machine.number) ?? new Set();
        held.set(share.machine.number, ids.add(holds));
      }
    expect(held.size).toBeGreaterThan(0);
    for (const ids of held.values()) expect(ids.size).toBe(1);
  }, 60_000);
});
