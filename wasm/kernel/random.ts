/**
 * Random streams: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), one 64-bit state a stream. Each subsystem and
 * each VM has its own, seeded from the world's seed and its own number, so that adding a VM changes no other.
 */

/** What a stream's state grows by with each draw. */
export const GAMMA: u64 = 0x9e3779b97f4a7c15;

/** The finaliser of SplitMix64: a bijection of 64-bit integers. */
export function mix64(z: u64): u64 {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/** First state of stream number `stream` of a world. */
export function streamSeed(seed: u64, stream: u64): u64 {
  return mix64(seed + mix64(stream + GAMMA));
}

/** Next 64 random bits of the stream whose state is at `statePtr`. */
export function next64(statePtr: usize): u64 {
  const state = load<u64>(statePtr) + GAMMA;
  store<u64>(statePtr, state);
  return mix64(state);
}

/** 64 random bits as an integer in 0 … bound − 1. */
function scaled(bits: u64, bound: u32): u32 {
  return <u32>(((bits >> 32) * <u64>bound) >> 32);
}

/** What the `n`-th next call of `below` will return, as long as it is asked for nothing else: nothing changes. */
export function drawn(statePtr: usize, n: u64, bound: u32): u32 {
  return scaled(mix64(load<u64>(statePtr) + n * GAMMA), bound);
}

/** Uniform integer in 0 … bound − 1 (multiply-shift; bias below 2⁻³² of the bound). */
export function below(statePtr: usize, bound: u32): u32 {
  return scaled(next64(statePtr), bound);
}
