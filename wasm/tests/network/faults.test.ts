/**
 * Would the network's tests notice? Faults are planted in its source, one at a time; each must be caught by the check that
 * is named, one of those that judge the true core.
 */
import { expect, it } from 'vitest';
import { compileMutant, type Mutation } from '../mutant';
import * as checks from './checks';

const FAULTS: (Mutation & { by: keyof typeof checks })[] = [
  {
    name: 'a frame that goes out by one port more is not counted',
    file: 'network/frames.ts',
    from: '  addNet(Net.copied, 1);\n',
    to: '',
    by: 'books',
  },
  {
    name: 'a frame that waits for an address is not freed with its neighbour',
    file: 'network/stack/neighbours.ts',
    from: '    dropWaiting(row, DropReason.linkDown);\n',
    to: '',
    by: 'books',
  },
  {
    name: 'an access port takes tagged frames',
    file: 'network/vlan.ts',
    from: 'return tag == 0 ? own : FOREIGN;',
    to: 'return own;',
    by: 'externalSwitchTagging',
  },
  {
    name: 'a tag is left on what goes to a VM',
    file: 'network/vlan.ts',
    from: 'const wanted = vlan != 0 && portGet(port, PortField.vlan) == TRUNK;',
    to: 'const wanted = vlan != 0;',
    by: 'virtualSwitchTagging',
  },
  {
    name: 'a team hears a broadcast by each of its links',
    file: 'network/virtual-switch.ts',
    from: '    if (fromUplink && (here || uplinkFor(node, mac(peer - 1), frame) != port)) {',
    to: '    if (fromUplink && here) {',
    by: 'team',
  },
  {
    name: 'a home link that is dead still carries all',
    file: 'network/virtual-switch.ts',
    from: 'if (home != 0 && portGet(home - 1, PortField.node) == node && isLive(home - 1)) return home - 1;',
    to: 'if (home != 0) return home - 1;',
    by: 'team',
  },
  {
    name: 'a broadcast leaves by the other uplink',
    file: 'network/virtual-switch.ts',
    from: 'if (other == port || !isLive(other) || portIs(other, PortFlag.uplink) || !mayLeave(other, vlan)) continue;',
    to: 'if (other == port || !isLive(other) || !mayLeave(other, vlan)) continue;',
    by: 'noLoops',
  },
  {
    name: 'forged frames leave though they must not',
    file: 'network/virtual-switch.ts',
    from: '    return drop(frame, port, DropReason.forgedSource);\n',
    to: '    return flood(node, port, frame, vlan, fromUplink, source);\n',
    by: 'policies',
  },
  {
    name: 'a forwarded packet keeps its old checksum',
    file: 'network/stack/ip.ts',
    from: '  put16(at + 10, updatedChecksum(get16(at + 10), before, before - 0x100));\n',
    to: '',
    by: 'translation',
  },
  {
    name: 'two sessions get one public port',
    file: 'network/stack/filter.ts',
    from: ' ? FIRST_PUBLIC_PORT : port + 1;\n    let used = false;',
    to: ' ? FIRST_PUBLIC_PORT : port;\n    return port;\n    let used = false;',
    by: 'translation',
  },
  {
    name: 'a rule that denies allows',
    file: 'network/stack/filter.ts',
    from: '  return allowed ? rule : 0;',
    to: '  return rule;',
    by: 'wall',
  },
  {
    name: 'a segment that came early is thrown away when its turn comes',
    file: 'network/stack/tcp.ts',
    from: '    takeData(conn, bytesOf(kept) + heldAt(held), word & 0x7fff, heldSeq(held), word >> 15 != 0);\n',
    to: '    connSet(conn, Conn.rcvNxt, heldSeq(held) + (word & 0x7fff));\n',
    by: 'losses',
  },
  {
    name: 'what is sent again is what comes after it',
    file: 'network/stack/tcp.ts',
    from: '  let offset = seq - connGet(conn, Conn.textSeq);',
    to: '  let offset = connGet(conn, Conn.sndMax) - connGet(conn, Conn.textSeq);',
    by: 'losses',
  },
  {
    name: 'two clients get one address',
    file: 'network/roles/dhcp.ts',
    from: '    if (listGet(row - 1, Lease.port) == port) address++;\n',
    to: '',
    by: 'leases',
  },
  {
    name: 'what was on a cable arrives after it was pulled',
    file: 'network/network.ts',
    from: '  // The cable was pulled while it was on the way.\n  if (portGet(port, PortField.epoch) != epoch) return drop(frame, port, DropReason.linkDown);\n',
    to: '',
    by: 'pulledCable',
  },
  {
    name: 'the burst of a shaper is twice what it says',
    file: 'network/shaper.ts',
    from: 'return <u64>shaperGet(shaper, Shaper.burstBytes) * 8 * NANO;',
    to: 'return <u64>shaperGet(shaper, Shaper.burstBytes) * 16 * NANO;',
    by: 'bucket',
  },
];

/** @returns what is wrong with a core; null when nothing is. A trap is a find too. */
function foundBy(by: keyof typeof checks, module: WebAssembly.Module): string | null {
  try {
    checks[by](module as never);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

it('the true core, compiled in the same way, has no fault', async () => {
  const module = await compileMutant(null, true);
  for (const by of new Set(FAULTS.map((fault) => fault.by))) expect(foundBy(by, module), by).toBeNull();
}, 60_000);

it.each(FAULTS)(
  'caught by $by: $name',
  async (fault) => expect(foundBy(fault.by, await compileMutant(fault, true))).not.toBeNull(),
  60_000,
);
