import type { Plan } from '#lib/model/comparison';
import type { ReasonArgs, ReasonCode } from '#lib/sim/protocol';
import { nsToSeconds } from '#lib/units';
import { Simulation } from './simulation.svelte';

/** Points of a world's history that are asked for. */
const POINTS = 360;

/** One of the worlds that are compared: an engine of its own, from the moment at which they part. */
export class ComparedWorld {
  readonly simulation = new Simulation();
  /** Why the host does not take the change. */
  refusal = $state.raw<{ reason: ReasonCode; args: ReasonArgs } | null>(null);
  #vm = '';
  #asked = 0;

  readonly fraction = $derived.by(() => {
    const { reading } = this.simulation;
    if (!reading) return 0;
    const startNs = this.plan.run.t;
    return (reading.timeNs - startNs) / Math.max(1, reading.durationNs - startNs);
  });
  readonly isDone = $derived(this.fraction >= 1);
  readonly isStopped = $derived(
    this.refusal !== null || ['refused', 'crashed', 'closed'].includes(this.simulation.status.kind),
  );

  constructor(readonly plan: Plan) {
    this.simulation.ask({ series: { points: POINTS } });
  }

  async start(): Promise<void> {
    const { simulation, plan } = this;
    if (!(await simulation.open(plan.run, true))) {
      const { status } = simulation;
      if (status.kind === 'refused') this.refusal = { reason: status.reason, args: status.args };
      return;
    }
    for (const command of plan.commands) {
      const receipt = await simulation.do(command);
      if (receipt.kind === 'accepted') continue;
      this.refusal = { reason: receipt.reason, args: receipt.args };
      return;
    }
    await simulation.setSpeed(Infinity);
    await simulation.play();
  }

  /** Reads the history of that VM too, from when it is known. */
  follow(vmName: string): void {
    const vm = this.simulation.reading?.vms.find(({ name }) => name === vmName)?.vm ?? 0;
    if (vm === this.#asked && vmName === this.#vm) return;
    this.#vm = vmName;
    this.#asked = vm;
    this.simulation.ask({ vmSeries: { vms: vm === 0 ? [] : [vm], points: POINTS } });
  }

  get startSeconds(): number {
    return nsToSeconds(this.plan.run.t);
  }
}

/** Worlds side by side. All of them run as fast as they go; what is compared is simulated time. */
export class ComparisonRuns {
  worlds = $state.raw<readonly ComparedWorld[]>([]);

  readonly isOpen = $derived(this.worlds.length > 0);
  readonly isDone = $derived(this.isOpen && this.worlds.every((world) => world.isDone || world.isStopped));
  readonly isPlaying = $derived(
    this.worlds.some(
      ({ simulation, isStopped }) =>
        !isStopped && (simulation.playing || simulation.status.kind === 'opening'),
    ),
  );

  async start(plans: readonly Plan[]): Promise<void> {
    this.close();
    const worlds = plans.map((plan) => new ComparedWorld(plan));
    this.worlds = worlds;
    await Promise.all(worlds.map((world) => world.start()));
  }

  pause = (): void => {
    for (const { simulation } of this.worlds) void simulation.pause();
  };

  goOn = (): void => {
    for (const world of this.worlds) if (!world.isDone && !world.isStopped) void world.simulation.play();
  };

  close(): void {
    for (const { simulation } of this.worlds) simulation.close();
    this.worlds = [];
  }
}
