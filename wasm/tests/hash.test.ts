import fc from 'fast-check';
import { createXXHash3, type IHasher } from 'hash-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { COMPILE_MS, loadKernels, type Kernels } from './kernels';
import { xxh3 as reference } from './reference/xxh3';

const ROOM = 1 << 20;
let kernels: Kernels;
let peer: IHasher;
let at: number;

beforeAll(async () => {
  kernels = await loadKernels();
  peer = await createXXHash3();
  at = (kernels.heapBase() + 63) & ~63;
}, COMPILE_MS);

/** The core's hash of `input`, put `offset` bytes away from an aligned address. */
function core(input: Uint8Array, offset = 0): bigint {
  new Uint8Array(kernels.memory.buffer).set(input, at + offset);
  return BigInt.asUintN(64, kernels.xxh3(at + offset, input.length));
}

function hashWasm(input: Uint8Array): bigint {
  peer.init();
  peer.update(input);
  return BigInt(`0x${peer.digest()}`);
}

/** The buffer that xxHash's own sanity check fills. */
function sanityBuffer(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 2654435761n;
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(state >> 56n);
    state = BigInt.asUintN(64, state * 11400714785074694797n);
  }
  return bytes;
}

/** Different bytes at every length, cheap to make at any size. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed | 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

describe('XXH3-64', () => {
  // xxHash v0.8.1, cli/xsum_sanity_check.c, XSUM_XXH3_testdata, seed 0.
  test.each([
    [0, 0x2d06800538d394c2n],
    [1, 0xc44bdff4074eecdbn],
    [6, 0x27b56a84cd2d7325n],
    [12, 0xa713daf0dfbb77e7n],
    [24, 0xa3fe70bf9d3510ebn],
    [48, 0x397da259ecba1f11n],
    [80, 0xbcdefbbb2c47c90an],
    [195, 0xcd94217ee362ec3an],
    [403, 0xcdeb804d65c6dea4n],
    [512, 0x617e49599013cb6bn],
    [2048, 0xdd59e2c3a5f038e0n],
    [2240, 0x6e73a90539cf2948n],
    [2367, 0xcb37aeb9e5d361edn],
  ])('published vector, %i bytes', (length, expected) => {
    const input = sanityBuffer(length);
    expect(core(input)).toBe(expected);
    expect(reference(input)).toBe(expected);
  });

  test('every length from 0 to 2200 agrees with hash-wasm and with the second implementation', () => {
    const source = noise(2200, 7);
    for (let length = 0; length <= 2200; length++) {
      const input = source.subarray(2200 - length);
      const expected = hashWasm(input);
      if (core(input) !== expected) expect.fail(`core differs from hash-wasm at ${length} bytes`);
      if (reference(input) !== expected) expect.fail(`the reference differs at ${length} bytes`);
    }
  });

  test('edges of stripes and blocks, up to 64 KiB and beyond', () => {
    for (const boundary of [3072, 4096, 8192, 16_384, 32_768, 65_536]) {
      for (const length of [-65, -64, -63, -1, 0, 1, 63, 64, 65].map((d) => boundary + d)) {
        const input = noise(length, length);
        const expected = reference(input);
        expect(hashWasm(input), `hash-wasm, ${length} bytes`).toBe(expected);
        expect(core(input), `core, ${length} bytes`).toBe(expected);
      }
    }
  });

  test('any bytes, any length up to 1100, any alignment', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1100, size: 'max' }), fc.nat(63), (input, offset) => {
        const expected = reference(input);
        return core(input, offset) === expected && hashWasm(input) === expected;
      }),
      { numRuns: 300 },
    );
  });

  test('a megabyte', () => {
    const input = noise(ROOM, 3);
    expect(core(input)).toBe(hashWasm(input));
  });

  test('reads exactly the bytes it is given', () => {
    const memory = new Uint8Array(kernels.memory.buffer);
    for (const length of [0, 1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 1024, 1025, 4096]) {
      const input = noise(length, 11);
      memory.fill(0, at, at + length + 256);
      const before = core(input, 64);
      memory.fill(0xff, at, at + length + 256);
      expect(core(input, 64), `${length} bytes`).toBe(before);
    }
  });

  test('xxh3Page is xxh3 of 4096 bytes', () => {
    const memory = new Uint8Array(kernels.memory.buffer);
    for (let seed = 0; seed < 50; seed++) {
      const page = seed === 0 ? new Uint8Array(4096) : noise(4096, seed);
      memory.set(page, at);
      expect(BigInt.asUintN(64, kernels.xxh3Page(at))).toBe(reference(page));
    }
  });
});
