/** SplitMix64 streams (Steele, Lea, Flood, OOPSLA 2014): one for the scanner, one for each VM slot. */
import { mix64 } from '../content';

const GAMMA = 0x9e3779b97f4a7c15n;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export class Stream {
  constructor(public state: bigint) {}

  /** Stream number `which` of the world with this seed. */
  static of(seed: number, which: bigint): Stream {
    return new Stream(mix64(u64(BigInt(seed) + mix64(u64(which + GAMMA)))));
  }

  next(): bigint {
    this.state = u64(this.state + GAMMA);
    return mix64(this.state);
  }

  /** 0 … bound − 1. */
  below(bound: number): number {
    return Number(((this.next() >> 32n) * BigInt(bound)) >> 32n);
  }
}
