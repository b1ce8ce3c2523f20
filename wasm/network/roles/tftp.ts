/** TFTP (RFC 1350): how a machine that boots from the network fetches its first file: blocks of 512 bytes, each acknowledged. */
import { DropReason } from '../../shared/network';
import { get16, put16 } from '../bytes';
import { idOf, NO_FRAME } from '../frames';
import {
  done,
  fail,
  Failure,
  Job,
  jobGet,
  jobGet64,
  JobKind,
  jobSet,
  jobSet64,
  JobState,
  newJob,
  NO_JOB,
  wake,
} from '../jobs';
import { sourceFor } from '../stack/ip';
import { datagram, newDatagram, sendUdp } from '../stack/udp';
import { net, Net, textAt } from '../tables';
import { putStored, putText } from '../text';
import { findObject, objectBytes, objectSize } from './objects';

const BLOCK: u32 = 512;
const RETRY_MS: u64 = 1000;
const TRIES: u32 = 5;
const FIRST_PORT: u32 = 2000;

/** Job words as TFTP uses them: the other side's port; server: its object; block that is on its way. */
const PEER_PORT = Job.port;
const OBJECT = Job.path;
const BLOCK_NUMBER = Job.sent;
/** 1: this job is the server's half. */
const SERVES = Job.viaProxy;

function jobAt(node: u32, port: u32): u32 {
  const job = port - FIRST_PORT;
  if (port < FIRST_PORT || job >= <u32>net(Net.jobs)) return NO_JOB;
  const kind = jobGet(job, Job.kind);
  if ((kind != JobKind.tftp && kind != JobKind.pxe) || jobGet(job, Job.node) != node) return NO_JOB;
  if (jobGet(job, Job.localPort) != port) return NO_JOB;
  return jobGet(job, Job.state) == JobState.running ? job : NO_JOB;
}

/** Begins to fetch a file. */
export function startTftp(job: u32): void {
  jobSet(job, Job.localPort, FIRST_PORT + job);
  jobSet(job, PEER_PORT, 69);
  ask(job);
}

function ask(job: u32): void {
  const node = jobGet(job, Job.node);
  const address = jobGet(job, Job.address);
  const source = sourceFor(node, address);
  const length = 2 + <u32>load<u8>(textAt(jobGet(job, Job.path))) + 1 + 6;
  const frame = source == 0 ? NO_FRAME : newDatagram(length, 0);
  if (frame == NO_FRAME) return fail(job, Failure.unreachable);
  const at = datagram(frame);
  put16(at, 1);
  let to = putStored(at + 2, jobGet(job, Job.path));
  store<u8>(to, 0);
  to = putText(to + 1, 'octet');
  store<u8>(to, 0);
  wake(job, RETRY_MS);
  sendUdp(node, frame, source, jobGet(job, Job.localPort), address, 69, length);
}

function acknowledge(job: u32, block: u32): void {
  const node = jobGet(job, Job.node);
  const address = jobGet(job, Job.address);
  const frame = newDatagram(4, 0);
  if (frame == NO_FRAME) return;
  put16(datagram(frame), 4);
  put16(datagram(frame) + 2, block);
  wake(job, RETRY_MS);
  sendUdp(
    node,
    frame,
    sourceFor(node, address),
    jobGet(job, Job.localPort),
    address,
    jobGet(job, PEER_PORT),
    4,
  );
}

function sendBlock(job: u32): void {
  const node = jobGet(job, Job.node);
  const address = jobGet(job, Job.address);
  const object = jobGet(job, OBJECT);
  const from = (jobGet(job, BLOCK_NUMBER) - 1) * BLOCK;
  const size = min(objectSize(object) - from, BLOCK);
  const frame = newDatagram(4 + size, 0);
  wake(job, RETRY_MS);
  if (frame == NO_FRAME) return;
  const at = datagram(frame);
  put16(at, 3);
  put16(at + 2, jobGet(job, BLOCK_NUMBER) & 0xffff);
  if (size > 0) objectBytes(object, from, at + 4, size);
  sendUdp(
    node,
    frame,
    sourceFor(node, address),
    jobGet(job, Job.localPort),
    address,
    jobGet(job, PEER_PORT),
    4 + size,
  );
}

/** A client asks the server for a file. */
export function tftpQuestion(
  node: u32,
  frame: u32,
  source: u32,
  from: u32,
  destination: u32,
  at: usize,
  size: u32,
): DropReason {
  if (size < 4 || get16(at) != 1) return DropReason.badMessage;
  let end = at + 2;
  while (end < at + size && load<u8>(end) != 0) end++;
  if (end == at + size) return DropReason.badMessage;
  const object = findObject(node, at + 2, end);
  if (object == 0) {
    refuse(node, frame, destination, source, from);
    return DropReason.none;
  }
  const job = newJob(JobKind.tftp, node, source, from, 0, object);
  if (job == NO_JOB) return DropReason.tableFull;
  jobSet(job, SERVES, 1);
  jobSet(job, Job.localPort, FIRST_PORT + job);
  jobSet(job, BLOCK_NUMBER, 1);
  sendBlock(job);
  return DropReason.none;
}

/** "File not found." */
function refuse(node: u32, frame: u32, own: u32, address: u32, port: u32): void {
  const reply = newDatagram(19, idOf(frame));
  if (reply == NO_FRAME) return;
  const at = datagram(reply);
  put16(at, 5);
  put16(at + 2, 1);
  store<u8>(putText(at + 4, 'File not found'), 0);
  sendUdp(node, reply, own, 69, address, port, 19);
}

/** A packet of a transfer under way. */
export function tftpPacket(
  node: u32,
  frame: u32,
  source: u32,
  from: u32,
  destination: u32,
  to: u32,
  at: usize,
  size: u32,
): DropReason {
  const job = jobAt(node, to);
  if (job == NO_JOB || jobGet(job, Job.address) != source) return DropReason.noListener;
  if (size < 4) return DropReason.tooShort;
  const operation = get16(at);
  const block = get16(at + 2);
  if (jobGet(job, SERVES) != 0) {
    if (from != jobGet(job, PEER_PORT) || operation != 4) return DropReason.badMessage;
    if (block != (jobGet(job, BLOCK_NUMBER) & 0xffff)) return DropReason.none;
    jobSet(job, Job.tries, 0);
    jobSet64(
      job,
      Job.bytes,
      min<u64>(<u64>jobGet(job, BLOCK_NUMBER) * BLOCK, objectSize(jobGet(job, OBJECT))),
    );
    if (jobGet(job, BLOCK_NUMBER) > objectSize(jobGet(job, OBJECT)) / BLOCK) done(job);
    else {
      jobSet(job, BLOCK_NUMBER, jobGet(job, BLOCK_NUMBER) + 1);
      sendBlock(job);
    }
    return DropReason.none;
  }
  if (operation == 5) {
    fail(job, Failure.refused);
    return DropReason.none;
  }
  if (operation != 3) return DropReason.badMessage;
  const expected = (jobGet(job, BLOCK_NUMBER) + 1) & 0xffff;
  if (block == expected) {
    if (expected == 1 && jobGet(job, BLOCK_NUMBER) == 0) jobSet(job, PEER_PORT, from);
    jobSet(job, BLOCK_NUMBER, jobGet(job, BLOCK_NUMBER) + 1);
    jobSet(job, Job.tries, 0);
    jobSet64(job, Job.bytes, jobGet64(job, Job.bytes) + (size - 4));
  }
  acknowledge(job, block);
  if (block == expected && size - 4 < BLOCK) done(job);
  return DropReason.none;
}

export function tftpTimer(job: u32): void {
  const tries = jobGet(job, Job.tries) + 1;
  jobSet(job, Job.tries, tries);
  if (tries > TRIES) return fail(job, Failure.noAnswer);
  if (jobGet(job, SERVES) != 0) sendBlock(job);
  else if (jobGet(job, BLOCK_NUMBER) == 0) ask(job);
  else acknowledge(job, jobGet(job, BLOCK_NUMBER) & 0xffff);
}
