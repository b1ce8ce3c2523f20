/** Network byte order, and the Internet checksum (RFC 1071). */

export function get16(at: usize): u32 {
  return <u32>bswap<u16>(load<u16>(at));
}
export function get32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}
export function put16(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(<u16>value));
}
export function put32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}
/** A MAC address as a number: its first byte is the highest of 48 bits. */
export function getMac(at: usize): u64 {
  return ((<u64>get32(at)) << 16) | (<u64>get16(at + 4));
}
export function putMac(at: usize, mac: u64): void {
  put32(at, <u32>(mac >> 16));
  put16(at + 4, <u32>mac);
}

/**
 * Sum of 16-bit words in the machine's own order, not folded (RFC 1071 section 2: the order of bytes does not matter
 * until the end). `length` bytes; an odd one is followed by a zero.
 */
export function sumWords(at: usize, length: u32): u32 {
  let sum: u32 = 0;
  const end = at + length;
  if (length >= 32) {
    let lanes = i32x4.splat(0);
    for (; at + 16 <= end; at += 16) lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(v128.load(at)));
    sum =
      i32x4.extract_lane(lanes, 0) +
      i32x4.extract_lane(lanes, 1) +
      i32x4.extract_lane(lanes, 2) +
      i32x4.extract_lane(lanes, 3);
  }
  for (; at + 2 <= end; at += 2) sum += load<u16>(at);
  if (at < end) sum += load<u8>(at);
  return sum;
}

/** Folds a sum of words and complements it: the checksum as it is stored (machine's own order). */
export function checksumOf(sum: u32): u32 {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** Sum of the pseudo header (RFC 768, 793): addresses as numbers, protocol, length of the segment. */
export function pseudoSum(source: u32, destination: u32, protocol: u32, length: u32): u32 {
  const s = bswap<u32>(source);
  const d = bswap<u32>(destination);
  return (
    (s & 0xffff) +
    (s >> 16) +
    (d & 0xffff) +
    (d >> 16) +
    <u32>bswap<u16>(<u16>protocol) +
    <u32>bswap<u16>(<u16>length)
  );
}

/**
 * A checksum after a 16-bit word under it has changed (RFC 1624, equation 3): HC' = ~(~HC + ~m + m'). All three in
 * network order as numbers.
 */
export function updatedChecksum(checksum: u32, before: u32, after: u32): u32 {
  let sum = (~checksum & 0xffff) + (~before & 0xffff) + after;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** The same for a 32-bit word. */
export function updatedChecksum32(checksum: u32, before: u32, after: u32): u32 {
  return updatedChecksum(
    updatedChecksum(checksum, before >>> 16, after >>> 16),
    before & 0xffff,
    after & 0xffff,
  );
}
