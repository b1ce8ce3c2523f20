import { expect, test } from 'vitest';
import { seriesPoint } from '#lib/model/test-readings';
import { memoryLines, realPages } from './memory-lines';

const point = (timeNs: number, allocated: number, reclaimed: number) =>
  seriesPoint({ timeNs, allocated, reclaimed });
const size = { untilNs: 100, mostPages: 1000, widthPx: 200, heightPx: 80, labelPx: 14 };

test('the lower line stands for the machine memory behind what the guests hold', () => {
  const end = point(100, 1000, 400);
  expect(realPages(end)).toBe(600);
  const lines = memoryLines({ series: [point(0, 0, 0), end], ...size });
  expect(lines?.x).toBe(200);
  expect(lines?.guestsY).toBe(14);
  expect(lines?.hostY).toBeCloseTo(80 - 66 * 0.6);
});

test('labels stay inside the picture and off each other, whatever the lines do', () => {
  for (const [allocated, reclaimed] of [
    [0, 0],
    [1000, 0],
    [1000, 1000],
    [500, 499],
  ] as const) {
    const lines = memoryLines({ series: [point(50, allocated, reclaimed)], ...size });
    for (const y of [lines?.guestsLabelY, lines?.hostLabelY]) {
      expect(y).toBeGreaterThan(8);
      expect(y).toBeLessThanOrEqual(80);
    }
    expect(lines!.hostLabelY - lines!.guestsLabelY).toBeGreaterThanOrEqual(size.labelPx);
  }
});

test('nothing is drawn before the first reading', () => {
  expect(memoryLines({ series: [], ...size })).toBeNull();
});
