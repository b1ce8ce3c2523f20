/**
 * Short lists that a station keeps: routes, rules, sessions, names, objects, leases. Rows of sixteen words in one table,
 * linked from the station; in the order in which they were added.
 */
import { NodeField } from '../shared/network';
import { LIST_WORDS, LISTS, listPtr, net, Net, nodeGet, nodeSet, setNet } from './tables';

/** Word of a row that names the next one + 1. */
const NEXT: u32 = 0;

export function listCell(row: u32, word: u32): usize {
  return listPtr + (<usize>row * LIST_WORDS + word) * 4;
}
export function listGet(row: u32, word: u32): u32 {
  return load<u32>(listCell(row, word));
}
export function listSet(row: u32, word: u32, value: u32): void {
  store<u32>(listCell(row, word), value);
}
export function nextRow(row: u32): u32 {
  return listGet(row, NEXT);
}

/** A row at the end of a station's list. @returns row + 1, 0 when the table is full. */
export function append(node: u32, head: NodeField): u32 {
  const free = <u32>net(Net.freeList);
  let row: u32;
  if (free != 0) {
    row = free - 1;
    setNet(Net.freeList, <u64>nextRow(row));
  } else {
    row = <u32>net(Net.lists);
    if (row >= LISTS) return 0;
    setNet(Net.lists, row + 1);
  }
  memory.fill(listCell(row, 0), 0, LIST_WORDS * 4);
  const first = nodeGet(node, head);
  if (first == 0) {
    nodeSet(node, head, row + 1);
    return row + 1;
  }
  let at = first - 1;
  while (nextRow(at) != 0) at = nextRow(at) - 1;
  listSet(at, NEXT, row + 1);
  return row + 1;
}

/** Takes away all rows of a station's list. */
export function clearList(node: u32, head: NodeField): void {
  while (nodeGet(node, head) != 0) removeRow(node, head, nodeGet(node, head) - 1);
}

export function removeRow(node: u32, head: NodeField, row: u32): void {
  let before = nodeGet(node, head);
  if (before == row + 1) nodeSet(node, head, nextRow(row));
  else {
    while (before != 0 && nextRow(before - 1) != row + 1) before = nextRow(before - 1);
    if (before == 0) return;
    listSet(before - 1, NEXT, nextRow(row));
  }
  listSet(row, NEXT, <u32>net(Net.freeList));
  setNet(Net.freeList, row + 1);
}
