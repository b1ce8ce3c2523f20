import { fetchModule } from '#lib/core/load';
import coreUrl from '../../../wasm/build/core.wasm?url';
import hostUrl from '../../../wasm/build/host.wasm?url';
import type { Surroundings } from './engine';

/** A browser's clock and event loop: for the worker, and for the page itself where no worker may be started. */
export function surroundings(): Surroundings {
  const compiled = new Map<string, Promise<WebAssembly.Module>>();
  const compile = (url: string) => {
    const known = compiled.get(url) ?? fetchModule(new URL(url, import.meta.url).href);
    compiled.set(url, known);
    return known;
  };
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
    module: (withNetwork) => compile(withNetwork ? coreUrl : hostUrl),
  };
}
