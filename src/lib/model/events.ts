/**
 * Reading events: which of the three numbers of an event means what, for the words of `event.<kind>`.
 * The meanings are those of wasm/shared/events.ts. Pure: words and numbers are written by the caller's I18n.
 */
import { HostState } from '#wasm/shared/columns';
import { VmSetting } from '#wasm/shared/events';
import { Option } from '#wasm/shared/options';
import type { I18n, Params } from '#lib/i18n/i18n';
import type { VmId } from '#lib/ids';
import type { EventRecord, PageRef } from '#lib/sim/protocol';
import type { OptionName } from '#lib/world/vocabulary';

type Field = 'a' | 'b' | 'c';
type Meaning =
  | 'page'
  | 'machinePage'
  | 'memory'
  | 'hash'
  | 'option'
  | 'count'
  | 'state'
  | 'ordinal'
  | 'milliseconds'
  | 'seconds'
  | 'setting'
  | 'settingValue'
  | 'address';

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
  'page-remapped': { page: ['a', 'page'], machinePage: ['b', 'machinePage'], copyPage: ['c', 'machinePage'] },
  'shared-released': { page: ['a', 'page'], machinePage: ['b', 'machinePage'] },
  'option-changed': { option: ['a', 'option'], from: ['b', 'count'], to: ['c', 'count'] },
  'page-touched': { page: ['a', 'page'], machinePage: ['b', 'machinePage'] },
  'state-changed': { from: ['a', 'state'], to: ['b', 'state'], free: ['c', 'memory'] },
  'targets-set': { memory: ['a', 'memory'], vms: ['b', 'count'] },
  'target-set': { target: ['a', 'memory'], allocated: ['b', 'memory'], active: ['c', 'memory'] },
  'balloon-target-set': { target: ['a', 'memory'], size: ['b', 'memory'], allocated: ['c', 'memory'] },
  'balloon-inflated': { size: ['a', 'memory'], more: ['b', 'memory'], reclaimed: ['c', 'memory'] },
  'balloon-deflated': { size: ['a', 'memory'], fewer: ['b', 'memory'] },
  'balloon-popped': { memory: ['a', 'memory'] },
  'page-swapped-out': { page: ['a', 'page'], machinePage: ['b', 'machinePage'], slot: ['c', 'count'] },
  'page-swapped-in': { page: ['a', 'page'], machinePage: ['b', 'machinePage'], slot: ['c', 'count'] },
  'page-double-paged': { page: ['a', 'page'] },
  'vm-blocked': { allocated: ['a', 'memory'], target: ['b', 'memory'] },
  'vm-unblocked': { duration: ['a', 'milliseconds'] },
  'active-estimated': { touched: ['a', 'count'], sampled: ['b', 'count'], active: ['c', 'memory'] },
  'setting-changed': { setting: ['a', 'setting'], from: ['b', 'settingValue'], to: ['c', 'settingValue'] },
  'phase-started': { phase: ['a', 'ordinal'], duration: ['b', 'milliseconds'] },
  'phase-ended': { phase: ['a', 'ordinal'], taken: ['b', 'seconds'], undisturbed: ['c', 'seconds'] },
  'address-conflict': { address: ['b', 'address'] },
  'address-leased': { address: ['b', 'address'] },
  'tunnel-closed': { address: ['b', 'address'] },
  'job-done': { duration: ['c', 'milliseconds'] },
  'job-failed': { duration: ['c', 'milliseconds'] },
  'install-refused': { asked: ['a', 'memory'], found: ['b', 'memory'] },
};

/** Kinds that have a second sentence, `event.<kind>.<variant>`, for some of their events. */
const VARIANTS: Record<string, (event: EventRecord) => string | null> = {
  'targets-set': ({ c }) => (c === 1 ? 'enough' : null),
  'balloon-inflated': ({ c }) => (c === 0 ? 'free' : null),
  'phase-started': ({ b }) => (b === 0 ? 'endless' : null),
  'setting-changed': ({ a }) => ((a as VmSetting) === VmSetting.workload ? 'workload' : null),
};

/** Name of an option of the world from its number in the core; null for a number that is none. */
export const optionName = (number: number): OptionName | null => {
  const name = Option[number];
  return name === undefined || name === 'none' || name === 'count' ? null : (name as OptionName);
};

export type NameOfVm = (vm: VmId) => string;

/** A duration as people say it: milliseconds, seconds, minutes. */
export function duration(milliseconds: number, i18n: I18n): string {
  if (milliseconds < 1000) return i18n.t('event.duration.ms', { n: Math.round(milliseconds) });
  const seconds = milliseconds / 1000;
  if (seconds < 120) return i18n.t('event.duration.s', { n: Math.round(seconds * 10) / 10 });
  return i18n.t('event.duration.min', { n: Math.round(seconds / 6) / 10 });
}

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
        return (name && i18n.lookup(`host.option.${name}`)) ?? String(value);
      }
      case 'count':
        return i18n.number(value);
      case 'ordinal':
        return i18n.number(value + 1);
      case 'milliseconds':
        return duration(value, i18n);
      case 'seconds':
        return duration(value * 1000, i18n);
      case 'state':
        return i18n.lookup(`event.state.${HostState[value]}`) ?? String(value);
      case 'setting':
        return i18n.lookup(`event.setting.${VmSetting[value]}`) ?? String(value);
      case 'address':
        return dotted(value);
      case 'settingValue':
        return settingValue(event.a, value, i18n);
    }
  };
  const params: Params = {
    vm: nameOf(event.vm),
    node: event.node ?? (event.vm ? nameOf(event.vm) : i18n.t('event.aMachine')),
  };
  for (const [name, [field, meaning]] of Object.entries(FIELDS[event.kind] ?? {}))
    params[name] = write(event[field], meaning);
  return params;
}

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

function settingValue(setting: VmSetting, value: number, i18n: I18n): string {
  if (setting === VmSetting.minPages || setting === VmSetting.maxPages) return i18n.memory(value);
  if (setting === VmSetting.tools) return i18n.t(value ? 'event.switch.on' : 'event.switch.off');
  return i18n.number(value);
}

/** One sentence; the bare code when a language file does not know the kind. */
export function eventSentence(event: EventRecord, nameOf: NameOfVm, i18n: I18n): string {
  const variant = VARIANTS[event.kind]?.(event);
  const words =
    (variant && i18n.lookup(`event.${event.kind}.${variant}`)) ?? i18n.lookup(`event.${event.kind}`);
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
