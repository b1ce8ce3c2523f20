import type { PageDetail, PageRef } from '#lib/sim/protocol';
import { samePage } from '#lib/state/selection.svelte';
import type { Simulation } from '#lib/state/simulation.svelte';

/**
 * What the engine says of one page, kept fresh: asked at once when the page changes, and again as the world moves on,
 * at most every `everyMs`. A question walks every page table of the host, so no more are asked than are shown.
 */
export class Inspection {
  detail = $state.raw<PageDetail | null>(null);

  #ref: PageRef | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #isStale = false;
  #askedAtMs = -Infinity;

  constructor(
    readonly simulation: Simulation,
    readonly everyMs: number,
  ) {}

  /** Call it whenever the page or the world may have changed; null: nothing is looked at. */
  look(ref: PageRef | null): void {
    if (!samePage(ref, this.#ref)) {
      this.#ref = ref;
      this.detail = null;
    }
    this.#isStale = ref !== null;
    this.#plan();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#ref = null;
    this.#isStale = false;
  }

  #plan(): void {
    if (!this.#isStale || this.#isAsking || this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#askedAtMs + this.everyMs - performance.now());
    this.#timer = setTimeout(() => void this.#ask(), waitMs);
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    const ref = this.#ref;
    if (!ref) return;
    this.#isAsking = true;
    this.#isStale = false;
    this.#askedAtMs = performance.now();
    const detail = await this.simulation.inspect(ref);
    this.#isAsking = false;
    if (detail && samePage(ref, this.#ref)) this.detail = detail;
    this.#plan();
  }
}
