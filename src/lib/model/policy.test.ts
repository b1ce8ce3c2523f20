import fc from 'fast-check';
import { expect, it } from 'vitest';
import { guestParts, hostParts, lowestPrice, stateScale, timeParts } from './policy';
import { hostReading, vmReading } from './test-readings';

it('a state begins below its own threshold and ends above the better one and the margin', () => {
  const { falling, rising } = stateScale(
    hostReading({ thresholds: { high: 60, soft: 40, hard: 20, low: 10, margin: 5 } }),
  );
  expect(falling.map(({ state, to }) => [state, to]).slice(0, 3)).toEqual([
    ['low', 10],
    ['hard', 20],
    ['soft', 40],
  ]);
  expect(rising.map(({ state, to }) => [state, to]).slice(0, 3)).toEqual([
    ['low', 25],
    ['hard', 45],
    ['soft', 65],
  ]);
});

it('both scales cover the axis without a gap, whatever the thresholds', () => {
  const pages = fc.nat({ max: 100_000 });
  fc.assert(
    fc.property(pages, pages, pages, pages, pages, (high, soft, hard, low, margin) => {
      const { falling, rising, end } = stateScale({ thresholds: { high, soft, hard, low, margin } });
      for (const zones of [falling, rising]) {
        expect(zones[0]!.from).toBe(0);
        expect(zones.at(-1)!.to).toBe(end);
        zones.slice(1).forEach((zone, index) => expect(zone.from).toBe(zones[index]!.to));
      }
    }),
  );
});

it('whoever pays least gives up memory first, unless it has no more than its minimum or is off', () => {
  const vm = (id: number, rho: number, allocated = 9000) => vmReading({ vm: id, rho, allocated, min: 5000 });
  expect(lowestPrice([vm(1, 0.4), vm(2, 0.2), vm(3, 0.3)])).toBe(2);
  expect(lowestPrice([vm(1, 0.4), vm(2, 0.2, 5000), vm(3, 0.3)])).toBe(3);
  expect(lowestPrice([{ ...vm(1, 0.1), power: 'off' }])).toBe(0);
});

it('the two views of a memory are equally long', () => {
  const vm = vmReading({
    max: 100,
    private: 30,
    shared: 10,
    untouched: 20,
    swapped: 15,
    balloon: { size: 25, target: 25, maximum: 50, running: true, allocRate: 2048 },
    guestView: { kernel: 10, programs: 20, private: 20, cache: 10, zeroed: 5, free: 10, ballooned: 25 },
  });
  for (const parts of [guestParts(vm), hostParts(vm)])
    expect(parts.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(1, 9);
});

it('what is booked before it is lived through does not overrun the bar', () => {
  const time = {
    lifeMs: 100,
    ranMs: 80,
    guestFaultMs: 30,
    swapInMs: 0,
    blockedMs: 0,
    reclaimMs: 0,
    fileReadMs: 0,
    copyOnWriteMs: 0,
  };
  const parts = timeParts(vmReading({ time }));
  expect(parts.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(1, 9);
});
