/** DNS (RFC 1035): names with compression pointers that may lie. */
import type { Bytes } from '#lib/units';
import { ipv4, preview, textAt, u16, u8 } from './bytes';
import { addLayer, available, isCut, note, summarise, type Dissector } from './context';
import type { Field, Layer, Row } from './field';
import { fieldsOf, oneField } from './table';

export const DNS_TYPES = [1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 41, 255];
export const DNS_RCODES = [0, 1, 2, 3, 4, 5];
const bit = (code: string, first: number): Row => ({
  code: `dns.flags.${code}`,
  at: 2,
  length: 2,
  bits: [first, 1],
  format: 'flag',
});
const HEADER: readonly Row[] = [
  { code: 'dns.id', at: 0, length: 2, format: 'hex' },
  {
    code: 'dns.flags',
    at: 2,
    length: 2,
    format: 'hex',
    rows: [
      bit('response', 0),
      { code: 'dns.flags.opcode', at: 2, length: 2, bits: [1, 4] },
      bit('authoritative', 5),
      bit('truncated', 6),
      bit('recdesired', 7),
      bit('recavail', 8),
      { code: 'dns.flags.rcode', at: 2, length: 2, bits: [12, 4], named: DNS_RCODES },
    ],
  },
  { code: 'dns.count.queries', at: 4, length: 2 },
  { code: 'dns.count.answers', at: 6, length: 2 },
  { code: 'dns.count.auth_rr', at: 8, length: 2 },
  { code: 'dns.count.add_rr', at: 10, length: 2 },
];
/** Records shown in one message. */
const MAX_RECORDS = 128;
/** A name has at most 255 octets, so at most 127 labels; as many jumps are plenty. */
const MAX_JUMPS = 127;
const MAX_NAME = 255;

export interface Name {
  text: string;
  /** Bytes it takes where it stands. */
  length: Bytes;
  isBroken: boolean;
}

/** A name at `at` of a message that begins at `start`. Pointers only lead backwards, so that it always ends. */
export function readName(b: Uint8Array, start: Bytes, at: Bytes, end: Bytes): Name {
  const labels: string[] = [];
  let from = at;
  let length = 0;
  let total = 0;
  let limit = end;
  for (let jumps = 0; ;) {
    if (from >= limit) return { text: labels.join('.'), length: length || from - at, isBroken: true };
    const size = b[from];
    if (size === 0)
      return { text: labels.join('.') || '<Root>', length: length || from + 1 - at, isBroken: false };
    if (size >= 0xc0) {
      if (from + 1 >= limit)
        return { text: labels.join('.'), length: length || from + 1 - at, isBroken: true };
      length ||= from + 2 - at;
      const target = start + (u16(b, from) & 0x3fff);
      if (target >= from || ++jumps > MAX_JUMPS) return { text: labels.join('.'), length, isBroken: true };
      limit = end;
      from = target;
      continue;
    }
    total += size + 1;
    if (size >= 0x40 || from + 1 + size > limit || total > MAX_NAME)
      return {
        text: labels.join('.'),
        length: length || Math.min(limit, from + 1 + size) - at,
        isBroken: true,
      };
    labels.push(textAt(b, from + 1, from + 1 + size));
    from += 1 + size;
  }
}

export const dns: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const stop = available(cx, end);
  let at = start;
  const before: Field[] = [];
  // Over TCP a message comes after its length (RFC 1035, 4.2.2).
  if (cx.layers[cx.layers.length - 1]?.protocol === 'tcp') {
    before.push(...fieldsOf(bytes, start, end, [{ code: 'dns.length', at: 0, length: 2 }]));
    at += 2;
  }
  const layer = addLayer(cx, 'dns', start, end - start, before);
  if (isCut(cx, layer, at - start + 12, end)) {
    layer.fields.push(...fieldsOf(bytes, at, end, HEADER));
    return null;
  }
  layer.fields.push(...fieldsOf(bytes, at, end, HEADER));
  const reader = new Records(bytes, layer, at, stop);
  const names = [u16(bytes, at + 4), u16(bytes, at + 6), u16(bytes, at + 8), u16(bytes, at + 10)];
  const question = names[0] > 0 ? readName(bytes, at, at + 12, stop) : null;
  reader.read('dns.queries', names[0], true);
  reader.read('dns.answers', names[1], false);
  reader.read('dns.authorities', names[2], false);
  reader.read('dns.additional', names[3], false);
  const flags = u16(bytes, at + 2);
  const type = question ? u16(bytes, at + 12 + question.length) : 0;
  const args = {
    name: question?.text ?? '',
    type: typeName(type),
    answer: reader.firstAnswer,
    rcode: flags & 15,
  };
  if (!(flags & 0x8000)) summarise(cx, 'dns-query', args);
  else if (flags & 15) summarise(cx, 'dns-failure', args);
  else summarise(cx, reader.firstAnswer ? 'dns-answer' : 'dns-no-answer', args);
  return null;
};

const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  41: 'OPT',
  255: 'ANY',
};
export const typeName = (type: number): string => TYPE_NAMES[type] ?? `TYPE${type}`;

class Records {
  firstAnswer = '';
  #at: Bytes;
  #count = 0;
  #isStopped = false;

  constructor(
    readonly b: Uint8Array,
    readonly layer: Layer,
    readonly start: Bytes,
    readonly end: Bytes,
  ) {
    this.#at = start + 12;
  }

  read(code: string, count: number, isQuestion: boolean): void {
    if (count === 0 || this.#isStopped) return;
    const from = this.#at;
    const fields: Field[] = [];
    for (let i = 0; i < count && !this.#isStopped; i++) {
      if (++this.#count > MAX_RECORDS) {
        this.layer.notes.push(note('too-many', { shown: MAX_RECORDS }));
        this.#isStopped = true;
      } else fields.push(this.#record(isQuestion, code === 'dns.answers'));
    }
    this.layer.fields.push({
      code,
      offset: from,
      length: this.#at - from,
      value: count,
      display: String(count),
      fields,
    });
  }

  #record(isQuestion: boolean, isAnswer: boolean): Field {
    const { b, start, end } = this;
    const at = this.#at;
    const name = readName(b, start, at, end);
    const prefix = isQuestion ? 'dns.qry' : 'dns.resp';
    const nameField: Field = {
      code: `${prefix}.name`,
      offset: at,
      length: name.length,
      value: name.text,
      display: name.text,
    };
    if (name.isBroken) nameField.notes = [note('bad-pointer')];
    const rest = at + name.length;
    const size = isQuestion ? 4 : 10;
    if (name.isBroken || rest + size > end) {
      this.#isStopped = true;
      this.#at = Math.min(end, rest);
      if (!name.isBroken) this.layer.notes.push(note('truncated', { missing: rest + size - end }));
      return record(at, this.#at - at, name.text, [nameField]);
    }
    const fields = [
      nameField,
      oneField(b, rest, { code: `${prefix}.type`, length: 2 }),
      oneField(b, rest + 2, { code: `${prefix}.class`, length: 2, format: 'hex' }),
    ];
    const type = u16(b, rest);
    fields[1].meaning = DNS_TYPES.includes(type) ? `dns.type.${type}` : undefined;
    if (fields[1].meaning === undefined) delete fields[1].meaning;
    if (isQuestion) {
      this.#at = rest + 4;
      return record(at, this.#at - at, `${name.text} ${typeName(type)}`, fields);
    }
    fields.push(
      oneField(b, rest + 4, { code: 'dns.resp.ttl', length: 4, format: 'seconds' }),
      oneField(b, rest + 8, { code: 'dns.resp.len', length: 2 }),
    );
    const length = u16(b, rest + 8);
    const data = rest + 10;
    if (data + length > end) {
      fields[4].notes = [note('bad-length', { length })];
      this.#isStopped = true;
      this.#at = end;
    } else {
      const value = this.#data(type, data, length, fields);
      if (isAnswer && type !== 41) this.firstAnswer ||= value;
      this.#at = data + length;
    }
    return record(at, this.#at - at, `${name.text} ${typeName(type)}`, fields);
  }

  /** @returns what the record says, for the line of the frame */
  #data(type: number, at: Bytes, length: Bytes, fields: Field[]): string {
    const { b, start } = this;
    const end = at + length;
    const nameAs = (code: string, from: Bytes): string => {
      const name = readName(b, start, from, end);
      const field: Field = { code, offset: from, length: name.length, value: name.text, display: name.text };
      if (name.isBroken) field.notes = [note('bad-pointer')];
      fields.push(field);
      return name.text;
    };
    if (type === 1 && length === 4) {
      fields.push(oneField(b, at, { code: 'dns.a', length: 4, format: 'ipv4' }));
      return ipv4(b, at);
    }
    if (type === 28 && length === 16) {
      const field = oneField(b, at, { code: 'dns.aaaa', length: 16, format: 'ipv6' });
      fields.push(field);
      return field.display;
    }
    if (type === 5) return nameAs('dns.cname', at);
    if (type === 2) return nameAs('dns.ns', at);
    if (type === 12) return nameAs('dns.ptr.domain_name', at);
    if (type === 15 && length > 2) {
      fields.push(oneField(b, at, { code: 'dns.mx.preference', length: 2 }));
      return nameAs('dns.mx.mail_exchange', at + 2);
    }
    if (type === 16 && length > 0) {
      const size = Math.min(u8(b, at), length - 1);
      const text = textAt(b, at + 1, at + 1 + size);
      fields.push({ code: 'dns.txt', offset: at + 1, length: size, value: text, display: text });
      return text;
    }
    if (type === 33 && length > 6) {
      fields.push(
        oneField(b, at, { code: 'dns.srv.priority', length: 2 }),
        oneField(b, at + 2, { code: 'dns.srv.weight', length: 2 }),
        oneField(b, at + 4, { code: 'dns.srv.port', length: 2 }),
      );
      return nameAs('dns.srv.target', at + 6);
    }
    if (type === 6) {
      const main = readName(b, start, at, end);
      nameAs('dns.soa.mname', at);
      const mailAt = at + main.length;
      const mail = readName(b, start, mailAt, end);
      nameAs('dns.soa.rname', mailAt);
      const numbers = mailAt + mail.length;
      const codes = ['serial_number', 'refresh_interval', 'retry_interval', 'expire_limit', 'minimum_ttl'];
      if (numbers + 20 <= end)
        codes.forEach((code, i) =>
          fields.push(oneField(b, numbers + 4 * i, { code: `dns.soa.${code}`, length: 4 })),
        );
      return main.text;
    }
    if (length > 0)
      fields.push({ code: 'dns.data', offset: at, length, value: null, display: preview(b, at, length) });
    return typeName(type);
  }
}

const record = (offset: Bytes, length: Bytes, display: string, fields: Field[]): Field => ({
  code: 'dns.record',
  offset,
  length,
  value: display,
  display,
  fields,
});
