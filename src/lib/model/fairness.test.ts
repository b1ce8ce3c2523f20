import { expect, it } from 'vitest';
import { jain, largerShare, LEAST_FAIRNESS } from './fairness';

it('the larger of two shares follows from the index', () => {
  for (const share of [0.5, 0.55, 0.65, 0.9])
    expect(largerShare(jain([share, 1 - share]))).toBeCloseTo(share, 12);
});

it('queues hold as many full frames as is said', () => {
  for (const { frames, queueBytes } of LEAST_FAIRNESS) expect(Math.floor(queueBytes / 1514)).toBe(frames);
});
