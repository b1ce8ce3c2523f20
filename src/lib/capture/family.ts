/** Which frames are one packet: what a frame was before it was rewritten or copied, and what became of it. Pure. */

/** A frame, and the one that it was made from; 0: none. */
export interface Descent {
  readonly frame: number;
  readonly parent: number;
}

/** @param records in the order of the wire: a frame is made after the one it comes from, so one pass finds all of them */
export function familyOf(records: readonly Descent[], frame: number): ReadonlySet<number> {
  const parents = new Map(records.map((record) => [record.frame, record.parent]));
  let root = frame;
  for (let parent = parents.get(root); parent; parent = parents.get(root)) root = parent;
  const family = new Set([root]);
  for (const record of records) if (record.parent && family.has(record.parent)) family.add(record.frame);
  return family;
}
