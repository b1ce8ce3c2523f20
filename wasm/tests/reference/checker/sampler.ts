/** Active memory estimated by sampling (OSDI'02 section 5.3): a few random pages a period, three averages. */
import { EventKind } from '../../../shared/events';
import { Reason } from '../../../shared/reasons';
import type { Host } from './host';
import { found } from './lists';
import type { Vm } from './vm';

/** Averages are in 65536ths. */
const ONE = 65_536;

export class Sampler {
  constructor(readonly host: Host) {}

  start(vm: Vm): void {
    for (const page of vm.pages) page.trapped = false;
    this.#draw(vm);
    this.estimate(vm);
  }

  #draw(vm: Vm): void {
    const life = found(vm.life);
    for (const page of life.sampled) page.trapped = false;
    life.sampled = [];
    const wanted = Math.min(this.host.option('samplePages'), Math.floor(vm.size / 2));
    while (life.sampled.length < wanted) {
      const page = found(vm.pages[vm.sampleStream.below(vm.size)]);
      if (page.trapped) continue;
      page.trapped = true;
      life.sampled.push(page);
    }
    life.sampleTouched = 0;
    life.sampleMs = 0;
  }

  #touchedPart(vm: Vm): number {
    const { sampled, sampleTouched } = found(vm.life);
    return sampled.length === 0 ? 0 : Math.floor((sampleTouched * ONE) / sampled.length);
  }

  #towards(before: number, now: number, gain: string): number {
    return before + Math.trunc(((now - before) * this.host.option(gain)) / 100);
  }

  estimate(vm: Vm): void {
    const life = found(vm.life);
    if (life.periods === 0) {
      life.active = vm.allocated;
      return;
    }
    const underWay = this.#towards(life.fastAverage, this.#touchedPart(vm), 'sampleFastGain');
    const largest = Math.max(life.slowAverage, life.fastAverage, underWay);
    life.active = Math.floor((vm.size * largest) / ONE);
  }

  /** Milliseconds of the VM's own time are over. */
  pass(vm: Vm, ms: number): void {
    const life = found(vm.life);
    life.sampleMs += ms;
    if (life.sampleMs < this.host.option('samplePeriod') * 1000) return;
    const part = this.#touchedPart(vm);
    const first = life.periods === 0;
    life.slowAverage = first ? part : this.#towards(life.slowAverage, part, 'sampleSlowGain');
    life.fastAverage = first ? part : this.#towards(life.fastAverage, part, 'sampleFastGain');
    life.periods++;
    const [touched, of] = [life.sampleTouched, life.sampled.length];
    this.#draw(vm);
    this.estimate(vm);
    this.host.tell(EventKind.activeEstimated, Reason.periodic, vm.slot, touched, of, life.active);
  }
}
