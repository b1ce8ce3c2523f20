/**
 * The host: opens a world and moves it on. The only place that knows every mechanism and orders them.
 * Order of things at one moment: events by time, then by the order in which they were scheduled; commands come
 * after every event of their moment (the engine sees to it by running to that moment first).
 */
import { ensureMemory, layOut, poolPtr, QUEUE_CAPACITY, queuePtr, statePtr } from '../kernel/arena';
import { record } from '../kernel/events';
import { add, get, option, set, setOptionValue, vmGet, vmSet } from '../kernel/header';
import { queueMinTime, queuePop, queueReset } from '../kernel/queue';
import { mix64, streamSeed } from '../kernel/random';
import { stepGuest } from '../guest/guest';
import { MAX_SWAP_PAGES } from '../shared/limits';
import { observe, reallocate, swapRound, tick } from '../policy/policy';
import { sampleStep } from '../policy/sampling';
import { mustDrain, networkTime, openNetwork, stepNetwork } from '../network/network';
import { networkBytes, setCapacities } from '../network/tables';
import { vmPower } from '../network/topology';
import { allocate, RESERVED_CONSOLE, RESERVED_VMKERNEL } from '../memory/machine';
import { chunksOf } from '../memory/pool';
import { scanNext } from '../memory/sharing';
import { Field, VmColumn, VmPower } from '../shared/columns';
import { EventKind } from '../shared/events';
import { EVENT_RING_RECORDS, MAX_HOST_PAGES, MAX_SAMPLES, MAX_VMS } from '../shared/limits';
import { MAX_NODES, MAX_PORTS } from '../shared/network';
import { Option } from '../shared/options';
import { Reason } from '../shared/reasons';
import { armScanner, armSwap, armTick, due, eventOf, EventType, scanRate, schedule } from './schedule';
import { fillOverhead } from './vm';

/** vmkernel's own memory: about 24 MiB (ESX 2.5 administration guide, p. 352). */
export const VMKERNEL_PAGES: u32 = 24 * 256;
/** Stream number of the scanner; VMs are 1 … MAX_VMS. */
const SCAN_STREAM: u64 = 1 << 32;
const SWAP_STREAM: u64 = (1 << 32) + 1;

/** Frames are named in sixteen bits where TCP keeps them (network/stack/early.ts). */
const MAX_FRAMES: u32 = 65_535;
const MAX_CONNECTIONS: u32 = 65_535;
const MAX_JOBS: u32 = 60_000;
const MAX_RINGS: u32 = 1024;
const MAX_TEXTS: u32 = 65_535;

/**
 * The world that will be opened has a network with room for so many of each: nodes and ports, frames on their way, TCP
 * connections, jobs, proxied connections, texts. Before openWorld; without it a world has no network and pays nothing.
 */
export function reserveNetwork(
  nodes: u32,
  ports: u32,
  frames: u32,
  connections: u32,
  jobs: u32,
  rings: u32,
  texts: u32,
): Reason {
  if (statePtr != 0) return Reason.worldOpen;
  if (nodes < 2 || nodes > <u32>MAX_NODES || ports < 2 || ports > <u32>MAX_PORTS)
    return Reason.networkTooLarge;
  if (frames < 16 || frames > MAX_FRAMES || connections < 1 || connections > MAX_CONNECTIONS)
    return Reason.networkTooLarge;
  if (jobs < 1 || jobs > MAX_JOBS || rings > MAX_RINGS || texts < 2 || texts > MAX_TEXTS)
    return Reason.networkTooLarge;
  setCapacities(nodes, ports, frames, connections, jobs, rings, texts);
  return Reason.none;
}

/** Opens a host with nothing on it. Once for each instance: a new world gets a new memory, which is all zeros. */
export function openWorld(pages: u32, consolePages: u32, swapPages: u32, seed: u32): Reason {
  if (statePtr != 0) return Reason.worldOpen;
  if (pages > <u32>MAX_HOST_PAGES) return Reason.hostMemoryTooLarge;
  if (consolePages + VMKERNEL_PAGES >= pages) return Reason.hostMemoryTooSmall;
  if (swapPages > <u32>MAX_SWAP_PAGES) return Reason.hostSwapTooLarge;
  if (!layOut(pages, chunksOf(swapPages), WITH_NETWORK ? networkBytes() : 0))
    return Reason.browserMemoryRefused;
  set(Field.seed, seed);
  set(Field.salt, mix64(<u64>seed + 0x2545f4914f6cdd1d));
  set(Field.hostPages, pages);
  set(Field.freePages, pages);
  set(Field.poolEnd, poolPtr);
  set(Field.swapPages, swapPages);
  set(Field.scanRandom, streamSeed(seed, SCAN_STREAM));
  set(Field.swapRandom, streamSeed(seed, SWAP_STREAM));
  setDefaults();
  for (let vm: u32 = 0; vm <= <u32>MAX_VMS; vm++) vmSet(vm, VmColumn.power, VmPower.absent);
  queueReset(queuePtr, QUEUE_CAPACITY);
  if (WITH_NETWORK) openNetwork(seed);
  for (let n: u32 = 0; n < consolePages; n++) allocate(RESERVED_CONSOLE);
  set(Field.consolePages, consolePages);
  for (let n: u32 = 0; n < VMKERNEL_PAGES; n++) allocate(RESERVED_VMKERNEL);
  set(Field.vmkernelPages, VMKERNEL_PAGES);
  return Reason.none;
}

function setDefaults(): void {
  setOptionValue(Option.shareScanVm, 50);
  setOptionValue(Option.shareScanTotal, 200);
  setOptionValue(Option.shareHashBits, 64);
  setOptionValue(Option.shareEnabled, 1);
  setOptionValue(Option.overheadBaseMib, 54);
  setOptionValue(Option.overheadVcpuMib, 10);
  setOptionValue(Option.overheadGibMib, 32);
  setOptionValue(Option.balancePeriod, 15);
  setOptionValue(Option.samplePeriod, 30);
  setOptionValue(Option.samplePages, 100);
  setOptionValue(Option.idleTax, 75);
  setOptionValue(Option.ctlMaxPercent, 50);
  setOptionValue(Option.freeHigh, 60);
  setOptionValue(Option.freeSoft, 40);
  setOptionValue(Option.freeHard, 20);
  setOptionValue(Option.freeLow, 10);
  setOptionValue(Option.freeMargin, 5);
  setOptionValue(Option.sampleSlowGain, 12);
  setOptionValue(Option.sampleFastGain, 60);
  setOptionValue(Option.swapOutRate, 5000);
  setOptionValue(Option.swapInMs, 8);
  setOptionValue(Option.guestFaultMs, 8);
  setOptionValue(Option.hotIoCopies, 16);
}

/** Smallest and largest value of an option. */
export function optionMin(which: Option): u32 {
  switch (which) {
    case Option.shareHashBits:
      return 8;
    case Option.balancePeriod:
    case Option.samplePeriod:
    case Option.samplePages:
    case Option.sampleSlowGain:
    case Option.sampleFastGain:
      return 1;
    default:
      return 0;
  }
}

export function optionMax(which: Option): u32 {
  switch (which) {
    case Option.shareScanVm:
    case Option.shareScanTotal:
      return 1_000_000;
    case Option.swapOutRate:
      return 40_000;
    case Option.shareHashBits:
      return 64;
    case Option.shareEnabled:
    case Option.traceTouches:
      return 1;
    case Option.overheadBaseMib:
    case Option.overheadVcpuMib:
    case Option.overheadGibMib:
      return 1024;
    case Option.balancePeriod:
    case Option.samplePeriod:
      return 600;
    case Option.samplePages:
      return MAX_SAMPLES;
    case Option.idleTax:
      return 99;
    case Option.ctlMaxPercent:
    case Option.sampleSlowGain:
    case Option.sampleFastGain:
    case Option.freeMargin:
      return 100;
    case Option.freeHigh:
    case Option.freeSoft:
    case Option.freeHard:
    case Option.freeLow:
      return 500;
    case Option.swapInMs:
    case Option.guestFaultMs:
    case Option.hotIoCopies:
      return 1000;
    default:
      return 0;
  }
}

export function setOption(which: Option, value: u32): Reason {
  if (which <= Option.none || which >= Option.count) return Reason.unknownOption;
  if (value < optionMin(which) || value > optionMax(which)) return Reason.optionOutOfRange;
  const before = option(which);
  setOptionValue(which, value);
  const cause = record(EventKind.optionChanged, Reason.command, 0, which, before, value, 0);
  armScanner();
  if (isPolicy(which)) settle(Reason.settingChange, cause);
  return Reason.none;
}

/** Options that targets or states depend on. */
function isPolicy(which: Option): bool {
  switch (which) {
    case Option.idleTax:
    case Option.ctlMaxPercent:
    case Option.freeHigh:
    case Option.freeSoft:
    case Option.freeHard:
    case Option.freeLow:
    case Option.freeMargin:
      return get(Field.runningVms) > 0;
    default:
      return false;
  }
}

/** Memory may have been taken: the policy looks at what is free. */
export function look(): void {
  observe();
  armSwap();
}

/** Something that the policy depends on was changed by a command: it is reconsidered now. */
export function settle(reason: Reason, cause: u32): void {
  observe();
  if (get(Field.runningVms) > 0) reallocate(reason, cause);
  armTick();
  armSwap();
}

/** A guest's next 100 ms; when they end its boot, it begins to use its network cards. */
function step(vm: u32): void {
  const boots = vmGet(vm, VmColumn.power) == VmPower.booting;
  sampleStep(vm, stepGuest(vm));
  if (WITH_NETWORK && boots && vmGet(vm, VmColumn.power) == VmPower.on) vmPower(vm, true);
}

function dispatch(payload: u32): void {
  const vm = payload & 0x00ff_ffff;
  switch (payload >> 24) {
    case EventType.guestStep:
      if (fillOverhead(vm)) step(vm);
      schedule(eventOf(EventType.guestStep, vm), due());
      break;
    case EventType.scan:
      set(Field.scanArmed, 0);
      // Sharing may have been switched off, or the last VM powered off, since the page was due.
      if (scanRate() != 0) scanNext();
      armScanner();
      // One page changes no state; whoever allocates next looks.
      return;
    case EventType.memoryTick:
      set(Field.tickArmed, 0);
      if (get(Field.runningVms) > 0) tick();
      armTick();
      break;
    default:
      set(Field.swapArmed, 0);
      swapRound();
      break;
  }
  observe();
  if (get(Field.hostState) != 0) armSwap();
}

/**
 * Events that one step of the queue may record, at most; a run stops before the ring could overflow. The most there is:
 * a booting Windows guest that loads and clears some 2000 pages in a step, each first touch traced; a step that has to
 * wait for memory ends after some 500 pages. A round of the swap daemon at its largest rate takes 4000 pages.
 */
const RING_MARGIN: u64 = 8192;

/**
 * Runs to `until` (ns), or until `budget` queue entries were processed or the event ring is nearly full of records
 * after `drained`, or the wire log must be read. At one moment the host comes before the network. @returns queue entries
 * processed; the world's time is `until` when nothing before it is left.
 */
export function run(until: u64, budget: u32, drained: u64): u32 {
  let done: u32 = 0;
  while (done < budget) {
    const ofHost = queueMinTime(queuePtr);
    const ofNetwork = WITH_NETWORK ? networkTime() : u64.MAX_VALUE;
    const time = min(ofHost, ofNetwork);
    if (time > until) {
      if (get(Field.timeNs) < until) set(Field.timeNs, until);
      break;
    }
    if (get(Field.eventSequence) - drained > <u64>EVENT_RING_RECORDS - RING_MARGIN) break;
    if (WITH_NETWORK && mustDrain()) break;
    set(Field.timeNs, time);
    if (!WITH_NETWORK || ofHost <= ofNetwork) dispatch(queuePop(queuePtr));
    else stepNetwork();
    done++;
  }
  add(Field.steps, done);
  return done;
}

/** Time of the next thing that will happen, or u64.MAX_VALUE. */
export function nextTime(): u64 {
  return WITH_NETWORK ? min(queueMinTime(queuePtr), networkTime()) : queueMinTime(queuePtr);
}

/** Bytes of state from `statePtr`: what a checkpoint copies and a fingerprint covers. */
export function stateBytes(): usize {
  return <usize>get(Field.poolEnd) - statePtr;
}

/** Makes room before a checkpoint of `bytes` of state is copied back. */
export function prepareRestore(bytes: usize): bool {
  // What lies behind the state of a smaller world must be zero again, as if it had never been used.
  const end = <usize>get(Field.poolEnd);
  if (end > statePtr + bytes) memory.fill(statePtr + bytes, 0, end - statePtr - bytes);
  return ensureMemory(statePtr + bytes);
}
