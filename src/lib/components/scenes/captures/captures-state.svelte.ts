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

/** A file that is being read; what was open before stays until it is known to hold frames. */
interface Reading {
  name: string;
  done: number;
  total: number;
  frames: number;
}

/** A file that did not take the place of what was open. */
export interface Refused {
  name: string;
  /** How far it was read; null: the reading itself failed. */
  report: CaptureReport | null;
  failure: { why: Failure; message: string } | null;
}

/** The capture of one visit: what is open, what of it is shown, the frame that is looked at. Talks to the worker. */
export class CapturesState {
  /** Of the capture that is open. */
  name = $state('');
  report = $state.raw<CaptureReport | null>(null);
  reading = $state.raw<Reading | null>(null);
  refused = $state.raw<Refused | null>(null);
  /** A file whose reading stopped because another was chosen. */
  stopped = $state.raw<{ name: string; file: Blob } | null>(null);
  /** So many files came with the last one that was opened; one is read at a time. */
  others = $state(0);
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

  readonly isStarted = $derived(this.report !== null || this.reading !== null || this.refused !== null);

  /** Of the capture that is open. */
  #bridge: CaptureBridge | null = null;
  /** Of the file that is being read. */
  #reader: CaptureBridge | null = null;
  #file: Blob | null = null;
  #fileName = '';
  #wanted = -1;
  #turn = 0;

  /** Reads a file; it takes the place of what is open once frames were found in it. `others`: how many came with it. */
  async open(name: string, file: Blob, others = 0): Promise<void> {
    const turn = ++this.#turn;
    const stopped = this.reading && this.#file ? { name: this.reading.name, file: this.#file } : null;
    this.#endReading();
    this.stopped = stopped && stopped.file !== file ? stopped : null;
    this.#file = file;
    this.#fileName = name;
    this.refused = null;
    this.others = others;
    this.reading = { name, done: 0, total: file.size, frames: 0 };
    let why: Failure = 'worker';
    try {
      // Loaded with the first file: a visitor who only reads the page fetches no worker.
      const { CaptureBridge } = await import('#lib/tools/captures/bridge');
      if (turn !== this.#turn) return;
      const bridge = (this.#reader = new CaptureBridge());
      why = 'died';
      const report = await bridge.open(file, (done, total, frames) => {
        if (turn === this.#turn) this.reading = { name, done, total, frames };
      });
      if (turn !== this.#turn) return;
      // Who cancels another file wants the one that is open.
      if (report.frames === 0 || (report.cancelled && this.report)) {
        this.#endReading();
        this.refused = { name, report, failure: null };
        return;
      }
      const [conversations, objects] = await Promise.all([
        bridge.ask('conversations', SHOWN_CONVERSATIONS),
        bridge.ask('objects', SHOWN_OBJECTS),
      ]);
      if (turn !== this.#turn) return;
      this.#reader = null;
      this.#endReading();
      this.#forget();
      this.#bridge = bridge;
      this.name = name;
      this.report = report;
      this.count = report.frames;
      this.conversations = conversations;
      this.objects = objects;
      await this.show(0);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#endReading();
      const message = error instanceof Error ? error.message : String(error);
      this.refused = { name, report: null, failure: { why, message } };
    }
  }

  async sample(which: SampleName): Promise<void> {
    const { faultySample, sampleCapture } = await import('#lib/tools/captures/sample');
    const capture = which === 'nat' ? sampleCapture() : faultySample();
    await this.open(`sample-${which}.pcapng`, new Blob([capture]));
  }

  cancel(): void {
    this.#reader?.ask('cancel').catch(() => undefined);
  }

  again(): void {
    if (this.#file) void this.open(this.#fileName, this.#file, this.others);
  }

  /** Goes back to the file whose reading was stopped. */
  async back(): Promise<void> {
    if (this.stopped) await this.open(this.stopped.name, this.stopped.file);
  }

  close(): void {
    this.#turn++;
    this.#endReading();
    this.#forget();
    this.stopped = null;
    this.refused = null;
    this.others = 0;
  }

  #endReading(): void {
    this.#reader?.close();
    this.#reader = null;
    this.reading = null;
  }

  #forget(): void {
    this.#bridge?.close();
    this.#bridge = null;
    this.name = '';
    this.report = null;
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
}
