/** UDP (RFC 768): datagrams to the services and clients of a station. */
import { DropReason, NodeField, StationRole } from '../../shared/network';
import { checksumOf, get16, pseudoSum, put16, sumWords } from '../bytes';
import { bytesOf, consume, drop } from '../frames';
import { announceUnreachable } from './icmp';
import { broadcast, newPacket, PAYLOAD, Protocol, sendPacket } from './ip';
import { dhcpAnswer, dhcpQuestion } from '../roles/dhcp';
import { dnsAnswer, dnsQuestion } from '../roles/dns';
import { tftpPacket, tftpQuestion } from '../roles/tftp';
import { nodeGet } from '../tables';
import { entersLocal } from './filter';

export const UDP_HEADER: usize = 8;

/** A frame with room for a datagram of `length` bytes, which begin at `datagram()`. */
export function newDatagram(length: u32, parent: u32): u32 {
  return newPacket(<u32>UDP_HEADER + length, parent);
}
export function datagram(frame: u32): usize {
  return bytesOf(frame) + PAYLOAD + UDP_HEADER;
}

function writeUdp(frame: u32, source: u32, from: u32, destination: u32, to: u32, length: u32): void {
  const at = bytesOf(frame) + PAYLOAD;
  const total = <u32>UDP_HEADER + length;
  put16(at, from);
  put16(at + 2, to);
  put16(at + 4, total);
  store<u16>(at + 6, 0);
  const sum = checksumOf(pseudoSum(source, destination, Protocol.udp, total) + sumWords(at, total));
  // Zero means "no checksum": a sum that is zero is sent as its complement.
  store<u16>(at + 6, <u16>(sum == 0 ? 0xffff : sum));
}

/** Sends a datagram whose `length` bytes are written. Ports as numbers. */
export function sendUdp(
  node: u32,
  frame: u32,
  source: u32,
  from: u32,
  destination: u32,
  to: u32,
  length: u32,
): void {
  writeUdp(frame, source, from, destination, to, length);
  sendPacket(node, frame, Protocol.udp, source, destination);
}

/** The same to all stations of a wire. */
export function broadcastUdp(
  node: u32,
  port: u32,
  frame: u32,
  source: u32,
  from: u32,
  to: u32,
  length: u32,
): void {
  writeUdp(frame, source, from, 0xffff_ffff, to, length);
  broadcast(node, port, frame, Protocol.udp, source);
}

/** A datagram for this station; `packet`: its IPv4 header. */
export function receiveUdp(
  node: u32,
  port: u32,
  frame: u32,
  packet: usize,
  at: usize,
  length: u32,
  source: u32,
  destination: u32,
): void {
  if (length < <u32>UDP_HEADER) return drop(frame, port, DropReason.tooShort);
  const total = get16(at + 4);
  if (total < <u32>UDP_HEADER || total > length) return drop(frame, port, DropReason.badLength);
  if (
    load<u16>(at + 6) != 0 &&
    checksumOf(pseudoSum(source, destination, Protocol.udp, total) + sumWords(at, total)) != 0
  )
    return drop(frame, port, DropReason.badChecksum);
  const from = get16(at);
  const to = get16(at + 2);
  const body = at + UDP_HEADER;
  const size = total - <u32>UDP_HEADER;
  const roles = nodeGet(node, NodeField.roles);
  let taken: DropReason = DropReason.noListener;
  if (to == 68) taken = dhcpAnswer(node, port, body, size);
  else if (to < 1024) {
    if (!entersLocal(node, port, frame, Protocol.udp, source, from, destination, to)) return;
    if (to == 67 && (roles & StationRole.dhcpServer) != 0)
      taken = dhcpQuestion(node, port, frame, body, size);
    else if (to == 53 && (roles & StationRole.dnsServer) != 0)
      taken = dnsQuestion(node, frame, source, from, destination, body, size);
    else if (to == 69 && (roles & StationRole.tftpServer) != 0)
      taken = tftpQuestion(node, frame, source, from, destination, body, size);
  } else if (from == 53) taken = dnsAnswer(node, to, body, size);
  else taken = tftpPacket(node, frame, source, from, destination, to, body, size);
  if (taken == DropReason.none) return consume(frame);
  // Nobody here has asked for it: a firewall's rules decide before anything is answered.
  const isUnasked = taken == DropReason.noListener && to >= 1024;
  if (isUnasked && !entersLocal(node, port, frame, Protocol.udp, source, from, destination, to)) return;
  if (taken == DropReason.noListener) {
    // What was said to all was meant for whoever listens: the others are silent (RFC 1122 section 3.2.2).
    if ((load<u8>(bytesOf(frame)) & 1) != 0) taken = DropReason.notForMe;
    else announceUnreachable(node, frame, packet, ((<u32>load<u8>(packet)) & 15) << 2, 3, 3);
  }
  drop(frame, port, taken);
}
