/** d3-zoom on one element. Apart, because it is fetched only when somebody is about to move what is drawn. */
import { select, zoom, zoomIdentity, type D3ZoomEvent } from 'd3';
import type { ZoomViewport } from './zoom.svelte';

export interface ZoomBehaviour {
  /** @param scaleMax how far one may go in; 1 is the whole */
  resize(width: number, height: number, scaleMax: number): void;
  /** @param point stays where it is, in pixels of the element; the middle when absent */
  scaleBy(factor: number, point: { x: number; y: number } | undefined, durationMs: number): void;
  moveTo(viewport: ZoomViewport): void;
  remove(): void;
}

/** Doublings of the scale that one turn of a wheel may bring. */
const MOST_A_TURN = 0.4;
/**
 * Doublings of the scale for one event of a wheel. A pinch on a touchpad comes as a wheel with Ctrl and small steps, so d3
 * takes those tenfold; a mouse's notch with Ctrl is a hundred pixels and would go through the whole range at once.
 */
export function doublings({
  deltaY,
  deltaMode,
  ctrlKey,
}: Pick<WheelEvent, 'deltaY' | 'deltaMode' | 'ctrlKey'>): number {
  const wanted = -deltaY * (deltaMode === 1 ? 0.05 : deltaMode ? 1 : 0.002) * (ctrlKey ? 10 : 1);
  return Math.max(-MOST_A_TURN, Math.min(MOST_A_TURN, wanted));
}

/**
 * @param accepts whether an event of the element may begin a gesture
 * @param onmoved the viewport after every move, of a finger and of a call alike
 */
export function zoomOn(
  element: HTMLElement,
  accepts: (event: Event) => boolean,
  wheelMs: number,
  onmoved: (viewport: ZoomViewport) => void,
): ZoomBehaviour {
  const behaviour = zoom<HTMLElement, unknown>()
    .filter(accepts)
    .wheelDelta(doublings)
    .clickDistance(4)
    .duration(wheelMs)
    .on('zoom', ({ transform: { x, y, k } }: D3ZoomEvent<HTMLElement, unknown>) => onmoved({ x, y, k }));
  const target = select(element).call(behaviour);
  return {
    resize(width, height, scaleMax) {
      const extent: [[number, number], [number, number]] = [
        [0, 0],
        [width, height],
      ];
      behaviour.extent(extent).translateExtent(extent).scaleExtent([1, scaleMax]);
    },
    scaleBy(factor, point, durationMs) {
      const at: [number, number] | undefined = point && [point.x, point.y];
      if (durationMs === 0) target.call(behaviour.scaleBy, factor, at);
      else target.transition().duration(durationMs).call(behaviour.scaleBy, factor, at);
    },
    moveTo({ x, y, k }) {
      target.interrupt().call(behaviour.transform, zoomIdentity.translate(x, y).scale(k));
    },
    remove() {
      target.interrupt().on('.zoom', null);
    },
  };
}
