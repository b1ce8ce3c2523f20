/** The balloon driver in a guest, once a second, with the rates of its source (vmballoon.c). */
import { EventKind } from '../../../shared/events';
import { GuestClass, Phase, Profile } from '../../../shared/guest-classes';
import { Reason } from '../../../shared/reasons';
import type { Guests } from './guest';
import { found } from './lists';
import type { Vm } from './vm';

const FAST = 16_384;
const ALLOC = { least: 512, most: 2048, step: 16 };
const FREE = { most: 16_384, step: 16 };
const SLOW_SECONDS = 4;

export function startDriver(vm: Vm): void {
  vm.allocRate = ALLOC.most;
  vm.freeRate = FREE.most;
  vm.slowSeconds = 0;
}

export class Drivers {
  constructor(readonly guests: Guests) {}

  second(vm: Vm): void {
    if (!vm.driverRuns) return;
    if (vm.slowSeconds > 0) vm.slowSeconds--;
    const life = found(vm.life);
    const before = vm.balloonSize;
    const wanted = vm.balloonTarget - before;
    if (wanted === 0) return;
    life.reclaimedNow = 0;
    const { host, memory } = this.guests;
    if (wanted > 0) {
      this.#inflate(vm, wanted);
      const got = vm.balloonSize - before;
      if (got > 0)
        host.tell(
          EventKind.balloonInflated,
          Reason.aboveTarget,
          vm.slot,
          vm.balloonSize,
          got,
          life.reclaimedNow,
          memory.policyCause,
        );
      return;
    }
    const given = Math.min(-wanted, vm.freeRate);
    this.#giveBack(vm, given);
    vm.freeRate = Math.min(vm.freeRate + FREE.step, FREE.most);
    host.tell(
      EventKind.balloonDeflated,
      Reason.belowTarget,
      vm.slot,
      vm.balloonSize,
      given,
      0,
      memory.policyCause,
    );
  }

  #giveBack(vm: Vm, pages: number): void {
    for (let n = 0; n < pages; n++) {
      const page = found(vm.life).lists.fromBalloon();
      page.use = GuestClass.free;
      page.ballooned = false;
    }
  }

  /** Tools are removed: all that the driver held is the guest's again. */
  unload(vm: Vm): void {
    vm.balloonTarget = 0;
    const size = vm.balloonSize;
    if (size === 0) return;
    this.#giveBack(vm, size);
    this.guests.host.tell(EventKind.balloonDeflated, Reason.toolsRemoved, vm.slot, 0, size);
  }

  #takeFree(vm: Vm): boolean {
    const life = found(vm.life);
    const { lists } = life;
    const kept = Math.floor(vm.number(Profile.lowWaterPages) / 4) + this.guests.toLoad(life);
    if (lists.spare <= kept) return false;
    const page = lists.toBalloon();
    page.use = GuestClass.ballooned;
    this.guests.memory.giveToBalloon(page);
    return true;
  }

  #takeAny(vm: Vm): boolean {
    if (this.#takeFree(vm)) return true;
    const life = found(vm.life);
    const hot = Math.min(vm.now(Phase.hotPages), this.guests.dataOf(life));
    if (!this.guests.reclaim(vm, hot)) return false;
    const page = life.lists.toBalloon();
    page.use = GuestClass.ballooned;
    this.guests.memory.giveToBalloon(page);
    life.reclaimedNow++;
    return true;
  }

  #inflate(vm: Vm, wanted: number): void {
    const rate = vm.allocRate;
    const quick = Math.min(wanted, vm.slowSeconds > 0 ? rate : FAST);
    const faster = (pages: number) => {
      const steps = Math.floor(pages / rate);
      if (steps > 0) vm.allocRate = Math.min(rate + steps * ALLOC.step, ALLOC.most);
    };
    let got = 0;
    while (got < quick && this.#takeFree(vm)) got++;
    if (got === quick || got >= rate) return faster(got);
    vm.slowSeconds = SLOW_SECONDS;
    for (; got < Math.min(wanted, rate); got++)
      if (!this.#takeAny(vm)) {
        vm.allocRate = Math.max(Math.floor(rate / 2), ALLOC.least);
        return;
      }
    faster(got);
  }
}
