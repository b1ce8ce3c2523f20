/** The edges of the tables: counts beyond 16 bits, a full frame table, a full host, the largest host. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Field, VmColumn } from '../../src/lib/core/core';
import { EventLog } from '../../src/lib/sim/event-log';
import { RefusedWorld, World } from '../../src/lib/sim/world';
import type { HostSpec, Scenario, VmSpec } from '../../src/lib/world/schema';
import { HostState } from '../shared/columns';
import { EVENT_RING_RECORDS } from '../shared/limits';
import { COMPILE_MS, coreModule } from './core';
import { advanceTo, loadsNothing, SECOND } from './worlds';

let debug: WebAssembly.Module;
let release: WebAssembly.Module;

beforeAll(() => {
  debug = coreModule('debug');
  release = coreModule('release');
}, COMPILE_MS);

const QUIET = { overheadBaseMib: 2, overheadGibMib: 0, shareEnabled: 0 };

function open(
  module: WebAssembly.Module,
  host: Partial<HostSpec> & { memoryMib: number },
  vms: Partial<VmSpec>[],
): World {
  const scenario: Scenario = {
    v: 1,
    id: 'edge',
    seed: 1,
    durationSeconds: 100,
    host: { name: 'host', consoleMib: 4, generation: '2.5', options: QUIET, ...host },
    vms: vms.map((vm, i) => ({
      name: `vm-${i + 1}`,
      guest: 'linux-24',
      workload: 'idle',
      memoryMib: 16,
      vcpus: 1,
      tools: true,
      powerOnAtSeconds: 0,
      ...vm,
    })),
    timeline: [],
  };
  return new World(module, scenario, 1, []);
}

describe('a count of more than 16 bits', () => {
  test('131,072 pages of zeros on one machine page, counted exactly all the way up and down', () => {
    const world = open(debug, { memoryMib: 700 }, [{ guest: 'windows-2000', memoryMib: 512 }]);
    const { core } = world;
    loadsNothing(core, 1);
    advanceTo(world, 10 * SECOND);
    const pages = core.vm(1, VmColumn.allocatedPages);
    expect(pages).toBeGreaterThan(130_000);
    for (let page = 0; page < pages; page++) core.x.scanPage(1, page);
    const zeros = core.backing(1, 0)!;
    expect(core.x.sharers(zeros) >>> 0).toBe(pages);
    expect(core.field(Field.sharedGuestPages)).toBe(pages);
    expect(core.field(Field.sharedCopies)).toBe(1);
    expect(core.x.audit()).toBe(0);

    for (let page = 0, left = pages; page < 70_000; page++) {
      core.x.writePage(1, page);
      left--;
      // Each single one round the boundary of 16 bits, now and then elsewhere.
      if (Math.abs(left - 65_535) < 5 || page % 5000 === 0) expect(core.x.sharers(zeros) >>> 0).toBe(left);
    }
    expect(pages - 70_000).toBeLessThan(65_535);
    expect(core.x.audit()).toBe(0);
    expect(core.x.powerOff(1)).toBe(0);
    expect(core.field(Field.freePages)).toBe((700 - 4 - 24) * 256);
    expect(core.x.audit()).toBe(0);
  }, 60_000);
});

describe('a host that its overheads would fill', () => {
  const filled = (memoryMib: number) =>
    open(
      debug,
      { memoryMib, options: { ...QUIET, overheadBaseMib: 8 } },
      ['a', 'b'].map((name) => ({ name, guest: 'linux-24' as const, minMib: 0, powerOnAtSeconds: null })),
    );
  const both = (world: World) =>
    ['a', 'b']
      .map((vm) => world.apply({ kind: 'power-on', vm }))
      .map((receipt) => (receipt.kind === 'refused' ? receipt.reason : 'on'));

  test('takes no VM that would be left without a page, though it is guaranteed none', () => {
    expect(both(filled(4 + 24 + 16))).toEqual(['on', 'not-enough-memory']);
  });

  test('takes both when a megabyte is left, and they take turns with it', () => {
    const world = filled(4 + 24 + 17);
    expect(both(world)).toEqual(['on', 'on']);
    advanceTo(world, 3 * SECOND);
    expect(world.core.x.audit()).toBe(0);
    for (const vm of [1, 2]) expect(world.core.vm(vm, VmColumn.swapOuts)).toBeGreaterThan(0);
  });
});

describe('a full table', () => {
  test('of frames gives up its hints; no page is lost and nothing shared is forgotten', () => {
    const world = open(debug, { memoryMib: 100 }, [{ memoryMib: 64 }]);
    const { core } = world;
    advanceTo(world, 0);
    const capacity = 2 * ((100 * 256) / 5);
    const pages = 64 * 256;
    for (let page = 0; page < pages; page++) core.x.writePage(1, page);
    const bytes = [5, 7000, pages - 1].map((page) => core.bytes(core.backing(1, page)!));
    for (let page = 0; page < pages; page++) {
      core.x.scanPage(1, page);
      if (page % 1000 === 0) expect(core.x.audit()).toBe(0);
    }
    expect(core.field(Field.hints)).toBe(capacity);
    expect(core.field(Field.scanned)).toBe(pages);
    expect(core.field(Field.privatePages)).toBe(pages);
    expect([5, 7000, pages - 1].map((page) => core.bytes(core.backing(1, page)!))).toEqual(bytes);
    expect(core.x.audit()).toBe(0);
  }, 60_000);
});

describe('the event ring', () => {
  test('loses nothing of the busiest step there is: the largest guest clears its memory, each first touch told', () => {
    const { core } = open(release, { memoryMib: 4096, options: { ...QUIET, traceTouches: 1 } }, [
      { guest: 'windows-2000', memoryMib: 3600, workload: 'boot-only' },
    ]);
    expect(core.x.powerOn(1)).toBe(0);
    const log = new EventLog();
    for (let timeNs = 0; timeNs < 100 * SECOND;) {
      core.x.run(BigInt(100 * SECOND), 2048, BigInt(log.drained));
      const from = log.drain(core);
      expect(log.last - from + 1).toBeLessThanOrEqual(EVENT_RING_RECORDS);
      timeNs = core.field(Field.timeNs);
    }
    const touched = log.newest(log.last, { count: 1e9, kinds: new Set(['page-touched']) });
    expect(core.vm(1, VmColumn.allocatedPages)).toBe(3600 * 256);
    expect(touched).toHaveLength(3600 * 256);
    expect(new Set(touched.map(({ a }) => a)).size).toBe(3600 * 256);
  }, 60_000);
});

describe('a full host', () => {
  test('is not low for long: who has shared all its pages is not asked for more, the others are', () => {
    // Guests that only clear their memory: within seconds each page of some of them is shared.
    const windows = { guest: 'windows-2000', memoryMib: 96, tools: false } as const;
    const vms = ['a', 'b', 'c', 'd'].map((name) => ({ ...windows, name }));
    const host = { memoryMib: 280, swapMib: 1024, options: { ...QUIET, shareEnabled: 1 } };
    const world = open(debug, host, vms);
    const { core } = world;
    for (const vm of [1, 2, 3, 4]) loadsNothing(core, vm);
    let [low, longest] = [0, 0];
    for (let at = 0.1; at <= 60; at += 0.1) {
      advanceTo(world, Math.round(at * SECOND));
      low = core.field(Field.hostState) === HostState.low ? low + 0.1 : 0;
      longest = Math.max(longest, low);
    }
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(5);
    expect(core.field(Field.sharedBeforeSwap)).toBeGreaterThan(90 * 256);
    expect(core.vm(4, VmColumn.allocatedPages)).toBe(96 * 256);
  });

  test('the last sharer of a page writes when not one machine page is free', () => {
    // 2 + 24 for the host, 16 + 2 for the VM: nothing over, and no swap file to make room with.
    const world = open(debug, { memoryMib: 44, consoleMib: 2, swapMib: 0 }, [{ memoryMib: 16 }]);
    const { core } = world;
    advanceTo(world, 41 * SECOND);
    const pages = 16 * 256;
    for (let page = 0; page < pages; page++) if (core.backing(1, page) === null) core.x.writePage(1, page);
    expect(core.field(Field.freePages)).toBe(0);
    const ZERO = 3;
    const zeros = Array.from({ length: pages }, (_, page) => page).filter(
      (page) => core.x.guestPageClass(1, page) >> 8 === ZERO,
    );
    const [first, second] = zeros as [number, number];
    core.x.scanPage(1, first);
    core.x.scanPage(1, second);
    expect(core.field(Field.freePages)).toBe(1);
    expect(core.x.writePage(1, first)).toBe(0);
    expect(core.field(Field.freePages)).toBe(0);
    expect(core.x.writePage(1, second)).toBe(0);
    expect(core.field(Field.sharedCopies)).toBe(0);
    expect(core.field(Field.freePages)).toBe(0);
    expect(core.bytes(core.backing(1, first)!)).not.toEqual(core.bytes(core.backing(1, second)!));
    expect(core.x.audit()).toBe(0);
  });

  test('without a swap file a VM that does not fit is refused, to the page; the one that fits exactly is not', () => {
    const world = open(debug, { memoryMib: 62, consoleMib: 2, swapMib: 0 }, [
      { memoryMib: 16 },
      { memoryMib: 17, powerOnAtSeconds: null },
      { memoryMib: 16, powerOnAtSeconds: null },
    ]);
    advanceTo(world, 0);
    expect(world.apply({ kind: 'power-on', vm: 'vm-2' })).toMatchObject({
      kind: 'refused',
      reason: 'not-enough-memory',
      args: { neededMib: 19, freeMib: 18 },
    });
    expect(world.apply({ kind: 'power-on', vm: 'vm-3' }).kind).toBe('accepted');
    expect(world.core.x.unreservedPages()).toBe(0n);
  });

  test('min + overhead must fit in memory, to the page', () => {
    // 36 MiB for VMs; the first is promised 9 + 2.
    const world = open(debug, { memoryMib: 62, consoleMib: 2, swapMib: 100 }, [
      { memoryMib: 18 },
      { memoryMib: 30, minMib: 24, powerOnAtSeconds: null },
      { memoryMib: 30, minMib: 23, powerOnAtSeconds: null },
    ]);
    advanceTo(world, 0);
    expect(world.core.field(Field.reservedPages)).toBe(11 * 256);
    expect(world.apply({ kind: 'power-on', vm: 'vm-2' })).toMatchObject({
      kind: 'refused',
      reason: 'not-enough-memory',
      args: { neededMib: 26, freeMib: 25 },
    });
    expect(world.apply({ kind: 'power-on', vm: 'vm-3' }).kind).toBe('accepted');
    expect(world.core.x.unreservedPages()).toBe(0n);
    // A guarantee may grow only by what is left: nothing.
    expect(world.apply({ kind: 'set-min', vm: 'vm-3', minMib: 24 })).toMatchObject({
      reason: 'not-enough-memory',
    });
    expect(world.apply({ kind: 'set-min', vm: 'vm-1', minMib: 8 }).kind).toBe('accepted');
    expect(world.apply({ kind: 'set-min', vm: 'vm-3', minMib: 24 }).kind).toBe('accepted');
    expect(world.core.x.audit()).toBe(0);
    for (const vm of ['vm-1', 'vm-3']) expect(world.apply({ kind: 'power-off', vm }).kind).toBe('accepted');
    expect(world.core.field(Field.reservedPages)).toBe(0);
    expect(world.core.field(Field.swapReservedPages)).toBe(0);
  });

  test('max − min must fit in the swap file, to the page', () => {
    const world = open(debug, { memoryMib: 100, consoleMib: 2, swapMib: 20 }, [
      { memoryMib: 16, minMib: 4 },
      { memoryMib: 16, minMib: 7, powerOnAtSeconds: null },
      { memoryMib: 16, minMib: 8, powerOnAtSeconds: null },
    ]);
    advanceTo(world, 0);
    expect(world.apply({ kind: 'power-on', vm: 'vm-2' })).toMatchObject({
      kind: 'refused',
      reason: 'not-enough-swap',
      args: { neededMib: 9, freeMib: 8 },
    });
    expect(world.apply({ kind: 'power-on', vm: 'vm-3' }).kind).toBe('accepted');
    expect(world.core.x.unreservedSwapPages()).toBe(0n);
    expect(world.apply({ kind: 'set-min', vm: 'vm-1', minMib: 3 })).toMatchObject({
      reason: 'not-enough-swap',
    });
    expect(world.core.x.audit()).toBe(0);
  });

  test('all that was promised is used at once: each page goes out and comes back with its bytes', () => {
    // 22 MiB for VMs of 16 each, 4 of them guaranteed; a page goes out for each page that comes in.
    const world = open(debug, { memoryMib: 50, consoleMib: 2, swapMib: 24 }, [
      { memoryMib: 16, minMib: 4, tools: false },
      { memoryMib: 16, minMib: 4, tools: false },
    ]);
    const { core } = world;
    advanceTo(world, 0);
    const pages = 16 * 256;
    const key = (vm: number, page: number) => core.x.contentKey(core.backing(vm, page)!);
    const keys = new Map<string, bigint>();
    for (const vm of [1, 2])
      for (let page = 0; page < pages; page++) {
        expect(core.x.writePage(vm, page)).toBe(0);
        keys.set(`${vm} ${page}`, key(vm, page));
      }
    expect(core.field(Field.freePages)).toBe(0);
    expect(core.field(Field.swapUsedPages)).toBe(2 * pages - (50 - 2 - 24 - 4) * 256);
    expect(core.x.audit()).toBe(0);
    // Written again the same pages are other pages; what was not written is what it was.
    for (let page = 0; page < pages; page += 3) {
      expect(core.x.writePage(2, page)).toBe(0);
      expect(keys.has(`2 ${page}`)).toBe(true);
      expect(key(2, page)).not.toBe(keys.get(`2 ${page}`));
      keys.set(`2 ${page}`, key(2, page));
    }
    let compared = 0;
    for (const [name, before] of keys) {
      const [vm, page] = name.split(' ').map(Number) as [number, number];
      if (core.backing(vm, page) === null) continue;
      compared++;
      expect(key(vm, page), name).toBe(before);
    }
    expect(compared).toBe((50 - 2 - 24 - 4) * 256);
    expect(core.field(Field.swappedOut) - core.field(Field.swappedIn)).toBe(core.field(Field.swapUsedPages));
    expect(core.field(Field.swappedIn)).toBeGreaterThan(500);
    expect(core.x.audit()).toBe(0);
  });

  test('the scanner rests when the last VM is gone, even taken off the host', () => {
    const options = { ...QUIET, shareEnabled: 1 };
    const world = open(debug, { memoryMib: 60, options }, [{}]);
    advanceTo(world, 2.505 * SECOND);
    const scanned = world.core.field(Field.scanned);
    expect(scanned).toBeGreaterThan(0);
    expect(world.apply({ kind: 'power-off', vm: 'vm-1' }).kind).toBe('accepted');
    expect(world.apply({ kind: 'remove-vm', vm: 'vm-1' }).kind).toBe('accepted');
    advanceTo(world, 10 * SECOND);
    expect(world.core.field(Field.scanned)).toBe(scanned);
    expect(world.core.x.audit()).toBe(0);
  });
});

describe('sizes', () => {
  test.each([1024, 8192, 65_536])(
    'at most 24 bytes a page on a host of %i MiB, its VMs and its swap file as large as it',
    (memoryMib) => {
      const vms: Partial<VmSpec>[] = [];
      for (let left = memoryMib; left > 0; left -= 3600)
        vms.push({ memoryMib: Math.min(3600, Math.max(16, left)), powerOnAtSeconds: null });
      const world = open(release, { memoryMib }, vms);
      const guestPages = vms.reduce((pages, vm) => pages + vm.memoryMib! * 256, 0);
      expect(guestPages).toBeGreaterThanOrEqual(memoryMib * 256);
      expect(world.core.x.stateBytes() / (memoryMib * 256)).toBeLessThanOrEqual(24);
    },
  );

  test('64 GiB lives: a VM boots at the far end of its tables and all adds up', () => {
    const world = open(release, { memoryMib: 65_536, options: { overheadBaseMib: 54 } }, [
      ...Array.from({ length: 17 }, () => ({ memoryMib: 3600, powerOnAtSeconds: null })),
      { memoryMib: 3600, guest: 'windows-2003' as const },
    ]);
    advanceTo(world, 95 * SECOND);
    expect(world.core.vm(18, VmColumn.allocatedPages)).toBe(3600 * 256);
    expect(world.core.x.audit()).toBe(0);
  }, 60_000);

  test('larger hosts, and hosts too small for their console, are refused', () => {
    const reason = (host: Partial<HostSpec> & { memoryMib: number }) => {
      try {
        open(release, host, []);
      } catch (error) {
        return error instanceof RefusedWorld ? error.reason : String(error);
      }
      return 'opened';
    };
    expect(reason({ memoryMib: 65_537 })).toBe('host-memory-too-large');
    expect(reason({ memoryMib: 28, consoleMib: 4 })).toBe('host-memory-too-small');
    expect(reason({ memoryMib: 29, consoleMib: 4 })).toBe('opened');
  });
});
