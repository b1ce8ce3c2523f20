import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Ledger, VmReading } from '#lib/sim/protocol';
import { accountOf, landOf, privateByVm } from './ledger';
import { vmReading } from './test-readings';

const pages = fc.nat({ max: 4_000_000 });
const ledger: fc.Arbitrary<Ledger> = fc
  .record({
    console: pages,
    vmkernel: pages,
    overhead: pages,
    private: pages,
    sharedCopies: pages,
    free: pages,
  })
  .map((parts) => ({ ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) }));

const vm = (id: number, privatePages: number): VmReading =>
  vmReading({ vm: id, allocated: privatePages, private: privatePages });

it('parts follow each other without a gap and cover the bar', () => {
  fc.assert(
    fc.property(ledger, (one) => {
      const { parts, difference } = accountOf(one);
      expect(difference).toBe(0);
      let end = 0;
      for (const part of parts) {
        expect(part.start).toBeCloseTo(end, 9);
        end = part.start + part.share;
      }
      expect(end).toBeCloseTo(one.total > 0 ? 1 : 0, 9);
    }),
  );
});

it('a page too many or too few is told as such', () => {
  const right: Ledger = {
    total: 100,
    console: 10,
    vmkernel: 5,
    overhead: 5,
    private: 50,
    sharedCopies: 10,
    free: 20,
  };
  expect(accountOf({ ...right, free: 21 }).difference).toBe(1);
  expect(accountOf({ ...right, free: 18 }).difference).toBe(-2);
});

it('private memory is divided by VM only when the VMs’ figures sum to the host’s', () => {
  const one: Ledger = {
    total: 100,
    console: 10,
    vmkernel: 5,
    overhead: 5,
    private: 50,
    sharedCopies: 10,
    free: 20,
  };
  expect(privateByVm(one, [vm(1, 30), vm(2, 20)])).toMatchObject([
    { vm: 1, start: 0.2, share: 0.3 },
    { vm: 2, start: 0.5, share: 0.2 },
  ]);
  expect(privateByVm(one, [vm(1, 30), vm(2, 21)])).toEqual([]);
});

it('six tints go round', () => expect([1, 6, 7, 12, 13].map(landOf)).toEqual([1, 6, 1, 6, 1]));
