/**
 * A second model of the host, slow and plain: objects and Maps, BigInt streams, the true 4096 bytes of every machine
 * page. Written from the description of the mechanisms, not from the core's tables; told the same scenario, seed and
 * commands it must come to the same pages, counts and events.
 */
import { guestProfile, GUEST_SYSTEMS, imagesOf } from '../../../../src/lib/world/guests';
import type { Command, Scenario, TimedCommand, VmSpec } from '../../../../src/lib/world/schema';
import { contentKey, mix64 } from '../content';
import { EventKind } from '../../../shared/events';
import { MAX_IMAGES, MAX_VM_PAGES, MAX_VMS } from '../../../shared/limits';
import { Reason } from '../../../shared/reasons';
import { Guest, type GuestPage, type Memory } from './guest';
import { Machine, type MachinePage } from './machine';
import { bytesOf, sameBytes } from './page';
import { low32, ShareTable, type Hint, type Share } from './sharing';
import { Stream } from './streams';

const MIB_PAGES = 256;
const VMKERNEL_MIB = 24;
const NS_PER_SECOND = 1e9;
const STEP_NS = NS_PER_SECOND / 10;
const SCAN_DRAWS = 8;
const SCANNER_STREAM = 2n ** 32n;
/** Tint of a shared page whose first VM has left it. */
const COMMONS = 127;

export interface CheckedEvent {
  timeNs: number;
  kind: EventKind;
  reason: Reason;
  vm: number;
  a: number;
  b: number;
  c: number;
  cause: number;
}

/** A VM's row: what was configured, and the guest in it while it is on. */
interface Row {
  readonly slot: number;
  spec: VmSpec;
  pages: number;
  stream: Stream;
  guest: Guest | null;
  overhead: MachinePage[];
}

type Happening = { timeNs: number; order: number; guest: Guest | null };

const LIMITS: Readonly<Record<string, [min: number, max: number]>> = {
  shareScanVm: [0, 1_000_000],
  shareScanTotal: [0, 1_000_000],
  shareHashBits: [8, 64],
  shareEnabled: [0, 1],
  overheadBaseMib: [0, 1024],
  overheadVcpuMib: [0, 1024],
  overheadGibMib: [0, 1024],
  traceTouches: [0, 1],
};
const OPTION_NUMBERS = Object.keys(LIMITS);

export class Checker implements Memory {
  timeNs = 0;
  readonly events: CheckedEvent[] = [];
  readonly rows = new Map<number, Row>();
  readonly machine: Machine;
  readonly table: ShareTable;
  readonly options = new Map<string, number>([
    ['shareScanVm', 50],
    ['shareScanTotal', 200],
    ['shareHashBits', 64],
    ['shareEnabled', 1],
    ['overheadBaseMib', 54],
    ['overheadVcpuMib', 10],
    ['overheadGibMib', 32],
    ['traceTouches', 0],
  ]);
  scanned = 0;
  falseMatches = 0;
  staleHints = 0;
  copyOnWriteBreaks = 0;
  readonly #consolePages: number;
  readonly #vmkernelPages = VMKERNEL_MIB * MIB_PAGES;
  readonly #salt: bigint;
  readonly #scanStream: Stream;
  readonly #timeline: TimedCommand[];
  readonly #images = new Map<string, number>();
  #queue: Happening[] = [];
  #order = 0;
  #scanIsQueued = false;
  #scannedSlot = 0;
  #serial = 0;

  constructor(
    scenario: Scenario,
    readonly seed: number,
    commands: readonly TimedCommand[] = [],
  ) {
    const { host } = scenario;
    this.machine = new Machine(host.memoryMib * MIB_PAGES);
    this.table = new ShareTable(this.machine.total);
    this.#salt = mix64(BigInt.asUintN(64, BigInt(seed) + 0x2545f4914f6cdd1dn));
    this.#scanStream = Stream.of(seed, SCANNER_STREAM);
    this.#consolePages = host.consoleMib * MIB_PAGES;
    for (let n = 0; n < this.#consolePages; n++) this.machine.take({ kind: 'console' });
    for (let n = 0; n < this.#vmkernelPages; n++) this.machine.take({ kind: 'vmkernel' });
    for (const [option, value] of Object.entries(host.options))
      this.apply({ kind: 'set-option', option: option as keyof typeof host.options, value });
    for (const spec of scenario.vms) this.apply({ kind: 'add-vm', spec });
    const powerOns = scenario.vms.flatMap(({ name, powerOnAtSeconds }): TimedCommand[] =>
      powerOnAtSeconds === null
        ? []
        : [
            {
              timeNs: Math.round(powerOnAtSeconds * NS_PER_SECOND),
              command: { kind: 'power-on', vm: name },
            },
          ],
    );
    const byTime = (a: TimedCommand, b: TimedCommand) => a.timeNs - b.timeNs;
    // At one moment the scenario's own come first.
    this.#timeline = [
      ...[...powerOns, ...scenario.timeline].sort(byTime),
      ...[...commands].sort(byTime),
    ].sort(byTime);
  }

  // ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Everything up to and at this moment; commands come after what else happens at theirs. */
  advance(untilNs: number): void {
    for (;;) {
      const commandNs = this.#timeline[0]?.timeNs ?? Infinity;
      this.#runQueue(Math.min(untilNs, commandNs));
      if (commandNs > untilNs) return;
      this.apply(this.#timeline.shift()!.command);
    }
  }

  #runQueue(untilNs: number): void {
    for (;;) {
      const next = this.#next();
      if (!next || next.timeNs > untilNs) break;
      this.#queue.splice(this.#queue.indexOf(next), 1);
      this.timeNs = next.timeNs;
      if (next.guest) {
        next.guest.step();
        this.#later(STEP_NS, next.guest);
      } else {
        this.#scanIsQueued = false;
        if (this.#scanRate() > 0) this.#scanNext();
        this.#queueScan();
      }
    }
    this.timeNs = Math.max(this.timeNs, untilNs);
  }

  #next(): Happening | undefined {
    let first = this.#queue[0];
    for (const other of this.#queue)
      if (other.timeNs < first!.timeNs || (other.timeNs === first!.timeNs && other.order < first!.order))
        first = other;
    return first;
  }

  #later(delayNs: number, guest: Guest | null): void {
    this.#queue.push({ timeNs: this.timeNs + delayNs, order: this.#order++, guest });
  }

  /** Mem.ShareScanVM for each VM that runs, Mem.ShareScanTotal at most. */
  #scanRate(): number {
    if (!this.option('shareEnabled')) return 0;
    const running = [...this.rows.values()].filter((row) => row.guest).length;
    return Math.min(this.option('shareScanVm') * running, this.option('shareScanTotal'));
  }

  #queueScan(): void {
    const rate = this.#scanRate();
    if (this.#scanIsQueued || rate === 0) return;
    this.#scanIsQueued = true;
    this.#later(Math.floor(NS_PER_SECOND / rate), null);
  }

  option(name: string): number {
    return this.options.get(name) ?? 0;
  }

  #tell(kind: EventKind, reason: Reason, vm: number, a = 0, b = 0, c = 0, cause = 0): number {
    return this.events.push({ timeNs: this.timeNs, kind, reason, vm, a, b, c, cause });
  }

  // ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** @returns the reason it was refused for, in kebab-case; null when it was accepted. */
  apply(command: Command): string | null {
    switch (command.kind) {
      case 'set-option': {
        const [min, max] = LIMITS[command.option] ?? [0, -1];
        if (command.value < min || command.value > max) return 'option-out-of-range';
        const before = this.option(command.option);
        this.options.set(command.option, command.value);
        const number = OPTION_NUMBERS.indexOf(command.option) + 1;
        this.#tell(EventKind.optionChanged, Reason.command, 0, number, before, command.value);
        this.#queueScan();
        return null;
      }
      case 'add-vm':
        return this.#add(command.spec);
      case 'clone-vm': {
        const source = this.row(command.vm);
        return source ? this.#add({ ...source.spec, name: command.name }) : 'unknown-vm';
      }
    }
    const row = this.row(command.vm);
    if (!row) return 'unknown-vm';
    switch (command.kind) {
      case 'power-on':
        return this.#powerOn(row);
      case 'power-off':
        return this.#powerOff(row);
      case 'remove-vm':
        if (row.guest) return 'vm-is-on';
        this.rows.delete(row.slot);
        this.#tell(EventKind.vmRemoved, Reason.command, row.slot);
        return null;
      case 'set-memory':
        if (command.memoryMib < GUEST_SYSTEMS[row.spec.guest].minMib) return 'guest-memory-too-small';
        if (row.guest) return 'vm-is-on';
        if (command.memoryMib * MIB_PAGES > MAX_VM_PAGES) return 'vm-memory-out-of-range';
        row.spec = { ...row.spec, memoryMib: command.memoryMib };
        row.pages = command.memoryMib * MIB_PAGES;
        return null;
      case 'write-page':
        if (!row.guest) return 'vm-already-off';
        if (command.page >= row.pages) return 'page-out-of-range';
        row.guest.write(command.page, this.freshId());
        return null;
      case 'scan-page':
        if (command.page >= row.pages) return 'page-out-of-range';
        if (!row.guest?.table.has(command.page)) return 'page-not-present';
        this.#scan(row.guest, command.page);
        return null;
    }
  }

  row(name: string): Row | undefined {
    return [...this.rows.values()].find((row) => row.spec.name === name);
  }

  #add(given: VmSpec): string | null {
    const spec = { ...given, workload: given.workload ?? 'idle', vcpus: given.vcpus ?? 1 };
    if (this.row(spec.name)) return 'name-taken';
    if (spec.memoryMib < GUEST_SYSTEMS[spec.guest].minMib) return 'guest-memory-too-small';
    let slot = 1;
    while (this.rows.has(slot)) slot++;
    if (slot > MAX_VMS) return 'no-free-vm-slot';
    const images = this.#imagesWith(spec);
    if (!images) return 'too-many-images';
    if (spec.memoryMib * MIB_PAGES > MAX_VM_PAGES) return 'vm-memory-out-of-range';
    this.#images.clear();
    for (const [word, number] of images) this.#images.set(word, number);
    const stream = Stream.of(this.seed, BigInt(slot));
    const pages = spec.memoryMib * MIB_PAGES;
    this.rows.set(slot, { slot, spec, pages, stream, guest: null, overhead: [] });
    this.#tell(EventKind.vmAdded, Reason.command, slot, pages);
    return null;
  }

  /** Numbers of disk images: kept while a VM uses them, else the lowest that is free. */
  #imagesWith(spec: VmSpec): Map<string, number> | null {
    const words = (of: VmSpec) => [imagesOf(of).system, imagesOf(of).application];
    const used = new Set([...[...this.rows.values()].map((row) => row.spec), spec].flatMap(words));
    const images = new Map([...this.#images].filter(([word]) => used.has(word)));
    for (const word of words(spec)) {
      if (images.has(word)) continue;
      let number = 1;
      while ([...images.values()].includes(number)) number++;
      if (number > MAX_IMAGES) return null;
      images.set(word, number);
    }
    return images;
  }

  /** 54 MiB, 10 more for a second processor, 32 more for each GiB above 512 MiB (as configured). */
  overheadOf(row: Row): number {
    const mib = this.option('overheadBaseMib') + (row.spec.vcpus > 1 ? this.option('overheadVcpuMib') : 0);
    const above = Math.max(0, row.pages - 512 * MIB_PAGES);
    return mib * MIB_PAGES + Math.floor((above * this.option('overheadGibMib') * MIB_PAGES) / (1024 * 256));
  }

  get reserved(): number {
    let pages = 0;
    for (const row of this.rows.values()) if (row.guest) pages += row.pages + row.overhead.length;
    return pages;
  }

  #powerOn(row: Row): string | null {
    if (row.guest) return 'vm-already-on';
    const overhead = this.overheadOf(row);
    const unreserved = this.machine.total - this.#consolePages - this.#vmkernelPages - this.reserved;
    if (row.pages + overhead > unreserved) return 'not-enough-memory';
    for (let n = 0; n < overhead; n++) row.overhead.push(this.#take({ kind: 'overhead', vm: row.slot }));
    const { system, application } = imagesOf(row.spec);
    const profile = guestProfile(row.spec, this.#images.get(system)!, this.#images.get(application)!);
    row.guest = new Guest(row.slot, profile, row.pages, row.stream, this);
    this.#tell(EventKind.vmPoweredOn, Reason.command, row.slot, overhead);
    this.#later(STEP_NS, row.guest);
    this.#queueScan();
    return null;
  }

  #powerOff(row: Row): string | null {
    const { guest } = row;
    if (!guest) return 'vm-already-off';
    const before = this.machine.free;
    this.#queue = this.#queue.filter((happening) => happening.guest !== guest);
    this.table.removeHintsOf(guest);
    for (const [, mapped] of [...guest.table].sort(([a], [b]) => a - b)) {
      if (mapped.share) this.#leave(guest, mapped);
      else this.machine.giveBack(mapped.machine);
    }
    row.overhead.sort((a, b) => a.number - b.number).forEach((page) => this.machine.giveBack(page));
    row.overhead = [];
    row.guest = null;
    this.#tell(EventKind.vmPoweredOff, Reason.command, row.slot, this.machine.free - before);
    return null;
  }

  // ── what guests ask for ────────────────────────────────────────────────────────────────────────────────────────

  freshId(): number {
    this.#serial++;
    return 2 ** 31 + (this.#serial % 2 ** 31);
  }

  booted(guest: Guest): void {
    this.#tell(EventKind.guestBooted, Reason.boot, guest.slot, guest.table.size);
  }

  touch(guest: Guest, page: number): void {
    if (guest.table.has(page)) return;
    const machine = this.#take({ kind: 'private', vm: guest.slot, page });
    guest.table.set(page, { page, machine, share: null });
    if (this.option('traceTouches'))
      this.#tell(EventKind.pageTouched, Reason.none, guest.slot, page, machine.number);
  }

  write(guest: Guest, page: number, id: number): void {
    this.touch(guest, page);
    const mapped = guest.table.get(page)!;
    if (mapped.share) this.#copyOnWrite(guest, mapped);
    mapped.machine.bytes = bytesOf(contentKey(id, this.#salt));
  }

  #take(use: NonNullable<MachinePage['use']>): MachinePage {
    const page = this.machine.take(use);
    if (!page) throw new Error('the host has no free machine page');
    return page;
  }

  // ── sharing ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A random page of the next running VM; a few more draws where it has touched little. */
  #scanNext(): void {
    let row: Row | undefined;
    for (let n = 1; n <= MAX_VMS && !row?.guest; n++)
      row = this.rows.get(((this.#scannedSlot + n - 1) % MAX_VMS) + 1);
    if (!row?.guest) return;
    this.#scannedSlot = row.slot;
    for (let draw = 0; draw < SCAN_DRAWS; draw++) {
      const page = this.#scanStream.below(row.pages);
      if (row.guest.table.has(page)) return this.#scan(row.guest, page);
    }
  }

  #compared(machine: MachinePage): bigint {
    return BigInt.asUintN(this.option('shareHashBits'), machine.hash);
  }

  #scan(guest: Guest, page: number): void {
    const mapped = guest.table.get(page)!;
    if (mapped.share) return;
    this.scanned++;
    const hash = this.#compared(mapped.machine);
    const known = this.table.find(hash);
    if (!known) this.#hint(guest, mapped, hash);
    else if (known.kind === 'share') this.#tryToJoin(guest, mapped, known);
    else this.#follow(guest, mapped, hash, known);
  }

  #hint(guest: Guest, mapped: GuestPage, hash: bigint): void {
    if (!this.table.addHint(hash, guest, mapped.page, this.#scanStream)) return;
    const told = Number(low32(hash));
    this.#tell(EventKind.pageHinted, Reason.scan, guest.slot, mapped.page, mapped.machine.number, told);
  }

  #tryToJoin(guest: Guest, mapped: GuestPage, share: Share): void {
    if (sameBytes(mapped.machine.bytes, share.machine.bytes)) this.#join(guest, mapped, share);
    else this.#falseMatch(guest, mapped, share.machine);
  }

  #falseMatch(guest: Guest, mapped: GuestPage, other: MachinePage): void {
    this.falseMatches++;
    const [a, b, c] = [mapped.page, mapped.machine.number, other.number];
    this.#tell(EventKind.falseMatch, Reason.hashCollision, guest.slot, a, b, c);
  }

  #join(guest: Guest, mapped: GuestPage, share: Share): void {
    const own = mapped.machine;
    this.machine.giveBack(own);
    mapped.machine = share.machine;
    mapped.share = share;
    share.mappers.add(mapped);
    if (share.tint === COMMONS) share.tint = guest.slot;
    const [a, b, c] = [mapped.page, share.machine.number, own.number];
    this.#tell(EventKind.pageShared, Reason.scan, guest.slot, a, b, c);
  }

  /** A hint proves nothing: its page is hashed again, then compared byte by byte. */
  #follow(guest: Guest, mapped: GuestPage, hash: bigint, hint: Hint): void {
    const other = hint.guest.table.get(hint.page);
    if (other === mapped) return;
    if (!other || other.share || this.#compared(other.machine) !== hash) {
      this.table.remove(hint);
      this.staleHints++;
      const [a, b, c] = [mapped.page, mapped.machine.number, hint.page];
      this.#tell(EventKind.hintStale, Reason.contentChanged, guest.slot, a, b, c);
      this.#hint(guest, mapped, hash);
    } else if (!sameBytes(mapped.machine.bytes, other.machine.bytes)) {
      this.#falseMatch(guest, mapped, other.machine);
    } else {
      const share = this.table.promote(hint, hash, other.machine);
      other.share = share;
      other.machine.use = { kind: 'shared', share };
      share.mappers.add(other);
      this.#join(guest, mapped, share);
    }
  }

  /** @returns true when nobody is left and the machine page is free again. */
  #leave(guest: Guest, mapped: GuestPage): boolean {
    const share = mapped.share!;
    share.mappers.delete(mapped);
    mapped.share = null;
    if (share.mappers.size > 0) {
      if (share.tint === guest.slot) share.tint = COMMONS;
      return false;
    }
    this.table.remove(share);
    this.machine.giveBack(share.machine);
    return true;
  }

  #copyOnWrite(guest: Guest, mapped: GuestPage): void {
    const old = mapped.machine;
    const { bytes } = old;
    const use = { kind: 'private', vm: guest.slot, page: mapped.page } as const;
    // With nothing free the last sharer gets back the page that it gives up.
    let copy = this.machine.take(use);
    const wasLast = this.#leave(guest, mapped);
    copy ??= this.#take(use);
    copy.bytes = bytes;
    mapped.machine = copy;
    this.copyOnWriteBreaks++;
    const [a, b, c] = [mapped.page, old.number, copy.number];
    const cause = this.#tell(EventKind.pageCopied, Reason.guestWrite, guest.slot, a, b, c);
    if (wasLast) this.#tell(EventKind.sharedReleased, Reason.guestWrite, guest.slot, a, b, 0, cause);
  }
}
