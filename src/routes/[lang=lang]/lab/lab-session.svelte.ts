import { del, get, set } from 'idb-keyval';
import type { Command, MapOrder, ReasonArgs, ReasonCode, Receipt, RunDocument } from '#lib/sim/protocol';
import type { Selection } from '#lib/state/selection.svelte';
import type { Simulation } from '#lib/state/simulation.svelte';
import type { Scenario } from '#lib/world/schema';
import { runOf, scenarioOf } from '#lib/world/scenarios';
import {
  RUN_FILE_ENDING,
  checkRun,
  hashOfState,
  readRunFile,
  readState,
  stateInHash,
  writeRunFile,
  writeState,
  type Refusal,
  type RunRead,
} from '#lib/world/state-string';

const STORED_RUN = 'alacarte-lab-run';
const WORLD_IN_HASH = /^#world=([a-z0-9-]+)$/;

/** A run that was left, and why: nothing a reader did is thrown away. */
export interface KeptRun {
  why: 'past' | 'reset' | 'replaced';
  run: RunDocument;
  /** Commands in it that the run now open does not have. */
  commands: number;
}

export interface Problem {
  /** Where it came from: a link, a file by name, or the site's own list. */
  source: { kind: 'link' } | { kind: 'file'; name: string } | { kind: 'run' };
  reason: ReasonCode;
  args: ReasonArgs;
}

/** What can be chosen to be seen: it travels in the link, and changes nothing in the world. */
type View = RunDocument['view'];

/** Sheets on the stage, where a world has a network: one of the two, or both. */
export const SHEETS = ['memory', 'network', 'both'] as const;
export type SheetChoice = (typeof SHEETS)[number];

/**
 * The lab's run between the engine and the outside: link, file, storage, forks. The world itself is the
 * Simulation's; this knows where it came from and how to take it elsewhere.
 */
export class LabSession {
  /** The run that is open, as it was opened; null at the start sheet. */
  opened = $state.raw<RunDocument | null>(null);
  /** How it came: shown while it replays. */
  cameFrom = $state<'choice' | 'link' | 'file' | 'memory'>('choice');
  problem = $state.raw<Problem | null>(null);
  kept = $state.raw<KeptRun | null>(null);
  /** The run of an earlier visit. */
  remembered = $state.raw<RunDocument | null>(null);
  /** The run is too long for a link: the reason, until it fits again. */
  linkRefusal = $state.raw<Refusal | null>(null);
  /** The order of the pages on the map. */
  order = $state<MapOrder>('machine');
  /** Which sheets were chosen; null: as the world has them. */
  chosenSheet = $state<SheetChoice | null>(null);
  /** Grows at each « reset view »: what keeps a view of its own starts anew. */
  viewNumber = $state(0);
  /** The hash that this page wrote itself. */
  ownHash = '';
  #speed: number | 'max' | null = null;
  /** Counts openings: of two wishes the later one holds. */
  #turn = 0;

  readonly scenario: Scenario | null = $derived(this.opened && scenarioOf(this.opened));

  readonly hasNetwork = $derived(this.scenario?.network !== undefined);
  /** A world with a network is most likely opened for it. */
  readonly sheet: SheetChoice = $derived.by(() =>
    this.hasNetwork ? (this.chosenSheet ?? 'network') : 'memory',
  );

  constructor(
    readonly simulation: Simulation,
    readonly selection: Selection,
  ) {}

  /** What the address says, if it says anything. */
  async openAddress(hash: string): Promise<void> {
    const state = stateInHash(hash);
    const world = WORLD_IN_HASH.exec(hash)?.[1];
    if (state !== null) await this.#openRead(await readState(state), { kind: 'link' });
    else if (world) await this.open(runOf(world), 'choice');
  }

  async openFile(file: File): Promise<void> {
    const source = { kind: 'file', name: file.name } as const;
    let bytes: Uint8Array;
    try {
      // A file far too large is refused by its size, not by reading it.
      bytes = new Uint8Array(await file.slice(0, 1024 * 1024).arrayBuffer());
    } catch {
      this.problem = { source, reason: 'file-unreadable', args: {} };
      return;
    }
    await this.#openRead(readRunFile(bytes), source);
  }

  async #openRead(read: RunRead, source: Problem['source']): Promise<void> {
    if (read.kind === 'refused') this.problem = { source, reason: read.reason, args: read.args };
    else await this.open(read.run, source.kind === 'file' ? 'file' : 'link', source);
  }

  /** Opens a run. The one that was open is kept at hand when something was done in it. */
  async open(
    run: RunDocument,
    cameFrom: LabSession['cameFrom'],
    source: Problem['source'] = { kind: 'run' },
  ): Promise<void> {
    if (!scenarioOf(run)) {
      this.problem = { source, reason: 'unknown-scenario', args: { scenario: String(run.scenario) } };
      return;
    }
    const turn = ++this.#turn;
    this.problem = null;
    await this.#keep('replaced');
    if (turn !== this.#turn) return;
    this.cameFrom = cameFrom;
    this.opened = run;
    this.#show(run.view);
    const isOpen = await this.simulation.open(run);
    if (isOpen && this.#speed !== null)
      await this.simulation.setSpeed(this.#speed === 'max' ? Infinity : this.#speed);
  }

  create = (scenario: Scenario): Promise<void> => this.open(runOf(scenario), 'choice');

  /** Back to the start sheet; the run can be taken up again from there. */
  async leave(): Promise<void> {
    const run = await this.document();
    this.simulation.close();
    this.remembered = run ?? this.opened ?? this.remembered;
    this.opened = null;
    this.problem = null;
    this.#show({});
  }

  /** A command. One given in the past makes another future: the one that was there is kept at hand. */
  act = async (command: Command): Promise<Receipt> => {
    const { reading } = this.simulation;
    const after =
      reading?.marks.filter((mark) => mark.kind === 'command' && mark.timeNs > reading.timeNs) ?? [];
    const future = after.length > 0 ? await this.document() : null;
    const receipt = await this.simulation.do(command);
    if (receipt.kind === 'accepted' && future)
      this.kept = { why: 'past', run: future, commands: after.length };
    return receipt;
  };

  undo = async (): Promise<Receipt> => this.simulation.undo();

  /** The same world from its beginning, with nothing done in it. */
  async resetWorld(): Promise<void> {
    if (!this.opened) return;
    await this.#keep('reset');
    const run = { ...this.opened, commands: [], t: 0, view: {} };
    this.opened = run;
    await this.simulation.open(run);
  }

  resetView(): void {
    this.#show({});
    this.viewNumber++;
  }

  async bringBack(): Promise<void> {
    const kept = this.kept;
    if (!kept) return;
    this.kept = null;
    await this.open(kept.run, 'memory');
  }

  setSpeed = (speed: number): void => {
    this.#speed = speed === Infinity ? 'max' : speed;
  };

  /** All that is needed to be here again, with what is looked at; null when nothing is open. */
  async document(): Promise<RunDocument | null> {
    if (this.simulation.status.kind !== 'ready') return null;
    const run = await this.simulation.document();
    return run && { ...run, view: this.#view() };
  }

  /** The address of the run as it is now, or why it has none. */
  async link(): Promise<{ kind: 'written'; url: URL } | Refusal> {
    const run = await this.document();
    if (!run) return { kind: 'refused', reason: 'engine-gone', args: {} };
    const written = await writeState(run);
    this.linkRefusal = written.kind === 'refused' ? written : null;
    if (written.kind === 'refused') return written;
    const url = new URL(location.href);
    url.hash = hashOfState(written.state);
    return { kind: 'written', url };
  }

  async file(): Promise<{ kind: 'written'; name: string; text: string } | Refusal> {
    const run = await this.document();
    if (!run) return { kind: 'refused', reason: 'engine-gone', args: {} };
    const written = writeRunFile(run);
    if (written.kind === 'refused') return written;
    return { ...written, name: `${this.scenario?.host.name ?? 'run'}${RUN_FILE_ENDING}` };
  }

  /** Keeps the run for the next visit. Where storage is refused there is none. */
  async remember(): Promise<void> {
    const run = await this.document();
    if (!run) return;
    try {
      await set(STORED_RUN, run);
    } catch {
      // Private windows and some frames have no storage: the link still holds the run.
    }
  }

  async recall(): Promise<void> {
    try {
      const stored: unknown = await get(STORED_RUN);
      if (stored === undefined) return;
      // It may come from an older version of the site.
      const read = checkRun(stored);
      if (read.kind === 'read' && scenarioOf(read.run)) this.remembered = read.run;
      else await del(STORED_RUN);
    } catch {
      // No storage, nothing to recall.
    }
  }

  async #keep(why: KeptRun['why']): Promise<void> {
    const run = await this.document();
    if (run && run.commands.length > 0) this.kept = { why, run, commands: run.commands.length };
  }

  #view(): View {
    const { page, vm } = this.selection;
    return {
      ...(vm > 0 && { vm }),
      ...(page && { pageVm: page.vm, page: page.page }),
      ...(this.order === 'vm' && { order: this.order }),
      ...(this.chosenSheet !== null && { sheet: this.chosenSheet }),
      ...(this.selection.place !== null && { place: this.selection.place }),
      ...(this.#speed !== null && { speed: this.#speed }),
    };
  }

  #show(view: View): void {
    const { vm, pageVm, page, speed, order, sheet, place } = view;
    this.chosenSheet = SHEETS.find((one) => one === sheet) ?? null;
    this.selection.place = typeof place === 'string' ? place : null;
    this.selection.frame = 0;
    this.order = order === 'vm' ? 'vm' : 'machine';
    this.selection.vm = typeof vm === 'number' ? vm : 0;
    this.selection.choose(
      typeof pageVm === 'number' && typeof page === 'number' ? { vm: pageVm, page } : null,
    );
    if (speed === 'max' || (typeof speed === 'number' && speed > 0)) this.#speed = speed;
  }
}
