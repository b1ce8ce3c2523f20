/** The memory policy as pictures need it: levels, targets, two views of one memory, where time went. Pure. */
import type { HostReading, HostState, VmReading } from '#lib/sim/protocol';
import type { VmId } from '#lib/ids';
import type { Pages } from '#lib/units';

/** From the worst to the best: the order along an axis of free memory. */
export const HOST_STATES: readonly HostState[] = ['low', 'hard', 'soft', 'high'];

/** A state as a stretch of free memory, in pages; the best has no end. */
export interface StateZone {
  state: HostState;
  from: Pages;
  to: Pages;
}

export interface StateScale {
  /** Where the state changes while free memory falls. */
  falling: StateZone[];
  /** Where it changes while free memory rises: each threshold of the better state, and the margin. */
  rising: StateZone[];
  /** End of the axis: what is free beyond it makes no difference. */
  end: Pages;
}

/** Falling, a state begins below its own threshold; rising, the better one is reached well above the better one's. */
export function stateScale({ thresholds }: Pick<HostReading, 'thresholds'>): StateScale {
  const { high, soft, hard, low, margin } = thresholds;
  const end = Math.max(1, Math.ceil((high + margin) * 1.6));
  return {
    falling: zones([low, hard, soft], end),
    rising: zones([hard + margin, soft + margin, high + margin], end),
    end,
  };
}

function zones(borders: readonly Pages[], end: Pages): StateZone[] {
  return HOST_STATES.map((state, index) => ({
    state,
    from: index === 0 ? 0 : borders[index - 1]!,
    to: borders[index] ?? end,
  }));
}

/** The VM that would give up memory first: the lowest price a page among those that may still lose some. */
export function lowestPrice(vms: readonly VmReading[]): VmId {
  let lowest: VmReading | null = null;
  for (const vm of vms) {
    if (vm.power === 'off' || vm.allocated <= vm.min) continue;
    if (!lowest || vm.rho < lowest.rho) lowest = vm;
  }
  return lowest?.vm ?? 0;
}

/** A stretch of a bar. */
export interface BarPart<Id extends string = string> {
  id: Id;
  /** Pages, or milliseconds. */
  amount: number;
  /** Where it starts and how long it is, as fractions of the bar. */
  start: number;
  share: number;
}

export function barParts<Id extends string>(
  amounts: readonly (readonly [id: Id, amount: number])[],
  whole: number,
): BarPart<Id>[] {
  let before = 0;
  return amounts.map(([id, amount]) => {
    const part = {
      id,
      amount,
      start: whole > 0 ? before / whole : 0,
      share: whole > 0 ? amount / whole : 0,
    };
    before += amount;
    return part;
  });
}

export type GuestPart = 'kernel' | 'programs' | 'private' | 'cache' | 'zeroed' | 'free' | 'ballooned';
export type HostPart = 'private' | 'shared' | 'ballooned' | 'swapped' | 'untouched';

/** What the guest believes: it has all its memory, and its balloon driver holds some of it. */
export const guestParts = ({ guestView: view, max }: VmReading): BarPart<GuestPart>[] =>
  barParts(
    [
      ['kernel', view.kernel],
      ['programs', view.programs],
      ['private', view.private],
      ['cache', view.cache],
      ['zeroed', view.zeroed],
      ['free', view.free],
      ['ballooned', view.ballooned],
    ],
    max,
  );

/** What the host knows of the same pages. */
export const hostParts = (vm: VmReading): BarPart<HostPart>[] =>
  barParts(
    [
      ['private', vm.private],
      ['shared', vm.shared],
      ['untouched', vm.untouched],
      ['swapped', vm.swapped],
      ['ballooned', vm.balloon.size],
    ],
    vm.max,
  );

export type TimePart = 'ran' | 'fileRead' | 'guestFault' | 'swapIn' | 'reclaim' | 'blocked';

/** Where a VM's life went, in milliseconds; the parts sum to its life. */
export const timeParts = ({ time }: VmReading): BarPart<TimePart>[] =>
  barParts(
    [
      ['ran', time.ranMs],
      ['fileRead', time.fileReadMs],
      ['guestFault', time.guestFaultMs],
      ['swapIn', time.swapInMs],
      ['reclaim', time.reclaimMs],
      ['blocked', time.blockedMs],
    ],
    Math.max(
      time.lifeMs,
      time.ranMs + time.fileReadMs + time.guestFaultMs + time.swapInMs + time.reclaimMs + time.blockedMs,
    ),
  );
