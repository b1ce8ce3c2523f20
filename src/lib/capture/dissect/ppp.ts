/** PPP as GRE carries it (RFC 1661), its negotiations (LCP, IPCP: RFC 1332, CCP: RFC 1962) and logons (PAP, CHAP). */
import type { Bytes } from '#lib/units';
import { preview, textAt, u16, u8 } from './bytes';
import { addLayer, available, dataLayer, isCut, note, summarise, type Dissector } from './context';
import type { Field, Format, Layer, ProtocolCode, Row } from './field';
import { fieldsOf, oneField } from './table';

const CARRIED: Readonly<Record<number, ProtocolCode>> = {
  0x0021: 'ip',
  0x8021: 'ipcp',
  0x80fd: 'ccp',
  0xc021: 'lcp',
  0xc023: 'pap',
  0xc223: 'chap',
};
export const PPP_PROTOCOLS = [0x0021, 0x00fd, 0x8021, 0x80fd, 0xc021, 0xc023, 0xc223];

export const ppp: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const fields: Field[] = [];
  let at = start;
  // Left out when both sides agreed to (LCP option 8); the protocol is one byte when they agreed to that (option 7).
  if (u8(bytes, at) === 0xff && u8(bytes, at + 1) === 0x03) {
    fields.push(
      ...fieldsOf(bytes, at, end, [
        { code: 'ppp.address', at: 0, length: 1, format: 'hex' },
        { code: 'ppp.control', at: 1, length: 1, format: 'hex' },
      ]),
    );
    at += 2;
  }
  const size = u8(bytes, at) & 1 ? 1 : 2;
  const layer = addLayer(cx, 'ppp', start, at + size - start, fields);
  if (isCut(cx, layer, at + size - start, end)) return null;
  const protocol = size === 1 ? u8(bytes, at) : u16(bytes, at);
  const field = oneField(bytes, at, { code: 'ppp.protocol', length: size, format: 'hex' });
  if (PPP_PROTOCOLS.includes(protocol)) field.meaning = `ppp.protocol.${protocol}`;
  fields.push(field);
  at += size;
  summarise(cx, 'ppp', { protocol: field.display });
  if (at >= end) return null;
  const next = CARRIED[protocol];
  return next ? { protocol: next, start: at, end } : dataLayer(cx, at, end);
};

export const PPP_CODES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

interface OptionKind {
  code: string;
  length: Bytes;
  format?: Format;
}
/** A control protocol: its options by type. */
const LCP: Readonly<Record<number, OptionKind>> = {
  1: { code: 'lcp.opt.mru', length: 2 },
  2: { code: 'lcp.opt.asyncmap', length: 4, format: 'hex' },
  3: { code: 'lcp.opt.auth_protocol', length: 2, format: 'hex' },
  5: { code: 'lcp.opt.magic_number', length: 4, format: 'hex' },
};
const IPCP: Readonly<Record<number, OptionKind>> = {
  3: { code: 'ipcp.opt.ip_address', length: 4, format: 'ipv4' },
  129: { code: 'ipcp.opt.pri_dns_address', length: 4, format: 'ipv4' },
  130: { code: 'ipcp.opt.pri_nbns_address', length: 4, format: 'ipv4' },
  131: { code: 'ipcp.opt.sec_dns_address', length: 4, format: 'ipv4' },
  132: { code: 'ipcp.opt.sec_nbns_address', length: 4, format: 'ipv4' },
};
export const PPP_OPTIONS: Readonly<Record<'lcp' | 'ipcp' | 'ccp', readonly number[]>> = {
  lcp: [1, 2, 3, 4, 5, 7, 8, 13],
  ipcp: [1, 2, 3, 129, 130, 131, 132],
  ccp: [18],
};
const MAX_OPTIONS = 64;

const HEADER: readonly Row[] = [
  { code: 'ppp.code', at: 0, length: 1, named: PPP_CODES },
  { code: 'ppp.identifier', at: 1, length: 1 },
  { code: 'ppp.length', at: 2, length: 2 },
];

const control =
  (protocol: 'lcp' | 'ipcp' | 'ccp', kinds: Readonly<Record<number, OptionKind>>): Dissector =>
  (cx, start, end) => {
    const { bytes } = cx;
    const layer = addLayer(cx, protocol, start, end - start, fieldsOf(bytes, start, end, HEADER));
    if (isCut(cx, layer, 4, end)) return null;
    const code = u8(bytes, start);
    const length = u16(bytes, start + 2);
    summarise(cx, protocol, { code: PPP_CODES.includes(code) ? code : 0, address: '' });
    if (length < 4 || length > end - start) {
      layer.fields[2].notes = [note('bad-length', { length })];
      return null;
    }
    layer.length = Math.min(layer.length, length);
    const stop = Math.min(available(cx, end), start + length);
    if (code >= 1 && code <= 4) {
      const found = options(bytes, start + 4, stop, protocol, kinds, layer);
      const address = found.find((field) => field.code === 'ipcp.opt.ip_address');
      summarise(cx, protocol, { code, address: address?.display ?? '' });
    } else if (protocol === 'lcp' && code >= 9 && code <= 11 && stop >= start + 8)
      layer.fields.push(
        oneField(bytes, start + 4, { code: 'lcp.magic_number', length: 4, format: 'hex' }),
        ...rest(bytes, 'lcp.data', start + 8, stop),
      );
    else layer.fields.push(...rest(bytes, `${protocol}.data`, start + 4, stop));
    return null;
  };

function options(
  b: Uint8Array,
  from: Bytes,
  end: Bytes,
  protocol: 'lcp' | 'ipcp' | 'ccp',
  kinds: Readonly<Record<number, OptionKind>>,
  layer: Layer,
): Field[] {
  const found: Field[] = [];
  let at = from;
  for (let n = 0; at < end; n++) {
    if (n >= MAX_OPTIONS) {
      layer.notes.push(note('too-many', { shown: MAX_OPTIONS }));
      break;
    }
    const kind = b[at];
    const length = at + 1 < end ? b[at + 1] : 0;
    const known = PPP_OPTIONS[protocol].includes(kind);
    const type = oneField(b, at, { code: `${protocol}.opt.type`, length: 1, named: () => known });
    const isBad = length < 2 || at + length > end;
    const size = isBad ? end - at : length;
    const fields = [type];
    if (!isBad) {
      fields.push(oneField(b, at + 1, { code: `${protocol}.opt.length`, length: 1 }));
      const row = kinds[kind];
      if (row && size - 2 >= row.length) {
        const value = oneField(b, at + 2, row);
        if (row.code === 'lcp.opt.auth_protocol' && typeof value.value === 'number')
          if (PPP_PROTOCOLS.includes(value.value)) value.meaning = `ppp.protocol.${value.value}`;
        fields.push(value, ...rest(b, `${protocol}.opt.data`, at + 2 + row.length, at + size));
        // After CHAP: which kind of it (RFC 1994, 3).
        const after = fields[fields.length - 1];
        if (value.value === 0xc223 && after !== value && after.length === 1)
          fields[fields.length - 1] = oneField(b, after.offset, {
            code: 'lcp.opt.algorithm',
            length: 1,
            named: [5, 0x80, 0x81],
          });
      } else fields.push(...rest(b, `${protocol}.opt.data`, at + 2, at + size));
    }
    layer.fields.push({
      code: `${protocol}.option`,
      offset: at,
      length: size,
      value: kind,
      display: String(kind),
      ...(known ? { meaning: `${protocol}.opt.type.${kind}` } : {}),
      ...(isBad ? { notes: [note('bad-length', { length })] } : {}),
      fields,
    });
    found.push(...fields);
    at += size;
  }
  return found;
}

const rest = (b: Uint8Array, code: string, offset: Bytes, end: Bytes): Field[] =>
  end > offset
    ? [{ code, offset, length: end - offset, value: null, display: preview(b, offset, end - offset) }]
    : [];

export const lcp = control('lcp', LCP);
export const ipcp = control('ipcp', IPCP);
export const ccp = control('ccp', { 18: { code: 'ccp.opt.supported_bits', length: 4, format: 'hex' } });

const logonHeader = (protocol: 'pap' | 'chap', codes: readonly number[]): readonly Row[] => [
  { code: `${protocol}.code`, at: 0, length: 1, named: codes },
  { code: `${protocol}.identifier`, at: 1, length: 1 },
  { code: `${protocol}.length`, at: 2, length: 2 },
];

/** CHAP and MS-CHAP (RFC 1994, 2433). */
export const chap: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const rows = logonHeader('chap', [1, 2, 3, 4]);
  const layer = addLayer(cx, 'chap', start, end - start, fieldsOf(bytes, start, end, rows));
  if (isCut(cx, layer, 4, end)) return null;
  const code = u8(bytes, start);
  const stop = Math.min(available(cx, end), start + Math.max(4, u16(bytes, start + 2)));
  summarise(cx, 'chap', { code: code >= 1 && code <= 4 ? code : 0, name: '' });
  if ((code === 1 || code === 2) && stop > start + 4) {
    const size = u8(bytes, start + 4);
    const nameAt = start + 5 + size;
    layer.fields.push(oneField(bytes, start + 4, { code: 'chap.value_size', length: 1 }));
    if (nameAt > stop) layer.fields[layer.fields.length - 1].notes = [note('bad-length', { length: size })];
    else {
      layer.fields.push(...rest(bytes, 'chap.value', start + 5, nameAt));
      const name = textAt(bytes, nameAt, stop);
      if (stop > nameAt)
        layer.fields.push({
          code: 'chap.name',
          offset: nameAt,
          length: stop - nameAt,
          value: name,
          display: name,
        });
      summarise(cx, 'chap', { code, name });
    }
  } else if (stop > start + 4) {
    const message = textAt(bytes, start + 4, stop);
    layer.fields.push({
      code: 'chap.message',
      offset: start + 4,
      length: stop - start - 4,
      value: message,
      display: message,
    });
  }
  return null;
};

/** PAP (RFC 1334): name and password in clear. */
export const pap: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const rows = logonHeader('pap', [1, 2, 3]);
  const layer = addLayer(cx, 'pap', start, end - start, fieldsOf(bytes, start, end, rows));
  if (isCut(cx, layer, 4, end)) return null;
  const code = u8(bytes, start);
  const stop = Math.min(available(cx, end), start + Math.max(4, u16(bytes, start + 2)));
  summarise(cx, 'pap', { code: code >= 1 && code <= 3 ? code : 0 });
  let at = start + 4;
  for (const part of code === 1 ? ['peer_id', 'password'] : ['message']) {
    if (at >= stop) break;
    const size = u8(bytes, at);
    if (at + 1 + size > stop) {
      layer.notes.push(note('bad-length', { length: size }));
      break;
    }
    const text = textAt(bytes, at + 1, at + 1 + size);
    layer.fields.push({ code: `pap.${part}`, offset: at + 1, length: size, value: text, display: text });
    at += 1 + size;
  }
  return null;
};
