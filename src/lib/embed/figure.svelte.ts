import { I18n, loadCatalogue, type Area, type Language } from '#lib/i18n/i18n';
import type { MapOrder, ReasonArgs, ReasonCode, RunDocument } from '#lib/sim/protocol';
import { Selection } from '#lib/state/selection.svelte';
import { Simulation } from '#lib/state/simulation.svelte';
import { nsToSeconds, secondsToNs } from '#lib/units';
import { writeState, type Refusal } from '#lib/world/state-string';
import type { Request } from './contract';
import type { EmbedOptions, SceneId } from './options';
import { Siblings } from './siblings';

type Order = Exclude<
  Request,
  { type: 'alacarte:theme' | 'alacarte:lang' | 'alacarte:getState' | 'alacarte:setState' }
>;

export interface Snapshot {
  kind: 'now';
  state: string;
  /** Simulated seconds. */
  t: number;
  playing: boolean;
  /** null while time runs: it would be of another moment than the state. */
  fingerprint: string | null;
}

/** The words of a started figure; the network's come only with a figure that shows them. */
export const figureAreas = (scene: SceneId): readonly Area[] => [
  ...(['embed', 'event', 'host', 'map', 'reason', 'shell'] as const),
  ...(scene === 'network' ? (['network', 'frame', 'lab', 'policy'] as const) : []),
];

/** A reading comes with the next picture of the screen, at 60 a second. */
const READING_MS = 250;

/** A started figure: one world, what is looked at in it, and the words. */
export class Figure {
  readonly simulation = new Simulation();
  readonly selection = new Selection();
  i18n = $state.raw<I18n>() as I18n;
  order = $state<MapOrder>('machine');
  /** The world that is open has a network to show. */
  hasNetwork = $state(false);
  /** Height that the frame leaves to the picture. */
  picturePx = $state(320);
  /** The state of the address could not be read. */
  problem = $state.raw<Refusal | null>(null);
  readonly #siblings: Siblings;

  constructor(
    readonly options: EmbedOptions,
    i18n: I18n,
  ) {
    this.i18n = i18n;
    this.#siblings = new Siblings(options.together, () => {
      if (this.simulation.playing) void this.simulation.pause();
    });
  }

  /** Opens a run in place of the one that is open; time stands. @returns what was refused, null when it is open */
  async open(run: RunDocument): Promise<Refusal | null> {
    const { vm, pageVm, page, order, speed } = run.view;
    this.order = order === 'vm' ? 'vm' : 'machine';
    this.selection.vm = typeof vm === 'number' ? vm : 0;
    this.selection.choose(
      typeof pageVm === 'number' && typeof page === 'number' ? { vm: pageVm, page } : null,
    );
    this.problem = null;
    const { scenarioOf } = await import('#lib/world/scenarios');
    this.hasNetwork = scenarioOf(run)?.network !== undefined;
    const isOpen = await this.simulation.open(run);
    if (!isOpen) return this.#trouble();
    await this.simulation.setSpeed(typeof speed === 'number' && speed > 0 ? speed : this.options.speed);
    return null;
  }

  play = async (): Promise<void> => {
    const { reading } = this.simulation;
    if (reading && reading.timeNs >= reading.durationNs) await this.simulation.seek(0);
    await this.simulation.play();
  };

  /** Another figure of the page waits while this one runs. */
  tellRunning(): void {
    this.#siblings.tellRunning();
  }

  async setLanguage(lang: Language): Promise<void> {
    this.i18n = new I18n(lang, await loadCatalogue(lang, figureAreas(this.options.scene)));
  }

  resize(picturePx: number): void {
    this.picturePx = picturePx;
  }

  async obey(order: Order): Promise<{ reason: ReasonCode; args: ReasonArgs } | null> {
    switch (order.type) {
      case 'alacarte:play':
        await this.play();
        break;
      case 'alacarte:pause':
        await this.simulation.pause();
        break;
      case 'alacarte:step':
        await this.simulation.step(order.unit);
        break;
      case 'alacarte:seek':
        await this.simulation.seek(secondsToNs(order.t));
        break;
      case 'alacarte:do': {
        const receipt = await this.simulation.do(order.command);
        if (receipt.kind === 'refused') return receipt;
      }
    }
    await this.#nextReading();
    return this.#trouble();
  }

  /** Why there is no world; null when there is one. */
  #trouble(): Refusal | null {
    const { status } = this.simulation;
    if (status.kind === 'ready') return null;
    if (status.kind === 'refused') return status;
    const args: ReasonArgs = status.kind === 'crashed' ? { message: status.message } : {};
    return { kind: 'refused', reason: 'engine-gone', args };
  }

  /** So that an answer tells what the order has done; a figure that nobody sees is not read, and is not waited for. */
  async #nextReading(): Promise<void> {
    const before = this.simulation.reading;
    const giveUp = performance.now() + READING_MS;
    while (this.simulation.reading === before && performance.now() < giveUp)
      await new Promise((resolve) => setTimeout(resolve, 8));
  }

  /** The world as it is now, for an answer; refused when there is none, or its run is too long for a link. */
  async snapshot(): Promise<Snapshot | Refusal> {
    const before = this.#trouble();
    if (before) return before;
    const { playing } = this.simulation;
    const fingerprint = playing ? null : await this.simulation.fingerprint();
    const run = await this.document();
    if (!run) return this.#trouble() ?? { kind: 'refused', reason: 'engine-gone', args: {} };
    const written = await writeState(run);
    if (written.kind === 'refused') return written;
    return { kind: 'now', state: written.state, t: nsToSeconds(run.t), playing, fingerprint };
  }

  /** The run with what is looked at. */
  async document(): Promise<RunDocument | null> {
    const run = await this.simulation.document();
    const { vm, page } = this.selection;
    const view = {
      ...(vm > 0 && { vm }),
      ...(page && { pageVm: page.vm, page: page.page }),
      ...(this.order === 'vm' && { order: this.order }),
    };
    return run && { ...run, view };
  }

  close(): void {
    this.#siblings.close();
    this.simulation.close();
  }
}
