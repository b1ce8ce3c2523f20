/** The census in its worker: takes requests, posts replies. Everything it does is in census.ts. */
import { Census } from './census';
import { loadCensusCore, type CensusCore } from './core';
import { exportBlob } from './export';
import type { Reply, Request } from './protocol';
import { SAMPLE_NAMES, sampleImages } from './sample';
import { fileSource } from './source';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const FILES_EVERY_MS = 1000;

let core: CensusCore;
let census: Census;
let opening: Promise<void> = Promise.resolve();
let lastFiles = 0;

const post = (reply: Reply) => scope.postMessage(reply);
const postFiles = () => {
  lastFiles = performance.now();
  post({ kind: 'files', files: census.files(), running: census.running });
};

async function run(): Promise<void> {
  if (census.running) return;
  await census.run({
    progress: (progress) => post({ kind: 'progress', progress }),
    file: () => {
      if (performance.now() - lastFiles > FILES_EVERY_MS) postFiles();
    },
  });
  postFiles();
  post({ kind: 'report', report: census.report() });
}

async function open(wasmUrl: string, hashBits: number): Promise<void> {
  const response = await fetch(wasmUrl);
  if (!response.ok) throw new Error(`${response.status} ${wasmUrl}`);
  core = await loadCensusCore(await response.arrayBuffer());
  census = new Census(core, { hashBits });
  post({ kind: 'ready', limits: census.limits });
}

async function answer(request: Request): Promise<void> {
  if (request.kind === 'open') return (opening = open(request.wasmUrl, request.hashBits));
  await opening;
  switch (request.kind) {
    case 'add':
      census.add(request.files.map(({ key, name, file }) => fileSource(key, name, file)));
      postFiles();
      return run();
    case 'sample': {
      const images = sampleImages(core);
      const sources = images.map((image, i) =>
        fileSource(request.keys[i], SAMPLE_NAMES[i], new File([image], SAMPLE_NAMES[i])),
      );
      census.add(sources);
      postFiles();
      return run();
    }
    case 'remove':
      census.remove(request.key);
      postFiles();
      if (!census.running) post({ kind: 'report', report: census.report() });
      return;
    case 'cancel':
      census.cancel();
      return;
    case 'paint':
      return reply(request.id, census.readings.paint(request.from, request.to, request.cells));
    case 'tally':
      return reply(request.id, census.readings.tally(request.from, request.to, request.parts));
    case 'page':
      return reply(request.id, census.page(request.page, request.places));
    case 'bytes':
      return reply(request.id, await census.bytes(request.page));
    case 'top':
      return reply(request.id, census.top(request.count));
    case 'export':
      return reply(request.id, exportBlob(census, core, request.format));
  }
}

const reply = (id: number, value: unknown) => post({ kind: 'answer', id, value });

scope.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  answer(data).catch((error: unknown) =>
    post({ kind: 'failed', id: 'id' in data ? data.id : null, message: String(error) }),
  );
});
