import type { NetworkReading, WireRecord } from '#lib/sim/network-protocol';

/** Records kept on the page: as many as the engine has of any moment. */
const MOST_RECORDS = 2000;

/**
 * What the page has heard on the wire, gathered reading by reading: each asks only for what is newer. Without gaps it is
 * what the engine has; when time went back it is read anew.
 */
export class WireLog {
  /** Oldest first. */
  records = $state.raw<readonly WireRecord[]>([]);
  /** Grows when `records` are others, and not what they were with more behind. */
  edition = $state(0);
  #last = 0;
  #engineEdition = 0;

  /** Number of the newest record that is here. */
  get last(): number {
    return this.#last;
  }

  /** @returns the records that were not here before, oldest first. After time went back none: they are to be asked for. */
  take(
    reading: Pick<NetworkReading, 'wire' | 'wireLast' | 'wireEdition'>,
    mayHaveGaps = false,
  ): WireRecord[] {
    const isAnother = reading.wireEdition !== this.#engineEdition || reading.wireLast < this.#last;
    this.#engineEdition = reading.wireEdition;
    // What is shown stays until the other is here.
    if (isAnother && this.#last > 0) {
      this.#last = 0;
      return [];
    }
    const isWhole = this.#last === 0;
    const fresh = reading.wire
      .filter((record) => record.number > this.#last)
      .sort((a, b) => a.number - b.number);
    this.#last = Math.max(this.#last, reading.wireLast);
    const follows = mayHaveGaps || fresh[0]?.number === (this.records.at(-1)?.number ?? 0) + 1;
    if (isWhole || (fresh.length > 0 && !follows)) {
      this.records = fresh;
      this.edition++;
    } else if (fresh.length > 0) this.records = [...this.records, ...fresh].slice(-MOST_RECORDS);
    return fresh;
  }

  clear(): void {
    this.records = [];
    this.edition++;
    this.#last = 0;
  }
}
