import { describe, expect, it } from 'vitest';
import { I18n, LANGUAGES, loadCatalogue } from '#lib/i18n/i18n';
import { evaluate, OUTCOMES } from '#lib/tools/moving/evaluate';
import { readFolder } from '#lib/tools/moving/folder';
import { DISK_FORMS } from '#lib/tools/moving/machine';
import { checkName, NAME_PROBLEMS, suggestNames } from '#lib/tools/moving/names';
import { planMoves } from '#lib/tools/moving/plan';
import { markdownText } from '#lib/tools/moving/export';
import { PROBLEM_CODES } from '#lib/tools/moving/problem';
import { PRODUCT_IDS } from '#lib/tools/moving/products';
import { MEND_CODES, RULE_CODES, SEVERITIES, STORY_NAMES } from '#lib/tools/moving/rules';
import { SAMPLES, SAMPLE_IDS } from '#lib/tools/moving/samples';
import { spokenLine } from './words';

describe.each(LANGUAGES)('in %s', (lang) => {
  it('every code has words', async () => {
    const { moving } = await loadCatalogue(lang, ['moving']);
    const wanted = [
      ...RULE_CODES.map((code) => `rule_${code}`),
      ...MEND_CODES.map((code) => `mend_${code}`),
      ...PROBLEM_CODES.map((code) => `problem_${code}`),
      ...NAME_PROBLEMS.map((code) => `name_${code}`),
      ...DISK_FORMS.map((form) => `form_${form}`),
      ...SEVERITIES.map((severity) => `severity_${severity}`),
      ...OUTCOMES.map((outcome) => `outcome_${outcome}`),
      ...SAMPLE_IDS.map((sample) => `sample_${sample}`),
    ];
    expect(wanted.filter((key) => !(key in moving))).toEqual([]);
  });

  it('every line of every sample fills its words', async () => {
    const i18n = new I18n(lang, await loadCatalogue(lang, ['moving']));
    for (const sample of SAMPLE_IDS) {
      const { machine } = (await readFolder(SAMPLES[sample]())).machines[0]!;
      for (const target of PRODUCT_IDS)
        for (const line of evaluate(machine, target).lines) {
          const { words, mend, source } = spokenLine(i18n, line);
          expect(`${words} ${mend} ${source}`).not.toMatch(/\{\w+[|}]|undefined|moving\./);
        }
    }
  });
});

describe('names', () => {
  it('of the story are read by its own rule', () => {
    expect(checkName('vmnet1-w2k3srv-risghost-bootC', 'disk')).toMatchObject({
      place: 'vmnet1',
      system: 'w2k3srv',
      role: 'risghost',
      partition: 'bootC',
      problems: [],
    });
    expect(checkName('stisrv5-w2k3srv-wus', 'configuration').problems).toEqual([]);
    expect(checkName('vmnet1-wxp-pxe', 'disk', true).problems).toEqual([]);
    expect(checkName('local-wxp', 'disk', true).problems).toEqual(['no-role']);
    expect(checkName('My Machine', 'configuration').problems).toEqual([
      'bad-characters',
      'no-system',
      'no-role',
    ]);
  });

  it('of the first machine lead to those that its author gave', async () => {
    const { machine } = (await readFolder(SAMPLES.story())).machines[0]!;
    expect(suggestNames(machine, STORY_NAMES).map(({ could }) => could)).toEqual([
      'vmnet1-w2k3srv-risghost',
      ...['bootC', 'netE', 'risF', 'remboG', 'ghostH', 'tmpJ'].map(
        (part) => `vmnet1-w2k3srv-risghost-${part}`,
      ),
    ]);
  });
});

describe('a plan', () => {
  it('puts the least work first, leaves out what cannot move, and adds up', async () => {
    const { machines } = await readFolder(SAMPLE_IDS.flatMap((id) => SAMPLES[id]()));
    const plan = planMoves(
      machines.map(({ machine }) => machine),
      'esx-2.5',
      STORY_NAMES,
      1e9,
    );
    expect(plan.rows.map(({ name }) => name)).toEqual([
      'stisrv5-w2k3srv-wus',
      'NT4 print server',
      'XP PXE',
      'w2k3srv-risghost',
      'Ubuntu',
    ]);
    expect(plan.rows.at(-1)).toMatchObject({ canMove: false, doneAfter: null });
    const moving = plan.rows.filter(({ canMove }) => canMove);
    expect(plan.total.sent).toBe(moving.reduce((sum, { sent }) => sum + sent, 0));
    expect(moving.at(-1)!.doneAfter).toBeCloseTo(plan.total.seconds, 6);
    expect(plan.clashes).toEqual([]);
  });
});

describe('a report', () => {
  it('takes nothing in a file for Markdown', () => {
    expect(markdownText('a|b <script> [x](y)')).toBe(String.raw`a\|b \<script\> \[x\]\(y\)`);
  });
});
