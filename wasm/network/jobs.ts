/**
 * What a station was told to do, or does by itself: ping an address, look up a name, fetch a file, open the share. A job is
 * a row of 32 words; it ends with an event, and its row keeps what it found until another job takes it.
 */
import { record } from '../kernel/events';
import { get } from '../kernel/header';
import { Field } from '../shared/columns';
import { EventKind } from '../shared/events';
import { NodeField } from '../shared/network';
import { Reason } from '../shared/reasons';
import { NetEvent, netEvent, netSchedule } from './links';
import { bitsTimer, inBackground, interrupted, resumesAt } from './roles/bits';
import { startDownload, nameFound } from './roles/http';
import { proxyNameFound } from './roles/proxy';
import { startShare } from './roles/share';
import { startVpn } from './roles/pptp';
import { startPxe } from './roles/dhcp';
import { startLookup, askAgainName } from './roles/dns';
import { startTftp, tftpTimer } from './roles/tftp';
import { abort } from './stack/tcp';
import { ping } from './stack/icmp';
import { JOB_WORDS, jobPtr, net, Net, nodeGet, setNet } from './tables';
import { Job, JobKind, JobState, Failure } from '../shared/network-rows';
export { Job, JobKind, JobState, Failure };

export const NO_JOB: u32 = 0xffff_ffff;
/** A lookup that nobody waits for any more. */
export const NOBODY: u32 = 0xffff_ffff;
const MS: u64 = 1_000_000;
/** Windows waits four seconds for an echo. */
const PING_MS: u64 = 4000;

export function jobCell(job: u32, word: Job): usize {
  return jobPtr + (<usize>job * JOB_WORDS + <usize>word) * 4;
}
export function jobGet(job: u32, word: Job): u32 {
  return load<u32>(jobCell(job, word));
}
export function jobSet(job: u32, word: Job, value: u32): void {
  store<u32>(jobCell(job, word), value);
}
export function jobGet64(job: u32, word: Job): u64 {
  return load<u64>(jobCell(job, word));
}
export function jobSet64(job: u32, word: Job, value: u64): void {
  store<u64>(jobCell(job, word), value);
}

/** A row for a job: never used, else the one that ended longest ago. */
function take(): u32 {
  const used = <u32>net(Net.jobs);
  if (used < <u32>net(Net.maxJobs)) {
    setNet(Net.jobs, used + 1);
    return used;
  }
  let oldest = NO_JOB;
  let when = u64.MAX_VALUE;
  for (let job: u32 = 0; job < used; job++) {
    if (jobGet(job, Job.state) == JobState.running || jobGet(job, Job.planned) != 0) continue;
    if (jobGet64(job, Job.ended) < when) {
      when = jobGet64(job, Job.ended);
      oldest = job;
    }
  }
  return oldest;
}

export function newJob(kind: JobKind, node: u32, address: u32, port: u32, host: u32, path: u32): u32 {
  const job = take();
  if (job == NO_JOB) return NO_JOB;
  // An entry of the row's last job may still wait in the queue: it is known by its time.
  memory.fill(jobCell(job, Job.kind), 0, JOB_WORDS * 4);
  jobSet(job, Job.kind, kind);
  jobSet(job, Job.node, node);
  jobSet(job, Job.state, JobState.running);
  jobSet(job, Job.address, address);
  jobSet(job, Job.port, port);
  jobSet(job, Job.host, host);
  jobSet(job, Job.path, path);
  jobSet64(job, Job.started, get(Field.timeNs));
  return job;
}

/** A job that a command asks for: now, or planned. @returns its number; NO_JOB when it makes no sense, or all rows are at work. */
export function addJob(
  kind: JobKind,
  node: u32,
  address: u32,
  port: u32,
  host: u32,
  path: u32,
  planned: bool,
  afterMs: u32,
  everySeconds: u32,
): u32 {
  if (kind == JobKind.none || kind > JobKind.pxe || port > 65_535) return NO_JOB;
  if (host > <u32>net(Net.texts) || path > <u32>net(Net.texts)) return NO_JOB;
  if (host == 0 && kind != JobKind.pxe && (address == 0 || kind == JobKind.lookup)) return NO_JOB;
  if (path == 0 && (kind == JobKind.download || kind == JobKind.tftp)) return NO_JOB;
  return planned
    ? planJob(kind, node, address, port, host, path, afterMs, everySeconds)
    : startJob(kind, node, address, port, host, path);
}

/** A download's body, but for its beginning, is to move as a flow (flows.ts), of at most `limitKbps` (0: what it gets). */
export function setBulk(job: u32, limitKbps: u32): Reason {
  if (job >= <u32>net(Net.jobs) || jobGet(job, Job.kind) != JobKind.download) return Reason.jobInvalid;
  jobSet(job, Job.bulk, 1);
  jobSet(job, Job.limitKbps, limitKbps);
  return Reason.none;
}

/** A download is done in the background (roles/bits.ts). */
export function setBackground(job: u32): Reason {
  if (job >= <u32>net(Net.jobs) || jobGet(job, Job.kind) != JobKind.download) return Reason.jobInvalid;
  jobSet(job, Job.background, 1);
  return Reason.none;
}

/** Begins a job. @returns its number; NO_JOB when all rows are at work. */
export function startJob(kind: JobKind, node: u32, address: u32, port: u32, host: u32, path: u32): u32 {
  const job = newJob(kind, node, address, port, host, path);
  if (job == NO_JOB) return job;
  begin(job);
  return job;
}

function begin(job: u32): void {
  const node = jobGet(job, Job.node);
  if (nodeGet(node, NodeField.up) == 0) return fail(job, Failure.stationDown);
  switch (jobGet(job, Job.kind)) {
    case JobKind.ping:
      return jobGet(job, Job.host) != 0 ? lookUpFor(job) : startPing(job);
    case JobKind.lookup:
      return startLookup(job);
    case JobKind.download:
      return startDownload(job);
    case JobKind.share:
      return jobGet(job, Job.host) != 0 ? lookUpFor(job) : startShare(job);
    case JobKind.tftp:
      return jobGet(job, Job.host) != 0 ? lookUpFor(job) : startTftp(job);
    case JobKind.vpn:
      return jobGet(job, Job.host) != 0 ? lookUpFor(job) : startVpn(job);
    case JobKind.pxe:
      return startPxe(job);
    default:
      return fail(job, Failure.badAnswer);
  }
}

/** A job that begins by itself `afterMs` after its station has come up, and again `everySeconds` after its end (0: once). */
export function planJob(
  kind: JobKind,
  node: u32,
  address: u32,
  port: u32,
  host: u32,
  path: u32,
  afterMs: u32,
  everySeconds: u32,
): u32 {
  const job = newJob(kind, node, address, port, host, path);
  if (job == NO_JOB) return job;
  jobSet(job, Job.planned, 1);
  jobSet(job, Job.afterMs, afterMs);
  jobSet(job, Job.everySeconds, everySeconds);
  jobSet(job, Job.state, JobState.waiting);
  if (nodeGet(node, NodeField.up) != 0) wake(job, afterMs);
  return job;
}

/** A station has come up: what it does by itself begins in its time. */
export function startPlanned(node: u32): void {
  const count = <u32>net(Net.jobs);
  for (let job: u32 = 0; job < count; job++) {
    if (jobGet(job, Job.node) != node) continue;
    if (jobGet(job, Job.resumes) != 0) {
      resumesAt(job);
      continue;
    }
    if (jobGet(job, Job.planned) == 0) continue;
    jobSet(job, Job.state, JobState.waiting);
    wake(job, jobGet(job, Job.afterMs));
  }
}

/** A station is gone: what it was doing has failed. Its connections are no more. */
export function stationJobsLost(node: u32): void {
  const count = <u32>net(Net.jobs);
  for (let job: u32 = 0; job < count; job++) {
    if (jobGet(job, Job.node) != node) continue;
    if (jobGet(job, Job.state) == JobState.running) {
      jobSet(job, Job.conn, 0);
      jobSet(job, Job.forJob, 0);
      if (jobGet(job, Job.kind) == JobKind.lookup) jobSet(job, Job.forConn, NOBODY);
      fail(job, Failure.stationDown);
    }
    jobSet64(job, Job.timerAt, 0);
  }
}

/** A station is no more. */
export function forgetJobs(node: u32): void {
  const count = <u32>net(Net.jobs);
  for (let job: u32 = 0; job < count; job++) {
    if (jobGet(job, Job.node) != node) continue;
    jobSet(job, Job.planned, 0);
    jobSet(job, Job.resumes, 0);
    jobSet(job, Job.everySeconds, 0);
    jobSet64(job, Job.timerAt, 0);
    if (jobGet(job, Job.state) == JobState.waiting) jobSet(job, Job.state, JobState.done);
  }
}

/** Asks for the address of a job's host first. */
export function lookUpFor(job: u32): void {
  const lookup = newJob(JobKind.lookup, jobGet(job, Job.node), 0, 0, jobGet(job, Job.host), 0);
  if (lookup == NO_JOB) return fail(job, Failure.noName);
  jobSet(lookup, Job.forJob, job + 1);
  startLookup(lookup);
}

function startPing(job: u32): void {
  jobSet(job, Job.sent, 1);
  jobSet(job, Job.id, job + 1);
  wake(job, PING_MS);
  if (!ping(jobGet(job, Job.node), jobGet(job, Job.address), job + 1, 1)) fail(job, Failure.unreachable);
}

/** An echo has come back. */
export function echoAnswered(node: u32, source: u32, id: u32, sequence: u32): void {
  const job = id - 1;
  if (id == 0 || job >= <u32>net(Net.jobs) || jobGet(job, Job.state) != JobState.running) return;
  if (jobGet(job, Job.kind) != JobKind.ping || jobGet(job, Job.node) != node || sequence != 1) return;
  if (jobGet(job, Job.address) != source) return;
  jobSet(job, Job.answered, 1);
  jobSet(job, Job.micros, <u32>((get(Field.timeNs) - jobGet64(job, Job.started)) / 1000));
  done(job);
}

/** A router says that an echo request could not be passed on. */
export function echoRefused(node: u32, source: u32, id: u32, sequence: u32, type: u32): void {
  const job = id - 1;
  if (id == 0 || job >= <u32>net(Net.jobs) || jobGet(job, Job.state) != JobState.running) return;
  if (jobGet(job, Job.kind) != JobKind.ping || jobGet(job, Job.node) != node || sequence != 1) return;
  jobSet(job, Job.status, type);
  fail(job, Failure.unreachable);
}

/** Wakes a job after so many milliseconds, and not before. One entry in the queue serves until it is due. */
export function wake(job: u32, ms: u64): void {
  jobSet64(job, Job.timerAt, get(Field.timeNs) + ms * MS);
  arm(job);
}

function arm(job: u32): void {
  const due = jobGet64(job, Job.timerAt);
  const queued = jobGet64(job, Job.queuedAt);
  if (queued != 0 && queued <= due) return;
  jobSet64(job, Job.queuedAt, due);
  netSchedule(netEvent(NetEvent.job, job), due);
}

export function jobTimer(job: u32): void {
  const now = get(Field.timeNs);
  if (jobGet64(job, Job.queuedAt) != now) return;
  jobSet64(job, Job.queuedAt, 0);
  const due = jobGet64(job, Job.timerAt);
  if (due == 0) return;
  if (due > now) return arm(job);
  jobSet64(job, Job.timerAt, 0);
  if (jobGet(job, Job.state) != JobState.running) {
    if (jobGet(job, Job.everySeconds) != 0 || jobGet(job, Job.state) == JobState.waiting) again(job);
    return;
  }
  const kind = jobGet(job, Job.kind);
  if (kind == JobKind.lookup) askAgainName(job);
  else if (kind == JobKind.download && inBackground(job)) bitsTimer(job);
  else if (kind == JobKind.tftp || (kind == JobKind.pxe && jobGet(job, Job.localPort) != 0)) tftpTimer(job);
  else fail(job, Failure.noAnswer);
}

/** The same once more. */
function again(job: u32): void {
  const resumes = jobGet(job, Job.resumes) != 0;
  jobSet(job, Job.state, JobState.running);
  jobSet(job, Job.resumes, 0);
  jobSet(job, Job.paused, 0);
  jobSet(job, Job.conn, 0);
  jobSet(job, Job.headerDone, 0);
  jobSet(job, Job.failure, 0);
  jobSet(job, Job.tries, 0);
  jobSet(job, Job.sent, 0);
  jobSet(job, Job.viaProxy, 0);
  jobSet(job, Job.flow, 0);
  jobSet(job, Job.localPort, 0);
  if (!resumes) {
    jobSet64(job, Job.bytes, 0);
    jobSet64(job, Job.started, get(Field.timeNs));
    jobSet(job, Job.length, 0);
    jobSet(job, Job.interruptions, 0);
  }
  begin(job);
}

function close(job: u32, state: JobState): u32 {
  jobSet(job, Job.state, state);
  jobSet64(job, Job.ended, get(Field.timeNs));
  jobSet64(job, Job.timerAt, 0);
  if (jobGet(job, Job.everySeconds) != 0) wake(job, <u64>jobGet(job, Job.everySeconds) * 1000);
  return <u32>((get(Field.timeNs) - jobGet64(job, Job.started)) / MS);
}

export function done(job: u32): void {
  const ms = close(job, JobState.done);
  jobSet(job, Job.times, jobGet(job, Job.times) + 1);
  jobSet64(job, Job.total, jobGet64(job, Job.total) + jobGet64(job, Job.bytes));
  if (jobGet(job, Job.kind) == JobKind.lookup && handOn(job)) return;
  const bytes = <u32>min<u64>(jobGet64(job, Job.bytes), 0xffff_ffff);
  const vm = nodeGet(jobGet(job, Job.node), NodeField.vm);
  record(EventKind.jobDone, Reason.none, vm, job, bytes, ms, 0);
}

export function fail(job: u32, why: Failure): void {
  if (inBackground(job) && jobGet(job, Job.kind) == JobKind.download && interrupted(job, why)) return;
  const ms = close(job, JobState.failed);
  jobSet(job, Job.failure, why);
  const conn = jobGet(job, Job.conn);
  jobSet(job, Job.conn, 0);
  if (conn != 0) abort(conn - 1);
  if (jobGet(job, Job.kind) == JobKind.lookup && handOn(job)) return;
  const vm = nodeGet(jobGet(job, Job.node), NodeField.vm);
  record(EventKind.jobFailed, Reason.none, vm, job, why, ms, 0);
}

/** A name was asked for on behalf of another: it goes on. @returns true when somebody waited. */
function handOn(lookup: u32): bool {
  const found = jobGet(lookup, Job.state) == JobState.done ? jobGet(lookup, Job.address) : 0;
  const waiting = jobGet(lookup, Job.forJob);
  if (waiting != 0) {
    const job = waiting - 1;
    if (jobGet(job, Job.state) != JobState.running) return true;
    if (found == 0) fail(job, Failure.noName);
    else {
      jobSet(job, Job.address, found);
      const kind = jobGet(job, Job.kind);
      if (kind == JobKind.ping) startPing(job);
      else if (kind == JobKind.share) startShare(job);
      else if (kind == JobKind.tftp) startTftp(job);
      else if (kind == JobKind.vpn) startVpn(job);
      else nameFound(job);
    }
    return true;
  }
  if (jobGet(lookup, Job.forConn) == NOBODY) return true;
  if (jobGet(lookup, Job.forConn) != 0) {
    proxyNameFound(jobGet(lookup, Job.forConn) - 1, found);
    return true;
  }
  return false;
}
