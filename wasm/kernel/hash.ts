/**
 * XXH3, 64 bits, seed 0, default secret: exactly the function of xxHash 0.8 (Yann Collet,
 * https://github.com/Cyan4973/xxHash/blob/v0.8.1/doc/xxhash_spec.md), for every length.
 *
 * The long path keeps its eight 64-bit accumulators in four pairs of vectors. XXH3 adds to each lane the product
 * of its two keyed halves, and to its *neighbour* the data itself. Addition commutes, so the products (p0 … p3) and
 * the plain sums (s0 … s3) are gathered apart and the neighbours change places once a block, not once a stripe.
 */
export const PRIME32_1: u64 = 0x9e3779b1;
export const PRIME32_2: u64 = 0x85ebca77;
export const PRIME32_3: u64 = 0xc2b2ae3d;
export const PRIME64_1: u64 = 0x9e3779b185ebca87;
export const PRIME64_2: u64 = 0xc2b2ae3d27d4eb4f;
export const PRIME64_3: u64 = 0x165667b19e3779f9;
export const PRIME64_4: u64 = 0x85ebca77c2b2ae63;
export const PRIME64_5: u64 = 0x27d4eb2f165667c5;
const PRIME_MX1: u64 = 0x165667919e3779f9;
const PRIME_MX2: u64 = 0x9fb21c651e98df25;

const STRIPE: u32 = 64;
/** (192 − 64) / 8 stripes share a block: the secret moves on by 8 bytes a stripe. */
export const BLOCK_STRIPES: u32 = 16;
export const SECRET_STEP: usize = 8;
const SCRAMBLE_SECRET: usize = 128;
export const LAST_STRIPE_SECRET: usize = 121;
const MERGE_SECRET: usize = 11;

/** The default secret, 192 bytes: XXH3_kSecret. */
// prettier-ignore
export const SECRET: usize = memory.data<u8>([
  0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
  0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
  0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
  0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
  0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
  0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
  0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
  0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
  0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
  0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
  0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
  0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
], 16);

/** Low half xor high half of the 128-bit product. WebAssembly has no wide multiplication: four of 32 × 32 bits. */
function foldedProduct(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const low = aLow * bLow;
  const cross = (low >> 32) + aHigh * bLow;
  const middle = (cross & 0xffffffff) + aLow * bHigh;
  return ((middle << 32) | (low & 0xffffffff)) ^ (aHigh * bHigh + (cross >> 32) + (middle >> 32));
}

function avalanche(h: u64): u64 {
  h = (h ^ (h >> 37)) * PRIME_MX1;
  return h ^ (h >> 32);
}

function avalanche64(h: u64): u64 {
  h = (h ^ (h >> 33)) * PRIME64_2;
  h = (h ^ (h >> 29)) * PRIME64_3;
  return h ^ (h >> 32);
}

function short(ptr: usize, length: u32): u64 {
  if (length > 8) {
    const low = load<u64>(ptr) ^ (load<u64>(SECRET, 24) ^ load<u64>(SECRET, 32));
    const high = load<u64>(ptr + length - 8) ^ (load<u64>(SECRET, 40) ^ load<u64>(SECRET, 48));
    return avalanche(<u64>length + bswap(low) + high + foldedProduct(low, high));
  }
  if (length >= 4) {
    const input = <u64>load<u32>(ptr + length - 4) + ((<u64>load<u32>(ptr)) << 32);
    let h = input ^ (load<u64>(SECRET, 8) ^ load<u64>(SECRET, 16));
    h = (h ^ rotl(h, 49) ^ rotl(h, 24)) * PRIME_MX2;
    h = (h ^ ((h >> 35) + <u64>length)) * PRIME_MX2;
    return h ^ (h >> 28);
  }
  if (length > 0) {
    const first = <u32>load<u8>(ptr);
    const middle = <u32>load<u8>(ptr + (length >> 1));
    const last = <u32>load<u8>(ptr + length - 1);
    const combined = (first << 16) | (middle << 24) | last | (length << 8);
    return avalanche64((<u64>combined) ^ (<u64>(load<u32>(SECRET) ^ load<u32>(SECRET, 4))));
  }
  return avalanche64(load<u64>(SECRET, 56) ^ load<u64>(SECRET, 64));
}

function mix16(ptr: usize, secret: usize): u64 {
  return foldedProduct(load<u64>(ptr) ^ load<u64>(secret), load<u64>(ptr, 8) ^ load<u64>(secret, 8));
}

/** 17 … 128 bytes: from both ends inwards. */
function medium(ptr: usize, length: u32): u64 {
  let h = <u64>length * PRIME64_1;
  const end = ptr + length;
  for (let i: usize = (length - 1) >> 5; <isize>i >= 0; i--) {
    h += mix16(ptr + 16 * i, SECRET + 32 * i) + mix16(end - 16 * (i + 1), SECRET + 32 * i + 16);
  }
  return avalanche(h);
}

/** 129 … 240 bytes. */
function upperMedium(ptr: usize, length: u32): u64 {
  let h = <u64>length * PRIME64_1;
  for (let i: usize = 0; i < 8; i++) h += mix16(ptr + 16 * i, SECRET + 16 * i);
  h = avalanche(h);
  const rounds: usize = length >> 4;
  for (let i: usize = 8; i < rounds; i++) h += mix16(ptr + 16 * i, SECRET + 16 * (i - 8) + 3);
  return avalanche(h + mix16(ptr + length - 16, SECRET + 119));
}

/** 32-bit words 0 and 2 of two vectors: the low halves of four 64-bit lanes. */
function lowHalves(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 0, 2, 4, 6);
}

/** 32-bit words 1 and 3 of two vectors: the high halves of four 64-bit lanes. */
function highHalves(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 1, 3, 5, 7);
}

/** What 16 bytes of input add to their accumulator: the product of their halves, and their neighbour. */
function addend(data: v128, secret: usize): v128 {
  const keyed = v128.xor(data, v128.load(secret));
  const product = i64x2.extmul_low_i32x4_u(lowHalves(keyed, keyed), highHalves(keyed, keyed));
  return joined(product, data);
}

/** Accumulator = products + sums with neighbours exchanged. */
function joined(products: v128, sums: v128): v128 {
  return i64x2.add(products, v128.shuffle<u64>(sums, sums, 1, 0));
}

/** End of a block: accumulator `i` of 0 … 3, its high bits spread over it. */
function scrambled(products: v128, sums: v128, i: usize): v128 {
  const accumulator = joined(products, sums);
  const secret = v128.load(SECRET + SCRAMBLE_SECRET + 16 * i);
  return i64x2.mul(
    v128.xor(v128.xor(accumulator, i64x2.shr_u(accumulator, 47)), secret),
    i64x2.splat(PRIME32_1),
  );
}

function mergedPair(accumulator: v128, i: usize): u64 {
  const secret = SECRET + MERGE_SECRET + 16 * i;
  return foldedProduct(
    i64x2.extract_lane(accumulator, 0) ^ load<u64>(secret),
    i64x2.extract_lane(accumulator, 1) ^ load<u64>(secret, 8),
  );
}

/** Eight accumulators to one hash. */
function merged(a0: v128, a1: v128, a2: v128, a3: v128, length: u32): u64 {
  const h = mergedPair(a0, 0) + mergedPair(a1, 1) + mergedPair(a2, 2) + mergedPair(a3, 3);
  return avalanche(h + <u64>length * PRIME64_1);
}

/**
 * More than 240 bytes. Written out rather than split: the accumulators must stay in registers, and a function
 * returns one value. One stripe a turn measured faster than two or sixteen (V8 spills registers then).
 */
function long(ptr: usize, length: u32): u64 {
  let p0 = i64x2(PRIME32_3, PRIME64_1);
  let p1 = i64x2(PRIME64_2, PRIME64_3);
  let p2 = i64x2(PRIME64_4, PRIME32_2);
  let p3 = i64x2(PRIME64_5, PRIME32_1);
  let s0 = i64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;

  // The very last stripe is none of these: it ends with the input, and may overlap the one before.
  const stripes = (length - 1) / STRIPE;
  const last = ptr + length - STRIPE;
  let fullBlocks = stripes / BLOCK_STRIPES;
  let end = SECRET + SCRAMBLE_SECRET;
  let data = ptr;
  for (;;) {
    if (!fullBlocks) end = SECRET + SECRET_STEP * <usize>(stripes % BLOCK_STRIPES);
    for (let secret = SECRET; secret < end; secret += SECRET_STEP) {
      const d0 = v128.load(data);
      const d1 = v128.load(data, 16);
      const d2 = v128.load(data, 32);
      const d3 = v128.load(data, 48);
      const k0 = v128.xor(d0, v128.load(secret));
      const k1 = v128.xor(d1, v128.load(secret, 16));
      const k2 = v128.xor(d2, v128.load(secret, 32));
      const k3 = v128.xor(d3, v128.load(secret, 48));
      const low01 = lowHalves(k0, k1);
      const high01 = highHalves(k0, k1);
      const low23 = lowHalves(k2, k3);
      const high23 = highHalves(k2, k3);
      p0 = i64x2.add(p0, i64x2.extmul_low_i32x4_u(low01, high01));
      p1 = i64x2.add(p1, i64x2.extmul_high_i32x4_u(low01, high01));
      p2 = i64x2.add(p2, i64x2.extmul_low_i32x4_u(low23, high23));
      p3 = i64x2.add(p3, i64x2.extmul_high_i32x4_u(low23, high23));
      s0 = i64x2.add(s0, d0);
      s1 = i64x2.add(s1, d1);
      s2 = i64x2.add(s2, d2);
      s3 = i64x2.add(s3, d3);
      data += STRIPE;
    }
    if (!fullBlocks) break;
    fullBlocks--;
    p0 = scrambled(p0, s0, 0);
    p1 = scrambled(p1, s1, 1);
    p2 = scrambled(p2, s2, 2);
    p3 = scrambled(p3, s3, 3);
    s0 = i64x2.splat(0);
    s1 = s0;
    s2 = s0;
    s3 = s0;
  }

  const secret = SECRET + LAST_STRIPE_SECRET;
  p0 = i64x2.add(joined(p0, s0), addend(v128.load(last), secret));
  p1 = i64x2.add(joined(p1, s1), addend(v128.load(last, 16), secret + 16));
  p2 = i64x2.add(joined(p2, s2), addend(v128.load(last, 32), secret + 32));
  p3 = i64x2.add(joined(p3, s3), addend(v128.load(last, 48), secret + 48));
  return merged(p0, p1, p2, p3, length);
}

/** XXH3-64 (seed 0, default secret) of `length` bytes at `ptr`. */
export function xxh3(ptr: usize, length: u32): u64 {
  if (length <= 16) return short(ptr, length);
  if (length <= 128) return medium(ptr, length);
  if (length <= 240) return upperMedium(ptr, length);
  return long(ptr, length);
}

/** XXH3-64 of the 4096 bytes at `ptr`. */
export function xxh3Page(ptr: usize): u64 {
  return long(ptr, 4096);
}

// For kernel/content.ts, which hashes pages that it makes in registers. (Not `export function`: asc would warn that
// vectors cannot leave the module.)
export { addend, highHalves, joined, lowHalves, merged, scrambled };
