/** ESX's virtual switches, teams, VLAN modes and policies, and what lies behind them, against the true core. */
import { beforeAll, expect, it } from 'vitest';
import { COMPILE_MS, coreModule } from '../core';
import * as checks from './checks';

let module: WebAssembly.Module;
beforeAll(() => void (module = coreModule('debug')), COMPILE_MS);

const CLAIMS: Record<string, (module: WebAssembly.Module) => void> = {
  'VST: the switch tags to the wire and strips to the VM': checks.virtualSwitchTagging,
  'EST: the building’s port says the VLAN; a guest that tags there is not heard':
    checks.externalSwitchTagging,
  'VGT: port 4095 leaves tags to the guest': checks.guestTagging,
  'a team shares by card, fails over, fails back, and nobody hears twice': checks.team,
  'after a failover the building is told where a silent VM is, or finds out when it speaks':
    checks.notification,
  'out-ip spreads one card’s conversations': checks.teamByAddresses,
  'promiscuous, forged transmits, a changed address': checks.policies,
  'nothing goes from uplink to uplink': checks.noLoops,
  'a switch of the building tells what it has learned, and forgets it': checks.learning,
  'a guest that bridges two switches carries what its policy lets it hear': checks.bridging,
  'two of them make a storm, which a cable or ESX’s policy against forged addresses ends': checks.storm,
  'through NAT and router the bytes arrive as they were': checks.translation,
  'one frame in twenty lost, and every byte there': checks.losses,
  'every DHCP client has an address of its own': checks.leases,
  'a firewall stops what no rule allows, and lets answers back': checks.wall,
  'a pulled cable takes what was on it': checks.pulledCable,
  'a shaper passes its burst, then its average': checks.bucket,
  'the books of random worlds balance': checks.books,
};

it.each(Object.entries(CLAIMS))('%s', (_, check) => check(module));
it('every check is asked', () =>
  expect(new Set(Object.values(CLAIMS))).toEqual(
    new Set(Object.entries(checks).flatMap(([name, check]) => (name === 'streamOf' ? [] : [check]))),
  ));
