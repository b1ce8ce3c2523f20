/**
 * What crosses between the page and the engine: types only.
 *
 * Control plane: `open`, `do`, `play`, `pause`, `step`, `seek`, `fork` are few, awaited and typed.
 * Data plane: the page pulls. It asks for a `Reading` of just what it shows (`read`); the engine answers
 * between two slices of simulation, so a slow page slows nothing and a dead worker is noticed by its silence.
 * Everything is copied by structured clone, except `MapPixels.rgba`, which is transferred: the receiver owns it.
 */
import type { GuestPage, MachinePage, VmId } from '#lib/ids';
import type { Nanoseconds, Pages } from '#lib/units';
import type { NetworkEngineApi, NetworkReading, NetworkRequest } from './network-protocol';
import type { Command, RunDocument, Scenario } from '#lib/world/schema';

export type { Command, RunDocument };

/** A reason is a code in kebab-case; words for it live in the language files (`reason.<code>`). */
export type ReasonCode = string;

/** Arguments for the words of a reason: plain numbers and names, units in their keys (`neededMib`). */
export type ReasonArgs = Record<string, number | string>;

export type Receipt =
  { kind: 'accepted'; index: number; vm?: VmId } | { kind: 'refused'; reason: ReasonCode; args: ReasonArgs };

/** `frame`: whatever is heard on the wire next; `hop`: what happens next to the packet that is followed. */
export type StepUnit = 'event' | 'frame' | 'hop' | 'tick' | 'second';

/** Free, console … in pages; the parts sum to `total`, always. */
export interface Ledger {
  total: Pages;
  console: Pages;
  vmkernel: Pages;
  overhead: Pages;
  private: Pages;
  sharedCopies: Pages;
  free: Pages;
}

/** Definitions of the monitors of the era. `reclaimed` = guest pages mapped to shared copies − copies kept. */
export interface Sharing {
  /** Guest pages mapped copy-on-write to a shared machine page. */
  shared: Pages;
  reclaimed: Pages;
  /** Of `shared`: pages of zeros. */
  zero: Pages;
  hints: number;
  /** Pages scanned since the world was opened. */
  scanned: number;
  falseMatches: number;
  staleHints: number;
  copyOnWriteBreaks: number;
}

export interface HostReading {
  name: string;
  ledger: Ledger;
  /** The ledger counted again from the tables, page by page, when it was asked for. */
  audit: { agrees: boolean; differences: number } | null;
  sharing: Sharing;
  /** Sum of min + overhead of the VMs that are on: what admission has promised of memory. */
  reserved: Pages;
  /** How short of free memory the host is. */
  state: HostState;
  /** Free pages below which each state begins, and by how much a threshold must be exceeded on the way up. */
  thresholds: { high: Pages; soft: Pages; hard: Pages; low: Pages; margin: Pages };
  swap: {
    /** Size of the swap file; 0: there is none. */
    size: Pages;
    used: Pages;
    /** Sum of max − min of the VMs that are on. */
    reserved: Pages;
    /** Counters since the world was opened. */
    out: Pages;
    in: Pages;
    sharedBeforeSwap: Pages;
    doublePaged: Pages;
  };
  /** Devices and pages above 4 GiB: blocks that were copied, pages moved below. */
  io: { bounceCopies: number; remapped: Pages };
  /** Guest pages in balloons. */
  ballooned: Pages;
  /** What the configured VMs believe they own, on or off. */
  promised: Pages;
}

export type HostState = 'high' | 'soft' | 'hard' | 'low';

export type VmPower = 'off' | 'booting' | 'on';

export interface VmReading {
  vm: VmId;
  name: string;
  guest: string;
  workload: string;
  power: VmPower;
  /** Configured size. */
  max: Pages;
  /** Guest pages that have a machine page behind them. */
  allocated: Pages;
  private: Pages;
  shared: Pages;
  /** Of `shared` + private: pages of zeros. */
  zero: Pages;
  overhead: Pages;
  /** 0 … 1: how far the boot is. */
  bootFraction: number;
  /** Settings. */
  min: Pages;
  shares: number;
  tools: boolean;
  clients: number | null;
  touchMib: number | null;
  /** What the policy wants it to have; the price per page it pays for what it has (OSDI'02 section 5.2). */
  target: Pages;
  rho: number;
  /** What was never touched, or was given back. allocated + untouched + ballooned + swapped = max. */
  untouched: Pages;
  balloon: {
    size: Pages;
    target: Pages;
    maximum: Pages;
    /** The driver runs: Tools are installed and the guest is up. */
    running: boolean;
    /** Pages a second that it allows itself under pressure. */
    allocRate: Pages;
  };
  swapped: Pages;
  blocked: boolean;
  /** Active memory as the host estimates it by sampling. */
  active: {
    /** The largest of the three averages, in pages. */
    estimate: Pages;
    slow: Pages;
    fast: Pages;
    /** Of the period under way: pages sampled and pages touched so far, milliseconds of it over. */
    sampled: number;
    touched: number;
    periodMs: number;
    periods: number;
  };
  /** The guest's own view of its memory; the parts sum to max. */
  guestView: {
    kernel: Pages;
    programs: Pages;
    private: Pages;
    zeroed: Pages;
    free: Pages;
    ballooned: Pages;
    cache: Pages;
  };
  /** Own data in the guest's page file, and its traffic since power-on. */
  pagedOut: Pages;
  guestPageOuts: Pages;
  guestPageIns: Pages;
  swapIns: Pages;
  swapOuts: Pages;
  copyOnWrites: Pages;
  cacheHits: number;
  cacheMisses: number;
  /** Work since power-on, in operations; where the time went, in milliseconds. ran + the lost parts = life. */
  work: { wanted: number; done: number };
  time: {
    lifeMs: number;
    ranMs: number;
    guestFaultMs: number;
    swapInMs: number;
    blockedMs: number;
    /** Waiting for memory that had to be reclaimed first. */
    reclaimMs: number;
    fileReadMs: number;
    /** Copying shared pages; part of `ranMs`. */
    copyOnWriteMs: number;
  };
  phase: {
    index: number;
    count: number;
    name: string;
    doneMs: number;
    durationMs: number;
    /** When it began, since power-on, to the second. */
    beganMs: number;
  };
}

/** One event of the core, decoded. `kind` and `reason` are kebab-case codes. */
export interface EventRecord {
  /** Number of the event in its run, from 1. */
  sequence: number;
  timeNs: Nanoseconds;
  kind: string;
  reason: ReasonCode;
  vm: VmId;
  a: number;
  b: number;
  c: number;
  /** Sequence number of the event behind it, 0 if none. */
  cause: number;
  /** Name of the machine or switch, where the event is about the network. */
  node?: string;
}

/** Which pages a map shows: the host's machine pages, or the guest pages of VMs. */
export type MapOrder = 'machine' | 'vm';

/** A place on a map: a machine page (vm 0) or a guest page. */
export interface PageRef {
  /** 0: `page` is a machine page. Else: `page` is a guest page of that VM. */
  vm: VmId;
  page: MachinePage | GuestPage;
}

export interface MapRequest {
  order: MapOrder;
  /** Device pixels. */
  widthPx: number;
  heightPx: number;
  /** Zoom: sheet coordinates at scale 1 fill the viewport; as d3-zoom's transform, in device pixels. */
  viewport: { x: number; y: number; k: number };
  /** Smallest edge of a cell, in device pixels. */
  cellPx: number;
  palette: MapPalette;
  /** Which VMs are laid out, and how many pages each, when `order` is 'vm'. */
  vms?: { vm: VmId; pages: Pages }[];
  /** Quadrangles of 4^order pages, in so many columns; chosen by the painter when absent. */
  grid?: MapGrid;
  /** The VM whose land stands out: the others fade. */
  emphasis?: VmId;
  /** A buffer of an earlier reading, handed back for reuse. */
  recycle?: ArrayBuffer;
}

export interface MapGrid {
  order: number;
  columns: number;
}

/** Colours as 0xAABBGGRR (canvas byte order on little-endian machines). The core knows none. */
export interface MapPalette {
  paper: number;
  /** Six land tints. */
  lands: number[];
  built: number;
  overhead: number;
  commons: number;
  /** Ink of patterns. */
  ink: number;
  water: number;
}

export interface MapPixels {
  widthPx: number;
  heightPx: number;
  rgba: ArrayBuffer;
  /** Pages behind one cell at this zoom, and how many of them were looked at. */
  pagesPerCell: number;
  sampledPerCell: number;
  /** What was asked for, so that names and rings are drawn over the picture they belong to. */
  order: MapOrder;
  grid: MapGrid;
  viewport: { x: number; y: number; k: number };
  labels: MapLabel[];
}

/** A place to write the name of an owner: inside its largest patch. Device pixels. */
export interface MapLabel {
  /** `Owner` of wasm/shared/page-class.ts: a VM, the console …, 0 for free memory. */
  owner: number;
  x: number;
  y: number;
  /** Free width on that line, inside the patch. */
  widthPx: number;
}

export interface SeriesPoint {
  timeNs: Nanoseconds;
  /** Pages. */
  shared: Pages;
  reclaimed: Pages;
  zero: Pages;
  free: Pages;
  allocated: Pages;
  ballooned: Pages;
  swapped: Pages;
  /** HostState as a number, 0 = high. */
  state: number;
}

/** A VM's history: pages; work in operations and time lost to waiting since power-on. Zeros while it is off. */
export interface VmSeriesPoint {
  timeNs: Nanoseconds;
  allocated: Pages;
  active: Pages;
  slow: Pages;
  fast: Pages;
  target: Pages;
  balloon: Pages;
  swapped: Pages;
  shared: Pages;
  workWanted: number;
  workDone: number;
  lostMs: number;
}

export interface ReadingRequest {
  map?: MapRequest;
  /** Newest first. `before`: only events with a smaller sequence number. */
  events?: { count: number; kinds?: string[]; vm?: VmId; before?: number };
  /** Host history for charts: at most this many points, evenly thinned. */
  series?: { points: number; /** From this moment on; default: the beginning. */ fromNs?: Nanoseconds };
  /** The same for these VMs. */
  vmSeries?: { vms: VmId[]; points: number; fromNs?: Nanoseconds };
  /** The guest pages that are sampled in this period, of these VMs. */
  samples?: VmId[];
  /** Count the ledger again from the tables. */
  audit?: boolean;
  network?: NetworkRequest;
}

/** What is worth reading for every picture on the screen: the clock and the map. */
export interface Glance {
  timeNs: Nanoseconds;
  playing: boolean;
  map: MapPixels | null;
}

export interface Reading extends Glance {
  /** The furthest simulated moment of this run that was reached. */
  reachedNs: Nanoseconds;
  durationNs: Nanoseconds;
  speed: number;
  /** Simulated seconds per second that were really reached lately; 0 when paused. */
  achievedSpeed: number;
  eventCount: number;
  /** Events that fell out of the log because it was full. */
  eventsForgotten: number;
  commandCount: number;
  host: HostReading;
  vms: VmReading[];
  options: Record<string, number>;
  events: EventRecord[];
  series: SeriesPoint[];
  vmSeries: { vm: VmId; points: VmSeriesPoint[] }[];
  samples: { vm: VmId; pages: { page: GuestPage; touched: boolean }[] }[];
  /** null: the world has no network. */
  network: NetworkReading | null;
  /** Simulated times of the commands and notable events, for marks on the time bar. */
  marks: { timeNs: Nanoseconds; kind: 'command' | 'event'; label: string }[];
}

export interface PageDetail {
  ref: PageRef;
  /** null: the guest page has no machine page behind it. */
  machinePage: MachinePage | null;
  state: string;
  /** What the guest uses it for, kebab-case; null for the host's own. */
  guestClass: string | null;
  ownerCount: number;
  /** At most 256 of them. */
  owners: { vm: VmId; name: string; page: GuestPage }[];
  /** 64-bit content key, 16 hexadecimal digits. */
  contentKey: string;
  /** Its 4096 bytes, or null when nothing is there. */
  bytes: Uint8Array | null;
  /** XXH3-64 over them, 16 hexadecimal digits, computed now. */
  hash: string;
  frame: { kind: 'none' | 'hint' | 'shared'; references: number };
  /** Newest first, at most 64. */
  history: EventRecord[];
}

export interface PageComparison {
  equalBytes: number;
  /** Offset of the first byte that differs, −1 when all are equal. */
  firstDifference: number;
  hashes: [string, string];
}

export type OpenResult =
  { kind: 'opened'; fingerprint: string } | { kind: 'refused'; reason: ReasonCode; args: ReasonArgs };

/**
 * The engine as the page sees it. The class in engine.ts implements it; the worker exposes that class.
 * Every method answers with plain data and never rejects for a reason a user can cause.
 */
export interface EngineApi extends NetworkEngineApi {
  /** Opens a world and replays its commands up to `run.t`. Slow replays report through `progress`. */
  open(
    run: RunDocument,
    progress?: (fraction: number) => void,
    /** The run's scenario, where the run names one of the site's: an engine in a worker has none at hand. */
    scenario?: Scenario,
    /** Nobody will go back in this run, or take anything back: it keeps nothing for that. */
    forwardOnly?: boolean,
  ): Promise<OpenResult>;
  do(command: Command): Promise<Receipt>;
  /** Takes back the last command: the run is replayed without it, up to the present moment. */
  undo(): Promise<Receipt>;
  play(): Promise<void>;
  pause(): Promise<void>;
  setSpeed(speed: number): Promise<void>;
  /** A world that nobody sees waits. */
  setVisible(visible: boolean): Promise<void>;
  /**
   * Goes on by one event, one frame heard, one tick of the guests (100 ms) or one second, and pauses. Of `hop`, `frame` is
   * one that the packet was.
   * @returns false when the packet goes no further: then no time has passed
   */
  step(unit: StepUnit, frame?: number): Promise<boolean>;
  /** Any moment, past or future. Acting in the past drops the commands after it (a fork keeps them: `document`). */
  seek(timeNs: Nanoseconds): Promise<void>;
  /** To the moment just before the event happened. */
  seekBefore(sequence: number): Promise<void>;
  read(request: ReadingRequest): Promise<Reading>;
  /** A part of what `read` answers, at a small part of its cost. */
  glance(map?: MapRequest): Promise<Glance>;
  inspect(ref: PageRef): Promise<PageDetail>;
  compare(a: PageRef, b: PageRef): Promise<PageComparison>;
  /** Another guest page with the same bytes in another machine page: its own VM's first, then the next VMs'; null when there is none. */
  findTwin(ref: PageRef): Promise<PageRef | null>;
  /** All that is needed to repeat this run: a link, a file, a fork. */
  document(): Promise<RunDocument>;
  /** XXH3-64 of the world's canonical state, 16 hexadecimal digits. */
  fingerprint(): Promise<string>;
  /** Runs commands and time in a copy of this world, and tells what became of it; this world is not touched. */
  rehearse(
    steps: RehearsalStep[],
    request: ReadingRequest,
  ): Promise<{ receipts: Receipt[]; reading: Reading }>;
}

export type RehearsalStep = { kind: 'do'; command: Command } | { kind: 'run'; seconds: number };
