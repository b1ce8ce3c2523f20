/**
 * Where words go on a map: each label has places that it may take, best first, and takes the first at which it lies over
 * nothing; where there is none, the one at which it lies over least. In the manner of map lettering by hand (Imhof, 1962):
 * what has fewest choices is lettered first. Pure.
 */
import type { Box, Point } from './network-map';

export type Anchor = 'start' | 'middle' | 'end';

/** Where a line of words stands: `y` is its baseline. */
export interface Place extends Point {
  anchor: Anchor;
}

export interface Label {
  key: string;
  /** Of the words, in units of the map. */
  width: number;
  /** Size of the type, in units of the map. */
  type: number;
  /** Best first; at least one. */
  places: readonly Place[];
  /** Where it belongs; nothing: anywhere on the map. */
  within?: Box;
}

/** What no word should lie over. */
export interface Obstacles {
  boxes: readonly Box[];
  lines: readonly (readonly Point[])[];
}

/** Above and below a baseline, in sizes of the type. */
const ASCENT = 0.78;
const DESCENT = 0.24;
const AIR = 1.5;

/** What a line of words covers. */
export const boxOf = ({ x, y, anchor }: Place, width: number, type: number): Box => ({
  x: x - (anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2),
  y: y - type * ASCENT,
  width,
  height: type * (ASCENT + DESCENT),
});

const shared = (a: Box, b: Box): number =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) + AIR) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) + AIR);

/** How much of a segment lies in a box (Liang and Barsky, 1984). */
function lengthWithin(a: Point, b: Point, box: Box): number {
  let from = 0;
  let to = 1;
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  for (const [by, room] of [
    [-dx, a.x - box.x],
    [dx, box.x + box.width - a.x],
    [-dy, a.y - box.y],
    [dy, box.y + box.height - a.y],
  ] as const) {
    if (by === 0) {
      if (room < 0) return 0;
    } else if (by < 0) from = Math.max(from, room / by);
    else to = Math.min(to, room / by);
  }
  return from < to ? (to - from) * Math.hypot(dx, dy) : 0;
}

/** How much of what is there a box would cover: in square units; 0 is free. */
export function covered(box: Box, { boxes, lines }: Obstacles): number {
  let total = 0;
  for (const other of boxes) total += shared(box, other);
  for (const line of lines)
    for (let n = 1; n < line.length; n++) total += 4 * lengthWithin(line[n - 1]!, line[n]!, box);
  return total;
}

/** The first of the boxes that covers least, and stays on the sheet if one does. */
export function leastCovered(boxes: readonly Box[], obstacles: Obstacles, sheet: Box): number {
  let best = 0;
  let least = Infinity;
  for (const [index, box] of boxes.entries()) {
    const out =
      box.width * box.height - shared({ ...box, width: box.width - AIR, height: box.height - AIR }, sheet);
    const cost = covered(box, obstacles) + 20 * Math.max(0, out - 1);
    if (cost >= least) continue;
    least = cost;
    best = index;
    if (cost === 0) break;
  }
  return best;
}

/** @returns the place of each label, by key; each that is placed is in the way of those after it */
export function placeLabels(
  labels: readonly Label[],
  obstacles: Obstacles,
  sheet: Box,
): ReadonlyMap<string, Place> {
  const placed = new Map<string, Place>();
  const boxes = [...obstacles.boxes];
  for (const { key, width, type, places, within } of labels) {
    const own = places.map((place) => boxOf(place, width, type));
    const chosen = leastCovered(own, { boxes, lines: obstacles.lines }, within ?? sheet);
    placed.set(key, places[chosen]!);
    boxes.push(own[chosen]!);
  }
  return placed;
}

/** Breaks words after hyphens, spaces and middle dots into at most so many lines; what is too long ends in an ellipsis. */
export function wrapWords(text: string, most: number, lines: number): string[] {
  const wrapped: string[] = [];
  let line = '';
  for (const part of text.match(/\S.*?(?: · |-|\s|$)/g) ?? []) {
    if (line !== '' && (line + part).trimEnd().length > most && wrapped.length < lines - 1) {
      wrapped.push(line);
      line = '';
    }
    line += part;
  }
  return [...wrapped, line]
    .map((one) => one.trimEnd())
    .map((one) => (one.length > most ? `${one.slice(0, most - 1).trimEnd()}…` : one));
}
