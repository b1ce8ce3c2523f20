/** Limits of ESX 2.5's network, and the numbers of IP protocols that rules name. */
import type { NetworkCapacities } from '#lib/core/network';
import type { Scenario } from '#lib/world/schema';
import { MAX_BOND_UPLINKS, MAX_SWITCH_PORTS, TRUNK } from '#wasm/shared/network';

export { MAX_BOND_UPLINKS, MAX_SWITCH_PORTS, TRUNK };

/** IANA's numbers; 0: any. */
export const NODE_IP_PROTOCOLS = { any: 0, icmp: 1, tcp: 6, udp: 17, gre: 47 } as const;
export const PROTOCOL_NAMES: Readonly<Record<number, 'icmp' | 'tcp' | 'udp' | 'gre'>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
};

/** Room for a scenario's network, with some to build in by hand. Memory: about 1.6 kB a frame. */
export function capacitiesFor({ network, vms }: Scenario): Partial<NetworkCapacities> {
  const stations = network?.stations ?? [];
  const machines = stations.reduce((sum, { count }) => sum + count, 0) + vms.length;
  const planned =
    stations.reduce((sum, { count, network }) => sum + count * network.jobs.length, 0) +
    vms.reduce((sum, { network }) => sum + (network?.jobs.length ?? 0), 0);
  return {
    nodes: machines + 128,
    ports: machines * 4 + 512,
    frames: 8192,
    connections: Math.min(4096, 512 + machines * 2),
    jobs: 512 + machines + planned,
    texts: 1024 + machines,
  };
}
