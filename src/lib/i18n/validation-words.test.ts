/** Words whose keys hold ids of the experiments: all of them are there, in every language. */
import { expect, test } from 'vitest';
import { EXPERIMENTS } from '#lib/model/validation';
import { I18n, LANGUAGES, loadCatalogue } from './i18n';

test.each(LANGUAGES)('every part of every experiment has its words in %s', async (lang) => {
  const i18n = new I18n(lang, await loadCatalogue(lang, ['validation']));
  const parts = EXPERIMENTS.flatMap(({ id, claims, panels }) =>
    [
      'title',
      'setup',
      'note',
      ...claims.map((claim) => `claim.${claim.id}`),
      ...panels.flatMap((panel) => [
        `panel.${panel.id}`,
        ...panel.curves.map((curve) => `curve.${curve}`),
        ...(panel.moments ?? []).map((moment) => `moment.${moment.id}`),
      ]),
    ].map((part) => `validation.${id}.${part}`),
  );
  expect(parts.filter((key) => i18n.lookup(key) === undefined)).toEqual([]);
});
