/** Reading and writing bytes in words of a network engineer. No function here reads outside what it is given. */
import type { Bytes } from '#lib/units';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export const u8 = (b: Uint8Array, at: Bytes): number => b[at] ?? 0;
export const u16 = (b: Uint8Array, at: Bytes): number => (u8(b, at) << 8) | u8(b, at + 1);
export const u32 = (b: Uint8Array, at: Bytes): number => u16(b, at) * 65_536 + u16(b, at + 2);

export const mac = (b: Uint8Array, at: Bytes): string =>
  `${HEX[u8(b, at)]}:${HEX[u8(b, at + 1)]}:${HEX[u8(b, at + 2)]}:${HEX[u8(b, at + 3)]}:${HEX[u8(b, at + 4)]}:${HEX[u8(b, at + 5)]}`;

export const ipv4 = (b: Uint8Array, at: Bytes): string =>
  `${u8(b, at)}.${u8(b, at + 1)}.${u8(b, at + 2)}.${u8(b, at + 3)}`;

/** RFC 5952: lower case, the longest run of two or more zeros left out. */
export function ipv6(b: Uint8Array, at: Bytes): string {
  const groups = Array.from({ length: 8 }, (_, i) => u16(b, at + 2 * i).toString(16));
  let best = { from: 0, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (from + length < 8 && groups[from + length] === '0') length++;
    if (length > best.length) best = { from, length };
  }
  if (best.length < 2) return groups.join(':');
  return `${groups.slice(0, best.from).join(':')}::${groups.slice(best.from + best.length).join(':')}`;
}

/** The identifier of a machine, its first three parts little-endian (PXE 2.1, as SMBIOS has it). */
export function guid(b: Uint8Array, at: Bytes): string {
  const part = (...places: number[]): string => places.map((place) => HEX[u8(b, at + place)]).join('');
  const tail = part(10, 11, 12, 13, 14, 15);
  return `${part(3, 2, 1, 0)}-${part(5, 4)}-${part(7, 6)}-${part(8, 9)}-${tail}`;
}

export const hex = (value: number | bigint, digits: number): string =>
  `0x${value.toString(16).padStart(digits, '0')}`;

/** `de:ad:be:ef`, as tshark writes bytes. */
export function hexBytes(b: Uint8Array, at: Bytes, length: Bytes): string {
  let written = '';
  const end = Math.min(b.length, at + length);
  for (let i = at; i < end; i++) written += i > at ? `:${HEX[b[i]]}` : HEX[b[i]];
  return written;
}

const PREVIEW_BYTES = 24;

/** The first bytes; the listing has all of them. */
export const preview = (b: Uint8Array, at: Bytes, length: Bytes): string =>
  length > PREVIEW_BYTES ? `${hexBytes(b, at, PREVIEW_BYTES)}…` : hexBytes(b, at, length);

const utf8 = new TextDecoder('utf-8');

/** Text up to the first zero or the end; what is no text becomes the replacement character. */
export function textAt(b: Uint8Array, at: Bytes, end: Bytes): string {
  const last = Math.min(end, b.length);
  if (at >= last) return '';
  const zero = b.subarray(at, last).indexOf(0);
  return utf8.decode(b.subarray(at, zero < 0 ? last : at + zero));
}

/** Sum of 16-bit words, folded; pass what it returns as `sum` to go on (RFC 1071). */
export function onesSum(b: Uint8Array, from: Bytes, to: Bytes, sum = 0): number {
  let total = sum;
  let at = from;
  for (; at + 1 < to; at += 2) total += (b[at] << 8) | b[at + 1];
  if (at < to) total += b[at] << 8;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 65_536);
  return total;
}

export const internetChecksum = (b: Uint8Array, from: Bytes, to: Bytes, sum = 0): number =>
  ~onesSum(b, from, to, sum) & 0xffff;

/** The pseudo-header of UDP and TCP over IPv4 (RFC 768, RFC 9293): addresses, protocol, length. */
export const pseudoSum = (b: Uint8Array, addressesAt: Bytes, protocol: number, length: Bytes): number =>
  onesSum(b, addressesAt, addressesAt + 8, protocol + length);
