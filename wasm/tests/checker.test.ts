/**
 * The core against a second model of the same mechanisms (reference/checker): the same machine page behind each guest
 * page, the same counts, classes, events and bytes, at every second.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { Field } from '../../src/lib/core/core';
import { World } from '../../src/lib/sim/world';
import type { Scenario, TimedCommand, VmSpec } from '../../src/lib/world/schema';
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
  powerOnAtSeconds: 0,
  ...more,
});

const scenario = (vms: VmSpec[], options: Scenario['host']['options'] = {}, memoryMib = 512): Scenario => ({
  v: 1,
  id: 'checked',
  seed: 7,
  durationSeconds: 600,
  host: { name: 'host', memoryMib, consoleMib: 192, options: { overheadBaseMib: 2, ...options } },
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
    eventsFrom = theirs.events.length;
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

describe('core and checker agree', () => {
  test('one Linux guest from boot into its steady state, scanned fast', () => {
    const { theirs } = together(scenario([linux('a')], { shareScanVm: 100, shareScanTotal: 1000 }), 60);
    expect(theirs.table.shares.length).toBeGreaterThan(0);
    expect(theirs.copyOnWriteBreaks).toBeGreaterThan(0);
    expect(theirs.staleHints).toBeGreaterThan(0);
  }, 60_000);

  test('three guests, two of one disk and application, busy: shares grow, break and end', () => {
    const vms = [
      linux('a', { workload: 'spec95' }),
      linux('b', { workload: 'spec95', powerOnAtSeconds: 3.05 }),
      linux('c', { image: 'other', workload: 'spec95' }),
    ];
    const { theirs } = together(scenario(vms, { shareScanVm: 400, shareScanTotal: 1200 }), 50);
    expect(theirs.table.shares.some(({ mappers }) => mappers.size > 3)).toBe(true);
    const kinds = new Set(theirs.events.map(({ kind }) => kind));
    for (const kind of [4 + 1, 6, 7, 8, 10, 11]) expect(kinds).toContain(kind);
  }, 60_000);
});
