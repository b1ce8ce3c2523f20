/** A file share: SMB1 (MS-CIFS) behind the session framing of NetBIOS, straight on TCP port 445. */
import type { Bytes } from '#lib/units';
import { preview, textAt, u16, u8 } from './bytes';
import { addLayer, available, dataLayer, isCut, note, summarise, type Dissector } from './context';
import type { Field, Row } from './field';
import { fieldsOf, oneField } from './table';

const SESSION: readonly Row[] = [
  { code: 'nbss.type', at: 0, length: 1, format: 'hex', named: [0x00, 0x81, 0x82, 0x83, 0x85] },
  { code: 'nbss.length', at: 1, length: 3 },
];

/** One message of the session; several in a segment follow one another. */
export const nbss: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const layer = addLayer(cx, 'nbss', start, 4, fieldsOf(bytes, start, end, SESSION));
  if (isCut(cx, layer, 4, end)) return null;
  const length = (u8(bytes, start + 1) << 16) | u16(bytes, start + 2);
  const stop = Math.min(end, start + 4 + length);
  if (u8(bytes, start) !== 0 || length === 0)
    return stop < end ? { protocol: 'nbss', start: stop, end } : null;
  if (!isSmb(bytes, start + 4)) return dataLayer(cx, start + 4, end);
  return { protocol: 'smb', start: start + 4, end: stop };
};

const isSmb = (b: Uint8Array, at: Bytes): boolean =>
  b[at] === 0xff && b[at + 1] === 0x53 && b[at + 2] === 0x4d && b[at + 3] === 0x42;

export const SMB_COMMANDS = [0x04, 0x25, 0x2b, 0x2e, 0x2f, 0x32, 0x71, 0x72, 0x73, 0x74, 0x75, 0xa0, 0xa2];
const little = { little: true } as const;
const bit = (code: string, first: number): Row => ({
  code: `smb.flags.${code}`,
  at: 9,
  length: 1,
  bits: [first, 1],
  format: 'flag',
});
const HEADER: readonly Row[] = [
  { code: 'smb.server_component', at: 0, length: 4, format: 'hex', ...little },
  { code: 'smb.cmd', at: 4, length: 1, format: 'hex', named: SMB_COMMANDS },
  { code: 'smb.flags', at: 9, length: 1, format: 'hex', rows: [bit('response', 0), bit('caseless', 4)] },
  { code: 'smb.flags2', at: 10, length: 2, format: 'hex', ...little },
  { code: 'smb.pid.high', at: 12, length: 2, ...little },
  { code: 'smb.signature', at: 14, length: 8, format: 'bytes' },
  { code: 'smb.reserved', at: 22, length: 2, format: 'bytes' },
  { code: 'smb.tid', at: 24, length: 2, ...little },
  { code: 'smb.pid', at: 26, length: 2, ...little },
  { code: 'smb.uid', at: 28, length: 2, ...little },
  { code: 'smb.mid', at: 30, length: 2, ...little },
  { code: 'smb.wct', at: 32, length: 1 },
];
/** How an error is told: by flag 0x4000 of flags2. */
const NT_STATUS: readonly Row[] = [
  { code: 'smb.nt_status', at: 5, length: 4, format: 'hex', ...little, named: [0] },
];
const DOS_ERROR: readonly Row[] = [
  { code: 'smb.error_class', at: 5, length: 1, format: 'hex' },
  { code: 'smb.error_code', at: 7, length: 2, format: 'hex', ...little },
];
const NEGOTIATE = 0x72;
const ECHO = 0x2b;
const MAX_DIALECTS = 32;

export const smb: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const stop = available(cx, end);
  const layer = addLayer(cx, 'smb', start, end - start, fieldsOf(bytes, start, end, HEADER));
  if (isCut(cx, layer, 33, end)) return null;
  layer.fields.splice(
    2,
    0,
    ...fieldsOf(bytes, start, end, u8(bytes, start + 11) & 0x40 ? NT_STATUS : DOS_ERROR),
  );
  const command = u8(bytes, start + 4);
  const isResponse = (u8(bytes, start + 9) & 0x80) !== 0;
  const words = u8(bytes, start + 32);
  const wordsAt = start + 33;
  const countAt = wordsAt + words * 2;
  summarise(cx, isResponse ? 'smb-response' : 'smb-request', {
    command: SMB_COMMANDS.includes(command) ? command : -1,
  });
  if (countAt + 2 > stop) {
    layer.notes.push(note('truncated', { missing: countAt + 2 - stop }));
    return null;
  }
  const word = (code: string): Field => oneField(bytes, wordsAt, { code, length: 2, ...little });
  if (command === ECHO && words === 1)
    layer.fields.push(word(isResponse ? 'smb.echo.seq_num' : 'smb.echo.count'));
  else if (command === NEGOTIATE && isResponse && words >= 1) layer.fields.push(word('smb.dialect.index'));
  layer.fields.push(oneField(bytes, countAt, { code: 'smb.bcc', length: 2, ...little }));
  const count = u8(bytes, countAt) | (u8(bytes, countAt + 1) << 8);
  const dataAt = countAt + 2;
  const dataEnd = Math.min(stop, dataAt + count);
  if (dataAt + count > end)
    layer.fields[layer.fields.length - 1].notes = [note('bad-length', { length: count })];
  if (command === NEGOTIATE && !isResponse) dialects(bytes, dataAt, dataEnd, layer.fields);
  else if (dataEnd > dataAt)
    layer.fields.push({
      code: command === ECHO ? 'smb.echo.data' : 'smb.data',
      offset: dataAt,
      length: dataEnd - dataAt,
      value: null,
      display: preview(bytes, dataAt, dataEnd - dataAt),
    });
  return null;
};

/** Each: a 2, then text up to a zero. */
function dialects(b: Uint8Array, from: Bytes, end: Bytes, fields: Field[]): void {
  let at = from;
  for (let n = 0; at < end && n < MAX_DIALECTS; n++) {
    const textFrom = at + 1;
    let textEnd = textFrom;
    while (textEnd < end && b[textEnd] !== 0) textEnd++;
    const text = textAt(b, textFrom, textEnd);
    fields.push(oneField(b, at, { code: 'smb.buffer_format', length: 1 }), {
      code: 'smb.dialect.name',
      offset: textFrom,
      length: Math.min(end, textEnd + 1) - textFrom,
      value: text,
      display: text,
    });
    at = textEnd + 1;
  }
}
