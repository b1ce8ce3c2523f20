/**
 * The 4096 bytes of a page and their XXH3-64, once more: the same arithmetic as ../content.ts and ../xxh3.ts, laid out
 * in typed arrays so that a world of some thousand pages can be replayed in seconds. A test holds it to those two.
 */
import { mix64 } from '../content';

const PAGE_BYTES = 4096;
const WORDS = PAGE_BYTES / 8;
const GAMMA = 0x9e3779b97f4a7c15n;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** What every page of zeros holds. Never written to: a write replaces a page's bytes. */
export const ZEROS: Uint8Array = new Uint8Array(PAGE_BYTES);

/** The 4096 bytes of a content key, in an array of their own. */
export function bytesOf(key: bigint): Uint8Array {
  if (key === 0n) return ZEROS;
  const out = new BigUint64Array(WORDS);
  for (let i = 0; i < 8; i++) out[i] = mix64(u64(key + BigInt(i) * GAMMA));
  for (let row = 8; row < WORDS; row += 8) {
    for (let pair = 0; pair < 8; pair += 4) {
      const at = row + pair;
      // x ← x + y; y ← (y turned by one 32-bit word) xor the new x. The row before is eight words back.
      const x0 = BigInt.asUintN(64, out[at - 8]! + out[at - 6]!);
      const x1 = BigInt.asUintN(64, out[at - 7]! + out[at - 5]!);
      const y0 = out[at - 6]!;
      const y1 = out[at - 5]!;
      out[at] = x0;
      out[at + 1] = x1;
      out[at + 2] = BigInt.asUintN(64, (y0 >> 32n) | (y1 << 32n)) ^ x0;
      out[at + 3] = BigInt.asUintN(64, (y1 >> 32n) | (y0 << 32n)) ^ x1;
    }
  }
  return new Uint8Array(out.buffer);
}

const SECRET = Uint8Array.from(
  (
    'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f' +
    'cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c' +
    '3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364' +
    'eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e' +
    '2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e'
  ).match(/../g) ?? [],
  (pair) => parseInt(pair, 16),
);
const secretView = new DataView(SECRET.buffer);
const secretAt = (at: number): bigint => secretView.getBigUint64(at, true);
/** The eight secret words of stripe 0 … 15 of a block, of a block's end, and of the last stripe of all. */
const STRIPE_SECRETS = BigUint64Array.from({ length: 128 }, (_, i) => secretAt(8 * (i >> 3) + 8 * (i & 7)));
const SCRAMBLE_SECRETS = BigUint64Array.from({ length: 8 }, (_, i) => secretAt(128 + 8 * i));
const LAST_SECRETS = BigUint64Array.from({ length: 8 }, (_, i) => secretAt(121 + 8 * i));

const START = [
  0xc2b2ae3dn,
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x85ebca77n,
  0x27d4eb2f165667c5n,
  0x9e3779b1n,
];
const sums = new BigUint64Array(8);

function stripe(words: BigUint64Array, at: number, secrets: BigUint64Array, secret: number): void {
  for (let i = 0; i < 8; i++) {
    const value = words[at + i]!;
    const keyed = value ^ secrets[secret + i]!;
    sums[i ^ 1] = BigInt.asUintN(64, sums[i ^ 1]! + value);
    sums[i] = BigInt.asUintN(64, sums[i]! + BigInt.asUintN(64, (keyed & 0xffffffffn) * (keyed >> 32n)));
  }
}

const fold = (a: bigint, b: bigint): bigint => u64(a * b) ^ ((a * b) >> 64n);

/** XXH3-64 of 4096 bytes. */
export function hashOf(page: Uint8Array): bigint {
  const words = new BigUint64Array(page.buffer, page.byteOffset, WORDS);
  START.forEach((word, i) => (sums[i] = word));
  for (let block = 0; block < 4; block++) {
    const stripes = block === 3 ? 15 : 16;
    for (let s = 0; s < stripes; s++) stripe(words, 128 * block + 8 * s, STRIPE_SECRETS, 8 * s);
    if (block === 3) break;
    for (let i = 0; i < 8; i++) {
      const sum = sums[i]!;
      const mixed = sum ^ (sum >> 47n) ^ SCRAMBLE_SECRETS[i]!;
      sums[i] = BigInt.asUintN(64, mixed * 0x9e3779b1n);
    }
  }
  stripe(words, WORDS - 8, LAST_SECRETS, 0);
  let hash = u64(BigInt(PAGE_BYTES) * 0x9e3779b185ebca87n);
  for (let i = 0; i < 4; i++)
    hash += fold(sums[2 * i]! ^ secretAt(11 + 16 * i), sums[2 * i + 1]! ^ secretAt(19 + 16 * i));
  hash = u64(hash);
  hash ^= hash >> 37n;
  hash = u64(hash * 0x165667919e3779f9n);
  return hash ^ (hash >> 32n);
}

/** True when all 4096 bytes are equal, each looked at. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < PAGE_BYTES; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
