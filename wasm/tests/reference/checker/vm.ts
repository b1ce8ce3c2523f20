/** A VM as an object: what is configured, its pages, and what has happened since its guest started. */
import { GuestClass, Profile, type Phase } from '../../../shared/guest-classes';
import type { VmSpec } from '../../../../src/lib/world/schema';
import { Lists } from './lists';
import type { MachinePage } from './machine';
import type { Share } from './sharing';
import type { Stream } from './streams';
import type { Slot } from './swap-file';

/** A page of a guest's memory, wherever it is: in a machine page, in a slot, in the balloon, or nowhere yet. */
export interface GuestPage {
  readonly vm: number;
  readonly number: number;
  use: GuestClass;
  /** What the guest believes to have on it: a content id. */
  holds: number;
  /** The host wants to know when the guest touches it next. */
  trapped: boolean;
  machine: MachinePage | null;
  share: Share | null;
  slot: Slot | null;
  ballooned: boolean;
}

/** Where a guest's time went: milliseconds. */
export type Lost = 'blocked' | 'guestFault' | 'swapIn' | 'reclaim' | 'fileRead';

/** What begins anew with each boot. */
export class Life {
  isBooting = true;
  bootMs = 0;
  loaded = 0;
  readCursor = 0;
  touchCursor = 0;
  programCursor = 0;
  readonly debts = new Map<string, number>();
  /** Content ids of own data on the guest's own disk. */
  readonly pageFile: number[] = [];
  sampled: GuestPage[] = [];
  sampleTouched = 0;
  sampleMs = 0;
  periods = 0;
  slowAverage = 0;
  fastAverage = 0;
  active = 0;
  ms = 0;
  stallMs = 0;
  owedUs = 0;
  readonly lost: Record<Lost, number> = { blocked: 0, guestFault: 0, swapIn: 0, reclaim: 0, fileRead: 0 };
  wanted = 0;
  done = 0;
  pageOuts = 0;
  pageIns = 0;
  swapIns = 0;
  swapOuts = 0;
  copies = 0;
  hits = 0;
  misses = 0;
  phase = 0;
  phaseMs = 0;
  phaseStart = 0;
  reclaimedNow = 0;

  constructor(
    readonly lists: Lists,
    readonly scatterKey: number,
  ) {}

  /** The guest will wait; what is less than a millisecond is kept for the next time. */
  owe(what: Lost, us: number): void {
    const owed = this.owedUs + us;
    this.owedUs = owed % 1000;
    const ms = Math.floor(owed / 1000);
    this.lost[what] += ms;
    this.stallMs += ms;
  }
}

export class Vm {
  minPages: number;
  shares: number;
  tools = true;
  profile: Map<Profile, number> = new Map();
  /** Disk images that its guest boots from, and those of which its memory may hold pages from before. */
  files = new Set<string>();
  phases: Map<Phase, number>[] = [];
  /** While it is on. */
  life: Life | null = null;
  pages: GuestPage[] = [];
  overhead: MachinePage[] = [];
  overheadTarget = 0;
  target = 0;
  /** Shared instead of paged out since its target was set. */
  given = 0;
  blocked = false;
  balloonTarget = 0;
  allocRate = 0;
  freeRate = 0;
  slowSeconds = 0;

  constructor(
    readonly slot: number,
    public spec: VmSpec,
    public size: number,
    readonly stream: Stream,
    readonly sampleStream: Stream,
  ) {
    this.minPages = Math.floor(size / 2);
    this.shares = Math.min(Math.floor(size / 256) * 10, 100_000);
  }

  get isOn(): boolean {
    return this.life !== null;
  }

  get isUp(): boolean {
    return this.life !== null && !this.life.isBooting;
  }

  /** VMware Tools are there, and the boot has come as far as to start them. */
  get driverRuns(): boolean {
    const { life } = this;
    return this.tools && life !== null && (!life.isBooting || life.loaded >= this.number(Profile.driverSlot));
  }

  /** The pages of zero bytes with nothing behind them that a VM gets at power-on. */
  makePages(): void {
    this.pages = Array.from({ length: this.size }, (_, number) => ({
      vm: this.slot,
      number,
      use: GuestClass.untouched,
      holds: 0,
      trapped: false,
      machine: null,
      share: null,
      slot: null,
      ballooned: false,
    }));
  }

  /** Counted once and kept while pages come and go: a world asks for them all the time. */
  allocated = 0;
  shared = 0;

  get balloonSize(): number {
    return this.life?.lists.balloon.length ?? 0;
  }

  /** Above its target; never below what it is guaranteed. */
  get excess(): number {
    return this.allocated - this.given - Math.max(this.target, this.minPages);
  }

  number(column: Profile): number {
    return this.profile.get(column) ?? 0;
  }

  now(column: Phase): number {
    return this.phases[this.life?.phase ?? 0]?.get(column) ?? 0;
  }
}
