import type { Surroundings } from './engine';

/** Node's clock and event loop, as `surroundings.ts` has a browser's: for tests and for what is drawn at build time. */
export const nodeSurroundings = (module: Surroundings['module']): Surroundings => ({
  now: () => performance.now(),
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  rest: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  module,
});
