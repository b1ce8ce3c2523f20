import { describe, expect, it } from 'vitest';
import { EventKind } from '#wasm/shared/events';
import { Reason } from '#wasm/shared/reasons';
import { AREAS } from '#lib/i18n/catalogue';
import { I18n, LANGUAGES, loadCatalogue } from '#lib/i18n/i18n';
import type { EventRecord } from '#lib/sim/protocol';
import { OPTION_NAMES } from '#lib/world/vocabulary';
import { csv, eventPage, eventReason, eventSentence, eventsCsv, optionName } from './events';
import { explain, explainInLine } from './reasons';

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const codes = (enumeration: Record<string, string | number>) =>
  Object.entries(enumeration)
    .filter(([, value]) => typeof value === 'number' && value > 0)
    .map(([name]) => kebab(name));

const words = {
  en: new I18n('en', await loadCatalogue('en', AREAS)),
  fr: new I18n('fr', await loadCatalogue('fr', AREAS)),
};
const nameOf = (vm: number) => `vm-${vm}`;
const event = (part: Partial<EventRecord>): EventRecord => ({
  sequence: 1,
  timeNs: 0,
  kind: 'page-shared',
  reason: 'scan',
  vm: 2,
  a: 0x2868,
  b: 0xa3f21,
  c: 0x417c,
  cause: 0,
  ...part,
});

describe.each(LANGUAGES)('in %s', (lang) => {
  it('every kind of event has a sentence without holes', () => {
    for (const kind of codes(EventKind)) {
      const sentence = eventSentence(event({ kind }), nameOf, words[lang]);
      expect(sentence, kind).not.toBe(kind);
      expect(sentence, kind).not.toMatch(/[{}]/);
    }
  });

  it('every reason of the core has words', () => {
    for (const reason of codes(Reason)) {
      expect(explain(words[lang], reason).why, reason).not.toMatch(/[{}]/);
      expect(words[lang].lookup(`reason.${reason}.short`), reason).toBeDefined();
    }
  });
});

it('tells what was shared, with the pages', () => {
  const sentence = eventSentence(event({}), nameOf, words.en);
  for (const part of ['vm-2', '0x002868', '0x0a3f21', '0x00417c']) expect(sentence).toContain(part);
  expect(eventReason(event({ reason: 'none' }), words.en)).toBeNull();
});

it('knows the page an event is about', () => {
  expect(eventPage(event({}))).toEqual({ vm: 2, page: 0x2868 });
  expect(eventPage(event({ vm: 0 }))).toEqual({ vm: 0, page: 0xa3f21 });
  expect(eventPage(event({ kind: 'vm-powered-on' }))).toBeNull();
});

it('names every option as the world does', () => {
  const names = Array.from({ length: 64 }, (_, number) => optionName(number)).filter((name) => name !== null);
  expect(names.sort()).toEqual([...OPTION_NAMES].sort());
});

it('a reason that is not known is named, and one whose numbers are missing has no holes', () => {
  expect(explain(words.en, 'meteor').why).toContain('meteor');
  expect(explainInLine(words.en, 'not-enough-memory')).not.toMatch(/[{}]/);
  expect(explainInLine(words.en, 'name-taken', { vm: 'wus' })).toContain('wus');
});

it('exports rows that a spreadsheet reads as they are', () => {
  expect(csv([['a,b', 'say "x"', '=1+1', 3]])).toBe('"a,b","say ""x""",\'=1+1,3\r\n');
  expect(eventsCsv([event({ timeNs: 1_500_000_000 })], nameOf).split('\r\n')[1]).toBe(
    '1,1.5,page-shared,scan,vm-2,10344,671521,16764,0',
  );
});
