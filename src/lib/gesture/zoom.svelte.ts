/** The one wrapper round d3-zoom: wheel, drag, pinch and double click of an element, as a viewport that views follow. */
import { select, zoom, zoomIdentity, type D3ZoomEvent, type Selection, type ZoomBehavior } from 'd3';
import { untrack } from 'svelte';
import type { Attachment } from 'svelte/attachments';

/** screen = content · k + (x, y), in CSS pixels. */
export interface ZoomViewport {
  x: number;
  y: number;
  k: number;
}

export interface ZoomOptions {
  /** 'modified': only with Ctrl or ⌘, so that a page around keeps its wheel. */
  wheel: () => 'free' | 'modified';
  /** The wheel was turned without the key it needs. */
  onunmodified?: () => void;
}

const HOME: ZoomViewport = { x: 0, y: 0, k: 1 };
const SMOOTH_MS = 180;

export class ZoomGesture {
  viewport = $state.raw<ZoomViewport>(HOME);
  readonly isHome = $derived(this.viewport.k === 1);

  #target: Selection<HTMLElement, unknown, null, undefined> | null = null;
  #behaviour: ZoomBehavior<HTMLElement, unknown>;
  #size = { width: 0, height: 0, scaleMax: 1 };

  constructor(readonly options: ZoomOptions) {
    this.#behaviour = zoom<HTMLElement, unknown>()
      .filter((event: Event) => this.#accepts(event))
      .clickDistance(4)
      .on('zoom', ({ transform: { x, y, k } }: D3ZoomEvent<HTMLElement, unknown>) => {
        this.viewport = { x, y, k };
        this.#touchAction();
      });
  }

  attach: Attachment<HTMLElement> = (element) => {
    this.#target = select(element);
    this.#target.call(this.#behaviour);
    this.#behaviour.duration(isStill() ? 0 : SMOOTH_MS);
    // The viewport is written here, not followed.
    untrack(() => this.moveTo(this.viewport));
    return () => {
      this.#target?.on('.zoom', null);
      this.#target = null;
    };
  };

  /** Size of the element and how far one may go in. A change of size keeps what is in the middle in the middle. */
  resize(width: number, height: number, scaleMax: number): void {
    const before = this.#size;
    if (before.width === width && before.height === height && before.scaleMax === scaleMax) return;
    this.#size = { width, height, scaleMax };
    this.#behaviour
      .extent([
        [0, 0],
        [width, height],
      ])
      .translateExtent([
        [0, 0],
        [width, height],
      ])
      .scaleExtent([1, scaleMax]);
    const { x, y, k } = untrack(() => this.viewport);
    if (k > 1 && before.width > 0)
      this.moveTo({
        x: (x * width) / before.width,
        y: (y * height) / before.height,
        k: Math.min(k, scaleMax),
      });
  }

  /** @param point stays where it is; the middle when absent. */
  scaleBy(factor: number, point?: { x: number; y: number }): void {
    if (!this.#target) return;
    const at: [number, number] | undefined = point ? [point.x, point.y] : undefined;
    if (isStill()) this.#target.call(this.#behaviour.scaleBy, factor, at);
    else this.#target.transition().duration(SMOOTH_MS).call(this.#behaviour.scaleBy, factor, at);
  }

  moveTo(viewport: ZoomViewport): void {
    if (this.#target) this.#target.interrupt().call(this.#behaviour.transform, toTransform(viewport));
    else this.viewport = viewport;
  }

  reset(): void {
    this.moveTo(HOME);
  }

  #accepts(event: Event): boolean {
    if (event instanceof WheelEvent) {
      if (event.ctrlKey || event.metaKey) return true;
      // Nothing left to zoom out of: the page scrolls on.
      if (this.viewport.k <= 1 && event.deltaY > 0) return false;
      if (this.options.wheel() === 'free') return true;
      this.options.onunmodified?.();
      return false;
    }
    // One finger scrolls the page while the whole map is in sight; two fingers always zoom.
    if (typeof TouchEvent !== 'undefined' && event instanceof TouchEvent)
      return event.touches.length > 1 || this.viewport.k > 1;
    return !(event instanceof MouseEvent) || (event.button === 0 && !event.ctrlKey);
  }

  #touchAction(): void {
    this.#target?.style('touch-action', this.viewport.k > 1 ? 'none' : 'pan-x pan-y');
  }
}

const toTransform = ({ x, y, k }: ZoomViewport) => zoomIdentity.translate(x, y).scale(k);

const isStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
