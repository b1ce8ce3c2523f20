/** Why something happened: the chain of events behind it, and what a target was computed from. Pure but for the lookup. */
import type { EventRecord } from '#lib/sim/protocol';
import { price } from '#lib/world/policy';
import { VmSetting } from '#wasm/shared/events';
import { Option } from '#wasm/shared/options';

/** Longer chains than this are cut: they would be a fault. */
const MOST_LINKS = 16;

export interface CauseChain {
  /** From the nearest cause to the first. */
  events: EventRecord[];
  /** The next one is not in the log any more. */
  isCut: boolean;
}

/** @param find the event of a sequence number, or null when it is not there. */
export async function causesOf(
  event: EventRecord,
  find: (sequence: number) => Promise<EventRecord | null>,
): Promise<CauseChain> {
  const events: EventRecord[] = [];
  let next = event.cause;
  while (next > 0 && events.length < MOST_LINKS) {
    const found = await find(next);
    if (!found) return { events, isCut: true };
    events.push(found);
    // A cause lies before what it causes.
    next = found.cause < found.sequence ? found.cause : 0;
  }
  return { events, isCut: false };
}

/**
 * A number as it was when an event happened: what the first change after it replaced, else what it is now.
 * @param changes events that have the old value in `b`, in any order.
 */
export function valueAt(sequence: number, changes: readonly EventRecord[], now: number): number {
  const later = changes.filter((change) => change.sequence > sequence);
  if (later.length === 0) return now;
  return later.reduce((first, change) => (change.sequence < first.sequence ? change : first)).b;
}

export const isSharesChange = (event: EventRecord, vm: number): boolean =>
  event.kind === 'setting-changed' && event.vm === vm && (event.a as VmSetting) === VmSetting.shares;

export const isTaxChange = (event: EventRecord): boolean =>
  event.kind === 'option-changed' && (event.a as Option) === Option.idleTax;

/** What a `target-set` event was computed from: S, P, the active part of P, τ, and the price they make. */
export interface PriceTerms {
  shares: number;
  allocated: number;
  active: number;
  taxPercent: number;
  rho: number;
}

export function priceTerms(
  { sequence, vm, b: allocated, c }: EventRecord,
  changes: readonly EventRecord[],
  now: { shares: number; taxPercent: number },
): PriceTerms {
  const shares = valueAt(
    sequence,
    changes.filter((change) => isSharesChange(change, vm)),
    now.shares,
  );
  const taxPercent = valueAt(sequence, changes.filter(isTaxChange), now.taxPercent);
  const active = Math.min(c, allocated);
  return { shares, allocated, active, taxPercent, rho: price(shares, allocated, active, taxPercent) };
}
