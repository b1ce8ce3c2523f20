/** What is wrong with a text or a header, where, and what is there. Words come from `content/messages`. */
export const PROBLEM_CODES = [
  'too-large',
  'too-many-lines',
  'unknown-encoding',
  'bad-bytes',
  'zero-byte',
  'no-equals',
  'no-key',
  'bad-key',
  'quote-unclosed',
  'after-value',
  'bad-escape',
  'duplicate-key',
  'bad-number',
  'not-a-disk',
  'cut-short',
  'bad-version',
  'bad-newlines',
  'bad-field',
  'no-descriptor',
  'bad-extent',
  'no-extents',
  'unreadable',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

export interface Problem {
  code: ProblemCode;
  /** 1-based, in a text. */
  line?: number;
  column?: number;
  /** In a binary header, from the start of the file. */
  offset?: number;
  /** A short piece of what is there, or the name of a field. */
  what?: string;
  /** Whether the file is read all the same. */
  isWarning: boolean;
}

/** Problems of one file: no file tells of more than this many. */
export const MAX_PROBLEMS = 50;

/** The first characters of something found in a file, control characters made visible. */
export const excerpt = (text: string, length = 40): string => {
  // eslint-disable-next-line no-control-regex
  const visible = text.slice(0, length).replace(/[\u0000-\u001f\u007f]/g, '\u00b7');
  return text.length > length ? `${visible}…` : visible;
};
