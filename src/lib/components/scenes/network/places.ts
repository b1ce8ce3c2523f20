/** Where a reader has put the places of a scenario: kept in this browser, never in the world. */
import type { Moved } from '#lib/layout/network-map';

const keyOf = (scenario: string): string => `alacarte-network-places-${scenario}`;
const isOffset = (value: unknown): boolean => {
  const { x, y } = (value ?? {}) as { x?: unknown; y?: unknown };
  return Number.isFinite(x) && Number.isFinite(y);
};

export function recallMoved(scenario: string): Moved {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(scenario)) ?? '{}');
    const entries = Object.entries(stored as Record<string, unknown>).filter(([, value]) => isOffset(value));
    return Object.fromEntries(entries) as Moved;
  } catch {
    // No storage, or not ours: places are where the layout puts them.
    return {};
  }
}

export function rememberMoved(scenario: string, moved: Moved): void {
  try {
    if (Object.keys(moved).length === 0) localStorage.removeItem(keyOf(scenario));
    else localStorage.setItem(keyOf(scenario), JSON.stringify(moved));
  } catch {
    // No storage: they stay for this visit.
  }
}
