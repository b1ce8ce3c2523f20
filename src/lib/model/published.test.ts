import { expect, test } from 'vitest';
import { agrees, boundsOf, difference, greatestRise, offLinePercent, spreadPercent } from './published';
import { EXPERIMENTS, findingsOf, verdictOf, type Digest } from './validation';

test('a printed value has a tolerance on both sides, a range has ends', () => {
  const printed = { value: 60, tolerance: 3 };
  expect(boundsOf(printed)).toEqual([57, 63]);
  expect([56.9, 57, 63, 63.1].map((found) => agrees(printed, found))).toEqual([false, true, true, false]);
  expect(difference(printed, 58)).toBe(-2);
  const atLeast = { low: 30, high: Infinity };
  expect([29, 30, 1000].map((found) => agrees(atLeast, found))).toEqual([false, true, true]);
  expect([29, 30, 1000].map((found) => difference(atLeast, found))).toEqual([-1, 0, 0]);
});

test('distances from a mean and from a line, and steps upwards', () => {
  expect(spreadPercent([90, 100, 110])).toBeCloseTo(10);
  expect(
    offLinePercent([
      [1, 10],
      [2, 20],
      [3, 30],
    ]),
  ).toBeCloseTo(0);
  // Least squares through (0, 0), (1, 3), (2, 0): the level line y = 1.
  expect(
    offLinePercent([
      [0, 0],
      [1, 3],
      [2, 0],
    ]),
  ).toBeCloseTo((100 * 2) / 3);
  expect(greatestRise([4, 3, 3, 1])).toBe(0);
  expect(greatestRise([4, 3, 3.5, 1])).toBe(0.5);
});

const fig4 = EXPERIMENTS.find(({ id }) => id === 'fig4')!;
const digestsOf = (of: (vms: number) => { shared: number; reclaimed: number; zero: number }): Digest[] =>
  Array.from({ length: 10 }, (_, i) => ({ values: of(i + 1), curves: {} }));
const good = (vms: number) => {
  const reclaimed = vms === 1 ? 5 : 26.1 * (vms - 1) + 5;
  return { reclaimed, shared: reclaimed + (vms === 1 ? 2 : 27), zero: 2.75 };
};

test('a run that is off is said to be off', () => {
  expect(verdictOf(findingsOf(fig4, digestsOf(good)))).toBe('agrees');
  const bent = digestsOf((vms) => ({ ...good(vms), reclaimed: good(vms).reclaimed * (1 + vms ** 2 / 150) }));
  const wrong = findingsOf(fig4, bent).filter((finding) => !finding.agrees);
  expect(wrong.map(({ id }) => id)).toEqual(['reclaimedTen', 'copies', 'linear']);
  expect(verdictOf(findingsOf(fig4, bent))).toBe('differs');
});

test('what has not run is not judged', () => {
  const none = Array.from({ length: 10 }, () => null);
  expect(verdictOf(findingsOf(fig4, none))).toBe('not-run');
  const one = digestsOf(good).map((digest, index) => (index === 0 ? digest : null));
  expect(verdictOf(findingsOf(fig4, one))).toBe('partly');
  for (const experiment of EXPERIMENTS) {
    const empty = experiment.worlds.map(() => null);
    expect(findingsOf(experiment, empty).every(({ value }) => value === null)).toBe(true);
  }
});
