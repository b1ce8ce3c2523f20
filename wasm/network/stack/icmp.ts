/** ICMP (RFC 792): echo, and what routers say about packets that they could not pass on. */
import { DropReason } from '../../shared/network';
import { checksumOf, get16, get32, put16, put32, sumWords } from '../bytes';
import { bytesOf, consume, drop, idOf, NO_FRAME } from '../frames';
import { echoAnswered, echoRefused } from '../jobs';
import { isMine, MAX_PAYLOAD, newPacket, PAYLOAD, Protocol, sendPacket, sourceFor } from './ip';
import { entersLocal } from './filter';

/** Bytes of a Windows ping: "abcdefghijklmnopqrstuvwabcdefghi". */
const PING_BYTES: u32 = 32;

function finish(at: usize, length: u32): void {
  store<u16>(at + 2, 0);
  store<u16>(at + 2, <u16>checksumOf(sumWords(at, length)));
}

/** Asks an address for an echo. `id` and `sequence` come back. @returns false when there is no way. */
export function ping(node: u32, destination: u32, id: u32, sequence: u32): bool {
  const source = sourceFor(node, destination);
  if (source == 0) return false;
  const frame = newPacket(8 + PING_BYTES, 0);
  if (frame == NO_FRAME) return false;
  const at = bytesOf(frame) + PAYLOAD;
  put16(at, 0x0800);
  put16(at + 4, id);
  put16(at + 6, sequence);
  for (let i: u32 = 0; i < PING_BYTES; i++) store<u8>(at + 8 + i, <u8>(0x61 + (i % 23)));
  finish(at, 8 + PING_BYTES);
  sendPacket(node, frame, Protocol.icmp, source, destination);
  return true;
}

/**
 * Tells the sender of a packet why it was not passed on (type 3: unreachable, 11: its time was over). Never about ICMP
 * errors, nor about broadcasts (RFC 1122 section 3.2.2).
 */
export function announceUnreachable(
  node: u32,
  frame: u32,
  at: usize,
  header: u32,
  type: u32,
  code: u32,
): void {
  const source = get32(at + 12);
  const own = sourceFor(node, source);
  if (own == 0 || source == 0 || (load<u8>(bytesOf(frame)) & 1) != 0) return;
  if (load<u8>(at + 9) == <u8>Protocol.icmp && load<u8>(at + header) != 8) return;
  const quoted = min(header + 8, get16(at + 2));
  const answer = newPacket(8 + quoted, idOf(frame));
  if (answer == NO_FRAME) return;
  const to = bytesOf(answer) + PAYLOAD;
  put16(to, (type << 8) | code);
  put32(to + 4, 0);
  memory.copy(to + 8, at, quoted);
  finish(to, 8 + quoted);
  sendPacket(node, answer, Protocol.icmp, own, source);
}

/** An ICMP message for this station. */
export function receiveIcmp(
  node: u32,
  port: u32,
  frame: u32,
  at: usize,
  length: u32,
  source: u32,
  destination: u32,
): void {
  if (length < 8 || length > MAX_PAYLOAD) return drop(frame, port, DropReason.badLength);
  if (checksumOf(sumWords(at, length)) != 0) return drop(frame, port, DropReason.badChecksum);
  const type = load<u8>(at);
  if (type == 8) {
    if (!isMine(node, destination)) return drop(frame, port, DropReason.notForMe);
    if (!entersLocal(node, port, frame, Protocol.icmp, source, get16(at + 4), destination, 0)) return;
    const answer = newPacket(length, idOf(frame));
    if (answer != NO_FRAME) {
      const to = bytesOf(answer) + PAYLOAD;
      memory.copy(to, at, length);
      store<u16>(to, 0);
      finish(to, length);
      sendPacket(node, answer, Protocol.icmp, destination, source);
    }
  } else if (type == 0) echoAnswered(node, source, get16(at + 4), get16(at + 6));
  else if ((type == 3 || type == 11) && length >= 36 && load<u8>(at + 17) == <u8>Protocol.icmp)
    echoRefused(node, source, get16(at + 32), get16(at + 34), type);
  consume(frame);
}
