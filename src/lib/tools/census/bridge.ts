import { startModuleWorker } from '#lib/worker-loader';
import wasmUrl from '#wasm/build/census.wasm?url';
import workerUrl from './census.worker.ts?worker&url';
import type {
  CensusPage,
  CensusReport,
  ExportFormat,
  FileReading,
  Group,
  KindCounts,
  Limits,
  NamedFile,
  PageReading,
  Progress,
  Reply,
  Request,
} from './protocol';

/** `no-worker`: the browser starts none here (a sandboxed frame). `died`: it ran, and stopped. */
export type BridgeFailure = 'no-worker' | 'died';

export interface BridgeEvents {
  ready(limits: Limits): void;
  files(files: FileReading[], running: boolean): void;
  progress(progress: Progress): void;
  report(report: CensusReport): void;
  failed(why: BridgeFailure, message: string): void;
}

/** A worker stops within a slice. One that does not say so in this time is stuck, and is ended. */
const CANCEL_GRACE_MS = 1000;

/**
 * The page's side of the census. It assumes that the worker may not start, may die, and may be stuck in a read.
 * After `failed` a bridge is of no more use: make another.
 */
export class CensusBridge {
  readonly #events: BridgeEvents;
  readonly #answers = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #worker: Worker | undefined;
  #ready = false;
  #nextId = 1;
  #running = false;
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(events: BridgeEvents, hashBits = 64) {
    this.#events = events;
    try {
      this.#worker = startModuleWorker(workerUrl, 'census');
    } catch (error) {
      queueMicrotask(() => this.#fail('no-worker', String(error)));
      return;
    }
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.#take(data));
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#fail(this.#ready ? 'died' : 'no-worker', event.message ?? '');
    });
    this.#post({ kind: 'open', wasmUrl: new URL(wasmUrl, document.baseURI).href, hashBits });
  }

  add(files: NamedFile[]): void {
    this.#post({ kind: 'add', files });
  }

  sample(keys: [number, number]): void {
    this.#post({ kind: 'sample', keys });
  }

  remove(key: number): void {
    this.#post({ kind: 'remove', key });
  }

  cancel(): void {
    if (!this.#running) return;
    this.#post({ kind: 'cancel' });
    this.#grace ??= setTimeout(() => this.#fail('died', 'cancelled'), CANCEL_GRACE_MS);
  }

  paint(from: CensusPage, to: CensusPage, cells: number): Promise<Uint8Array> {
    return this.#ask<Uint8Array>((id) => ({ kind: 'paint', id, from, to, cells }));
  }

  tally(from: CensusPage, to: CensusPage, parts: number): Promise<KindCounts[]> {
    return this.#ask<KindCounts[]>((id) => ({ kind: 'tally', id, from, to, parts }));
  }

  page(page: CensusPage, places: number): Promise<PageReading | null> {
    return this.#ask<PageReading | null>((id) => ({ kind: 'page', id, page, places }));
  }

  bytes(page: CensusPage): Promise<Uint8Array | null> {
    return this.#ask<Uint8Array | null>((id) => ({ kind: 'bytes', id, page }));
  }

  top(count: number): Promise<Group[]> {
    return this.#ask<Group[]>((id) => ({ kind: 'top', id, count }));
  }

  export(format: ExportFormat): Promise<Blob> {
    return this.#ask<Blob>((id) => ({ kind: 'export', id, format }));
  }

  close(): void {
    clearTimeout(this.#grace);
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#answers.values()) reject(new Error('closed'));
    this.#answers.clear();
  }

  #take(reply: Reply): void {
    switch (reply.kind) {
      case 'ready':
        this.#ready = true;
        return this.#events.ready(reply.limits);
      case 'files':
        this.#running = reply.running;
        if (!reply.running) {
          clearTimeout(this.#grace);
          this.#grace = undefined;
        }
        return this.#events.files(reply.files, reply.running);
      case 'progress':
        this.#running = true;
        return this.#events.progress(reply.progress);
      case 'report':
        return this.#events.report(reply.report);
      case 'answer':
        this.#answers.get(reply.id)?.resolve(reply.value);
        this.#answers.delete(reply.id);
        return;
      case 'failed':
        if (reply.id === null) return this.#fail(this.#ready ? 'died' : 'no-worker', reply.message);
        this.#answers.get(reply.id)?.reject(new Error(reply.message));
        this.#answers.delete(reply.id);
    }
  }

  #fail(why: BridgeFailure, message: string): void {
    if (!this.#worker && this.#ready) return;
    this.close();
    this.#ready = true;
    this.#events.failed(why, message);
  }

  #post(request: Request): void {
    this.#worker?.postMessage(request);
  }

  #ask<T>(make: (id: number) => Request): Promise<T> {
    if (!this.#worker) return Promise.reject(new Error('closed'));
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#answers.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#post(make(id));
    });
  }
}
