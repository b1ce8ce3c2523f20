/**
 * Background Intelligent Transfer Service 2.0, the client: HTTP in pieces (ranges), from the byte where it stopped, with
 * what the machine's own network card has left. It sees that card and nothing beyond (Microsoft's documentation of BITS,
 * "Network Bandwidth"): each second it measures what others have brought in by it. While they need the card, it halves what
 * it takes, down to a little; when there is room it takes that again.
 *
 * A piece is what comes in a second at that pace. A piece under way moves on in frames; as a flow it is held to the pace.
 * After an interruption it waits ten minutes (IBackgroundCopyJob::SetMinimumRetryDelay, its default). How the pace is
 * found is not documented: halving, the parts below and the least are ours.
 */
import { get } from '../../kernel/header';
import { Field } from '../../shared/columns';
import { PortField } from '../../shared/network';
import { setPace, settled } from '../flows';
import { fail, Failure, Job, jobGet, jobGet64, JobKind, jobSet, jobSet64, JobState, wake } from '../jobs';
import { Conn, connGet, connSet } from '../stack/connection';
import { hopTo, NO_PORT, portTo } from '../stack/ip';
import { abort } from '../stack/tcp';
import { net, Net, portCount, portGet, portGet64, portSet, portSet64 } from '../tables';
import { JOB, PATIENCE_MS, reopen, startDownload } from './http';

const TICK_MS: u64 = 1000;
const RETRY_MS: u64 = 600_000;
/** After its machine has started again. */
const START_MS: u64 = 30_000;
const MS: u64 = 1_000_000;
/** A card is full from this part of its rate on; others need it from this part on; what BITS always takes. */
const FULL: f64 = 0.9;
const NEEDED: f64 = 0.01;
const LEAST_KBPS: f64 = 16;
/** Bytes of a frame for a byte of payload. */
const FRAME: f64 = 1514.0 / 1460.0;

/** `Job.paused`: it runs; it waits after an interruption; for its next second. */
enum Paused {
  no = 0,
  interrupted = 1,
  second = 2,
}

export function inBackground(job: u32): bool {
  return jobGet(job, Job.background) != 0;
}

/** The card by which a download comes, NO_PORT while it has no connection. */
function cardOf(job: u32): u32 {
  const conn = jobGet(job, Job.conn);
  const node = jobGet(job, Job.node);
  return conn == 0 ? NO_PORT : portTo(node, hopTo(node, connGet(conn - 1, Conn.remote)));
}

/** A connection for the next piece is being opened. */
export function pieceAsked(job: u32): void {
  const now = get(Field.timeNs);
  jobSet64(job, Job.askedAt, now);
  jobSet64(job, Job.heardAt, now);
  wake(job, TICK_MS);
}

/** The byte behind the next piece. */
export function pieceEnd(job: u32): u32 {
  const card = cardOf(job);
  const from = <u32>jobGet64(job, Job.bytes);
  if (card == NO_PORT) return from + 2048;
  look(card, jobGet(job, Job.node));
  // While there is room, downloads of one machine share it as TCP does.
  const kbps = <u64>portGet(card, PortField.bitsKbps) / (isHeld(card) ? running(card) : 1);
  const bytes = <u32>max<u64>(kbps * 125, 2048);
  return from + min(bytes, 0xffff_fffe - from);
}

/** Bytes of a piece have come, in frames. */
export function pieceHeard(job: u32, length: u32): void {
  jobSet64(job, Job.heardAt, get(Field.timeNs));
  const card = cardOf(job);
  if (card != NO_PORT) portCount(card, PortField.bitsRxBytes, length);
}

/** A piece is here: the next one follows in the next second. */
export function pieceDone(job: u32): void {
  const due = jobGet64(job, Job.askedAt) + TICK_MS * MS;
  const now = get(Field.timeNs);
  if (due <= now) return reopen(job);
  jobSet(job, Job.paused, Paused.second);
  wake(job, (due - now) / MS + 1);
}

/** A piece moves as a flow from now on. */
export function pieceFlows(job: u32): void {
  const card = cardOf(job);
  if (card != NO_PORT) hold(card, jobGet(job, Job.node));
}

/** The moment that a running job had asked for. */
export function bitsTimer(job: u32): void {
  const paused = jobGet(job, Job.paused);
  jobSet(job, Job.paused, Paused.no);
  if (paused == Paused.interrupted) return startDownload(job);
  if (paused == Paused.second) return reopen(job);
  const now = get(Field.timeNs);
  // A flow has a patience of its own.
  if (jobGet(job, Job.flow) != 0) jobSet64(job, Job.heardAt, now);
  if (now - jobGet64(job, Job.heardAt) >= PATIENCE_MS * MS) return fail(job, Failure.noAnswer);
  const card = cardOf(job);
  if (card != NO_PORT) look(card, jobGet(job, Job.node));
  wake(job, TICK_MS);
}

/**
 * It cannot go on. What has come is kept. @returns false when there is nothing to keep, or nothing to wait for: it has failed
 */
export function interrupted(job: u32, why: Failure): bool {
  const flow = jobGet(job, Job.flow);
  if (flow != 0) jobSet64(job, Job.bytes, jobGet64(job, Job.bytes) + settled(flow - 1));
  jobSet(job, Job.flow, 0);
  if (jobGet64(job, Job.bytes) == 0 || why == Failure.badAnswer) return false;
  const conn = jobGet(job, Job.conn);
  jobSet(job, Job.conn, 0);
  jobSet(job, Job.headerDone, 0);
  jobSet(job, Job.interruptions, jobGet(job, Job.interruptions) + 1);
  if (conn != 0) {
    connSet(conn - 1, JOB, 0);
    abort(conn - 1);
  }
  if (why == Failure.stationDown) {
    jobSet(job, Job.state, JobState.waiting);
    jobSet(job, Job.resumes, 1);
  } else {
    jobSet(job, Job.paused, Paused.interrupted);
    wake(job, RETRY_MS);
  }
  return true;
}

/** Its machine has started again: the service goes on where it was. */
export function resumesAt(job: u32): void {
  wake(job, START_MS);
}

/** What a card says that it carries, kbit/s. */
function rateOf(card: u32): u32 {
  return min(portGet(card, PortField.announcedMbps) * 1000, portGet(card, PortField.rateKbps));
}
function isHeld(card: u32): bool {
  return portGet(card, PortField.bitsKbps) < rateOf(card);
}

/** How many downloads of a card's machine run in the background. */
function running(card: u32): u32 {
  const node = portGet(card, PortField.node);
  const count = <u32>net(Net.jobs);
  let found: u32 = 0;
  for (let job: u32 = 0; job < count; job++)
    if (runs(job) && jobGet(job, Job.node) == node && cardOf(job) == card) found++;
  return max(found, 1);
}
function runs(job: u32): bool {
  return (
    jobGet(job, Job.kind) == JobKind.download &&
    inBackground(job) &&
    jobGet(job, Job.state) == JobState.running
  );
}

/** Measures a card, once a second, and finds its pace (`PortField.bitsKbps`). */
function look(card: u32, node: u32): void {
  const now = get(Field.timeNs);
  const last = portGet64(card, PortField.bitsAt);
  const rate = <f64>rateOf(card);
  if (last != 0 && now - last < TICK_MS * MS) return;
  const all = portGet64(card, PortField.rxBytes) + <u64>(<f64>portGet64(card, PortField.flowRxBytes) * FRAME);
  const own = <u64>(<f64>portGet64(card, PortField.bitsRxBytes) * FRAME);
  const before = portGet64(card, PortField.bitsSeen);
  const ownBefore = portGet64(card, PortField.bitsSeenOwn);
  portSet64(card, PortField.bitsAt, now);
  portSet64(card, PortField.bitsSeen, all);
  portSet64(card, PortField.bitsSeenOwn, own);
  let pace = rate;
  // What was measured long ago says nothing now.
  if (last != 0 && now - last < 3 * TICK_MS * MS) {
    const ms = <f64>(now - last) / <f64>MS;
    const total = (<f64>(all - before) * 8) / ms;
    const mine = min((<f64>(own - ownBefore) * 8) / ms, total);
    const others = total - mine;
    if (others > NEEDED * rate) pace = total >= FULL * rate ? mine / 2 : rate - others;
  }
  const kbps = <u32>max(min(pace, rate), LEAST_KBPS);
  if (kbps == portGet(card, PortField.bitsKbps)) return;
  portSet(card, PortField.bitsKbps, kbps);
  hold(card, node);
}

/** Holds the flows of a card's downloads to its pace. */
function hold(card: u32, node: u32): void {
  const each = isHeld(card) ? max(portGet(card, PortField.bitsKbps) / running(card), 1) : 0;
  const count = <u32>net(Net.jobs);
  for (let job: u32 = 0; job < count; job++) {
    if (!runs(job) || jobGet(job, Job.node) != node || jobGet(job, Job.flow) == 0) continue;
    if (cardOf(job) == card) setPace(jobGet(job, Job.flow) - 1, each);
  }
}
