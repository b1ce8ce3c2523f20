import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutSequence, type SequenceFrame } from './sequence';

const size = { widthPx: 600, marginPx: 80, rowPx: 24, headPx: 40 };
const frame = (index: number, time: number, from: string, to: string): SequenceFrame => ({
  index,
  time,
  from,
  to,
});

describe('a sequence diagram', () => {
  it('stands hosts side by side in the order in which they appear, and arrows between them', () => {
    const { hosts, arrows } = layoutSequence(
      [frame(3, 0, 'a', 'b'), frame(4, 5, 'b', 'a'), frame(5, 6, 'a', 'c')],
      size,
    );
    expect(hosts.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    const [a, b, c] = hosts.map(({ x }) => x);
    expect(arrows.map(({ x1, x2 }) => [x1, x2])).toEqual([
      [a, b],
      [b, a],
      [a, c],
    ]);
    expect(a).toBeGreaterThan(size.marginPx);
    expect(c).toBeLessThan(size.widthPx);
  });

  it('leaves more room for a longer wait, up to a break that is named', () => {
    const second = 1e9;
    const { arrows } = layoutSequence(
      [0, 1e5, 1e6 + 1e5, second, 60 * second].map((time, i) => frame(i, time, 'a', 'b')),
      size,
    );
    const steps = arrows.slice(1).map(({ y }, i) => y - arrows[i].y);
    expect(steps[0]).toBeLessThan(steps[1]);
    expect(steps[1]).toBeLessThan(steps[2]);
    expect(arrows.map(({ pause }) => pause)).toEqual([0, 0, 0, 0, 59 * second]);
  });

  it('gives no place of its own to everyone, and draws what is said to all to the far end', () => {
    const { hosts, arrows } = layoutSequence(
      [frame(0, 0, 'a', '*'), frame(1, 1, 'b', 'a')],
      size,
      (id) => id === '*',
    );
    expect(hosts).toHaveLength(2);
    expect(arrows[0]).toMatchObject({ x1: hosts[0].x, x2: hosts[1].x, isBroadcast: true });
  });

  it('of any frames runs downwards and stays on its sheet', () => {
    const host = fc.constantFrom('a', 'b', 'c', 'd', '*');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1e9), host, host), { maxLength: 40 }), (drawn) => {
        let time = 0;
        const frames = drawn.map(([wait, from, to], i) => frame(i, (time += wait), from, to));
        const { arrows, heightPx } = layoutSequence(frames, size, (id) => id === '*');
        arrows.forEach(({ x1, x2, y }, i) => {
          if (i > 0) expect(y).toBeGreaterThanOrEqual(arrows[i - 1].y + size.rowPx);
          for (const x of [x1, x2]) expect(x >= size.marginPx && x <= size.widthPx).toBe(true);
          expect(y).toBeLessThan(heightPx);
        });
      }),
    );
  });
});
