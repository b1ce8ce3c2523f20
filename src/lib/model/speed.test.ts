import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SPEEDS, speedFigure, speedIndex, timeTicks } from './speed';

it('every stop is its own nearest stop, and speeds only rise', () => {
  SPEEDS.forEach((speed, index) => expect(speedIndex(speed)).toBe(index));
  expect([...SPEEDS].sort((a, b) => a - b)).toEqual(SPEEDS);
});

it('any speed has a stop', () => {
  for (const speed of [0, -1, NaN, 1e-9, 1e9]) expect(SPEEDS[speedIndex(speed)]).toBeGreaterThan(0);
  expect(SPEEDS[speedIndex(70)]).toBe(60);
});

it('is written as a multiple, as a fraction or as neither', () => {
  expect(speedFigure(60)).toEqual({ times: 60 });
  expect(speedFigure(0.01)).toEqual({ fractionOf: 100 });
  expect(speedFigure(Infinity)).toBeNull();
});

it('ticks are inside the line, and no more than asked', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 3e7, noNaN: true }),
      fc.integer({ min: 2, max: 20 }),
      (duration, most) => {
        const ticks = timeTicks(duration, most);
        expect(ticks.length).toBeLessThanOrEqual(most);
        for (const tick of ticks) expect(tick > 0 && tick < duration).toBe(true);
      },
    ),
  );
});
