/** Rates of ports between the two latest samples, a second of simulated time or more apart. */
import type { CoreNetwork } from '#lib/core/network';
import { NS_PER_SECOND, type Bytes, type Nanoseconds } from '#lib/units';

export interface Rate {
  txKbps: number;
  rxKbps: number;
}

export class Rates {
  #atNs: Nanoseconds | null = null;
  /** Two numbers a port: sent, received. */
  #bytes: Float64Array = new Float64Array(0);
  #kbps: Float64Array = new Float64Array(0);

  /** Looks at the counters, when a second has passed since the last look. */
  sample(net: CoreNetwork, timeNs: Nanoseconds): void {
    const passed = this.#atNs === null ? -1 : timeNs - this.#atNs;
    if (passed >= 0 && passed < NS_PER_SECOND) return;
    const bytes = net.traffic();
    // bytes × 8 bits / 1000 a kbit, over nanoseconds / 10⁹.
    const kbps = (now: Bytes, i: number) => Math.max(0, ((now - (this.#bytes[i] ?? 0)) * 8e6) / passed);
    // Time went back, or this is the first look: nothing is known of what lies between.
    this.#kbps = passed < 0 ? new Float64Array(bytes.length) : bytes.map(kbps);
    this.#bytes = bytes;
    this.#atNs = timeNs;
  }

  of(port: number): Rate {
    return { txKbps: this.#kbps[2 * port] ?? 0, rxKbps: this.#kbps[2 * port + 1] ?? 0 };
  }
}
