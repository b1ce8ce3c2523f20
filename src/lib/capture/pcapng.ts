/**
 * Writes pcapng (draft-ietf-opsawg-pcapng): one interface for each capture point, time stamps in nanoseconds, a comment
 * where there is something to say of a frame, such as why it was dropped. What it writes opens in Wireshark.
 */
import type { Bytes, Nanoseconds } from '#lib/units';
import { ETHERNET, type CapturePoint, type Direction, type TimeStamp } from './frame-record';

export const SECTION_HEADER = 0x0a0d0d0a;
export const INTERFACE_DESCRIPTION = 1;
/** Obsolete; read, never written. */
export const PACKET = 2;
export const SIMPLE_PACKET = 3;
export const ENHANCED_PACKET = 6;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

export const OPTION = {
  end: 0,
  comment: 1,
  /** Section header. */
  hardware: 2,
  os: 3,
  application: 4,
  /** Interface description. */
  name: 2,
  description: 3,
  speed: 8,
  resolution: 9,
  timeOffset: 14,
  /** Enhanced packet. */
  flags: 2,
} as const;

/** A string option's length is 16 bits. */
const MAX_TEXT: Bytes = 0xffff;
const NANOSECONDS = 9;

export interface SectionInfo {
  hardware?: string;
  os?: string;
  application?: string;
  comment?: string;
}

export interface FrameInfo {
  /** What to say of this frame: `dropped: no-such-vlan`. */
  comment?: string;
  direction?: Direction;
  /** On the wire, when `bytes` is not all of it. */
  originalLength?: Bytes;
}

const utf8 = new TextEncoder();

/**
 * Builds a pcapng file in memory, piece by piece: call `take` from time to time and write what it gives to a file or
 * keep it for a Blob.
 */
export class PcapngWriter {
  #buffer = new Uint8Array(65_536);
  #view = new DataView(this.#buffer.buffer);
  #length: Bytes = 0;
  #interfaces = 0;

  constructor(section: SectionInfo = {}) {
    const at = this.#open(SECTION_HEADER);
    this.#u32(BYTE_ORDER_MAGIC);
    this.#u16(1);
    this.#u16(0);
    // Length of the section: not known while it is being written.
    this.#u32(0xffff_ffff);
    this.#u32(0xffff_ffff);
    this.#text(OPTION.comment, section.comment);
    this.#text(OPTION.hardware, section.hardware);
    this.#text(OPTION.os, section.os);
    this.#text(OPTION.application, section.application);
    this.#endOptions(
      [section.comment, section.hardware, section.os, section.application].some((text) => text !== undefined),
    );
    this.#close(at);
  }

  /** Bytes that wait for `take`. */
  get pending(): Bytes {
    return this.#length;
  }

  /**
   * Declares a capture point.
   * @returns the id to give to `frame`
   */
  addInterface({ name, description, bitsPerSecond }: CapturePoint): number {
    const at = this.#open(INTERFACE_DESCRIPTION);
    this.#u16(ETHERNET);
    this.#u16(0);
    // No limit to what is captured of a frame.
    this.#u32(0);
    this.#text(OPTION.name, name);
    this.#text(OPTION.description, description);
    if (bitsPerSecond !== undefined) {
      this.#u16(OPTION.speed);
      this.#u16(8);
      this.#u64(BigInt(Math.round(bitsPerSecond)));
    }
    this.#u16(OPTION.resolution);
    this.#u16(1);
    this.#u32(NANOSECONDS);
    this.#endOptions(true);
    this.#close(at);
    return this.#interfaces++;
  }

  /**
   * Appends one frame.
   * @param time nanoseconds: of the simulation, or since 1970; never negative
   * @param bytes the frame without its check sequence
   * @throws RangeError for an interface that was not declared or a negative time
   */
  frame(interfaceId: number, time: Nanoseconds | TimeStamp, bytes: Uint8Array, info: FrameInfo = {}): void {
    const stamp = BigInt(time);
    if (!(interfaceId >= 0 && interfaceId < this.#interfaces))
      throw new RangeError(`no interface ${interfaceId}`);
    if (stamp < 0n) throw new RangeError(`time ${stamp} is before the origin`);
    const { comment, direction, originalLength = bytes.length } = info;
    this.#reserve(64 + bytes.length);
    const at = this.#open(ENHANCED_PACKET);
    this.#u32(interfaceId);
    this.#u32(Number((stamp >> 32n) & 0xffff_ffffn));
    this.#u32(Number(stamp & 0xffff_ffffn));
    this.#u32(bytes.length);
    this.#u32(originalLength);
    this.#bytes(bytes);
    this.#text(OPTION.comment, comment);
    if (direction) {
      this.#u16(OPTION.flags);
      this.#u16(4);
      this.#u32(direction === 'in' ? 1 : 2);
    }
    this.#endOptions(comment !== undefined || direction !== undefined);
    this.#close(at);
  }

  /** What was written since the last call: append it to the file. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #open(type: number): Bytes {
    const at = this.#length;
    this.#u32(type);
    this.#u32(0);
    return at;
  }

  /** The length stands at both ends of a block, so that a file can be walked backwards. */
  #close(at: Bytes): void {
    const length = this.#length - at + 4;
    this.#view.setUint32(at + 4, length, true);
    this.#u32(length);
  }

  #text(code: number, text: string | undefined): void {
    if (text === undefined) return;
    let bytes = utf8.encode(text);
    if (bytes.length > MAX_TEXT) {
      let end = MAX_TEXT;
      // Not in the middle of a character.
      while ((bytes[end] & 0xc0) === 0x80) end--;
      bytes = bytes.subarray(0, end);
    }
    this.#u16(code);
    this.#u16(bytes.length);
    this.#bytes(bytes);
  }

  #endOptions(any: boolean): void {
    if (any) this.#u32(OPTION.end);
  }

  #u16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  #u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  #u64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  /** Padded with zeros to 32 bits. */
  #bytes(bytes: Uint8Array): void {
    const padded = (bytes.length + 3) & ~3;
    this.#reserve(padded);
    this.#buffer.set(bytes, this.#length);
    this.#buffer.fill(0, this.#length + bytes.length, this.#length + padded);
    this.#length += padded;
  }

  #reserve(more: Bytes): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + more));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer);
  }
}
