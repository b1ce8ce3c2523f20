import type { FrameMark } from '#lib/capture/conversations';
import type { ProtocolCode, Summary } from '#lib/capture/dissect';
import type { Bytes, Nanoseconds } from '#lib/units';

/** What a list says of a frame. */
export interface FrameLine {
  index: number;
  /** Since the first. */
  time: Nanoseconds;
  protocol: ProtocolCode;
  src: string;
  dst: string;
  wireLength: Bytes;
  summary: Summary;
  isFaulty: boolean;
  mark: FrameMark | null;
  comment: string | null;
}

/** Lines that are fetched as they come into sight. */
export interface FrameSource {
  count: number;
  /** Changes when lines may have changed. */
  edition: number;
  load(from: number, to: number): Promise<FrameLine[]>;
}
