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
