/** The captures tool in its worker: takes calls, posts answers. Everything it does is in session.ts. */
import { fetchModule } from '#lib/core/load';
import coreUrl from '#wasm/build/core.wasm?url';
import type { Call, Reply } from './protocol';
import { CaptureSession } from './session';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const session = new CaptureSession(() => fetchModule(new URL(coreUrl, import.meta.url).href));
const post = (reply: Reply) => scope.postMessage(reply);

async function answer({ id, method, args }: Call): Promise<void> {
  try {
    const value =
      method === 'open'
        ? await session.open(args[0] as Blob, (...progress) => post({ id, progress }))
        : await (session[method] as (...values: unknown[]) => unknown)(...args);
    post({ id, value });
  } catch (error) {
    post({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

scope.addEventListener('message', ({ data }: MessageEvent<Call>) => void answer(data));
