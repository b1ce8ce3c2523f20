/** Words of both languages as a reader gets them: set as a printer of that language sets them. */
import { expect, test } from 'vitest';
import { AREAS, words } from './catalogue';

test.each(['fr', 'en'] as const)('no message of %s parts a number from its unit', async (lang) => {
  const parted: string[] = [];
  let messages = 0;
  for (const area of AREAS)
    for (const [key, text] of Object.entries(await words[lang][area]())) {
      messages++;
      if (/[\d}] (?:[KMG][Bo]|octets|bytes|bits|ms|s|%|[kMG]bit\/s)(?!\p{L})/u.test(text))
        parted.push(`${area}.${key}: ${text}`);
    }
  expect(parted).toEqual([]);
  expect(messages).toBeGreaterThan(1000);
});

test('before : ; ! ? and inside « », French has a narrow space that no line breaks at', async () => {
  const wrong: string[] = [];
  for (const area of AREAS)
    for (const [key, text] of Object.entries(await words.fr[area]()))
      if (/[ \u00a0][:;!?»]|«[^\u202f]|\p{L}'\p{L}/u.test(text)) wrong.push(`${area}.${key}: ${text}`);
  expect(wrong).toEqual([]);
});
