/**
 * What the host does with a page that the balloon driver has pinned: gives its machine page to others and annotates the
 * entry. A page that the driver gives back is as if never touched (OSDI'02 section 3.2).
 */
import { add } from '../kernel/header';
import { Field } from '../shared/columns';
import { Backing, setEntry } from './guest-pages';
import { unback } from './sharing';

export function giveUp(vm: u32, page: u32): void {
  unback(vm, page);
  setEntry(vm, page, Backing.ballooned, 0);
  add(Field.balloonPages, 1);
}

export function takeBack(vm: u32, page: u32): void {
  setEntry(vm, page, Backing.untouched, 0);
  add(Field.balloonPages, -1);
}
