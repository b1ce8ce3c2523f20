/**
 * The network as a map: what is outside is a lake at the left (or above, on a narrow sheet), the host a country with its
 * cards on the border, its switches rivers one below the other, machines on the banks, and those with a card in two
 * rivers between them. A tree is laid out from the outside inwards: each river's land is as wide as what hangs on it, so
 * nothing lies over anything else, and one more machine moves only what comes after it. Pure: names in, geometry out.
 */
import { curveBasisClosed, line, linkHorizontal, linkVertical } from 'd3';

/** What is drawn, by keys of the caller's choice. Order is kept: what was there first stands first. */
export interface NetworkPlan {
  rivers: readonly { key: string; isOutside: boolean }[];
  /** `cards`: the river that each card lies in; null, or a river that is not there: its cable is out. */
  machines: readonly { key: string; isOutside: boolean; cards: readonly (string | null)[] }[];
  /** Physical cards of the host: the river inside that each serves, the river outside that its cable leads to. */
  hostCards: readonly { name: string; river: string | null; to: string | null }[];
  /** Between rivers outside. */
  cables: readonly { key: string; between: readonly [string, string] }[];
}

export interface Point {
  x: number;
  y: number;
}

/** Corner and size, in pixels of the layout. */
export interface Box extends Point {
  width: number;
  height: number;
}

export interface River {
  from: Point;
  to: Point;
}

/** A cable: from the machine (or the host's card) to its point on the river; `points` follow what `d` draws. */
export interface Leg {
  d: string;
  from: Point;
  to: Point;
  points: readonly Point[];
}

export interface NetworkLayout {
  width: number;
  height: number;
  /** Side of the host on which the outside lies. */
  outside: 'left' | 'above';
  /** Machines hanging one under another on the same leg: kept from one layout to the next, so that little moves. */
  ranks: number;
  host: Box;
  lake: { box: Box; d: string } | null;
  rivers: ReadonlyMap<string, River>;
  machines: ReadonlyMap<string, Box>;
  hostCards: ReadonlyMap<string, Box>;
  /** Keys: `legKey`, `uplinkKey`, `outerKey`, and those of the plan's cables. */
  legs: ReadonlyMap<string, Leg>;
}

/** Of a machine's card, to its river. */
export const legKey = (machine: string, card: number): string => `${machine} ${card}`;
/** Of a host's card, to the river inside … */
export const uplinkKey = (card: string): string => `in ${card}`;
/** … and to the river outside. */
export const outerKey = (card: string): string => `out ${card}`;

/** By how much a place was moved by hand, in pixels of the layout. */
export type Moved = Readonly<Record<string, Point>>;

const BOX = { width: 120, height: 54 } as const;
const NARROW_BOX = { width: 94, height: 40 } as const;
export const HOST_CARD = { width: 22, height: 28 } as const;
const GAP = 18;
const STEM = 26;
/** Between a river and a machine that leads on to the next. */
const FORD = 30;
const MARGIN = 16;
const HOST_PAD = { left: 100, right: 26, top: 46, bottom: 26 };
const NARROW_PAD = { left: 20, right: 12, top: 40, bottom: 34 };
const LAKE_PAD = 30;
/** On a narrow sheet the name of the lake's last river stands between it and the shore. */
const NARROW_SHORE = 40;
/** … and the others' between machines, in type that shrinks less than the map. */
const NARROW_LEADING = 1.2;
/** Between the lake and the border, where cables run. */
const STRAIT = 64;
const CARD_PITCH = 44;
/** The last of a card's leg, in which it comes to its river. */
const UPLINK_BEND = 40;
const NAME_LEAD = 24;
/** More rivers with a card than this share their lines. */
const MOST_STACKED = 6;
const RANKS = [1, 2, 3, 4, 6, 8, 12];
/** A layout is given up for another only when that one is so much larger. */
const WORTH_MOVING = 1.25;
/** … and machines hang under one another only where that gains so much. */
const WORTH_STACKING = 1.1;
const NARROW_PX = 560;

interface Tree {
  river: string;
  leaves: string[];
  groups: Group[];
}
/** Machines with cards in the river above and in those below. */
interface Group {
  bridges: string[];
  trees: Tree[];
}

/** Rivers as trees from the given roots; what cannot be reached from them becomes a root, in order. */
function forestOf(plan: NetworkPlan, isOutside: boolean, roots: readonly string[]): Tree[] {
  const rivers = plan.rivers.filter((river) => river.isOutside === isOutside).map(({ key }) => key);
  const known = new Set(rivers);
  const waiting = plan.machines
    .filter((machine) => machine.isOutside === isOutside)
    .map(({ key, cards }) => ({
      key,
      rivers: [...new Set(cards.filter((card): card is string => card !== null && known.has(card)))],
    }));
  const placed = new Set<string>();
  const seen = new Set<string>();
  const forest: Tree[] = [];
  const grow = (from: readonly string[]) => {
    const queue: Tree[] = [];
    for (const river of from) {
      if (seen.has(river) || !known.has(river)) continue;
      seen.add(river);
      const tree: Tree = { river, leaves: [], groups: [] };
      forest.push(tree);
      queue.push(tree);
    }
    for (let tree = queue.shift(); tree; tree = queue.shift()) {
      for (const machine of waiting) {
        if (placed.has(machine.key) || !machine.rivers.includes(tree.river)) continue;
        placed.add(machine.key);
        const others = machine.rivers.filter((river) => river !== tree.river);
        if (others.length === 0) {
          tree.leaves.push(machine.key);
          continue;
        }
        const beside = tree.groups.find(({ trees }) =>
          others.every((river) => trees.some((below) => below.river === river)),
        );
        if (beside) {
          beside.bridges.push(machine.key);
          continue;
        }
        const trees = others
          .filter((river) => !seen.has(river))
          .map((river): Tree => ({ river, leaves: [], groups: [] }));
        for (const { river } of trees) seen.add(river);
        tree.groups.push({ bridges: [machine.key], trees });
        queue.push(...trees);
      }
    }
  };
  // All roots at once: a river that two of them reach lies under the nearer one.
  grow(roots);
  for (const river of rivers) grow([river]);
  return forest;
}

/** Sizes along the river and across it. */
interface Measures {
  along: number;
  across: number;
  ranks: number;
  slot: number;
  pitch: number;
  stem: number;
  ford: number;
  /** Room at the beginning of a river for its name, where it runs upright. */
  lead: number;
}

function measuresOf(
  width: number,
  height: number,
  ranks: number,
  spread: Point,
  gap: number,
  lead = 0,
): Measures {
  return {
    along: width,
    across: height,
    ranks,
    slot: (width + gap) * spread.x,
    pitch: height + GAP * 0.75 * spread.y,
    stem: STEM * spread.y,
    ford: FORD * spread.y,
    lead,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const columnsOf = (tree: Tree, m: Measures): number => Math.ceil(tree.leaves.length / m.ranks);
const lengthOf = (tree: Tree, m: Measures): number =>
  m.lead +
  Math.max(m.slot, columnsOf(tree, m) * m.slot + sum(tree.groups.map((group) => groupLength(group, m))));
const groupLength = (group: Group, m: Measures): number =>
  Math.max(group.bridges.length * m.slot, sum(group.trees.map((tree) => lengthOf(tree, m))));
/** From its own line to the last thing below it. */
const depthOf = (tree: Tree, m: Measures): number =>
  Math.max(
    m.stem,
    tree.leaves.length > 0 ? m.stem + Math.min(tree.leaves.length, m.ranks) * m.pitch : 0,
    ...tree.groups.map(
      ({ trees }) => m.ford * 2 + m.across + Math.max(0, ...trees.map((below) => depthOf(below, m))),
    ),
  );

/** What lies where, along and across; turned into x and y by the side it grows to. */
interface Laid {
  rivers: Map<string, { from: number; to: number; across: number }>;
  /** Centres. `rack`: the leg runs beside, at so much along. */
  machines: Map<string, { along: number; across: number; rack: number | null }>;
}

function lay(tree: Tree, along: number, across: number, m: Measures, laid: Laid): void {
  const length = lengthOf(tree, m);
  laid.rivers.set(tree.river, {
    from: along + m.lead + m.slot * 0.04,
    to: along + length - m.slot * 0.04,
    across,
  });
  const isRack = Math.min(tree.leaves.length, m.ranks) > 1;
  tree.leaves.forEach((machine, index) => {
    const column = Math.floor(index / m.ranks);
    const rank = index % m.ranks;
    const middle = along + m.lead + (column + 0.5) * m.slot;
    laid.machines.set(machine, {
      along: middle,
      across: across + m.stem + rank * m.pitch + m.across / 2,
      rack: isRack ? middle - m.along / 2 - Math.min(GAP * 0.5, (m.slot - m.along) * 0.7) : null,
    });
  });
  let at = along + m.lead + columnsOf(tree, m) * m.slot;
  for (const group of tree.groups) {
    const width = groupLength(group, m);
    group.bridges.forEach((machine, index) =>
      laid.machines.set(machine, {
        along: at + ((index + 0.5) * width) / group.bridges.length,
        across: across + m.ford + m.across / 2,
        rack: null,
      }),
    );
    let below = at;
    // Rivers below share the width that their bridges may need.
    const room = width / Math.max(1, sum(group.trees.map((one) => lengthOf(one, m))));
    for (const one of group.trees) {
      const own = lengthOf(one, m) * room;
      lay(one, below + (own - lengthOf(one, m)) / 2, across + m.ford * 2 + m.across, m, laid);
      below += own;
    }
    at += width;
  }
}

/** Trees on shelves no longer than `limit`; the first `stacked` on a shelf each. */
function shelve(
  forest: readonly Tree[],
  stacked: number,
  limit: number,
  m: Measures,
  shelfGap: number,
): Laid & { length: number; depth: number } {
  const laid: Laid = { rivers: new Map(), machines: new Map() };
  let along = 0;
  let across = 0;
  let shelf = 0;
  let length = 0;
  forest.forEach((tree, index) => {
    const own = lengthOf(tree, m);
    if (index > 0 && (index <= stacked || along + own > limit)) {
      across += shelf + shelfGap;
      along = 0;
      shelf = 0;
    }
    lay(tree, along, across, m, laid);
    along += own + GAP;
    length = Math.max(length, along - GAP);
    shelf = Math.max(shelf, depthOf(tree, m));
  });
  return { ...laid, length, depth: across + shelf };
}

/**
 * @param size of the sheet in CSS pixels: the layout fills it, or is larger and has to be shown smaller
 * @param moved places moved by hand; machines that hang on one river only go where it goes
 * @param before the layout that is shown now, which is kept to unless another is much better
 */
export function layoutNetwork(
  plan: NetworkPlan,
  size: { width: number; height: number },
  moved: Moved = {},
  before: Pick<NetworkLayout, 'ranks'> | null = null,
): NetworkLayout {
  const scaleOf = ({ width, height }: NetworkLayout) => Math.min(1, size.width / width, size.height / height);
  let best: NetworkLayout | null = null;
  for (const ranks of RANKS) {
    const layout = layoutWith(plan, size, moved, ranks);
    if (ranks === before?.ranks && best && scaleOf(best) < scaleOf(layout) * WORTH_MOVING) best = layout;
    else if (!best) best = layout;
    else {
      const gain = scaleOf(layout) / scaleOf(best);
      if (gain > (best.ranks === before?.ranks ? WORTH_MOVING : WORTH_STACKING)) best = layout;
    }
  }
  return best!;
}

function layoutWith(
  plan: NetworkPlan,
  size: { width: number; height: number },
  moved: Moved,
  ranks: number,
): NetworkLayout {
  const isAbove = size.width < NARROW_PX;
  const box = isAbove ? NARROW_BOX : BOX;
  const pad = isAbove ? NARROW_PAD : HOST_PAD;
  const gap = isAbove ? GAP / 2 : GAP;
  const boxAround = ({ x, y }: Point): Box => ({ x: x - box.width / 2, y: y - box.height / 2, ...box });
  const served = plan.hostCards.filter(({ river }) => river !== null);
  const inner = forestOf(plan, false, [...new Set(served.map(({ river }) => river!))]);
  const outer = forestOf(plan, true, [...new Set(plan.hostCards.flatMap(({ to }) => to ?? []))]);
  const known = new Set(plan.rivers.map(({ key }) => key));
  const uplinked = new Set(served.map(({ river }) => river));
  const stackedCount = inner.filter(({ river }) => uplinked.has(river)).length;
  const stacked = stackedCount <= MOST_STACKED ? stackedCount : 1;

  // Outside first, as it is: what is left is the host's.
  const outerMeasures = isAbove
    ? measuresOf(box.width, box.height, Math.max(ranks, 2), { x: 1, y: NARROW_LEADING }, gap)
    : measuresOf(box.height, box.width, 1, { x: 1, y: 0.8 }, gap, NAME_LEAD);
  const outside = shelve(
    outer,
    0,
    isAbove ? size.width - 2 * LAKE_PAD : Math.max(size.height - 2 * LAKE_PAD, 6 * outerMeasures.slot),
    outerMeasures,
    GAP,
  );
  const loneOutside = plan.machines.filter(
    (machine) => machine.isOutside && !outside.machines.has(machine.key),
  );
  const shore = isAbove ? NARROW_SHORE : LAKE_PAD;
  const hasLake = outside.rivers.size + loneOutside.length > 0;
  const lake = hasLake
    ? {
        along: Math.max(outside.length, outerMeasures.slot) + 2 * LAKE_PAD,
        across: outside.depth + LAKE_PAD + shore + (loneOutside.length > 0 ? outerMeasures.pitch : 0),
      }
    : null;
  const strait = lake ? lake.across + STRAIT : 0;

  const roomWidth = size.width - 2 * MARGIN - pad.left - pad.right - (isAbove ? 0 : strait);
  // Cards that serve nothing stand at the end of the border, away from the rivers.
  const idleCards = plan.hostCards.filter(({ river }) => river === null || !known.has(river));
  const idleHeight = idleCards.length > 0 ? CARD_PITCH * (isAbove ? 0.5 : idleCards.length) : 0;
  const roomHeight = size.height - 2 * MARGIN - pad.top - pad.bottom - idleHeight - (isAbove ? strait : 0);
  const arrange = (spread: Point, limit: number) => {
    const measures = measuresOf(box.width, box.height, ranks, spread, gap);
    return { measures, ...shelve(inner, stacked, limit, measures, GAP * 2 * spread.y) };
  };
  // As long as the widest tree must be, or as the room is; for many rivers, whatever fits the shape of the sheet best.
  const fit = (laid: { length: number; depth: number }) =>
    Math.min(roomWidth / Math.max(1, laid.length), roomHeight / Math.max(1, laid.depth));
  const limits = [1, 1.2, 1.4, 1.7, 2, 2.5, 3, 4, 5].map((factor) => roomWidth * factor);
  const limit = limits.reduce((a, b) =>
    fit(arrange({ x: 1, y: 1 }, b)) > 1.05 * fit(arrange({ x: 1, y: 1 }, a)) ? b : a,
  );
  const tight = arrange({ x: 1, y: 1 }, limit);
  const within = (value: number, most: number) => Math.max(1, Math.min(most, value));
  // Gaps take up what room is left; machines keep their size, so depth grows by a part of itself only.
  const room = { x: roomWidth, y: roomHeight * Math.max(1, tight.length / roomWidth) };
  const growth = arrange({ x: 1, y: 2 }, limit).depth - tight.depth;
  const spread = {
    x: within(room.x / Math.max(1, tight.length), 1.7),
    y: within(1 + (room.y - tight.depth) / Math.max(1, growth), 2.6),
  };
  const inside = spread.x === 1 && spread.y === 1 ? tight : arrange(spread, limit);

  const loneInside = plan.machines.filter(
    (machine) => !machine.isOutside && !inside.machines.has(machine.key),
  );
  const lonePerRow = Math.max(1, Math.floor(Math.max(inside.length, box.width) / (box.width + GAP)));
  const loneRows = Math.ceil(loneInside.length / lonePerRow);
  const hostWidth =
    pad.left + pad.right + Math.max(inside.length, box.width, isAbove ? idleCards.length * 70 : 0);
  const ownHeight =
    pad.top +
    pad.bottom +
    inside.depth +
    (loneRows > 0 ? loneRows * (box.height + GAP) + GAP : 0) +
    idleHeight;

  const lakeWidth = lake ? (isAbove ? lake.along : lake.across) : 0;
  const contentWidth = isAbove ? Math.max(lakeWidth, hostWidth) : lakeWidth + (lake ? STRAIT : 0) + hostWidth;
  const width = Math.max(size.width, contentWidth + 2 * MARGIN);
  // A country has the whole height of the sheet, whatever it is inhabited by.
  const hostHeight = Math.max(
    ownHeight,
    (size.height * width) / size.width - 2 * MARGIN - (isAbove && lake ? lake.across + STRAIT : 0),
  );
  const lakeHeight = lake
    ? isAbove
      ? lake.across
      : Math.max(lake.along, Math.min(hostHeight * 0.8, 460))
    : 0;
  const contentHeight = isAbove
    ? lakeHeight + (lake ? STRAIT : 0) + hostHeight
    : Math.max(lakeHeight, hostHeight);
  const height = Math.max(size.height, contentHeight + 2 * MARGIN);
  const left = (width - contentWidth) / 2;
  const top = (height - contentHeight) / 2;
  const host: Box = isAbove
    ? {
        x: (width - hostWidth) / 2,
        y: top + contentHeight - hostHeight,
        width: hostWidth,
        height: hostHeight,
      }
    : {
        x: left + contentWidth - hostWidth,
        y: (height - Math.max(hostHeight, contentHeight)) / 2,
        width: hostWidth,
        height: Math.max(hostHeight, contentHeight),
      };
  const lakeBox: Box | null = lake && {
    x: isAbove ? (width - lakeWidth) / 2 : left,
    y: isAbove ? top : (height - lakeHeight) / 2,
    width: lakeWidth,
    height: lakeHeight,
  };

  const shift = (key: string): Point => moved[key] ?? { x: 0, y: 0 };
  const rivers = new Map<string, River>();
  const machines = new Map<string, Box>();
  /** Where the leg of a machine in a rack comes down. */
  const racks = new Map<string, Point>();
  const carriedBy = new Map(
    plan.machines.map(({ key, cards }) => {
      const own = new Set(cards.filter((card) => card !== null));
      return [key, own.size === 1 ? [...own][0]! : null];
    }),
  );
  const put = (laid: Laid, at: (along: number, across: number) => Point) => {
    for (const [key, river] of laid.rivers) {
      const by = shift(key);
      const from = add(at(river.from, river.across), by);
      const to = add(at(river.to, river.across), by);
      rivers.set(key, { from, to });
    }
    for (const [key, { along, across, rack }] of laid.machines) {
      const river = carriedBy.get(key);
      const by = add(shift(key), river ? shift(river) : { x: 0, y: 0 });
      machines.set(key, boxAround(add(at(along, across), by)));
      if (rack !== null) racks.set(key, add(at(rack, across), by));
    }
  };
  put(inside, (along, across) => ({ x: host.x + pad.left + along, y: host.y + pad.top + across }));
  if (lakeBox)
    put(outside, (along, across) =>
      isAbove
        ? { x: lakeBox.x + LAKE_PAD + along, y: lakeBox.y + lakeBox.height - shore - across }
        : {
            x: lakeBox.x + lakeBox.width - LAKE_PAD - across,
            y: lakeBox.y + (lakeBox.height - outside.length) / 2 + along,
          },
    );
  // Machines with no cable in at all stand at the foot of the host, or at the far shore.
  loneInside.forEach(({ key }, index) =>
    machines.set(
      key,
      boxAround(
        add(shift(key), {
          x: host.x + pad.left + ((index % lonePerRow) + 0.5) * (box.width + GAP),
          y:
            host.y +
            pad.top +
            inside.depth +
            GAP +
            (Math.floor(index / lonePerRow) + 0.5) * (box.height + GAP),
        }),
      ),
    ),
  );
  loneOutside.forEach(({ key }, index) =>
    machines.set(
      key,
      boxAround(
        add(
          shift(key),
          isAbove
            ? {
                x: lakeBox!.x + LAKE_PAD + (index + 0.5) * outerMeasures.slot,
                y: lakeBox!.y + LAKE_PAD + box.height / 2,
              }
            : {
                x: lakeBox!.x + LAKE_PAD + box.width / 2,
                y: lakeBox!.y + LAKE_PAD + (index + 0.5) * outerMeasures.slot,
              },
        ),
      ),
    ),
  );

  const hostCards = placeHostCards(plan, host, rivers, isAbove);
  const legs = new Map<string, Leg>();
  for (const { key, cards } of plan.machines) {
    const own = machines.get(key)!;
    const plugged = cards.flatMap((river, card) => {
      const bed = river === null ? undefined : rivers.get(river);
      return bed ? [{ card, bed }] : [];
    });
    plugged.forEach(({ card, bed }) =>
      legs.set(legKey(key, card), legTo(own, bed, racks.get(key), spreadOf(plugged, card))),
    );
  }
  for (const card of plan.hostCards) {
    const own = hostCards.get(card.name)!;
    const bed = card.river === null ? undefined : rivers.get(card.river);
    const sea = card.to === null ? undefined : rivers.get(card.to);
    const centre = centreOf(own);
    if (bed) {
      // Straight on until near the river: its name stands beside it.
      const lead = isAbove ? 0 : Math.max(0, bed.from.x - centre.x - UPLINK_BEND);
      legs.set(uplinkKey(card.name), curveTo(centre, bed.from, isAbove, lead));
    }
    if (sea) {
      const to = nearest(sea, centre);
      legs.set(outerKey(card.name), curveTo(centre, to, isAbove));
    }
  }
  for (const { key, between } of plan.cables) {
    const [a, b] = between.map((river) => rivers.get(river));
    if (!a || !b) continue;
    const from = nearest(a, middleOf(b));
    const to = nearest(b, from);
    legs.set(key, curveTo(from, to, isAbove));
  }
  return {
    width,
    height,
    outside: isAbove ? 'above' : 'left',
    ranks,
    host,
    lake: lakeBox && { box: lakeBox, d: shoreOf(lakeBox) },
    rivers,
    machines,
    hostCards,
    legs,
  };
}

/** On the border: beside the river they serve, those of a bond one above the other; the others at the end of it. */
function placeHostCards(
  plan: NetworkPlan,
  host: Box,
  rivers: ReadonlyMap<string, River>,
  isAbove: boolean,
): Map<string, Box> {
  const boxes = new Map<string, Box>();
  const taken: number[] = [];
  const idle: string[] = [];
  const free = (wanted: number): number => {
    let at = wanted;
    while (taken.some((other) => Math.abs(other - at) < HOST_CARD.height + 6)) at += 4;
    taken.push(at);
    return at;
  };
  const put = (name: string, at: number) =>
    boxes.set(name, {
      x: (isAbove ? at : host.x) - HOST_CARD.width / 2,
      y: (isAbove ? host.y : at) - HOST_CARD.height / 2,
      width: HOST_CARD.width,
      height: HOST_CARD.height,
    });
  for (const { name, river } of plan.hostCards) {
    const bed = river === null ? undefined : rivers.get(river);
    if (!bed) {
      idle.push(name);
      continue;
    }
    const bond = plan.hostCards.filter((card) => card.river === river);
    const offset = (bond.findIndex((card) => card.name === name) - (bond.length - 1) / 2) * CARD_PITCH;
    if (isAbove) put(name, free(Math.max(host.x + 40, bed.from.x - 30 + offset)));
    else put(name, free(Math.max(host.y + CARD_PITCH / 2, bed.from.y + offset)));
  }
  idle.forEach((name, index) =>
    put(
      name,
      isAbove
        ? free(host.x + host.width - 40 - (idle.length - 1 - index) * 70)
        : free(host.y + host.height - CARD_PITCH * (idle.length - index - 0.25)),
    ),
  );
  return boxes;
}

const add = (a: Point, b: Point): Point => ({ x: a.x + b.x, y: a.y + b.y });
export const centreOf = ({ x, y, width, height }: Box): Point => ({ x: x + width / 2, y: y + height / 2 });
const middleOf = ({ from, to }: River): Point => ({ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 });
const clamp = (value: number, a: number, b: number): number =>
  Math.max(Math.min(a, b), Math.min(Math.max(a, b), value));
/** The point of a river that is nearest to a place. */
export const nearest = ({ from, to }: River, place: Point): Point =>
  from.y === to.y
    ? { x: clamp(place.x, from.x, to.x), y: from.y }
    : { x: from.x, y: clamp(place.y, from.y, to.y) };
/** Legs of one machine that go the same way stand side by side: −1 … 1 of half its edge. */
const spreadOf = (plugged: readonly { card: number }[], card: number): number => {
  const index = plugged.findIndex((one) => one.card === card);
  return plugged.length < 2 ? 0 : (index / (plugged.length - 1)) * 1.2 - 0.6;
};

const CURVE_STEPS = 16;
/** A soft curve that leaves and arrives in the direction of the strait; for so much of the way it does not bend. */
function curveTo(start: Point, to: Point, isAbove: boolean, lead = 0): Leg {
  const from = { x: start.x + (isAbove ? 0 : lead), y: start.y + (isAbove ? lead : 0) };
  const link = isAbove ? linkVertical() : linkHorizontal();
  const d = link({ source: [from.x, from.y], target: [to.x, to.y] })!;
  // The same Bézier curve: its two control points lie half-way across.
  const points = Array.from({ length: CURVE_STEPS + 1 }, (_, step) => {
    const t = step / CURVE_STEPS;
    const ease = t * t * (3 - 2 * t);
    const half = 1.5 * t * (1 - t) + t ** 3;
    return isAbove
      ? { x: from.x + (to.x - from.x) * ease, y: from.y + (to.y - from.y) * half }
      : { x: from.x + (to.x - from.x) * half, y: from.y + (to.y - from.y) * ease };
  });
  if (lead === 0) return { from, to, d, points };
  return { from: start, to, d: `M${start.x} ${start.y}L${d.slice(1)}`, points: [start, ...points] };
}
const straight = (points: readonly Point[]): Leg => ({
  from: points[0]!,
  to: points.at(-1)!,
  d: polyline(points),
  points,
});
export const polyline = (points: readonly Point[]): string =>
  points.length === 0 ? '' : `M${points.map(({ x, y }) => `${round(x)} ${round(y)}`).join('L')}`;
const round = (value: number): number => Math.round(value * 10) / 10;

/** From the edge of a machine, straight where it can be, else by two corners in the gap before the river. */
function legTo(box: Box, bed: River, rack: Point | undefined, side: number): Leg {
  const isLevel = bed.from.y === bed.to.y;
  const centre = centreOf(box);
  if (rack) {
    // Beside a rack of machines: in from the leg, which comes from the river.
    const to = nearest(bed, rack);
    const from = isLevel
      ? { x: rack.x < centre.x ? box.x : box.x + box.width, y: centre.y }
      : { x: centre.x, y: rack.y < centre.y ? box.y : box.y + box.height };
    const corner = isLevel ? { x: to.x, y: from.y } : { x: from.x, y: to.y };
    return straight([from, corner, to]);
  }
  if (isLevel) {
    const isBelow = bed.from.y > centre.y;
    const x = centre.x + (side * box.width) / 2;
    const from = { x, y: isBelow ? box.y + box.height : box.y };
    const inset = Math.min(14, Math.abs(bed.to.x - bed.from.x) / 4);
    const to = { x: clamp(x, bed.from.x + inset, bed.to.x - inset), y: bed.from.y };
    if (Math.abs(to.x - x) < 0.5) return straight([from, to]);
    const lane = from.y + (to.y - from.y) * 0.45;
    return straight([from, { x, y: lane }, { x: to.x, y: lane }, to]);
  }
  const isRight = bed.from.x > centre.x;
  const y = centre.y + (side * box.height) / 2;
  const from = { x: isRight ? box.x + box.width : box.x, y };
  const inset = Math.min(8, Math.abs(bed.to.y - bed.from.y) / 4);
  const to = { x: bed.from.x, y: clamp(y, bed.from.y + inset, bed.to.y - inset) };
  if (Math.abs(to.y - y) < 0.5) return straight([from, to]);
  const lane = from.x + (to.x - from.x) * 0.45;
  return straight([from, { x: lane, y }, { x: lane, y: to.y }, to]);
}

/** A shore: the box with its corners worn round, a little uneven, always in the same way. */
function shoreOf(box: Box): string {
  const wear = [0, 0.06, 0.02, 0.08, 0.03, 0.07, 0.01, 0.05];
  const edge = [
    [0.12, 0.02],
    [0.5, 0],
    [0.88, 0.02],
    [1, 0.14],
    [0.99, 0.5],
    [1, 0.86],
    [0.88, 0.98],
    [0.5, 1],
    [0.12, 0.98],
    [0.01, 0.86],
    [0, 0.5],
    [0.01, 0.14],
  ].map(([x, y], index): [number, number] => {
    const worn = 1 + wear[index % wear.length]!;
    return [
      box.x + box.width * (0.5 + (x! - 0.5) * worn * 1.03),
      box.y + box.height * (0.5 + (y! - 0.5) * worn),
    ];
  });
  return line().curve(curveBasisClosed)(edge)!;
}
