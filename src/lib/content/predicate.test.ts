import { describe, expect, it } from 'vitest';
import { hostReading, reading as aReading, vmReading } from '#lib/model/test-readings';
import type { Reading } from '#lib/sim/protocol';
import { isMeasure, measure, vmOfMeasure } from './measures';
import { baselineOf, holds, missing } from './predicate';

const reading = (over: { reclaimed?: number; shared?: number; breaks?: number } = {}): Reading => {
  const host = hostReading();
  return aReading({
    host: {
      ...host,
      sharing: {
        ...host.sharing,
        shared: over.shared ?? 0,
        reclaimed: over.reclaimed ?? 0,
        copyOnWriteBreaks: over.breaks ?? 0,
      },
    },
    vms: [vmReading({ name: 'linux-1', max: 400, allocated: 100, private: 90, shared: 10 })],
  });
};

describe('measures', () => {
  it('reads a figure of the host and of one VM', () => {
    expect(measure('sharing.sharedFraction', reading({ shared: 100 }))).toBe(0.25);
    expect(measure('vm.shared@linux-1', reading())).toBe(10);
    expect(vmOfMeasure('vm.shared@linux-1')).toBe('linux-1');
  });

  it('counts zero of zeros when nothing was reclaimed', () => {
    expect(measure('sharing.zeroFraction', reading())).toBe(0);
  });

  it('knows no others', () => {
    expect(isMeasure('vm.luck@linux-1')).toBe(false);
    expect(isMeasure('vm.shared')).toBe(false);
    expect(isMeasure('toString')).toBe(false);
  });
});

describe('a task', () => {
  it('is done once every part of it holds', () => {
    const both = {
      all: [
        { measure: 'sharing.reclaimedPages', atLeast: 5 },
        { measure: 'sharing.shared', atMost: 8 },
      ],
    } as const;
    const task = { all: [...both.all] };
    expect(holds(task, reading({ reclaimed: 5, shared: 8 }), {})).toBe(true);
    expect(holds(task, reading({ reclaimed: 4, shared: 8 }), {})).toBe(false);
    expect(missing(task, reading({ reclaimed: 4, shared: 9 }), {})).toEqual([
      { measure: 'sharing.reclaimedPages', now: 4, needed: 5, kind: 'atLeast' },
      { measure: 'sharing.shared', now: 9, needed: 8, kind: 'atMost' },
    ]);
  });

  it('may be done in one of several ways', () => {
    const task = {
      any: [
        { measure: 'sharing.shared' as const, atLeast: 5 },
        { measure: 'time' as const, atLeast: 9 },
      ],
    };
    expect(holds(task, reading({ shared: 5 }), {})).toBe(true);
    expect(missing(task, reading({ shared: 5 }), {})).toEqual([]);
    expect(holds(task, reading(), {})).toBe(false);
  });

  it('counts growth from where the step began, not from zero', () => {
    const task = { measure: 'sharing.copyOnWriteBreaks', grownBy: 1 } as const;
    const baseline = baselineOf(task, reading({ breaks: 3 }));
    expect(holds(task, reading({ breaks: 3 }), baseline)).toBe(false);
    expect(holds(task, reading({ breaks: 4 }), baseline)).toBe(true);
  });
});
