/** Fields from a protocol's table. */
import type { Bytes } from '#lib/units';
import { guid, hex, hexBytes, ipv4, ipv6, mac, textAt } from './bytes';
import type { Field, Row, Value } from './field';

/**
 * The fields of a header at `start`, those that end at or before `end` only.
 * @param end of the layer, within the frame
 */
export function fieldsOf(b: Uint8Array, start: Bytes, end: Bytes, rows: readonly Row[]): Field[] {
  const fields: Field[] = [];
  for (const row of rows) {
    const offset = start + row.at;
    if (offset + row.length <= end && offset + row.length <= b.length)
      fields.push(fieldAt(b, offset, start, end, row));
  }
  return fields;
}

/** One field at a place of its own, after the pattern of a row whose `at` is not looked at. */
export const oneField = (b: Uint8Array, offset: Bytes, row: Omit<Row, 'at'>): Field =>
  fieldAt(b, offset, offset, b.length, row);

function fieldAt(b: Uint8Array, offset: Bytes, start: Bytes, end: Bytes, row: Omit<Row, 'at'>): Field {
  const { value, display } = read(b, offset, row);
  const field: Field = { code: row.code, offset, length: row.length, value, display };
  if (row.bits) field.bits = row.bits;
  if (row.named && typeof value === 'number') {
    const known = typeof row.named === 'function' ? row.named(value) : row.named.includes(value);
    if (known) field.meaning = `${row.code}.${value}`;
  }
  if (row.rows) field.fields = fieldsOf(b, start, end, row.rows);
  return field;
}

function read(b: Uint8Array, offset: Bytes, row: Omit<Row, 'at'>): { value: Value; display: string } {
  switch (row.format) {
    case 'mac':
      return same(mac(b, offset));
    case 'ipv4':
      return same(ipv4(b, offset));
    case 'ipv6':
      return same(ipv6(b, offset));
    case 'guid':
      return same(guid(b, offset));
    case 'bytes':
      return same(hexBytes(b, offset, row.length));
    case 'text':
      return same(textAt(b, offset, offset + row.length));
  }
  const number = integer(b, offset, row);
  if (row.format === 'flag') return { value: number, display: String(number) };
  if (row.format === 'hex') {
    const digits = row.bits ? Math.ceil(row.bits[1] / 4) : row.length * 2;
    return { value: number, display: hex(number, digits) };
  }
  if (row.format === 'signed' && typeof number === 'number') {
    const signed = number >= 2 ** (row.length * 8 - 1) ? number - 2 ** (row.length * 8) : number;
    return { value: signed, display: String(signed) };
  }
  const scaled = typeof number === 'number' ? number * (row.scale ?? 1) : number;
  return { value: scaled, display: String(scaled) };
}

/** Up to eight bytes; a number as long as it is exact. */
function integer(b: Uint8Array, offset: Bytes, { length, bits, little }: Omit<Row, 'at'>): number | bigint {
  if (length > 6) {
    let wide = 0n;
    for (let i = 0; i < length; i++)
      wide = (wide << 8n) | BigInt(b[offset + (little ? length - 1 - i : i)] ?? 0);
    return wide <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(wide) : wide;
  }
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (b[offset + (little ? length - 1 - i : i)] ?? 0);
  if (!bits) return value;
  const below = length * 8 - bits[0] - bits[1];
  if (length <= 4 && bits[1] < 32) return (value >>> below) & ((1 << bits[1]) - 1);
  return Math.floor(value / 2 ** below) % 2 ** bits[1];
}

const same = (text: string): { value: Value; display: string } => ({ value: text, display: text });

export const findField = (fields: readonly Field[], code: string): Field | undefined => {
  for (const field of fields) {
    if (field.code === code) return field;
    const inner = field.fields && findField(field.fields, code);
    if (inner) return inner;
  }
  return undefined;
};
