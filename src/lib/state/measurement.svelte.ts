import { loadScenario } from '#lib/content/scenarios';
import { measure, type MeasureName } from '#lib/content/measures';
import { Bridge } from '#lib/sim/bridge';
import { secondsToNs } from '#lib/units';

export type MeasurementStatus =
  | { kind: 'idle' }
  | { kind: 'running'; world: number; fraction: number }
  | { kind: 'done' }
  | { kind: 'failed'; world: number };

/**
 * The truth of a guess: scenarios run to their end in an engine of their own, one after another, each measured
 * once. The learner's world is not touched. Cancelling keeps the points that were measured.
 */
export class Measurement {
  status = $state.raw<MeasurementStatus>({ kind: 'idle' });
  /** One value a world, null until it is measured. */
  values = $state.raw<(number | null)[]>([]);

  #bridge: Bridge | null = null;

  constructor(
    readonly scenarios: readonly string[],
    readonly measured: MeasureName,
  ) {
    this.values = scenarios.map(() => null);
  }

  /** Measures what is not measured yet. */
  async run(): Promise<void> {
    if (this.status.kind === 'running') return;
    for (const [world, scenario] of this.scenarios.entries()) {
      if (this.values[world] !== null) continue;
      this.status = { kind: 'running', world, fraction: 0 };
      const outcome = await this.#world(world, scenario);
      if (outcome === 'cancelled') return;
      if (outcome === null) {
        this.status = { kind: 'failed', world };
        return;
      }
      this.values = this.values.map((value, index) => (index === world ? outcome : value));
    }
    this.status = { kind: 'done' };
  }

  cancel(): void {
    if (this.status.kind !== 'running') return;
    this.#bridge?.dispose();
    this.#bridge = null;
    this.status = { kind: 'idle' };
  }

  /** @returns the value, null when the world did not open or its engine died */
  async #world(world: number, id: string): Promise<number | null | 'cancelled'> {
    const scenario = await loadScenario(id);
    if (this.status.kind !== 'running') return 'cancelled';
    if (!scenario) return null;
    let crashed = false;
    const bridge = new Bridge({
      onprogress: (fraction) => {
        if (this.#bridge === bridge) this.status = { kind: 'running', world, fraction };
      },
      oncrash: () => {
        crashed = true;
      },
    });
    this.#bridge = bridge;
    const t = secondsToNs(scenario.durationSeconds);
    const opened = await bridge.open({ v: 1, scenario: id, seed: scenario.seed, commands: [], t, view: {} });
    if (this.#bridge !== bridge) return 'cancelled';
    const reading = opened?.kind === 'opened' && !crashed ? await bridge.read({}) : null;
    if (this.#bridge !== bridge) return 'cancelled';
    bridge.dispose();
    this.#bridge = null;
    return reading && measure(this.measured, reading);
  }
}
