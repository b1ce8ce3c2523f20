import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloneSeconds, costsOf, refusals, type MetalServer } from './convert';
import { breaksOf, groupsOf, schedule, type Move } from './plan';

const move = (id: string, needs: string[] = [], seconds = 10): Move => ({
  id,
  needs,
  seconds,
});

describe('one server', () => {
  const list = {
    nics: ['e100'],
    controllers: ['PERC 4'],
    systems: ['Windows 2003'],
  };
  const server: MetalServer = {
    id: 'a',
    system: 'Windows 2003',
    nic: 'e100',
    nicRate: 100e6,
    controller: 'PERC 4',
    disks: [{ capacity: 1_460_000_000 }, { capacity: 1_460_000_000 }],
  };

  it('is refused for any one part that is off the list', () => {
    expect(refusals(server, list)).toEqual([]);
    expect(refusals({ ...server, nic: 'tulip' }, list)).toEqual([{ part: 'nic', name: 'tulip' }]);
    expect(refusals({ ...server, system: 'NT 3.51', controller: 'x' }, list)).toEqual([
      { part: 'controller', name: 'x' },
      { part: 'system', name: 'NT 3.51' },
    ]);
  });

  it('is copied whole, at the speed of the slower card', () => {
    // 2,000,000 full frames of 1,538 bytes.
    expect(cloneSeconds(server, 1e9)).toBeCloseTo((2e6 * 1538 * 8) / 100e6, 9);
    expect(cloneSeconds({ ...server, nicRate: 1e9 }, 10e6)).toBeCloseTo((2e6 * 1538 * 8) / 10e6, 9);
  });

  it('is cheaper to install anew until enough of it is undocumented', () => {
    const inputs = {
      hourPrice: 80,
      licencePrice: 200,
      downHourPrice: 50,
      convertHours: 6,
      installHours: 8,
      discoverHours: 4,
      staleServices: 0,
      switchHours: 1,
    };
    const none = costsOf(inputs, 7200);
    expect(none.convert).toEqual({
      hours: 6,
      downHours: 2,
      licences: 1,
      total: 780,
    });
    expect(none.install).toEqual({
      hours: 8,
      downHours: 1,
      licences: 0,
      total: 690,
    });
    expect(costsOf({ ...inputs, staleServices: 1 }, 7200).install.total).toBe(1010);
  });
});

describe('a plan', () => {
  it('goes by waves, and names a circle', () => {
    const park = [
      move('web', ['db', 'dns']),
      move('db', ['dir']),
      move('dir', ['dns']),
      move('dns', ['dir']),
    ];
    const { groups } = groupsOf(park);
    expect(groups.map(({ members, wave }) => [members, wave])).toEqual([
      [['dir', 'dns'], 0],
      [['db'], 1],
      [['web'], 2],
    ]);
    expect(groups[0]!.circle).toEqual(['dir', 'dns', 'dir']);
    expect(groups[1]!.circle).toEqual([]);
  });

  it('says which need names nobody', () => {
    expect(groupsOf([move('a', ['b'])]).unknown).toEqual([{ id: 'a', needs: 'b' }]);
  });

  it('starts a new window for what no longer fits', () => {
    const { slots, windows } = schedule([move('a', [], 60), move('b', [], 50), move('c', ['a'], 50)], 100);
    expect(slots.map(({ id, window, from, to }) => [id, window, from, to])).toEqual([
      ['a', 0, 0, 60],
      ['b', 1, 0, 50],
      ['c', 1, 50, 100],
    ]);
    expect(windows).toBe(2);
  });

  it('leaves a group longer than a window, and all that needs it', () => {
    const found = schedule([move('a', ['b'], 60), move('b', ['a'], 60), move('c', ['a']), move('d')], 100);
    expect(found.tooLong.map(({ members }) => members)).toEqual([['a', 'b']]);
    expect(found.left).toEqual(['c']);
    expect(found.slots.map(({ id }) => id)).toEqual(['d']);
  });

  it('says what an order of one’s own breaks', () => {
    const park = [move('web', ['db']), move('db'), move('x', ['y']), move('y', ['x'])];
    expect(breaksOf(park, ['web', 'db', 'x', 'y'])).toEqual([{ id: 'web', needs: 'db' }]);
    expect(breaksOf(park, ['y', 'x', 'db', 'web'])).toEqual([]);
  });

  const parks = fc.integer({ min: 1, max: 30 }).chain((n) =>
    fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 2 * n }).map((arrows): Move[] =>
      Array.from({ length: n }, (_, at) =>
        move(
          `s${at}`,
          arrows.filter(([from]) => from === at).map(([, to]) => `s${to}`),
          1 + (at % 7),
        ),
      ),
    ),
  );

  /** Everything that a server needs, however far away: by walking, not by components. */
  const reached = (park: readonly Move[], id: string): Set<string> => {
    const seen = new Set<string>();
    const walk = (at: string) => {
      for (const need of park.find((other) => other.id === at)!.needs)
        if (!seen.has(need)) {
          seen.add(need);
          walk(need);
        }
    };
    walk(id);
    return seen;
  };

  it('of any park: groups are just the circles, and moved in their order nothing breaks', () => {
    fc.assert(
      fc.property(parks, (park) => {
        const { groups } = groupsOf(park);
        const groupOf = new Map(groups.flatMap((group) => group.members.map((id) => [id, group] as const)));
        expect(groupOf.size).toBe(park.length);
        for (const a of park)
          for (const b of park)
            expect(groupOf.get(a.id) === groupOf.get(b.id)).toBe(
              a.id === b.id || (reached(park, a.id).has(b.id) && reached(park, b.id).has(a.id)),
            );
        expect(
          breaksOf(
            park,
            groups.flatMap(({ members }) => members),
          ),
        ).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('of any park: each copy once, one at a time, inside its window, never before what it needs', () => {
    fc.assert(
      fc.property(parks, fc.integer({ min: 1, max: 60 }), (park, window) => {
        const { slots, tooLong, left } = schedule(park, window);
        const away = [...tooLong.flatMap(({ members }) => members), ...left];
        expect([...slots.map(({ id }) => id), ...away].sort()).toEqual(park.map(({ id }) => id).sort());
        for (const [at, slot] of slots.entries()) {
          expect(slot.to).toBeLessThanOrEqual(window);
          const before = slots[at - 1];
          if (before && before.window === slot.window) expect(slot.from).toBe(before.to);
        }
        const windowOf = new Map(slots.map((slot) => [slot.id, slot.window]));
        for (const { id, needs } of park)
          if (windowOf.has(id))
            for (const need of needs) expect(windowOf.get(need)).toBeLessThanOrEqual(windowOf.get(id)!);
      }),
      { numRuns: 100 },
    );
  });
});
