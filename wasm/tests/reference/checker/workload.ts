/** A guest's work: the phases of its workload and the unrest of its system. What cannot be done in time is lost. */
import { EventKind } from '../../../shared/events';
import { GuestClass, Phase, Profile } from '../../../shared/guest-classes';
import { Reason } from '../../../shared/reasons';
import { imageId, STEP_MS, type Guests } from './guest';
import { found } from './lists';
import type { Life, Vm } from './vm';

/** Blocks that reads bring in lie beyond all that boots load. */
const FIRST_READ_BLOCK = 0x40_0000;
const READ_BLOCKS = 0x40_0000;
const SHRINK_FACTOR = 64;
const RECLAIM_LIMIT = 256;

export class Workload {
  constructor(readonly guests: Guests) {}

  /** @param budgetUs what of this step is not owed to earlier faults. */
  step(vm: Vm, budgetUs: number): void {
    const life = found(vm.life);
    this.#unrest(vm, life);
    let spare = budgetUs;
    const left = () => spare - life.stallMs * 1000;
    if (vm.now(Phase.needsPages) <= vm.size) {
      let hot = Math.min(vm.now(Phase.hotPages), this.guests.dataOf(life));
      const cost = vm.now(Phase.operationUs);
      this.#adjust(vm, life, hot);
      hot = Math.min(hot, this.guests.dataOf(life));
      this.#sweepPrograms(life, this.#earned(life, 'programs', vm.now(Phase.programRate)));
      const touches = this.#earned(life, 'touches', vm.now(Phase.touchRate));
      const cold = this.#earned(life, 'cold', vm.now(Phase.coldRate));
      const reads = this.#earned(life, 'reads', vm.now(Phase.readRate));
      /** As many as there is time for. */
      const as = (wanted: number, act: (n: number) => boolean): number => {
        let done = 0;
        for (; done < wanted && left() > 0 && act(done); done++) spare -= cost;
        return done;
      };
      let done = hot === 0 ? 0 : as(touches, () => this.#sweepHot(vm, life, hot));
      done += as(cold, () => this.#touchCold(vm, life, hot));
      done += as(reads, () => this.#readFile(vm, life));
      const wanted = (hot === 0 ? 0 : touches) + cold + reads;
      life.wanted += wanted;
      life.done += done;
      this.#keepSomeFree(vm, life, hot);
      this.#progress(vm, life, wanted, done);
    }
    if (left() > 0) this.zeroPages(vm, life);
    // What was left of this step has paid for that much waiting.
    life.stallMs = Math.max(0, life.stallMs - Math.max(0, Math.floor(spare / 1000)));
  }

  /** Operations that a rate (thousandths a second) has earned by now. */
  #earned(life: Life, what: string, rate: number): number {
    const owed = (life.debts.get(what) ?? 0) + rate * STEP_MS;
    life.debts.set(what, owed % 1_000_000);
    return Math.floor(owed / 1_000_000);
  }

  #unrest(vm: Vm, life: Life): void {
    const { memory } = this.guests;
    const { lists } = life;
    const times = (what: string, rate: Profile, act: () => void) => {
      for (let n = this.#earned(life, what, vm.number(rate)); n > 0; n--) act();
    };
    times('writes', Profile.writeRate, () => {
      if (lists.data.length === 0) return;
      memory.write(found(lists.data[vm.stream.below(lists.data.length)]), memory.freshId());
    });
    times('turnover', Profile.turnoverRate, () => {
      if (lists.data.length === 0 || lists.cleared.length === 0) return;
      const given = vm.stream.below(lists.data.length);
      const taken = vm.stream.below(lists.cleared.length);
      const [old, fresh] = [found(lists.data[given]), found(lists.cleared[taken])];
      memory.write(old, 0);
      memory.write(fresh, memory.freshId());
      old.use = GuestClass.zeroed;
      fresh.use = GuestClass.privateData;
      this.guests.swapData(vm, 'cleared', taken, given);
    });
    times('dirt', Profile.dirtyRate, () => {
      const kernel = this.guests.kernelOf(vm);
      if (lists.fixed.length <= kernel || lists.data.length === 0) return;
      const written = kernel + vm.stream.below(lists.fixed.length - kernel);
      const reread = vm.stream.below(lists.data.length);
      const [program, data] = [found(lists.fixed[written]), found(lists.data[reread])];
      const id = memory.read(program);
      memory.write(program, memory.freshId());
      memory.write(data, id);
      program.use = GuestClass.privateData;
      data.use = GuestClass.program;
      this.guests.swapData(vm, 'fixed', written, reread);
    });
  }

  /** Data grows to what the phase wants, or shrinks, which is faster. */
  #adjust(vm: Vm, life: Life, hot: number): void {
    const wanted = vm.number(Profile.privatePages) + vm.now(Phase.privatePages);
    const have = this.guests.dataOf(life);
    const rate = vm.now(Phase.growRate);
    if (have < wanted) {
      const pages = Math.min(this.#earned(life, 'growth', rate), wanted - have);
      for (let n = 0; n < pages && life.stallMs < STEP_MS && this.guests.allocateData(vm, hot); n++);
    } else if (have > wanted) {
      const pages = Math.min(this.#earned(life, 'growth', rate * SHRINK_FACTOR), have - wanted);
      for (let n = 0; n < pages; n++) this.guests.freeData(vm);
    }
  }

  #sweepPrograms(life: Life, touches: number): void {
    const { fixed } = life.lists;
    for (let n = 0; n < touches; n++) {
      if (life.programCursor >= fixed.length) life.programCursor = 0;
      this.guests.memory.touch(found(fixed[life.programCursor++]));
    }
  }

  #writes(vm: Vm, n: number): boolean {
    const permille = vm.now(Phase.writePermille);
    return ((n % 1000) * permille) % 1000 < permille;
  }

  #sweepHot(vm: Vm, life: Life, hot: number): boolean {
    if (life.touchCursor >= hot) life.touchCursor = 0;
    const item = life.touchCursor++;
    this.guests.touchData(vm, item, hot, this.#writes(vm, item));
    return true;
  }

  #touchCold(vm: Vm, life: Life, hot: number): boolean {
    const count = this.guests.dataOf(life);
    if (count === 0) return false;
    const item = vm.stream.below(count);
    this.guests.touchData(vm, item, hot, this.#writes(vm, item));
    return true;
  }

  #readFile(vm: Vm, life: Life): boolean {
    const blocks = vm.now(Phase.readPages);
    if (blocks > 0) this.#read(vm, life, vm.stream.below(blocks));
    else {
      const block = life.readCursor;
      life.readCursor = (block + 1) % READ_BLOCKS;
      this.#read(vm, life, block);
    }
    return true;
  }

  /** Where a block lies in a cache of so many pages: by linear hashing (Litwin, VLDB 1980). */
  #position(block: number, size: number): number {
    let whole = 1;
    while (whole * 2 <= size) whole *= 2;
    const wide = block % (whole * 2);
    return wide < size ? wide : block % whole;
  }

  #read(vm: Vm, life: Life, block: number): void {
    const { memory } = this.guests;
    const { lists } = life;
    const id = imageId(vm.number(Profile.applicationImage), FIRST_READ_BLOCK + block);
    const at = () => lists.cache[this.#position(block, lists.cache.length)];
    const there = at();
    const backed = there && (there.machine !== null || there.slot !== null);
    if (there && backed && memory.read(there) === id) {
      life.hits++;
      return;
    }
    life.misses++;
    life.owe('fileRead', vm.now(Phase.readUs));
    const files = vm.now(Phase.readPages);
    const most = Math.min(
      vm.number(Profile.cacheLimitPages),
      files === 0 ? Infinity : Math.max(files, vm.number(Profile.cachePages)),
    );
    if (lists.cache.length < most && lists.spare > vm.number(Profile.lowWaterPages))
      lists.toCache().use = GuestClass.cache;
    const page = at();
    if (!page) return;
    memory.write(page, id);
    memory.deviceWrites(page);
  }

  /** The zero-page thread. */
  zeroPages(vm: Vm, life: Life): void {
    const { lists } = life;
    const pages = Math.floor(vm.number(Profile.zeroRate) / 10_000);
    for (let n = 0; n < pages && lists.free.length > 0 && life.stallMs < STEP_MS; n++) {
      const page = found(lists.free[0]);
      this.guests.memory.write(page, 0);
      page.use = GuestClass.zeroed;
      lists.toCleared();
    }
  }

  #keepSomeFree(vm: Vm, life: Life, hot: number): void {
    const low = vm.number(Profile.lowWaterPages);
    if (life.lists.spare >= low) return;
    for (let n = 0; n < RECLAIM_LIMIT && life.lists.spare < low * 2 && life.stallMs < STEP_MS; n++)
      if (!this.guests.reclaim(vm, hot)) return;
  }

  #progress(vm: Vm, life: Life, wanted: number, done: number): void {
    const duration = vm.now(Phase.durationMs);
    if (duration === 0) return;
    // Rounded to the nearest millisecond.
    life.phaseMs += wanted === 0 ? STEP_MS : Math.floor((STEP_MS * done + Math.floor(wanted / 2)) / wanted);
    if (life.phaseMs < duration) return;
    const { host } = this.guests;
    const took = host.seconds - life.phaseStart;
    const [a, c] = [life.phase, Math.floor(duration / 1000)];
    host.tell(EventKind.phaseEnded, Reason.workFinished, vm.slot, a, took, c);
    this.guests.startPhase(vm, vm.now(Phase.next));
  }
}
