/**
 * The figures of one page share one processor and one reader: the one that was started last runs, the others wait.
 * Browsers keep a channel of framed pages to the site around them, so other sites' figures are not heard.
 */
const CHANNEL = 'alacarte-figures';
const RUNNING = 'running';

export class Siblings {
  #channel: BroadcastChannel | null = null;

  /**
   * @param together runs beside the others, and lets them run
   * @param wait another figure has started
   */
  constructor(together: boolean, wait: () => void) {
    if (together) return;
    try {
      this.#channel = new BroadcastChannel(CHANNEL);
    } catch {
      // Some sandboxed frames have no channels: each figure is on its own there.
      return;
    }
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      // What another tab does is no reason to stop what is not seen and does not run.
      if (data === RUNNING && !document.hidden) wait();
    };
  }

  tellRunning(): void {
    this.#channel?.postMessage(RUNNING);
  }

  close(): void {
    this.#channel?.close();
  }
}
