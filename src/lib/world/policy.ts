/** Arithmetic of the memory policy that both the engine's readings and their explanations use. Pure. */
import type { Pages } from '#lib/units';

/**
 * Shares per page paid for, with the tax on idle pages: ρ = S / (P · (f + k · (1 − f))), k = 1 / (1 − τ), f the active part
 * of P (OSDI'02 section 5.2). The VM with the lowest one gives up memory first.
 */
export function price(shares: number, allocated: Pages, active: Pages, taxPercent: number): number {
  if (allocated === 0) return 0;
  const f = Math.min(1, active / allocated);
  const k = 100 / (100 - taxPercent);
  return shares / (allocated * (f + k * (1 - f)));
}
