/**
 * What the simulated pages contain: content id (32 bits, kept for each machine page) → content key (64 bits) →
 * 4096 bytes.
 *
 *   id   0                              zeros
 *        0 │ image, 7 bits │ block, 24  block of a disk image (image 1 … 127)
 *        1 │ serial number, 31 bits     data that exists once
 *
 * **The bytes of a key.** A page is 64 rows of 64 bytes: four vectors of 16 bytes, x₀ y₀ x₁ y₁, little-endian.
 * Row 0 of key k is w₀ … w₇, w_i = mix64(k + i·γ), γ = 0x9e3779b97f4a7c15 (SplitMix64), x₀ = w₀w₁, y₀ = w₂w₃,
 * x₁ = w₄w₅, y₁ = w₆w₇. Each next row comes from the one before, for both pairs (x, y):
 *
 *   x ← x + y                         in 64-bit lanes, modulo 2⁶⁴
 *   y ← x xor (y turned by one word)  the 32-bit words 1 2 3 0 of y, xor the new x
 *
 * Key 0 gives zeros (row 0 is set to zeros, and stays so).
 *
 * **Distinct keys, distinct bytes.** mix64 is a bijection with mix64(0) = 0. Bytes 0 … 7 are w₀ = mix64(k), so the key
 * can be read back from them, and only key 0 starts with eight zero bytes.
 */
import { GAMMA, mix64 } from './random';
import {
  BLOCK_STRIPES,
  LAST_STRIPE_SECRET,
  PRIME32_1,
  PRIME32_2,
  PRIME32_3,
  PRIME64_1,
  PRIME64_2,
  PRIME64_3,
  PRIME64_4,
  PRIME64_5,
  SECRET,
  SECRET_STEP,
  addend,
  highHalves,
  joined,
  lowHalves,
  merged,
  scrambled,
} from './hash';

const PAGE: usize = 4096;
const ROW: usize = 64;

/**
 * Content key of a content id in the world with this `salt`: 0 for 0, and for no other id; distinct ids give distinct
 * keys (mix64, a bijection, of half the mixed salt beside the id).
 */
export function contentKey(id: u32, salt: u64): u64 {
  if (!id) return 0;
  return mix64((mix64(salt) & 0xffffffff00000000) | (<u64>id));
}

/** Words `i` and `i` + 1 of row 0. */
function firstWords(key: u64, i: u64): v128 {
  if (!key) return i64x2.splat(0);
  return i64x2(mix64(key + i * GAMMA), mix64(key + (i + 1) * GAMMA));
}

/** The next y, given the x that is already the next row's. */
function nextY(y: v128, x: v128): v128 {
  return v128.xor(v128.shuffle<u32>(y, y, 1, 2, 3, 0), x);
}

/** Writes the 4096 bytes of `key` at `ptr`. */
export function expand(key: u64, ptr: usize): void {
  let x0 = firstWords(key, 0);
  let y0 = firstWords(key, 2);
  let x1 = firstWords(key, 4);
  let y1 = firstWords(key, 6);
  for (const end = ptr + PAGE; ptr < end; ptr += ROW) {
    v128.store(ptr, x0);
    v128.store(ptr, y0, 16);
    v128.store(ptr, x1, 32);
    v128.store(ptr, y1, 48);
    x0 = i64x2.add(x0, y0);
    y0 = nextY(y0, x0);
    x1 = i64x2.add(x1, y1);
    y1 = nextY(y1, x1);
  }
}

/**
 * XXH3-64 of the 4096 bytes of `key`: xxh3Page() after expand(), bit for bit, without the way through memory (the
 * scanner's real work, and most of what the core does). A row is a stripe. The sums of y are not gathered: since each
 * x grows by y, they are how far x has come since the block began.
 */
export function hashOfKey(key: u64): u64 {
  let x0 = firstWords(key, 0);
  let y0 = firstWords(key, 2);
  let x1 = firstWords(key, 4);
  let y1 = firstWords(key, 6);

  let p0 = i64x2(PRIME32_3, PRIME64_1);
  let p1 = i64x2(PRIME64_2, PRIME64_3);
  let p2 = i64x2(PRIME64_4, PRIME32_2);
  let p3 = i64x2(PRIME64_5, PRIME32_1);
  let s0 = i64x2.splat(0);
  let s2 = s0;
  let s1: v128;
  let s3: v128;

  let end = SECRET + SECRET_STEP * <usize>BLOCK_STRIPES;
  for (let block = 0; ; block++) {
    // The last block is a stripe short: the very last stripe has a secret of its own.
    if (block == 3) end -= SECRET_STEP;
    s1 = i64x2.neg(x0);
    s3 = i64x2.neg(x1);
    for (let secret = SECRET; secret < end; secret += SECRET_STEP) {
      const kx0 = v128.xor(x0, v128.load(secret));
      const ky0 = v128.xor(y0, v128.load(secret, 16));
      const kx1 = v128.xor(x1, v128.load(secret, 32));
      const ky1 = v128.xor(y1, v128.load(secret, 48));
      const low0 = lowHalves(kx0, ky0);
      const high0 = highHalves(kx0, ky0);
      const low1 = lowHalves(kx1, ky1);
      const high1 = highHalves(kx1, ky1);
      p0 = i64x2.add(p0, i64x2.extmul_low_i32x4_u(low0, high0));
      p1 = i64x2.add(p1, i64x2.extmul_high_i32x4_u(low0, high0));
      p2 = i64x2.add(p2, i64x2.extmul_low_i32x4_u(low1, high1));
      p3 = i64x2.add(p3, i64x2.extmul_high_i32x4_u(low1, high1));
      s0 = i64x2.add(s0, x0);
      s2 = i64x2.add(s2, x1);
      x0 = i64x2.add(x0, y0);
      y0 = nextY(y0, x0);
      x1 = i64x2.add(x1, y1);
      y1 = nextY(y1, x1);
    }
    s1 = i64x2.add(s1, x0);
    s3 = i64x2.add(s3, x1);
    if (block == 3) break;
    p0 = scrambled(p0, s0, 0);
    p1 = scrambled(p1, s1, 1);
    p2 = scrambled(p2, s2, 2);
    p3 = scrambled(p3, s3, 3);
    s0 = i64x2.splat(0);
    s2 = s0;
  }

  const secret = SECRET + LAST_STRIPE_SECRET;
  p0 = i64x2.add(joined(p0, s0), addend(x0, secret));
  p1 = i64x2.add(joined(p1, s1), addend(y0, secret + 16));
  p2 = i64x2.add(joined(p2, s2), addend(x1, secret + 32));
  p3 = i64x2.add(joined(p3, s3), addend(y1, secret + 48));
  return merged(p0, p1, p2, p3, <u32>PAGE);
}

/**
 * True when the 4096 bytes of two keys are the same: all of them made and compared, up to the first 64 that differ.
 * pagesEqual() of two expand(), without the way through memory.
 */
export function bytesEqual(a: u64, b: u64): bool {
  let ax0 = firstWords(a, 0);
  let ay0 = firstWords(a, 2);
  let ax1 = firstWords(a, 4);
  let ay1 = firstWords(a, 6);
  let bx0 = firstWords(b, 0);
  let by0 = firstWords(b, 2);
  let bx1 = firstWords(b, 4);
  let by1 = firstWords(b, 6);
  for (let row: usize = 0; row < PAGE; row += ROW) {
    const d0 = v128.or(v128.xor(ax0, bx0), v128.xor(ay0, by0));
    const d1 = v128.or(v128.xor(ax1, bx1), v128.xor(ay1, by1));
    if (v128.any_true(v128.or(d0, d1))) return false;
    ax0 = i64x2.add(ax0, ay0);
    ay0 = nextY(ay0, ax0);
    ax1 = i64x2.add(ax1, ay1);
    ay1 = nextY(ay1, ax1);
    bx0 = i64x2.add(bx0, by0);
    by0 = nextY(by0, bx0);
    bx1 = i64x2.add(bx1, by1);
    by1 = nextY(by1, bx1);
  }
  return true;
}

/** True when the 4096 bytes at `a` and at `b` are the same: all of them compared, up to the first 64 that differ. */
export function pagesEqual(a: usize, b: usize): bool {
  for (const end = a + PAGE; a < end; a += 64, b += 64) {
    const d0 = v128.xor(v128.load(a), v128.load(b));
    const d1 = v128.xor(v128.load(a, 16), v128.load(b, 16));
    const d2 = v128.xor(v128.load(a, 32), v128.load(b, 32));
    const d3 = v128.xor(v128.load(a, 48), v128.load(b, 48));
    if (v128.any_true(v128.or(v128.or(d0, d1), v128.or(d2, d3)))) return false;
  }
  return true;
}

/** Offset of the first byte in which the pages at `a` and at `b` differ, −1 when they are the same. */
export function firstDifference(a: usize, b: usize): i32 {
  for (let at: usize = 0; at < PAGE; at += 16) {
    const same = i8x16.bitmask(i8x16.eq(v128.load(a + at), v128.load(b + at)));
    if (same != 0xffff) return <i32>at + ctz(~same);
  }
  return -1;
}

/** Bytes, of 4096, that are the same at the same offset of the pages at `a` and at `b`. */
export function equalByteCount(a: usize, b: usize): i32 {
  let equal: i32 = 0;
  for (let at: usize = 0; at < PAGE; at += 16) {
    equal += popcnt(i8x16.bitmask(i8x16.eq(v128.load(a + at), v128.load(b + at))));
  }
  return equal;
}
