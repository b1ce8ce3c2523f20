/** The one wrapper round d3-drag: something on a drawing is pulled with a mouse. */
import { drag, select, type D3DragEvent } from 'd3';
import type { Attachment } from 'svelte/attachments';

export interface Pull {
  /** From where the pull began, in units of the drawing. */
  dx: number;
  dy: number;
  /** Where the pointer is, in units of the drawing. */
  x: number;
  y: number;
}

export interface DragOptions {
  ondrag: (pull: Pull) => void;
  onend: (pull: Pull) => void;
  /** Whether it may be pulled now. */
  enabled?: () => boolean;
}

/** A press that moves less than so many pixels is a click. */
const CLICK_PX = 4;

/** `<g {@attach dragGesture({ … })}>`; the parent's coordinates are the units. */
export const dragGesture =
  ({ ondrag, onend, enabled = () => true }: DragOptions): Attachment<SVGElement> =>
  (element) => {
    let start = { x: 0, y: 0 };
    let hasMoved = false;
    type Event = D3DragEvent<SVGElement, unknown, unknown>;
    const pullOf = ({ x, y }: Event): Pull => ({ dx: x - start.x, dy: y - start.y, x, y });
    const behaviour = drag<SVGElement, unknown>()
      .clickDistance(CLICK_PX)
      // A finger scrolls and zooms; what it would pull has a form as well.
      .touchable(false)
      .filter((event: MouseEvent) => enabled() && event.button === 0 && !event.ctrlKey)
      .on('start', (event: Event) => {
        start = { x: event.x, y: event.y };
        hasMoved = false;
      })
      .on('drag', (event: Event) => {
        const pull = pullOf(event);
        hasMoved ||= Math.hypot(pull.dx, pull.dy) > CLICK_PX;
        if (hasMoved) ondrag(pull);
      })
      .on('end', (event: Event) => {
        if (hasMoved) onend(pullOf(event));
      });
    select(element).call(behaviour).style('touch-action', null);
    return () => {
      select(element).on('.drag', null);
    };
  };
