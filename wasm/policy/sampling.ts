/**
 * Active memory, estimated from outside (OSDI'02 section 5.3): in each period of a VM's own time a few random pages are
 * trapped; the part of them that the guest touches is the part of its memory that is active. Three averages over periods:
 * a slow one, a fast one, and the fast one with the period under way. The largest counts: up at once, down slowly.
 * How strongly they are smoothed was not published: the two gains are options.
 */
import { sampleRandomPtr } from '../kernel/arena';
import { record } from '../kernel/events';
import { option, vmAdd, vmGet, vmSet } from '../kernel/header';
import { below, streamSeed } from '../kernel/random';
import { entry, isTrapped, sampleRow, trap, untrap } from '../memory/guest-pages';
import { VmColumn } from '../shared/columns';
import { EventKind } from '../shared/events';
import { MAX_SAMPLES, MAX_VMS } from '../shared/limits';
import { Option } from '../shared/options';
import { Reason } from '../shared/reasons';

/** Stream numbers of the samplers: behind those of VMs. */
const SAMPLE_STREAM: u64 = 1 << 33;
/** Averages are fractions of a VM's memory in 1/65536. */
const ONE: u32 = 65_536;

function count(vm: u32): u32 {
  return load<u32>(sampleRow(vm));
}

function sampled(vm: u32, n: u32): u32 {
  return load<u32>(sampleRow(vm) + ((<usize>n + 1) << 2));
}

function stream(vm: u32): usize {
  return sampleRandomPtr + ((<usize>vm) << 3);
}

/** Ends what is left of the last period, and draws the pages of the next one. */
function draw(vm: u32): void {
  for (let n: u32 = 0; n < count(vm); n++) untrap(vm, sampled(vm, n));
  const pages = vmGet(vm, VmColumn.maxPages);
  const samples = min(option(Option.samplePages), pages / 2);
  store<u32>(sampleRow(vm), samples);
  for (let n: u32 = 0; n < samples;) {
    const page = below(stream(vm), pages);
    if (isTrapped(entry(vm, page))) continue;
    trap(vm, page);
    n++;
    store<u32>(sampleRow(vm) + ((<usize>n) << 2), page);
  }
  vmSet(vm, VmColumn.sampleTouched, 0);
  vmSet(vm, VmColumn.sampleMs, 0);
}

export function startSampling(vm: u32, seed: u64): void {
  if (load<u64>(stream(vm)) == 0) store<u64>(stream(vm), streamSeed(seed, SAMPLE_STREAM + vm));
  draw(vm);
  estimate(vm);
}

/** A VM that is off is not sampled; a VM that is gone leaves nothing. */
export function stopSampling(vm: u32): void {
  memory.fill(sampleRow(vm), 0, (MAX_SAMPLES + 1) * 4);
}

export function forgetSampling(vm: u32): void {
  assert(vm <= <u32>MAX_VMS);
  store<u64>(stream(vm), 0);
}

function average(before: u32, now: u32, gainPercent: u32): u32 {
  return <u32>(<i64>before + ((<i64>now - <i64>before) * <i64>gainPercent) / 100);
}

/** Part of the period's pages that were touched by now. */
function touchedPart(vm: u32): u32 {
  const samples = count(vm);
  return samples == 0 ? 0 : <u32>((<u64>vmGet(vm, VmColumn.sampleTouched) * ONE) / samples);
}

/** The three averages, the largest of them in pages. Until the first period is over a VM counts as using all it has. */
export function estimate(vm: u32): void {
  if (vmGet(vm, VmColumn.samplePeriods) == 0) {
    vmSet(vm, VmColumn.activePages, vmGet(vm, VmColumn.allocatedPages));
    return;
  }
  const fast = vmGet(vm, VmColumn.sampleFast);
  const now = average(fast, touchedPart(vm), option(Option.sampleFastGain));
  const most = max(max(vmGet(vm, VmColumn.sampleSlow), fast), now);
  vmSet(vm, VmColumn.activePages, <u32>((<u64>vmGet(vm, VmColumn.maxPages) * most) / ONE));
}

/** `ms` milliseconds of the VM's own time are over. */
export function sampleStep(vm: u32, ms: u32): void {
  vmAdd(vm, VmColumn.sampleMs, ms);
  if (vmGet(vm, VmColumn.sampleMs) < option(Option.samplePeriod) * 1000) return;
  const part = touchedPart(vm);
  const first = vmGet(vm, VmColumn.samplePeriods) == 0;
  const slow = first ? part : average(vmGet(vm, VmColumn.sampleSlow), part, option(Option.sampleSlowGain));
  const fast = first ? part : average(vmGet(vm, VmColumn.sampleFast), part, option(Option.sampleFastGain));
  vmSet(vm, VmColumn.sampleSlow, slow);
  vmSet(vm, VmColumn.sampleFast, fast);
  vmAdd(vm, VmColumn.samplePeriods, 1);
  const touched = vmGet(vm, VmColumn.sampleTouched);
  const samples = count(vm);
  draw(vm);
  estimate(vm);
  record(
    EventKind.activeEstimated,
    Reason.periodic,
    vm,
    touched,
    samples,
    vmGet(vm, VmColumn.activePages),
    0,
  );
}

/** Writes the pages under sampling, and whether each was touched, to `to` (two u32 each). @returns how many. */
export function listSamples(vm: u32, to: usize): u32 {
  const samples = count(vm);
  for (let n: u32 = 0; n < samples; n++) {
    const page = sampled(vm, n);
    store<u32>(to + ((<usize>n) << 3), page);
    store<u32>(to + ((<usize>n) << 3), isTrapped(entry(vm, page)) ? 0 : 1, 4);
  }
  return samples;
}
