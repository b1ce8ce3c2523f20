/** The one wrapper round d3-brush: a stretch of an axis that is drawn, moved and stretched, in CSS pixels. */
import { brushX, select, type BrushBehavior, type D3BrushEvent, type Selection } from 'd3';
import type { Attachment } from 'svelte/attachments';

type Stretch = [from: number, to: number];

export class BrushGesture {
  readonly #behaviour: BrushBehavior<unknown> = brushX<unknown>();
  #target: Selection<SVGGElement, unknown, null, undefined> | null = null;
  #stretch: Stretch | null = null;

  /** @param onbrush told while the reader brushes; null when the stretch was taken away. */
  constructor(readonly onbrush: (stretch: Stretch | null) => void) {
    this.#behaviour.on('brush end', (event: D3BrushEvent<unknown>) => {
      // What the page itself has put there is no wish of the reader.
      if (!event.sourceEvent) return;
      if (event.type === 'brush' && !event.selection) return;
      this.onbrush(event.selection as Stretch | null);
    });
  }

  attach: Attachment<SVGGElement> = (element) => {
    this.#target = select<SVGGElement, unknown>(element);
    this.#target.call(this.#behaviour);
    this.show(this.#stretch);
    return () => {
      this.#target?.on('.brush', null);
      this.#target = null;
    };
  };

  resize(extent: readonly [Stretch, Stretch]): void {
    this.#behaviour.extent([extent[0], extent[1]]);
    if (this.#target) this.#target.call(this.#behaviour);
    this.show(this.#stretch);
  }

  /** Puts the stretch where the view is; nobody is told. */
  show(stretch: Stretch | null): void {
    this.#stretch = stretch;
    if (this.#target) this.#behaviour.move(this.#target, stretch);
  }
}
