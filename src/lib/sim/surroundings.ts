import { fetchModule } from '#lib/core/load';
import coreUrl from '../../../wasm/build/core.wasm?url';
import type { Surroundings } from './engine';

/** A browser's clock and event loop: for the worker, and for the page itself where no worker may be started. */
export function surroundings(): Surroundings {
  let compiled: Promise<WebAssembly.Module> | null = null;
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return {
    now: () => performance.now(),
    // A message, not a timer: timers that follow one another are held back to 4 ms.
    turn: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        channel.port2.postMessage(null);
      }),
    rest: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    module: () => (compiled ??= fetchModule(new URL(coreUrl, import.meta.url).href)),
  };
}
