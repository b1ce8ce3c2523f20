import { describe, expect, it } from 'vitest';
import { needsGraph } from './needs-graph';

describe('a graph of needs', () => {
  const groups = [
    { members: ['dns', 'directory'], wave: 0 },
    { members: ['time'], wave: 0 },
    { members: ['web'], wave: 1 },
  ];
  const needs = new Map([
    ['dns', ['directory']],
    ['directory', ['dns']],
    ['time', []],
    ['web', ['dns', 'nobody']],
  ]);
  const graph = needsGraph(groups, needs, 600);

  it('puts what is needed left of what needs it', () => {
    for (const { from, to, isInCircle } of graph.links) {
      const [user, used] = [graph.nodes.get(from)!, graph.nodes.get(to)!];
      if (isInCircle) expect(user.x).toBe(used.x);
      else expect(used.x + used.width).toBeLessThan(user.x);
    }
  });

  it('lays no name over another, none outside, and frames circles only', () => {
    const boxes = [...graph.nodes.values()];
    for (const [i, a] of boxes.entries()) {
      expect(a.x + a.width).toBeLessThanOrEqual(graph.width);
      expect(a.y + a.height).toBeLessThanOrEqual(graph.height);
      for (const b of boxes.slice(i + 1))
        expect(
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y,
        ).toBe(true);
    }
    expect(graph.frames).toHaveLength(1);
    expect(graph.links.filter(({ isInCircle }) => isInCircle)).toHaveLength(2);
  });
});
