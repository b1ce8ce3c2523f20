import { createContext } from 'svelte';
import type { PageRef } from '#lib/sim/protocol';
import type { VmId } from '#lib/ids';

export const samePage = (a: PageRef | null, b: PageRef | null): boolean =>
  a === b || (a !== null && b !== null && a.vm === b.vm && a.page === b.page);

/** What the reader points at or has chosen: shared by all views, so that they light up together. */
export class Selection {
  /** Chosen: its details are open. */
  page = $state.raw<PageRef | null>(null);
  /** Pointed at, by mouse or by keyboard. */
  hover = $state.raw<PageRef | null>(null);
  vm = $state<VmId>(0);
  /** A place of the network, by its key on the map: chosen, and pointed at. */
  place = $state<string | null>(null);
  overPlace = $state<string | null>(null);
  /** Number of the frame that is followed; 0: none. */
  frame = $state(0);

  choose(page: PageRef | null): void {
    if (!samePage(page, this.page)) this.page = page;
  }

  point(page: PageRef | null): void {
    if (!samePage(page, this.hover)) this.hover = page;
  }
}

export const [getSelection, provideSelection] = createContext<Selection>();
