/** Rates of ports between the two latest samples, which are taken at the moments of the run's series. */
import type { CoreNetwork } from '#lib/core/network';
import type { Bytes, Nanoseconds } from '#lib/units';

export interface Rate {
  txKbps: number;
  rxKbps: number;
}

/** The two latest samples. Immutable. */
export interface RatesMemory {
  readonly beforeNs: Nanoseconds | null;
  readonly nowNs: Nanoseconds | null;
  /** Bytes, two numbers a port: sent, received. */
  readonly before: Float64Array;
  readonly now: Float64Array;
}

/** A world at full speed is looked at thousands of times for each time that somebody asks: a look only notes counters. */
export class Rates {
  #beforeNs: Nanoseconds | null = null;
  #nowNs: Nanoseconds | null = null;
  #isOpen = false;
  #before: Float64Array = new Float64Array(0);
  #now: Float64Array = new Float64Array(0);

  /** Whether all of a moment has been looked at. */
  hasSampled(atNs: Nanoseconds): boolean {
    return this.#nowNs === atNs && !this.#isOpen;
  }

  /** A command came: what it does at this very moment is still to be looked at. */
  reopen(): void {
    this.#isOpen = true;
  }

  /** Looks at the counters; of one moment the last look counts. */
  sample(net: CoreNetwork, atNs: Nanoseconds): void {
    if (atNs !== this.#nowNs) {
      [this.#before, this.#now] = [this.#now, this.#before];
      [this.#beforeNs, this.#nowNs] = [this.#nowNs, atNs];
    }
    this.#now = net.traffic(this.#now);
    this.#isOpen = false;
  }

  of(port: number): Rate {
    return { txKbps: this.#kbps(2 * port), rxKbps: this.#kbps(2 * port + 1) };
  }

  #kbps(counter: number): number {
    if (this.#beforeNs === null || this.#nowNs === null) return 0;
    const moved: Bytes = (this.#now[counter] ?? 0) - (this.#before[counter] ?? 0);
    // bytes × 8 bits / 1000 a kbit, over nanoseconds / 10⁹. A port that was freed and taken again counts from zero.
    return Math.max(0, (moved * 8e6) / (this.#nowNs - this.#beforeNs));
  }

  remember(): RatesMemory {
    return {
      beforeNs: this.#beforeNs,
      nowNs: this.#nowNs,
      before: this.#before.slice(),
      now: this.#now.slice(),
    };
  }
  recall({ beforeNs, nowNs, before, now }: RatesMemory): void {
    // Commands of that moment may be still to come.
    this.#isOpen = true;
    [this.#beforeNs, this.#nowNs] = [beforeNs, nowNs];
    [this.#before, this.#now] = [before.slice(), now.slice()];
  }
}
