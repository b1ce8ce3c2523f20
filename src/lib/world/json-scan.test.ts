import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeInText, scanJson } from './json-scan';

const LIMITS = { depth: 100, values: 10_000, stringLength: 1000 };

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

it('finds sound exactly what JSON.parse takes', () => {
  const json = fc.json({ maxDepth: 6 });
  const damaged = fc
    .tuple(json, fc.nat(), fc.constantFrom('', ',', '"', '{', ']', '0', '-', 'e', '\\', '\n', ' '))
    .map(([text, at, change]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + change + text.slice(place + 1);
    });
  fc.assert(
    fc.property(fc.oneof(json, damaged, fc.string()), (text) => {
      expect(scanJson(text, LIMITS).kind === 'sound', text).toBe(parses(text));
    }),
    { numRuns: 5000 },
  );
});

it('finds the offset of the value at a path', () => {
  const text = '{"a": [1, {"b": "x"}], "a2": 3}';
  const offsetOf = (path: string) => {
    const scan = scanJson(text, LIMITS, path);
    return scan.kind === 'sound' ? scan.targetOffset : null;
  };
  expect(text.slice(offsetOf('a[1].b') ?? 0, (offsetOf('a[1].b') ?? 0) + 3)).toBe('"x"');
  expect(offsetOf('a2')).toBe(text.indexOf('3}'));
  // The deepest parent that is there.
  expect(offsetOf('a[1].missing')).toBe(text.indexOf('{"b"'));
});

it('stops at each limit', () => {
  const fault = (text: string, limits: Partial<typeof LIMITS>) => {
    const scan = scanJson(text, { ...LIMITS, ...limits });
    return scan.kind === 'fault' ? scan.fault : null;
  };
  expect(fault('[[[1]]]', { depth: 2 })).toBe('json-too-deep');
  expect(fault('[[[1]]]', { depth: 3 })).toBeNull();
  expect(fault('[1,2,3]', { values: 3 })).toBe('json-too-many-values');
  expect(fault('{"abcdef":1}', { stringLength: 7 })).toBe('json-string-too-long');
});

it('counts lines and columns from one', () => {
  expect(placeInText('ab\ncd', 0)).toEqual({ line: 1, column: 1 });
  expect(placeInText('ab\ncd', 4)).toEqual({ line: 2, column: 2 });
});
