/**
 * XXH3-64, seed 0, default secret, written a second time from the xxHash specification (doc/xxhash_spec.md) in plain
 * BigInt arithmetic: slow, scalar, and sharing nothing with the core but the algorithm.
 */
const U64 = (1n << 64n) - 1n;

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

const P32_1 = 0x9e3779b1n;
const P32_2 = 0x85ebca77n;
const P32_3 = 0xc2b2ae3dn;
const P64_1 = 0x9e3779b185ebca87n;
const P64_2 = 0xc2b2ae3d27d4eb4fn;
const P64_3 = 0x165667b19e3779f9n;
const P64_4 = 0x85ebca77c2b2ae63n;
const P64_5 = 0x27d4eb2f165667c5n;

/** Little-endian unsigned integer of `size` bytes. */
function read(bytes: Uint8Array, at: number, size: number): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] as number);
  return value;
}

const multiply = (a: bigint, b: bigint): bigint => (a * b) & U64;
const rotateLeft = (a: bigint, n: bigint): bigint => ((a << n) | (a >> (64n - n))) & U64;
const fold = (a: bigint, b: bigint): bigint => ((a * b) & U64) ^ ((a * b) >> 64n);

function swapBytes(a: bigint): bigint {
  let out = 0n;
  for (let i = 0n; i < 8n; i++) out = (out << 8n) | ((a >> (8n * i)) & 0xffn);
  return out;
}

function avalanche(h: bigint): bigint {
  h = multiply(h ^ (h >> 37n), 0x165667919e3779f9n);
  return h ^ (h >> 32n);
}

function avalancheXxh64(h: bigint): bigint {
  h = multiply(h ^ (h >> 33n), P64_2);
  h = multiply(h ^ (h >> 29n), P64_3);
  return h ^ (h >> 32n);
}

function upTo16(input: Uint8Array): bigint {
  const n = input.length;
  if (n === 0) return avalancheXxh64(read(SECRET, 56, 8) ^ read(SECRET, 64, 8));
  if (n <= 3) {
    const first = BigInt(input[0] as number);
    const middle = BigInt(input[n >> 1] as number);
    const last = BigInt(input[n - 1] as number);
    const combined = last | (BigInt(n) << 8n) | (first << 16n) | (middle << 24n);
    return avalancheXxh64(combined ^ read(SECRET, 0, 4) ^ read(SECRET, 4, 4));
  }
  if (n <= 8) {
    const combined = read(input, n - 4, 4) | (read(input, 0, 4) << 32n);
    let h = combined ^ read(SECRET, 8, 8) ^ read(SECRET, 16, 8);
    h ^= rotateLeft(h, 49n) ^ rotateLeft(h, 24n);
    h = multiply(h, 0x9fb21c651e98df25n);
    h ^= (h >> 35n) + BigInt(n);
    h = multiply(h, 0x9fb21c651e98df25n);
    return h ^ (h >> 28n);
  }
  const low = read(SECRET, 24, 8) ^ read(SECRET, 32, 8) ^ read(input, 0, 8);
  const high = read(SECRET, 40, 8) ^ read(SECRET, 48, 8) ^ read(input, n - 8, 8);
  return avalanche((BigInt(n) + swapBytes(low) + high + fold(low, high)) & U64);
}

function mixed(input: Uint8Array, at: number, secretAt: number): bigint {
  return fold(
    read(input, at, 8) ^ read(SECRET, secretAt, 8),
    read(input, at + 8, 8) ^ read(SECRET, secretAt + 8, 8),
  );
}

function upTo128(input: Uint8Array): bigint {
  const n = input.length;
  let h = multiply(BigInt(n), P64_1);
  const rounds = n > 96 ? 4 : n > 64 ? 3 : n > 32 ? 2 : 1;
  for (let i = 0; i < rounds; i++) {
    h += mixed(input, 16 * i, 32 * i);
    h += mixed(input, n - 16 * (i + 1), 32 * i + 16);
  }
  return avalanche(h & U64);
}

function upTo240(input: Uint8Array): bigint {
  const n = input.length;
  let h = multiply(BigInt(n), P64_1);
  for (let i = 0; i < 8; i++) h += mixed(input, 16 * i, 16 * i);
  h = avalanche(h & U64);
  for (let i = 8; i < Math.floor(n / 16); i++) h += mixed(input, 16 * i, 16 * (i - 8) + 3);
  h += mixed(input, n - 16, 136 - 17);
  return avalanche(h & U64);
}

function accumulate(accumulators: bigint[], input: Uint8Array, at: number, secretAt: number): void {
  for (let i = 0; i < 8; i++) {
    const value = read(input, at + 8 * i, 8);
    const keyed = value ^ read(SECRET, secretAt + 8 * i, 8);
    const neighbour = i ^ 1;
    accumulators[neighbour] = ((accumulators[neighbour] as bigint) + value) & U64;
    accumulators[i] = ((accumulators[i] as bigint) + (keyed & 0xffffffffn) * (keyed >> 32n)) & U64;
  }
}

function longer(input: Uint8Array): bigint {
  const n = input.length;
  const accumulators = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1];
  const blocks = Math.floor((n - 1) / 1024);
  for (let block = 0; block < blocks; block++) {
    for (let stripe = 0; stripe < 16; stripe++) {
      accumulate(accumulators, input, 1024 * block + 64 * stripe, 8 * stripe);
    }
    for (let i = 0; i < 8; i++) {
      const a = accumulators[i] as bigint;
      accumulators[i] = multiply(a ^ (a >> 47n) ^ read(SECRET, 128 + 8 * i, 8), P32_1);
    }
  }
  const stripes = Math.floor((n - 1 - 1024 * blocks) / 64);
  for (let stripe = 0; stripe < stripes; stripe++) {
    accumulate(accumulators, input, 1024 * blocks + 64 * stripe, 8 * stripe);
  }
  accumulate(accumulators, input, n - 64, 192 - 64 - 7);

  let h = multiply(BigInt(n), P64_1);
  for (let i = 0; i < 4; i++) {
    const a = (accumulators[2 * i] as bigint) ^ read(SECRET, 11 + 16 * i, 8);
    const b = (accumulators[2 * i + 1] as bigint) ^ read(SECRET, 19 + 16 * i, 8);
    h += fold(a, b);
  }
  return avalanche(h & U64);
}

/** XXH3-64 of `input`. */
export function xxh3(input: Uint8Array): bigint {
  if (input.length <= 16) return upTo16(input);
  if (input.length <= 128) return upTo128(input);
  if (input.length <= 240) return upTo240(input);
  return longer(input);
}
