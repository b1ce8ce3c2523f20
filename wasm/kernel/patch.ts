/** What a checkpoint keeps of a part of the state that has changed little: the words that differ from an older copy. */

/** More words differ than were asked for. */
export const TOO_MANY: u32 = 0xffff_ffff;

/**
 * Compares `bytes` bytes (a multiple of 64, at most 256 KiB) at `now` and `then` and writes, for each 32-bit word that
 * differs, its number (u16) to `places` and its present value (u32) to `words`. @returns how many, or TOO_MANY.
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
    for (let i = at; i < at + 64; i += 4) {
      const word = load<u32>(now + i);
      if (word == load<u32>(then + i)) continue;
      if (count == limit) return TOO_MANY;
      store<u16>(places + ((<usize>count) << 1), <u16>(i >> 2));
      store<u32>(words + ((<usize>count) << 2), word);
      count++;
    }
  }
  return count;
}
