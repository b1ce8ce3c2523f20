/** DNS (RFC 1035): a server that knows its records, and the question a client asks: one name, its IPv4 address. */
import { next64 } from '../../kernel/random';
import { DropReason, NodeField } from '../../shared/network';
import { get16, get32, put16, put32 } from '../bytes';
import { idOf, NO_FRAME } from '../frames';
import { done, fail, Failure, Job, JobKind, jobGet, jobSet, JobState, wake } from '../jobs';
import { listGet, nextRow } from '../lists';
import { sourceFor } from '../stack/ip';
import { datagram, newDatagram, sendUdp } from '../stack/udp';
import { net, Net, nodeCell, nodeGet, textAt } from '../tables';
import { lower } from '../text';
import { Name } from '../../shared/network-rows';
export { Name };

const HEADER: u32 = 12;
const TTL_SECONDS: u32 = 3600;
/** Windows asks after 1, 2, 2, 4 and 8 seconds. */
const TRIES: u32 = 4;
const MAX_NAME: u32 = 128;

/** Writes a name of the table as labels. @returns the address behind it; 0 when a label is empty or too long. */
function putName(at: usize, text: u32): usize {
  const from = textAt(text) + 1;
  const length = <usize>load<u8>(from - 1);
  let start: usize = 0;
  for (let i: usize = 0; i <= length; i++) {
    if (i < length && load<u8>(from + i) != 46) continue;
    const label = i - start;
    if (label == 0 || label > 63) return 0;
    store<u8>(at, <u8>label);
    memory.copy(at + 1, from + start, label);
    at += label + 1;
    start = i + 1;
  }
  store<u8>(at, 0);
  return at + 1;
}

/** Length of a name in labels, with its end; 0 when it does not end in time or is compressed. */
function nameLength(at: usize, room: u32): u32 {
  let i: u32 = 0;
  while (i < room && i < MAX_NAME) {
    const label = <u32>load<u8>(at + i);
    if (label == 0) return i + 1;
    if (label > 63) return 0;
    i += label + 1;
  }
  return 0;
}

/** True when a name in labels is a text of the table. */
function isName(at: usize, text: u32): bool {
  const from = textAt(text) + 1;
  const length = <u32>load<u8>(from - 1);
  let i: u32 = 0;
  while (i <= length) {
    const label = <u32>load<u8>(at);
    if (label == 0) return false;
    if (i + label > length) return false;
    for (let k: u32 = 0; k < label; k++)
      if (lower(load<u8>(at + 1 + k)) != lower(load<u8>(from + i + k))) return false;
    i += label + 1;
    at += label + 1;
    if (i <= length && load<u8>(from + i - 1) != 46) return false;
  }
  return load<u8>(at) == 0;
}

/** A question for the server. */
export function dnsQuestion(
  node: u32,
  frame: u32,
  source: u32,
  from: u32,
  destination: u32,
  at: usize,
  size: u32,
): DropReason {
  if (size < HEADER + 5) return DropReason.tooShort;
  const flags = get16(at + 2);
  if ((flags & 0xf800) != 0 || get16(at + 4) != 1) return DropReason.badMessage;
  const name = at + HEADER;
  const length = nameLength(name, size - HEADER);
  if (length == 0 || HEADER + length + 4 > size) return DropReason.badMessage;
  const type = get16(name + length);
  let address: u32 = 0;
  let known = false;
  for (let row = nodeGet(node, NodeField.records); row != 0; row = nextRow(row - 1)) {
    if (!isName(name, listGet(row - 1, Name.text))) continue;
    known = true;
    address = listGet(row - 1, Name.address);
    break;
  }
  const answers: u32 = known && type == 1 ? 1 : 0;
  const question = HEADER + length + 4;
  const total = question + answers * 16;
  const reply = newDatagram(total, idOf(frame));
  if (reply == NO_FRAME) return DropReason.noBuffers;
  const to = datagram(reply);
  memory.copy(to, at, question);
  // Answer, authoritative, as asked for recursion, recursion available; 3: no such name.
  put16(to + 2, 0x8480 | (flags & 0x0100) | (known ? 0 : 3));
  put16(to + 6, answers);
  put32(to + 8, 0);
  if (answers != 0) {
    const record = to + question;
    put16(record, 0xc00c);
    put16(record + 2, 1);
    put16(record + 4, 1);
    put32(record + 6, TTL_SECONDS);
    put16(record + 10, 4);
    put32(record + 12, address);
  }
  sendUdp(node, reply, destination, 53, source, from, total);
  return DropReason.none;
}

/** Asks for the name of a job. */
export function startLookup(job: u32): void {
  const node = jobGet(job, Job.node);
  jobSet(job, Job.id, (<u32>next64(nodeCell(node, NodeField.random))) & 0xffff);
  jobSet(job, Job.localPort, 1025 + (job % 3900));
  ask(job);
}

function ask(job: u32): void {
  const node = jobGet(job, Job.node);
  const server = nodeGet(node, NodeField.dnsServer);
  const source = sourceFor(node, server);
  if (server == 0 || source == 0) return fail(job, Failure.noName);
  const text = jobGet(job, Job.host);
  const length = HEADER + <u32>load<u8>(textAt(text)) + 2 + 4;
  const frame = newDatagram(length, 0);
  if (frame == NO_FRAME) return wake(job, 1000);
  const at = datagram(frame);
  put16(at, jobGet(job, Job.id));
  put16(at + 2, 0x0100);
  put16(at + 4, 1);
  put16(at + 6, 0);
  put32(at + 8, 0);
  const end = putName(at + HEADER, text);
  assert(end != 0);
  put16(end, 1);
  put16(end + 2, 1);
  const tries = jobGet(job, Job.tries);
  jobSet(job, Job.tries, tries + 1);
  wake(job, (<u64>1000) << tries);
  sendUdp(node, frame, source, jobGet(job, Job.localPort), server, 53, length);
}

/** No answer in time. */
export function askAgainName(job: u32): void {
  if (jobGet(job, Job.tries) >= TRIES) return fail(job, Failure.noName);
  ask(job);
}

/** An answer, at a client's port. */
export function dnsAnswer(node: u32, port: u32, at: usize, size: u32): DropReason {
  if (size < HEADER) return DropReason.tooShort;
  const id = get16(at);
  const jobs = <u32>net(Net.jobs);
  for (let job: u32 = 0; job < jobs; job++) {
    if (jobGet(job, Job.state) != JobState.running || jobGet(job, Job.kind) != JobKind.lookup) continue;
    if (jobGet(job, Job.node) != node || jobGet(job, Job.localPort) != port || jobGet(job, Job.id) != id)
      continue;
    return understood(job, at, size);
  }
  return DropReason.noListener;
}

/** The first address among the answers. Bounded by the datagram: a name is skipped, never followed. */
function understood(job: u32, at: usize, size: u32): DropReason {
  if ((get16(at + 2) & 0x8000) == 0 || get16(at + 4) != 1) return DropReason.badMessage;
  const answers = get16(at + 6);
  const question = nameLength(at + HEADER, size - HEADER);
  let i = HEADER + question + 4;
  if (question == 0 || i > size) return DropReason.badMessage;
  for (let n: u32 = 0; n < answers && i < size; n++) {
    if ((load<u8>(at + i) & 0xc0) == 0xc0) i += 2;
    else {
      const length = nameLength(at + i, size - i);
      if (length == 0) return DropReason.badMessage;
      i += length;
    }
    if (i + 10 > size) return DropReason.badMessage;
    const length = get16(at + i + 8);
    if (i + 10 + length > size) return DropReason.badMessage;
    if (get16(at + i) == 1 && length == 4) {
      jobSet(job, Job.address, get32(at + i + 10));
      done(job);
      return DropReason.none;
    }
    i += 10 + length;
  }
  fail(job, Failure.noName);
  return DropReason.none;
}
