/**
 * Reading events: which of the three numbers of an event means what, for the words of `event.<kind>`.
 * The meanings are those of wasm/shared/events.ts. Pure: words and numbers are written by the caller's I18n.
 */
import { Option } from '#wasm/shared/options';
import type { I18n, Params } from '#lib/i18n/i18n';
import type { VmId } from '#lib/ids';
import type { EventRecord, PageRef } from '#lib/sim/protocol';
import type { OptionName } from '#lib/world/schema';

type Field = 'a' | 'b' | 'c';
type Meaning = 'page' | 'machinePage' | 'memory' | 'hash' | 'option' | 'count';

/** By kind: parameter of the words → number of the event and what it is. */
const FIELDS: Record<string, Record<string, [Field, Meaning]>> = {
  'vm-added': { memory: ['a', 'memory'] },
  'vm-powered-on': { overhead: ['a', 'memory'] },
  'vm-powered-off': { freed: ['a', 'memory'] },
  'guest-booted': { allocated: ['a', 'memory'] },
  'page-hinted': { page: ['a', 'page'], machinePage: ['b', 'machinePage'], hash: ['c', 'hash'] },
  'page-shared': { page: ['a', 'page'], machinePage: ['b', 'machinePage'], freedPage: ['c', 'machinePage'] },
  'hint-stale': { page: ['a', 'page'], machinePage: ['b', 'machinePage'], oldPage: ['c', 'page'] },
  'false-match': { page: ['a', 'page'], machinePage: ['b', 'machinePage'], otherPage: ['c', 'machinePage'] },
  'page-copied': { page: ['a', 'page'], machinePage: ['b', 'machinePage'], copyPage: ['c', 'machinePage'] },
  'shared-released': { page: ['a', 'page'], machinePage: ['b', 'machinePage'] },
  'option-changed': { option: ['a', 'option'], from: ['b', 'count'], to: ['c', 'count'] },
  'page-touched': { page: ['a', 'page'], machinePage: ['b', 'machinePage'] },
};

/** Name of an option of the world from its number in the core; null for a number that is none. */
export const optionName = (number: number): OptionName | null => {
  const name = Option[number];
  return name === undefined || name === 'none' || name === 'count' ? null : (name as OptionName);
};

export type NameOfVm = (vm: VmId) => string;

/** The parameters of the event's sentence, written in the language of `i18n`. */
export function eventParams(event: EventRecord, nameOf: NameOfVm, i18n: I18n): Params {
  const write = (value: number, meaning: Meaning): string => {
    switch (meaning) {
      case 'page':
      case 'machinePage':
        return i18n.hex(value);
      case 'memory':
        return i18n.memory(value);
      case 'hash':
        return i18n.hex(value >>> 0, 8);
      case 'option': {
        const name = optionName(value);
        return (name && i18n.lookup(`lab.option.${name}`)) ?? String(value);
      }
      case 'count':
        return i18n.number(value);
    }
  };
  const params: Params = { vm: nameOf(event.vm) };
  for (const [name, [field, meaning]] of Object.entries(FIELDS[event.kind] ?? {}))
    params[name] = write(event[field], meaning);
  return params;
}

/** One sentence; the bare code when a language file does not know the kind. */
export function eventSentence(event: EventRecord, nameOf: NameOfVm, i18n: I18n): string {
  const words = i18n.lookup(`event.${event.kind}`);
  return words === undefined ? event.kind : i18n.fill(words, eventParams(event, nameOf, i18n));
}

/** Why, in a few words; null when the event needs none or tells it itself. */
export const eventReason = (event: EventRecord, i18n: I18n): string | null =>
  event.reason === 'none' || event.reason === ''
    ? null
    : (i18n.lookup(`reason.${event.reason}.short`) ?? event.reason);

/** The page an event is about, for the map and the inspector; null when it is about none. */
export function eventPage(event: EventRecord): PageRef | null {
  const fields = FIELDS[event.kind] ?? {};
  if (event.vm > 0 && fields.page) return { vm: event.vm, page: event.a };
  return fields.machinePage ? { vm: 0, page: event[fields.machinePage[0]] } : null;
}

/** The events as a table for a spreadsheet: numbers plain, time in seconds. */
export function eventsCsv(events: readonly EventRecord[], nameOf: NameOfVm): string {
  const rows = events.map((event) => [
    event.sequence,
    event.timeNs / 1e9,
    event.kind,
    event.reason,
    event.vm ? nameOf(event.vm) : '',
    event.a,
    event.b,
    event.c,
    event.cause,
  ]);
  return csv([['sequence', 'time_s', 'kind', 'reason', 'vm', 'a', 'b', 'c', 'cause'], ...rows]);
}

/** RFC 4180. Cells that a spreadsheet would take for a formula are quoted by an apostrophe. */
export const csv = (rows: readonly (readonly (string | number)[])[]): string =>
  rows.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';

function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
