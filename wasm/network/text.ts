/** ASCII texts in linear memory: written from literals, numbers read and written. No allocation. */
import { textAt } from './tables';

/** Writes a literal. @returns the address behind it. */
export function putText(at: usize, text: string): usize {
  for (let i = 0; i < text.length; i++) store<u8>(at + i, <u8>text.charCodeAt(i));
  return at + text.length;
}

/** Writes a text of the table. @returns the address behind it. */
export function putStored(at: usize, text: u32): usize {
  const from = textAt(text);
  const length = <usize>load<u8>(from);
  memory.copy(at, from + 1, length);
  return at + length;
}

/** Writes a number in decimal. @returns the address behind it. */
export function putNumber(at: usize, value: u32): usize {
  let digits: u32 = 1;
  for (let rest = value / 10; rest != 0; rest /= 10) digits++;
  for (let i = digits; i > 0; i--) {
    store<u8>(at + i - 1, <u8>(48 + (value % 10)));
    value /= 10;
  }
  return at + digits;
}

/** Writes an IPv4 address in dotted form. @returns the address behind it. */
export function putDotted(at: usize, address: u32): usize {
  for (let shift: i32 = 24; shift >= 0; shift -= 8) {
    at = putNumber(at, (address >>> shift) & 255);
    if (shift > 0) store<u8>(at++, 46);
  }
  return at;
}

/** True when the bytes from `at` begin with a literal, whatever the case of letters. */
export function startsWith(at: usize, end: usize, text: string): bool {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++)
    if (lower(load<u8>(at + i)) != lower(<u8>text.charCodeAt(i))) return false;
  return true;
}

export function lower(byte: u8): u8 {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** Place of a literal between two addresses, or `end`. */
export function find(at: usize, end: usize, text: string): usize {
  for (; at < end; at++) if (startsWith(at, end, text)) return at;
  return end;
}

/** A decimal number at `at`, at most 2³² − 1; what follows it ends it. */
export function readNumber(at: usize, end: usize): u32 {
  let value: u64 = 0;
  for (; at < end; at++) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit > 9) break;
    value = min<u64>(value * 10 + digit, 0xffff_ffff);
  }
  return <u32>value;
}

/** True when the bytes from `at` to `end` are a text of the table, whatever the case of letters. */
export function equalsStored(at: usize, end: usize, text: u32): bool {
  const there = textAt(text);
  const length = <usize>load<u8>(there);
  if (end - at != length) return false;
  for (let i: usize = 0; i < length; i++)
    if (lower(load<u8>(at + i)) != lower(load<u8>(there + 1 + i))) return false;
  return true;
}

/** An IPv4 address in dotted form between two addresses; 0 when it is none. */
export function readAddress(at: usize, end: usize): u32 {
  let address: u32 = 0;
  for (let part = 0; part < 4; part++) {
    let digits = 0;
    let value: u32 = 0;
    for (; at < end && digits < 3; at++, digits++) {
      const digit = <u32>load<u8>(at) - 48;
      if (digit > 9) break;
      value = value * 10 + digit;
    }
    if (digits == 0 || value > 255) return 0;
    address = (address << 8) | value;
    if (part == 3) return at == end ? address : 0;
    if (at >= end || load<u8>(at) != 46) return 0;
    at++;
  }
  return 0;
}
