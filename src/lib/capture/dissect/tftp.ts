/** TFTP (RFC 1350) with its options (RFC 2347, 2348, 2349), as a network boot uses them. */
import type { Bytes } from '#lib/units';
import { preview, textAt, u16 } from './bytes';
import { addLayer, available, isCut, note, summarise, type Dissector } from './context';
import type { Field } from './field';
import { oneField } from './table';

const OPCODES = [1, 2, 3, 4, 5, 6];
export const TFTP_ERRORS = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const MAX_OPTIONS = 32;

export const tftp: Dissector = (cx, start, end) => {
  const { bytes } = cx;
  const stop = available(cx, end);
  const layer = addLayer(cx, 'tftp', start, end - start, []);
  if (isCut(cx, layer, 2, end)) return null;
  const opcode = u16(bytes, start);
  layer.fields.push(oneField(bytes, start, { code: 'tftp.opcode', length: 2, named: OPCODES }));
  let at = start + 2;
  const text = (code: string): string => {
    const from = at;
    while (at < stop && bytes[at] !== 0) at++;
    if (at < stop) at++;
    const value = textAt(bytes, from, at);
    layer.fields.push({ code, offset: from, length: at - from, value, display: value });
    return value;
  };
  const options = (): string => {
    const said: string[] = [];
    for (let n = 0; at < stop; n++) {
      if (n >= MAX_OPTIONS) {
        layer.notes.push(note('too-many', { shown: MAX_OPTIONS }));
        break;
      }
      const name = text('tftp.option.name');
      if (at >= stop) {
        layer.notes.push(note('truncated', { missing: 1 }));
        break;
      }
      said.push(`${name}=${text('tftp.option.value')}`);
    }
    return said.join(' ');
  };
  switch (opcode) {
    case 1:
    case 2: {
      const file = text(opcode === 1 ? 'tftp.source_file' : 'tftp.destination_file');
      const type = at < stop ? text('tftp.type') : '';
      summarise(cx, opcode === 1 ? 'tftp-read' : 'tftp-write', { file, type, options: options() });
      return null;
    }
    case 3:
    case 4: {
      if (isCut(cx, layer, 4, end)) return null;
      layer.fields.push(oneField(bytes, at, { code: 'tftp.block', length: 2 }));
      const block = u16(bytes, at);
      if (opcode === 3 && stop > at + 2) layer.fields.push(data(bytes, at + 2, stop));
      summarise(cx, opcode === 3 ? 'tftp-data' : 'tftp-ack', { block, bytes: end - at - 2 });
      return null;
    }
    case 5: {
      if (isCut(cx, layer, 4, end)) return null;
      layer.fields.push(oneField(bytes, at, { code: 'tftp.error.code', length: 2, named: TFTP_ERRORS }));
      const code = u16(bytes, at);
      at += 2;
      summarise(cx, 'tftp-error', { code, message: at < stop ? text('tftp.error.message') : '' });
      return null;
    }
    case 6:
      summarise(cx, 'tftp-options', { options: options() });
      return null;
  }
  layer.notes.push(note('bad-value'));
  return null;
};

const data = (b: Uint8Array, offset: Bytes, end: Bytes): Field => ({
  code: 'tftp.data',
  offset,
  length: end - offset,
  value: null,
  display: preview(b, offset, end - offset),
});
