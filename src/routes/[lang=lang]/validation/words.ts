/** Values, units and expectations of experiments in the words of a language. */
import type { I18n } from '#lib/i18n/i18n';
import type { Published } from '#lib/model/published';
import type { ClaimUnit, ExperimentId } from '#lib/model/validation';

/** Words whose key holds ids of an experiment's own; a test holds that all are there. */
export const wordsOf = (i18n: I18n, experiment: ExperimentId, part: string): string =>
  i18n.lookup(`validation.${experiment}.${part}`) ?? part;

const DIGITS: Record<ClaimUnit, number> = { MB: 1, percent: 1, points: 1, seconds: 0, rate: 0 };

/** With a true minus. */
export const writeIn = (i18n: I18n, unit: ClaimUnit, value: number): string =>
  (unit === 'percent'
    ? i18n.percent(value / 100, DIGITS.percent)
    : i18n.t(`validation.unit.${unit}`, { n: i18n.number(value, DIGITS[unit]) })
  ).replace('-', '−');

/** With its sign. */
export const writeDifference = (i18n: I18n, unit: ClaimUnit, value: number): string =>
  value === 0 ? '0' : `${value > 0 ? '+' : '−'}${writeIn(i18n, unit, Math.abs(value))}`;

const bare = (i18n: I18n, value: number): string => i18n.number(value, value % 1 === 0 ? 0 : 1);

export function writePublished(i18n: I18n, unit: ClaimUnit, published: Published): string {
  const { t } = i18n;
  const withUnit = (words: string) =>
    unit === 'percent' ? `${words}${i18n.percent(0).slice(1)}` : t(`validation.unit.${unit}`, { n: words });
  if ('value' in published) {
    const { value, tolerance } = published;
    return withUnit(
      tolerance === 0
        ? bare(i18n, value)
        : t('validation.plusMinus', { value: bare(i18n, value), tolerance: bare(i18n, tolerance) }),
    );
  }
  const { low, high } = published;
  if (!Number.isFinite(high)) return t('validation.atLeast', { low: withUnit(bare(i18n, low)) });
  if (!Number.isFinite(low)) return t('validation.atMost', { high: withUnit(bare(i18n, high)) });
  return withUnit(t('validation.between', { low: bare(i18n, low), high: bare(i18n, high) }));
}
