/** The smallest module with a SIMD instruction: a browser that accepts it can run the engine. */
const SIMD_MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
];

export function runsWebAssembly(): boolean {
  try {
    return WebAssembly.validate(new Uint8Array(SIMD_MODULE));
  } catch {
    return false;
  }
}
