/**
 * What the host does with machine memory: backs what a guest touches, shares equal pages, pages out to the swap file and
 * in again, takes what the balloon driver has pinned (OSDI'02 sections 3 and 4).
 */
import { contentKey } from '../content';
import { EventKind } from '../../../shared/events';
import { Reason } from '../../../shared/reasons';
import type { Host } from './host';
import { found } from './lists';
import { Machine, type MachinePage, type Use } from './machine';
import { bytesOf, sameBytes } from './page';
import { low32, ShareTable, type Hint, type Share } from './sharing';
import { Stream } from './streams';
import { SwapFile } from './swap-file';
import type { GuestPage, Vm } from './vm';

const SCAN_DRAWS = 8;
const VICTIM_DRAWS = 64;
const RECLAIM_US = 200;
/** What a device of 32 bits reaches, in pages: 4 GiB. */
const REACH = 2 ** 20;
const REMAP_DRAWS = 64;
/** A thousand pages' copies are counted, each in the place that its number is hashed to. */
const counterOf = (word: number): number => Math.imul(word, 0x9e3779b1) >>> 22;
const SCANNER_STREAM = 2n ** 32n;
const SWAP_STREAM = 2n ** 32n + 1n;
/** Tint of a shared page whose first VM has left it. */
const COMMONS = 127;

type Kind = 'own' | 'shared';

export class HostMemory {
  readonly machine: Machine;
  readonly table: ShareTable;
  readonly swap: SwapFile;
  scanned = 0;
  falseMatches = 0;
  staleHints = 0;
  copyOnWriteBreaks = 0;
  swappedOut = 0;
  swappedIn = 0;
  sharedBeforeSwap = 0;
  doublePaged = 0;
  bounceCopies = 0;
  pagesRemapped = 0;
  readonly #copies = new Map<number, { word: number; count: number }>();
  serial = 0;
  scannedSlot = 0;
  /** The event behind what the policy does now. */
  policyCause = 0;
  readonly #scanStream: Stream;
  readonly #swapStream: Stream;

  constructor(
    readonly host: Host,
    pages: number,
    swapPages: number,
    seed: number,
    readonly salt: bigint,
  ) {
    this.machine = new Machine(pages);
    this.table = new ShareTable(pages);
    this.swap = new SwapFile(swapPages);
    this.#scanStream = Stream.of(seed, SCANNER_STREAM);
    this.#swapStream = Stream.of(seed, SWAP_STREAM);
  }

  // ── what guests do ─────────────────────────────────────────────────────────────────────────────────────────────

  /** A content that no page has had. */
  freshId(): number {
    this.serial++;
    return 2 ** 31 + (this.serial % 2 ** 31);
  }

  #vmOf(page: GuestPage): Vm {
    return found(this.host.vms.get(page.vm));
  }

  /** The guest reads a page; what it then believes to hold is what is there. */
  touch(page: GuestPage): MachinePage {
    const vm = this.#vmOf(page);
    if (page.trapped) {
      page.trapped = false;
      found(vm.life).sampleTouched++;
    }
    if (page.ballooned) throw new Error(`the guest touches page ${page.number}, which is in its balloon`);
    if (page.slot) return this.#swapIn(vm, page);
    if (!page.machine) {
      page.machine = this.#obtain({ kind: 'private', vm: vm.slot, page: page.number }, vm);
      vm.allocated++;
      if (this.host.option('traceTouches'))
        this.host.tell(EventKind.pageTouched, Reason.none, vm.slot, page.number, page.machine.number);
    }
    return page.machine;
  }

  /** The guest reads a page: a content id. */
  read(page: GuestPage): number {
    this.touch(page);
    return page.holds;
  }

  write(page: GuestPage, id: number): void {
    this.touch(page);
    if (page.share) this.#copyOnWrite(page);
    found(page.machine).bytes = bytesOf(contentKey(id, this.salt));
    page.holds = id;
  }

  // ── machine pages ──────────────────────────────────────────────────────────────────────────────────────────────

  /** A machine page for a VM; when none is free one is made free, and the VM waits for it. */
  #obtain(use: Use, vm: Vm): MachinePage {
    for (;;) {
      const page = this.machine.take(use);
      if (page) return page;
      this.#reclaim(vm);
    }
  }

  takeOverhead(vm: Vm): void {
    vm.overhead.push(this.#obtain({ kind: 'overhead', vm: vm.slot }, vm));
  }

  /** Gives back what stands behind a page, which the guest loses. */
  unback(page: GuestPage): void {
    const vm = this.#vmOf(page);
    if (page.machine) {
      vm.allocated--;
      if (page.share) this.#leave(page);
      else this.machine.giveBack(page.machine);
    } else if (page.slot) this.swap.giveBack(page.slot);
    page.machine = null;
    page.slot = null;
    page.ballooned = false;
    page.holds = 0;
  }

  giveToBalloon(page: GuestPage): void {
    this.unback(page);
    page.ballooned = true;
  }

  // ── paging ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Somebody waits and nothing is free: whoever is furthest above its target loses a random page. */
  #reclaim(vm: Vm): void {
    const has = (other: Vm, kind: Kind) =>
      kind === 'shared' ? other.shared > 0 : other.allocated > other.shared;
    const furthest = (kind: Kind, guaranteedToo: boolean): [Vm, Kind] | null => {
      const there = this.host.running.filter(
        (other) => has(other, kind) && (guaranteedToo || other.allocated > other.minPages),
      );
      const most = Math.max(...there.map((other) => other.excess));
      const victim = there.find((other) => other.excess === most);
      return victim ? [victim, kind] : null;
    };
    const itself = (kind: Kind): [Vm, Kind] | null => (has(vm, kind) ? [vm, kind] : null);
    const [victim, kind] = found(
      furthest('own', false) ??
        itself('own') ??
        furthest('shared', false) ??
        itself('shared') ??
        furthest('own', true),
    );
    const page = found(this.#random(victim, kind));
    if (!this.pageOut(page, Reason.nothingFree)) throw new Error('the swap file is full');
    found(vm.life).owe('reclaim', RECLAIM_US);
  }

  #random(vm: Vm, kind: Kind): GuestPage | null {
    const fits = (page: GuestPage) => page.machine !== null && (page.share !== null) === (kind === 'shared');
    if (!vm.pages.some(fits)) return null;
    let at = 0;
    for (let draw = 0; draw < VICTIM_DRAWS; draw++) {
      at = this.#swapStream.below(vm.size);
      if (fits(found(vm.pages[at]))) return found(vm.pages[at]);
    }
    while (!fits(found(vm.pages[at]))) at = (at + 1) % vm.size;
    return found(vm.pages[at]);
  }

  /** @returns false when the VM has no such page, or the swap file is full. */
  pageOutRandom(vm: Vm, what: Kind, reason: Reason): boolean {
    const page = this.#random(vm, what);
    return page !== null && this.pageOut(page, reason);
  }

  /** Shares a page if an equal one is known, else writes it to the swap file. @returns false when that is full. */
  pageOut(page: GuestPage, reason: Reason): boolean {
    const vm = this.#vmOf(page);
    if (!page.share && this.host.option('shareEnabled')) {
      this.scan(page, Reason.shareBeforeSwap);
      if (page.share) {
        this.sharedBeforeSwap++;
        vm.given++;
        return true;
      }
    }
    const machine = found(page.machine);
    const slot = this.swap.take(machine.bytes);
    if (!slot) return false;
    if (page.share) this.#leave(page);
    else this.machine.giveBack(machine);
    page.machine = null;
    page.slot = slot;
    vm.allocated--;
    this.swappedOut++;
    found(vm.life).swapOuts++;
    const [a, b, c] = [page.number, machine.number, slot.number];
    this.host.tell(EventKind.pageSwappedOut, reason, vm.slot, a, b, c, this.policyCause);
    return true;
  }

  #swapIn(vm: Vm, page: GuestPage): MachinePage {
    const slot = found(page.slot);
    const { bytes } = slot;
    // Its slot may serve the page that makes room for it.
    this.swap.giveBack(slot);
    page.slot = null;
    const machine = this.#obtain({ kind: 'private', vm: vm.slot, page: page.number }, vm);
    machine.bytes = bytes;
    page.machine = machine;
    vm.allocated++;
    this.swappedIn++;
    const life = found(vm.life);
    life.swapIns++;
    life.owe('swapIn', this.host.option('swapInMs') * 1000);
    const [a, b, c] = [page.number, machine.number, slot.number];
    this.host.tell(EventKind.pageSwappedIn, Reason.guestTouch, vm.slot, a, b, c);
    return machine;
  }

  // ── devices ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A device writes a block to a page: if it cannot reach it by a copy, and not for ever (OSDI'02 section 7). */
  deviceWrites(page: GuestPage): void {
    if (found(page.machine).number < REACH) return;
    this.bounceCopies++;
    const threshold = this.host.option('hotIoCopies');
    if (threshold === 0) return;
    const word = page.vm * 2 ** 24 + page.number;
    const before = this.#copies.get(counterOf(word));
    const count = before?.word === word ? before.count + 1 : 1;
    this.#copies.set(counterOf(word), { word, count });
    if (count < threshold || page.share) return;
    this.#copies.delete(counterOf(word));
    this.#moveBelow(page);
  }

  /** Changes places with a page of a guest's own that lies where devices reach. */
  #moveBelow(page: GuestPage): void {
    for (let draw = 0; draw < REMAP_DRAWS; draw++) {
      const at = this.#swapStream.below(Math.min(REACH, this.machine.pages.size));
      const low = found(this.machine.pages.get(at));
      if (low.use?.kind !== 'private') continue;
      const other = found(found(this.host.vms.get(low.use.vm)).pages[low.use.page]);
      const high = found(page.machine);
      [page.machine, other.machine] = [low, high];
      [low.use, high.use] = [high.use, low.use];
      [low.bytes, high.bytes] = [high.bytes, low.bytes];
      this.pagesRemapped++;
      const [a, b, c] = [page.number, high.number, low.number];
      this.host.tell(EventKind.pageRemapped, Reason.hotIo, page.vm, a, b, c);
      return;
    }
  }

  // ── sharing ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A random page of the next running VM; a few more draws where it has touched little. */
  scanNext(): void {
    const running = this.host.running;
    const vm = running.find(({ slot }) => slot > this.scannedSlot) ?? running[0];
    if (!vm) return;
    this.scannedSlot = vm.slot;
    for (let draw = 0; draw < SCAN_DRAWS; draw++) {
      const page = found(vm.pages[this.#scanStream.below(vm.size)]);
      if (page.machine) return this.scan(page, Reason.scan);
    }
  }

  #compared(machine: MachinePage): bigint {
    return BigInt.asUintN(this.host.option('shareHashBits'), machine.hash);
  }

  scan(page: GuestPage, reason: Reason): void {
    if (!page.machine || page.share) return;
    this.scanned++;
    const hash = this.#compared(page.machine);
    const known = this.table.find(hash);
    if (!known) this.#hint(page, hash);
    else if (known.kind === 'hint') this.#follow(page, hash, known, reason);
    else if (sameBytes(page.machine.bytes, known.machine.bytes)) this.#join(page, known, reason);
    else this.#falseMatch(page, known.machine);
  }

  #hint(page: GuestPage, hash: bigint): void {
    if (!this.table.addHint(hash, page, this.#scanStream)) return;
    const told = Number(low32(hash));
    const { number } = found(page.machine);
    this.host.tell(EventKind.pageHinted, Reason.scan, page.vm, page.number, number, told);
  }

  #falseMatch(page: GuestPage, other: MachinePage): void {
    this.falseMatches++;
    const [a, b, c] = [page.number, found(page.machine).number, other.number];
    this.host.tell(EventKind.falseMatch, Reason.hashCollision, page.vm, a, b, c);
  }

  #join(page: GuestPage, share: Share, reason: Reason): void {
    const own = found(page.machine);
    this.machine.giveBack(own);
    page.machine = share.machine;
    page.share = share;
    share.mappers.add(page);
    this.#vmOf(page).shared++;
    if (share.tint === COMMONS) share.tint = page.vm;
    const [a, b, c] = [page.number, share.machine.number, own.number];
    this.host.tell(EventKind.pageShared, reason, page.vm, a, b, c);
  }

  /** A hint proves nothing: its page is hashed again, then compared byte by byte. */
  #follow(page: GuestPage, hash: bigint, hint: Hint, reason: Reason): void {
    const other = hint.page;
    if (other === page) return;
    if (!other.machine || other.share || this.#compared(other.machine) !== hash) {
      this.table.remove(hint);
      this.staleHints++;
      const [a, b, c] = [page.number, found(page.machine).number, other.number];
      this.host.tell(EventKind.hintStale, Reason.contentChanged, page.vm, a, b, c);
      this.#hint(page, hash);
    } else if (!sameBytes(found(page.machine).bytes, other.machine.bytes)) {
      this.#falseMatch(page, other.machine);
    } else {
      const share = this.table.promote(hint, hash, other.machine);
      other.share = share;
      other.machine.use = { kind: 'shared', share };
      share.mappers.add(other);
      this.#vmOf(other).shared++;
      this.#join(page, share, reason);
    }
  }

  /** @returns true when nobody is left and the machine page is free again. */
  #leave(page: GuestPage): boolean {
    const share = found(page.share);
    share.mappers.delete(page);
    page.share = null;
    this.#vmOf(page).shared--;
    if (share.mappers.size > 0) {
      if (share.tint === page.vm) share.tint = COMMONS;
      return false;
    }
    this.table.remove(share);
    this.machine.giveBack(share.machine);
    return true;
  }

  #copyOnWrite(page: GuestPage): void {
    const vm = this.#vmOf(page);
    const share = found(page.share);
    const old = share.machine;
    const { bytes } = old;
    const use: Use = { kind: 'private', vm: vm.slot, page: page.number };
    let copy = this.machine.take(use);
    // With nothing free the last sharer gets back the page that it gives up; another one needs room to be made.
    if (!copy && share.mappers.size > 1) {
      copy = this.#obtain(use, vm);
      if (page.share !== share) {
        // What was paged out to make room was this very page.
        this.machine.giveBack(copy);
        this.touch(page);
        return;
      }
    }
    const wasLast = this.#leave(page);
    copy ??= found(this.machine.take(use));
    copy.bytes = bytes;
    page.machine = copy;
    this.copyOnWriteBreaks++;
    found(vm.life).copies++;
    const [a, b, c] = [page.number, old.number, copy.number];
    const cause = this.host.tell(EventKind.pageCopied, Reason.guestWrite, vm.slot, a, b, c);
    if (wasLast) this.host.tell(EventKind.sharedReleased, Reason.guestWrite, vm.slot, a, b, 0, cause);
  }
}
