/**
 * The machine page table: for every 4 KiB of real memory, who owns it and what it holds.
 *
 * Owner word (u32):   │ 31: shared │ 30…24: VM slot │ 23…0: guest page, or share frame when shared │
 *   VM slot 0: nobody. Then the low bits say: 0 free, else one of the RESERVED values.
 *   A shared page keeps the slot of the VM it was taken from, for the map's tint, until that VM writes to it;
 *   then COMMONS.
 * Content word (u32): content id (kernel/content.ts); of a free page: the next free page + 1.
 */
import { contentPtr, ownerPtr } from '../kernel/arena';
import { add, get, set } from '../kernel/header';
import { Field } from '../shared/columns';

export const SHARED_BIT: u32 = 0x8000_0000;
export const LOW_24: u32 = 0x00ff_ffff;
export const COMMONS: u32 = 127;

export const FREE: u32 = 0;
export const RESERVED_CONSOLE: u32 = 1;
export const RESERVED_VMKERNEL: u32 = 2;
/** Low bits of a VM's overhead pages: beyond any guest page. */
export const OVERHEAD: u32 = LOW_24;
export const NO_PAGE: u32 = 0xffff_ffff;

export function owner(machinePage: u32): u32 {
  return load<u32>(ownerPtr + ((<usize>machinePage) << 2));
}

export function setOwner(machinePage: u32, word: u32): void {
  store<u32>(ownerPtr + ((<usize>machinePage) << 2), word);
}

export function ownerVm(word: u32): u32 {
  return (word >> 24) & 127;
}

export function content(machinePage: u32): u32 {
  return load<u32>(contentPtr + ((<usize>machinePage) << 2));
}

export function setContent(machinePage: u32, id: u32): void {
  store<u32>(contentPtr + ((<usize>machinePage) << 2), id);
}

/** Takes a machine page: the one freed last, else the lowest never used. Cleared. NO_PAGE when none is free. */
export function allocate(ownerWord: u32): u32 {
  let page = <u32>get(Field.freeHead);
  if (page != 0) {
    page -= 1;
    set(Field.freeHead, content(page));
  } else {
    page = <u32>get(Field.neverUsed);
    if (<u64>page >= get(Field.hostPages)) return NO_PAGE;
    set(Field.neverUsed, page + 1);
  }
  setOwner(page, ownerWord);
  setContent(page, 0);
  add(Field.freePages, -1);
  return page;
}

/** Gives a machine page back. */
export function release(page: u32): void {
  assert(owner(page) != FREE);
  setOwner(page, FREE);
  setContent(page, <u32>get(Field.freeHead));
  set(Field.freeHead, <u64>page + 1);
  add(Field.freePages, 1);
}
