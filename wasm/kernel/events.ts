/**
 * The core's only speech: a ring of fixed records, which the engine drains after each slice. The ring is a way, not a part
 * of the world: of what was said the world keeps the number and a digest, so that a fingerprint covers every event.
 *
 *   0        8      10       12     14     16    20    24    28        32
 *   │ timeNs │ kind │ reason │ vm   │ –    │ a   │ b   │ c   │ cause   │
 */
import { EVENT_BYTES, ringPtr } from './arena';
import { get, set } from './header';
import { mix64 } from './random';
import { Field } from '../shared/columns';
import { EventKind } from '../shared/events';
import { EVENT_RING_RECORDS } from '../shared/limits';
import { Reason } from '../shared/reasons';

/** Records an event at the present moment. @returns its sequence number, from 1. */
export function record(kind: EventKind, reason: Reason, vm: u32, a: u32, b: u32, c: u32, cause: u32): u32 {
  const sequence = get(Field.eventSequence) + 1;
  set(Field.eventSequence, sequence);
  const at = ringPtr + <usize>((sequence - 1) % <u64>EVENT_RING_RECORDS) * EVENT_BYTES;
  store<u64>(at, get(Field.timeNs));
  store<u16>(at, <u16>kind, 8);
  store<u16>(at, <u16>reason, 10);
  store<u16>(at, <u16>vm, 12);
  store<u16>(at, 0, 14);
  store<u32>(at, a, 16);
  store<u32>(at, b, 20);
  store<u32>(at, c, 24);
  store<u32>(at, cause, 28);
  let digest = get(Field.eventDigest);
  for (let word: usize = 0; word < EVENT_BYTES; word += 8) digest = mix64(digest ^ load<u64>(at + word));
  set(Field.eventDigest, digest);
  return <u32>sequence;
}
