/**
 * Where a guest puts what it loads: blocks of 32 pages in an order of the VM's own, so that equal content lies at
 * different addresses in every VM. A Feistel network on block numbers, walked until it lands inside
 * (cycle walking; Black and Rogaway, CT-RSA 2002): a permutation with no table.
 */
import { mix64 } from '../kernel/random';

const BLOCK_BITS: u32 = 5;
const ROUNDS: u32 = 4;

function permute(index: u32, size: u32, key: u32): u32 {
  let halfBits: u32 = 1;
  while ((<u32>1) << (2 * halfBits) < size) halfBits++;
  const mask: u32 = ((<u32>1) << halfBits) - 1;
  let at = index;
  do {
    let left = at >> halfBits;
    let right = at & mask;
    for (let round: u32 = 0; round < ROUNDS; round++) {
      const swap = left ^ ((<u32>mix64(((<u64>key) << 32) ^ (((<u64>round) << 24) | right))) & mask);
      left = right;
      right = swap;
    }
    at = (left << halfBits) | right;
  } while (at >= size);
  return at;
}

/**
 * Guest page of plan slot `slot`. The first `fixed` slots (the kernel) stay in place at the bottom of memory; whole
 * blocks above are permuted; what does not fill a block stays at the top.
 */
export function scatter(slot: u32, fixed: u32, pages: u32, key: u32): u32 {
  if (slot < fixed) return slot;
  const blocks = (pages - fixed) >> BLOCK_BITS;
  const index = slot - fixed;
  const block = index >> BLOCK_BITS;
  if (block >= blocks) return slot;
  const inside = index & ((1 << BLOCK_BITS) - 1);
  return fixed + (permute(block, blocks, key) << BLOCK_BITS) + inside;
}
