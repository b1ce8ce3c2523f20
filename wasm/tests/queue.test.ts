import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { COMPILE_MS, loadKernels, type Kernels } from './kernels';

const NOTHING = 0xffff_ffff;
const NEVER = (1n << 64n) - 1n;
let kernels: Kernels;
let queue: number;

beforeAll(async () => {
  kernels = await loadKernels();
  queue = (kernels.heapBase() + 63) & ~63;
}, COMPILE_MS);

/** What the queue should be: an array kept sorted by (time, order of arrival). */
class SortedArray {
  readonly entries: { time: bigint; sequence: number; payload: number }[] = [];
  private sequence = 0;

  constructor(private readonly capacity: number) {}

  push(time: bigint, payload: number): boolean {
    if (this.entries.length === this.capacity) return false;
    let at = this.entries.findIndex((entry) => entry.time > time);
    if (at < 0) at = this.entries.length;
    this.entries.splice(at, 0, { time, sequence: this.sequence++, payload });
    return true;
  }

  minTime(): bigint {
    return this.entries[0]?.time ?? NEVER;
  }

  pop(): number {
    return this.entries.shift()?.payload ?? NOTHING;
  }

  remove(payload: number): void {
    for (let i = this.entries.length - 1; i >= 0; i--) {
      if (this.entries[i]?.payload === payload) this.entries.splice(i, 1);
    }
  }
}

const push = (time: bigint, payload: number): boolean => kernels.queuePush(queue, time, payload) !== 0;
const pop = (): number => kernels.queuePop(queue) >>> 0;
const minTime = (): bigint => BigInt.asUintN(64, kernels.queueMinTime(queue));
const size = (): number => kernels.queueSize(queue);

describe('the event queue', () => {
  beforeEach(() => kernels.queueReset(queue, 8));

  test('empty', () => {
    expect(size()).toBe(0);
    expect(minTime()).toBe(NEVER);
    expect(pop()).toBe(NOTHING);
    expect(size()).toBe(0);
  });

  test('events of one moment come in the order in which they were pushed', () => {
    for (const payload of [5, 3, 9, 1, 7, 2, 8, 6]) push(1000n, payload);
    expect(Array.from({ length: 8 }, pop)).toEqual([5, 3, 9, 1, 7, 2, 8, 6]);
  });

  test('a full queue refuses and stays as it was', () => {
    for (let i = 0; i < 8; i++) expect(push(BigInt(10 - i), i)).toBe(true);
    expect(push(0n, 99)).toBe(false);
    expect(size()).toBe(8);
    expect(Array.from({ length: 9 }, pop)).toEqual([7, 6, 5, 4, 3, 2, 1, 0, NOTHING]);
  });

  test('room again after a pop, and never more than the capacity', () => {
    for (let i = 0; i < 8; i++) push(BigInt(i), i);
    expect(pop()).toBe(0);
    expect(push(3n, 100)).toBe(true);
    expect(push(3n, 101)).toBe(false);
    expect(Array.from({ length: 8 }, pop)).toEqual([1, 2, 3, 100, 4, 5, 6, 7]);
  });

  test('times use all 64 bits', () => {
    const times = [NEVER - 1n, 1n << 63n, (1n << 63n) - 1n, 1n << 32n, 0n];
    times.forEach((time, i) => push(time, i));
    expect(minTime()).toBe(0n);
    expect(Array.from({ length: 5 }, pop)).toEqual([4, 3, 2, 1, 0]);
  });

  test('order of arrival survives the wrap of the 32-bit sequence number', () => {
    // The second word of the region is the next sequence number (see the drawing in kernel/queue.ts).
    new Uint32Array(kernels.memory.buffer, queue, 2)[1] = 0xffff_fffd;
    for (let i = 0; i < 6; i++) push(5n, i);
    expect(Array.from({ length: 6 }, pop)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('removing takes every entry with the payload, the first one included', () => {
    [4n, 1n, 3n, 1n, 2n].forEach((time, i) => push(time, i % 2));
    kernels.queueRemove(queue, 1);
    expect(size()).toBe(3);
    expect(minTime()).toBe(2n);
    kernels.queueRemove(queue, 0);
    expect(size()).toBe(0);
    expect(minTime()).toBe(NEVER);
  });

  test('keeps within the bytes it asked for', () => {
    for (const capacity of [1, 2, 5, 16, 100]) {
      const bytes = kernels.queueBytes(capacity);
      const memory = new Uint8Array(kernels.memory.buffer);
      memory.fill(0x5a, queue, queue + bytes + 64);
      kernels.queueReset(queue, capacity);
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < capacity + 2; i++) push(BigInt(capacity - i + 5), i);
        pop();
        push(1n, 1);
        while (size() > 0) pop();
      }
      expect(memory.subarray(queue + bytes, queue + bytes + 64).every((byte) => byte === 0x5a)).toBe(true);
    }
  });
});

test('any sequence of operations gives what a sorted array gives', () => {
  const operation = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('push' as const), time: fc.nat(40), payload: fc.nat(12) }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('next' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), payload: fc.nat(12) }) },
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.array(operation, { maxLength: 400, size: 'max' }),
      (capacity, operations) => {
        kernels.queueReset(queue, capacity);
        const model = new SortedArray(capacity);
        for (const op of operations) {
          if (op.kind === 'push') {
            if (push(BigInt(op.time), op.payload) !== model.push(BigInt(op.time), op.payload)) return false;
          } else if (op.kind === 'pop') {
            if (pop() !== model.pop()) return false;
          } else if (op.kind === 'next') {
            if (minTime() !== model.minTime()) return false;
          } else {
            kernels.queueRemove(queue, op.payload);
            model.remove(op.payload);
          }
          if (size() !== model.entries.length) return false;
        }
        while (model.entries.length > 0) if (pop() !== model.pop()) return false;
        return pop() === NOTHING;
      },
    ),
    { numRuns: 300 },
  );
}, 30_000);

test('a hundred thousand pending entries come out in order', () => {
  const count = 100_000;
  kernels.queueReset(queue, count);
  const expected: { time: number; payload: number }[] = [];
  let state = 12345;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    expected.push({ time: state % 5000, payload: i });
    push(BigInt(state % 5000), i);
  }
  // Sorting is stable: equal times keep the order of arrival.
  expected.sort((p, q) => p.time - q.time);
  for (const { payload } of expected) if (pop() !== payload) expect.fail(`entry ${payload} out of order`);
});
