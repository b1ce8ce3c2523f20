/**
 * Who should have how much, solved in another way than the core does: a VM's pages are a broken line of x, where a share
 * buys x pages; so is their sum, and between two of its corners the answer is a rule of three.
 */
export interface Claim {
  min: number;
  max: number;
  shares: number;
  active: number;
}

/** Pages that a claim comes to. Above its active pages a share buys only the part of a page that the tax leaves. */
function pagesAt({ min, max, shares, active }: Claim, x: number, tax: number): number {
  const entitled = shares * x;
  const pages = entitled <= active ? entitled : active + (1 - tax) * (entitled - active);
  return Math.min(max, Math.max(min, pages));
}

/** Where the line of a claim has its corners. */
function corners({ min, max, shares, active }: Claim, tax: number): number[] {
  if (shares === 0) return [];
  const reach = (pages: number) => (pages <= active ? pages : active + (pages - active) / (1 - tax)) / shares;
  return [min, active, max].map(reach);
}

/** @returns the pages of each, not rounded; `unclamped`: neither at its minimum nor at its maximum. */
export function solve(claims: readonly Claim[], available: number, taxPercent: number) {
  const tax = taxPercent / 100;
  const inside = claims.map((claim) => ({ ...claim, active: Math.min(claim.active, claim.max) }));
  const sum = (x: number) => inside.reduce((total, claim) => total + pagesAt(claim, x, tax), 0);
  const xs = [0, ...inside.flatMap((claim) => corners(claim, tax))].sort((a, b) => a - b);
  let x = 0;
  for (const [i, corner] of xs.entries()) {
    if (sum(corner) <= available) {
      x = corner;
      continue;
    }
    const before = xs[i - 1];
    if (before === undefined) break;
    const [low, high] = [sum(before), sum(corner)];
    x = before + ((available - low) / (high - low)) * (corner - before);
    break;
  }
  return inside.map((claim) => {
    const pages = pagesAt(claim, x, tax);
    return {
      pages,
      entitled: claim.shares * x,
      unclamped: pages > claim.min + 1 && pages < claim.max - 1,
    };
  });
}
