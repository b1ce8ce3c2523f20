/**
 * Every number the simulation stands on, for the Model page: what it is worth, in which unit, who says so, and which
 * file uses it. Values come from where they are used; none is written a second time. Words are in
 * `model.constant.<id>`. Sources are those of content/sources.json with their pages; OWN means that nobody
 * published a value and this project chose one.
 */
import {
  CELL_SAMPLES,
  EVENT_RING_RECORDS,
  MAX_CELLS,
  MAX_HOST_PAGES,
  MAX_IMAGES,
  MAX_VM_PAGES,
  MAX_VMS,
} from '#wasm/shared/limits';
import { LIMITS, OPTION_RULES, VMKERNEL_MIB } from '#lib/world/limits';
import {
  LEARNED_AGE_SECONDS,
  MAX_BOND_UPLINKS,
  MAX_FRAME_BYTES,
  MAX_SWITCH_PORTS,
} from '#wasm/shared/network';
import { PAGE_BYTES, PAGES_PER_MIB } from '#lib/units';
import links from '#wasm/network/links.ts?raw';
import flows from '#wasm/network/flows.ts?raw';
import http from '#wasm/network/roles/http.ts?raw';
import tftp from '#wasm/network/roles/tftp.ts?raw';
import filter from '#wasm/network/stack/filter.ts?raw';
import neighbours from '#wasm/network/stack/neighbours.ts?raw';
import ppp from '#wasm/network/stack/ppp.ts?raw';
import tcp from '#wasm/network/stack/tcp.ts?raw';
import topology from '#wasm/network/topology.ts?raw';
import arena from '#wasm/kernel/arena.ts?raw';
import frames from '#wasm/memory/frames.ts?raw';
import driver from '#wasm/guest/balloon-driver.ts?raw';
import guestPages from '#wasm/guest/pages.ts?raw';
import guestTime from '#wasm/guest/time.ts?raw';
import policy from '#wasm/policy/policy.ts?raw';
import sharing from '#wasm/memory/sharing.ts?raw';
import swap from '#wasm/memory/swap.ts?raw';

export const OWN = 'own';

export type ConstantUnit =
  | 'MiB'
  | 'bytes'
  | 'bits'
  | 'VMs'
  | 'vCPUs'
  | 'pages/s'
  | 's'
  | 'ms'
  | 'us'
  | 'percent'
  | 'draws'
  | 'records'
  | 'cells'
  | 'pages'
  | 'images'
  | 'references'
  | 'ports'
  | 'packets'
  | 'segments'
  | 'attempts'
  | 'hours'
  | 'switch';

export interface Constant {
  id: string;
  value: number;
  unit: ConstantUnit;
  /** `[G25] 352`: source and page; OWN. */
  source: string;
  /** File of the repository. */
  usedIn: string;
}

export interface ConstantGroup {
  /** Words in `model.group.<id>`. */
  id: 'host' | 'sharing' | 'reclaim' | 'guest' | 'network' | 'instrument';
  rows: Constant[];
}

/**
 * A number that only the core's own source holds, read from that source.
 * @throws when the source has no such constant: the build stops rather than print an old value.
 */
export function constantIn(source: string, name: string): number {
  const found = new RegExp(`const ${name}\\b[^=]*= ?([\\d_]+|0x[\\da-f_]+);`, 'i').exec(source);
  const value = Number(found?.[1]?.replaceAll('_', '') ?? Number.NaN);
  if (Number.isNaN(value)) throw new Error(`The core has no constant ${name}`);
  return value;
}

const row = (id: string, value: number, unit: ConstantUnit, source: string, usedIn: string): Constant => ({
  id,
  value,
  unit,
  source,
  usedIn,
});

export const CONSTANT_GROUPS: readonly ConstantGroup[] = [
  {
    id: 'host',
    rows: [
      row('page', PAGE_BYTES, 'bytes', '[IA32] 3.6', 'wasm/shared/limits.ts'),
      row('host-min', LIMITS.hostMemory.min, 'MiB', LIMITS.hostMemory.source, 'src/lib/world/limits.ts'),
      row('host-max', MAX_HOST_PAGES / PAGES_PER_MIB, 'MiB', '[OSDI] n. 3', 'wasm/shared/limits.ts'),
      row(
        'console-min',
        LIMITS.consoleMemory.min,
        'MiB',
        LIMITS.consoleMemory.source,
        'src/lib/world/limits.ts',
      ),
      row(
        'console-max',
        LIMITS.consoleMemory.max,
        'MiB',
        LIMITS.consoleMemory.source,
        'src/lib/world/limits.ts',
      ),
      row('vmkernel', VMKERNEL_MIB, 'MiB', '[G25] 352', 'wasm/host/host.ts'),
      row('vms', MAX_VMS, 'VMs', LIMITS.vmCount.source, 'wasm/shared/limits.ts'),
      row('vm-min', LIMITS.vmMemory.min, 'MiB', OWN, 'src/lib/world/limits.ts'),
      row('vm-max', MAX_VM_PAGES / PAGES_PER_MIB, 'MiB', '[G21] 400', 'wasm/shared/limits.ts'),
      row('vcpus', LIMITS.vcpus.max, 'vCPUs', LIMITS.vcpus.source, 'src/lib/world/schema.ts'),
    ],
  },
  {
    id: 'sharing',
    rows: [
      row('frame', constantIn(arena, 'FRAME_BYTES'), 'bytes', '[OSDI] 4.3', 'wasm/memory/frames.ts'),
      row(
        'references',
        constantIn(frames, 'REFERENCES_MAX'),
        'references',
        '[OSDI] 4.3',
        'wasm/memory/frames.ts',
      ),
      row('overflow', constantIn(arena, 'OVERFLOW_ENTRIES'), 'records', OWN, 'wasm/kernel/arena.ts'),
      row('scan-draws', constantIn(sharing, 'SCAN_DRAWS'), 'draws', OWN, 'wasm/memory/sharing.ts'),
      row('eviction-draws', constantIn(frames, 'EVICTION_DRAWS'), 'draws', OWN, 'wasm/memory/frames.ts'),
    ],
  },
  {
    id: 'reclaim',
    rows: [
      ...(
        [
          ['balloon-free-list', 'NOSLEEP_ALLOC_MAX', 'pages/s'],
          ['balloon-alloc-min', 'RATE_ALLOC_MIN', 'pages/s'],
          ['balloon-alloc-max', 'RATE_ALLOC_MAX', 'pages/s'],
          ['balloon-alloc-step', 'RATE_ALLOC_INC', 'pages/s'],
          ['balloon-give-back', 'RATE_FREE_MAX', 'pages/s'],
          ['balloon-slow', 'SLOW_CYCLES', 's'],
        ] as const
      ).map(([id, name, unit]) =>
        row(id, constantIn(driver, name), unit, '[VMB]', 'wasm/guest/balloon-driver.ts'),
      ),
      row('swap-cluster', constantIn(policy, 'CLUSTER'), 'pages', OWN, 'wasm/policy/policy.ts'),
      row('victim-draws', constantIn(swap, 'VICTIM_DRAWS'), 'draws', OWN, 'wasm/memory/swap.ts'),
      row('reclaim-wait', constantIn(swap, 'RECLAIM_US'), 'us', OWN, 'wasm/memory/swap.ts'),
    ],
  },
  {
    id: 'guest',
    rows: [
      row('guest-step', constantIn(guestTime, 'STEP_MS'), 'ms', OWN, 'wasm/guest/time.ts'),
      row('page-out', constantIn(guestPages, 'PAGE_OUT_US'), 'us', OWN, 'wasm/guest/pages.ts'),
      row('images', MAX_IMAGES, 'images', OWN, 'wasm/shared/limits.ts'),
    ],
  },
  {
    id: 'network',
    rows: [
      row('net-ports', MAX_SWITCH_PORTS, 'ports', '[G25] 308', 'wasm/shared/network.ts'),
      row('net-uplinks', MAX_BOND_UPLINKS, 'ports', '[G25] 309', 'wasm/shared/network.ts'),
      row('net-frame', MAX_FRAME_BYTES, 'bytes', '[8023]', 'wasm/shared/network.ts'),
      row(
        'net-overhead',
        constantIn(links, 'WIRE_OVERHEAD_BYTES'),
        'bytes',
        '[8023]',
        'wasm/network/links.ts',
      ),
      row(
        'net-processing',
        constantIn(links, 'PROCESSING_NS') / 1000,
        'us',
        '[FJ92]',
        'wasm/network/links.ts',
      ),
      row('net-queue', constantIn(topology, 'DEFAULT_QUEUE_BYTES'), 'bytes', OWN, 'wasm/network/topology.ts'),
      row('net-ageing', LEARNED_AGE_SECONDS, 's', '[8021D]', 'wasm/shared/network.ts'),
      row(
        'net-arp-kept',
        constantIn(neighbours, 'KEPT_NS') / 1e9,
        's',
        '[W2K] ARP Cache Aging',
        'wasm/network/stack/neighbours.ts',
      ),
      row(
        'net-arp-tries',
        constantIn(neighbours, 'TRIES'),
        'attempts',
        OWN,
        'wasm/network/stack/neighbours.ts',
      ),
      row(
        'net-arp-waiting',
        constantIn(neighbours, 'MAX_WAITING'),
        'packets',
        OWN,
        'wasm/network/stack/neighbours.ts',
      ),
      row('net-mss', constantIn(tcp, 'MSS'), 'bytes', '[RFC1122] 4.2.2.6', 'wasm/network/stack/tcp.ts'),
      row(
        'net-initial',
        constantIn(tcp, 'INITIAL_SEGMENTS'),
        'segments',
        '[RFC2581] 3.1',
        'wasm/network/stack/tcp.ts',
      ),
      row('net-window', constantIn(topology, 'DEFAULT_WINDOW'), 'bytes', OWN, 'wasm/network/topology.ts'),
      row(
        'net-rto-first',
        constantIn(tcp, 'FIRST_RTO_MS'),
        'ms',
        '[RFC1122] 4.2.3.1',
        'wasm/network/stack/tcp.ts',
      ),
      row('net-rto-min', constantIn(tcp, 'MIN_RTO_MS'), 'ms', OWN, 'wasm/network/stack/tcp.ts'),
      row('net-rto-max', constantIn(tcp, 'MAX_RTO_MS'), 'ms', '[RFC2988] 2.4', 'wasm/network/stack/tcp.ts'),
      row(
        'net-delayed-ack',
        constantIn(tcp, 'DELAYED_ACK_MS'),
        'ms',
        '[W2K] App. A, TcpDelAckTicks',
        'wasm/network/stack/tcp.ts',
      ),
      row(
        'net-duplicates',
        constantIn(tcp, 'DUPLICATES'),
        'segments',
        '[W2K] App. A, TcpMaxDupAcks',
        'wasm/network/stack/tcp.ts',
      ),
      row(
        'net-connect-tries',
        constantIn(tcp, 'CONNECT_RETRIES'),
        'attempts',
        '[W2K] App. A, TcpMaxConnectRetransmissions',
        'wasm/network/stack/tcp.ts',
      ),
      row(
        'net-data-tries',
        constantIn(tcp, 'DATA_RETRIES'),
        'attempts',
        '[W2K] App. A, TcpMaxDataRetransmissions',
        'wasm/network/stack/tcp.ts',
      ),
      row('net-time-wait', constantIn(tcp, 'TIME_WAIT_MS') / 1000, 's', OWN, 'wasm/network/stack/tcp.ts'),
      row('net-early', constantIn(tcp, 'MAX_EARLY'), 'segments', OWN, 'wasm/network/stack/tcp.ts'),
      row(
        'net-nat-tcp',
        constantIn(filter, 'TCP_SECONDS') / 3600,
        'hours',
        '[RRAS] NAT Registry Entries',
        'wasm/network/stack/filter.ts',
      ),
      row(
        'net-nat-other',
        constantIn(filter, 'OTHER_SECONDS'),
        's',
        '[RRAS] NAT Registry Entries',
        'wasm/network/stack/filter.ts',
      ),
      row('net-ppp-mtu', constantIn(ppp, 'PPP_MTU'), 'bytes', '[Q162230]', 'wasm/network/stack/ppp.ts'),
      row(
        'net-ppp-restart',
        constantIn(ppp, 'RESTART_MS'),
        'ms',
        '[RFC1661] 4.6',
        'wasm/network/stack/ppp.ts',
      ),
      row(
        'net-ppp-tries',
        constantIn(ppp, 'MAX_CONFIGURE'),
        'attempts',
        '[RFC1661] 4.6',
        'wasm/network/stack/ppp.ts',
      ),
      row('net-ppp-ack', constantIn(ppp, 'ACK_MS'), 'ms', OWN, 'wasm/network/stack/ppp.ts'),
      row(
        'net-pptp-echo',
        constantIn(ppp, 'ECHO_MS') / 1000,
        's',
        '[RFC2637] 2.6',
        'wasm/network/stack/ppp.ts',
      ),
      row('net-flow-lead', constantIn(http, 'LEAD_SEGMENTS'), 'segments', OWN, 'wasm/network/roles/http.ts'),
      row('net-flow-tick', constantIn(flows, 'TICK_NS') / 1e6, 'ms', OWN, 'wasm/network/flows.ts'),
      row('net-tftp-retry', constantIn(tftp, 'RETRY_MS'), 'ms', OWN, 'wasm/network/roles/tftp.ts'),
    ],
  },
  {
    id: 'instrument',
    rows: [
      row('map-cells', MAX_CELLS, 'cells', OWN, 'wasm/shared/limits.ts'),
      row('cell-samples', CELL_SAMPLES, 'pages', OWN, 'wasm/shared/limits.ts'),
      row('event-ring', EVENT_RING_RECORDS, 'records', OWN, 'wasm/shared/limits.ts'),
    ],
  },
];

/** Options of a world: they may be changed while it runs. Words in `model.option.<name>`. */
export const OPTIONS = OPTION_RULES;
