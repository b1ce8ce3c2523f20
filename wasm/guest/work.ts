/**
 * Life after the boot: the workload's phases, the system's own unrest, the zero-page thread, and the guest's reclaim of
 * its own memory. It knows only its own pages; what the host does with them it feels as lost time.
 */
import { get, phaseNow, profile, vmAdd, vmGet, vmSet } from '../kernel/header';
import { record } from '../kernel/events';
import { access, freshContent, setGuestClass } from '../memory/guest-pages';
import { deviceWrites } from '../memory/io-pages';
import { Field, VmColumn } from '../shared/columns';
import { EventKind } from '../shared/events';
import { GuestClass, Phase, Profile } from '../shared/guest-classes';
import { Reason } from '../shared/reasons';
import { imageBlock, kernelPlan } from './boot';
import { cachePlace, exchange, fixedEnd, freeCount, freeStart, growCache, growZeroed, pageAt } from './lists';
import {
  allocateData,
  dataCount,
  freeData,
  isBacked,
  random,
  readContent,
  reclaimOwn,
  touchData,
  writePage,
} from './pages';
import { oweUs, STEP_MS } from './time';

/** File blocks that reads bring in start here in the image: beyond all that boots load. */
const READ_BASE: u32 = 0x40_0000;
/** A workload gives memory back so many times faster than it takes it: a process ends at once. */
const SHRINK_FACTOR: u64 = 64;
/** Pages that the guest reclaims in a step at most. */
const RECLAIM_LIMIT: u32 = 256;
const NS_PER_SECOND: u64 = 1_000_000_000;

/** Whole operations that a rate (thousandths a second) has earned in a step; the rest is kept. */
function earned(vm: u32, rate: u64, debt: VmColumn): u32 {
  const owed = <u64>vmGet(vm, debt) + rate * STEP_MS;
  vmSet(vm, debt, <u32>(owed % 1_000_000));
  return <u32>(owed / 1_000_000);
}

/** Wholes of the sum, each `permille` of the n-th: spread evenly, with no random draw. */
function isWrite(n: u32, permille: u32): bool {
  return ((n % 1000) * permille) % 1000 < permille;
}

function writeSome(vm: u32): void {
  const resident = vmGet(vm, VmColumn.privatePages);
  if (resident > 0) writePage(vm, pageAt(vm, fixedEnd(vm) + random(vm, resident)), freshContent());
}

/** One process gives a page back, another takes one. */
function turnOver(vm: u32): void {
  const resident = vmGet(vm, VmColumn.privatePages);
  const zeroed = vmGet(vm, VmColumn.zeroedPages);
  if (resident == 0 || zeroed == 0) return;
  const given = fixedEnd(vm) + random(vm, resident);
  const taken = fixedEnd(vm) + resident + random(vm, zeroed);
  writePage(vm, pageAt(vm, given), 0);
  setGuestClass(vm, pageAt(vm, given), GuestClass.zeroed);
  writePage(vm, pageAt(vm, taken), freshContent());
  setGuestClass(vm, pageAt(vm, taken), GuestClass.privateData);
  exchange(vm, given, taken);
}

/** A page of a program is written and becomes the process's own; another one is read from the image again. */
function dirty(vm: u32): void {
  const kernel = kernelPlan(vm);
  const fixed = fixedEnd(vm);
  const resident = vmGet(vm, VmColumn.privatePages);
  if (fixed <= kernel || resident == 0) return;
  const written = kernel + random(vm, fixed - kernel);
  const reread = fixed + random(vm, resident);
  const id = readContent(vm, pageAt(vm, written));
  writePage(vm, pageAt(vm, written), freshContent());
  setGuestClass(vm, pageAt(vm, written), GuestClass.privateData);
  writePage(vm, pageAt(vm, reread), id);
  setGuestClass(vm, pageAt(vm, reread), GuestClass.program);
  exchange(vm, written, reread);
}

/** Position of a block in a cache of `size` pages: linear hashing (Litwin, VLDB 1980), so that a page more or less moves one bucket only. */
function cachePosition(block: u32, size: u32): u32 {
  const whole: u32 = (<u32>0x8000_0000) >> clz(size);
  const wide = block & (whole * 2 - 1);
  return wide < size ? wide : block & (whole - 1);
}

/** A block of a file is read: found in the cache, or brought there from the disk. */
function readBlock(vm: u32, block: u32): void {
  const id = imageBlock(profile(vm, Profile.applicationImage), READ_BASE + block);
  let cache = vmGet(vm, VmColumn.cachePages);
  let place = cache > 0 ? cachePlace(vm, cachePosition(block, cache)) : 0;
  if (cache > 0 && isBacked(vm, pageAt(vm, place)) && readContent(vm, pageAt(vm, place)) == id)
    return vmAdd(vm, VmColumn.cacheHits, 1);
  vmAdd(vm, VmColumn.cacheMisses, 1);
  oweUs(vm, VmColumn.fileReadMs, phaseNow(vm, Phase.readUs));
  const blocks = phaseNow(vm, Phase.readPages);
  const limit = profile(vm, Profile.cacheLimitPages);
  if (
    cache < limit &&
    (blocks == 0 || cache < max(blocks, profile(vm, Profile.cachePages))) &&
    freeCount(vm) > profile(vm, Profile.lowWaterPages)
  ) {
    growCache(vm);
    cache++;
    place = cachePlace(vm, cachePosition(block, cache));
  }
  if (cache == 0) return;
  const page = pageAt(vm, place);
  writePage(vm, page, id);
  deviceWrites(vm, page);
}

/** Takes or gives back data until the workload holds what its phase wants. */
function adjustData(vm: u32, hot: u32): void {
  const wanted = profile(vm, Profile.privatePages) + phaseNow(vm, Phase.privatePages);
  const have = dataCount(vm);
  if (have == wanted) return;
  const rate = <u64>phaseNow(vm, Phase.growRate);
  if (have < wanted) {
    for (let n = min(earned(vm, rate, VmColumn.growDebt), wanted - have); n > 0; n--)
      if (vmGet(vm, VmColumn.stallMs) >= STEP_MS || !allocateData(vm, hot)) return;
  } else {
    for (let n = min(earned(vm, rate * SHRINK_FACTOR, VmColumn.growDebt), have - wanted); n > 0; n--)
      freeData(vm);
  }
}

function sweepPrograms(vm: u32, n: u32): void {
  const fixed = fixedEnd(vm);
  let place = vmGet(vm, VmColumn.programCursor);
  for (; n > 0; n--) {
    if (place >= fixed) place = 0;
    access(vm, pageAt(vm, place));
    place++;
  }
  vmSet(vm, VmColumn.programCursor, place);
}

/** @returns touches done. */
function sweepHot(vm: u32, n: u32, hot: u32, budgetUs: i32): u32 {
  if (hot == 0) return 0;
  const cost = <i32>phaseNow(vm, Phase.operationUs);
  const permille = phaseNow(vm, Phase.writePermille);
  let item = vmGet(vm, VmColumn.touchCursor);
  let done: u32 = 0;
  for (; done < n && left(vm, budgetUs) > 0; done++) {
    if (item >= hot) item = 0;
    touchData(vm, item, hot, isWrite(item, permille));
    item++;
    budgetUs -= cost;
  }
  vmSet(vm, VmColumn.touchCursor, item);
  return done;
}

/** @returns touches done. */
function touchCold(vm: u32, n: u32, hot: u32, budgetUs: i32): u32 {
  const cost = <i32>phaseNow(vm, Phase.operationUs);
  const permille = phaseNow(vm, Phase.writePermille);
  let done: u32 = 0;
  for (; done < n && left(vm, budgetUs) > 0; done++) {
    const count = dataCount(vm);
    if (count == 0) break;
    const item = random(vm, count);
    touchData(vm, item, hot, isWrite(item, permille));
    budgetUs -= cost;
  }
  return done;
}

/** @returns reads done. */
function readFiles(vm: u32, n: u32, budgetUs: i32): u32 {
  const cost = <i32>phaseNow(vm, Phase.operationUs);
  const blocks = phaseNow(vm, Phase.readPages);
  let done: u32 = 0;
  for (; done < n && left(vm, budgetUs) > 0; done++) {
    let block: u32;
    if (blocks != 0) block = random(vm, blocks);
    else {
      block = vmGet(vm, VmColumn.readCursor);
      vmSet(vm, VmColumn.readCursor, (block + 1) & 0x003f_ffff);
    }
    readBlock(vm, block);
    budgetUs -= cost;
  }
  return done;
}

/** Microseconds of this step that are left when what faults owe by now is taken off. */
function left(vm: u32, budgetUs: i32): i32 {
  return budgetUs - <i32>vmGet(vm, VmColumn.stallMs) * 1000;
}

/** Clears free pages while the guest has nothing else to do. */
export function zeroPages(vm: u32): void {
  const rate = <u64>profile(vm, Profile.zeroRate);
  if (rate == 0 || vmGet(vm, VmColumn.freePages) == 0) return;
  for (let n = rate / 10_000; n > 0 && vmGet(vm, VmColumn.freePages) > 0; n--) {
    if (vmGet(vm, VmColumn.stallMs) >= STEP_MS) return;
    writePage(vm, pageAt(vm, freeStart(vm)), 0);
    growZeroed(vm);
  }
}

function keepSomeFree(vm: u32, hot: u32): void {
  const low = profile(vm, Profile.lowWaterPages);
  if (freeCount(vm) >= low) return;
  for (let n: u32 = 0; n < RECLAIM_LIMIT && freeCount(vm) < low * 2; n++)
    if (vmGet(vm, VmColumn.stallMs) >= STEP_MS || !reclaimOwn(vm, hot)) return;
}

function secondsNow(): u32 {
  return <u32>(get(Field.timeNs) / NS_PER_SECOND);
}

/** A phase begins, unless an installer finds too little memory. */
export function startPhase(vm: u32, phase: u32): void {
  vmSet(vm, VmColumn.phase, phase);
  vmSet(vm, VmColumn.phaseMs, 0);
  vmSet(vm, VmColumn.phaseStart, secondsNow());
  vmSet(vm, VmColumn.touchCursor, 0);
  const needs = phaseNow(vm, Phase.needsPages);
  const pages = vmGet(vm, VmColumn.maxPages);
  if (needs > pages) record(EventKind.installRefused, Reason.notEnoughMemory, vm, needs, pages, 0, 0);
  else record(EventKind.phaseStarted, Reason.none, vm, phase, phaseNow(vm, Phase.durationMs), 0, 0);
}

function isRefused(vm: u32): bool {
  return phaseNow(vm, Phase.needsPages) > vmGet(vm, VmColumn.maxPages);
}

function advancePhase(vm: u32, wanted: u32, done: u32): void {
  const duration = phaseNow(vm, Phase.durationMs);
  if (duration == 0) return;
  vmAdd(vm, VmColumn.phaseMs, wanted == 0 ? STEP_MS : (STEP_MS * done + wanted / 2) / wanted);
  if (vmGet(vm, VmColumn.phaseMs) < duration) return;
  record(
    EventKind.phaseEnded,
    Reason.workFinished,
    vm,
    vmGet(vm, VmColumn.phase),
    secondsNow() - vmGet(vm, VmColumn.phaseStart),
    duration / 1000,
    0,
  );
  startPhase(vm, phaseNow(vm, Phase.next));
}

/** A step of the guest's life; `budgetUs` of it are not owed to earlier faults. */
export function workStep(vm: u32, budgetUs: i32): void {
  for (let n = earned(vm, profile(vm, Profile.writeRate), VmColumn.writeDebt); n > 0; n--) writeSome(vm);
  for (let n = earned(vm, profile(vm, Profile.turnoverRate), VmColumn.turnoverDebt); n > 0; n--) turnOver(vm);
  for (let n = earned(vm, profile(vm, Profile.dirtyRate), VmColumn.dirtyDebt); n > 0; n--) dirty(vm);
  let spare = budgetUs;
  if (!isRefused(vm)) {
    let hot = min(phaseNow(vm, Phase.hotPages), dataCount(vm));
    adjustData(vm, hot);
    // Data that was given back is not hot any more.
    hot = min(hot, dataCount(vm));
    sweepPrograms(vm, earned(vm, phaseNow(vm, Phase.programRate), VmColumn.programDebt));
    const touches = earned(vm, phaseNow(vm, Phase.touchRate), VmColumn.touchDebt);
    const cold = earned(vm, phaseNow(vm, Phase.coldRate), VmColumn.coldDebt);
    const reads = earned(vm, phaseNow(vm, Phase.readRate), VmColumn.readDebt);
    const cost = <i32>phaseNow(vm, Phase.operationUs);
    let done = sweepHot(vm, touches, hot, spare);
    spare -= <i32>done * cost;
    const coldDone = touchCold(vm, cold, hot, spare);
    spare -= <i32>coldDone * cost;
    const readsDone = readFiles(vm, reads, spare);
    spare -= <i32>readsDone * cost;
    done += coldDone + readsDone;
    const wanted = (hot == 0 ? 0 : touches) + cold + reads;
    vmAdd(vm, VmColumn.workWanted, wanted);
    vmAdd(vm, VmColumn.workDone, done);
    keepSomeFree(vm, hot);
    advancePhase(vm, wanted, done);
  }
  if (left(vm, spare) > 0) zeroPages(vm);
  // Waiting and idling overlap: what was not used of this step has paid for that much waiting.
  const stall = vmGet(vm, VmColumn.stallMs);
  const idle = spare > 0 ? <u32>spare / 1000 : 0;
  vmSet(vm, VmColumn.stallMs, stall > idle ? stall - idle : 0);
}
