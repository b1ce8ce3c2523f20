import { expect, test } from 'vitest';
import sources from '#content/sources.json';
import { loadCatalogue } from '#lib/i18n/i18n';
import { EVENT_CODES, REASON_CODES } from '#lib/core/codes';
import { commandSchema } from '#lib/world/schema';
import { CONSTANT_GROUPS, constantIn, OPTIONS, OWN } from './constants';

const areas = ['model', 'event', 'reason'] as const;
const languages = { en: await loadCatalogue('en', areas), fr: await loadCatalogue('fr', areas) };
const rows = CONSTANT_GROUPS.flatMap((group) => group.rows);

test('every constant has a value, a source that is listed, and words in both languages', () => {
  const known = new Set(sources.map((source) => source.id));
  for (const { id, value, source } of rows) {
    expect(Number.isFinite(value), id).toBe(true);
    const cited = [...source.matchAll(/\[(\w+)\]/g)].map((match) => match[1] ?? '');
    if (source !== OWN) expect(cited.length, `${id}: ${source}`).toBeGreaterThan(0);
    for (const one of cited) expect(known, id).toContain(one);
    for (const catalogue of Object.values(languages))
      expect(Object.keys(catalogue.model)).toContain(`constant.${id}`);
  }
  expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
});

test('every option and every command has words in both languages', () => {
  const kinds = commandSchema.options.map((option) => option.entries.kind.literal);
  for (const { model } of Object.values(languages)) {
    for (const { name } of OPTIONS) expect(Object.keys(model)).toContain(`option.${name}`);
    for (const kind of kinds) expect(Object.keys(model)).toContain(`command.${kind}`);
  }
});

test('every event and every reason of the core has words in both languages', () => {
  for (const { event, reason } of Object.values(languages)) {
    for (const code of EVENT_CODES) expect(Object.keys(event)).toContain(`${code}.short`);
    for (const code of REASON_CODES) expect(Object.keys(reason)).toContain(`${code}.short`);
  }
});

test('a constant that the core no longer has stops the build', () => {
  expect(constantIn('export const STEP_MS: u32 = 1_00;', 'STEP_MS')).toBe(100);
  expect(constantIn('const MASK: u32 = 0xffff;', 'MASK')).toBe(65_535);
  expect(() => constantIn('const OTHER: u32 = 1;', 'STEP_MS')).toThrow('STEP_MS');
});
