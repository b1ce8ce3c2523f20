/**
 * An order for moving many servers whose services need each other: what has to go together, what comes first, when each
 * is copied, and what an order of somebody's own breaks. Pure; the same park gives the same plan.
 */

/** A server as the plan sees it. */
export interface Move {
  id: string;
  /** Servers whose services it needs: each is to be moved no later than in the same window. */
  needs: readonly string[];
  /** How long it is down for its copy. */
  seconds: number;
}

/** Servers that need each other in a circle move together, or not at all; any other is alone in its group. */
export interface Group {
  members: readonly string[];
  /** One way round, the first named again at the end; empty for a server alone. */
  circle: readonly string[];
  /** 0 for what needs nobody; otherwise one more than the latest group that it needs. */
  wave: number;
  seconds: number;
}

/** A need that names no server of the park. */
export interface Unknown {
  id: string;
  needs: string;
}

export interface Grouping {
  /** By wave, then as the park lists them. */
  groups: readonly Group[];
  unknown: readonly Unknown[];
}

/**
 * The groups of a park and their waves (Tarjan's strongly connected components, 1972). Moved wave by wave, no server
 * ever needs one that comes after it.
 */
export function groupsOf(park: readonly Move[]): Grouping {
  const place = new Map(park.map(({ id }, index) => [id, index]));
  const unknown: Unknown[] = [];
  const needs = park.map(({ id, needs }) =>
    [...new Set(needs)].flatMap((name) => {
      const index = place.get(name);
      if (index === undefined) unknown.push({ id, needs: name });
      return index === undefined ? [] : [index];
    }),
  );
  const components = componentsOf(needs);
  const waveOf: number[] = [];
  // A component is found after everything that it needs.
  const groups = components.map((members): Group => {
    const inside = new Set(members);
    const wave = Math.max(
      0,
      ...members.flatMap((member) =>
        needs[member]!.filter((need) => !inside.has(need)).map((need) => waveOf[need]! + 1),
      ),
    );
    for (const member of members) waveOf[member] = wave;
    const named = members.toSorted((a, b) => a - b);
    return {
      members: named.map((index) => park[index]!.id),
      circle: circleIn(named, needs).map((index) => park[index]!.id),
      wave,
      seconds: members.reduce((sum, index) => sum + park[index]!.seconds, 0),
    };
  });
  const first = ({ members }: Group) => place.get(members[0]!)!;
  return {
    groups: groups.sort((a, b) => a.wave - b.wave || first(a) - first(b)),
    unknown,
  };
}

function componentsOf(needs: readonly (readonly number[])[]): number[][] {
  const found: number[][] = [];
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const stack: number[] = [];
  const open = new Set<number>();
  const visit = (node: number): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    open.add(node);
    for (const need of needs[node]!) {
      if (!index.has(need)) visit(need);
      if (open.has(need)) low.set(node, Math.min(low.get(node)!, low.get(need)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const members = stack.splice(stack.indexOf(node));
    for (const member of members) open.delete(member);
    found.push(members);
  };
  needs.forEach((_, node) => {
    if (!index.has(node)) visit(node);
  });
  return found;
}

/** The shortest way from the first member back to itself, within its component. */
function circleIn(members: readonly number[], needs: readonly (readonly number[])[]): number[] {
  const start = members[0]!;
  const inside = new Set(members);
  const ways: number[][] = [[start]];
  const seen = new Set<number>();
  for (const way of ways)
    for (const need of needs[way.at(-1)!]!) {
      if (need === start) return [...way, start];
      if (!inside.has(need) || seen.has(need)) continue;
      seen.add(need);
      ways.push([...way, need]);
    }
  return [];
}

/** One server's copy: in which window, and in seconds since that window opened. The time between windows is not counted. */
export interface Slot {
  id: string;
  /** 0 for the first window. */
  window: number;
  from: number;
  to: number;
}

export interface Schedule {
  slots: readonly Slot[];
  windows: number;
  /** Groups longer than a whole window: they cannot be moved, nor can what needs them. */
  tooLong: readonly Group[];
  /** Servers left where they are because of these. */
  left: readonly string[];
}

/** What is moved when: one copy at a time, for all go through one card; a group never over two windows. */
export function schedule(park: readonly Move[], windowSeconds: number): Schedule {
  const moves = new Map(park.map((move) => [move.id, move]));
  const left = new Set<string>();
  const slots: Slot[] = [];
  const tooLong: Group[] = [];
  let window = 0;
  let at = 0;
  for (const group of groupsOf(park).groups) {
    const isLong = group.seconds > windowSeconds;
    if (isLong) tooLong.push(group);
    if (isLong || group.members.some((id) => moves.get(id)!.needs.some((need) => left.has(need)))) {
      for (const id of group.members) left.add(id);
      continue;
    }
    if (at + group.seconds > windowSeconds) {
      window += 1;
      at = 0;
    }
    for (const id of group.members) {
      const { seconds } = moves.get(id)!;
      slots.push({ id, window, from: at, to: at + seconds });
      at += seconds;
    }
  }
  const windows = slots.length === 0 ? 0 : window + 1;
  return {
    slots,
    windows,
    tooLong,
    left: [...left].filter((id) => !tooLong.some((g) => g.members.includes(id))),
  };
}

export interface Packing {
  slots: readonly Slot[];
  windows: number;
  /** Circles whose members an order sends in different windows. */
  split: readonly Group[];
  /** What is longer than a whole window, a server or a circle sent in one go; it gets a window of its own and overruns it. */
  tooLong: readonly (readonly string[])[];
}

/** When each is moved if the park is moved in an order of somebody's own; a circle stays together where the order has it so. */
export function packed(park: readonly Move[], order: readonly string[], windowSeconds: number): Packing {
  const moves = new Map(park.map((move) => [move.id, move]));
  const groups = groupsOf(park).groups.filter(({ members }) => members.length > 1);
  const groupOf = (id: string) => groups.find(({ members }) => members.includes(id));
  const blocks: string[][] = [];
  for (const id of order) {
    const last = blocks.at(-1)?.at(-1);
    const group = groupOf(id);
    if (group && last !== undefined && groupOf(last) === group) blocks.at(-1)!.push(id);
    else blocks.push([id]);
  }
  const slots: Slot[] = [];
  const tooLong: string[][] = [];
  let window = 0;
  let at = 0;
  for (const block of blocks) {
    const seconds = block.reduce((sum, id) => sum + (moves.get(id)?.seconds ?? 0), 0);
    if (seconds > windowSeconds) tooLong.push(block);
    if (at > 0 && at + seconds > windowSeconds) {
      window += 1;
      at = 0;
    }
    for (const id of block) {
      const to = at + (moves.get(id)?.seconds ?? 0);
      slots.push({ id, window, from: at, to });
      at = to;
    }
  }
  const windowOf = new Map(slots.map((slot) => [slot.id, slot.window]));
  const split = groups.filter(({ members }) => new Set(members.map((id) => windowOf.get(id))).size > 1);
  return { slots, windows: slots.length === 0 ? 0 : window + 1, split, tooLong };
}

/** A server that an order moves before one that it needs. */
export interface Break {
  id: string;
  needs: string;
}

/** What an order of somebody's own breaks; two of one circle may stand in either order. */
export function breaksOf(park: readonly Move[], order: readonly string[]): Break[] {
  const place = new Map(order.map((id, index) => [id, index]));
  const group = new Map(groupsOf(park).groups.flatMap((g) => g.members.map((id) => [id, g] as const)));
  return park.flatMap(({ id, needs }) =>
    [...new Set(needs)]
      .filter((need) => group.has(need) && group.get(need) !== group.get(id))
      .filter((need) => (place.get(need) ?? Infinity) > (place.get(id) ?? Infinity))
      .map((need) => ({ id, needs: need })),
  );
}
