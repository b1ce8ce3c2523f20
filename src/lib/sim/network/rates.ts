/** Rates of ports between the two latest samples, which are taken at the moments of the run's series. */
import { NO_TRAFFIC, type CoreNetwork, type Traffic } from '#lib/core/network';
import type { Bytes, Nanoseconds } from '#lib/units';

export interface Rate {
  txKbps: number;
  rxKbps: number;
}

/** What was moved between the two latest samples, and since. Immutable. */
export interface RatesMemory {
  readonly beforeNs: Nanoseconds | null;
  readonly nowNs: Nanoseconds | null;
  readonly between: Traffic;
  readonly since: Traffic;
}

/**
 * A world at full speed is looked at thousands of times for each time that somebody asks: a look costs what has moved
 * since the last one, however many ports there are.
 */
export class Rates {
  #beforeNs: Nanoseconds | null = null;
  #nowNs: Nanoseconds | null = null;
  #isOpen = false;
  #between = NO_TRAFFIC;
  /** Port → its place in `#between`, when somebody has asked. */
  #places: ReadonlyMap<number, number> | null = null;

  constructor(private readonly net: CoreNetwork) {}

  /** Whether all of a moment has been looked at. */
  hasSampled(atNs: Nanoseconds): boolean {
    return this.#nowNs === atNs && !this.#isOpen;
  }

  /** A command came: what it does at this very moment is still to be looked at. */
  reopen(): void {
    this.#isOpen = true;
  }

  /** Looks at what was moved; what a moment's later looks find is added to its first. */
  sample(atNs: Nanoseconds): void {
    const moved = this.net.traffic();
    this.net.forgetTraffic();
    if (atNs === this.#nowNs) this.#between = sum(this.#between, moved);
    else {
      [this.#beforeNs, this.#nowNs] = [this.#nowNs, atNs];
      this.#between = moved;
    }
    this.#places = null;
    this.#isOpen = false;
  }

  of(port: number): Rate {
    this.#places ??= placesOf(this.#between);
    const place = this.#places.get(port);
    if (place === undefined) return { txKbps: 0, rxKbps: 0 };
    const { bytes } = this.#between;
    return { txKbps: this.#kbps(bytes[2 * place]!), rxKbps: this.#kbps(bytes[2 * place + 1]!) };
  }

  /** bytes × 8 bits / 1000 a kbit, over nanoseconds / 10⁹. */
  #kbps(moved: Bytes): number {
    return this.#beforeNs === null || this.#nowNs === null
      ? 0
      : (moved * 8e6) / (this.#nowNs - this.#beforeNs);
  }

  remember(): RatesMemory {
    return {
      beforeNs: this.#beforeNs,
      nowNs: this.#nowNs,
      between: this.#between,
      since: this.net.traffic(),
    };
  }
  recall({ beforeNs, nowNs, between, since }: RatesMemory): void {
    // Commands of that moment may be still to come.
    this.#isOpen = true;
    [this.#beforeNs, this.#nowNs] = [beforeNs, nowNs];
    this.#between = between;
    this.#places = null;
    this.net.setTraffic(since);
  }
}

const placesOf = ({ ports }: Traffic): ReadonlyMap<number, number> =>
  new Map(Array.from(ports, (port, place) => [port, place]));

function sum(...parts: Traffic[]): Traffic {
  const all = new Map<number, [sent: Bytes, received: Bytes]>();
  for (const { ports, bytes } of parts)
    ports.forEach((port, place) => {
      const [sent, received] = all.get(port) ?? [0, 0];
      all.set(port, [sent + bytes[2 * place]!, received + bytes[2 * place + 1]!]);
    });
  return { ports: Uint16Array.from(all.keys()), bytes: Float64Array.from([...all.values()].flat()) };
}
