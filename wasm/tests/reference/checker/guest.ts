/**
 * A guest system: what it loads at boot and where, and how it lives afterwards. It knows its own pages and what it wrote
 * to them; the host behind `Memory` may do with them what it likes.
 */
import { mix64 } from '../content';
import { GuestClass, Profile } from '../../../shared/guest-classes';
import type { MachinePage } from './machine';
import type { Share } from './sharing';
import type { Stream } from './streams';

const STEP_MS = 100;
/** Looks for a page of some kind before it is given up for this step. */
const LOOKS = 64;
/** Blocks that reads bring in lie beyond all that boots load. */
const FIRST_READ_BLOCK = 0x40_0000;
const BLOCK_PAGES = 32;

export interface GuestPage {
  readonly page: number;
  machine: MachinePage;
  share: Share | null;
}

/** What a guest asks of the machine under it. Content ids: 0 = zeros. */
export interface Memory {
  touch(guest: Guest, page: number): void;
  write(guest: Guest, page: number, id: number): void;
  freshId(): number;
  booted(guest: Guest): void;
}

export class Guest {
  readonly pages: number;
  readonly table = new Map<number, GuestPage>();
  readonly #uses = new Map<number, GuestClass>();
  readonly #holds = new Map<number, number>();
  readonly #plan: { use: GuestClass; id: () => number }[] = [];
  readonly #place: (slot: number) => number;
  readonly #debts = new Map<Profile, number>();
  uptimeMs = 0;
  isBooting = true;
  #cleared = 0;
  #loaded = 0;
  #cachePages = 0;
  #readBlocks = 0;
  #grown = 0;

  constructor(
    readonly slot: number,
    readonly profile: ReadonlyMap<Profile, number>,
    pages: number,
    readonly stream: Stream,
    readonly memory: Memory,
  ) {
    this.pages = pages;
    this.#place = scattered(this.#number(Profile.kernelPages), pages, mix64(stream.state) & 0xffffffffn);
    stream.next();
    this.#plan = this.#bootPlan();
  }

  useOf(page: number): GuestClass {
    return this.#uses.get(page) ?? GuestClass.untouched;
  }

  /** What this guest believes to have on a page: a content id. */
  holds(page: number): number {
    return this.#holds.get(page) ?? 0;
  }

  write(page: number, id: number): void {
    this.memory.write(this, page, id);
    this.#holds.set(page, id);
  }

  /** A tenth of a second. */
  step(): void {
    if (this.isBooting) this.#boot();
    else this.#live();
  }

  #number(column: Profile): number {
    return this.profile.get(column) ?? 0;
  }

  #image(image: number, block: number): number {
    return image * 2 ** 24 + (block % 2 ** 24);
  }

  /** The slots of the boot, in order: kernel, programs, application, cache, own data, cleared pages. */
  #bootPlan() {
    const plan: { use: GuestClass; id: () => number }[] = [];
    const lay = (column: Profile, use: GuestClass, id: (at: number) => number) => {
      for (let at = 0; at < this.#number(column); at++) plan.push({ use, id: () => id(at) });
    };
    const system = this.#number(Profile.systemImage);
    const kernel = this.#number(Profile.kernelPages);
    const programs = this.#number(Profile.programPages);
    lay(Profile.kernelPages, GuestClass.kernel, (at) => this.#image(system, at));
    lay(Profile.programPages, GuestClass.program, (at) => this.#image(system, kernel + at));
    lay(Profile.applicationPages, GuestClass.program, (at) =>
      this.#image(this.#number(Profile.applicationImage), at),
    );
    lay(Profile.cachePages, GuestClass.cache, (at) =>
      this.#image(system, at < this.#number(Profile.duplicatePages) ? kernel + at : kernel + programs + at),
    );
    lay(Profile.privatePages, GuestClass.privateData, () => this.memory.freshId());
    lay(Profile.zeroedPages, GuestClass.zeroed, () => 0);
    return plan.slice(0, this.pages);
  }

  /** Puts something on a page for a use. A page that is clear already is not cleared again. */
  #put(page: number, use: GuestClass, id: number): void {
    if (id === 0 && !this.table.has(page)) this.memory.touch(this, page);
    else if (id !== 0 || this.holds(page) !== 0) this.write(page, id);
    this.#uses.set(page, use);
  }

  #boot(): void {
    this.uptimeMs += STEP_MS;
    const bootMs = this.#number(Profile.bootMs);
    const clearMs = this.#number(Profile.zeroesAllAtBoot) ? Math.floor(bootMs / 100) * 25 : 0;
    const share = (of: number, ms: number, whole: number) =>
      ms >= whole ? of : Math.floor((of * ms) / whole);
    if (clearMs > 0)
      for (const end = share(this.pages, this.uptimeMs, clearMs); this.#cleared < end; this.#cleared++)
        this.#put(this.#cleared, GuestClass.zeroed, 0);
    if (this.uptimeMs > clearMs) {
      const end = share(this.#plan.length, this.uptimeMs - clearMs, bootMs - clearMs);
      for (; this.#loaded < end; this.#loaded++) {
        const { use, id } = this.#plan[this.#loaded]!;
        if (use === GuestClass.cache) this.#cachePages++;
        this.#put(this.#place(this.#loaded), use, id());
      }
    }
    if (this.uptimeMs < bootMs) return;
    this.isBooting = false;
    this.#grown = this.#loaded;
    this.memory.booted(this);
  }

  #live(): void {
    this.#times(Profile.writeRate, () => {
      const page = this.#find(GuestClass.privateData);
      if (page !== null) this.write(page, this.memory.freshId());
    });
    this.#times(Profile.turnoverRate, () => {
      const given = this.#find(GuestClass.privateData);
      const taken = this.#find(GuestClass.zeroed);
      if (given === null || taken === null) return;
      this.write(given, 0);
      this.#uses.set(given, GuestClass.zeroed);
      this.write(taken, this.memory.freshId());
      this.#uses.set(taken, GuestClass.privateData);
    });
    this.#times(Profile.dirtyRate, () => {
      const written = this.#find(GuestClass.program);
      const reread = this.#find(GuestClass.privateData);
      if (written === null || reread === null) return;
      const id = this.holds(written);
      this.write(written, this.memory.freshId());
      this.#uses.set(written, GuestClass.privateData);
      this.write(reread, id);
      this.#uses.set(reread, GuestClass.program);
    });
    this.#times(Profile.readRate, () => this.#read());
  }

  #read(): void {
    const block = this.#readBlocks++;
    const id = this.#image(this.#number(Profile.applicationImage), FIRST_READ_BLOCK + block);
    if (this.#cachePages < this.#number(Profile.cacheLimitPages) && this.#grown < this.pages) {
      const page = this.#place(this.#grown++);
      this.write(page, id);
      this.#uses.set(page, GuestClass.cache);
      this.#cachePages++;
      return;
    }
    const page = this.#find(GuestClass.cache);
    if (page !== null) this.write(page, id);
  }

  /** Does something as often as its rate (thousandths of a page a second) has earned by now. */
  #times(rate: Profile, act: () => void): void {
    const owed = (this.#debts.get(rate) ?? 0) + this.#number(rate) * STEP_MS;
    const times = Math.floor(owed / 1_000_000);
    this.#debts.set(rate, owed % 1_000_000);
    for (let n = 0; n < times; n++) act();
  }

  #find(use: GuestClass): number | null {
    for (let look = 0; look < LOOKS; look++) {
      const page = this.stream.below(this.pages);
      if (this.useOf(page) === use) return page;
    }
    return null;
  }
}

/**
 * Where slot n of the boot lies. The kernel stays at the bottom; what follows is scattered in blocks of 32 pages by a
 * Feistel network of four rounds, walked until it lands inside (Black and Rogaway, CT-RSA 2002).
 */
function scattered(fixed: number, pages: number, key: bigint): (slot: number) => number {
  const blocks = Math.floor((pages - fixed) / BLOCK_PAGES);
  let halfBits = 1n;
  while (4n ** halfBits < BigInt(blocks)) halfBits++;
  const half = 1n << halfBits;
  const encrypt = (at: bigint): bigint => {
    let [left, right] = [at / half, at % half];
    for (let round = 0n; round < 4n; round++) {
      const mixed = mix64((key << 32n) ^ ((round << 24n) | right)) % half;
      [left, right] = [right, left ^ mixed];
    }
    return left * half + right;
  };
  const blockAt = new Map<number, number>();
  const permuted = (block: number): number => {
    let at = blockAt.get(block);
    if (at === undefined) {
      let place = encrypt(BigInt(block));
      while (place >= BigInt(blocks)) place = encrypt(place);
      blockAt.set(block, (at = Number(place)));
    }
    return at;
  };
  return (slot) => {
    if (slot < fixed) return slot;
    const block = Math.floor((slot - fixed) / BLOCK_PAGES);
    if (block >= blocks) return slot;
    return fixed + permuted(block) * BLOCK_PAGES + ((slot - fixed) % BLOCK_PAGES);
  };
}
