/** What a checkpoint keeps of a chunk that changed little is just what changed: an older chunk with it is the new one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { COMPILE_MS, loadKernels } from './kernels';

const CHUNK_BYTES = 65_536;
const WORDS = CHUNK_BYTES / 4;

test(
  'the words that differ are found, in order, each with its present value; one more than asked for is told',
  async () => {
    const kernels = await loadKernels();
    const now = (kernels.heapBase() + 63) & ~63;
    const then = now + CHUNK_BYTES;
    const words = then + CHUNK_BYTES;
    const places = words + CHUNK_BYTES + 64;
    const chunk = (at: number) => new Uint32Array(kernels.memory.buffer, at, WORDS);
    const change = fc.record({
      place: fc.oneof(fc.nat(WORDS - 1), fc.nat(70), fc.constant(WORDS - 1)),
      bit: fc.nat(31),
    });
    let differing = 0;
    fc.assert(
      fc.property(fc.nat(), fc.array(change, { maxLength: 400 }), fc.nat(400), (seed, changes, limit) => {
        chunk(then).forEach((_, i, all) => (all[i] = Math.imul(i + seed, 0x9e37_79b1)));
        chunk(now).set(chunk(then));
        // A bit that is changed twice is as it was.
        for (const { place, bit } of changes) chunk(now)[place]! ^= 1 << bit;
        const expected = [...chunk(now).keys()].filter((i) => chunk(now)[i] !== chunk(then)[i]);
        differing += expected.length;
        const count = kernels.differingWords(now, then, CHUNK_BYTES, places, words, limit) >>> 0;
        if (expected.length > limit) {
          expect(count).toBe(0xffff_ffff);
          return;
        }
        expect(count).toBe(expected.length);
        expect([...new Uint16Array(kernels.memory.buffer, places, count)]).toEqual(expected);
        expect([...new Uint32Array(kernels.memory.buffer, words, count)]).toEqual(
          expected.map((i) => chunk(now)[i]),
        );
      }),
      { numRuns: 60 },
    );
    expect(differing).toBeGreaterThan(0);
  },
  COMPILE_MS,
);
