/**
 * The configuration of a machine: lines of `key = "value"`, `#` before a comment. Keys do not mind their case. In a
 * value `|22` is a quotation mark and `|7C` a bar. A document keeps every character, so that what is not changed is
 * written back as it was.
 */
import { excerpt, MAX_PROBLEMS, type Problem } from './problem';
import { decodeText, encodeText, MAX_LINES, MAX_TEXT, splitLines, type Decoded } from './text';
import type { KeyChange } from './rules';

interface VmxLine {
  /** 1-based in the text that was read; null: written since. */
  from: number | null;
  text: string;
  end: string;
  setting: { key: string; value: string; start: number; stop: number } | null;
}

export interface Setting {
  key: string;
  value: string;
  /** 1-based. */
  line: number;
}

export interface VmxDocument {
  lines: readonly VmxLine[];
  encoding: string;
  hasBom: boolean;
}

export interface VmxReading {
  document: VmxDocument | null;
  problems: Problem[];
}

const SPACE = /[ \t]/;
const KEY = /^[^\s="#]+$/;

/** Reads bytes. Nothing is thrown; a document is null only where nothing could be read. */
export function parseVmx(bytes: Uint8Array): VmxReading {
  if (bytes.length > MAX_TEXT)
    return { document: null, problems: [{ code: 'too-large', offset: MAX_TEXT, isWarning: false }] };
  const { decoded, problems } = decodeText(bytes);
  if (!decoded) return { document: null, problems };
  const reading = parseVmxText(decoded.text, decoded);
  return { document: reading.document, problems: [...problems, ...reading.problems].slice(0, MAX_PROBLEMS) };
}

/** The same from text. */
export function parseVmxText(
  text: string,
  { encoding, hasBom }: Pick<Decoded, 'encoding' | 'hasBom'> = { encoding: 'utf-8', hasBom: false },
): VmxReading {
  const split = splitLines(text, MAX_LINES);
  if (!split)
    return { document: null, problems: [{ code: 'too-many-lines', line: MAX_LINES, isWarning: false }] };
  const problems: Problem[] = [];
  const first = new Map<string, number>();
  const lines = split.map((line, index): VmxLine => {
    const number = index + 1;
    const tell = (problem: Omit<Problem, 'line'>) => {
      if (problems.length < MAX_PROBLEMS) problems.push({ line: number, ...problem });
    };
    const setting = readSetting(line.text, tell);
    if (setting) {
      const lower = setting.key.toLowerCase();
      const before = first.get(lower);
      if (before === undefined) first.set(lower, number);
      else
        tell({
          code: 'duplicate-key',
          column: 1,
          what: `${excerpt(setting.key)} (${before})`,
          isWarning: true,
        });
    }
    return { from: number, ...line, setting };
  });
  return { document: { lines, encoding, hasBom }, problems };
}

type Tell = (problem: Omit<Problem, 'line'>) => void;

function readSetting(text: string, tell: Tell): VmxLine['setting'] {
  const zero = text.indexOf('\0');
  if (zero >= 0) {
    tell({ code: 'zero-byte', column: zero + 1, isWarning: false });
    return null;
  }
  let at = 0;
  const skip = () => {
    while (at < text.length && SPACE.test(text[at]!)) at++;
  };
  skip();
  // A script line (`#!/usr/bin/vmware`) is a comment like any other.
  if (at === text.length || text[at] === '#') return null;
  const equals = text.indexOf('=', at);
  if (equals < 0) {
    tell({ code: 'no-equals', column: at + 1, what: excerpt(text.slice(at)), isWarning: false });
    return null;
  }
  const key = text.slice(at, equals).trim();
  if (!KEY.test(key)) {
    tell({ code: key === '' ? 'no-key' : 'bad-key', column: at + 1, what: excerpt(key), isWarning: false });
    return null;
  }
  at = equals + 1;
  skip();
  if (text[at] !== '"') {
    const hash = text.indexOf('#', at);
    const value = text.slice(at, hash < 0 ? undefined : hash).trimEnd();
    return { key, value: unescape(value, at, tell), start: at, stop: at + value.length };
  }
  const close = text.indexOf('"', at + 1);
  if (close < 0) {
    tell({ code: 'quote-unclosed', column: at + 1, what: excerpt(text.slice(at)), isWarning: false });
    return null;
  }
  const start = at;
  at = close + 1;
  skip();
  if (at < text.length && text[at] !== '#') {
    tell({ code: 'after-value', column: at + 1, what: excerpt(text.slice(at)), isWarning: false });
    return null;
  }
  return { key, value: unescape(text.slice(start + 1, close), start + 1, tell), start, stop: close + 1 };
}

function unescape(value: string, column: number, tell: Tell): string {
  return value.replace(/\|([0-9a-f]{2})?/gi, (whole, hex: string | undefined, at: number) => {
    if (hex) return String.fromCharCode(parseInt(hex, 16));
    tell({ code: 'bad-escape', column: column + at + 1, what: excerpt(value.slice(at)), isWarning: true });
    return whole;
  });
}

// eslint-disable-next-line no-control-regex
const ESCAPED = /["|\u0000-\u001f\u007f]/g;

/** A value as it stands between quotation marks. */
export const quoted = (value: string): string =>
  `"${value.replace(ESCAPED, (char) => `|${char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`)}"`;

/** The text of a document: for one that was read and not changed, that text. */
export const printVmx = (document: VmxDocument): string =>
  document.lines.map(({ text, end }) => text + end).join('');

/** A configuration of these settings. @throws RangeError for a key that no configuration can have */
export function writeVmx(settings: readonly { key: string; value: string }[]): string {
  return settings
    .map(({ key, value }) => {
      if (!KEY.test(key)) throw new RangeError(`not a key: ${key}`);
      return `${key} = ${quoted(value)}\n`;
    })
    .join('');
}

/** Settings in the order of the text; of one that is there twice both. */
export const settingsOf = ({ lines }: VmxDocument): Setting[] =>
  lines.flatMap(({ setting, from }, i) =>
    setting ? [{ key: setting.key, value: setting.value, line: from ?? i + 1 }] : [],
  );

/**
 * The document with these changes: a key keeps its place and whatever stands beside it on the line; a new one goes to
 * the end; one that is there twice is left once, as is every other key that was there twice (the last line is the one
 * that holds).
 */
export function changeVmx(document: VmxDocument, changes: readonly KeyChange[]): VmxDocument {
  const wanted = new Map(changes.map((change) => [change.key.toLowerCase(), change]));
  const last = new Map<string, number>();
  document.lines.forEach(({ setting }, i) => setting && last.set(setting.key.toLowerCase(), i));
  const end = document.lines.find((line) => line.end !== '')?.end ?? '\n';
  const lines: VmxLine[] = [];
  document.lines.forEach((line, i) => {
    const lower = line.setting?.key.toLowerCase();
    if (lower === undefined || !line.setting) {
      lines.push(line);
      return;
    }
    if (last.get(lower) !== i) return;
    const change = wanted.get(lower);
    if (!change) lines.push(line);
    else if (change.to !== null) lines.push(withValue(line, change.to));
  });
  for (const { key, to } of changes) {
    if (to === null || last.has(key.toLowerCase())) continue;
    const previous = lines.at(-1);
    if (previous && previous.end === '') lines[lines.length - 1] = { ...previous, end };
    const text = `${key} = ${quoted(to)}`;
    const start = key.length + 3;
    lines.push({ from: null, text, end, setting: { key, value: to, start, stop: text.length } });
  }
  return { ...document, lines };
}

function withValue(line: VmxLine, value: string): VmxLine {
  const setting = line.setting!;
  if (setting.value === value) return line;
  const written = quoted(value);
  const text = line.text.slice(0, setting.start) + written + line.text.slice(setting.stop);
  return { ...line, text, setting: { ...setting, value, stop: setting.start + written.length } };
}

/** The bytes of a document in its own encoding; in UTF-8, which it then declares, where that cannot be written. */
export function encodeVmx(document: VmxDocument): Uint8Array<ArrayBuffer> {
  const { encoding, hasBom } = document;
  const bytes = encodeText({ text: printVmx(document), encoding, hasBom });
  if (bytes) return bytes;
  const declared = changeVmx(document, [{ key: '.encoding', from: null, to: 'UTF-8' }]);
  return new TextEncoder().encode(printVmx(declared));
}

export interface DiffLine {
  kind: 'same' | 'removed' | 'added';
  /** 1-based in the old text or, for an added one, in the new. */
  line: number;
  text: string;
}

/** What changed from one document to one made of it, in lines. */
export function diffVmx(before: VmxDocument, after: VmxDocument): DiffLine[] {
  const diff: DiffLine[] = [];
  let old = 0;
  after.lines.forEach((line, i) => {
    if (line.from === null) {
      diff.push({ kind: 'added', line: i + 1, text: line.text });
      return;
    }
    for (; old < line.from - 1; old++)
      diff.push({ kind: 'removed', line: old + 1, text: before.lines[old]!.text });
    const was = before.lines[old++]!;
    if (was.text === line.text) diff.push({ kind: 'same', line: old, text: was.text });
    else
      diff.push(
        { kind: 'removed', line: old, text: was.text },
        { kind: 'added', line: i + 1, text: line.text },
      );
  });
  const rest = before.lines
    .slice(old)
    .map((line, i) => ({ kind: 'removed' as const, line: old + i + 1, text: line.text }));
  // Keys that are new stand after those that left the end.
  const tail = diff.findLastIndex(({ kind }) => kind !== 'added') + 1;
  return [...diff.slice(0, tail), ...rest, ...diff.slice(tail)];
}

/** The same as a patch that `patch` and people read. */
export function unifiedDiff(diff: readonly DiffLine[], from: string, to: string, around = 2): string {
  const SIGNS = { same: ' ', removed: '-', added: '+' } as const;
  const shown = diff.map((_, i) =>
    diff.slice(Math.max(0, i - around), i + around + 1).some((d) => d.kind !== 'same'),
  );
  const out = [`--- ${from}`, `+++ ${to}`];
  let oldLine = 1;
  let newLine = 1;
  for (let i = 0; i < diff.length;) {
    if (!shown[i]) {
      oldLine++;
      newLine++;
      i++;
      continue;
    }
    const hunk: DiffLine[] = [];
    while (i < diff.length && shown[i]) hunk.push(diff[i++]!);
    const olds = hunk.filter(({ kind }) => kind !== 'added').length;
    const news = hunk.filter(({ kind }) => kind !== 'removed').length;
    out.push(
      `@@ -${olds === 0 ? oldLine - 1 : oldLine},${olds} +${news === 0 ? newLine - 1 : newLine},${news} @@`,
    );
    out.push(...hunk.map(({ kind, text }) => SIGNS[kind] + text));
    oldLine += olds;
    newLine += news;
  }
  return `${out.join('\n')}\n`;
}
