import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VmSpec } from './schema';
import { OPTION_NAMES } from './vocabulary';
import {
  admits,
  checkHost,
  checkScenario,
  checkVm,
  defaultMinMib,
  demandOf,
  OPTION_RULES,
  optionDefault,
  overheadMib,
  poolMib,
} from './limits';

const vm = (name: string, memoryMib: number, vcpus = 1): VmSpec => ({
  name,
  guest: 'windows-2003',
  workload: 'idle',
  memoryMib,
  vcpus,
  tools: true,
  powerOnAtSeconds: 0,
});
const author = {
  name: 'stisrv4',
  memoryMib: 8192,
  consoleMib: 800,
  generation: '2.5' as const,
  options: {},
};

describe('overhead', () => {
  it.each([
    [256, 1, 54],
    [512, 1, 54],
    [512, 2, 64],
    [640, 1, 58],
    [2048, 1, 102],
    [3600, 2, 64 + (32 * 3088) / 1024],
  ])('of a VM of %i MiB with %i virtual CPUs is %d MiB (guide 2.1, p. 417)', (memoryMib, vcpus, expected) => {
    expect(overheadMib(memoryMib, vcpus)).toBe(expected);
  });

  it('never shrinks when memory or processors grow', () => {
    const size = fc.integer({ min: 4, max: 3600 });
    fc.assert(
      fc.property(size, size, (a, b) => {
        expect(overheadMib(Math.max(a, b), 1)).toBeGreaterThanOrEqual(overheadMib(Math.min(a, b), 1));
        expect(overheadMib(a, 2)).toBe(overheadMib(a, 1) + 10);
      }),
    );
  });
});

describe('the host', () => {
  it('of the author leaves 7368 MiB for its VMs', () => expect(poolMib(author)).toBe(7368));

  it('has 512 MiB to 64 GiB', () => {
    const reasons = (memoryMib: number) =>
      checkHost({ ...author, memoryMib }).map((finding) => finding.reason);
    expect(reasons(511)).toEqual(['host-memory-too-small']);
    expect(reasons(512)).toEqual([]);
    expect(reasons(65_536)).toEqual([]);
    expect(reasons(65_537)).toEqual(['host-memory-too-large']);
  });

  it('has a console of 192 to 800 MiB, and better not of 241 to 271', () => {
    const levels = (consoleMib: number) =>
      checkHost({ ...author, consoleMib }).map((finding) => finding.level);
    expect([191, 192, 240, 241, 271, 272, 800, 801].map((mib) => levels(mib)[0])).toEqual([
      'error',
      undefined,
      undefined,
      'warning',
      'warning',
      undefined,
      undefined,
      'error',
    ]);
  });
});

describe('a VM', () => {
  it('has a name of its own that can be a file name', () => {
    expect(checkVm(vm('a b', 256), [])[0]).toMatchObject({ field: 'name', reason: 'name-invalid' });
    expect(checkVm(vm('web', 256), ['web'])[0]).toMatchObject({ field: 'name', reason: 'name-taken' });
    expect(checkVm(vm('web', 256), ['web-2'])).toEqual([]);
  });

  it('has at most 3600 MiB', () => {
    expect(checkVm(vm('a', 3600), [])).toEqual([]);
    expect(checkVm(vm('a', 3601), [])[0].reason).toBe('vm-memory-out-of-range');
  });

  it('has enough memory for its system to boot', () => {
    expect(checkVm({ ...vm('a', 20), guest: 'linux-24' }, [])).toEqual([]);
    expect(checkVm(vm('a', 20), [])[0].reason).toBe('guest-memory-too-small');
  });

  it('starts only where its minimum and overhead fit in memory, and the rest of it in swap, to the MiB', () => {
    const demand = demandOf(vm('a', 512), 8192);
    expect(demand).toEqual({ memoryMib: 256 + 54, swapMib: 256 });
    expect(admits({ memoryMib: 310, swapMib: 256 }, demand)).toBe(true);
    expect(admits({ memoryMib: 309, swapMib: 256 }, demand)).toBe(false);
    expect(admits({ memoryMib: 310, swapMib: 255 }, demand)).toBe(false);
  });

  it('is guaranteed half of its size, and all of it on a host without a swap file', () => {
    expect(defaultMinMib(640, 8192)).toBe(320);
    expect(defaultMinMib(640, 0)).toBe(640);
    expect(demandOf({ ...vm('a', 512), minMib: 100 }, 0)).toEqual({ memoryMib: 566, swapMib: 0 });
  });

  it('has a minimum within its size and shares within their range', () => {
    expect(checkVm({ ...vm('a', 512), minMib: 512, shares: 0 }, [])).toEqual([]);
    expect(checkVm({ ...vm('a', 512), minMib: 513 }, [])[0]).toMatchObject({
      field: 'minMib',
      reason: 'min-above-max',
    });
    expect(checkVm({ ...vm('a', 512), shares: 100_001 }, [])[0].reason).toBe('shares-out-of-range');
  });
});

describe('a configuration', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => vm(`vm-${index + 1}`, 512));

  it('warns of the first VM that will not fit beside the others', () => {
    // 23 × (256 + 54) = 7130 of 7368.
    expect(checkScenario({ host: author, vms: many(24) })).toEqual([
      {
        field: 'vms[23].memoryMib',
        level: 'warning',
        reason: 'not-enough-memory',
        args: { vm: 'vm-24', neededMib: 310, freeMib: 238 },
      },
    ]);
  });

  it('warns of it without a swap file: no overcommitment', () => {
    // 13 × 566 = 7358 of 7368.
    expect(checkScenario({ host: { ...author, swapMib: 0 }, vms: many(14) })).toEqual([
      {
        field: 'vms[13].memoryMib',
        level: 'warning',
        reason: 'not-enough-memory',
        args: { vm: 'vm-14', neededMib: 566, freeMib: 10 },
      },
    ]);
  });

  it('warns of a swap file that is too small', () => {
    expect(checkScenario({ host: { ...author, swapMib: 300 }, vms: many(2) })).toEqual([
      {
        field: 'vms[1].memoryMib',
        level: 'warning',
        reason: 'not-enough-swap',
        args: { vm: 'vm-2', neededMib: 256, freeMib: 44 },
      },
    ]);
  });

  it('holds at most 80 VMs', () => {
    const vms = Array.from({ length: 81 }, (_, index) => ({
      ...vm(`vm-${index}`, 256),
      powerOnAtSeconds: null,
    }));
    expect(checkScenario({ host: author, vms }).map((finding) => finding.reason)).toEqual([
      'no-free-vm-slot',
    ]);
  });
});

it('every option of the world has a rule, and its default keeps it', () => {
  expect(OPTION_RULES.map((rule) => rule.name).sort()).toEqual([...OPTION_NAMES].sort());
  for (const rule of OPTION_RULES) {
    expect(rule.default).toBeGreaterThanOrEqual(rule.min);
    expect(rule.default).toBeLessThanOrEqual(rule.max);
  }
});

it('ESX 3.0 samples for longer and lets a balloon be larger', () => {
  expect(optionDefault('samplePeriod')).toBe(30);
  expect(optionDefault('samplePeriod', '3.0')).toBe(60);
  expect(optionDefault('ctlMaxPercent', '3.0')).toBe(65);
  expect(optionDefault('idleTax', '3.0')).toBe(75);
});
