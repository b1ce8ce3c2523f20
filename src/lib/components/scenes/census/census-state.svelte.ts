import { MAX_FILES } from '#lib/tools/census/core';
import type { BridgeFailure, CensusBridge } from '#lib/tools/census/bridge';
import type { Chosen } from '#lib/gesture/dropped';
import type {
  CensusPage,
  CensusReport,
  ExportFormat,
  FileKey,
  FileReading,
  Group,
  KindCounts,
  NamedFile,
  PageReading,
  Progress,
} from '#lib/tools/census/protocol';

/** As many places of one content as are listed and ringed on the map. */
export const SHOWN_PLACES = 200;
const TOP = 12;

export interface Opened {
  reading: PageReading;
  /** null: they can no longer be read, or changed. */
  bytes: Uint8Array | null;
}

/** The census of one visit: the list, what is known of it, the page that is open. Talks to the worker. */
export class CensusState {
  files = $state.raw<FileReading[]>([]);
  running = $state(false);
  progress = $state.raw<Progress | null>(null);
  report = $state.raw<CensusReport | null>(null);
  failure = $state.raw<{ why: BridgeFailure; message: string } | null>(null);
  /** Files beyond the limit that were not taken into the list. */
  leftOut = $state(0);
  hashBits = $state(64);
  opened = $state.raw<Opened | null>(null);
  top = $state.raw<{ group: Group; bytes: Uint8Array | null }[]>([]);
  /** Raised when page numbers or kinds may have changed: pictures are out of date. */
  edition = $state(0);

  #bridge: CensusBridge | undefined;
  #chosen = new Map<FileKey, Chosen | 'sample'>();
  #nextKey = 1;
  #wanted: CensusPage = -1;
  #maxFiles = MAX_FILES;
  /** Progress that was on its way when the visitor cancelled is old news. */
  #cancelling = false;

  /** Pages that can be shown: those counted, and those of the file being read as far as it was read. */
  readonly pages = $derived(this.running && this.progress ? this.progress.pages : (this.report?.pages ?? 0));
  /** The files that have pages to show, in the order of their pages. */
  readonly lands = $derived(
    this.files.filter((file) => file.start >= 0 && file.pages > 0).sort((a, b) => a.start - b.start),
  );

  async add(chosen: Chosen[]): Promise<void> {
    const room = this.#maxFiles - this.files.length;
    this.leftOut = Math.max(0, chosen.length - room);
    const files = chosen
      .slice(0, room)
      .map(({ name, file }): NamedFile => ({ key: this.#key(), name, file }));
    if (files.length === 0) return;
    for (const { key, name, file } of files) this.#chosen.set(key, { name, file });
    (await this.#open()).add(files);
  }

  async sample(): Promise<void> {
    const keys: [FileKey, FileKey] = [this.#key(), this.#key()];
    for (const key of keys) this.#chosen.set(key, 'sample');
    (await this.#open()).sample(keys);
  }

  remove(key: FileKey): void {
    this.#chosen.delete(key);
    this.#forgetPages();
    this.#bridge?.remove(key);
  }

  /** Counts a refused file again: it may be readable now. */
  retry(key: FileKey): void {
    const chosen = this.#chosen.get(key);
    if (chosen === 'sample') {
      for (const [other, what] of [...this.#chosen]) if (what === 'sample') this.remove(other);
      void this.sample();
    } else if (chosen) {
      this.remove(key);
      void this.add([chosen]);
    }
  }

  /** Said at once; the worker stops a moment later. */
  cancel(): void {
    this.#bridge?.cancel();
    this.#cancelling = true;
    this.running = false;
    this.progress = null;
    const problem = { code: 'cancelled', offset: 0 } as const;
    this.files = this.files.map((file) =>
      file.state === 'counted' || file.state === 'refused'
        ? file
        : { ...file, state: 'refused', start: -1, problem },
    );
  }

  startOver(): void {
    this.#bridge?.close();
    this.#bridge = undefined;
    this.#chosen.clear();
    this.#clear();
  }

  /** Another length of hash: everything is counted again. */
  recount(hashBits = this.hashBits): void {
    const chosen = [...this.#chosen.values()];
    this.startOver();
    this.hashBits = hashBits;
    const files = chosen.filter((c) => c !== 'sample');
    if (chosen.includes('sample')) void this.sample();
    if (files.length > 0) void this.add(files);
  }

  close(): void {
    this.#bridge?.close();
    this.#bridge = undefined;
  }

  /** Opens a page, or closes it with −1. The last one asked for wins. */
  async open(page: CensusPage): Promise<void> {
    this.#wanted = page;
    if (page < 0 || !this.#bridge) {
      this.opened = null;
      return;
    }
    const bridge = this.#bridge;
    const [reading, bytes] = await Promise.all([bridge.page(page, SHOWN_PLACES), bridge.bytes(page)]).catch(
      () => [null, null] as const,
    );
    if (this.#wanted === page && bridge === this.#bridge) this.opened = reading && { reading, bytes };
  }

  paint(from: CensusPage, to: CensusPage, cells: number): Promise<Uint8Array | null> {
    return this.#bridge?.paint(from, to, cells).catch(() => null) ?? Promise.resolve(null);
  }

  tally(from: CensusPage, to: CensusPage, parts: number): Promise<KindCounts[]> {
    return this.#bridge?.tally(from, to, parts).catch(() => []) ?? Promise.resolve([]);
  }

  export(format: ExportFormat): Promise<Blob | null> {
    return this.#bridge?.export(format).catch(() => null) ?? Promise.resolve(null);
  }

  #key(): FileKey {
    return this.#nextKey++;
  }

  async #open(): Promise<CensusBridge> {
    this.failure = null;
    // Loaded with the first file: a visitor who only reads the page fetches no worker.
    const { CensusBridge } = await import('#lib/tools/census/bridge');
    this.#bridge ??= new CensusBridge(
      {
        ready: (limits) => (this.#maxFiles = limits.files),
        files: (files, running) => {
          this.#cancelling = false;
          this.files = files;
          this.running = running;
          if (!running) this.progress = null;
        },
        progress: (progress) => {
          if (this.#cancelling) return;
          this.running = true;
          this.progress = progress;
          this.files = this.files.map((file) =>
            file.key === progress.key && file.state !== progress.state
              ? { ...file, state: progress.state, start: progress.start }
              : file,
          );
        },
        report: (report) => void this.#take(report),
        failed: (why, message) => {
          this.#bridge = undefined;
          this.failure = { why, message };
          this.running = false;
          this.progress = null;
          this.report = null;
          this.#forgetPages();
          const problem = { code: 'cancelled', offset: 0 } as const;
          this.files = this.files.map((file) => ({ ...file, state: 'refused', start: -1, problem }));
        },
      },
      this.hashBits,
    );
    return this.#bridge;
  }

  async #take(report: CensusReport): Promise<void> {
    this.files = report.files;
    this.report = report;
    this.edition++;
    this.#forgetPages();
    const bridge = this.#bridge;
    if (!bridge || report.pages === 0) return;
    const groups = await bridge.top(TOP).catch(() => []);
    const top: { group: Group; bytes: Uint8Array | null }[] = [];
    for (const group of groups) {
      if (group.count < 2) continue;
      top.push({ group, bytes: await bridge.bytes(group.page).catch(() => null) });
    }
    if (this.report === report) this.top = top;
  }

  #forgetPages(): void {
    this.#wanted = -1;
    this.opened = null;
    this.top = [];
  }

  #clear(): void {
    this.files = [];
    this.running = false;
    this.progress = null;
    this.report = null;
    this.failure = null;
    this.leftOut = 0;
    this.edition++;
    this.#forgetPages();
  }
}
