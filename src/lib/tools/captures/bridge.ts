/** The page's side of the captures' worker. It assumes that the worker may not start and may die. */
import { proxy, wrap, type Remote } from 'comlink';
import { startModuleWorker } from '#lib/worker-loader';
import workerUrl from './captures.worker.ts?worker&url';
import type { CaptureApi, CaptureReport } from './protocol';

export class CaptureBridge {
  readonly api: Remote<CaptureApi>;
  readonly #worker: Worker;
  #fail: (error: Error) => void = () => undefined;
  readonly #failed: Promise<never>;

  /** @throws DOMException where no worker may be started */
  constructor() {
    this.#worker = startModuleWorker(workerUrl, 'captures');
    this.api = wrap<CaptureApi>(this.#worker);
    this.#failed = new Promise((_, reject) => (this.#fail = reject));
    this.#failed.catch(() => undefined);
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#fail(new Error(event.message || 'the worker stopped'));
    });
  }

  open(
    file: Blob,
    onProgress: (done: number, total: number, frames: number) => void,
  ): Promise<CaptureReport> {
    return this.ask(this.api.open(file, proxy(onProgress)));
  }

  /** A call to a worker that died never settles: this rejects instead. */
  ask<T>(call: Promise<T>): Promise<T> {
    return Promise.race([call, this.#failed]);
  }

  close(): void {
    this.#fail(new Error('closed'));
    this.#worker.terminate();
  }
}
