/** The codes in the order of the core's enums, then those that only the page knows (links, files, a lost engine). */
import { EVENT_CODES, REASON_CODES } from '#lib/core/codes';
import { commandSchema } from '#lib/world/schema';

export const eventCodes = (): readonly string[] => EVENT_CODES;

/** @param words the language's reasons: every `<code>.short` in it is a code. */
export function reasonCodes(words: Record<string, string>): string[] {
  const spoken = Object.keys(words)
    .filter((key) => key.endsWith('.short'))
    .map((key) => key.slice(0, -'.short'.length));
  return [...new Set([...REASON_CODES, ...spoken])];
}

export const COMMANDS = commandSchema.options.map((option) => ({
  kind: option.entries.kind.literal,
  fields: Object.keys(option.entries).filter((field) => field !== 'kind'),
}));
