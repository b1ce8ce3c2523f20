/**
 * How two TCP flows share a queue for a minute, at worst over seeds 1 to 16: measured, and measured again by
 * wasm/tests/network/tcp.test.ts. Queues in full frames and in bytes, the delay of the servers' links in ns.
 */
export const LEAST_FAIRNESS = [
  { frames: 5, queueBytes: 8192, delayNs: 1000, worstSeed: 14, index: 0.916 },
  { frames: 10, queueBytes: 16_384, delayNs: 1000, worstSeed: 11, index: 0.984 },
  { frames: 16, queueBytes: 24_576, delayNs: 1000, worstSeed: 16, index: 0.996 },
  { frames: 21, queueBytes: 32_768, delayNs: 1000, worstSeed: 15, index: 0.998 },
  { frames: 43, queueBytes: 65_536, delayNs: 1_000_000, worstSeed: 1, index: 0.995 },
  { frames: 86, queueBytes: 131_072, delayNs: 1000, worstSeed: 10, index: 0.999 },
] as const;

/** Jain's index of fairness: 1 when all have the same; two shares that differ by 10 % of their sum have 0.99. */
export const jain = (shares: readonly number[]): number =>
  shares.reduce((sum, share) => sum + share, 0) ** 2 /
  (shares.length * shares.reduce((sum, share) => sum + share ** 2, 0));

/** What the better served of two has, of all, at an index. */
export const largerShare = (index: number): number => (1 + Math.sqrt(1 / index - 1)) / 2;
