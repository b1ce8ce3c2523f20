import type { NetworkReading, WireRecord } from '#lib/sim/network-protocol';

/** Records kept on the page: what a reader can look back on without asking. */
const MOST_RECORDS = 4000;

/**
 * What the page has heard on the wire, gathered reading by reading: each asks only for what is newer. When time goes back
 * the engine's log begins anew, and so does this one.
 */
export class WireLog {
  /** Oldest first. */
  records = $state.raw<readonly WireRecord[]>([]);
  #last = 0;

  /** Number of the newest record that is here. */
  get last(): number {
    return this.#last;
  }

  /** @returns the records that were not here before, oldest first. */
  take(reading: Pick<NetworkReading, 'wire' | 'wireLast' | 'wireFirst'>): WireRecord[] {
    if (reading.wireLast < this.#last) this.clear();
    const fresh = reading.wire
      .filter((record) => record.number > this.#last)
      .sort((a, b) => a.number - b.number);
    this.#last = Math.max(this.#last, reading.wireLast);
    if (fresh.length > 0) this.records = [...this.records, ...fresh].slice(-MOST_RECORDS);
    return fresh;
  }

  clear(): void {
    this.records = [];
    this.#last = 0;
  }
}
