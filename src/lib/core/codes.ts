/** Names for the core's enums: `pageShared` ⇄ 'page-shared'. Words for people are elsewhere. */
import { EventKind } from '#wasm/shared/events';
import { GuestClass } from '#wasm/shared/guest-classes';
import { Option } from '#wasm/shared/options';
import { PageState } from '#wasm/shared/page-class';
import { Reason } from '#wasm/shared/reasons';

export const toKebab = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

type NumericEnum = Record<string | number, string | number>;

/** Codes of an enum in the order of its values. */
export const codesOf = (values: NumericEnum): string[] =>
  Object.keys(values)
    .filter((key) => Number.isNaN(Number(key)) && key !== 'count')
    .map(toKebab);

const decoder = (values: NumericEnum) => {
  const codes = new Map<number, string>();
  for (const [name, value] of Object.entries(values))
    if (typeof value === 'number') codes.set(value, toKebab(name));
  return (value: number): string => codes.get(value) ?? `unknown-${value}`;
};

export const reasonCode = decoder(Reason as unknown as NumericEnum);
export const eventCode = decoder(EventKind as unknown as NumericEnum);
export const stateCode = decoder(PageState as unknown as NumericEnum);
export const guestClassCode = decoder(GuestClass as unknown as NumericEnum);

export const EVENT_CODES = codesOf(EventKind as unknown as NumericEnum).filter((code) => code !== 'none');
export const REASON_CODES = codesOf(Reason as unknown as NumericEnum).filter((code) => code !== 'none');

/** Option names as scenarios and commands use them → the core's number. */
export const OPTION_NUMBERS: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(Option).filter(
    ([name, value]) => typeof value === 'number' && name !== 'none' && name !== 'count',
  ),
) as Record<string, number>;
