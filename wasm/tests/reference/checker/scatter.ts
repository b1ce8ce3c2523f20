/** Where a guest puts what it loads. */
import { mix64 } from '../content';

const BLOCK_PAGES = 32;

/**
 * Where slot n of the boot lies. The kernel stays at the bottom; what follows is scattered in blocks of 32 pages by a
 * Feistel network of four rounds, walked until it lands inside (Black and Rogaway, CT-RSA 2002).
 */
export function scattered(fixed: number, pages: number, key: bigint): (slot: number) => number {
  const blocks = Math.floor((pages - fixed) / BLOCK_PAGES);
  let halfBits = 1n;
  while (4n ** halfBits < BigInt(blocks)) halfBits++;
  const half = 1n << halfBits;
  const encrypt = (at: bigint): bigint => {
    let [left, right] = [at / half, at % half];
    for (let round = 0n; round < 4n; round++) {
      const mixed = mix64((key << 32n) ^ ((round << 24n) | right)) % half;
      [left, right] = [right, left ^ mixed];
    }
    return left * half + right;
  };
  const blockAt = new Map<number, number>();
  const permuted = (block: number): number => {
    let at = blockAt.get(block);
    if (at === undefined) {
      let place = encrypt(BigInt(block));
      while (place >= BigInt(blocks)) place = encrypt(place);
      blockAt.set(block, (at = Number(place)));
    }
    return at;
  };
  return (slot) => {
    if (slot < fixed) return slot;
    const block = Math.floor((slot - fixed) / BLOCK_PAGES);
    if (block >= blocks) return slot;
    return fixed + permuted(block) * BLOCK_PAGES + ((slot - fixed) % BLOCK_PAGES);
  };
}
