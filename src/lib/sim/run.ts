import { Field } from '#lib/core/core';
import { EventKind } from '#wasm/shared/events';
import { secondsToNs, type Bytes, type Nanoseconds } from '#lib/units';
import type { Command, RunDocument, Scenario, TimedCommand } from '#lib/world/schema';
import { Checkpoints, type Checkpoint } from './checkpoints';
import { EventLog } from './event-log';
import type { Receipt } from './protocol';
import { Series } from './series';
import type { NetworkKit } from './network';
import type { NetworkMemory } from './network/world';
import { World, type Registry } from './world';

/** What a checkpoint knows beside the core's memory. Immutable. */
interface Remembered {
  registry: Registry;
  network: NetworkMemory | null;
}

/**
 * Core milliseconds between two checkpoints, and as many more as the last one took: what a rewind may have to replay,
 * and three fifths of what it may take. A checkpoint never costs more than the time it covers.
 */
const CHECKPOINT_EVERY_MS = 60;
/** What the checkpoints of a run that can go back may take, besides one state. A run that only goes forward has none. */
const CHECKPOINT_BYTES: Bytes = 192 * 1024 * 1024;

/** Kinds that a time bar marks. */
const NOTABLE: ReadonlySet<EventKind> = new Set([
  EventKind.vmPoweredOn,
  EventKind.vmPoweredOff,
  EventKind.guestBooted,
  EventKind.falseMatch,
  EventKind.stateChanged,
  EventKind.vmBlocked,
  EventKind.phaseEnded,
  EventKind.installRefused,
]);
const MAX_NOTABLE = 500;

/**
 * One run: a world, its commands, and all that is remembered about it so that any moment can be visited again.
 * Time is moved in slices by `advance`; results never depend on how it is sliced.
 */
export class Run {
  readonly world: World;
  readonly commands: TimedCommand[];
  readonly log = new EventLog();
  readonly series: Series;
  readonly checkpoints: Checkpoints<Remembered>;
  readonly durationNs: Nanoseconds;
  reachedNs: Nanoseconds = 0;
  #notable: { timeNs: Nanoseconds; sequence: number; kind: string }[] = [];
  #coreMs = 0;
  #checkpointMs = 1;

  /** @throws RefusedWorld */
  constructor(
    readonly module: WebAssembly.Module,
    readonly document: RunDocument,
    readonly scenario: Scenario,
    readonly now: () => number,
    /** 0: this run is never rewound and keeps nothing for it. */
    checkpointBudgetBytes?: Bytes,
    /** For a scenario that has a network. */
    readonly kit?: NetworkKit,
  ) {
    this.commands = document.commands.map((command) => ({ ...command })).sort((a, b) => a.timeNs - b.timeNs);
    const lastCommand = this.commands[this.commands.length - 1]?.timeNs ?? 0;
    this.durationNs = Math.max(secondsToNs(scenario.durationSeconds), document.t, lastCommand);
    this.series = new Series(this.durationNs);
    this.world = new World(module, scenario, document.seed, this.commands, kit);
    // A large host may keep one whole copy of itself besides.
    const budget = checkpointBudgetBytes ?? CHECKPOINT_BYTES + this.world.core.x.stateBytes();
    this.checkpoints = new Checkpoints(budget);
    this.drain();
    this.#checkpoint();
  }

  get timeNs(): Nanoseconds {
    return this.world.timeNs;
  }

  /** One slice towards `untilNs`, of at most `budget` queue entries. @returns false when that moment is complete. */
  advance(untilNs: Nanoseconds, budget?: number): boolean {
    const start = this.now();
    const sampleNs = this.#nextSampleNs();
    const stop = Math.min(untilNs, sampleNs);
    let more = this.world.advance(stop, this.log.drained, budget);
    this.drain();
    if (!more) {
      this.#sample();
      more = stop < untilNs;
    }
    this.reachedNs = Math.max(this.reachedNs, this.timeNs);
    this.#coreMs += this.now() - start;
    if (this.#coreMs > CHECKPOINT_EVERY_MS + this.#checkpointMs) this.#checkpoint();
    return more;
  }

  /** A stretch that is replayed has its points already; its rates are looked at again, at the same moments. */
  #nextSampleNs(): Nanoseconds {
    const { timeNs, series } = this;
    const rates = this.world.network?.rates;
    return rates && timeNs % series.intervalNs === 0 && !rates.hasSampled(timeNs)
      ? timeNs
      : series.nextNs(timeNs);
  }

  /** Points at exact moments: the same ones however time was moved. */
  #sample(): void {
    const { core, network, registry } = this.world;
    if (this.timeNs % this.series.intervalNs === 0) network?.rates.sample(this.timeNs);
    this.series.sample(core, registry.vms.keys());
  }

  #restore(checkpoint: Checkpoint<Remembered>): void {
    this.checkpoints.restore(this.world.core, checkpoint);
    this.#recall(checkpoint.meta);
    this.log.rewindTo(checkpoint.eventSequence);
  }

  #recall({ registry, network }: Remembered): void {
    this.world.registry = registry;
    if (network) this.world.network!.recall(network);
  }

  #remember(): Remembered {
    return { registry: this.world.registry, network: this.world.network?.remember() ?? null };
  }

  drain(): void {
    this.world.network?.wire.makeRoom();
    const first = this.log.drain(this.world.core);
    for (let sequence = first; sequence <= this.log.last; sequence++) {
      const kind = this.log.kindOf(sequence);
      if (!NOTABLE.has(kind) || this.#notable.length >= MAX_NOTABLE) continue;
      const { timeNs, kind: code } = this.log.get(sequence)!;
      this.#notable.push({ timeNs, sequence, kind: code });
    }
  }

  #checkpoint(): void {
    if (this.checkpoints.budgetBytes === 0) return;
    const start = this.now();
    const last = this.checkpoints.last;
    // While a stretch is replayed its checkpoints are there already.
    if (!last || last.timeNs < this.timeNs || last.steps < this.world.core.field(Field.steps)) {
      const remembered = this.#remember();
      this.checkpoints.take(this.world.core, remembered, remembered.network?.wire.pieces);
      this.#checkpointMs = this.now() - start;
    }
    this.#coreMs = 0;
  }

  /** Goes back to the newest checkpoint at or before a moment. The rest is replay. */
  rewind(timeNs: Nanoseconds): void {
    const checkpoint = this.checkpoints.before(timeNs);
    // From where it stands, when that is nearer; a run that only goes forward can do nothing else.
    if (this.timeNs <= timeNs && this.timeNs >= (checkpoint?.timeNs ?? 0)) return;
    if (!checkpoint) throw new Error('A run that only goes forward does not go back');
    this.#restore(checkpoint);
    this.#coreMs = 0;
  }

  /** A command of the reader, now. What lay in the future is another future and is forgotten. */
  do(command: Command): Receipt {
    this.world.settle(() => {
      this.drain();
      return this.log.drained;
    });
    this.drain();
    const receipt = this.world.apply(command);
    if (receipt.kind === 'refused') return receipt;
    const { commandsDone } = this.world.registry;
    this.#forgetFuture(commandsDone);
    this.commands.length = commandsDone;
    this.commands.push({ timeNs: this.timeNs, command });
    this.world.registry = { ...this.world.registry, commandsDone: commandsDone + 1 };
    this.drain();
    this.#sample();
    this.world.network?.rates.reopen();
    return { ...receipt, index: commandsDone };
  }

  /** Everything remembered from the present on: checkpoints, events, points. */
  #forgetFuture(commandsDone: number): void {
    const { timeNs } = this;
    const steps = this.world.core.field(Field.steps);
    this.checkpoints.dropFrom(
      (checkpoint) =>
        checkpoint.timeNs > timeNs ||
        (checkpoint.timeNs === timeNs && checkpoint.steps > steps) ||
        checkpoint.meta.registry.commandsDone > commandsDone,
    );
    this.log.truncate(this.log.drained);
    this.#notable = this.#notable.filter((mark) => mark.sequence <= this.log.last);
    this.series.truncate(timeNs);
    this.reachedNs = timeNs;
  }

  /**
   * Prepares to take back the last command that was applied: removes it and goes back before it. The caller then
   * advances to the moment that is returned. @returns null when there is nothing to take back.
   */
  takeBack(): Nanoseconds | null {
    const index = this.world.registry.commandsDone - 1;
    const taken = this.commands[index];
    if (!taken) return null;
    const backTo = this.timeNs;
    const checkpoint = this.checkpoints.findLast(
      (candidate) => candidate.timeNs <= taken.timeNs && candidate.meta.registry.commandsDone <= index,
    )!;
    this.#restore(checkpoint);
    this.commands.splice(index, 1);
    this.checkpoints.dropFrom(
      (other) =>
        other.timeNs > checkpoint.timeNs ||
        (other.timeNs === checkpoint.timeNs && other.meta.registry.commandsDone > index),
    );
    this.log.truncate(checkpoint.eventSequence);
    this.#notable = this.#notable.filter((mark) => mark.sequence <= this.log.last);
    this.series.truncate(checkpoint.timeNs);
    this.reachedNs = this.timeNs;
    return backTo;
  }

  /** Commands and notable events, for marks on a time bar. */
  marks(): { timeNs: Nanoseconds; kind: 'command' | 'event'; label: string }[] {
    return [
      ...this.commands.map(({ timeNs, command }) => ({
        timeNs,
        kind: 'command' as const,
        label: command.kind,
      })),
      ...this.#notable.map(({ timeNs, kind }) => ({ timeNs, kind: 'event' as const, label: kind })),
    ].sort((a, b) => a.timeNs - b.timeNs);
  }

  /**
   * The same world at the same moment in a memory of its own, with no past to go back to.
   * @param checkpointBudgetBytes 0 for a copy that only goes forward
   */
  fork(checkpointBudgetBytes?: Bytes): Run {
    const copy = this.#copy(this.world.registry.commandsDone, checkpointBudgetBytes);
    const state = this.world.core.state();
    if (!copy.world.core.x.prepareRestore(state.length))
      throw new RangeError('No memory for a copy of the world');
    new Uint8Array(copy.world.core.x.memory.buffer, copy.world.core.x.statePtr(), state.length).set(state);
    copy.#recall(this.#remember());
    copy.#begin(this.world.core.field(Field.eventSequence));
    return copy;
  }

  /**
   * A copy that stands at the newest checkpoint before a moment and has the same commands before it: all of that moment
   * is still to come. A checkpoint of the moment itself may lie in its middle.
   */
  forkBefore(timeNs: Nanoseconds): Run {
    const checkpoint = this.checkpoints.findLast(
      (one) => one.timeNs < timeNs || (one.timeNs === 0 && one.steps === 0),
    );
    if (!checkpoint || this.timeNs < timeNs) return this.fork();
    const copy = this.#copy(this.commands.length);
    this.checkpoints.restore(copy.world.core, checkpoint);
    copy.#recall(checkpoint.meta);
    copy.#begin(checkpoint.eventSequence);
    return copy;
  }

  #copy(commands: number, checkpointBudgetBytes?: Bytes): Run {
    const document = { ...this.document, commands: this.commands.slice(0, commands) };
    return new Run(this.module, document, this.scenario, this.now, checkpointBudgetBytes, this.kit);
  }

  /** A copy's memory has been filled: what happened before is not known to it. */
  #begin(eventSequence: number): void {
    this.log.startAt(eventSequence);
    this.checkpoints.dropFrom(() => true);
    this.#checkpoint();
  }

  /** All that is needed to be here again. */
  toDocument(): RunDocument {
    return {
      ...this.document,
      commands: this.commands.map((command) => ({ ...command })),
      t: this.timeNs,
    };
  }
}
