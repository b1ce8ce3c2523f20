/**
 * Content-based page sharing (OSDI'02 section 4), as objects: a share knows its page and who maps it, a hint knows where
 * it leads. One table, chained; the newest of a chain first, a share in the place of the hint it grew from.
 */
import type { MachinePage } from './machine';
import type { Stream } from './streams';
import type { GuestPage } from './vm';

/** Draws for a hint to evict, when the page's own chain has none, before it goes without. */
const EVICTION_DRAWS = 64;

export interface Share {
  kind: 'share';
  /** Number of its frame in the table: an eviction draws frames by number. */
  frame: number;
  hash: bigint;
  machine: MachinePage;
  mappers: Set<GuestPage>;
  /** VM whose tint the page has on a map; 127 when that VM has written to it. */
  tint: number;
}

export interface Hint {
  kind: 'hint';
  frame: number;
  /** The low 32 bits of the hash: a hint remembers no more. */
  hash: bigint;
  page: GuestPage;
}

export type Entry = Share | Hint;

export const low32 = (hash: bigint): bigint => hash & 0xffffffffn;

export class ShareTable {
  readonly capacity: number;
  readonly #chains = new Map<bigint, Entry[]>();
  /** Frames by number; null: used once, free now. */
  readonly #frames = new Map<number, Entry | null>();
  readonly #freed: number[] = [];

  constructor(hostPages: number) {
    // A chain pointer has 23 bits.
    this.capacity = Math.min(2 * Math.floor(hostPages / 5), 2 ** 23 - 1);
  }

  *entries(): Iterable<Entry> {
    for (const entry of this.#frames.values()) if (entry) yield entry;
  }

  get hints(): number {
    let hints = 0;
    for (const entry of this.entries()) if (entry.kind === 'hint') hints++;
    return hints;
  }

  get shares(): Share[] {
    return [...this.entries()].filter((entry) => entry.kind === 'share');
  }

  /** What the table knows of this hash: a share of just this hash, or a hint whose 32 bits agree. */
  find(hash: bigint): Entry | undefined {
    return this.#chain(hash).find((entry) =>
      entry.kind === 'share' ? entry.hash === hash : entry.hash === low32(hash),
    );
  }

  /** @returns false when the table is full of shares. */
  addHint(hash: bigint, page: GuestPage, stream: Stream): boolean {
    const frame = this.#takeFrame() ?? this.#evictOldest(hash) ?? this.#evictDrawn(stream);
    if (frame === null) return false;
    const hint: Hint = { kind: 'hint', frame, hash: low32(hash), page };
    this.#frames.set(frame, hint);
    this.#chain(hash).unshift(hint);
    return true;
  }

  /** A hint that was right becomes a share. */
  promote(hint: Hint, hash: bigint, machine: MachinePage): Share {
    const share: Share = {
      kind: 'share',
      frame: hint.frame,
      hash,
      machine,
      mappers: new Set(),
      tint: hint.page.vm,
    };
    const chain = this.#chain(hint.hash);
    chain[chain.indexOf(hint)] = share;
    this.#frames.set(hint.frame, share);
    return share;
  }

  remove(entry: Entry): void {
    const chain = this.#chain(entry.hash);
    const at = chain.indexOf(entry);
    if (at < 0) throw new Error(`frame ${entry.frame} is not in its chain`);
    chain.splice(at, 1);
    this.#frames.set(entry.frame, null);
    this.#freed.push(entry.frame);
  }

  /** A VM that is off has no hints. */
  removeHintsOf(vm: number): void {
    const numbers = [...this.#frames.keys()].sort((a, b) => a - b);
    for (const number of numbers) {
      const entry = this.#frames.get(number);
      if (entry?.kind === 'hint' && entry.page.vm === vm) this.remove(entry);
    }
  }

  #chain(hash: bigint): Entry[] {
    // As many chains as frames; the hash is spread by the golden ratio first.
    const bucket = (((low32(hash) * 0x9e3779b9n) % 2n ** 32n) * BigInt(this.capacity)) / 2n ** 32n;
    let chain = this.#chains.get(bucket);
    if (!chain) this.#chains.set(bucket, (chain = []));
    return chain;
  }

  #takeFrame(): number | null {
    const freed = this.#freed.pop();
    if (freed !== undefined) return freed;
    return this.#frames.size < this.capacity ? this.#frames.size + 1 : null;
  }

  #evictOldest(hash: bigint): number | null {
    const oldest = this.#chain(hash).findLast(({ kind }) => kind === 'hint');
    if (!oldest) return null;
    this.remove(oldest);
    return this.#takeFrame();
  }

  #evictDrawn(stream: Stream): number | null {
    for (let draw = 0; draw < EVICTION_DRAWS; draw++) {
      const entry = this.#frames.get(1 + stream.below(this.capacity));
      if (entry?.kind !== 'hint') continue;
      this.remove(entry);
      return this.#takeFrame();
    }
    return null;
  }
}
