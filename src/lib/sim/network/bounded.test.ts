/** However many frames a world moves, it takes no more memory: none of the core's, and none that the engine keeps. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { Run } from '#lib/sim/run';
import type { Bytes } from '#lib/units';
import { scenarioSchema } from '#lib/world/schema';
import { COMPILE_MS, coreModule } from '../../../../wasm/tests/core';
import { networkKit } from '.';

beforeAll(() => void coreModule('release'), COMPILE_MS);

const MS = 1e6;

/** Four servers send to four clients through one switch, from 0.8 s on, as fast as 1 Gbit/s goes: a million frame hops a second. */
function busy() {
  const of = (i: number) => `10.0.0.${i + 1}`;
  const stations = Array.from({ length: 8 }, (_, i) => ({
    name: `host-${i}`,
    link: { rateMbps: 1000 },
    network: {
      cards: [{ switch: 'Switch', address: `${of(i)}/24` }],
      roles: i % 2 ? {} : { httpServer: { objects: [{ path: '/file', bytes: 2_000_000_000 }] } },
    },
  }));
  const timeline = [0, 2, 4, 6].map((server) => ({
    timeNs: 800 * MS,
    command: {
      kind: 'start-job',
      machine: `host-${server + 1}`,
      job: { kind: 'download', host: of(server), path: '/file' },
    },
  }));
  const scenario = v.parse(scenarioSchema, {
    v: 1,
    id: 'busy',
    seed: 1,
    durationSeconds: 60,
    host: { name: 'host', memoryMib: 64, consoleMib: 4 },
    vms: [],
    timeline,
    network: { physicalSwitches: [{ name: 'Switch' }], stations },
  });
  const document = { v: 1 as const, scenario, seed: 1, commands: [], t: 0, view: {} };
  const run = new Run(coreModule('release'), document, scenario, () => 0, 0, networkKit);
  run.world.network!.wire.listen();
  return run;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that JavaScript still holds when all that nobody holds is gone: objects, and buffers but for the core's memory. */
function held(run: Run): Bytes {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers - run.world.core.x.memory.buffer.byteLength;
}

/** Goes on in slices, as the engine does. @returns frame hops, and the bytes that are held for them */
function go(run: Run, toNs: number, eachSlice = () => {}): { hops: number; bytes: Bytes } {
  const { net } = run.world.network!;
  const hopsBefore = net.hops;
  const before = held(run);
  while (run.advance(toNs, 512)) eachSlice();
  return { hops: net.hops - hopsBefore, bytes: held(run) - before };
}

/** What is kept may grow by a byte for each frame hop of the longer stretch: in that nothing of a frame can be kept. */
const SLACK: Bytes = 256 * 1024;

describe('a world goes on and on', () => {
  // One world, which goes on from test to test.
  let run: Run;
  beforeAll(() => void (run = busy()));

  it('what has moved is looked at every second: together as much as the ports have counted', () => {
    const { net, rates } = run.world.network!;
    const moved = new Map<number, [sent: Bytes, received: Bytes]>();
    for (const at of [0, 1000, 1100]) {
      go(run, at * MS);
      // What the run itself has taken at a whole second is in its rates.
      const { between, since } = rates.remember();
      const { ports, bytes } = at === 1100 ? since : between;
      ports.forEach((port, i) => {
        const [sent, received] = moved.get(port) ?? [0, 0];
        moved.set(port, [sent + bytes[2 * i]!, received + bytes[2 * i + 1]!]);
      });
    }
    const counted = net.ports().filter(({ txBytes, rxBytes }) => txBytes + rxBytes > 0);
    expect(counted.length).toBe(16);
    expect(moved.size).toBe(16);
    for (const { port, txBytes, rxBytes } of counted) expect(moved.get(port)).toEqual([txBytes, rxBytes]);
  });

  it('the newest frames are there, and have their numbers, whether somebody asks all the time or never', () => {
    const { wire } = run.world.network!;
    const twin = busy();
    const asked = twin.world.network!.wire;
    let slices = 0;
    go(twin, 1100 * MS, () => void (++slices % 16 || asked.last));
    expect(slices).toBeGreaterThan(160);
    expect(asked.last).toBeGreaterThan(500_000);
    expect(wire.last).toBe(asked.last);
    const [mine, its] = [wire, asked].map((log) => log.read({ count: 5000 }));
    expect(mine!.map(({ number, timeNs, frame, port }) => [number, timeNs, frame, port])).toEqual(
      its!.map(({ number, timeNs, frame, port }) => [number, timeNs, frame, port]),
    );
    expect(
      Buffer.concat(mine!.map(({ bytes }) => bytes)).equals(Buffer.concat(its!.map(({ bytes }) => bytes))),
    ).toBe(true);
  });

  it('ten times as many frames take no more of the core’s memory, and the engine keeps no more', () => {
    const { core, network } = run.world;
    const { net, wire } = network!;
    const size = () => [core.x.memory.buffer.byteLength, core.x.stateBytes()];
    const kept = () => wire.remember().pieces.reduce((sum, piece) => sum + piece.length, 0);
    const before = size();
    const few = go(run, 1130 * MS);
    const keptOfFew = kept();
    const many = go(run, 1430 * MS);

    expect(few.hops).toBeGreaterThan(25_000);
    expect(many.hops).toBeGreaterThan(9.5 * few.hops);
    expect(size()).toEqual(before);
    expect(few.bytes).toBeLessThan(SLACK);
    expect(many.bytes).toBeLessThan(SLACK);
    expect(wire.read({ count: 5000 }).length).toBe(2000);
    // Two thousand of the shortest or of the longest frames, and what else lies in the piece of the oldest.
    for (const bytes of [keptOfFew, kept()]) {
      expect(bytes).toBeGreaterThan(2000 * 100);
      expect(bytes).toBeLessThan(2001 * 1560 + 65_536);
    }
    expect(net.audit()).toBe(0);
  });

  it('a number kept of each frame would be seen', () => {
    const { net } = run.world.network!;
    const from = net.hops;
    const leak: number[] = [];
    const { bytes } = go(run, 1530 * MS, () => {
      while (from + leak.length < net.hops) leak.push(from);
    });
    expect(bytes).toBeGreaterThan(SLACK);
    expect(leak.length).toBeGreaterThan(90_000);
  });
});
