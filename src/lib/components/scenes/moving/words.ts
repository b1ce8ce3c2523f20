import type { I18n } from '#lib/i18n/i18n';
import type { Verdict, VerdictLine } from '#lib/tools/moving/evaluate';
import type { SpokenLine } from '#lib/tools/moving/export';
import type { FileProblem } from '#lib/tools/moving/folder';
import type { DiskForm } from '#lib/tools/moving/machine';
import type { Mend, Rest, RuleCode, Severity } from '#lib/tools/moving/rules';
import type { Source } from '#lib/tools/moving/sources';
import { CONVERTERS } from '#lib/tools/moving/converters';
import { PRODUCTS } from '#lib/tools/moving/products';

/** Words for a code; a test holds that every code has some. */
const say = ({ lookup, fill }: I18n, code: string, params: Record<string, string | number> = {}): string =>
  fill(lookup(`moving.${code}`) ?? code, params);

export const formWords = (i18n: I18n, form: DiskForm | null): string =>
  say(i18n, `form_${form ?? 'unknown'}`);
export const sampleWords = (i18n: I18n, id: string): string => say(i18n, `sample_${id}`);
export const networkWords = (i18n: I18n, kind: string): string => say(i18n, `network_${kind}`);
export const rateWords = (i18n: I18n, rate: number): string => say(i18n, `rate_${rate}`);
export const outcomeWords = (i18n: I18n, outcome: Verdict['outcome']): string =>
  say(i18n, `outcome_${outcome}`);
export const severityWords = (i18n: I18n, severity: Severity): string => say(i18n, `severity_${severity}`);
export const nameWords = (i18n: I18n, problem: string): string => say(i18n, `name_${problem}`);

export function ruleWords(i18n: I18n, { rule, args }: Pick<VerdictLine, 'rule' | 'args'>): string {
  const shown = { ...args };
  if (args.form !== undefined) shown.form = formWords(i18n, args.form as DiskForm);
  return say(i18n, `rule_${rule}`, shown);
}

export const mendWords = (i18n: I18n, { code, converter, device, value }: Mend): string =>
  say(i18n, `mend_${code}`, {
    ...(converter && { tool: CONVERTERS[converter].name }),
    ...(device && { device }),
    ...(value !== undefined && { value }),
  });

export const sourceWords = (i18n: I18n, source: Source): string => {
  const doc = say(i18n, `source_${source.doc}`);
  return 'page' in source && source.page ? `${doc}, ${say(i18n, 'source_page', { page: source.page })}` : doc;
};

export const restWords = (i18n: I18n, { key, value, file, line }: Rest): string => {
  const what = value === '' ? `${key} ${i18n.t('moving.absent')}` : `${key} = ${value}`;
  const where = [file, line === null ? '' : i18n.t('moving.at', { line })].filter(Boolean).join(', ');
  return where ? `${what} (${where})` : what;
};

export const changeWords = ({ key, to }: Mend['changes'][number]): string =>
  to === null ? `− ${key}` : `${key} = "${to}"`;

/** The changes of a mend that change something. */
export const shownChanges = (mend: Mend): readonly Mend['changes'][number][] =>
  mend.changes.filter(({ from, to }) => from !== to);

export function problemWords(i18n: I18n, { file, code, line, column, offset, what }: FileProblem): string {
  const where =
    line !== undefined
      ? i18n.t('moving.whereLine', { file, line, column: column ?? 1 })
      : i18n.t('moving.whereOffset', { file, offset: offset ?? 0 });
  return `${where} — ${say(i18n, `problem_${code}`, { what: what ?? '' })}`;
}

export function durationWords(i18n: I18n, seconds: number): string {
  const whole = Math.ceil(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return i18n.t('moving.hours', { h, m });
  return m > 0 ? i18n.t('moving.minutes', { m, s }) : i18n.t('moving.seconds', { s });
}

export const GROUPS = ['generation', 'disks', 'controller', 'network', 'rest'] as const;
export type Group = (typeof GROUPS)[number];
export const groupWords = (i18n: I18n, group: Group): string => say(i18n, `group_${group}`);

/** The column of the matrix in which a rule counts. */
export function groupOf(rule: RuleCode): Group {
  if (/^(hardware|config|disk-hardware)/.test(rule)) return 'generation';
  if (/^(disk|ide|raw|reserved|grows|over|snapshot)/.test(rule)) return 'disks';
  if (/^controller/.test(rule)) return 'controller';
  if (/^(nic|no-nat|address|too-many-cards)/.test(rule)) return 'network';
  return 'rest';
}

export function headline(i18n: I18n, { outcome, target }: Verdict, steps: number): string {
  const product = PRODUCTS[target].name;
  switch (outcome) {
    case 'runs':
      return i18n.t('moving.headRuns', { product });
    case 'badly':
      return i18n.t('moving.headBadly', { product });
    case 'after':
      return i18n.t('moving.headAfter', { product, n: steps });
    case 'refused':
      return i18n.t('moving.headRefused', { product });
  }
}

/** A line with all its words, for reports. */
export const spokenLine = (i18n: I18n, line: VerdictLine): SpokenLine => ({
  rule: line.rule,
  severity: severityWords(i18n, line.severity),
  subject: line.subject ?? '',
  rests: line.rests.map((rest) => restWords(i18n, rest)).join('; '),
  words: ruleWords(i18n, line),
  mend: line.mends
    .map((mend) =>
      [mendWords(i18n, mend), mend.command ?? '', ...shownChanges(mend).map(changeWords)]
        .filter(Boolean)
        .join(' '),
    )
    .join(` ${i18n.t('moving.or')} `),
  source: sourceWords(i18n, line.source),
});
