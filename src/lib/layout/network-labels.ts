/** The lettering of the network's map: names of waters, of the host and its cards, each where it covers no line. Pure. */
import { placeLabels, type Label, type Obstacles, type Place } from './lettering';
import { centreOf, type Box, type NetworkLayout, type River } from './network-map';

/** A name to be written: how wide it will be and the size of its type, in units of the layout. */
export interface Lettering {
  width: number;
  type: number;
}

export interface NetworkLettering {
  outside: Lettering;
  host: Lettering;
  rivers: ReadonlyMap<string, Lettering>;
  cards: ReadonlyMap<string, Lettering>;
}

export interface NetworkLabels {
  outside: Place | null;
  host: Place;
  rivers: ReadonlyMap<string, Place>;
  cards: ReadonlyMap<string, Place>;
}

/** From a river to its name. */
const OFF_RIVER = 9;
/** Places along a river that a name tries, from the mouth up. */
const ALONG = [1, 0, 0.8, 0.6, 0.4, 0.2];

const grown = ({ x, y, width, height }: Box, by: number): Box => ({
  x: x - by,
  y: y - by,
  width: width + 2 * by,
  height: height + 2 * by,
});

/** What a word on this map would cover. */
export function obstaclesOf(layout: NetworkLayout): Obstacles {
  const { x, y, width, height } = layout.host;
  const corners = [
    { x, y },
    { x: x + width, y },
    { x: x + width, y: y + height },
    { x, y: y + height },
    { x, y },
  ];
  return {
    boxes: [...layout.machines.values()].map((box) => grown(box, 2)).concat([...layout.hostCards.values()]),
    lines: [
      corners,
      ...[...layout.legs.values()].map(({ points }) => points),
      ...[...layout.rivers.values()].map(({ from, to }) => [from, to]),
    ],
  };
}

function onRiver({ from, to }: River, { width, type }: Lettering, isBelowFirst: boolean): Place[] {
  if (from.y !== to.y) {
    const ends = [
      { at: from, dy: -OFF_RIVER },
      { at: to, dy: OFF_RIVER + type * 0.75 },
    ];
    return ends.flatMap(({ at, dy }) => [
      { x: at.x + 6, y: at.y + dy, anchor: 'end' as const },
      { x: at.x, y: at.y + dy, anchor: 'middle' as const },
      { x: at.x - 6, y: at.y + dy, anchor: 'start' as const },
    ]);
  }
  const room = Math.max(0, to.x - from.x - 8 - width);
  const above = from.y - OFF_RIVER;
  const below = from.y + OFF_RIVER + type * 0.75;
  return (isBelowFirst ? [below, above] : [above, below]).flatMap((y) =>
    ALONG.map((part): Place => ({ x: from.x + 4 + room * part + width, y, anchor: 'end' })),
  );
}

function atCard(box: Box, { type }: Lettering, isAbove: boolean): Place[] {
  const { x, y } = centreOf(box);
  const [left, right] = [box.x - 5, box.x + box.width + 5];
  const over = y - 6;
  const under = y + type + 4;
  const inside: Place[] = [
    { x: right, y: isAbove ? over : under, anchor: 'start' },
    { x: right, y: isAbove ? under : over, anchor: 'start' },
  ];
  const before: Place[] = [
    { x: left, y: isAbove ? over : under, anchor: 'end' },
    { x: left, y: isAbove ? under : over, anchor: 'end' },
  ];
  return [
    ...inside,
    ...(isAbove ? before : []),
    { x: right, y: box.y + box.height + type, anchor: 'start' },
    { x: right, y: box.y - 4, anchor: 'start' },
    ...(isAbove ? [] : before),
    { x, y: box.y - 4, anchor: 'middle' },
  ];
}

function onHost({ x, y, width, height }: Box, { type }: Lettering, isAbove: boolean): Place[] {
  const top = y + type + 10;
  const bottom = y + height - 12;
  const [left, right, middle] = [x + 16, x + width - 16, x + width / 2];
  return (isAbove ? [bottom, top] : [top, bottom]).flatMap((line): Place[] => [
    { x: left, y: line, anchor: 'start' },
    { x: right, y: line, anchor: 'end' },
    { x: middle, y: line, anchor: 'middle' },
  ]);
}

function onLake({ x, y, width, height }: Box, { type }: Lettering): Place[] {
  const lines = [y + type + 2, y + height - 12, y + height * 0.25, y + height * 0.75];
  return lines.flatMap((line): Place[] =>
    [0.5, 0.35, 0.65].map((part) => ({ x: x + width * part, y: line, anchor: 'middle' })),
  );
}

/** Cards first, which have fewest places, then waters, then the two lands. */
export function labelsOf(layout: NetworkLayout, lettering: NetworkLettering): NetworkLabels {
  const isAbove = layout.outside === 'above';
  const lake = layout.lake && grown(layout.lake.box, -6);
  const labels: Label[] = [];
  for (const [name, own] of lettering.cards) {
    const box = layout.hostCards.get(name);
    if (box) labels.push({ key: `card ${name}`, ...own, places: atCard(box, own, isAbove) });
  }
  for (const [key, own] of lettering.rivers) {
    const bed = layout.rivers.get(key);
    if (!bed) continue;
    const isOutside = isWithin(bed, layout.lake?.box ?? null);
    labels.push({
      key: `river ${key}`,
      ...own,
      places: onRiver(bed, own, isAbove && isOutside),
      ...(isOutside && lake ? { within: lake } : {}),
    });
  }
  if (layout.lake)
    labels.push({
      key: 'outside',
      ...lettering.outside,
      places: onLake(layout.lake.box, lettering.outside),
      within: layout.lake.box,
    });
  labels.push({ key: 'host', ...lettering.host, places: onHost(layout.host, lettering.host, isAbove) });

  const { width, height } = layout;
  const placed = placeLabels(labels, obstaclesOf(layout), { x: 0, y: 0, width, height });
  const pick = (of: ReadonlyMap<string, unknown>, prefix: string) =>
    new Map(
      [...of.keys()].flatMap((key) => {
        const at = placed.get(`${prefix} ${key}`);
        return at ? [[key, at] as const] : [];
      }),
    );
  return {
    outside: placed.get('outside') ?? null,
    host: placed.get('host')!,
    rivers: pick(lettering.rivers, 'river'),
    cards: pick(lettering.cards, 'card'),
  };
}

const isWithin = ({ from }: River, box: Box | null): boolean =>
  box !== null &&
  from.x >= box.x &&
  from.x <= box.x + box.width &&
  from.y >= box.y &&
  from.y <= box.y + box.height;
