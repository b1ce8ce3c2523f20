import type { Bytes } from '#lib/units';
import type { Problem } from './problem';

/** A text as its bytes were: what is needed to write it back alike. */
export interface Decoded {
  text: string;
  /** A name that TextDecoder knows, lower case. */
  encoding: string;
  hasBom: boolean;
}

const BOMS: readonly [encoding: string, bytes: readonly number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/** The declaration is in ASCII whatever follows: `.encoding = "windows-1252"`, or `encoding=` in a descriptor. */
const DECLARED = /^[ \t]*\.?encoding[ \t]*=[ \t]*"?([\w.:-]{1,40})"?/im;

/**
 * Bytes as text: by its mark, by the encoding that it declares, as UTF-8 where it is that, else as Windows-1252, in
 * which hosted products of the time wrote when they declared nothing.
 */
export function decodeText(bytes: Uint8Array): { decoded: Decoded | null; problems: Problem[] } {
  const bom = BOMS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte));
  if (bom) return decodeAs(bytes.subarray(bom[1].length), bom[0], true);
  const declared = DECLARED.exec(asciiOf(bytes.subarray(0, 65_536)))?.[1];
  if (declared) return decodeAs(bytes, declared, false);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { decoded: { text, encoding: 'utf-8', hasBom: false }, problems: [] };
  } catch {
    return decodeAs(bytes, 'windows-1252', false);
  }
}

function decodeAs(
  bytes: Uint8Array,
  label: string,
  hasBom: boolean,
): { decoded: Decoded | null; problems: Problem[] } {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
  } catch {
    return {
      decoded: null,
      problems: [{ code: 'unknown-encoding', what: label.slice(0, 40), isWarning: false }],
    };
  }
  const encoding = decoder.encoding;
  try {
    return { decoded: { text: decoder.decode(bytes), encoding, hasBom }, problems: [] };
  } catch {
    const text = new TextDecoder(label, { ignoreBOM: true }).decode(bytes);
    const at = text.indexOf('\ufffd');
    const before = text.slice(0, Math.max(0, at)).split('\n');
    return {
      decoded: { text, encoding, hasBom },
      problems: [
        {
          code: 'bad-bytes',
          line: before.length,
          column: before.at(-1)!.length + 1,
          what: encoding,
          isWarning: true,
        },
      ],
    };
  }
}

/** Each byte as the character of its number. */
const asciiOf = (bytes: Uint8Array): string => {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
};

/**
 * Text back to bytes in its encoding, or null where the browser cannot write it (it encodes UTF-8 only; single-byte and
 * UTF-16 are done here).
 */
export function encodeText({ text, encoding, hasBom }: Decoded): Uint8Array<ArrayBuffer> | null {
  if (encoding === 'utf-8') return new TextEncoder().encode(hasBom ? `\ufeff${text}` : text);
  if (encoding.startsWith('utf-16')) {
    const units = hasBom ? `\ufeff${text}` : text;
    const bytes = new Uint8Array(units.length * 2);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < units.length; i++)
      view.setUint16(i * 2, units.charCodeAt(i), encoding === 'utf-16le');
    return bytes;
  }
  if (!/^(windows-\d+|iso-8859-\d+\w?|koi8-\w|macintosh|ibm866)$/.test(encoding)) return null;
  const table = new Map<string, number>();
  const decoder = new TextDecoder(encoding);
  for (let byte = 0; byte < 256; byte++) table.set(decoder.decode(Uint8Array.of(byte)), byte);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const byte = table.get(text[i]!);
    if (byte === undefined) return null;
    bytes[i] = byte;
  }
  return bytes;
}

export interface TextLine {
  text: string;
  /** `\n`, `\r\n`, `\r`, or nothing at the end. */
  end: string;
}

/** Lines with their ends: put together again they are the text. */
export function splitLines(text: string, max: number): TextLine[] | null {
  const lines: TextLine[] = [];
  const ends = /\r\n|\n|\r/g;
  let from = 0;
  for (let match = ends.exec(text); match; match = ends.exec(text)) {
    if (lines.length >= max) return null;
    lines.push({ text: text.slice(from, match.index), end: match[0] });
    from = match.index + match[0].length;
  }
  if (from < text.length) lines.push({ text: text.slice(from), end: '' });
  return lines.length > max ? null : lines;
}

/** No configuration or descriptor of the time comes near; more is something else by mistake. */
export const MAX_TEXT: Bytes = 1024 * 1024;
export const MAX_LINES = 20_000;
