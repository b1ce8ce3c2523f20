/** Content keys and pages, a second time, from the description in kernel/content.ts: plain BigInt arithmetic. */
const U64 = (1n << 64n) - 1n;
const U32 = (1n << 32n) - 1n;
const GAMMA = 0x9e3779b97f4a7c15n;
const M1 = 0xbf58476d1ce4e5b9n;
const M2 = 0x94d049bb133111ebn;

/** SplitMix64's finaliser. */
export function mix64(z: bigint): bigint {
  z = ((z ^ (z >> 30n)) * M1) & U64;
  z = ((z ^ (z >> 27n)) * M2) & U64;
  return z ^ (z >> 31n);
}

/** x, given x xor (x >> shift). */
function undoShift(value: bigint, shift: bigint): bigint {
  let x = value;
  for (let known = shift; known < 64n; known += shift) x = value ^ (x >> shift);
  return x;
}

/** Inverse of an odd number modulo 2⁶⁴ (Newton: each step doubles the right bits). */
function inverse(odd: bigint): bigint {
  let x = odd;
  for (let i = 0; i < 6; i++) x = (x * (2n - odd * x)) & U64;
  return x & U64;
}

/** The number of which mix64 makes `value`. */
export function unmix64(value: bigint): bigint {
  let z = undoShift(value, 31n);
  z = undoShift((z * inverse(M2)) & U64, 27n);
  z = undoShift((z * inverse(M1)) & U64, 30n);
  return z;
}

export function contentKey(id: number, salt: bigint): bigint {
  if (id === 0) return 0n;
  return mix64(((mix64(salt & U64) >> 32n) << 32n) | BigInt(id));
}

type Words = [bigint, bigint];

function nextPair(x: Words, y: Words): [Words, Words] {
  const nextX: Words = [(x[0] + y[0]) & U64, (x[1] + y[1]) & U64];
  const words = [y[0] & U32, y[0] >> 32n, y[1] & U32, y[1] >> 32n] as const;
  const turned: Words = [words[1] | (words[2] << 32n), words[3] | (words[0] << 32n)];
  return [nextX, [turned[0] ^ nextX[0], turned[1] ^ nextX[1]]];
}

/** The 4096 bytes of a key. */
export function expand(key: bigint): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  const w = (i: bigint): bigint => (key === 0n ? 0n : mix64((key + i * GAMMA) & U64));
  let x0: Words = [w(0n), w(1n)];
  let y0: Words = [w(2n), w(3n)];
  let x1: Words = [w(4n), w(5n)];
  let y1: Words = [w(6n), w(7n)];
  for (let row = 0; row < 4096; row += 64) {
    [...x0, ...y0, ...x1, ...y1].forEach((word, i) => view.setBigUint64(row + 8 * i, word, true));
    [x0, y0] = nextPair(x0, y0);
    [x1, y1] = nextPair(x1, y1);
  }
  return bytes;
}

/** Reads the key back from the first eight bytes of its page. */
export function keyOf(page: Uint8Array): bigint {
  return unmix64(new DataView(page.buffer, page.byteOffset).getBigUint64(0, true));
}
