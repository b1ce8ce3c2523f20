import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { COMPILE_MS, loadKernels, type Kernels } from './kernels';
import * as reference from './reference/content';
import { xxh3 } from './reference/xxh3';

const PAGE = 4096;
let kernels: Kernels;
let memory: Uint8Array;
let a: number;
let b: number;

beforeAll(async () => {
  kernels = await loadKernels();
  memory = new Uint8Array(kernels.memory.buffer);
  // A margin below: tests look at the bytes on both sides of a page.
  a = ((kernels.heapBase() + 63) & ~63) + 64;
  b = a + PAGE;
}, COMPILE_MS);

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const anyU64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const anyId = fc.oneof(
  fc.nat(0xffff_ffff),
  fc.nat(0xff_ffff).map((block) => ((1 << 24) | block) >>> 0),
  fc.nat(1000).map((serial) => (0x8000_0000 | serial) >>> 0),
);

/** The core's page of a key, over whatever was there before. */
function expanded(key: bigint, at = a): Uint8Array {
  memory.fill(0xa5, at - 16, at + PAGE + 16);
  kernels.expand(key, at);
  return memory.slice(at, at + PAGE);
}

describe('contentKey', () => {
  test('0 is 0, in every world; nothing else is', () => {
    fc.assert(
      fc.property(anyId, anyU64, (id, salt) => {
        expect(kernels.contentKey(0, salt)).toBe(0n);
        return id === 0 || kernels.contentKey(id, salt) !== 0n;
      }),
    );
  });

  test('agrees with the second implementation', () => {
    fc.assert(
      fc.property(
        anyId,
        anyU64,
        (id, salt) => u64(kernels.contentKey(id, salt)) === reference.contentKey(id, salt),
      ),
    );
  });

  test('can be inverted: distinct ids have distinct keys', () => {
    fc.assert(
      fc.property(anyId, anyU64, (id, salt) => {
        const key = u64(kernels.contentKey(id, salt));
        return id === 0 || Number(reference.unmix64(key) & 0xffff_ffffn) === id;
      }),
    );
  });

  test('worlds with other salts have other contents', () => {
    const keys = new Set<bigint>();
    for (let salt = 0n; salt < 1000n; salt++) keys.add(kernels.contentKey(0x8000_0001 | 0, salt));
    expect(keys.size).toBe(1000);
  });
});

describe('expand', () => {
  test('key 0 is zeros', () => {
    expect(expanded(0n).every((byte) => byte === 0)).toBe(true);
  });

  test('agrees with the second implementation, and writes 4096 bytes and no more', () => {
    fc.assert(
      fc.property(anyU64, (key) => {
        const same = Buffer.compare(expanded(key), reference.expand(key)) === 0;
        const around = [...memory.slice(a - 16, a), ...memory.slice(a + PAGE, a + PAGE + 16)];
        return same && around.every((byte) => byte === 0xa5);
      }),
      { numRuns: 60, examples: [[0n], [1n], [(1n << 64n) - 1n], [(1n << 64n) - 0x9e3779b97f4a7c15n]] },
    );
  });

  test('the key can be read back from the first eight bytes: distinct keys give distinct pages', () => {
    fc.assert(fc.property(anyU64, (key) => reference.keyOf(expanded(key)) === key));
  });

  test('bytes are varied: no repeated word, every bit set about half of the time', () => {
    const ones = new Uint32Array(512);
    const pages = 40;
    for (let serial = 0; serial < pages; serial++) {
      const page = expanded(kernels.contentKey(0x8000_0000 | serial, 42n));
      const words = new BigUint64Array(page.buffer);
      expect(new Set(words).size).toBe(512);
      expect(new Set(page).size).toBe(256);
      page.forEach((byte, i) => {
        for (let bit = 0; bit < 8; bit++) ones[(i & 63) * 8 + bit]! += (byte >> bit) & 1;
      });
    }
    // 2560 draws a bit: six standard deviations are 152.
    for (const count of ones) expect(Math.abs(count - (pages * 64) / 2)).toBeLessThan(152);
  });
});

describe('hashOfKey', () => {
  test('is xxh3Page after expand, bit for bit', () => {
    fc.assert(
      fc.property(anyU64, (key) => {
        kernels.expand(key, a);
        return kernels.hashOfKey(key) === kernels.xxh3Page(a);
      }),
      { numRuns: 2000, examples: [[0n], [1n], [(1n << 64n) - 1n]] },
    );
  });

  test('is XXH3-64 of the bytes that the second implementation makes', () => {
    fc.assert(
      fc.property(anyU64, (key) => u64(kernels.hashOfKey(key)) === xxh3(reference.expand(key))),
      { numRuns: 20, examples: [[0n]] },
    );
  });

  test('200,000 pages of one world have 200,000 hashes', () => {
    const hashes = new BigUint64Array(200_000);
    for (let i = 0; i < hashes.length; i++)
      hashes[i] = u64(kernels.hashOfKey(kernels.contentKey(0x0100_0000 + i, 9n)));
    hashes.sort();
    for (let i = 1; i < hashes.length; i++) if (hashes[i] === hashes[i - 1]) expect.fail('two equal hashes');
  });
});

describe('comparison of two pages', () => {
  /** Two equal pages of noise, then bytes of the second changed. */
  function pair(changes: [number, number][]): Uint8Array[] {
    const first = expanded(77n, a);
    const second = first.slice();
    for (const [at, value] of changes) second[at] = value;
    memory.set(second, b);
    return [first, second];
  }

  test('equal pages', () => {
    pair([]);
    expect(kernels.pagesEqual(a, b)).toBe(1);
    expect(kernels.firstDifference(a, b)).toBe(-1);
    expect(kernels.equalByteCount(a, b)).toBe(PAGE);
  });

  test('a single different bit is seen at every offset', () => {
    const page = expanded(77n, a);
    memory.set(page, b);
    for (let at = 0; at < PAGE; at++) {
      memory[b + at]! ^= 1 << (at & 7);
      if (kernels.pagesEqual(a, b) !== 0) expect.fail(`not seen at ${at}`);
      if (kernels.firstDifference(a, b) !== at) expect.fail(`first difference misplaced at ${at}`);
      if (kernels.equalByteCount(a, b) !== PAGE - 1) expect.fail(`miscounted at ${at}`);
      memory[b + at]! ^= 1 << (at & 7);
    }
  });

  test('of two keys is that of their pages', () => {
    const keys = [0n, 1n, 77n, 0xffff_ffff_ffff_ffffn, kernels.contentKey(0x0100_0001, 9n)];
    for (const one of keys)
      for (const other of keys) {
        kernels.expand(one, a);
        kernels.expand(other, b);
        expect(kernels.bytesEqual(one, other)).toBe(kernels.pagesEqual(a, b));
      }
  });

  test('agrees with a plain loop', () => {
    const change = fc.tuple(fc.nat(PAGE - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const [first, second] = pair(changes) as [Uint8Array, Uint8Array];
        const equal = first.filter((byte, i) => byte === second[i]).length;
        expect(kernels.equalByteCount(a, b)).toBe(equal);
        expect(kernels.firstDifference(a, b)).toBe(first.findIndex((byte, i) => byte !== second[i]));
        expect(kernels.pagesEqual(a, b)).toBe(equal === PAGE ? 1 : 0);
      }),
    );
  });
});
