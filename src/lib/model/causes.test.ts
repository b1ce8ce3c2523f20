import { expect, it } from 'vitest';
import type { EventRecord } from '#lib/sim/protocol';
import { VmSetting } from '#wasm/shared/events';
import { Option } from '#wasm/shared/options';
import { causesOf, priceTerms, valueAt } from './causes';

const event = (sequence: number, part: Partial<EventRecord> = {}): EventRecord => ({
  sequence,
  timeNs: sequence,
  kind: 'page-swapped-out',
  reason: 'none',
  vm: 1,
  a: 0,
  b: 0,
  c: 0,
  cause: 0,
  ...part,
});
const findIn = (events: EventRecord[]) => (sequence: number) =>
  Promise.resolve(events.find((one) => one.sequence === sequence) ?? null);

it('follows the links back to the first cause', async () => {
  const log = [event(1), event(4, { cause: 1 }), event(9, { cause: 4 })];
  const chain = await causesOf(log[2]!, findIn(log));
  expect(chain.events.map(({ sequence }) => sequence)).toEqual([4, 1]);
  expect(chain.isCut).toBe(false);
});

it('says when the next one is not kept, and never walks in a circle', async () => {
  expect(await causesOf(event(9, { cause: 4 }), findIn([]))).toEqual({ events: [], isCut: true });
  const circle = [event(4, { cause: 9 }), event(9, { cause: 4 })];
  expect((await causesOf(circle[1]!, findIn(circle))).events).toHaveLength(1);
});

it('a number is what the next change replaced, else what it is now', () => {
  const changes = [event(20, { b: 2 }), event(10, { b: 1 })];
  expect([5, 15, 25].map((sequence) => valueAt(sequence, changes, 3))).toEqual([1, 2, 3]);
});

it('the sum behind a target is that of its moment (OSDI 2002, section 5.2)', () => {
  // S = 6000, P = 4000, f = 0.25, tax 80 %: 6000 / (4000 · (0.25 + 5 · 0.75)).
  const target = event(10, { kind: 'target-set', b: 4000, c: 1000 });
  const changes = [
    event(30, { kind: 'setting-changed', a: VmSetting.shares, b: 6000 }),
    event(31, { kind: 'setting-changed', a: VmSetting.shares, b: 1, vm: 2 }),
    event(40, { kind: 'option-changed', vm: 0, a: Option.idleTax, b: 80 }),
  ];
  const terms = priceTerms(target, changes, { shares: 1, taxPercent: 0 });
  expect(terms).toMatchObject({ shares: 6000, taxPercent: 80 });
  expect(terms.rho).toBeCloseTo(0.375, 9);
});
