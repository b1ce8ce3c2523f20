/**
 * A guest's six lists of its pages. A page that changes lists crosses a border between two neighbours, in the order
 * fixed, data, cleared, free, balloon, cache; where lists lie between, the page at each of their ends goes round to the
 * other one. The last of the cache lies next to the balloon.
 */
import type { GuestPage } from './vm';

export class Lists {
  readonly fixed: GuestPage[] = [];
  readonly data: GuestPage[] = [];
  readonly cleared: GuestPage[] = [];
  readonly balloon: GuestPage[] = [];
  readonly cache: GuestPage[] = [];

  constructor(readonly free: GuestPage[]) {}

  get spare(): number {
    return this.cleared.length + this.free.length;
  }

  #first(): GuestPage {
    return found((this.cleared.length > 0 ? this.cleared : this.free).shift());
  }

  #last(): GuestPage {
    return found((this.free.length > 0 ? this.free : this.cleared).pop());
  }

  toFixed(): GuestPage {
    const page = this.#first();
    this.fixed.push(page);
    return page;
  }

  toData(): GuestPage {
    const page = this.#first();
    this.data.push(page);
    return page;
  }

  toCleared(): GuestPage {
    const page = found(this.free.shift());
    this.cleared.push(page);
    return page;
  }

  toBalloon(): GuestPage {
    const page = this.#last();
    this.balloon.unshift(page);
    return page;
  }

  fromBalloon(): GuestPage {
    const page = found(this.balloon.shift());
    this.free.push(page);
    return page;
  }

  toCache(): GuestPage {
    const page = this.#last();
    const round = this.balloon.pop();
    if (round) this.balloon.unshift(round);
    this.cache.push(page);
    return page;
  }

  fromCache(): GuestPage {
    const page = found(this.cache.pop());
    const round = this.balloon.shift();
    if (round) this.balloon.push(round);
    this.free.push(page);
    return page;
  }

  /** The last of the data takes its place. */
  fromData(index: number): GuestPage {
    const page = found(this.data[index]);
    const last = found(this.data.pop());
    if (last !== page) this.data[index] = last;
    const round = this.cleared.pop();
    if (round) this.cleared.unshift(round);
    this.free.unshift(page);
    return page;
  }
}

/** Two pages of two lists change places. */
export function exchange(one: GuestPage[], i: number, other: GuestPage[], j: number): void {
  const page = found(one[i]);
  one[i] = found(other[j]);
  other[j] = page;
}

export function found<T>(value: T | undefined | null): T {
  if (value === undefined || value === null)
    throw new Error('the checker found nothing where something must be');
  return value;
}
