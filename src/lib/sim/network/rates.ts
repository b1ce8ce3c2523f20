/** Rates of ports between the two latest samples, a second of simulated time or more apart. */
import type { CoreNetwork } from '#lib/core/network';
import { NS_PER_SECOND, type Bytes, type Nanoseconds } from '#lib/units';

interface Counts {
  tx: Bytes;
  rx: Bytes;
}
export interface Rate {
  txKbps: number;
  rxKbps: number;
}
const STILL: Rate = { txKbps: 0, rxKbps: 0 };

export class Rates {
  #atNs: Nanoseconds = 0;
  #counts = new Map<number, Counts>();
  #rates = new Map<number, Rate>();

  /** Looks at the counters, when a second has passed since the last look. */
  sample(net: CoreNetwork, timeNs: Nanoseconds): void {
    const passed = timeNs - this.#atNs;
    if (passed >= 0 && passed < NS_PER_SECOND) return;
    const counts = new Map<number, Counts>();
    this.#rates.clear();
    for (const { port, txBytes, rxBytes } of net.ports()) {
      counts.set(port, { tx: txBytes, rx: rxBytes });
      const before = this.#counts.get(port);
      if (!before || passed < 0) continue;
      // bytes × 8 bits / 1000 a kbit, over nanoseconds / 10⁹.
      const kbps = (bytes: Bytes) => Math.max(0, (bytes * 8e6) / passed);
      this.#rates.set(port, { txKbps: kbps(txBytes - before.tx), rxKbps: kbps(rxBytes - before.rx) });
    }
    this.#counts = counts;
    this.#atNs = timeNs;
  }

  of(port: number): Rate {
    return this.#rates.get(port) ?? STILL;
  }
}
