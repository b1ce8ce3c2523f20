/** What the page and the worker of the captures tool say to each other. Plain data, except for the functions of `CaptureApi`. */
import type { Conversation, FrameMark, HttpObject } from '#lib/capture/conversations';
import type { Expect, ProtocolCode, Summary } from '#lib/capture/dissect';
import type { CaptureProblem, Direction } from '#lib/capture/frame-record';
import type { CaptureFormat } from '#lib/capture/reader';
import type { Bytes, Nanoseconds } from '#lib/units';
import type { ReplayOptions, ReplayOutcome } from './replay-switch';

export interface PointReading {
  name: string;
  description: string;
  bitsPerSecond: number | null;
  linkType: string;
  isRead: boolean;
  frames: number;
}

export interface CaptureReport {
  format: CaptureFormat | null;
  size: Bytes;
  /** Bytes of the file that were read. */
  readTo: Bytes;
  points: PointReading[];
  frames: number;
  /** Of other link types than Ethernet: counted, not read. */
  foreignFrames: number;
  bytes: Bytes;
  /** Of the first frame, nanoseconds since 1970 or whatever the file counts from. */
  start: bigint;
  duration: Nanoseconds;
  protocols: { code: ProtocolCode; frames: number }[];
  conversations: number;
  objects: number;
  /** Frames with a fault: a bad checksum, a length that cannot be. */
  faulty: number;
  problem: CaptureProblem | null;
  cancelled: boolean;
}

export interface FrameFilter {
  /** Words that must all be found: addresses, ports, protocols, names. */
  text: string;
  protocol: ProtocolCode | null;
  conversation: number | null;
  faultyOnly: boolean;
}

/** A line of the list of frames. */
export interface FrameRow {
  index: number;
  /** Since the first frame. */
  time: Nanoseconds;
  protocol: ProtocolCode;
  src: string;
  dst: string;
  wireLength: Bytes;
  capturedLength: Bytes;
  summary: Summary;
  isFaulty: boolean;
  mark: FrameMark | null;
  comment: string | null;
  point: number;
}

/** A frame, whole. */
export interface OpenedFrame {
  row: FrameRow;
  bytes: Uint8Array;
  direction: Direction | null;
  offset: Bytes;
  conversation: number | null;
  /** The same packet at another capture point, where one is near. */
  twin: { index: number; point: number } | null;
  /** What earlier frames announced of its UDP ports. */
  expected: ReturnType<Expect>;
}

export type FoundObject = HttpObject & { conversation: number };

export interface SequenceRow extends FrameRow {
  from: string;
  to: string;
}

export interface ReplayReport extends ReplayOutcome {
  /** What each port received, and what was dropped with the reason, as pcapng. */
  pcapng: Blob;
}

export interface CaptureApi {
  /** Reads a capture from its beginning to its end, or to where it is cancelled. */
  open(file: Blob, onProgress: (done: Bytes, total: Bytes, frames: number) => void): Promise<CaptureReport>;
  cancel(): void;
  /** Sets what `rows` and `exportFrames` are about. @returns how many frames pass */
  filter(filter: FrameFilter): number;
  /** Lines of the filtered list. */
  rows(from: number, to: number): Promise<FrameRow[]>;
  /** Place of a frame in the filtered list; −1 when it is not in it. */
  placeOf(index: number): number;
  frame(index: number): Promise<OpenedFrame | null>;
  /** The first so many conversations, the busiest first; `total` of all. */
  conversations(limit: number): { list: Omit<Conversation, 'frames'>[]; total: number };
  sequence(
    conversation: number,
    from: number,
    count: number,
  ): Promise<{ rows: SequenceRow[]; total: number }>;
  objects(limit: number): FoundObject[];
  /** The bytes of an object, as they were sent. */
  object(place: number): Blob | null;
  /** The filtered frames as pcapng. */
  exportFrames(): Promise<Blob>;
  /** Puts the filtered frames of one capture point onto a virtual switch of the simulator. */
  replay(point: number, options: ReplayOptions): Promise<ReplayReport>;
}

export interface Call {
  id: number;
  method: keyof CaptureApi;
  args: unknown[];
}
export type Reply =
  | { id: number; value: unknown }
  | { id: number; error: string }
  | { id: number; progress: [done: Bytes, total: Bytes, frames: number] };
