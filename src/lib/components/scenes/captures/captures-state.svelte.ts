import type { ProtocolCode } from '#lib/capture/dissect';
import type { CaptureBridge } from '#lib/tools/captures/bridge';
import type {
  CaptureReport,
  FoundObject,
  FrameFilter,
  FrameRow,
  OpenedFrame,
  ReplayReport,
  SequenceRow,
} from '#lib/tools/captures/protocol';
import type { Conversation } from '#lib/capture/conversations';
import type { ReplayOptions } from '#lib/tools/captures/replay-switch';

export type ConversationLine = Omit<Conversation, 'frames'>;
export type Failure = 'worker' | 'died';

/** The most that is listed; the sums count all. */
const SHOWN_CONVERSATIONS = 500;
const SHOWN_OBJECTS = 500;
export const SEQUENCE_FRAMES = 120;
const NO_FILTER: FrameFilter = { text: '', protocol: null, conversation: null, faultyOnly: false };
export type SampleName = 'nat' | 'faults';

/** The capture of one visit: what is open, what of it is shown, the frame that is looked at. Talks to the worker. */
export class CapturesState {
  name = $state('');
  progress = $state.raw<{ done: number; total: number; frames: number } | null>(null);
  report = $state.raw<CaptureReport | null>(null);
  failure = $state.raw<{ why: Failure; message: string } | null>(null);
  filter = $state.raw<FrameFilter>(NO_FILTER);
  /** Frames that pass the filter. */
  count = $state(0);
  /** Raised when the list may have changed. */
  edition = $state(0);
  opened = $state.raw<OpenedFrame | null>(null);
  /** Place of the open frame in the list; −1 when it is not in it. */
  place = $state(-1);
  /** The frame asked for can no longer be read. */
  isGone = $state(false);
  /** Kept to be compared with the open one. */
  kept = $state.raw<OpenedFrame | null>(null);
  conversations = $state.raw<{ list: ConversationLine[]; total: number }>({ list: [], total: 0 });
  objects = $state.raw<FoundObject[]>([]);
  conversation = $state.raw<ConversationLine | null>(null);
  sequence = $state.raw<{ rows: SequenceRow[]; from: number; total: number }>({
    rows: [],
    from: 0,
    total: 0,
  });

  readonly isStarted = $derived(this.name !== '');

  #bridge: CaptureBridge | null = null;
  #file: Blob | null = null;
  #wanted = -1;
  #turn = 0;

  async open(name: string, file: Blob): Promise<void> {
    this.close();
    const turn = ++this.#turn;
    this.name = name;
    this.#file = file;
    this.progress = { done: 0, total: file.size, frames: 0 };
    // Loaded with the first file: a visitor who only reads the page fetches no worker.
    const { CaptureBridge } = await import('#lib/tools/captures/bridge');
    if (turn !== this.#turn) return;
    let bridge: CaptureBridge;
    try {
      bridge = this.#bridge = new CaptureBridge();
    } catch (error) {
      this.#fail('worker', error);
      return;
    }
    try {
      const report = await bridge.open(file, (done, total, frames) => {
        if (turn === this.#turn && this.progress) this.progress = { done, total, frames };
      });
      if (turn !== this.#turn) return;
      const [conversations, objects] = await Promise.all([
        bridge.ask('conversations', SHOWN_CONVERSATIONS),
        bridge.ask('objects', SHOWN_OBJECTS),
      ]);
      if (turn !== this.#turn) return;
      this.progress = null;
      this.report = report;
      this.count = report.frames;
      this.edition++;
      this.conversations = conversations;
      this.objects = objects;
      if (report.frames > 0) await this.show(0);
    } catch (error) {
      if (turn === this.#turn) this.#fail('died', error);
    }
  }

  async sample(which: SampleName): Promise<void> {
    const { faultySample, sampleCapture } = await import('#lib/tools/captures/sample');
    const capture = which === 'nat' ? sampleCapture() : faultySample();
    await this.open(`sample-${which}.pcapng`, new Blob([capture]));
  }

  cancel(): void {
    this.#bridge?.ask('cancel').catch(() => undefined);
  }

  again(): void {
    if (this.#file) void this.open(this.name, this.#file);
  }

  close(): void {
    this.#turn++;
    this.#bridge?.close();
    this.#bridge = null;
    this.name = '';
    this.progress = null;
    this.report = null;
    this.failure = null;
    this.filter = NO_FILTER;
    this.count = 0;
    this.edition++;
    this.opened = null;
    this.place = -1;
    this.isGone = false;
    this.kept = null;
    this.conversations = { list: [], total: 0 };
    this.objects = [];
    this.conversation = null;
    this.sequence = { rows: [], from: 0, total: 0 };
  }

  async setFilter(change: Partial<FrameFilter>): Promise<void> {
    const bridge = this.#bridge;
    if (!bridge || !this.report) return;
    const filter = (this.filter = { ...this.filter, ...change });
    const count = await bridge.ask('filter', filter).catch(() => null);
    if (filter !== this.filter || count === null) return;
    this.count = count;
    this.edition++;
    await this.#findPlace();
  }

  clearFilter(): Promise<void> {
    return this.setFilter(NO_FILTER);
  }

  load = async (from: number, to: number): Promise<FrameRow[]> =>
    this.#bridge ? this.#bridge.ask('rows', from, to) : [];

  /** Opens a frame; the last one asked for wins. */
  async show(index: number): Promise<void> {
    const bridge = this.#bridge;
    if (!bridge) return;
    this.#wanted = index;
    const opened = await bridge.ask('frame', index).catch(() => null);
    if (this.#wanted !== index || bridge !== this.#bridge) return;
    this.isGone = opened === null;
    if (opened) this.opened = opened;
    await this.#findPlace();
  }

  /** Puts a frame aside; the next one that is opened stands beside it. */
  keep(frame: OpenedFrame | null): void {
    this.kept = frame;
  }

  /** The open frame and its twin, in the order in which they were caught. */
  async compareWith(index: number): Promise<void> {
    const bridge = this.#bridge;
    const opened = this.opened;
    if (!bridge || !opened) return;
    const other = await bridge.ask('frame', index).catch(() => null);
    if (!other || this.opened !== opened) return;
    if (other.row.index < opened.row.index) this.kept = other;
    else {
      this.kept = opened;
      this.opened = other;
      this.#wanted = other.row.index;
      await this.#findPlace();
    }
  }

  async choose(conversation: ConversationLine | null, from = 0): Promise<void> {
    this.conversation = conversation;
    const bridge = this.#bridge;
    if (!conversation || !bridge) return;
    const found = await bridge
      .ask('sequence', conversation.id, from, SEQUENCE_FRAMES)
      .catch(() => ({ rows: [], total: 0 }));
    if (this.conversation === conversation) this.sequence = { ...found, from };
  }

  object(place: number): Promise<Blob | null> {
    return this.#bridge?.ask('object', place).catch(() => null) ?? Promise.resolve(null);
  }

  exportFrames(): Promise<Blob | null> {
    return this.#bridge?.ask('exportFrames').catch(() => null) ?? Promise.resolve(null);
  }

  /** @throws Error with what the core or the worker said */
  async replay(point: number, options: ReplayOptions): Promise<ReplayReport> {
    if (!this.#bridge) throw new Error('closed');
    return this.#bridge.ask('replay', point, options);
  }

  setProtocol(protocol: ProtocolCode | null): Promise<void> {
    return this.setFilter({ protocol });
  }

  async #findPlace(): Promise<void> {
    const bridge = this.#bridge;
    const index = this.opened?.row.index;
    if (!bridge || index === undefined) return;
    const place = await bridge.ask('placeOf', index).catch(() => -1);
    if (this.opened?.row.index === index) this.place = place;
  }

  #fail(why: Failure, error: unknown): void {
    this.#bridge?.close();
    this.#bridge = null;
    this.progress = null;
    this.report = null;
    this.failure = { why, message: error instanceof Error ? error.message : String(error) };
  }
}
