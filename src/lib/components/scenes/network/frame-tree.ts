/** The layers and fields of a frame as lines that open and close, and which of them a byte belongs to. */
import type { Dissection, Field, Layer } from '#lib/capture/dissect';
import type { Bytes } from '#lib/units';

export interface TreeLine {
  /** `2` is the third layer, `2.5.0` the first field in its sixth. */
  id: string;
  level: number;
  /** Place of its layer. */
  depth: number;
  layer: Layer;
  /** null: the line of the layer itself. */
  field: Field | null;
  hasInner: boolean;
}

const SEPARATOR = '.';
export const parentOf = (id: string): string | null => {
  const at = id.lastIndexOf(SEPARATOR);
  return at < 0 ? null : id.slice(0, at);
};

/** Every line, whether its parents are open or not. */
export function treeLines({ layers }: Dissection): TreeLine[] {
  const lines: TreeLine[] = [];
  const walk = (fields: readonly Field[], layer: Layer, depth: number, parent: string, level: number) =>
    fields.forEach((field, i) => {
      const id = `${parent}${SEPARATOR}${i}`;
      const inner = field.fields ?? [];
      lines.push({ id, level, depth, layer, field, hasInner: inner.length > 0 });
      walk(inner, layer, depth, id, level + 1);
    });
  layers.forEach((layer, depth) => {
    const id = String(depth);
    lines.push({ id, level: 1, depth, layer, field: null, hasInner: layer.fields.length > 0 });
    walk(layer.fields, layer, depth, id, 2);
  });
  return lines;
}

/** Lines whose parents are all open. */
export function openLines(lines: readonly TreeLine[], open: ReadonlySet<string>): TreeLine[] {
  return lines.filter(({ id }) => {
    for (let parent = parentOf(id); parent !== null; parent = parentOf(parent))
      if (!open.has(parent)) return false;
    return true;
  });
}

export const spanOf = ({ layer, field }: TreeLine): { offset: Bytes; length: Bytes } => field ?? layer;

/** The line of the smallest field that a byte belongs to. */
export function lineAtByte(lines: readonly TreeLine[], at: Bytes): TreeLine | null {
  let found: TreeLine | null = null;
  for (const line of lines) {
    const { offset, length } = spanOf(line);
    if (at < offset || at >= offset + length) continue;
    if (!found || length < spanOf(found).length || (length === spanOf(found).length && line.level === 2))
      found = line;
  }
  return found;
}
