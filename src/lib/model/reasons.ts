/** Why something was refused or happened, and how to mend it: the words of a reason code. Pure. */
import type { I18n } from '#lib/i18n/i18n';
import type { ReasonArgs, ReasonCode } from '#lib/sim/protocol';

export interface Explanation {
  why: string;
  /** What to do about it; null when there is nothing to do. */
  mend: string | null;
}

/**
 * `reason.<code>` says why with the numbers, `reason.<code>.short` without, `reason.<code>.mend` says what to do.
 * A sentence whose numbers did not come is not shown with holes: the short one stands in.
 */
export function explain(i18n: I18n, reason: ReasonCode, args: ReasonArgs = {}): Explanation {
  const whole = (key: string): string | null => {
    const words = i18n.lookup(key);
    if (words === undefined) return null;
    const filled = i18n.fill(words, args);
    return /\{\w+[}|]/.test(filled) ? null : filled;
  };
  const key = `reason.${reason}`;
  return {
    why: whole(key) ?? whole(`${key}.short`) ?? i18n.fill(i18n.t('reason.unknown'), { reason }),
    mend: whole(`${key}.mend`),
  };
}

/** Both in one line, for a place beside a control. */
export function explainInLine(i18n: I18n, reason: ReasonCode, args: ReasonArgs = {}): string {
  const { why, mend } = explain(i18n, reason, args);
  return mend ? `${why} ${mend}` : why;
}
