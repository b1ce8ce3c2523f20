/**
 * The network of a scenario: virtual switches, physical cards, what they are plugged into, and how each machine speaks.
 * Pure data, checked by the same schemas as the rest of a world. Rates in kbit/s or Mbit/s, times in µs or s: the names say.
 */
import * as v from 'valibot';
import { MAX_OBJECT_BYTES } from '#wasm/shared/limits';
import {
  ADDRESS_PATTERN,
  BOND_MODES,
  INTERFACE_PATTERN,
  LABEL_PATTERN,
  PROXY_PATTERN,
} from './vocabulary.ts';

const integer = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
const seconds = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(31_536_000));

export const labelSchema = v.pipe(v.string(), v.regex(LABEL_PATTERN));
const nameSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/));
/** A physical card of the host, as ESX names it. */
const cardNameSchema = v.pipe(v.string(), v.regex(/^vmnic(?:[0-9]|1[0-9])$/));
export const addressSchema = v.pipe(v.string(), v.regex(ADDRESS_PATTERN));
/** "192.168.10.1/24": an address and the length of its network's prefix. */
export const interfaceSchema = v.pipe(v.string(), v.regex(INTERFACE_PATTERN));
export const macSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/));
/** Name of a host in DNS. */
const hostNameSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,7}$/),
  v.maxLength(120),
);
const pathSchema = v.pipe(v.string(), v.regex(/^\/[\x21-\x7e]{0,119}$/));

/** Transmit shaping (ESX 2.5's nfshaper, administration guide pp. 357–358): two token buckets and a queue. */
export const shapingSchema = v.strictObject({
  averageKbps: integer(1, 4_000_000),
  peakKbps: integer(1, 4_000_000),
  burstBytes: integer(1518, 1_073_741_824),
  /** Period over which the peak rate is counted. */
  periodMs: v.optional(integer(1, 10_000), 50),
  /** Packets that may wait ("maxq"). */
  queuePackets: v.optional(integer(1, 512), 128),
});
export type Shaping = v.InferOutput<typeof shapingSchema>;

/** Addresses that a DHCP server gives on the network of this card. */
export const poolSchema = v.strictObject({
  first: addressSchema,
  last: addressSchema,
  router: v.optional(addressSchema),
  dns: v.optional(addressSchema),
});

export const cardSchema = v.strictObject({
  /** Label of the switch that it is plugged into; null: the cable is out. */
  switch: v.nullable(labelSchema),
  /** vlance announces 10 Mbit/s and has a driver in every guest; vmxnet 1 Gbit/s, and needs Tools. Real machines: ignored. */
  device: v.optional(v.picklist(['vlance', 'vmxnet']), 'vmxnet'),
  /** Default: 00:0c:29 and three bytes drawn from the machine's name (VMs); 00:14:22 … (real machines). */
  mac: v.optional(macSchema),
  /** 0: none; 1 … 4094: the switch tags (VST); 4095: the guest tags (VGT). */
  vlan: v.optional(integer(0, 4095), 0),
  /** VLAN that a guest tags with, where `vlan` is 4095. */
  guestVlan: v.optional(integer(0, 4094), 0),
  /** "dhcp", an address with its prefix, or null: no IPv4 on this card. */
  address: v.optional(v.nullable(v.union([v.literal('dhcp'), interfaceSchema])), 'dhcp'),
  /** Side of a NAT. */
  nat: v.optional(v.nullable(v.picklist(['inside', 'outside'])), null),
  promiscuous: v.optional(v.boolean(), false),
  /** Frames with another source address than the card's may leave (ESX 2.5's default). */
  forgedAllowed: v.optional(v.boolean(), true),
  shaping: v.optional(v.nullable(shapingSchema), null),
  pool: v.optional(v.nullable(poolSchema), null),
});
export type CardSpec = v.InferOutput<typeof cardSchema>;

/** Where a firewall rule applies: label of the switch behind one of its cards, or one of ISA's own networks. */
const ruleNetworkSchema = v.union([v.picklist(['any', 'local-host']), labelSchema]);
export const firewallRuleSchema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(60)),
  allow: v.boolean(),
  from: v.optional(ruleNetworkSchema, 'any'),
  to: v.optional(ruleNetworkSchema, 'any'),
  protocol: v.optional(v.picklist(['any', 'tcp', 'udp', 'icmp', 'gre']), 'any'),
  /** Destination ports, first and last. */
  ports: v.optional(v.nullable(v.tuple([integer(0, 65_535), integer(0, 65_535)])), null),
  users: v.optional(v.picklist(['all', 'signed-in']), 'all'),
});
export type FirewallRule = v.InferOutput<typeof firewallRuleSchema>;

export const objectSchema = v.strictObject({ path: pathSchema, bytes: integer(0, MAX_OBJECT_BYTES) });

/** What a machine does beside having addresses. */
export const rolesSchema = v.strictObject({
  router: v.optional(v.boolean(), false),
  /** Passes frames on from card to card: IEEE 802.1D without a spanning tree, as Linux's bridge does by default. */
  bridge: v.optional(v.boolean(), false),
  /** ISA Server 2004: denies by default, asks its rules in order, keeps state, logs. */
  firewall: v.optional(v.strictObject({ rules: v.pipe(v.array(firewallRuleSchema), v.maxLength(100)) })),
  nat: v.optional(v.boolean(), false),
  dhcpServer: v.optional(
    v.strictObject({
      leaseSeconds: v.optional(integer(10, 31_536_000), 1800),
      /** For machines that boot from the network (PXE): a file, and the TFTP server that has it; null: this machine. */
      boot: v.optional(
        v.nullable(v.strictObject({ file: pathSchema, server: v.optional(v.nullable(addressSchema), null) })),
        null,
      ),
    }),
  ),
  dnsServer: v.optional(
    v.strictObject({
      records: v.pipe(
        v.array(v.strictObject({ name: hostNameSchema, address: addressSchema })),
        v.maxLength(200),
      ),
    }),
  ),
  httpServer: v.optional(v.strictObject({ objects: v.pipe(v.array(objectSchema), v.maxLength(200)) })),
  proxy: v.optional(v.boolean(), false),
  fileShare: v.optional(v.boolean(), false),
  /** PPTP. Its clients get addresses of the DHCP server of this network, and land in it. */
  vpnServer: v.optional(v.strictObject({ network: labelSchema })),
  tftpServer: v.optional(v.strictObject({ files: v.pipe(v.array(objectSchema), v.maxLength(50)) })),
});
export type Roles = v.InferOutput<typeof rolesSchema>;

export const jobSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('ping'), host: hostNameSchema }),
  v.strictObject({ kind: v.literal('lookup'), host: hostNameSchema }),
  /** HTTP GET. `viaProxy`: as the machine is configured, by default. */
  v.strictObject({
    kind: v.literal('download'),
    host: hostNameSchema,
    path: pathSchema,
    port: v.optional(integer(1, 65_535), 80),
    /** All but the beginning of the body moves as a flow: without frames, at the rate that they would get. */
    bulk: v.optional(v.boolean()),
    /** The most that a bulk download may take, as BITS can be told; absent: what it gets. */
    limitKbps: v.optional(integer(1, 4_000_000)),
    /** As BITS does it: in pieces, with what the machine's own card has left, on from where it was interrupted. */
    background: v.optional(v.boolean()),
  }),
  /** Opens the file share. */
  v.strictObject({ kind: v.literal('share'), host: hostNameSchema }),
  v.strictObject({ kind: v.literal('tftp'), host: hostNameSchema, path: pathSchema }),
  /** Calls a VPN server; the way to everywhere leads through the tunnel then. */
  v.strictObject({ kind: v.literal('vpn'), host: hostNameSchema }),
  /** Boots from the network (PXE): address and boot file by DHCP, the file by TFTP. */
  v.strictObject({ kind: v.literal('pxe') }),
]);
export type JobSpec = v.InferOutput<typeof jobSchema>;

/** How a machine speaks: its cards, and what it does. */
export const machineNetworkSchema = v.strictObject({
  cards: v.pipe(v.array(cardSchema), v.minLength(1), v.maxLength(4)),
  gateway: v.optional(v.nullable(addressSchema), null),
  dns: v.optional(v.nullable(addressSchema), null),
  /** HTTP proxy that its clients use, "192.168.1.1:8080". */
  proxy: v.optional(v.nullable(v.pipe(v.string(), v.regex(PROXY_PATTERN))), null),
  routes: v.optional(
    v.pipe(v.array(v.strictObject({ network: interfaceSchema, via: addressSchema })), v.maxLength(20)),
    [],
  ),
  roles: v.optional(rolesSchema, {}),
  /** What it does by itself, from so many seconds after it is up. */
  jobs: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          job: jobSchema,
          atSeconds: v.optional(seconds, 0),
          /** Not at that moment but within so many seconds after it: where in it, the machine's name decides. */
          withinSeconds: v.optional(seconds, 0),
          /** 0: once. */
          everySeconds: v.optional(seconds, 0),
          /** Comes back up to so many per cent earlier: how much, the machine's name decides. */
          earlierPercent: v.optional(integer(0, 100), 0),
        }),
      ),
      v.maxLength(20),
    ),
    [],
  ),
});
export type MachineNetwork = v.InferOutput<typeof machineNetworkSchema>;

export const linkSchema = v.strictObject({
  rateMbps: v.optional(v.pipe(v.number(), v.minValue(0.001), v.maxValue(10_000)), 100),
  delayUs: v.optional(integer(0, 10_000_000), 5),
  lossPpm: v.optional(integer(0, 1_000_000), 0),
  duplicatePpm: v.optional(integer(0, 1_000_000), 0),
});
export type Link = v.InferOutput<typeof linkSchema>;

export const physicalCardSchema = v.strictObject({
  name: cardNameSchema,
  /** The service console's: image transfers and backups go through it (a station's `through`). */
  console: v.optional(v.boolean(), false),
  /** Physical switch that its cable leads to; null: the cable is out. */
  to: v.optional(v.nullable(labelSchema), null),
  /** VLAN of the physical switch's port: 0 none, 1 … 4094 access (EST), 4095 trunk (VST, VGT). */
  vlan: v.optional(integer(0, 4095), 0),
  link: v.optional(linkSchema, { rateMbps: 1000 }),
});

export const virtualSwitchSchema = v.strictObject({
  name: labelSchema,
  /** Physical cards; more than one is a bond. None: an internal switch. */
  uplinks: v.optional(v.pipe(v.array(cardNameSchema), v.maxLength(10)), []),
  bond: v.optional(v.picklist(BOND_MODES), 'out-mac'),
  homeLink: v.optional(v.nullable(cardNameSchema), null),
  /** Tells the building by RARP where a card is after a failover: ESX 3's "Notify Switches". ESX 2.5's guide has no such setting. */
  notify: v.optional(v.boolean(), false),
});

/** A real machine outside: plugged into a physical switch. */
export const stationSchema = v.strictObject({
  name: nameSchema,
  network: machineNetworkSchema,
  link: v.optional(linkSchema, {}),
  /** How many of them there are, `name-1` … `name-n`; a fixed address is the first one's, and the others' follow it. */
  count: v.optional(integer(1, 2000), 1),
  /** Of several: the first so many send every byte in frames, bulk downloads too. */
  frameByFrame: v.optional(integer(0, 2000), 0),
  /** Part of the host itself, as Workstation's PC is: its cards may be in virtual switches too. */
  onHost: v.optional(v.boolean(), false),
  /** The service console: its card is this physical one of the host, and has its link. */
  through: v.optional(cardNameSchema),
});

export const networkSchema = v.strictObject({
  cards: v.optional(v.pipe(v.array(physicalCardSchema), v.maxLength(20)), []),
  switches: v.optional(v.pipe(v.array(virtualSwitchSchema), v.maxLength(64)), []),
  physicalSwitches: v.optional(v.pipe(v.array(v.strictObject({ name: labelSchema })), v.maxLength(64)), []),
  /** Cables between physical switches. */
  cables: v.optional(
    v.pipe(
      v.array(v.strictObject({ between: v.tuple([labelSchema, labelSchema]), link: linkSchema })),
      v.maxLength(128),
    ),
    [],
  ),
  stations: v.optional(v.pipe(v.array(stationSchema), v.maxLength(200)), []),
});
export type NetworkSpec = v.InferOutput<typeof networkSchema>;

const machine = nameSchema;
const card = v.optional(integer(0, 3), 0);

/** Commands of the network; joined to the world's own in schema.ts. `machine`: a VM or a station by name. */
export const networkCommands = [
  v.strictObject({ kind: v.literal('add-switch'), switch: labelSchema }),
  v.strictObject({ kind: v.literal('remove-switch'), switch: labelSchema }),
  v.strictObject({ kind: v.literal('rename-switch'), switch: labelSchema, name: labelSchema }),
  v.strictObject({
    kind: v.literal('set-uplinks'),
    switch: labelSchema,
    uplinks: v.pipe(v.array(cardNameSchema), v.maxLength(11)),
    bond: v.optional(v.picklist(BOND_MODES)),
    homeLink: v.optional(v.nullable(cardNameSchema)),
    notify: v.optional(v.boolean()),
  }),
  /** Plugs a card into another switch: how a VM goes from test to production. */
  v.strictObject({
    kind: v.literal('connect-card'),
    machine,
    card,
    switch: v.nullable(labelSchema),
    vlan: v.optional(integer(0, 4095)),
  }),
  v.strictObject({ kind: v.literal('add-card'), machine, spec: cardSchema }),
  v.strictObject({ kind: v.literal('remove-card'), machine, card }),
  v.strictObject({
    kind: v.literal('set-address'),
    machine,
    card,
    address: v.nullable(v.union([v.literal('dhcp'), interfaceSchema])),
  }),
  v.strictObject({ kind: v.literal('set-shaping'), machine, card, shaping: v.nullable(shapingSchema) }),
  v.strictObject({ kind: v.literal('set-promiscuous'), machine, card, promiscuous: v.boolean() }),
  /** Frames with another source address than the card's may leave, or not (`ethernetN.noForgedSrcAddr`). */
  v.strictObject({ kind: v.literal('set-forged'), machine, card, forgedAllowed: v.boolean() }),
  v.strictObject({
    kind: v.literal('set-firewall-rules'),
    machine,
    rules: v.pipe(v.array(firewallRuleSchema), v.maxLength(100)),
  }),
  /** Gateway, DNS server, proxy. Absent: as it is. */
  v.strictObject({
    kind: v.literal('set-ways'),
    machine,
    gateway: v.optional(v.nullable(addressSchema)),
    dns: v.optional(v.nullable(addressSchema)),
    proxy: v.optional(v.nullable(v.pipe(v.string(), v.regex(PROXY_PATTERN)))),
  }),
  /** The cable of a physical card of the host, in or out. */
  v.strictObject({ kind: v.literal('set-cable'), physicalCard: cardNameSchema, plugged: v.boolean() }),
  v.strictObject({ kind: v.literal('start-job'), machine, job: jobSchema }),
  /** Ends a machine's VPN tunnel, or its call for one (a job of kind vpn). */
  v.strictObject({ kind: v.literal('hang-up'), machine }),
  /** Frames from outside, put onto a switch: each so many ns after the command (replay of a capture). */
  v.strictObject({
    kind: v.literal('inject-frames'),
    switch: labelSchema,
    frames: v.pipe(
      v.array(
        v.strictObject({
          afterNs: integer(0, Number.MAX_SAFE_INTEGER),
          /** Base64 of the frame, without its check sequence. */
          bytes: v.pipe(v.string(), v.maxLength(2100), v.regex(/^[A-Za-z0-9+/]*={0,2}$/)),
        }),
      ),
      v.maxLength(2000),
    ),
  }),
] as const;
