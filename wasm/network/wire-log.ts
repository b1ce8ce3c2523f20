/**
 * The wire log: what a listener at a port would have seen. Scratch, not state: listening changes no world. A ring of
 * records that the engine drains; it asks for ports by a mask, and a run stops before the ring could overflow.
 *
 *   0        8    12       16     18    19       20       22   24     28    32      40
 *   │ timeNs │ id │ parent │ port │ kind │ reason│ length │ –  │ node │ peer│ number│ bytes, filled up to eight …
 */
import { wirePtr, wireMaskPtr } from '../kernel/arena';
import {
  DropReason,
  MAX_FRAME_BYTES,
  MAX_PORTS,
  PortField,
  WIRE_HEADER_BYTES,
  WIRE_LOG_BYTES,
  WireKind,
} from '../shared/network';
import { bytesOf, idOf, lengthOf, parentOf } from './frames';
import { portGet } from './tables';

/** The first words of the region: bytes written since the ring was emptied, records, 1 when a run must stop, and what is heard at new ports. */
const WRITTEN: usize = 0;
const RECORDS: usize = 4;
const FULL: usize = 8;
const EVERYWHERE: usize = 12;
const RING: usize = 16;
/** One event floods at most a switch of this many ports: that must still fit. */
const MARGIN: u32 = 2_097_152;
const LIMIT: u32 = <u32>WIRE_LOG_BYTES - MARGIN;
/** In a record. */
const LENGTH: usize = 20;
const NUMBER: usize = 32;

function recordBytes(length: u32): u32 {
  return (<u32>WIRE_HEADER_BYTES + length + 7) & ~7;
}

/** What a port's listeners want: bits of WireMask. */
export function wireMask(port: u32): u8 {
  return load<u8>(wireMaskPtr + port);
}

/** What is heard at every port from now on, those that come later too: bits of WireMask. */
export function hearEverywhere(mask: u8): void {
  store<u32>(wirePtr, mask, EVERYWHERE);
  memory.fill(wireMaskPtr, mask, MAX_PORTS);
}

/** A port is gone: the next one in its row is heard as all are. */
export function forgetListeners(port: u32): void {
  store<u8>(wireMaskPtr + port, load<u8>(wirePtr, EVERYWHERE));
}

export function logWire(kind: WireKind, port: u32, reason: DropReason, timeNs: u64, frame: u32): void {
  const mask = load<u8>(wireMaskPtr + port);
  if ((mask & (1 << (<u8>kind - 1))) == 0) return;
  const length = min(lengthOf(frame), <u32>MAX_FRAME_BYTES + 4);
  const written = load<u32>(wirePtr, WRITTEN);
  const bytes = recordBytes(length);
  if (written + bytes > <u32>WIRE_LOG_BYTES - <u32>RING) return;
  const at = wirePtr + RING + written;
  store<u64>(at, timeNs);
  store<u32>(at, idOf(frame), 8);
  store<u32>(at, parentOf(frame), 12);
  store<u16>(at, <u16>port, 16);
  store<u8>(at, <u8>kind, 18);
  store<u8>(at, <u8>reason, 19);
  store<u16>(at, <u16>length, LENGTH);
  store<u16>(at, 0, 22);
  store<u32>(at, portGet(port, PortField.node), 24);
  store<u32>(at, portGet(port, PortField.peer), 28);
  store<u64>(at, <u64>load<u32>(wirePtr, RECORDS), NUMBER);
  memory.copy(at + WIRE_HEADER_BYTES, bytesOf(frame), length);
  store<u32>(wirePtr, written + bytes, WRITTEN);
  store<u32>(wirePtr, load<u32>(wirePtr, RECORDS) + 1, RECORDS);
  if (written + bytes > LIMIT) store<u32>(wirePtr, 1, FULL);
}

/** A new world: nothing heard, nobody listens. */
export function openWire(): void {
  memory.fill(wirePtr, 0, RING);
}

export function wireFull(): bool {
  return load<u32>(wirePtr, FULL) != 0;
}

/** Bytes of records, from `wireRecords()`. */
export function wireBytes(): u32 {
  return load<u32>(wirePtr, WRITTEN);
}
export function wireRecords(): usize {
  return wirePtr + RING;
}
/** Only the newest `keep` of them are wanted: they move to the front. @returns how many are gone */
export function trimWire(keep: u32): u32 {
  const written = load<u32>(wirePtr, WRITTEN);
  if (written == 0) return 0;
  const count = load<u32>(wirePtr, RECORDS) - load<u32>(wirePtr + RING, NUMBER);
  if (count <= keep) return 0;
  let at: u32 = 0;
  for (let i: u32 = 0; i < count - keep; i++)
    at += recordBytes(<u32>load<u16>(wirePtr + RING + <usize>at, LENGTH));
  memory.copy(wirePtr + RING, wirePtr + RING + <usize>at, <usize>(written - at));
  store<u32>(wirePtr, written - at, WRITTEN);
  store<u32>(wirePtr, written - at > LIMIT ? 1 : 0, FULL);
  return count - keep;
}
/** The caller has read them. */
export function emptyWire(): void {
  store<u32>(wirePtr, 0, WRITTEN);
  store<u32>(wirePtr, 0, FULL);
}
