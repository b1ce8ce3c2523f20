import { expect, it } from 'vitest';
import { doublings } from './zoom-behaviour';

const wheel = (deltaY: number, ctrlKey: boolean, deltaMode = 0) => doublings({ deltaY, ctrlKey, deltaMode });

it('a notch of a mouse with Ctrl is one step, not the whole range; a pinch on a touchpad is as fine as it was', () => {
  for (const notch of [100, 120, 300]) {
    expect(2 ** wheel(-notch, true)).toBeCloseTo(1.32, 2);
    expect(2 ** wheel(notch, true)).toBeCloseTo(1 / 1.32, 2);
  }
  expect(wheel(-3, false, 1)).toBeCloseTo(0.15);
  expect(wheel(-2, true)).toBeCloseTo(0.04);
});
