/** The page that census.bench.mjs opens: the real bridge and worker on real files, and the bare reading of the same. */
import { CensusBridge } from '../bridge';
import type { CensusReport } from '../protocol';
import type { BareRequest } from './bare.worker';
import bareUrl from './bare.worker.ts?worker&url';

const chosen = (): File[] => [...(document.querySelector('input')?.files ?? [])];

/** Counts the chosen files once. A worker's start is not part of it: it starts once a visit. */
function census(): Promise<{ ms: number; report: Omit<CensusReport, 'matrix'> }> {
  return new Promise((resolve, reject) => {
    let start = 0;
    const bridge = new CensusBridge({
      ready: () => {
        start = performance.now();
        bridge.add(chosen().map((file, i) => ({ key: i + 1, name: file.name, file })));
      },
      files: () => undefined,
      progress: () => undefined,
      report: ({ matrix: _, ...report }) => {
        resolve({ ms: performance.now() - start, report });
        bridge.close();
      },
      failed: (why, message) => reject(new Error(`${why}: ${message}`)),
    });
  });
}

/** Reads the chosen files once, in a worker too, and does nothing with the bytes. */
function bare(way: BareRequest['way']): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(bareUrl, document.baseURI), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<number>) => {
      resolve(data);
      worker.terminate();
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ files: chosen(), way } satisfies BareRequest);
  });
}

/** Counts, and cancels after so many milliseconds. @returns milliseconds from the cancel to its end */
function cancelAfter(delay: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let asked = 0;
    const bridge = new CensusBridge({
      ready: () => {
        bridge.add(chosen().map((file, i) => ({ key: i + 1, name: file.name, file })));
        setTimeout(() => {
          asked = performance.now();
          bridge.cancel();
        }, delay);
      },
      files: (_, running) => {
        if (asked > 0 && !running) resolve(performance.now() - asked);
      },
      progress: () => undefined,
      report: () => bridge.close(),
      failed: (why, message) =>
        asked > 0 ? resolve(performance.now() - asked) : reject(new Error(`${why}: ${message}`)),
    });
  });
}

Object.assign(globalThis, { measured: { census, bare, cancelAfter } });
