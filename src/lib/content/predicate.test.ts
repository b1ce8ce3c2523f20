import { describe, expect, it } from 'vitest';
import type { Reading } from '#lib/sim/protocol';
import { isMeasure, measure, vmOfMeasure } from './measures';
import { baselineOf, holds, missing } from './predicate';

const reading = (over: { reclaimed?: number; shared?: number; breaks?: number } = {}): Reading => ({
  timeNs: 0,
  reachedNs: 0,
  durationNs: 1,
  playing: false,
  speed: 1,
  achievedSpeed: 0,
  eventCount: 0,
  eventsForgotten: 0,
  commandCount: 0,
  host: {
    name: 'h',
    ledger: { total: 1000, console: 0, vmkernel: 0, overhead: 0, private: 100, sharedCopies: 10, free: 890 },
    audit: null,
    sharing: {
      shared: over.shared ?? 0,
      reclaimed: over.reclaimed ?? 0,
      zero: 0,
      hints: 0,
      scanned: 0,
      falseMatches: 0,
      staleHints: 0,
      copyOnWriteBreaks: over.breaks ?? 0,
    },
    reserved: 0,
    promised: 400,
  },
  vms: [
    {
      vm: 1,
      name: 'linux-1',
      guest: 'linux-24',
      workload: 'idle',
      power: 'on',
      max: 400,
      allocated: 100,
      private: 90,
      shared: 10,
      zero: 0,
      overhead: 0,
      bootFraction: 1,
    },
  ],
  options: {},
  map: null,
  events: [],
  series: [],
  marks: [],
});

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
