/**
 * What ports have sent and received since the engine last looked: only ports that moved something are looked at, however
 * many there are. Scratch, not state: whoever goes back to a moment brings the tally of that moment along.
 *
 *   a port:  0      8          16          behind all of them:  │ ports in the list u32 │ – │ list u16 …
 *            │ sent │ received │
 */
import { tallyPtr } from '../kernel/arena';
import { MAX_PORTS, PortField, TALLY_BYTES } from '../shared/network';
import { portCount } from './tables';

const ROW_SHIFT: usize = 4;
const RECEIVED: usize = 8;
const COUNT: usize = (<usize>MAX_PORTS) << ROW_SHIFT;
const LIST: usize = COUNT + 8;

/** A frame of `bytes` bytes, at least one, leaves a port. */
export function countSent(port: u32, bytes: u32): void {
  portCount(port, PortField.txFrames, 1);
  portCount(port, PortField.txBytes, bytes);
  tally(port, bytes, 0);
}
/** A frame of `bytes` bytes, at least one, has come to a port. */
export function countReceived(port: u32, bytes: u32): void {
  portCount(port, PortField.rxFrames, 1);
  portCount(port, PortField.rxBytes, bytes);
  tally(port, 0, bytes);
}

/** Adds to a port's row; its first bytes put it in the list. */
export function tally(port: u32, sent: u64, received: u64): void {
  const at = tallyPtr + ((<usize>port) << ROW_SHIFT);
  const sentBefore = load<u64>(at);
  const receivedBefore = load<u64>(at, RECEIVED);
  store<u64>(at, sentBefore + sent);
  store<u64>(at, receivedBefore + received, RECEIVED);
  if ((sentBefore | receivedBefore) != 0 || (sent | received) == 0) return;
  const count = talliedPorts();
  store<u16>(tallyPtr + ((<usize>count) << 1), <u16>port, LIST);
  store<u32>(tallyPtr, count + 1, COUNT);
}

/** A port is gone: the next one in its row counts from zero. */
export function forgetTally(port: u32): void {
  const at = tallyPtr + ((<usize>port) << ROW_SHIFT);
  if ((load<u64>(at) | load<u64>(at, RECEIVED)) == 0) return;
  const last = talliedPorts() - 1;
  const list = tallyPtr + LIST;
  let place: u32 = 0;
  while (load<u16>(list + ((<usize>place) << 1)) != <u16>port) place++;
  store<u16>(list + ((<usize>place) << 1), load<u16>(list + ((<usize>last) << 1)));
  store<u32>(tallyPtr, last, COUNT);
  memory.fill(at, 0, 1 << ROW_SHIFT);
}

/** How many ports have moved something: their numbers are at `tallyList()`. */
export function talliedPorts(): u32 {
  return load<u32>(tallyPtr, COUNT);
}
export function tallyList(): usize {
  return tallyPtr + LIST;
}

/** The caller has read them. */
export function emptyTally(): void {
  const count = talliedPorts();
  for (let i: u32 = 0; i < count; i++) {
    const port = load<u16>(tallyPtr + ((<usize>i) << 1), LIST);
    memory.fill(tallyPtr + ((<usize>port) << ROW_SHIFT), 0, 1 << ROW_SHIFT);
  }
  store<u32>(tallyPtr, 0, COUNT);
}

/** A new world. */
export function openTally(): void {
  memory.fill(tallyPtr, 0, TALLY_BYTES);
}
