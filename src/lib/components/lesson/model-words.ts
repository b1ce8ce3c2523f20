/** What is done in a model, and why not, in words: the area `play`, fetched with the model's stage. */
import type { ModelAction } from '#lib/content/model-types';
import type { I18n } from '#lib/i18n/i18n';

const say = (i18n: I18n, key: string, params: Record<string, string | number> = {}): string =>
  i18n.fill(i18n.lookup(`play.${key}`) ?? key, params);

export const actionWords = (i18n: I18n, { kind, target, value }: ModelAction): string =>
  say(i18n, `act_${kind === 'set' ? `set_${target}` : kind}`, {
    ...(target !== undefined && { target }),
    ...(value !== undefined && { value }),
  });

export const refusalWords = (i18n: I18n, reason: string): string => say(i18n, `refused_${reason}`);
export const seenWords = (i18n: I18n, symptom: string): string => say(i18n, `seen_${symptom}`);
