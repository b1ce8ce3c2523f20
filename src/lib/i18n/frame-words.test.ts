import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import en from '#content/messages/en/frame.json';
import fr from '#content/messages/fr/frame.json';
import { dissect, type Field } from '#lib/capture/dissect';
import { CRAFTED } from '#lib/capture/dissect/crafted';

const english: Readonly<Record<string, string>> = en;
const flat = (fields: readonly Field[]): Field[] =>
  fields.flatMap((field) => [field, ...flat(field.fields ?? [])]);

describe('the words of a frame', () => {
  it('are there for every protocol, field, value and line of every crafted frame', () => {
    const missing = new Set<string>();
    const need = (key: string) => !(key in english) && missing.add(key);
    for (const frame of Object.values(CRAFTED)) {
      const { layers, summary } = dissect(frame);
      need(`summary.${summary.code}`);
      for (const layer of layers) {
        need(`protocol.${layer.protocol}`);
        for (const { code, meaning } of flat(layer.fields)) {
          need(`field.${code}`);
          if (meaning) need(`value.${meaning}`);
        }
      }
    }
    expect([...missing]).toEqual([]);
  });

  it('are there for every code that the dissectors name, seen in a crafted frame or not', () => {
    const folder = 'src/lib/capture/dissect';
    const missing = new Set<string>();
    for (const file of readdirSync(folder).filter(
      (name) => /^\w+\.ts$/.test(name) && name !== 'crafted.ts',
    )) {
      const source = readFileSync(join(folder, file), 'utf8');
      for (const [, code] of source.matchAll(/code: '((?:[a-z]+)(?:\.[a-z0-9_]+)+)'/g))
        if (!(`field.${code}` in english)) missing.add(code);
      for (const [, code] of source.matchAll(/(?:summarise\(cx, |note\()'([a-z-]+)'/g))
        if (!(`summary.${code}` in english) && !(`note.${code}` in english)) missing.add(code);
    }
    expect([...missing]).toEqual([]);
  });

  it('have the same placeholders in both languages', () => {
    const names = (text: string) =>
      [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name))].sort();
    for (const [key, text] of Object.entries(fr)) expect(names(text), key).toEqual(names(english[key]));
  });
});
