import type { Bytes } from '#lib/units';
import { OUTCOMES, evaluate, type Outcome } from './evaluate';
import type { Machine } from './machine';
import { planMends } from './mend';
import type { ProductId } from './products';
import { baseName, type TargetNames } from './rules';
import { transferSeconds, vmfsBytes } from './sizes';

/** What moving a machine's disks costs. */
export interface Cost {
  /** What its files take now, which is what is sent. */
  sent: Bytes;
  /** What they will take on VMFS. */
  vmfs: Bytes;
  seconds: number;
  /** Whether a size is missing: the figures are then at least this. */
  isPartial: boolean;
}

/** @param rate of the console's card, in bits per second */
export function costOf(machine: Machine, rate: number): Cost {
  const { disks } = machine;
  const sent = disks.reduce((sum, disk) => sum + (disk.stored ?? disk.capacity ?? 0), 0);
  const vmfs = disks.reduce((sum, { capacity }) => sum + (capacity === null ? 0 : vmfsBytes(capacity)), 0);
  const isPartial = disks.some(({ capacity, stored }) => capacity === null || stored === null);
  return { sent, vmfs, seconds: transferSeconds(sent, rate), isPartial };
}

export interface PlanRow extends Cost {
  /** Its place in what was given. */
  index: number;
  name: string;
  outcome: Outcome;
  steps: number;
  canMove: boolean;
  /** Seconds until its copy is done, one after the other; null for one that cannot move. */
  doneAfter: number | null;
}

export interface Plan {
  rows: readonly PlanRow[];
  total: Cost;
  /** Disks of different machines that would have one name on a volume without folders. */
  clashes: readonly string[];
}

/**
 * An order for several machines: the least to mend first, the smaller first among equals, those that cannot move last
 * and out of the totals.
 */
export function planMoves(
  machines: readonly Machine[],
  target: ProductId,
  names: TargetNames,
  rate: number,
): Plan {
  const rows = machines
    .map((machine, index) => {
      const plan = planMends(machine, target, names);
      const { outcome } = evaluate(machine, target, names);
      return {
        ...costOf(machine, rate),
        index,
        name: machine.name,
        outcome,
        steps: plan.steps.length,
        canMove: plan.complete,
      };
    })
    .sort(
      (a, b) =>
        Number(b.canMove) - Number(a.canMove) ||
        OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome) ||
        a.sent - b.sent ||
        a.index - b.index,
    );
  let elapsed = 0;
  const ordered = rows.map((row): PlanRow => {
    if (!row.canMove) return { ...row, doneAfter: null };
    elapsed += row.seconds;
    return { ...row, doneAfter: elapsed };
  });
  const moving = ordered.filter(({ canMove }) => canMove);
  const sum = (of: (row: PlanRow) => number) => moving.reduce((total, row) => total + of(row), 0);
  return {
    rows: ordered,
    total: {
      sent: sum((row) => row.sent),
      vmfs: sum((row) => row.vmfs),
      seconds: elapsed,
      isPartial: moving.some(({ isPartial }) => isPartial),
    },
    clashes: clashesOf(machines),
  };
}

function clashesOf(machines: readonly Machine[]): string[] {
  const owners = new Map<string, Set<number>>();
  machines.forEach(({ disks }, index) => {
    for (const { file } of disks) {
      const name = baseName(file);
      owners.set(name, (owners.get(name) ?? new Set()).add(index));
    }
  });
  return [...owners].filter(([, of]) => of.size > 1).map(([name]) => name);
}
