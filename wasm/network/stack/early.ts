/**
 * Segments that came before their turn. Each keeps its frame: nothing is copied. Rows of the table of deliveries, which
 * has room for two for each frame: │ frame u16, place of its data u16 │ length │ sequence number │ next + 1 │
 */
import { NO_FRAME } from '../frames';
import { DELIVERY_BYTES, deliveryPtr, net, Net, setNet } from '../tables';

function row(held: u32): usize {
  return deliveryPtr + <usize>held * DELIVERY_BYTES;
}

/** @returns row + 1, 0 when there is none. `length`: bytes of data, and 0x8000 when a FIN follows them. */
export function hold(frame: u32, at: u32, seq: u32, length: u32): u32 {
  const head = <u32>net(Net.freeDelivery);
  let held: u32;
  if (head != 0) {
    held = head - 1;
    setNet(Net.freeDelivery, <u64>load<u32>(row(held), 12));
  } else {
    held = <u32>net(Net.deliveries);
    if (held >= <u32>net(Net.maxFrames) * 2) return 0;
    setNet(Net.deliveries, held + 1);
  }
  assert(frame != NO_FRAME && frame < 0x10000);
  store<u32>(row(held), frame | (at << 16));
  store<u32>(row(held), length, 4);
  store<u32>(row(held), seq, 8);
  store<u32>(row(held), 0, 12);
  return held + 1;
}
export function freeHeld(held: u32): void {
  store<u32>(row(held), <u32>net(Net.freeDelivery), 12);
  setNet(Net.freeDelivery, held + 1);
}
export function heldFrame(held: u32): u32 {
  return load<u32>(row(held)) & 0xffff;
}
export function heldAt(held: u32): u32 {
  return load<u32>(row(held)) >>> 16;
}
export function heldLength(held: u32): u32 {
  return load<u32>(row(held), 4);
}
export function heldSeq(held: u32): u32 {
  return load<u32>(row(held), 8);
}
export function heldNext(held: u32): u32 {
  return load<u32>(row(held), 12);
}
export function setHeldNext(held: u32, next: u32): void {
  store<u32>(row(held), next, 12);
}
