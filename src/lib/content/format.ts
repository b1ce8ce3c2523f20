/** Measures in the words of a language. */
import type { I18n } from '#lib/i18n/i18n';
import { PAGE_BYTES } from '#lib/units';
import type { MeasureUnit } from './lesson-types';
import { measureUnit, type MeasureName } from './measures';

export function writeValue(i18n: I18n, unit: MeasureUnit, value: number): string {
  switch (unit) {
    case 'memory':
      return i18n.memory(Math.round(value));
    case 'fraction':
      return i18n.percent(value);
    case 'bytes':
      return i18n.memory(value / PAGE_BYTES);
    case 'yes':
      return i18n.t(value > 0 ? 'lesson.yes' : 'lesson.no');
    case 'time':
      return i18n.clock(value, 0);
    case 'file-bytes':
      return `${i18n.number(Math.round(value))}\u00a0${i18n.lang === 'fr' ? 'octets' : 'bytes'}`;
    case 'count':
    case 'rate':
    case 'bits':
      return i18n.number(Math.round(value));
  }
}

/** A measure's value with its unit: 4 KB, 67 %, 00:30:00, 1,024. */
export const writeMeasure = (i18n: I18n, name: MeasureName, value: number): string =>
  writeValue(i18n, measureUnit(name), value);
