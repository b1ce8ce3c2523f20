/** The one wrapper round d3-zoom: wheel, drag, pinch and double click of an element, as a viewport that views follow. */
import { untrack } from 'svelte';
import { on } from 'svelte/events';
import type { Attachment } from 'svelte/attachments';
import type { ZoomBehaviour } from './zoom-behaviour';

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
/** What comes before a drag, a pinch or a key: time enough to fetch the gesture. */
const SIGNS_OF_INTEREST = ['pointerenter', 'pointerdown', 'touchstart', 'focusin'] as const;

export class ZoomGesture {
  viewport = $state.raw<ZoomViewport>(HOME);
  readonly isHome = $derived(this.viewport.k === 1);

  #element: HTMLElement | null = null;
  #behaviour: ZoomBehaviour | null = null;
  #coming: Promise<void> | null = null;
  #size = { width: 0, height: 0, scaleMax: 1 };

  constructor(readonly options: ZoomOptions) {}

  attach: Attachment<HTMLElement> = (element) => {
    this.#element = element;
    untrack(() => this.#touchAction());
    const fetched = () => void this.#ready();
    const offs = SIGNS_OF_INTEREST.map((type) => on(element, type, fetched, { passive: true }));
    offs.push(on(element, 'wheel', (event) => this.#firstWheel(event), { passive: false }));
    return () => {
      for (const off of offs) off();
      this.#behaviour?.remove();
      this.#behaviour = this.#coming = this.#element = null;
    };
  };

  /** Size of the element and how far one may go in. A change of size keeps what is in the middle in the middle. */
  resize(width: number, height: number, scaleMax: number): void {
    const before = this.#size;
    if (before.width === width && before.height === height && before.scaleMax === scaleMax) return;
    this.#size = { width, height, scaleMax };
    this.#behaviour?.resize(width, height, scaleMax);
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
    if (!this.#element) return;
    void this.#ready().then(() => this.#behaviour?.scaleBy(factor, point, isStill() ? 0 : SMOOTH_MS));
  }

  moveTo(viewport: ZoomViewport): void {
    if (this.#behaviour) this.#behaviour.moveTo(viewport);
    else this.#moved(viewport);
  }

  reset(): void {
    this.moveTo(HOME);
  }

  /** Settles when the gesture is on the element, and also when it cannot be fetched: the next sign asks again. */
  #ready(): Promise<void> {
    return (this.#coming ??= this.#fetch().catch(() => {
      this.#coming = null;
    }));
  }

  async #fetch(): Promise<void> {
    const element = this.#element;
    const { zoomOn } = await import('./zoom-behaviour');
    if (!element || element !== this.#element) return;
    this.#behaviour = zoomOn(
      element,
      (event) => this.#accepts(event),
      isStill() ? 0 : SMOOTH_MS,
      (viewport) => this.#moved(viewport),
    );
    const { width, height, scaleMax } = this.#size;
    this.#behaviour.resize(width, height, scaleMax);
    this.#behaviour.moveTo(this.viewport);
  }

  /** A wheel turned before the gesture has come is turned again when it has. */
  #firstWheel(event: WheelEvent): void {
    if (this.#behaviour || !this.#accepts(event)) return;
    event.preventDefault();
    const again = new WheelEvent(event.type, event);
    void this.#ready().then(() => this.#behaviour && event.target?.dispatchEvent(again));
  }

  #moved(viewport: ZoomViewport): void {
    this.viewport = viewport;
    this.#touchAction();
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
    if (this.#element) this.#element.style.touchAction = this.viewport.k > 1 ? 'none' : 'pan-x pan-y';
  }
}

const isStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
