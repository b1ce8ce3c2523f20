/** The host's machine memory: pages as objects, each with its 4096 bytes. */
import { hashOf, ZEROS } from './page';
import type { Share } from './sharing';

export type Use =
  | { kind: 'console' | 'vmkernel' }
  | { kind: 'overhead'; vm: number }
  | { kind: 'private'; vm: number; page: number }
  | { kind: 'shared'; share: Share };

export class MachinePage {
  use: Use | null = null;
  #bytes = ZEROS;
  #hash: bigint | null = null;

  constructor(readonly number: number) {}

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  set bytes(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#hash = null;
  }

  /** XXH3-64 over the bytes, worked out once for each time they change. */
  get hash(): bigint {
    return (this.#hash ??= hashOf(this.#bytes));
  }

  get isZero(): boolean {
    return this.#bytes === ZEROS || this.#bytes.every((byte) => byte === 0);
  }
}

export class Machine {
  readonly pages = new Map<number, MachinePage>();
  /** Pages that were used and given back, the latest last. */
  readonly #returned: MachinePage[] = [];

  constructor(readonly total: number) {}

  /** The page that is taken next of those given back, as the core counts: its number + 1, 0 when there is none. */
  get head(): number {
    const last = this.#returned.at(-1);
    return last ? last.number + 1 : 0;
  }

  get free(): number {
    return this.total - this.pages.size + this.#returned.length;
  }

  /** The page given back last, else the lowest one never used; null when there is none. */
  take(use: Use): MachinePage | null {
    let page = this.#returned.pop();
    if (!page) {
      if (this.pages.size === this.total) return null;
      page = new MachinePage(this.pages.size);
      this.pages.set(page.number, page);
    }
    page.use = use;
    page.bytes = ZEROS;
    return page;
  }

  giveBack(page: MachinePage): void {
    if (page.use === null) throw new Error(`machine page ${page.number} is given back twice`);
    page.use = null;
    this.#returned.push(page);
  }
}
