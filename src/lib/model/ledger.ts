/** The host's memory as one bar: every page in exactly one part. Pure. */
import type { Ledger, VmReading } from '#lib/sim/protocol';
import type { VmId } from '#lib/ids';
import type { Pages } from '#lib/units';

/** Order on the bar: what the host takes, what the VMs hold, what nobody has. */
export const LEDGER_PARTS = ['console', 'vmkernel', 'overhead', 'private', 'sharedCopies', 'free'] as const;
export type LedgerPartId = (typeof LEDGER_PARTS)[number];

export interface LedgerPart {
  id: LedgerPartId;
  pages: Pages;
  /** Where it starts on the bar and how long it is, as fractions of the host's memory. */
  start: number;
  share: number;
}

export interface LedgerAccount {
  parts: LedgerPart[];
  total: Pages;
  accountedFor: Pages;
  /** Pages found less pages that are there: 0 when the ledger is right. */
  difference: Pages;
}

export function accountOf(ledger: Ledger): LedgerAccount {
  let before = 0;
  const parts = LEDGER_PARTS.map((id) => {
    const pages = ledger[id];
    const part = { id, pages, start: fraction(before, ledger.total), share: fraction(pages, ledger.total) };
    before += pages;
    return part;
  });
  return { parts, total: ledger.total, accountedFor: before, difference: before - ledger.total };
}

export interface VmSlice {
  vm: VmId;
  name: string;
  pages: Pages;
  start: number;
  share: number;
}

/**
 * Divides the private part by owner, in the order of the VMs.
 * @returns nothing when the VMs' own figures do not sum to the host's: a picture may not say more than is known.
 */
export function privateByVm(ledger: Ledger, vms: readonly VmReading[]): VmSlice[] {
  if (vms.reduce((sum, vm) => sum + vm.private, 0) !== ledger.private) return [];
  let before = ledger.console + ledger.vmkernel + ledger.overhead;
  return vms
    .filter((vm) => vm.private > 0)
    .map(({ vm, name, private: pages }) => {
      const slice = {
        vm,
        name,
        pages,
        start: fraction(before, ledger.total),
        share: fraction(pages, ledger.total),
      };
      before += pages;
      return slice;
    });
}

/** The six land tints go round: VM 1 has tint 1, VM 7 tint 1 again. */
export const landOf = (vm: VmId): number => ((vm - 1) % 6) + 1;

const fraction = (part: Pages, whole: Pages): number => (whole > 0 ? part / whole : 0);
