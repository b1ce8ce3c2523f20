/** The page's side of the captures' worker. It assumes that the worker may not start and may die. */
import { startModuleWorker } from '#lib/worker-loader';
import workerUrl from './captures.worker.ts?worker&url';
import type { Call, CaptureApi, CaptureReport, Reply } from './protocol';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onProgress?: (done: number, total: number, frames: number) => void;
}

type Answer<M extends keyof CaptureApi> = Awaited<ReturnType<CaptureApi[M]>>;

/** After it failed or was closed, a bridge is of no more use: make another. */
export class CaptureBridge {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #gone: Error | null = null;

  /** @throws DOMException where no worker may be started */
  constructor() {
    this.#worker = startModuleWorker(workerUrl, 'captures');
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.#take(data));
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#fail(new Error(event.message || 'the worker stopped'));
    });
  }

  open(
    file: Blob,
    onProgress: (done: number, total: number, frames: number) => void,
  ): Promise<CaptureReport> {
    return this.#call('open', [file], onProgress) as Promise<CaptureReport>;
  }

  /** @throws Error when the call failed, or the worker is gone */
  ask<M extends Exclude<keyof CaptureApi, 'open'>>(
    method: M,
    ...args: Parameters<CaptureApi[M]>
  ): Promise<Answer<M>> {
    return this.#call(method, args) as Promise<Answer<M>>;
  }

  close(): void {
    this.#worker.terminate();
    this.#fail(new Error('closed'));
  }

  #call(method: keyof CaptureApi, args: unknown[], onProgress?: Waiting['onProgress']): Promise<unknown> {
    if (this.#gone) return Promise.reject(this.#gone);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#worker.postMessage({ id, method, args } satisfies Call);
    });
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    if ('progress' in reply) {
      waiting.onProgress?.(...reply.progress);
      return;
    }
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting.reject(new Error(reply.error));
    else waiting.resolve(reply.value);
  }

  #fail(error: Error): void {
    this.#gone ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
