import {
  comparisonOf,
  MOST_CHANGES,
  partedRuns,
  planOf,
  runForLink,
  trunkOf,
  vmsOf,
  type Change,
  type Comparison,
} from '#lib/model/comparison';
import type { ReasonArgs, ReasonCode } from '#lib/sim/protocol';
import { ComparisonRuns } from '#lib/state/comparison.svelte';
import { runOf, scenarioOf } from '#lib/world/scenarios';
import type { RunDocument, Scenario } from '#lib/world/schema';
import { hashOfState, readState, stateInHash, writeState, type Refusal } from '#lib/world/state-string';

const WORLD_IN_HASH = /^#world=([a-z0-9-]+)$/;
/** The story's own question: would a smaller server have done? */
const FIRST_WORLD = 'story-host';

/** What is compared, between its forms, its link and its running worlds. */
export class CompareSession {
  readonly runs = new ComparisonRuns();
  comparison = $state.raw<Comparison>(fresh(FIRST_WORLD));
  problem = $state.raw<{ reason: ReasonCode; args: ReasonArgs } | null>(null);
  /** Came by a link, and is none of the site's worlds from its beginning. */
  cameByLink = $state(false);
  /** Something was chosen or came by link: the address may say so. */
  isTouched = $state(false);
  /** The hash that this page wrote itself. */
  ownHash = '';
  /** The run of the lab that was brought, where something was done in it: it parts before that, or now. */
  brought = $state.raw<RunDocument | null>(null);
  /** Of the worlds that have run. */
  #ran = $state('');

  readonly scenario: Scenario = $derived(scenarioOf(this.comparison.run)!);
  readonly vms = $derived(vmsOf(this.comparison.run, this.scenario));
  readonly fromStart = $derived(this.comparison.run.t === 0 && this.comparison.run.commands.length === 0);
  readonly #signature = $derived(JSON.stringify([this.comparison.run, this.comparison.changes]));
  readonly isStale = $derived(this.runs.isOpen && this.#ran !== this.#signature);

  async openAddress(hash: string): Promise<void> {
    const state = stateInHash(hash);
    const world = WORLD_IN_HASH.exec(hash)?.[1];
    if (state === null) return world ? this.openWorld(world) : undefined;
    const read = await readState(state);
    if (read.kind === 'refused') this.problem = { reason: read.reason, args: read.args };
    else this.openRun(read.run);
  }

  openRun(run: RunDocument): void {
    const scenario = scenarioOf(run);
    this.problem = scenario ? null : { reason: 'unknown-scenario', args: { scenario: String(run.scenario) } };
    if (!scenario) return;
    this.runs.close();
    const comparison = comparisonOf(run, scenario);
    this.comparison = comparison.changes.length > 0 ? comparison : withFirstChange(comparison, scenario);
    this.brought = comparison.changes.length === 0 && this.comparison.run.commands.length > 0 ? run : null;
    if (this.brought) this.partBeforeAll();
    this.cameByLink = typeof run.scenario !== 'string' || run.t > 0 || run.commands.length > 0;
    this.isTouched = true;
  }

  openWorld(id: string): void {
    this.openRun(runOf(id));
  }

  readonly partsNow: boolean = $derived(this.comparison.run.t === this.brought?.t);

  /** What was done in the run that was brought is what differs. */
  partBeforeAll(): void {
    const { brought, scenario } = this;
    const parted = brought && partedRuns([{ ...brought, commands: trunkOf(brought, scenario).commands }]);
    if (!parted) return;
    this.runs.close();
    this.#set({ ...parted, run: trunkOf(parted.run, scenario) });
  }

  /** Something is done from this moment on. */
  partNow(): void {
    if (!this.brought) return;
    this.runs.close();
    this.comparison = withFirstChange(
      comparisonOf({ ...this.brought, view: {} }, this.scenario),
      this.scenario,
    );
  }

  setChange(index: number, change: Change): void {
    const changes = this.comparison.changes.map((old, at) => (at === index ? change : old));
    this.#set({ changes });
  }

  addChange(): void {
    const { changes } = this.comparison;
    if (changes.length < MOST_CHANGES) this.#set({ changes: [...changes, changes[changes.length - 1]] });
  }

  removeChange(index: number): void {
    this.#set({ changes: this.comparison.changes.filter((_, at) => at !== index) });
  }

  show(part: Partial<Pick<Comparison, 'measure' | 'vm'>>): void {
    this.#set(part);
  }

  #set(part: Partial<Comparison>): void {
    this.comparison = { ...this.comparison, ...part };
    this.isTouched = true;
  }

  /** A copy of the run for each world: the first as it is, the others with their change. */
  async run(): Promise<void> {
    const { run, changes } = this.comparison;
    this.#ran = this.#signature;
    this.isTouched = true;
    await this.runs.start([null, ...changes].map((change) => planOf(run, this.scenario, change)));
  }

  async link(): Promise<{ kind: 'written'; url: URL } | Refusal> {
    const written = await writeState(runForLink(this.comparison));
    if (written.kind === 'refused') return written;
    const url = new URL(location.href);
    url.hash = hashOfState(written.state);
    return { kind: 'written', url };
  }

  /** The lab's link to one of the worlds, at the moment at which they part, its change done. */
  async labHash(world: number): Promise<string | null> {
    const change = world === 0 ? null : this.comparison.changes[world - 1];
    const { run, commands } = planOf(this.comparison.run, this.scenario, change);
    const own = commands.map((command) => ({ timeNs: run.t, command }));
    const written = await writeState({ ...run, commands: [...run.commands, ...own] });
    return written.kind === 'written' ? hashOfState(written.state) : null;
  }
}

function fresh(id: string): Comparison {
  const run = runOf(id);
  const scenario = scenarioOf(run)!;
  return withFirstChange(comparisonOf(run, scenario), scenario);
}

/** Something to compare with, to begin with. */
function withFirstChange(comparison: Comparison, scenario: Scenario): Comparison {
  const { run } = comparison;
  const [vm] = vmsOf(run, scenario);
  const fromStart = run.t === 0 && run.commands.length === 0;
  const change: Change = !vm
    ? { kind: 'set-option', option: 'idleTax', value: 0 }
    : fromStart
      ? { kind: 'set-memory', vm: vm.name, memoryMib: Math.max(4, Math.round(vm.memoryMib / 8) * 4) }
      : { kind: 'set-shares', vm: vm.name, shares: 0 };
  return { ...comparison, changes: [change] };
}
