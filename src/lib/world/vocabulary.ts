/**
 * The words that make worlds: what can be chosen, and how names are formed. Apart from the schemas that check with them,
 * so that a form need not fetch those.
 */

/** Names of VMs and hosts: as on a datastore of the era, so that they can be file names. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Label of a switch: letters of any language, as the era's "network label". */
export const LABEL_PATTERN = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,31}$/u;

export const GUEST_IDS = ['windows-nt4', 'windows-2000', 'windows-xp', 'windows-2003', 'linux-24'] as const;
export type GuestId = (typeof GUEST_IDS)[number];

export const WORKLOAD_IDS = [
  'idle',
  'boot-only',
  'file-server',
  'wsus-install',
  'wsus-synchronise',
  'wsus-serve',
  'wsus-patch-day',
  'sql-idle',
  'sql-query',
  'exchange',
  'terminal-server',
  'dbench',
  'spec95',
  'toucher',
  'ris',
  'backup',
] as const;
export type WorkloadId = (typeof WORKLOAD_IDS)[number];

/** Options by name; see Model page and `wasm/shared/options.ts`. */
export const OPTION_NAMES = [
  'shareScanVm',
  'shareScanTotal',
  'shareHashBits',
  'shareEnabled',
  'overheadBaseMib',
  'overheadVcpuMib',
  'overheadGibMib',
  'traceTouches',
  'balancePeriod',
  'samplePeriod',
  'samplePages',
  'idleTax',
  'ctlMaxPercent',
  'freeHigh',
  'freeSoft',
  'freeHard',
  'freeLow',
  'freeMargin',
  'sampleSlowGain',
  'sampleFastGain',
  'swapOutRate',
  'swapInMs',
  'guestFaultMs',
  'hotIoCopies',
] as const;
export type OptionName = (typeof OPTION_NAMES)[number];

export const BOND_MODES = ['out-mac', 'out-ip', 'standby'] as const;

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ADDRESS = `${OCTET}(?:\\.${OCTET}){3}`;
/** 192.168.10.1 */
export const ADDRESS_PATTERN = new RegExp(`^${ADDRESS}$`);
/** 192.168.10.1/24: an address and the length of its network's prefix. */
export const INTERFACE_PATTERN = new RegExp(`^${ADDRESS}/(?:[1-9]|[12]\\d|3[0-2])$`);
const PORT = '(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d\\d|655[0-2]\\d|6553[0-5])';
/** 192.168.10.1:8080 */
export const PROXY_PATTERN = new RegExp(`^${ADDRESS}:${PORT}$`);
