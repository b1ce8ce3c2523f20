/**
 * VLANs (802.1Q) as a switch handles them. A port with a VLAN of its own (1 … 4094) speaks without tags: the switch knows
 * where its frames belong (ESX's virtual switch tagging, or an access port). A port with 4095 carries tags: a trunk, an
 * uplink, or a guest that tags by itself. A port with 0 knows no VLAN.
 */
import { DropReason, PortField, TRUNK } from '../shared/network';
import { addTag, countCopy, drop, NO_FRAME, stripTag, tagOf, writable } from './frames';
import { transmit } from './links';
import { addNet, Net, portGet } from './tables';

export const FOREIGN: u32 = 0xffff;

/** VLAN that a frame which enters by this port belongs to; FOREIGN when the port must not carry it. */
export function entering(port: u32, frame: u32): u32 {
  const own = portGet(port, PortField.vlan);
  const tag = tagOf(frame);
  if (own == TRUNK) return tag;
  return tag == 0 ? own : FOREIGN;
}

/** True when frames of this VLAN may leave by this port. */
export function mayLeave(port: u32, vlan: u32): bool {
  const own = portGet(port, PortField.vlan);
  return own == TRUNK || own == vlan;
}

/**
 * Sends a frame of a VLAN out of a port, tagged or not as the port wants. With `last` the caller's use goes with it, else
 * the caller keeps it and one more use is made.
 */
export function leave(port: u32, frame: u32, vlan: u32, last: bool): void {
  if (!last) countCopy(frame);
  const tagged = tagOf(frame) != 0;
  const wanted = vlan != 0 && portGet(port, PortField.vlan) == TRUNK;
  if (tagged != wanted) {
    const mine = writable(frame);
    if (mine == NO_FRAME) return drop(frame, port, DropReason.noBuffers);
    frame = mine;
    if (wanted) addTag(frame, vlan);
    else stripTag(frame);
    addNet(Net.madeBytes, wanted ? 4 : -4);
  }
  transmit(port, frame);
}
