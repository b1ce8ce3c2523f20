import { describe, expect, it } from 'vitest';
import { alongRiver, partOf, pathOf, placeAlong } from './journey';
import type { NetworkLayout } from './network-map';

const LEGS = new Map([
  [
    'a',
    {
      d: '',
      from: { x: 0, y: 0 },
      to: { x: 0, y: 30 },
      points: [
        { x: 0, y: 0 },
        { x: 0, y: 30 },
      ],
    },
  ],
]) as NetworkLayout['legs'];
const RIVERS = new Map([['r', { from: { x: -50, y: 30 }, to: { x: 50, y: 30 } }]]) as NetworkLayout['rivers'];

describe('the way of a frame', () => {
  it('runs along a cable from its machine, and back from its river', () => {
    expect(pathOf({ legs: LEGS }, [{ leg: 'a', forward: true }]).at(-1)).toEqual({ x: 0, y: 30 });
    expect(pathOf({ legs: LEGS }, [{ leg: 'a', forward: false }]).at(-1)).toEqual({ x: 0, y: 0 });
    expect(pathOf({ legs: LEGS }, [{ leg: 'gone', forward: true }])).toEqual([]);
  });

  it('stays on the river between two cables', () => {
    expect(alongRiver({ rivers: RIVERS }, 'r', { x: -20, y: 0 }, { x: 90, y: 10 })).toEqual([
      { x: -20, y: 30 },
      { x: 50, y: 30 },
    ]);
  });

  it('is measured by its length, corners included', () => {
    const bent = [
      { x: 0, y: 0 },
      { x: 0, y: 30 },
      { x: 10, y: 30 },
    ];
    expect(placeAlong(bent, 0.5)).toEqual({ x: 0, y: 20 });
    expect(placeAlong(bent, 1)).toEqual({ x: 10, y: 30 });
    expect(partOf(bent, 0.5, 1)).toEqual([
      { x: 0, y: 20 },
      { x: 0, y: 30 },
      { x: 10, y: 30 },
    ]);
    expect(placeAlong([], 0.5)).toBeNull();
  });
});
