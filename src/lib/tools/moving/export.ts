import { csvField } from '#lib/tools/census/export';
import type { Verdict } from './evaluate';
import type { Machine } from './machine';
import type { MendPlan } from './mend';

/** A line of a verdict in words, for reports. */
export interface SpokenLine {
  rule: string;
  severity: string;
  subject: string;
  rests: string;
  words: string;
  mend: string;
  source: string;
}

/** Everything, for other programs. Keys are those of this code, sizes are bytes. */
export const verdictJson = (machine: Machine, verdicts: readonly Verdict[], plan: MendPlan): string => {
  const steps = plan.steps.map(({ line, mend }) => ({ rule: line.rule, subject: line.subject, mend }));
  return `${JSON.stringify({ format: 'a-la-carte/can-it-move', version: 1, machine, verdicts, plan: { target: plan.target, complete: plan.complete, steps, changes: plan.changes } }, null, 1)}\n`;
};

/** One line of the verdict a row, RFC 4180. */
export const verdictCsv = (lines: readonly SpokenLine[]): string =>
  [
    ['rule', 'severity', 'subject', 'rests_on', 'words', 'mend', 'source'],
    ...lines.map(({ rule, severity, subject, rests, words, mend, source }) => [
      rule,
      severity,
      subject,
      rests,
      words,
      mend,
      source,
    ]),
  ]
    .map((row) => `${row.map(csvField).join(',')}\r\n`)
    .join('');

/** Data in Markdown stays data: what has a meaning there is escaped. */
export const markdownText = (text: string): string =>
  text.replace(/[\\`*_{}[\]<>()#+!|~-]/g, String.raw`\$&`).replace(/\s+/g, ' ');

/** A report to read. @param head of the columns severity, found, rule, mend, source */
export const verdictMarkdown = (
  title: string,
  outcome: string,
  head: readonly string[],
  lines: readonly SpokenLine[],
): string => {
  const row = (cells: readonly string[]) => `| ${cells.map(markdownText).join(' | ')} |\n`;
  return `# ${markdownText(title)}\n\n${markdownText(outcome)}\n\n${row(head)}|${' --- |'.repeat(head.length)}\n${lines
    .map(({ severity, rests, words, mend, source }) => row([severity, rests, words, mend, source]))
    .join('')}`;
};
