/** What a run remembers: its checkpoints, its events, its points. */
import { beforeAll, describe, expect, test } from 'vitest';
import { EVENT_BYTES, Field, type Core } from '#lib/core/core';
import type { Scenario } from '#lib/world/schema';
import { EventKind } from '#wasm/shared/events';
import { COMPILE_MS, coreModule } from '../../../wasm/tests/core';
import { Checkpoints } from './checkpoints';
import { EventLog, LOG_CAPACITY } from './event-log';
import { Series } from './series';
import { World } from './world';

let module: WebAssembly.Module;
beforeAll(() => {
  module = coreModule('release');
}, COMPILE_MS);

const SECOND = 1e9;
const scenario: Scenario = {
  v: 1,
  id: 'remembered',
  seed: 1,
  durationSeconds: 60,
  host: {
    name: 'host',
    memoryMib: 128,
    consoleMib: 4,
    generation: '2.5',
    options: { overheadBaseMib: 2, shareScanVm: 500 },
  },
  vms: [
    {
      name: 'a',
      guest: 'linux-24',
      workload: 'spec95',
      memoryMib: 32,
      vcpus: 1,
      tools: true,
      powerOnAtSeconds: 0,
    },
  ],
  timeline: [],
};

function open(): World {
  return new World(module, scenario, 1, []);
}

function to(world: World, seconds: number): bigint {
  while (world.advance(seconds * SECOND, world.core.field(Field.eventSequence)));
  return world.core.x.fingerprint();
}

/** Less than all of them would take. */
const BUDGET_BYTES = 1.5 * 2 ** 20;

describe('checkpoints', () => {
  test('keep to their budget, keep the first, and bring back exactly what was', () => {
    const world = open();
    const checkpoints = new Checkpoints<number>(BUDGET_BYTES);
    const there = new Map<number, bigint>();
    for (let seconds = 0; seconds <= 40; seconds += 2) {
      there.set(seconds, to(world, seconds));
      checkpoints.take(world.core, seconds);
      expect(checkpoints.bytes).toBeLessThanOrEqual(BUDGET_BYTES);
    }
    expect(checkpoints.count).toBeLessThan(21);
    expect(checkpoints.count).toBeGreaterThan(2);
    expect(checkpoints.before(0)!.meta).toBe(0);
    expect(checkpoints.last!.meta).toBe(40);
    const tried = new Set<number>();
    for (const seconds of [39, 1, 25, 12, 40, 0, 33, 7]) {
      const checkpoint = checkpoints.before(seconds * SECOND)!;
      checkpoints.restore(world.core, checkpoint);
      tried.add(checkpoint.meta);
      expect(world.core.x.fingerprint()).toBe(there.get(checkpoint.meta));
      expect(world.core.x.audit()).toBe(0);
    }
    expect(tried.size).toBeGreaterThan(3);
  });

  test('of a past that is taken again are the same', () => {
    const world = open();
    const checkpoints = new Checkpoints<string>(64 * 2 ** 20);
    // Its VM has been powered on: what follows needs no command.
    to(world, 1);
    checkpoints.take(world.core, 'start');
    to(world, 10);
    checkpoints.take(world.core, 'ten');
    checkpoints.restore(world.core, checkpoints.before(2 * SECOND)!);
    const five = to(world, 5);
    checkpoints.take(world.core, 'five');
    const ten = to(world, 10);
    checkpoints.restore(world.core, checkpoints.before(7 * SECOND)!);
    expect(world.core.x.fingerprint()).toBe(five);
    checkpoints.restore(world.core, checkpoints.before(10 * SECOND)!);
    expect(world.core.x.fingerprint()).toBe(ten);
    checkpoints.dropFrom(({ meta }) => meta === 'five');
    expect(checkpoints.count).toBe(1);
  });

  test('grow and shrink with the world: a VM added, powered on, removed', () => {
    const world = open();
    const checkpoints = new Checkpoints<string>(64 * 2 ** 20);
    const small = to(world, 3);
    checkpoints.take(world.core, 'small');
    const spec = { ...scenario.vms[0]!, name: 'b' };
    expect(world.apply({ kind: 'add-vm', spec }).kind).toBe('accepted');
    expect(world.apply({ kind: 'power-on', vm: 'b' }).kind).toBe('accepted');
    const large = to(world, 9);
    checkpoints.take(world.core, 'large');
    checkpoints.restore(world.core, checkpoints.before(3 * SECOND)!);
    expect(world.core.x.fingerprint()).toBe(small);
    checkpoints.restore(world.core, checkpoints.last!);
    expect(world.core.x.fingerprint()).toBe(large);
    expect(world.core.x.audit()).toBe(0);
  });
});

/** A core that has recorded `count` events, of which number n happened at n nanoseconds to page n. */
class Recorder {
  count = 0;

  get core(): Core {
    return {
      field: () => this.count,
      copyEvents: (from: number, to: number, target: Uint8Array) => {
        const view = new DataView(target.buffer);
        for (let next = from; next < to; next++) {
          const at = (next * EVENT_BYTES) % target.length;
          view.setBigUint64(at, BigInt(next + 1), true);
          view.setUint16(at + 8, next % 3 === 0 ? EventKind.pageShared : EventKind.pageHinted, true);
          view.setUint16(at + 12, 1 + (next % 2), true);
          view.setUint32(at + 16, next + 1, true);
        }
      },
    } as unknown as Core;
  }
}

describe('the event log', () => {
  function filled(count: number): { log: EventLog; recorder: Recorder } {
    const recorder = new Recorder();
    const log = new EventLog();
    for (; recorder.count < count;) {
      recorder.count = Math.min(count, recorder.count + 8000);
      log.drain(recorder.core);
    }
    return { log, recorder };
  }

  test('gives back each event, newest first, by kind, by VM, before a number', () => {
    const { log } = filled(20_000);
    expect(log.get(1)).toMatchObject({ sequence: 1, timeNs: 1, a: 1, kind: 'page-shared' });
    expect(log.get(20_000)?.a).toBe(20_000);
    expect(log.get(0)).toBeNull();
    expect(log.get(20_001)).toBeNull();
    expect(log.newest(20_000, { count: 3 }).map(({ a }) => a)).toEqual([20_000, 19_999, 19_998]);
    expect(log.newest(20_000, { count: 2, before: 100 }).map(({ a }) => a)).toEqual([99, 98]);
    const shared = log.newest(20_000, { count: 5, kinds: new Set(['page-shared']), vm: 2 });
    expect(shared.every(({ kind, vm }) => kind === 'page-shared' && vm === 2)).toBe(true);
    expect(shared).toHaveLength(5);
  });

  test('forgets the oldest when it is full, and says how many', () => {
    const { log } = filled(LOG_CAPACITY + 5000);
    expect(log.forgotten).toBe(5000);
    expect(log.get(5000)).toBeNull();
    expect(log.get(5001)?.a).toBe(5001);
    expect(log.get(LOG_CAPACITY + 5000)?.a).toBe(LOG_CAPACITY + 5000);
  });

  test('a future taken back does not bring back what it had written over', () => {
    const { log, recorder } = filled(LOG_CAPACITY + 5000);
    log.rewindTo(LOG_CAPACITY);
    log.truncate(LOG_CAPACITY);
    expect(log.last).toBe(LOG_CAPACITY);
    for (const sequence of [1, 5000]) expect(log.get(sequence)).toBeNull();
    expect(log.get(5001)?.a).toBe(5001);
    recorder.count = LOG_CAPACITY + 100;
    log.drain(recorder.core);
    expect(log.get(LOG_CAPACITY + 100)?.a).toBe(LOG_CAPACITY + 100);
    expect(log.forgotten).toBe(5000);
  });

  test('a replay stores nothing twice', () => {
    const { log, recorder } = filled(9000);
    log.rewindTo(2000);
    recorder.count = 5000;
    expect(log.drain(recorder.core)).toBeGreaterThan(5000);
    expect([log.last, log.drained]).toEqual([9000, 5000]);
    recorder.count = 9500;
    expect(log.drain(recorder.core)).toBe(9001);
    expect(log.get(9500)?.a).toBe(9500);
  });

  test('of a copy that starts in the middle knows only what follows', () => {
    const recorder = new Recorder();
    const log = new EventLog();
    log.startAt(70_000);
    recorder.count = 70_010;
    log.drain(recorder.core);
    expect(log.get(70_000)).toBeNull();
    expect(log.get(70_001)?.a).toBe(70_001);
    expect(log.newest(70_010, { count: 100 })).toHaveLength(10);
  });
});

describe('points of a series', () => {
  test('are at every interval, which grows with the run', () => {
    expect(new Series(1800 * SECOND).intervalNs).toBe(SECOND);
    expect(new Series(86_400 * SECOND).intervalNs).toBe(5 * SECOND);
    expect(new Series(31_536_000 * SECOND).intervalNs).toBe(1577 * SECOND);
  });

  test('a moment of which not all has happened is still to come', () => {
    const world = open();
    const series = new Series(60 * SECOND);
    expect(series.nextNs(0)).toBe(0);
    to(world, 0);
    series.sample(world.core, [1]);
    expect(series.nextNs(0)).toBe(SECOND);
    to(world, 1);
    expect(series.nextNs(SECOND)).toBe(SECOND);
    series.sample(world.core, [1]);
    series.sample(world.core, [1]);
    expect([series.length, series.nextNs(SECOND)]).toEqual([2, 2 * SECOND]);
    expect(series.readVm(1, 10 * SECOND, 100)).toHaveLength(2);
    series.truncate(SECOND);
    expect([series.length, series.nextNs(SECOND)]).toEqual([1, SECOND]);
  });

  test('thinned keep the last', () => {
    const world = open();
    const series = new Series(60 * SECOND);
    for (let seconds = 0; seconds <= 30; seconds++) {
      to(world, seconds);
      series.sample(world.core, [1]);
    }
    const points = series.read(30 * SECOND, 8);
    expect(points.length).toBeLessThanOrEqual(9);
    expect(points[0]!.timeNs).toBe(0);
    expect(points.at(-1)!.timeNs).toBe(30 * SECOND);
    expect(series.read(12.5 * SECOND, 1000).at(-1)!.timeNs).toBe(12 * SECOND);
    const { shared, allocated } = points.at(-1)!;
    expect(allocated).toBe(world.core.field(Field.privatePages) + shared);
    const [vm] = series.readVm(1, 30 * SECOND, 2).slice(-1);
    expect(vm).toMatchObject({ timeNs: 30 * SECOND, allocated, shared });
    // A VM that there is not has a line of nothing.
    expect(series.readVm(2, 30 * SECOND, 1000).every((point) => point.allocated === 0)).toBe(true);
  });
});
