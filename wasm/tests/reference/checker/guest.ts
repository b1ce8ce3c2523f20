/**
 * Guest systems: what they load at boot and where, how they live afterwards, how they reclaim their own memory. They know
 * their own pages and what they wrote to them; what the host does with the pages they only feel as lost time.
 */
import { EventKind } from '../../../shared/events';
import { GuestClass, Phase, Profile } from '../../../shared/guest-classes';
import { Reason } from '../../../shared/reasons';
import { startDriver } from './driver';
import type { Host } from './host';
import { exchange, found, Lists } from './lists';
import type { HostMemory } from './memory';
import { scattered } from './scatter';
import { mix64 } from '../content';
import { Life, type GuestPage, type Vm } from './vm';
import { Workload } from './workload';

export const STEP_MS = 100;
const PAGE_OUT_US = 500;

/** What a boot puts on its pages, in order. */
interface Slot {
  list: 'fixed' | 'cache' | 'data' | 'cleared';
  use: GuestClass;
  id: () => number;
}

export const imageId = (image: number, block: number): number => image * 2 ** 24 + (block % 2 ** 24);

export class Guests {
  readonly #plans = new Map<Life, Slot[]>();
  readonly #workload: Workload;

  constructor(
    readonly host: Host,
    readonly memory: HostMemory,
  ) {
    this.#workload = new Workload(this);
  }

  // ── boot ───────────────────────────────────────────────────────────────────────────────────────────────────────

  start(vm: Vm): void {
    const key = mix64(vm.stream.state) & 0xffffffffn;
    vm.stream.next();
    const fixed = Math.min(this.kernelOf(vm), vm.size);
    const place = scattered(fixed, vm.size, key);
    const pages = vm.pages.map((_, n) => found(vm.pages[place(n)]));
    vm.life = new Life(new Lists(pages), Number(key));
    this.#plans.set(vm.life, this.#plan(vm));
    vm.balloonTarget = 0;
    startDriver(vm);
  }

  /** Kernel and its own tables: they stay at the bottom of memory. */
  kernelOf(vm: Vm): number {
    return vm.number(Profile.kernelPages) + vm.number(Profile.tablePages);
  }

  #plan(vm: Vm): Slot[] {
    const plan: Slot[] = [];
    const lay = (column: Profile, list: Slot['list'], use: GuestClass, id: (at: number) => number) => {
      const pages = vm.number(column);
      for (let at = 0; at < pages; at++) plan.push({ list, use, id: () => id(at) });
    };
    const fresh = () => this.memory.freshId();
    const system = vm.number(Profile.systemImage);
    const application = vm.number(Profile.applicationImage);
    const kernel = vm.number(Profile.kernelPages);
    const programs = vm.number(Profile.programPages);
    const twice = vm.number(Profile.duplicatePages);
    lay(Profile.kernelPages, 'fixed', GuestClass.kernel, (at) => imageId(system, at));
    lay(Profile.tablePages, 'fixed', GuestClass.kernel, fresh);
    lay(Profile.programPages, 'fixed', GuestClass.program, (at) => imageId(system, kernel + at));
    lay(Profile.applicationPages, 'fixed', GuestClass.program, (at) => imageId(application, at));
    lay(Profile.cachePages, 'cache', GuestClass.cache, (at) =>
      imageId(system, at < twice ? kernel + at : kernel + programs + at),
    );
    lay(Profile.privatePages, 'data', GuestClass.privateData, fresh);
    lay(Profile.zeroedPages, 'cleared', GuestClass.zeroed, () => 0);
    return plan.slice(0, vm.size);
  }

  /** Puts something on a page for a use. A page that is clear already is not cleared again. */
  #put(page: GuestPage, use: GuestClass, id: number): void {
    if (id !== 0 || this.memory.read(page) !== 0) this.memory.write(page, id);
    page.use = use;
  }

  #load(life: Life, { list, use, id }: Slot): void {
    const { lists } = life;
    if (list === 'cleared') {
      // The zero-page thread may have left nothing to clear.
      if (lists.free.length === 0) return;
      this.#put(found(lists.free[0]), use, id());
      lists.toCleared();
    } else {
      const page = list === 'fixed' ? lists.toFixed() : list === 'data' ? lists.toData() : lists.toCache();
      this.#put(page, use, id());
    }
  }

  /** How much of what its boot will load is not there yet. */
  toLoad(life: Life): number {
    return life.isBooting ? found(this.#plans.get(life)).length - life.loaded : 0;
  }

  /** @returns true when the boot is over. */
  #boot(vm: Vm, life: Life, ms: number): boolean {
    const bootMs = vm.number(Profile.bootMs);
    const plan = found(this.#plans.get(life));
    life.bootMs += ms;
    const isLong = life.bootMs >= bootMs;
    const end = isLong ? plan.length : Math.floor((plan.length * life.bootMs) / bootMs);
    for (; life.loaded < end && life.stallMs < STEP_MS; life.loaded++)
      this.#load(life, found(plan[life.loaded]));
    // With its kernel in place the system clears what is free.
    if (life.loaded >= this.kernelOf(vm)) this.#workload.zeroPages(vm, life);
    if (life.loaded < plan.length || !isLong) return false;
    life.isBooting = false;
    this.host.tell(EventKind.guestBooted, Reason.boot, vm.slot, vm.allocated);
    return true;
  }

  // ── life ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A tenth of a second. @returns the milliseconds of it that were the guest's. */
  step(vm: Vm): number {
    const life = found(vm.life);
    life.ms += STEP_MS;
    if (vm.blocked) {
      life.lost.blocked += STEP_MS;
      return 0;
    }
    const waited = Math.min(life.stallMs, STEP_MS);
    life.stallMs -= waited;
    const ms = STEP_MS - waited;
    if (ms === 0) return 0;
    if (!life.isBooting) this.#workload.step(vm, ms * 1000);
    else if (this.#boot(vm, life, ms)) this.startPhase(vm, 0);
    return ms;
  }

  /** A phase begins, unless an installer finds too little memory. */
  startPhase(vm: Vm, phase: number): void {
    const life = found(vm.life);
    life.phase = phase;
    life.phaseMs = 0;
    life.phaseStart = this.host.seconds;
    life.touchCursor = 0;
    const needs = vm.now(Phase.needsPages);
    if (needs > vm.size)
      this.host.tell(EventKind.installRefused, Reason.notEnoughMemory, vm.slot, needs, vm.size);
    else this.host.tell(EventKind.phaseStarted, Reason.none, vm.slot, phase, vm.now(Phase.durationMs));
  }

  // ── its own memory ─────────────────────────────────────────────────────────────────────────────────────────────

  dataOf(life: Life): number {
    return life.lists.data.length + life.pageFile.length;
  }

  /** Reads a page in order to write it to the guest's disk; it may have to come from the host's swap file for that. */
  #pageOut(vm: Vm, page: GuestPage): number {
    const life = found(vm.life);
    if (page.slot) {
      this.memory.doublePaged++;
      this.host.tell(EventKind.pageDoublePaged, Reason.guestPageOut, vm.slot, page.number);
    }
    const id = this.memory.read(page);
    life.pageOuts++;
    life.owe('guestFault', PAGE_OUT_US);
    return id;
  }

  /** An index among the data that is not hot, if there is such; else any. */
  #cold(vm: Vm, hot: number): number {
    const { length } = found(vm.life).lists.data;
    return length > hot ? hot + vm.stream.below(length - hot) : vm.stream.below(length);
  }

  /** The guest frees a page: file cache down to a 64th of its memory, then cold data. @returns false: nothing left. */
  reclaim(vm: Vm, hot: number): boolean {
    const { lists, pageFile } = found(vm.life);
    if (lists.cache.length > Math.floor(vm.size / 64)) {
      lists.fromCache().use = GuestClass.free;
      return true;
    }
    if (lists.data.length === 0 || pageFile.length >= vm.size) return false;
    const index = this.#cold(vm, hot);
    pageFile.push(this.#pageOut(vm, found(lists.data[index])));
    lists.fromData(index).use = GuestClass.free;
    return true;
  }

  #hasSpare(vm: Vm): boolean {
    return found(vm.life).lists.spare > Math.floor(vm.number(Profile.lowWaterPages) / 2);
  }

  /** A process gets a page and writes to it. @returns false when there is none. */
  allocateData(vm: Vm, hot: number): boolean {
    if (!this.#hasSpare(vm) && !this.reclaim(vm, hot)) return false;
    this.memory.write(this.#newData(vm), this.memory.freshId());
    return true;
  }

  #newData(vm: Vm): GuestPage {
    const page = found(vm.life).lists.toData();
    page.use = GuestClass.privateData;
    return page;
  }

  freeData(vm: Vm): void {
    const { lists, pageFile } = found(vm.life);
    if (pageFile.length > 0) pageFile.pop();
    else if (lists.data.length > 0) lists.fromData(lists.data.length - 1).use = GuestClass.free;
  }

  /** A process touches item `item` of its data: those in memory come first, then those on disk. */
  touchData(vm: Vm, item: number, hot: number, writes: boolean): void {
    const { data } = found(vm.life).lists;
    const resident = data[item];
    const page = resident ?? this.#pageIn(vm, item - data.length, hot);
    if (!page) return;
    if (writes) this.memory.write(page, this.memory.freshId());
    else if (resident) this.memory.touch(resident);
  }

  #pageIn(vm: Vm, block: number, hot: number): GuestPage | null {
    const life = found(vm.life);
    const { lists, pageFile } = life;
    const id = found(pageFile[block]);
    life.pageIns++;
    life.owe('guestFault', this.host.option('guestFaultMs') * 1000);
    let page: GuestPage;
    if (this.#hasSpare(vm)) {
      page = this.#newData(vm);
      const last = found(pageFile.pop());
      if (block < pageFile.length) pageFile[block] = last;
    } else if (lists.data.length > 0) {
      page = found(lists.data[this.#cold(vm, hot)]);
      pageFile[block] = this.#pageOut(vm, page);
    } else return null;
    this.memory.write(page, id);
    return page;
  }

  swapData(vm: Vm, list: 'cleared' | 'fixed', index: number, data: number): void {
    const { lists } = found(vm.life);
    exchange(lists[list], index, lists.data, data);
  }
}
