/**
 * Reads JSON text without building anything: holds it to limits, and finds the place (line and column) of an
 * error or of a value. `JSON.parse` says neither in a way that is the same in every browser.
 */
export interface JsonLimits {
  /** Nesting of lists and objects; the outermost is 1. */
  depth: number;
  /** Lists, objects, strings, numbers, words and keys in all. */
  values: number;
  /** Characters of one string, quotes and escapes included. */
  stringLength: number;
}

export type JsonFault = 'json-syntax' | 'json-too-deep' | 'json-too-many-values' | 'json-string-too-long';

export type JsonScan =
  { kind: 'sound'; targetOffset: number | null } | { kind: 'fault'; fault: JsonFault; offset: number };

const SPACE = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex -- JSON forbids them inside strings
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** `vms[3].memoryMib`, as it is shown and searched. */
export const childPath = (path: string, key: string | number): string =>
  typeof key === 'number' ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;

/** @param target path of a value whose offset is wanted; a missing one gives the deepest parent that is there. */
export function scanJson(text: string, limits: JsonLimits, target?: string): JsonScan {
  let at = 0;
  let values = 0;
  let targetOffset: number | null = null;

  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return null;
    at = pattern.lastIndex;
    return found[0];
  };
  const isOnTheWay = (path: string): boolean =>
    target !== undefined &&
    (path === '' || target === path || target.startsWith(`${path}.`) || target.startsWith(`${path}[`));
  const count = (start: number): JsonFault | null =>
    ++values > limits.values
      ? 'json-too-many-values'
      : at - start > limits.stringLength
        ? 'json-string-too-long'
        : null;

  const value = (path: string, depth: number): JsonFault | null => {
    match(SPACE);
    const start = at;
    if (isOnTheWay(path)) targetOffset = start;
    const opening = text[at];
    if (opening === '{' || opening === '[') {
      if (depth > limits.depth) return 'json-too-deep';
      if (++values > limits.values) return 'json-too-many-values';
      return opening === '{' ? members(path, depth) : items(path, depth);
    }
    if (
      match(
        opening === '"' ? STRING : opening === '-' || (opening >= '0' && opening <= '9') ? NUMBER : WORD,
      ) === null
    )
      return 'json-syntax';
    return count(start);
  };

  const members = (path: string, depth: number): JsonFault | null => {
    at++;
    match(SPACE);
    if (text[at] === '}') return (at++, null);
    for (;;) {
      match(SPACE);
      const start = at;
      const key = match(STRING);
      if (key === null) return 'json-syntax';
      const fault = count(start);
      if (fault) return fault;
      match(SPACE);
      if (text[at] !== ':') return 'json-syntax';
      at++;
      const inner = value(childPath(path, JSON.parse(key) as string), depth + 1);
      if (inner) return inner;
      match(SPACE);
      if (text[at] === '}') return (at++, null);
      if (text[at] !== ',') return 'json-syntax';
      at++;
    }
  };

  const items = (path: string, depth: number): JsonFault | null => {
    at++;
    match(SPACE);
    if (text[at] === ']') return (at++, null);
    for (let index = 0; ; index++) {
      const inner = value(childPath(path, index), depth + 1);
      if (inner) return inner;
      match(SPACE);
      if (text[at] === ']') return (at++, null);
      if (text[at] !== ',') return 'json-syntax';
      at++;
    }
  };

  const fault = value('', 1);
  if (fault) return { kind: 'fault', fault, offset: at };
  match(SPACE);
  if (at < text.length) return { kind: 'fault', fault: 'json-syntax', offset: at };
  return { kind: 'sound', targetOffset };
}

/** Line and column, both from 1. */
export function placeInText(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}
