/**
 * The network of a world: built from its scenario through the core's door, changed by commands. Names live here, numbers
 * in the core. A refused command has changed nothing: what can be refused is asked first.
 */
import { addressText, parseAddress, parseMac } from '#lib/core/addresses';
import { reasonCode } from '#lib/core/codes';
import { Reason, type Core } from '#lib/core/core';
import {
  BondMode,
  CoreNetwork,
  reserveNetwork,
  JobKind,
  NodeKind,
  StationRole,
  type JobSpec as CoreJob,
} from '#lib/core/network';
import { MAX_BOND_UPLINKS, MAX_SWITCH_PORTS, NODE_IP_PROTOCOLS, TRUNK, capacitiesFor } from './limits';
import type {
  CardSpec,
  FirewallRule,
  JobSpec,
  Link,
  MachineNetwork,
  NetworkSpec,
  Roles,
} from '#lib/world/network';
import type { Scenario } from '#lib/world/schema';
import { ADDRESS_PATTERN, INTERFACE_PATTERN, PROXY_PATTERN } from '#lib/world/vocabulary';
import type { Nanoseconds } from '#lib/units';
import type { NetworkReading, NetworkRequest } from '../network-protocol';
import type { EventRecord, ReasonArgs, Receipt } from '../protocol';
import type { NetworkCommand } from './commands';
import { generatedMac, nameHash, nameShare } from './mac';
import { Rates, type RatesMemory } from './rates';
import { nodeNames, readNetwork } from './reading';
import { WireLog, type WireMemory } from './wire-log';
import {
  holderOfMac,
  withEntry,
  type NetworkRegistry,
  type RegisteredCard,
  type RegisteredMachine,
} from './registry';

const BONDS = { 'out-mac': BondMode.outMac, 'out-ip': BondMode.outIp, standby: BondMode.standby } as const;
const JOBS = {
  ping: JobKind.ping,
  lookup: JobKind.lookup,
  download: JobKind.download,
  share: JobKind.share,
  tftp: JobKind.tftp,
  vpn: JobKind.vpn,
  pxe: JobKind.pxe,
} as const;
/** A VM and its virtual switch are one memory: what slows them is the processor, not a wire. */
const MEMORY_LINK: Link = { rateMbps: 1000, delayUs: 1, lossPpm: 0, duplicatePpm: 0 };
/** Of less than 24 kB, two TCP flows that fill it would share its link worse than by ten per cent (wasm/tests/network/tcp.test.ts). */
const QUEUE_BYTES = 131_072;

const NODE_EVENTS: ReadonlySet<string> = new Set([
  'address-conflict',
  'address-leased',
  'tunnel-closed',
  'uplink-changed',
  'station-up',
  'station-down',
]);
const PORT_EVENTS: ReadonlySet<string> = new Set(['link-up', 'link-down', 'port-moved']);
const JOB_EVENTS: ReadonlySet<string> = new Set(['job-done', 'job-failed']);

/** A refusal on its way up: reason and arguments as in a receipt. */
class Refusal extends Error {
  constructor(
    readonly reason: string,
    readonly args: ReasonArgs = {},
  ) {
    super(reason);
  }
}

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host);

/** What has been seen of a network: no state, but of the moment as much as that. Immutable. */
export interface NetworkMemory {
  readonly wire: WireMemory;
  readonly rates: RatesMemory;
}

export class NetworkWorld {
  readonly net: CoreNetwork;
  /** What listeners hear. Listening changes no world, so it is not part of it. */
  readonly wire: WireLog;
  readonly rates: Rates;

  /** @param registry what names mean now; the world's own registry keeps it, so that a checkpoint holds a reference */
  constructor(
    core: Core,
    private readonly get: () => NetworkRegistry,
    private readonly set: (registry: NetworkRegistry) => void,
  ) {
    this.net = new CoreNetwork(core);
    this.wire = new WireLog(this.net);
    this.rates = new Rates(this.net);
  }

  /** Makes room in a core whose world is not yet open. @returns a reason, null when there is room */
  static reserve(core: Core, scenario: Scenario): string | null {
    const code = reserveNetwork(core, capacitiesFor(scenario));
    return code === Reason.none ? null : reasonCode(code);
  }

  read(timeNs: Nanoseconds, request: NetworkRequest): NetworkReading {
    return readNetwork(this.net, this.registry, this.wire, this.rates, timeNs, request);
  }

  /** An event of the network with the name of its machine or switch. Which of its numbers says so: wasm/shared/events.ts. */
  named(event: EventRecord): EventRecord {
    const node = NODE_EVENTS.has(event.kind)
      ? event.a
      : PORT_EVENTS.has(event.kind)
        ? this.net.port(event.a).node
        : JOB_EVENTS.has(event.kind)
          ? this.net.job(event.a).node
          : 0;
    const name = node === 0 ? undefined : nodeNames(this.registry).get(node);
    return name === undefined ? event : { ...event, node: name };
  }

  /** What was observed up to now, for a checkpoint. */
  remember(): NetworkMemory {
    return { wire: this.wire.remember(), rates: this.rates.remember() };
  }
  recall({ wire, rates }: NetworkMemory): void {
    this.wire.recall(wire);
    this.rates.recall(rates);
  }

  get registry(): NetworkRegistry {
    return this.get();
  }
  #keep(part: Partial<NetworkRegistry>): void {
    this.set({ ...this.get(), ...part });
  }

  /** Makes what stands when the world opens, but for the cards of VMs. @returns what cannot be, null when all is well */
  build(spec: NetworkSpec): { reason: string; args: ReasonArgs } | null {
    const machines = new Map<string, RegisteredMachine>();
    this.#keep({ machines });
    this.#beingBuilt = machines;
    const refusal = this.#refusal(() => this.#build(spec));
    this.#beingBuilt = null;
    return refusal;
  }
  /** Machines while the world is built: nobody else has them yet, and a copy for each of a thousand would take its time. */
  #beingBuilt: Map<string, RegisteredMachine> | null = null;

  #refusal(action: () => void): { reason: string; args: ReasonArgs } | null {
    try {
      action();
      return null;
    } catch (error) {
      if (error instanceof Refusal) return { reason: error.reason, args: error.args };
      throw error;
    }
  }

  #build(spec: NetworkSpec): void {
    for (const { name } of spec.physicalSwitches) {
      this.#unknownLabel(name);
      const node = this.#node(NodeKind.physicalSwitch, '');
      this.#keep({ physicalSwitches: withEntry(this.registry.physicalSwitches, name, node) });
    }
    for (const { between, link } of spec.cables) {
      const [a, b] = between.map((name) => this.#port(this.#physical(name)));
      this.#must(this.net.connect(a!, b!));
      this.#link(a!, link);
      this.#link(b!, link);
    }
    for (const card of spec.cards)
      this.#keep({
        physicalCards: withEntry(this.registry.physicalCards, card.name, {
          isConsole: card.console,
          to: card.to,
          vlan: card.vlan,
          link: card.link,
          plugged: card.to !== null,
          uplink: null,
          there: null,
        }),
      });
    for (const { name, uplinks, bond, homeLink, notify } of spec.switches) {
      this.#addSwitch(name);
      this.#setUplinks(name, uplinks, bond, homeLink, notify);
    }
    for (const { name, network, link, count, frameByFrame, onHost, through } of spec.stations)
      if (through !== undefined) this.#addConsole(name, network, through);
      else
        for (let i = 0; i < count; i++)
          this.#addMachine(
            count === 1 ? name : `${name}-${i + 1}`,
            0,
            memberOf(network, i, i < frameByFrame),
            {
              link,
              group: count === 1 ? null : { name, members: count },
              onHost,
              hasTools: true,
            },
          );
  }

  /** The service console, a machine whose card is one of the host's. */
  #addConsole(name: string, network: MachineNetwork, through: string): void {
    const card = this.registry.physicalCards.get(through);
    if (!card) throw new Refusal('unknown-physical-card', { card: through });
    if (!card.isConsole || card.uplink !== null) throw new Refusal('uplink-taken', { card: through });
    if (network.cards.length > 1) throw new Refusal('card-is-console', { card: through });
    if (card.to === null || network.cards[0]!.switch !== card.to)
      throw new Refusal('not-connected', { machine: name });
    const cards = [{ ...network.cards[0]!, vlan: card.vlan }];
    const place = { link: card.link, group: null, onHost: true, hasTools: true };
    this.#addMachine(name, 0, { ...network, cards }, place);
    const { port, there } = this.#machine(name).cards[0]!;
    this.#keep({
      physicalCards: withEntry(this.registry.physicalCards, through, { ...card, uplink: port, there }),
    });
  }

  /** The service console speaks through its own card, and through no other. */
  #notConsole({ cards }: RegisteredMachine): void {
    for (const [name, { uplink }] of this.registry.physicalCards)
      if (uplink !== null && cards.some(({ port }) => port === uplink))
        throw new Refusal('card-is-console', { card: name });
  }

  /** The cards of a VM that was added. @throws Refusal */
  addVm(name: string, vm: number, spec: MachineNetwork, hasTools: boolean): void {
    this.#addMachine(name, vm, spec, { link: null, group: null, onHost: false, hasTools });
  }
  /** A VM's Tools came or went, and with them the driver of its vmxnet cards. */
  setTools(name: string, hasTools: boolean): void {
    const machine = this.registry.machines.get(name);
    if (!machine) return;
    this.#keepMachine(name, { ...machine, hasTools });
    for (const { port, spec } of machine.cards)
      if (spec.device === 'vmxnet') this.#must(this.net.setCable(port, hasTools));
  }
  /** The core has taken its node away. */
  forgetVm(name: string): void {
    const machine = this.registry.machines.get(name);
    if (!machine) return;
    for (const { there } of machine.cards) if (there !== null) this.net.removePort(there);
    this.#keep({ machines: withEntry(this.registry.machines, name, undefined) });
  }
  /** Whether a VM could have these cards: named before anything is made. @returns null when it could */
  refusalOf(name: string, spec: MachineNetwork, isVm: boolean): { reason: string; args: ReasonArgs } | null {
    return this.#refusal(() => this.#checkMachine(name, spec, isVm));
  }

  /** Applies a command. `index`: its place in the run's list. */
  apply(command: NetworkCommand, index: number): Receipt {
    const refusal = this.#refusal(() => this.#apply(command));
    return refusal ? { kind: 'refused', ...refusal } : { kind: 'accepted', index };
  }

  #apply(command: NetworkCommand): void {
    switch (command.kind) {
      case 'add-switch':
        return this.#addSwitch(command.switch);
      case 'remove-switch':
        return this.#removeSwitch(command.switch);
      case 'rename-switch':
        return this.#renameSwitch(command.switch, command.name);
      case 'set-uplinks': {
        const now = this.#switch(command.switch);
        return this.#setUplinks(
          command.switch,
          command.uplinks,
          command.bond ?? now.bond,
          command.homeLink === undefined ? now.homeLink : command.homeLink,
          command.notify ?? now.notify,
        );
      }
      case 'connect-card':
        return this.#connectCard(command.machine, command.card, command.switch, command.vlan);
      case 'add-card':
        return this.#addCard(command.machine, command.spec);
      case 'remove-card':
        return this.#removeCard(command.machine, command.card);
      case 'set-address':
        return this.#setAddress(command.machine, command.card, command.address);
      case 'set-shaping':
        return this.#setShaping(command.machine, command.card, command.shaping);
      case 'set-promiscuous':
        return this.#setPolicy(command, { promiscuous: command.promiscuous });
      case 'set-forged':
        return this.#setPolicy(command, { forgedAllowed: command.forgedAllowed });
      case 'set-firewall-rules':
        return this.#setRules(command.machine, command.rules);
      case 'set-ways':
        return this.#setWays(command.machine, command);
      case 'set-cable':
        return this.#setCable(command.physicalCard, command.plugged);
      case 'start-job': {
        const { node } = this.#machine(command.machine);
        if (command.job.kind === 'vpn' && this.net.hasDialled(node))
          throw new Refusal('already-dialled', { machine: command.machine });
        return this.#must(this.net.startJob(node, coreJob(command.job)).reason, { machine: command.machine });
      }
      case 'hang-up': {
        const { machine } = command;
        return this.#must(this.net.hangUp(this.#machine(machine).node), { machine });
      }
      case 'inject-frames':
        return this.#inject(command.switch, command.frames);
    }
  }

  // ── switches ──

  #addSwitch(name: string): void {
    this.#unknownLabel(name);
    const node = this.#node(NodeKind.virtualSwitch, '');
    this.#keep({
      switches: withEntry(this.registry.switches, name, {
        node,
        uplinks: [],
        bond: 'out-mac',
        homeLink: null,
        notify: false,
      }),
    });
  }

  /** Labels name one switch each, virtual or physical. */
  #unknownLabel(name: string): void {
    if (this.registry.switches.has(name) || this.registry.physicalSwitches.has(name))
      throw new Refusal('switch-name-taken', { switch: name });
  }

  /** Nobody's card may be in it: a label changes, and a switch goes, only while no VM uses it (guide, p. 308). */
  #unused(name: string): void {
    for (const [machine, { cards }] of this.registry.machines)
      if (cards.some(({ spec }) => spec.switch === name))
        throw new Refusal('switch-has-cards', { switch: name, machine });
  }

  #removeSwitch(name: string): void {
    const of = this.#switch(name);
    this.#unused(name);
    this.#setUplinks(name, [], of.bond, null);
    this.#must(this.net.removeNode(of.node), { switch: name });
    const tap = this.registry.taps.get(name);
    if (tap) this.net.removeNode(tap.node);
    this.#keep({
      switches: withEntry(this.registry.switches, name, undefined),
      taps: withEntry(this.registry.taps, name, undefined),
    });
  }

  #renameSwitch(name: string, next: string): void {
    const of = this.#switch(name);
    this.#unknownLabel(next);
    this.#unused(name);
    const tap = this.registry.taps.get(name);
    this.#keep({
      switches: withEntry(withEntry(this.registry.switches, name, undefined), next, of),
      taps: withEntry(withEntry(this.registry.taps, name, undefined), next, tap),
    });
  }

  #setUplinks(
    name: string,
    uplinks: readonly string[],
    bond: keyof typeof BONDS,
    homeLink: string | null,
    notify = false,
  ): void {
    const of = this.#switch(name);
    if (uplinks.length > MAX_BOND_UPLINKS) throw new Refusal('too-many-uplinks', { switch: name });
    if (new Set(uplinks).size !== uplinks.length) throw new Refusal('uplink-taken', { switch: name });
    if (homeLink !== null && !uplinks.includes(homeLink))
      throw new Refusal('home-link-elsewhere', { switch: name, card: homeLink });
    for (const card of uplinks) {
      const known = this.registry.physicalCards.get(card);
      if (!known) throw new Refusal('unknown-physical-card', { card });
      if (known.isConsole) throw new Refusal('card-is-console', { card });
      if (known.uplink !== null && !of.uplinks.includes(card)) throw new Refusal('uplink-taken', { card });
    }
    const changes = uplinks.join() !== of.uplinks.join();
    if (changes && this.net.usedByRunningVm(of.node)) throw new Refusal('switch-in-use', { switch: name });
    for (const card of of.uplinks) if (!uplinks.includes(card)) this.#unbind(card);
    for (const card of uplinks) if (!of.uplinks.includes(card)) this.#bind(card, of.node);
    this.#must(this.net.setBondMode(of.node, BONDS[bond]));
    const home = homeLink === null ? null : this.registry.physicalCards.get(homeLink)!.uplink;
    this.#must(this.net.setHomeLink(of.node, home));
    this.#must(this.net.setNotifies(of.node, notify));
    this.#keep({
      switches: withEntry(this.registry.switches, name, {
        ...of,
        uplinks: [...uplinks],
        bond,
        homeLink,
        notify,
      }),
    });
  }

  #bind(name: string, node: number): void {
    const card = this.registry.physicalCards.get(name)!;
    const uplink = this.#port(node, true);
    // An uplink carries every VLAN as it comes; what the building's switch does with tags is its port's affair.
    this.#must(this.net.setVlan(uplink, TRUNK));
    let there: number | null = null;
    if (card.to !== null) {
      there = this.#port(this.#physical(card.to));
      this.#must(this.net.setVlan(there, card.vlan));
      this.#must(this.net.connect(uplink, there));
      this.#link(uplink, card.link);
      this.#link(there, card.link);
      this.#must(this.net.setCable(uplink, card.plugged));
    }
    this.#keep({ physicalCards: withEntry(this.registry.physicalCards, name, { ...card, uplink, there }) });
  }

  #unbind(name: string): void {
    const card = this.registry.physicalCards.get(name)!;
    this.#must(this.net.removePort(card.uplink!));
    if (card.there !== null) this.#must(this.net.removePort(card.there));
    this.#keep({
      physicalCards: withEntry(this.registry.physicalCards, name, { ...card, uplink: null, there: null }),
    });
  }

  #setCable(name: string, plugged: boolean): void {
    const card = this.registry.physicalCards.get(name);
    if (!card) throw new Refusal('unknown-physical-card', { card: name });
    if (card.to === null) throw new Refusal('not-connected', { machine: name });
    if (card.uplink !== null) this.#must(this.net.setCable(card.uplink, plugged));
    this.#keep({ physicalCards: withEntry(this.registry.physicalCards, name, { ...card, plugged }) });
  }

  // ── machines and their cards ──

  #checkMachine(name: string, spec: MachineNetwork, isVm: boolean, onHost = false): void {
    if (this.registry.machines.has(name)) throw new Refusal('name-taken', { vm: name });
    spec.cards.forEach((card, index) => {
      const before = spec.cards.slice(0, index).filter(({ switch: label }) => label === card.switch);
      this.#checkCard(card, isVm, onHost, before.length);
      const { mac } = card;
      if (mac && spec.cards.findIndex((one) => one.mac === mac) < index)
        throw new Refusal('mac-taken', { mac, machine: name });
    });
  }

  #checkCard(card: CardSpec, isVm: boolean, onHost: boolean, coming = 0): void {
    const { mac } = card;
    // By hand, VMware admits 00:50:56:00:00:00 to 3f:ff:ff (administration guide, p. 301), and what it generated itself.
    if (mac && isVm && !/^00:(50:56:[0-3][0-9a-f]|0c:29:[0-9a-f]{2}):/.test(mac))
      throw new Refusal('mac-invalid', { mac });
    const holder = mac && holderOfMac(this.registry, parseMac(mac));
    if (holder) throw new Refusal('mac-taken', { mac, machine: holder });
    if (card.switch !== null) this.#roomIn(card.switch, isVm, onHost, coming);
    if (card.address && card.address !== 'dhcp') this.#checkAddress(card.address);
  }

  #checkAddress(text: string): void {
    const [address, prefix] = interfaceOf(text);
    const mask = prefix === 32 ? 0xffff_ffff : ~(0xffff_ffff >>> prefix) >>> 0;
    const host = (address & ~mask) >>> 0;
    const isHost = prefix >= 31 || (host !== 0 && host !== ~mask >>> 0);
    if (!isHost || !isUnicast(address)) throw new Refusal('address-invalid', { address: text });
  }

  /** A VM's card goes into a virtual switch, a real machine's into one of the building, the host's own into either. */
  #roomIn(label: string, isVm: boolean, onHost: boolean, coming = 0): void {
    if (!isVm && !(onHost && this.registry.switches.has(label))) {
      this.#physical(label);
      return;
    }
    this.#switch(label);
    const cards = [...this.registry.machines.values()].flatMap((machine) => machine.cards);
    const used =
      cards.filter(({ spec }) => spec.switch === label).length + (this.registry.taps.has(label) ? 1 : 0);
    if (used + coming >= MAX_SWITCH_PORTS) throw new Refusal('switch-full', { switch: label });
  }

  #addMachine(
    name: string,
    vm: number,
    spec: MachineNetwork,
    place: Pick<RegisteredMachine, 'link' | 'group' | 'onHost' | 'hasTools'>,
  ): void {
    this.#checkMachine(name, spec, vm !== 0, place.onHost);
    const node = this.#node(NodeKind.station, name, vm);
    const machine: RegisteredMachine = { node, vm, spec: { ...spec, cards: [] }, cards: [], ...place };
    this.#keepMachine(name, machine);
    for (const card of spec.cards) this.#addCard(name, card);
    this.#roles(name, spec.roles);
    this.#setWays(name, spec);
    for (const { network, via } of spec.routes) {
      const [address, prefix] = interfaceOf(network);
      this.#must(this.net.addRoute(node, address, prefix, parseAddress(via)));
    }
    for (const { job, atSeconds, withinSeconds, everySeconds, earlierPercent } of spec.jobs) {
      const afterMs = Math.round(1000 * (atSeconds + withinSeconds * nameShare(`${name} begins`)));
      const earlier = (earlierPercent / 100) * nameShare(`${name} comes back`);
      const every = Math.round(everySeconds * (1 - earlier));
      this.#must(this.net.planJob(node, coreJob(job), { afterMs, everySeconds: every }).reason);
    }
  }

  #addCard(name: string, spec: CardSpec): void {
    const machine = this.#machine(name);
    this.#notConsole(machine);
    const isVm = machine.vm !== 0;
    if (machine.cards.length >= 4) throw new Refusal('too-many-cards', { machine: name });
    this.#checkCard(spec, isVm, machine.onHost);
    const index = machine.cards.length;
    const mac = spec.mac
      ? parseMac(spec.mac)
      : generatedMac(name, index, isVm, (mac) => holderOfMac(this.registry, mac) !== undefined);
    const { reason, port } = this.net.addPort(machine.node, { mac });
    this.#must(reason, { machine: name });
    this.#must(this.net.setAnnounced(port, isVm && spec.device === 'vlance' ? 10 : 1000));
    // Without a driver the guest has no such card.
    if (isVm && spec.device === 'vmxnet') this.#must(this.net.setCable(port, machine.hasTools));
    this.#must(this.net.setNatSide(port, spec.nat));
    this.#must(this.net.setVlan(port, spec.guestVlan));
    if (spec.pool)
      this.#must(
        this.net.setPool(port, {
          first: parseAddress(spec.pool.first),
          last: parseAddress(spec.pool.last),
          router: spec.pool.router ? parseAddress(spec.pool.router) : 0,
          dns: spec.pool.dns ? parseAddress(spec.pool.dns) : 0,
        }),
      );
    const unplugged: RegisteredCard = { port, there: null, mac, spec: { ...spec, switch: null } };
    this.#keepCard(name, machine, index, unplugged);
    this.#connectCard(name, index, spec.switch, spec.vlan);
    this.#setAddress(name, index, spec.address);
    if (spec.shaping) this.#setShaping(name, index, spec.shaping);
  }

  #removeCard(name: string, index: number): void {
    const { machine, card } = this.#card(name, index);
    if (machine.cards.length === 1) throw new Refusal('last-card', { machine: name });
    this.#must(this.net.removePort(card.port));
    if (card.there !== null) this.#must(this.net.removePort(card.there));
    const cards = machine.cards.filter((_, at) => at !== index);
    this.#keepMachine(name, { ...machine, cards });
  }

  #connectCard(name: string, index: number, label: string | null, vlan?: number): void {
    const { machine, card } = this.#card(name, index);
    this.#notConsole(machine);
    const isVm = machine.vm !== 0;
    const tag = vlan ?? card.spec.vlan;
    let there: number | null = null;
    if (label === card.spec.switch && card.there !== null) there = card.there;
    else if (label !== null) {
      this.#roomIn(label, isVm, machine.onHost);
      there = this.#port(this.#labelNode(label));
      this.#must(this.net.moveCable(card.port, there));
      const link = machine.link ?? MEMORY_LINK;
      this.#link(card.port, link);
      this.#link(there, link);
      if (isVm) {
        this.#must(this.net.setPromiscuous(there, card.spec.promiscuous));
        this.#must(this.net.setForgedAllowed(there, card.spec.forgedAllowed));
      }
    }
    if (there !== null) this.#must(this.net.setVlan(there, tag));
    if (card.there !== null && card.there !== there) this.#must(this.net.removePort(card.there));
    this.#keepCard(name, machine, index, {
      ...card,
      there,
      spec: { ...card.spec, switch: label, vlan: tag },
    });
    // Rules that name a network by its switch follow the cards.
    const { firewall, vpnServer } = machine.spec.roles;
    if (firewall) this.#writeRules(name, firewall.rules);
    if (vpnServer) this.#landVpn(name, vpnServer.network);
  }

  /** What a switch lets a card hear and say. It belongs to the switch's port. */
  #setPolicy(
    { machine: name, card: index }: { machine: string; card: number },
    change: Partial<Pick<CardSpec, 'promiscuous' | 'forgedAllowed'>>,
  ): void {
    const { machine, card } = this.#card(name, index);
    if (card.there === null) throw new Refusal('not-connected', { machine: name });
    const spec = { ...card.spec, ...change };
    this.#must(this.net.setPromiscuous(card.there, spec.promiscuous));
    this.#must(this.net.setForgedAllowed(card.there, spec.forgedAllowed));
    this.#keepCard(name, machine, index, { ...card, spec });
  }

  #setAddress(name: string, index: number, address: CardSpec['address']): void {
    const { machine, card } = this.#card(name, index);
    if (address === 'dhcp') this.#must(this.net.setDhcp(card.port));
    else if (address === null) this.#must(this.net.setAddress(card.port, 0, 0));
    else {
      this.#checkAddress(address);
      const [number, prefix] = interfaceOf(address);
      this.#must(this.net.setAddress(card.port, number, prefix), { address });
    }
    this.#keepCard(name, machine, index, { ...card, spec: { ...card.spec, address } });
  }

  #setShaping(name: string, index: number, shaping: CardSpec['shaping']): void {
    const { machine, card } = this.#card(name, index);
    if (shaping) {
      if (shaping.peakKbps < shaping.averageKbps) throw new Refusal('shaper-out-of-range', { machine: name });
      this.#must(
        this.net.setShaper(card.port, {
          averageBps: shaping.averageKbps * 1000,
          peakBps: shaping.peakKbps * 1000,
          burstBytes: shaping.burstBytes,
          periodMs: shaping.periodMs,
          queuePackets: shaping.queuePackets,
        }),
      );
    } else if (card.spec.shaping) this.#must(this.net.clearShaper(card.port));
    this.#keepCard(name, machine, index, { ...card, spec: { ...card.spec, shaping } });
  }

  // ── roles ──

  #roles(name: string, roles: Roles): void {
    const { node } = this.#machine(name);
    const bits =
      (roles.router ? StationRole.forwards : 0) |
      (roles.bridge ? StationRole.bridge : 0) |
      (roles.firewall ? StationRole.firewall | StationRole.forwards : 0) |
      (roles.nat ? StationRole.nat | StationRole.forwards : 0) |
      (roles.dhcpServer ? StationRole.dhcpServer : 0) |
      (roles.dnsServer ? StationRole.dnsServer : 0) |
      (roles.httpServer ? StationRole.httpServer : 0) |
      (roles.proxy ? StationRole.proxy : 0) |
      (roles.fileShare ? StationRole.fileShare : 0) |
      (roles.tftpServer ? StationRole.tftpServer : 0) |
      (roles.vpnServer ? StationRole.vpnServer | StationRole.forwards : 0);
    this.#must(this.net.setRoles(node, bits));
    if (roles.dhcpServer) {
      const { leaseSeconds, boot } = roles.dhcpServer;
      this.#must(this.net.setLeaseSeconds(node, leaseSeconds));
      const server = boot?.server ? parseAddress(boot.server) : 0;
      if (boot) this.#must(this.net.setBoot(node, { file: boot.file, server }));
    }
    for (const { name: host, address } of roles.dnsServer?.records ?? [])
      this.#must(this.net.addRecord(node, host, parseAddress(address)));
    for (const { path, bytes } of [...(roles.httpServer?.objects ?? []), ...(roles.tftpServer?.files ?? [])])
      this.#must(this.net.addObject(node, path, bytes, nameHash(`${name}${path}`)));
    if (roles.firewall) this.#writeRules(name, roles.firewall.rules);
    // As with rules: its network may come later.
    if (roles.vpnServer) this.#landVpn(name, roles.vpnServer.network);
  }

  /** Clients of a VPN server land behind its card in this network; where it has none, nobody gets in. */
  #landVpn(name: string, network: string): void {
    const machine = this.#machine(name);
    const card = machine.cards.find(({ spec }) => spec.switch === network);
    this.#must(this.net.setVpnCard(machine.node, card?.port ?? null));
  }

  #setRules(name: string, rules: FirewallRule[]): void {
    const machine = this.#machine(name);
    if (!machine.spec.roles.firewall) throw new Refusal('no-firewall', { machine: name });
    for (const { from, to } of rules)
      for (const label of [from, to]) if (label !== 'any' && label !== 'local-host') this.#labelNode(label);
    this.#keepMachine(name, {
      ...machine,
      spec: { ...machine.spec, roles: { ...machine.spec.roles, firewall: { rules } } },
    });
    this.#writeRules(name, rules);
  }

  /** The rules in the core: their networks are the firewall's cards. A network that no card is in fits nothing. */
  #writeRules(name: string, rules: readonly FirewallRule[]): void {
    const machine = this.#machine(name);
    this.#must(this.net.clear(machine.node, 'rules'));
    rules.forEach((rule, index) => {
      const from = this.#ruleNetwork(machine, rule.from);
      const to = this.#ruleNetwork(machine, rule.to);
      if (from === null || to === null) return;
      const [firstPort, lastPort] = rule.ports ?? [0, 65_535];
      this.#must(
        this.net.addRule(machine.node, {
          name: `rule ${index}`,
          allow: rule.allow,
          from,
          to,
          protocol: NODE_IP_PROTOCOLS[rule.protocol],
          firstPort,
          lastPort,
          signedIn: rule.users === 'signed-in',
        }),
      );
    });
  }
  #ruleNetwork(machine: RegisteredMachine, label: string): number | 'any' | 'local-host' | null {
    if (label === 'any' || label === 'local-host') return label;
    return machine.cards.find(({ spec }) => spec.switch === label)?.port ?? null;
  }

  #setWays(
    name: string,
    ways: { gateway?: string | null; dns?: string | null; proxy?: string | null },
  ): void {
    const machine = this.#machine(name);
    const host = (text: string): number => {
      const address = addressOf(text);
      if (!isUnicast(address)) throw new Refusal('address-invalid', { address: text });
      return address;
    };
    const number = (text: string | null | undefined) =>
      text === undefined ? undefined : text === null ? 0 : host(text);
    const [proxyHost, proxyPort] = ways.proxy?.split(':') ?? [];
    if (ways.proxy && !PROXY_PATTERN.test(ways.proxy))
      throw new Refusal('address-invalid', { address: ways.proxy });
    this.#must(
      this.net.setWays(machine.node, {
        gateway: number(ways.gateway),
        dns: number(ways.dns),
        proxy:
          ways.proxy === undefined
            ? undefined
            : ways.proxy === null
              ? null
              : { address: host(proxyHost!), port: Number(proxyPort) },
      }),
    );
    const { gateway = machine.spec.gateway, dns = machine.spec.dns, proxy = machine.spec.proxy } = ways;
    this.#keepMachine(name, { ...machine, spec: { ...machine.spec, gateway, dns, proxy } });
  }

  // ── frames from outside ──

  /** The tap of a switch, made when it is first wanted. Port of the tap's side. @throws Refusal */
  tap(label: string): number {
    const known = this.registry.taps.get(label);
    if (known) return known.port;
    const there = this.#port(this.#labelNode(label));
    const node = this.#node(NodeKind.tap, '');
    const port = this.#port(node);
    this.#must(this.net.connect(port, there));
    this.#keep({ taps: withEntry(this.registry.taps, label, { node, port }) });
    return port;
  }

  #inject(label: string, frames: { afterNs: number; bytes: string }[]): void {
    const decoded = frames.map(({ afterNs, bytes }) => ({ afterNs, bytes: fromBase64(bytes) }));
    if (decoded.some(({ bytes }) => bytes.length === 0 || bytes.length > 1536))
      throw new Refusal('frame-too-long', { switch: label });
    const port = this.tap(label);
    for (const { afterNs, bytes } of decoded) this.#must(this.net.inject(port, bytes, afterNs));
  }

  // ── names ──

  #machine(name: string): RegisteredMachine {
    const machine = this.registry.machines.get(name);
    if (!machine) throw new Refusal('unknown-machine', { machine: name });
    return machine;
  }
  #card(name: string, index: number): { machine: RegisteredMachine; card: RegisteredCard } {
    const machine = this.#machine(name);
    const card = machine.cards[index];
    if (!card) throw new Refusal('unknown-card', { machine: name, card: index });
    return { machine, card };
  }
  #switch(label: string) {
    const of = this.registry.switches.get(label);
    if (!of) throw new Refusal('unknown-switch', { switch: label });
    return of;
  }
  #physical(label: string): number {
    const node = this.registry.physicalSwitches.get(label);
    if (node === undefined) throw new Refusal('unknown-switch', { switch: label });
    return node;
  }
  #labelNode(label: string): number {
    return this.registry.switches.get(label)?.node ?? this.#physical(label);
  }

  #keepMachine(name: string, machine: RegisteredMachine): void {
    if (this.#beingBuilt) this.#beingBuilt.set(name, machine);
    else this.#keep({ machines: withEntry(this.registry.machines, name, machine) });
  }
  #keepCard(name: string, machine: RegisteredMachine, index: number, card: RegisteredCard): void {
    const cards = [...machine.cards];
    cards[index] = card;
    this.#keepMachine(name, { ...machine, cards });
  }

  #node(kind: NodeKind, name: string, vm = 0): number {
    const { reason, node } = this.net.addNode(kind, name, vm);
    this.#must(reason);
    return node;
  }
  #port(node: number, uplink = false): number {
    const { reason, port } = this.net.addPort(node, { uplink });
    this.#must(reason);
    return port;
  }
  #link(port: number, link: Link): void {
    this.#must(
      this.net.setLink(port, {
        rateKbps: Math.max(1, Math.round(link.rateMbps * 1000)),
        delayNs: link.delayUs * 1000,
        lossPpm: link.lossPpm,
        duplicatePpm: link.duplicatePpm,
        queueBytes: QUEUE_BYTES,
      }),
    );
  }
  #must(code: Reason, args: ReasonArgs = {}): void {
    if (code !== Reason.none) throw new Refusal(reasonCode(code), args);
  }
}

/** Address and prefix length of "192.168.10.1/24". */
/** @throws Refusal when it is no address: a command may come from somebody's hand */
function addressOf(text: string): number {
  if (!ADDRESS_PATTERN.test(text)) throw new Refusal('address-invalid', { address: text });
  return parseAddress(text);
}

/** An address that one machine may have: not this network's (0), not the loop to oneself (127), no group's (224 and up). */
const isUnicast = (address: number): boolean => {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
};

function interfaceOf(text: string): [number, number] {
  if (!INTERFACE_PATTERN.test(text)) throw new Refusal('address-invalid', { address: text });
  const [address, prefix] = text.split('/');
  return [parseAddress(address!), Number(prefix)];
}

/** What the `index`-th of a group is: fixed addresses count up from the first one's; some download frame by frame. */
function memberOf(of: MachineNetwork, index: number, isFrameByFrame: boolean): MachineNetwork {
  const inFrames = ({ job, ...when }: MachineNetwork['jobs'][number]) => ({
    ...when,
    job: job.kind === 'download' ? { ...job, bulk: false } : job,
  });
  const spec = isFrameByFrame ? { ...of, jobs: of.jobs.map(inFrames) } : of;
  if (index === 0) return spec;
  const cards = spec.cards.map((card) => {
    if (!card.address || card.address === 'dhcp') return card;
    const [address, prefix] = interfaceOf(card.address);
    return { ...card, address: `${addressText(address + index)}/${prefix}` };
  });
  return { ...spec, cards };
}

function coreJob(job: JobSpec): CoreJob {
  const { kind } = job;
  const host = 'host' in job ? job.host : null;
  return {
    kind: JOBS[kind],
    ...(host === null ? {} : isAddress(host) ? { address: addressOf(host) } : { host }),
    ...('path' in job ? { path: job.path } : {}),
    ...('port' in job ? { port: job.port } : {}),
    ...(job.kind === 'download' && job.background ? { background: true } : {}),
    ...(job.kind === 'download' && job.bulk ? { bulk: { limitKbps: job.limitKbps ?? 0 } } : {}),
  };
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
