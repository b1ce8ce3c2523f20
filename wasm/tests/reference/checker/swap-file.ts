/** The host's swap file: slots as objects, each with the bytes of its page. */
export interface Slot {
  readonly number: number;
  bytes: Uint8Array;
}

export class SwapFile {
  readonly used = new Set<Slot>();
  /** Slots that were used and given back, the latest last. */
  readonly #returned: Slot[] = [];
  everUsed = 0;

  constructor(readonly size: number) {}

  /** First slot of those given back, as the core counts: its number + 1, 0 when there is none. */
  get head(): number {
    const last = this.#returned.at(-1);
    return last ? last.number + 1 : 0;
  }

  /** The slot given back last, else the lowest one never used; null when the file is full. */
  take(bytes: Uint8Array): Slot | null {
    let slot = this.#returned.pop();
    if (!slot) {
      if (this.everUsed === this.size) return null;
      slot = { number: this.everUsed++, bytes };
    }
    slot.bytes = bytes;
    this.used.add(slot);
    return slot;
  }

  giveBack(slot: Slot): void {
    if (!this.used.delete(slot)) throw new Error(`slot ${slot.number} is given back twice`);
    this.#returned.push(slot);
  }
}
