import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPTION_NAMES, type VmSpec } from './schema';
import { OPTION_RULES, admits, checkHost, checkScenario, checkVm, overheadMib, poolMib } from './limits';

const vm = (name: string, memoryMib: number, vcpus = 1): VmSpec => ({
  name,
  guest: 'windows-2003',
  workload: 'idle',
  memoryMib,
  vcpus,
  powerOnAtSeconds: 0,
});
const author = { name: 'stisrv4', memoryMib: 8192, consoleMib: 800, options: {} };

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

  it('starts only where its maximum and its overhead fit, to the MiB', () => {
    expect(admits(566, vm('a', 512))).toBe(true);
    expect(admits(565, vm('a', 512))).toBe(false);
  });
});

describe('a configuration', () => {
  it('warns of the first VM that will not fit beside the others', () => {
    const vms = Array.from({ length: 14 }, (_, index) => vm(`vm-${index + 1}`, 512));
    const findings = checkScenario({ host: author, vms });
    // 13 × 566 = 7358 of 7368.
    expect(findings).toEqual([
      {
        field: 'vms[13].memoryMib',
        level: 'warning',
        reason: 'not-enough-memory',
        args: { vm: 'vm-14', neededMib: 566, freeMib: 10 },
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
