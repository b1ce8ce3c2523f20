/** What a world's network knows beside the core's tables: names, and what was configured. Immutable. */
import type { CardSpec, FirewallRule, Link, MachineNetwork } from '#lib/world/network';

export interface RegisteredCard {
  /** Port of the machine, and of the switch that it is plugged into. */
  readonly port: number;
  readonly there: number | null;
  /** Its hardware address, as a number: no two cards have the same. */
  readonly mac: number;
  readonly spec: CardSpec;
}

export interface RegisteredMachine {
  readonly node: number;
  /** VM slot; 0: a real machine. */
  readonly vm: number;
  readonly spec: MachineNetwork;
  readonly cards: readonly RegisteredCard[];
  /** Of a real machine. */
  readonly link: Link | null;
  /** Name of the group that it is one of, and how many they are; null: it is itself. */
  readonly group: { readonly name: string; readonly members: number } | null;
  readonly onHost: boolean;
  /** A VM's Tools are in: they bring the driver of a vmxnet card. */
  readonly hasTools: boolean;
}

export interface RegisteredSwitch {
  readonly node: number;
  readonly uplinks: readonly string[];
  readonly bond: 'out-mac' | 'out-ip' | 'standby';
  readonly homeLink: string | null;
  readonly notify: boolean;
}

export interface RegisteredPhysicalCard {
  readonly isConsole: boolean;
  readonly to: string | null;
  readonly vlan: number;
  readonly link: Link;
  readonly plugged: boolean;
  /** Ports at its two ends: the virtual switch's while it is an uplink, or the service console's; the physical switch's. */
  readonly uplink: number | null;
  readonly there: number | null;
}

export interface NetworkRegistry {
  readonly machines: ReadonlyMap<string, RegisteredMachine>;
  readonly switches: ReadonlyMap<string, RegisteredSwitch>;
  readonly physicalSwitches: ReadonlyMap<string, number>;
  readonly physicalCards: ReadonlyMap<string, RegisteredPhysicalCard>;
  /** Switch → the tap through which frames are put onto it: node, port. */
  readonly taps: ReadonlyMap<string, { node: number; port: number }>;
}

export const EMPTY: NetworkRegistry = {
  machines: new Map(),
  switches: new Map(),
  physicalSwitches: new Map(),
  physicalCards: new Map(),
  taps: new Map(),
};

/** A map with one entry more, other, or (undefined) fewer. */
export function withEntry<V>(
  map: ReadonlyMap<string, V>,
  key: string,
  value: V | undefined,
): ReadonlyMap<string, V> {
  const next = new Map(map);
  if (value === undefined) next.delete(key);
  else next.set(key, value);
  return next;
}

export const rulesOf = (machine: RegisteredMachine): readonly FirewallRule[] =>
  machine.spec.roles.firewall?.rules ?? [];

/** Whose card has a hardware address; undefined: nobody's. */
export function holderOfMac(registry: NetworkRegistry, mac: number): string | undefined {
  for (const [name, { cards }] of registry.machines) if (cards.some((card) => card.mac === mac)) return name;
  return undefined;
}
