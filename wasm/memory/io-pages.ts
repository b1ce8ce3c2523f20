/**
 * Pages that devices use on hosts above 4 GiB (OSDI'02 section 7): a 32-bit PCI device reaches only the first 4 GiB, so
 * its data for a page above is copied. A small cache counts the copies of each page; a hot page changes places with a cold
 * one below. The threshold was not published.
 */
import { headerPtr, ioCachePtr } from '../kernel/arena';
import { record } from '../kernel/events';
import { add, get, option } from '../kernel/header';
import { below } from '../kernel/random';
import { Field } from '../shared/columns';
import { EventKind } from '../shared/events';
import { IO_CACHE_ENTRIES } from '../shared/limits';
import { Option } from '../shared/options';
import { Reason } from '../shared/reasons';
import { Backing, backing, entry, machinePageOf, setEntry } from './guest-pages';
import { content, FREE, LOW_24, OVERHEAD, owner, ownerVm, setContent, setOwner, SHARED_BIT } from './machine';

/** First machine page that a 32-bit device cannot reach. */
const LOW_PAGES: u32 = 1_048_576;
/** Draws for a page below 4 GiB to change places with. */
const DRAWS: u32 = 64;

/** A device writes a block to this page. */
export function deviceWrites(vm: u32, page: u32): void {
  const machinePage = machinePageOf(entry(vm, page));
  if (machinePage < LOW_PAGES) return;
  add(Field.bounceCopies, 1);
  const threshold = option(Option.hotIoCopies);
  if (threshold == 0) return;
  const word = (vm << 24) | page;
  const at = ioCachePtr + ((<usize>((word * 0x9e37_79b1) >> 22)) << 3);
  assert(IO_CACHE_ENTRIES == 1024);
  const copies = load<u32>(at) == word ? load<u32>(at, 4) + 1 : 1;
  store<u32>(at, word);
  store<u32>(at, copies, 4);
  if (copies < threshold || backing(entry(vm, page)) != Backing.privatePage) return;
  store<u64>(at, 0);
  moveBelow(vm, page, machinePage);
}

/** Exchanges the machine pages of two guest pages, each with its content: neither guest can tell. */
function moveBelow(vm: u32, page: u32, high: u32): void {
  const stream = headerPtr + <usize>Field.swapRandom * 8;
  for (let i: u32 = 0; i < DRAWS; i++) {
    const low = below(stream, min<u32>(LOW_PAGES, <u32>get(Field.neverUsed)));
    const word = owner(low);
    // Only a page of a guest's own has just one place that leads to it.
    if (word == FREE || (word & SHARED_BIT) != 0 || ownerVm(word) == 0 || (word & LOW_24) == OVERHEAD)
      continue;
    const bytes = content(low);
    setContent(low, content(high));
    setOwner(low, (vm << 24) | page);
    setEntry(vm, page, Backing.privatePage, low);
    setContent(high, bytes);
    setOwner(high, word);
    setEntry(ownerVm(word), word & LOW_24, Backing.privatePage, high);
    add(Field.pagesRemapped, 1);
    record(EventKind.pageRemapped, Reason.hotIo, vm, page, high, low, 0);
    return;
  }
}
