/** What a checkpoint keeps of a part of the state that has changed little: the words that differ from an older copy. */

/** More words differ than were asked for. */
export const TOO_MANY: u32 = 0xffff_ffff;

/**
 * For each set of the four words of a vector (bit n: word n), the bytes that move them to its front, in order. A word
 * that is not of the set leaves zeros behind it, which the next vector overwrites.
 */
// prettier-ignore
const PACKINGS: usize = memory.data<u32>([
  0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
  0x03020100, 0xffffffff, 0xffffffff, 0xffffffff,
  0x07060504, 0xffffffff, 0xffffffff, 0xffffffff,
  0x03020100, 0x07060504, 0xffffffff, 0xffffffff,
  0x0b0a0908, 0xffffffff, 0xffffffff, 0xffffffff,
  0x03020100, 0x0b0a0908, 0xffffffff, 0xffffffff,
  0x07060504, 0x0b0a0908, 0xffffffff, 0xffffffff,
  0x03020100, 0x07060504, 0x0b0a0908, 0xffffffff,
  0x0f0e0d0c, 0xffffffff, 0xffffffff, 0xffffffff,
  0x03020100, 0x0f0e0d0c, 0xffffffff, 0xffffffff,
  0x07060504, 0x0f0e0d0c, 0xffffffff, 0xffffffff,
  0x03020100, 0x07060504, 0x0f0e0d0c, 0xffffffff,
  0x0b0a0908, 0x0f0e0d0c, 0xffffffff, 0xffffffff,
  0x03020100, 0x0b0a0908, 0x0f0e0d0c, 0xffffffff,
  0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0xffffffff,
  0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
], 16);

/**
 * Compares `bytes` bytes (a multiple of 64, at most 256 KiB) at `now` and `then` and writes, for each 32-bit word that
 * differs, its number (u16) to `places` and its present value (u32) to `words`; both have room for 16 more than
 * `limit`. @returns how many, or TOO_MANY.
 */
export function differingWords(
  now: usize,
  then: usize,
  bytes: usize,
  places: usize,
  words: usize,
  limit: u32,
): u32 {
  let count: u32 = 0;
  for (let at: usize = 0; at < bytes; at += 64) {
    const a = now + at;
    const b = then + at;
    const d0 = v128.xor(v128.load(a), v128.load(b));
    const d1 = v128.xor(v128.load(a, 16), v128.load(b, 16));
    const d2 = v128.xor(v128.load(a, 32), v128.load(b, 32));
    const d3 = v128.xor(v128.load(a, 48), v128.load(b, 48));
    if (!v128.any_true(v128.or(v128.or(d0, d1), v128.or(d2, d3)))) continue;
    const place = <i32>(at >> 2);
    count += keep(a, d0, place, places, words, count);
    count += keep(a + 16, d1, place + 4, places, words, count);
    count += keep(a + 32, d2, place + 8, places, words, count);
    count += keep(a + 48, d3, place + 12, places, words, count);
    if (count > limit) return TOO_MANY;
  }
  return count;
}

/** Packs the words whose difference is not zero behind the `count` kept so far: without a branch, as none could be foreseen. */
function keep(from: usize, difference: v128, place: i32, places: usize, words: usize, count: u32): u32 {
  const differing = <u32>i32x4.bitmask(i32x4.ne(difference, i32x4.splat(0)));
  const packing = v128.load(PACKINGS + ((<usize>differing) << 4));
  v128.store(words + ((<usize>count) << 2), i8x16.swizzle(v128.load(from), packing));
  const numbers = i32x4.add(i32x4.splat(place), i32x4(0, 1, 2, 3));
  v128.store64_lane(
    places + ((<usize>count) << 1),
    i16x8.narrow_i32x4_u(i8x16.swizzle(numbers, packing), numbers),
    0,
  );
  return <u32>popcnt(differing);
}
