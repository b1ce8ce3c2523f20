import { loadScenario } from '#lib/world/load-scenario';
import { Bridge } from '#lib/sim/bridge';
import type { Reading, ReadingRequest } from '#lib/sim/protocol';
import { secondsToNs } from '#lib/units';

/**
 * One of the site's scenarios, run to its end in an engine of its own, read once, and ended. Nobody's world is
 * touched by it.
 */
export class WorldJob {
  #bridge: Bridge | null = null;
  #isOver = false;

  constructor(
    readonly scenario: string,
    /** 0 … 1. */
    readonly onprogress: (fraction: number) => void = () => {},
  ) {}

  /**
   * @param request what to read at the end; it may depend on a first reading
   * @param early a reading on the way, of the same parts, where 0 s is none
   * @returns null when the world did not open, its engine died, or it was cancelled
   */
  async run(
    request: (first: Reading) => ReadingRequest | null = () => null,
    early: { seconds: number; take: (reading: Reading) => void } = { seconds: 0, take: () => {} },
  ): Promise<Reading | null> {
    const scenario = await loadScenario(this.scenario);
    if (!scenario || this.#isOver) return null;
    this.#bridge = new Bridge({
      onprogress: (fraction) => {
        if (!this.#isOver) this.onprogress(fraction);
      },
      oncrash: () => this.cancel(),
    });
    const { seed, durationSeconds } = scenario;
    const t = secondsToNs(durationSeconds);
    const bridge = this.#bridge;
    const read = async (): Promise<Reading | null> => {
      const first = await bridge.read({});
      const asked = first && request(first);
      return asked ? bridge.read(asked) : first;
    };
    const opened = await bridge.open(
      {
        v: 1,
        scenario: this.scenario,
        seed,
        commands: [],
        t: early.seconds > 0 ? secondsToNs(early.seconds) : t,
        view: {},
      },
      true,
    );
    if (opened?.kind === 'opened' && early.seconds > 0) {
      const onTheWay = await read();
      if (onTheWay) early.take(onTheWay);
      await bridge.seek(t);
    }
    const reading = opened?.kind === 'opened' ? await read() : null;
    const isWhole = !this.#isOver;
    this.cancel();
    return isWhole ? reading : null;
  }

  cancel(): void {
    this.#isOver = true;
    this.#bridge?.dispose();
    this.#bridge = null;
  }
}
