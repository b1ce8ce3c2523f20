/**
 * Who needs whom, as a graph in columns: what needs nobody at the left, everything else right of all that it needs. Members of
 * a circle share a column and a frame. Pure: groups and needs in, geometry out.
 */
import { linkHorizontal } from 'd3';

export interface NeedsGroup {
  members: readonly string[];
  wave: number;
}

export interface NeedsGraph {
  width: number;
  height: number;
  nodes: ReadonlyMap<string, { x: number; y: number; width: number; height: number }>;
  links: readonly { from: string; to: string; d: string; isInCircle: boolean }[];
  /** Round the members of each circle. */
  frames: readonly { x: number; y: number; width: number; height: number }[];
}

const NODE_HEIGHT = 22;
const ROW = 30;
const PAD = 8;
/** Of a column, the part that names take. */
const NAME_PART = 0.66;

export function needsGraph(
  groups: readonly NeedsGroup[],
  needs: ReadonlyMap<string, readonly string[]>,
  width: number,
): NeedsGraph {
  const waves = 1 + Math.max(0, ...groups.map(({ wave }) => wave));
  const column = (width - PAD * 2) / waves;
  const nodes = new Map<string, { x: number; y: number; width: number; height: number }>();
  const frames: NeedsGraph['frames'][number][] = [];
  const filled = Array.from({ length: waves }, () => 0);
  const groupOf = new Map<string, NeedsGroup>();
  for (const group of groups) {
    const x = PAD + group.wave * column;
    const top = PAD + filled[group.wave]! * ROW;
    for (const id of group.members) {
      const y = PAD + filled[group.wave]! * ROW;
      nodes.set(id, { x, y, width: column * NAME_PART, height: NODE_HEIGHT });
      groupOf.set(id, group);
      filled[group.wave] = filled[group.wave]! + 1;
    }
    if (group.members.length > 1)
      frames.push({
        x: x - 4,
        y: top - 4,
        width: column * NAME_PART + 8,
        height: (group.members.length - 1) * ROW + NODE_HEIGHT + 8,
      });
  }
  const curve = linkHorizontal<unknown, [number, number]>();
  const links = [...needs].flatMap(([from, all]) =>
    all.flatMap((to) => {
      const [user, used] = [nodes.get(from), nodes.get(to)];
      if (!user || !used) return [];
      const isInCircle = groupOf.get(from) === groupOf.get(to);
      const d = isInCircle
        ? ''
        : (curve({
            source: [used.x + used.width, used.y + NODE_HEIGHT / 2],
            target: [user.x, user.y + NODE_HEIGHT / 2],
          }) ?? '');
      return [{ from, to, d, isInCircle }];
    }),
  );
  return { width, height: PAD * 2 + Math.max(...filled) * ROW, nodes, links, frames };
}
