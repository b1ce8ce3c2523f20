import fc from 'fast-check';
import { expect, it } from 'vitest';
import { freeName, isName, nameParts } from './names';

it('a free name is a name, is not taken, and keeps the stem', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
  fc.assert(
    fc.property(name, fc.array(name), (base, others) => {
      const free = freeName(base, [...others, base]);
      expect(isName(free)).toBe(true);
      expect([...others, base]).not.toContain(free);
    }),
  );
});

it('counts on from the copies that are there', () => {
  expect(freeName('web', [])).toBe('web');
  expect(freeName('web', ['web', 'web-2'])).toBe('web-3');
  expect(freeName('web-2', ['web', 'web-2'])).toBe('web-3');
});

it('reads network, system and role from the names of the story', () => {
  expect(nameParts('stisrv5-w2k3srv-wus')).toEqual({ network: 'stisrv5', system: 'w2k3srv', role: 'wus' });
  expect(nameParts('vmnet1-w2k3srv-risghost-bootC')).toMatchObject({ role: 'risghost-bootC' });
  expect(nameParts('wus')).toBeNull();
});
