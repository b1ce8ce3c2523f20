/**
 * Two lines over simulated time: the memory that the guests hold, and the machine memory behind it. Between them lies
 * what sharing saved. Pure: points and sizes in, paths and places of labels out.
 */
import { linear } from './linear';
import { linePath } from './path';
import type { SeriesPoint } from '#lib/sim/protocol';
import type { Nanoseconds, Pages } from '#lib/units';

export interface MemoryLinesInput {
  series: readonly SeriesPoint[];
  /** End of the time axis. */
  untilNs: Nanoseconds;
  /** Top of the memory axis. */
  mostPages: Pages;
  widthPx: number;
  heightPx: number;
  /** Height of a line of words: labels keep that far apart. */
  labelPx: number;
}

export interface MemoryLines {
  guests: string;
  host: string;
  /** End of each line. */
  x: number;
  guestsY: number;
  hostY: number;
  /** Baselines of the labels: above the upper line, below the lower one. */
  guestsLabelY: number;
  hostLabelY: number;
}

/** Machine memory behind what the guests hold. */
export const realPages = (point: SeriesPoint): Pages => point.allocated - point.reclaimed;

/** null while there is nothing to draw. */
export function memoryLines(input: MemoryLinesInput): MemoryLines | null {
  const { series, untilNs, mostPages, widthPx, heightPx, labelPx } = input;
  const last = series.at(-1);
  if (!last || widthPx <= 0) return null;
  const x = linear([0, untilNs], [0, widthPx]);
  const y = linear([0, mostPages], [heightPx, labelPx]);
  const path = (pages: (point: SeriesPoint) => Pages) =>
    linePath(
      series,
      (point) => x(point.timeNs),
      (point) => y(pages(point)),
    );
  const guestsY = y(last.allocated);
  const hostY = y(realPages(last));
  const hostLabelY = Math.min(heightPx - labelPx * 0.3, hostY + labelPx * 1.1);
  const guestsLabelY = Math.min(guestsY - labelPx * 0.4, hostLabelY - labelPx);
  return {
    guests: path((point) => point.allocated),
    host: path(realPages),
    x: x(last.timeNs),
    guestsY,
    hostY,
    guestsLabelY: Math.max(labelPx * 0.8, guestsLabelY),
    hostLabelY,
  };
}
