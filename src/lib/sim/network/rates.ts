/** Rates of ports between the two latest samples, a second of simulated time or more apart. */
import type { CoreNetwork } from '#lib/core/network';
import { NS_PER_SECOND, type Bytes, type Nanoseconds } from '#lib/units';

export interface Rate {
  txKbps: number;
  rxKbps: number;
}

/** A world at full speed is looked at thousands of times for each time that somebody asks: a look only notes counters. */
export class Rates {
  #atNs: Nanoseconds | null = null;
  /** Between the two looks; null while nothing is known of what lies between. */
  #passedNs: Nanoseconds | null = null;
  /** Two numbers a port: sent, received. */
  #before: Float64Array = new Float64Array(0);
  #now: Float64Array = new Float64Array(0);

  /** Looks at the counters, when a second has passed since the last look. */
  sample(net: CoreNetwork, timeNs: Nanoseconds): void {
    const passed = this.#atNs === null ? -1 : timeNs - this.#atNs;
    if (passed >= 0 && passed < NS_PER_SECOND) return;
    // Time went back, or this is the first look.
    this.#passedNs = passed < 0 ? null : passed;
    [this.#before, this.#now] = [this.#now, net.traffic(this.#before)];
    this.#atNs = timeNs;
  }

  of(port: number): Rate {
    return { txKbps: this.#kbps(2 * port), rxKbps: this.#kbps(2 * port + 1) };
  }

  #kbps(at: number): number {
    if (this.#passedNs === null) return 0;
    const bytes: Bytes = (this.#now[at] ?? 0) - (this.#before[at] ?? 0);
    // bytes × 8 bits / 1000 a kbit, over nanoseconds / 10⁹.
    return Math.max(0, (bytes * 8e6) / this.#passedNs);
  }
}
