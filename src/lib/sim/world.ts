import { OPTION_NUMBERS, reasonCode } from '#lib/core/codes';
import { Core, Field, Reason, VmColumn } from '#lib/core/core';
import { mibToPages, pagesToMib, secondsToNs, type Nanoseconds } from '#lib/units';
import { GUEST_SYSTEMS, guestProfile, imagesOf, phaseRows, unrest } from '#lib/world/guests';
import {
  defaultMinMib,
  defaultShares,
  GENERATION_OPTIONS,
  outOfOrder,
  swapMib,
  THRESHOLDS,
} from '#lib/world/limits';
import { hostVmSchema } from '#lib/world/host-schema';
import type { Command, Scenario, TimedCommand, VmSpec } from '#lib/world/schema';
import { MAX_IMAGES, MAX_SHARES, MAX_VM_PAGES, MAX_VMS } from '#wasm/shared/limits';
import * as v from 'valibot';
import type { ReasonArgs, Receipt } from './protocol';
import { EMPTY as NO_NETWORK, type NetworkRegistry } from './network/registry';
import { isNetworkCommand, type NetworkCommand } from './network/commands';
import type { NetworkKit } from './network';
import type { NetworkWorld } from './network/world';

/** What a world knows beside the core's memory: names. Immutable, so that a checkpoint keeps a reference. */
export interface Registry {
  /** VM slot → what was configured. */
  readonly vms: ReadonlyMap<number, VmSpec>;
  /** Words of a disk image → its number in content keys. */
  readonly images: ReadonlyMap<string, number>;
  /** VM slot → words of the images that it boots from, and of those that its memory may hold from before. */
  readonly files: ReadonlyMap<number, readonly string[]>;
  /** Names of the network; EMPTY where there is none. */
  readonly network: NetworkRegistry;
  /** Commands of the scenario, and of the run, that have been applied. */
  readonly scheduledDone: number;
  readonly commandsDone: number;
}

/** Queue entries between two looks at the clock of the caller. */
const BUDGET = 2048;

type Answer = (code: number, args?: ReasonArgs) => Receipt;

/** A number as the core takes it: one it cannot hold is the largest it can, which is refused, and never another one. */
const word = (n: number): number => (n >= 0 && n <= 0xffff_ffff ? n : 0xffff_ffff);

const refused = (reason: string, args: ReasonArgs = {}): Receipt => ({ kind: 'refused', reason, args });

/**
 * One deterministic world: a core, the names of things, and the list of commands that moves it. Knows no wall clock
 * and no page; `advance` may be cut into any slices with the same result.
 */
export class World {
  readonly core: Core;
  registry: Registry = {
    vms: new Map(),
    images: new Map(),
    files: new Map(),
    network: NO_NETWORK,
    scheduledDone: 0,
    commandsDone: 0,
  };
  readonly #scheduled: TimedCommand[];
  /** null: this world has none. */
  readonly network: NetworkWorld | null;

  /**
   * @param commands the run's own commands, in order of time; the caller may append to and cut this list.
   * @throws RefusedWorld when the host itself cannot be.
   */
  constructor(
    readonly module: WebAssembly.Module,
    readonly scenario: Scenario,
    readonly seed: number,
    readonly commands: TimedCommand[],
    /** The network's half of the engine, for a scenario that has a network. */
    private readonly kit?: NetworkKit,
  ) {
    this.core = new Core(module);
    const { host } = scenario;
    if (scenario.network) {
      if (!kit) throw new Error('A world with a network needs the network’s half of the engine');
      const reason = kit.NetworkWorld.reserve(this.core, scenario);
      if (reason) throw new RefusedWorld(reason, {});
    }
    const code = this.core.x.openWorld(
      mibToPages(host.memoryMib),
      mibToPages(host.consoleMib),
      mibToPages(swapMib(host)),
      seed,
    );
    if (code !== Reason.none)
      throw new RefusedWorld(reasonCode(code), {
        memoryMib: host.memoryMib,
        consoleMib: host.consoleMib,
        swapMib: swapMib(host),
      });
    this.#scheduled = schedule(scenario);
    this.network = scenario.network
      ? new kit!.NetworkWorld(
          this.core,
          () => this.registry.network,
          (network) => (this.registry = { ...this.registry, network }),
        )
      : null;
    const wired = scenario.network && this.network!.build(scenario.network);
    if (wired) throw new RefusedWorld(wired.reason, wired.args);
    // Thresholds may be given in any order; what counts is the order in which they are in the end.
    for (const [option, value] of Object.entries({ ...GENERATION_OPTIONS[host.generation], ...host.options }))
      must(this.#writeOption(option, value!));
    for (const option of THRESHOLDS) must(this.#inOrder(option, this.#option(option)));
    for (const spec of scenario.vms) must(this.#addVm(spec));
  }

  get timeNs(): Nanoseconds {
    return this.core.field(Field.timeNs);
  }

  /** Time of the next command that waits, Infinity when none does. */
  get nextCommandNs(): Nanoseconds {
    const scheduled = this.#scheduled[this.registry.scheduledDone]?.timeNs ?? Infinity;
    return Math.min(scheduled, this.commands[this.registry.commandsDone]?.timeNs ?? Infinity);
  }

  /**
   * Moves towards `untilNs`: at most `BUDGET` queue entries, or one command. The caller drains the event ring between
   * calls. @returns false when there is nothing left to do up to and including that moment.
   */
  advance(untilNs: Nanoseconds, drained: number, budget = BUDGET): boolean {
    const commandNs = this.nextCommandNs;
    const stop = Math.min(untilNs, commandNs);
    const done = this.core.x.run(BigInt(stop), budget, BigInt(drained));
    if (done >= budget || this.core.nextNs() <= stop || this.timeNs < stop) return true;
    if (commandNs > untilNs) return false;
    this.#applyWaiting();
    return true;
  }

  /** Everything of this very moment happens before a command that is given now. */
  settle(drain: () => number): void {
    while (this.advance(this.timeNs, drain()));
  }

  #applyWaiting(): void {
    const scheduled = this.#scheduled[this.registry.scheduledDone];
    const own = this.commands[this.registry.commandsDone];
    if (scheduled && scheduled.timeNs <= (own?.timeNs ?? Infinity)) {
      this.registry = { ...this.registry, scheduledDone: this.registry.scheduledDone + 1 };
      // A command of the scenario may have become impossible by the reader's own; then it is refused, as it would be.
      this.apply(scheduled.command);
    } else if (own) {
      this.registry = { ...this.registry, commandsDone: this.registry.commandsDone + 1 };
      this.apply(own.command);
    }
  }

  slotOf(name: string): number {
    for (const [slot, spec] of this.registry.vms) if (spec.name === name) return slot;
    return 0;
  }

  /** Applies a command now, unconditionally of the run's list. A refused one has changed nothing. */
  apply(command: Command): Receipt {
    switch (command.kind) {
      case 'add-vm':
        return this.#addVm(command.spec);
      case 'clone-vm': {
        const source = this.registry.vms.get(this.slotOf(command.vm));
        if (!source) return refused('unknown-vm', { vm: command.vm });
        const { network, ...rest } = source;
        return this.#addVm({
          ...rest,
          // Without a network the schema of its VMs has no such field.
          ...(network && { network: copyOf(network) }),
          name: command.name,
          powerOnAtSeconds: null,
        });
      }
      case 'set-option':
        return this.#setOption(command.option, command.value);
      default:
        if (!isNetworkCommand(command)) return this.#applyToVm(command);
        return this.network?.apply(command, this.registry.commandsDone) ?? refused('no-network', { vm: '' });
    }
  }

  #applyToVm(
    command: Exclude<Command, NetworkCommand | { kind: 'add-vm' | 'clone-vm' | 'set-option' }>,
  ): Receipt {
    const vm = this.slotOf(command.vm);
    const spec = this.registry.vms.get(vm);
    if (!spec) return refused('unknown-vm', { vm: command.vm });
    const x = this.core.x;
    const answer = (code: number, args: ReasonArgs = {}): Receipt =>
      code === Reason.none
        ? { kind: 'accepted', index: this.registry.commandsDone, vm }
        : refused(reasonCode(code), { vm: spec.name, ...args });
    switch (command.kind) {
      case 'power-on': {
        const code = x.powerOn(vm);
        const swap = code === Reason.notEnoughSwap;
        return answer(code, {
          neededMib: pagesToMib(swap ? x.swapDemandPages(vm) : x.admissionPages(vm)),
          freeMib: pagesToMib(Number(swap ? x.unreservedSwapPages() : x.unreservedPages())),
        });
      }
      case 'reset':
        // The system is loaded anew: what the workload has been changed to is there from now on.
        if (this.core.power(vm) !== 'off') this.#setProfile(vm, spec);
        return answer(x.reset(vm));
      case 'set-min':
        return this.#setMin(vm, spec, command.minMib, answer);
      case 'set-shares': {
        const receipt = answer(x.setShares(vm, word(command.shares)), {
          shares: command.shares,
          maxShares: MAX_SHARES,
        });
        if (receipt.kind === 'accepted') this.#keep(vm, { ...spec, shares: command.shares });
        return receipt;
      }
      case 'set-tools': {
        const receipt = answer(x.setTools(vm, command.tools ? 1 : 0));
        if (receipt.kind !== 'accepted') return receipt;
        this.#keep(vm, { ...spec, tools: command.tools });
        this.network?.setTools(spec.name, command.tools);
        return receipt;
      }
      case 'set-workload': {
        const { workload, clients, touchMib } = command;
        return this.#setWorkload(vm, { ...spec, workload, clients, touchMib });
      }
      case 'power-off': {
        const receipt = answer(x.powerOff(vm));
        if (receipt.kind === 'accepted') {
          this.#use(vm, wordsOf(spec));
          this.#setProfile(vm, spec);
        }
        return receipt;
      }
      case 'remove-vm': {
        const receipt = answer(x.removeVm(vm));
        if (receipt.kind === 'accepted') {
          this.network?.forgetVm(spec.name);
          this.#forget(vm);
        }
        return receipt;
      }
      case 'set-memory':
        return this.#setMemory(vm, spec, command.memoryMib, answer);
      case 'write-page':
        return answer(x.writePage(vm, command.page), {
          page: command.page,
          pages: this.core.vm(vm, VmColumn.maxPages),
        });
      case 'scan-page':
        return answer(x.scanPage(vm, command.page), {
          page: command.page,
          pages: this.core.vm(vm, VmColumn.maxPages),
        });
    }
  }

  #setMemory(vm: number, spec: VmSpec, memoryMib: number, answer: Answer): Receipt {
    const next = { ...spec, memoryMib };
    const tooSmall = this.#tooSmall(next);
    if (tooSmall) return tooSmall;
    // A guarantee that was given in MiB stays, as far as the new size allows it; the default follows the size.
    if (spec.minMib !== undefined) next.minMib = Math.min(spec.minMib, memoryMib);
    const receipt = answer(this.core.x.setVmMemory(vm, word(mibToPages(memoryMib))), {
      memoryMib,
      maxMib: pagesToMib(MAX_VM_PAGES),
    });
    if (receipt.kind === 'accepted') this.#configure(vm, next);
    return receipt;
  }

  #setMin(vm: number, spec: VmSpec, minMib: number, answer: Answer): Receipt {
    const { x } = this.core;
    const code = x.setMin(vm, word(mibToPages(minMib)));
    const receipt = answer(code, {
      minMib,
      maxMib: spec.memoryMib,
      // While it runs its old minimum is its own already: what counts is the difference.
      neededMib: Math.abs(minMib - pagesToMib(this.core.vm(vm, VmColumn.minPages))),
      freeMib: pagesToMib(
        Number(code === Reason.notEnoughSwap ? x.unreservedSwapPages() : x.unreservedPages()),
      ),
    });
    if (receipt.kind === 'accepted') this.#keep(vm, { ...spec, minMib });
    return receipt;
  }

  /** While the guest runs only what its workload asks for can change; its files are those of its boot. */
  #setWorkload(vm: number, spec: VmSpec): Receipt {
    const off = this.core.power(vm) === 'off';
    // The images of a running guest keep their numbers: its memory is full of them.
    const images = this.#imagesWith(spec, off ? vm : 0);
    if (!images) return refused('too-many-images', { limit: MAX_IMAGES });
    this.registry = { ...this.registry, images };
    if (off) this.#configure(vm, spec);
    else {
      this.#use(vm, [...(this.registry.files.get(vm) ?? []), ...wordsOf(spec)]);
      for (const [column, value] of unrest(spec)) this.core.x.setProfile(vm, column, value);
      this.#setPhases(vm, spec);
      this.#keep(vm, spec);
    }
    return { kind: 'accepted', index: this.registry.commandsDone, vm };
  }

  #setPhases(vm: number, spec: VmSpec): void {
    phaseRows(spec).forEach((row, phase) => {
      for (const [column, value] of row) this.core.x.setPhase(vm, phase, column, value);
    });
    this.core.x.startWorkload(vm);
  }

  #tooSmall(spec: VmSpec): Receipt | null {
    const { minMib } = GUEST_SYSTEMS[spec.guest];
    return spec.memoryMib < minMib
      ? refused('guest-memory-too-small', { vm: spec.name, memoryMib: spec.memoryMib, minMib })
      : null;
  }

  #addVm(given: VmSpec): Receipt {
    // A spec may come from a file or a message: defaults are filled and names checked in one place.
    if (given.network && !this.network) return refused('no-network', { vm: String(given.name) });
    const parsed = v.safeParse(this.kit?.vmSchema ?? hostVmSchema, given);
    if (!parsed.success) return refused('name-invalid', { vm: String(given.name) });
    const spec: VmSpec = parsed.output;
    if (this.slotOf(spec.name)) return refused('name-taken', { vm: spec.name });
    const tooSmall = this.#tooSmall(spec);
    if (tooSmall) return tooSmall;
    if ((spec.minMib ?? 0) > spec.memoryMib)
      return refused('min-above-max', { vm: spec.name, minMib: spec.minMib!, maxMib: spec.memoryMib });
    if (spec.network) {
      const cannot = this.network
        ? this.network.refusalOf(spec.name, spec.network, true)
        : { reason: 'no-network', args: {} };
      if (cannot) return refused(cannot.reason, { vm: spec.name, ...cannot.args });
    }
    const vm = this.core.x.freeSlot();
    if (vm === 0) return refused('no-free-vm-slot', { limit: MAX_VMS });
    const images = this.#imagesWith(spec);
    if (!images) return refused('too-many-images', { limit: MAX_IMAGES });
    const code = this.core.x.addVm(vm, mibToPages(spec.memoryMib), spec.vcpus);
    if (code !== Reason.none)
      return refused(reasonCode(code), {
        vm: spec.name,
        memoryMib: spec.memoryMib,
        maxMib: pagesToMib(MAX_VM_PAGES),
      });
    this.registry = { ...this.registry, images };
    this.#configure(vm, spec);
    if (spec.network) this.network!.addVm(spec.name, vm, spec.network, spec.tools);
    return { kind: 'accepted', index: this.registry.commandsDone, vm };
  }

  #configure(vm: number, spec: VmSpec): void {
    this.#keep(vm, spec);
    this.#use(vm, wordsOf(spec));
    this.#setProfile(vm, spec);
    this.#setPhases(vm, spec);
    // In these orders nothing is refused: the VM is off, and the schema has checked the numbers.
    const size = swapMib(this.scenario.host);
    const minMib = Math.min(spec.minMib ?? defaultMinMib(spec.memoryMib, size), spec.memoryMib);
    this.core.x.setMin(vm, word(mibToPages(minMib)));
    this.core.x.setShares(vm, spec.shares ?? defaultShares(spec.memoryMib));
    this.core.x.setTools(vm, spec.tools ? 1 : 0);
  }

  /** What the guest loads at its next boot. */
  #setProfile(vm: number, spec: VmSpec): void {
    const { system, application } = imagesOf(spec);
    const { images } = this.registry;
    for (const [column, value] of guestProfile(spec, images.get(system)!, images.get(application)!))
      this.core.x.setProfile(vm, column, value);
  }

  #use(vm: number, words: readonly string[]): void {
    const files = new Map(this.registry.files).set(vm, [...new Set(words)]);
    this.registry = { ...this.registry, files };
  }

  #keep(vm: number, spec: VmSpec): void {
    this.registry = { ...this.registry, vms: new Map(this.registry.vms).set(vm, spec) };
  }

  #forget(vm: number): void {
    const vms = new Map(this.registry.vms);
    vms.delete(vm);
    const files = new Map(this.registry.files);
    files.delete(vm);
    this.registry = { ...this.registry, vms, files };
  }

  /** Numbers for a VM's images: the lowest that no VM of this host uses. null when all are taken. */
  #imagesWith(spec: VmSpec, replaced = 0): ReadonlyMap<string, number> | null {
    const others = [...this.registry.files].filter(([slot]) => slot !== replaced);
    const used = new Set([...others.flatMap(([, words]) => words), ...wordsOf(spec)]);
    const images = new Map([...this.registry.images].filter(([word]) => used.has(word)));
    for (const word of wordsOf(spec)) {
      if (images.has(word)) continue;
      const taken = new Set(images.values());
      let number = 1;
      while (taken.has(number)) number++;
      if (number > MAX_IMAGES) return null;
      images.set(word, number);
    }
    return images;
  }

  #option(name: string): number {
    return this.core.option(OPTION_NUMBERS[name] ?? 0);
  }

  #setOption(name: string, value: number): Receipt {
    const order = this.#inOrder(name, value);
    // A value that no threshold can have is refused for that.
    const isPossible = value <= this.core.x.optionMax(OPTION_NUMBERS[name] ?? 0) >>> 0;
    return order.kind === 'refused' && isPossible ? order : this.#writeOption(name, value);
  }

  /** high ≥ soft ≥ hard ≥ low: in any other order two states would lead out of each other for ever. */
  #inOrder(name: string, value: number): Receipt {
    const between = outOfOrder(name, value, (option) => this.#option(option));
    return between
      ? refused('threshold-out-of-order', { option: name, value, ...between })
      : { kind: 'accepted', index: this.registry.commandsDone };
  }

  #writeOption(name: string, value: number): Receipt {
    const which = OPTION_NUMBERS[name] ?? 0;
    const code = this.core.x.setOption(which, word(value));
    if (code === Reason.none) return { kind: 'accepted', index: this.registry.commandsDone };
    return refused(reasonCode(code), {
      option: name,
      value,
      min: this.core.x.optionMin(which) >>> 0,
      max: this.core.x.optionMax(which) >>> 0,
    });
  }
}

/** The host of a scenario cannot be opened: reason and arguments as in a receipt. */
export class RefusedWorld extends Error {
  constructor(
    readonly reason: string,
    readonly args: ReasonArgs,
  ) {
    super(reason);
  }
}

/** @throws RefusedWorld when that was refused */
function must(receipt: Receipt): void {
  if (receipt.kind === 'refused') throw new RefusedWorld(receipt.reason, receipt.args);
}

/** A copy has cards of its own: generated addresses, and none that is fixed by hand. */
const copyOf = (network: NonNullable<VmSpec['network']>): VmSpec['network'] => ({
  ...network,
  cards: network.cards.map((card) => ({ ...card, mac: undefined })),
});

/** Words of the images that a VM boots from. */
const wordsOf = (spec: VmSpec): string[] => Object.values(imagesOf(spec));

/** Power-ons and the timeline of a scenario, in order of time; at one moment in the order they are written. */
function schedule(scenario: Scenario): TimedCommand[] {
  const powerOns = scenario.vms.flatMap((vm): TimedCommand[] =>
    vm.powerOnAtSeconds === null
      ? []
      : [{ timeNs: secondsToNs(vm.powerOnAtSeconds), command: { kind: 'power-on', vm: vm.name } }],
  );
  return [...powerOns, ...scenario.timeline].sort((a, b) => a.timeNs - b.timeNs);
}
