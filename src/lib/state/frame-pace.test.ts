import { describe, expect, test } from 'vitest';
import { FramePace } from './frame-pace';

/** So many seconds of a screen of `hertz`, of whose frames one in `lateEvery` is missed. */
function watch(
  pace: FramePace,
  fromMs: number,
  seconds: number,
  hertz: number,
  lateEvery = Infinity,
): number {
  let ms = fromMs;
  for (let frame = 1; ms < fromMs + seconds * 1000; frame++) {
    ms += (1000 / hertz) * (frame % lateEvery === 0 ? 2 : 1);
    pace.frame(ms);
  }
  return ms;
}

describe('the pace of figures', () => {
  test.each([60, 120])('stays what it is on a screen of %d Hz that is kept up with', (hertz) => {
    const pace = new FramePace();
    watch(pace, 0, 10, hertz);
    expect(pace.factor).toBe(1);
    watch(pace, 10_000, 10, hertz, 50);
    expect(pace.factor, 'one frame of fifty is not seen').toBe(1);
  });

  test('slows down while one frame of ten is late, to a quarter at most, and comes back', () => {
    const pace = new FramePace();
    let ms = watch(pace, 0, 1.2, 60, 10);
    expect(pace.factor).toBe(1.5);
    ms = watch(pace, ms, 10, 60, 10);
    expect(pace.factor).toBe(4);
    watch(pace, ms, 20, 60);
    expect(pace.factor).toBe(1);
  });

  test('takes no pause for a late frame', () => {
    const pace = new FramePace();
    let ms = 0;
    for (let n = 0; n < 20; n++) ms = watch(pace, ms + 2000, 1.2, 60);
    expect(pace.factor).toBe(1);
  });
});
