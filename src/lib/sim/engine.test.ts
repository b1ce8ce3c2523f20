/** The engine in Node, with a clock that the test holds: pace, time travel, undo, rehearsal. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NS_PER_SECOND } from '#lib/units';
import type { Command, RunDocument, Scenario } from '#lib/world/schema';
import { COMPILE_MS, coreModule } from '../../../wasm/tests/core';
import { xxh3 } from '../../../wasm/tests/reference/xxh3';
import { Engine, type Surroundings } from './engine';
import type { MapRequest } from './protocol';

let core: WebAssembly.Module;
beforeAll(() => {
  core = coreModule('release');
}, COMPILE_MS);

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Wall time passes when the test says so; each look at the clock takes a little of it. */
class Place implements Surroundings {
  #ms = 0;
  #resting: (() => void)[] = [];

  constructor(readonly lookMs = 0.02) {}

  now(): number {
    return (this.#ms += this.lookMs);
  }

  turn(): Promise<void> {
    return nextTurn();
  }

  rest(): Promise<void> {
    return new Promise((resolve) => this.#resting.push(resolve));
  }

  async module(): Promise<WebAssembly.Module> {
    return core;
  }

  async pass(ms: number): Promise<void> {
    for (const end = this.#ms + ms; this.#ms < end;) {
      this.#ms += 8;
      for (const wake of this.#resting.splice(0)) wake();
      await nextTurn();
      await nextTurn();
    }
  }
}

const scenario: Scenario = {
  v: 1,
  id: 'tried',
  seed: 3,
  durationSeconds: 300,
  host: { name: 'host', memoryMib: 160, consoleMib: 8, generation: '2.5', options: { overheadBaseMib: 2 } },
  vms: ['a', 'b'].map((name) => ({
    name,
    guest: 'linux-24' as const,
    workload: 'spec95' as const,
    memoryMib: 24,
    vcpus: 1,
    tools: true,
    powerOnAtSeconds: name === 'a' ? 0 : 5,
  })),
  timeline: [],
};
const document = (more: Partial<RunDocument> = {}): RunDocument => ({
  v: 1,
  scenario,
  seed: scenario.seed,
  commands: [],
  t: 0,
  view: {},
  ...more,
});

const s = (seconds: number) => Math.round(seconds * NS_PER_SECOND);
const write = (page: number): Command => ({ kind: 'write-page', vm: 'a', page });

let place: Place;
let engine: Engine;
beforeEach(async () => {
  place = new Place();
  engine = new Engine(place);
  expect((await engine.open(document())).kind).toBe('opened');
});

const timeOf = async (which: Engine): Promise<number> => (await which.read({})).timeNs;

/** The fingerprint of a fresh engine that goes straight to a moment. */
async function straightTo(timeNs: number, more: Partial<RunDocument> = {}): Promise<string> {
  const other = new Engine(new Place());
  await other.open(document(more));
  await other.seek(timeNs);
  expect(await timeOf(other)).toBe(timeNs);
  return other.fingerprint();
}

test('a world that only goes forward is the same at each later moment, and does not go back', async () => {
  const forward = new Engine(new Place());
  expect((await forward.open(document({ t: s(2) }), undefined, undefined, true)).kind).toBe('opened');
  await forward.seek(s(9));
  expect(await timeOf(forward)).toBe(s(9));
  expect(await forward.fingerprint()).toBe(await straightTo(s(9)));
  await expect(forward.seek(s(1))).rejects.toThrow('does not go back');
});

describe('pace', () => {
  test('simulated time follows wall time times speed, and stands when paused', async () => {
    await engine.setSpeed(10);
    await engine.play();
    await place.pass(1000);
    const reading = await engine.read({});
    expect(reading.playing).toBe(true);
    expect(reading.timeNs).toBeGreaterThan(s(9.5));
    expect(reading.timeNs).toBeLessThan(s(10.5));
    expect(reading.achievedSpeed).toBeGreaterThan(5);
    await engine.pause();
    const at = await timeOf(engine);
    await place.pass(500);
    expect(await timeOf(engine)).toBe(at);
    expect((await engine.read({})).achievedSpeed).toBe(0);
  });

  test('a glance is the clock and the map of the whole reading of that moment', async () => {
    const map: MapRequest = {
      order: 'machine',
      widthPx: 64,
      heightPx: 48,
      viewport: { x: 0, y: 0, k: 1 },
      cellPx: 4,
      palette: {
        paper: 1,
        lands: [2, 3, 4, 5, 6, 7],
        built: 8,
        overhead: 9,
        commons: 10,
        ink: 11,
        water: 12,
      },
      grid: { order: 4, columns: 1 },
    };
    await engine.setSpeed(Infinity);
    await engine.play();
    await place.pass(40);
    const { timeNs, playing, map: picture } = await engine.read({ map });
    expect(timeNs).toBeGreaterThan(0);
    expect(picture).not.toBeNull();
    expect(await engine.glance(map)).toEqual({ timeNs, playing, map: picture });
    expect((await engine.glance()).map).toBeNull();
  });

  test('what happened does not depend on it', async () => {
    const target = s(60);
    const expected = await straightTo(target);
    for (const [speed, lookMs] of [
      [3, 0.02],
      [47.3, 1],
      [4000, 0.3],
      [Infinity, 2.5],
    ] as const) {
      const here = new Place(lookMs);
      const paced = new Engine(here);
      await paced.open(document());
      await paced.setSpeed(speed);
      for (let n = 0; n < 3; n++) {
        await paced.play();
        await here.pass(40);
        await paced.pause();
      }
      const at = await timeOf(paced);
      expect(at).toBeGreaterThan(0);
      expect(await paced.fingerprint()).toBe(await straightTo(at));
      await paced.seek(target);
      expect(await paced.fingerprint()).toBe(expected);
    }
  });

  test('a hidden world waits, and nothing bursts when it is seen again', async () => {
    await engine.setSpeed(10);
    await engine.play();
    await place.pass(200);
    await engine.setVisible(false);
    await place.pass(50);
    const at = await timeOf(engine);
    await place.pass(5000);
    expect(await timeOf(engine)).toBe(at);
    await engine.setVisible(true);
    await place.pass(100);
    expect((await timeOf(engine)) - at).toBeLessThan(s(2.5));
    expect((await timeOf(engine)) - at).toBeGreaterThan(0);
    await engine.pause();
  });

  test('play stops at the end of the run', async () => {
    await engine.setSpeed(Infinity);
    await engine.play();
    for (let n = 0; n < 200 && (await engine.read({})).playing; n++) await place.pass(20);
    const reading = await engine.read({});
    expect(reading.playing).toBe(false);
    expect(reading.timeNs).toBe(s(300));
    await engine.play();
    expect((await engine.read({})).playing).toBe(false);
  });

  test('a command given while it plays happens at that moment, and is in the document', async () => {
    await engine.setSpeed(20);
    await engine.play();
    await place.pass(500);
    expect((await engine.do(write(3))).kind).toBe('accepted');
    await place.pass(300);
    await engine.pause();
    const run = await engine.document();
    expect(run.commands).toHaveLength(1);
    expect(run.t).toBeGreaterThan(run.commands[0]!.timeNs);
    expect(await engine.fingerprint()).toBe(await straightTo(run.t, { commands: run.commands }));
  });
});

describe('time is a control', () => {
  test('any moment, back and forth, is the same as going there straight', async () => {
    for (const seconds of [50, 20, 20.05, 0, 3, 49.999]) {
      await engine.seek(s(seconds));
      expect(await timeOf(engine)).toBe(s(seconds));
      expect(await engine.fingerprint()).toBe(await straightTo(s(seconds)));
    }
    expect((await engine.read({})).reachedNs).toBe(s(50));
    await engine.seek(s(9999));
    expect(await timeOf(engine)).toBe(s(300));
    await engine.seek(-5);
    expect(await timeOf(engine)).toBe(0);
  });

  test('a tick is 100 ms, a second is a second; both end on the grid', async () => {
    await engine.seek(s(10.03));
    await engine.step('tick');
    expect(await timeOf(engine)).toBe(s(10.1));
    await engine.step('tick');
    expect(await timeOf(engine)).toBe(s(10.2));
    await engine.step('second');
    expect(await timeOf(engine)).toBe(s(11));
    expect(await engine.fingerprint()).toBe(await straightTo(s(11)));
  });

  test('one event a step: none is passed over, and nothing happens between', async () => {
    await engine.seek(s(30));
    const from = (await engine.read({})).eventCount;
    const times: number[] = [];
    for (let n = 0; n < 60; n++) {
      const before = await engine.read({});
      await engine.step('event');
      const after = await engine.read({ events: { count: 50 } });
      const fresh = after.events.filter(({ sequence }) => sequence > before.eventCount);
      expect(after.eventCount).toBeGreaterThan(before.eventCount);
      expect(fresh).toHaveLength(after.eventCount - before.eventCount);
      // A page that is copied and the share that ends by it are one happening; else it is one event.
      expect(new Set(fresh.map(({ timeNs }) => timeNs))).toEqual(new Set([after.timeNs]));
      if (fresh.every(({ kind }) => kind === 'page-hinted' || kind === 'page-shared'))
        expect(fresh).toHaveLength(1);
      times.push(after.timeNs);
    }
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const end = await engine.read({ events: { count: 1e6 } });
    const sequences = end.events.map(({ sequence }) => sequence).filter((sequence) => sequence > from);
    expect(sequences).toEqual(Array.from({ length: end.eventCount - from }, (_, i) => end.eventCount - i));
    await engine.seek(s(40));
    expect(await engine.fingerprint()).toBe(await straightTo(s(40)));
  });

  test('just before an event it has not happened; one step on it has', async () => {
    await engine.seek(s(60));
    const { events } = await engine.read({ events: { count: 1, kinds: ['guest-booted'] } });
    const [booted] = events;
    await engine.seekBefore(booted!.sequence);
    const before = await engine.read({});
    expect(before.timeNs).toBe(booted!.timeNs - 1);
    expect(before.eventCount).toBeLessThan(booted!.sequence);
    let after = before;
    while (after.eventCount < booted!.sequence) {
      await engine.step('event');
      after = await engine.read({ events: { count: 20 } });
    }
    expect(after.timeNs).toBe(booted!.timeNs);
    expect(after.events.find(({ sequence }) => sequence === booted!.sequence)).toEqual(booted);
  });

  test('history has one point a second, however time was moved', async () => {
    for (let n = 0; n < 30; n++) await engine.step('event');
    await engine.seek(s(12));
    await engine.do(write(1));
    await engine.seek(s(30));
    await engine.undo();
    await engine.seek(s(7));
    await engine.seek(s(33.5));
    const { series } = await engine.read({ series: { points: 1000 } });
    expect(series.map(({ timeNs }) => timeNs)).toEqual(Array.from({ length: 34 }, (_, i) => s(i)));
    const other = new Engine(new Place());
    await other.open(document());
    await other.seek(s(33.5));
    expect(series).toEqual((await other.read({ series: { points: 1000 } })).series);
  });

  test('acting in the past forgets the commands that came after', async () => {
    await engine.seek(s(20));
    await engine.do(write(1));
    await engine.seek(s(25));
    await engine.do(write(2));
    await engine.seek(s(22));
    await engine.do(write(3));
    const { commands } = await engine.document();
    expect(commands.map(({ command }) => command)).toEqual([write(1), write(3)]);
    await engine.seek(s(40));
    expect(await engine.fingerprint()).toBe(await straightTo(s(40), { commands }));
  });

  test('a run is its document: opened elsewhere it is the same moment', async () => {
    await engine.seek(s(44));
    await engine.do({ kind: 'power-off', vm: 'b' });
    await engine.do({ kind: 'clone-vm', vm: 'b', name: 'c' });
    await engine.do({ kind: 'power-on', vm: 'c' });
    await engine.seek(s(61.7));
    const saved = JSON.parse(JSON.stringify(await engine.document())) as RunDocument;
    const other = new Engine(new Place());
    const opened = await other.open(saved);
    expect(opened).toEqual({ kind: 'opened', fingerprint: await engine.fingerprint() });
    const request = { audit: true, events: { count: 100 }, series: { points: 500 } };
    const [ours, theirs] = [await engine.read(request), await other.read(request)];
    expect(theirs.vms).toEqual(ours.vms);
    expect(theirs.host).toEqual(ours.host);
    expect(theirs.events).toEqual(ours.events);
    expect(theirs.series).toEqual(ours.series);
  });
});

describe('undo', () => {
  test('takes back the last command and keeps the present moment', async () => {
    await engine.seek(s(20));
    await engine.do(write(1));
    await engine.seek(s(30));
    await engine.do({ kind: 'set-option', option: 'shareScanVm', value: 900 });
    await engine.seek(s(50));
    expect((await engine.undo()).kind).toBe('accepted');
    expect(await timeOf(engine)).toBe(s(50));
    const one = [{ timeNs: s(20), command: write(1) }];
    expect(await engine.fingerprint()).toBe(await straightTo(s(50), { commands: one }));
    expect((await engine.undo()).kind).toBe('accepted');
    expect(await engine.fingerprint()).toBe(await straightTo(s(50)));
    expect(await engine.undo()).toEqual({ kind: 'refused', reason: 'nothing-to-undo', args: {} });
  });

  test('a playing world goes on playing', async () => {
    await engine.setSpeed(10);
    await engine.play();
    await place.pass(300);
    await engine.do(write(1));
    await engine.undo();
    expect((await engine.read({})).playing).toBe(true);
    await engine.pause();
  });
});

describe('rehearsal', () => {
  test('tells what would become of it, and leaves the world as it was', async () => {
    await engine.seek(s(45));
    const before = await engine.fingerprint();
    const steps = [
      { kind: 'do' as const, command: { kind: 'power-off', vm: 'b' } as Command },
      { kind: 'do' as const, command: { kind: 'power-off', vm: 'nobody' } as Command },
      { kind: 'run' as const, seconds: 20 },
    ];
    const { receipts, reading } = await engine.rehearse(steps, { audit: true });
    expect(receipts.map(({ kind }) => kind)).toEqual(['accepted', 'refused']);
    expect(reading.timeNs).toBe(s(65));
    expect(reading.host.audit?.agrees).toBe(true);
    expect(await engine.fingerprint()).toBe(before);
    expect((await engine.document()).commands).toEqual([]);

    await engine.do(steps[0]!.command!);
    await engine.seek(s(65));
    const done = await engine.read({});
    expect(done.vms).toEqual(reading.vms);
    expect(done.host.ledger).toEqual(reading.host.ledger);
    expect(done.host.sharing).toEqual(reading.host.sharing);
  });
});

describe('what it shows is so', () => {
  test('the ledger sums to the page, and each VM to its own', async () => {
    for (const seconds of [0, 7, 45, 200]) {
      await engine.seek(s(seconds));
      const { host, vms } = await engine.read({ audit: true });
      const { total, ...parts } = host.ledger;
      expect(Object.values(parts).reduce((sum, pages) => sum + pages, 0)).toBe(total);
      expect(host.audit).toEqual({ agrees: true, differences: 0 });
      const sum = (of: (vm: (typeof vms)[number]) => number) => vms.reduce((all, vm) => all + of(vm), 0);
      expect(sum((vm) => vm.private)).toBe(host.ledger.private);
      expect(sum((vm) => vm.shared)).toBe(host.sharing.shared);
      expect(sum((vm) => vm.overhead)).toBe(host.ledger.overhead);
      expect(host.sharing.reclaimed).toBe(host.sharing.shared - host.ledger.sharedCopies);
    }
  });

  test('a page’s hash is that of the bytes it shows; its twin has the same bytes', async () => {
    await engine.seek(s(60));
    const ref = { vm: 1, page: 40 };
    const detail = await engine.inspect(ref);
    expect(detail.bytes).toHaveLength(4096);
    expect(detail.hash).toBe(xxh3(detail.bytes!).toString(16).padStart(16, '0'));
    const twin = await engine.findTwin(ref);
    if (twin) expect((await engine.compare(ref, twin)).equalBytes).toBe(4096);
    const other = await engine.compare(ref, { vm: 1, page: 41 });
    expect(other.equalBytes).toBeLessThan(4096);
    expect(other.firstDifference).toBeGreaterThanOrEqual(0);
    expect(twin !== null || detail.ownerCount > 1).toBe(true);
  });

  test('what cannot be is refused with a reason', async () => {
    expect(await engine.open(document({ scenario: 'no-such-world' }))).toMatchObject({
      kind: 'refused',
      reason: 'unknown-scenario',
    });
    const small = { ...scenario, host: { ...scenario.host, memoryMib: 16 } };
    expect(await engine.open(document({ scenario: small }))).toMatchObject({
      kind: 'refused',
      reason: 'host-memory-too-small',
    });
    const twice = { ...scenario, vms: [scenario.vms[0]!, scenario.vms[0]!] };
    expect(await engine.open(document({ scenario: twice }))).toMatchObject({
      kind: 'refused',
      reason: 'name-taken',
    });
  });
});
