/**
 * Reads captures of any length as they stream by: classic pcap (both byte orders, micro- and nanoseconds) and pcapng
 * (both byte orders, several sections). Never holds more than one block. Whatever the bytes are, it ends with frames
 * and at most one problem, which says where; it never throws for them.
 *
 * Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */
import type { Bytes } from '#lib/units';
import {
  ETHERNET,
  linkTypeName,
  type CaptureInterface,
  type CaptureProblem,
  type CaptureProblemCode,
  type FrameRecord,
} from './frame-record';
import {
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  OPTION,
  PACKET,
  SECTION_HEADER,
  SIMPLE_PACKET,
} from './pcapng';

/** As Wireshark: longer than any Ethernet frame, jumbo and offload included. */
export const MAX_FRAME: Bytes = 262_144;
/** A block that holds a frame or a declaration. Others are passed over whatever their length. */
const MAX_BLOCK: Bytes = MAX_FRAME + 262_144;
const MAX_INTERFACES = 4096;
/** Options looked at in one block. */
const MAX_OPTIONS = 256;
/** Of a comment or a name, characters kept. */
const MAX_TEXT = 4096;

export type CaptureFormat = 'pcap' | 'pcapng';

type Args = CaptureProblem['args'];

class Fault extends Error {
  constructor(readonly problem: CaptureProblem) {
    super(problem.code);
  }
}

const fault = (code: CaptureProblemCode, offset: Bytes, args: Args = {}): Fault =>
  new Fault({ code, offset, args });

/** How an interface of pcapng counts time. */
interface Clock {
  /** Nanoseconds in a unit, as a fraction. */
  numerator: bigint;
  denominator: bigint;
  /** Added to every stamp, nanoseconds. */
  offset: bigint;
  snapLength: Bytes;
}

const MICROSECONDS: Clock = { numerator: 1000n, denominator: 1n, offset: 0n, snapLength: 0 };

/** How files begin that are met in place of captures, in Latin-1; four bytes tell them apart. */
const OTHER_FILES: readonly (readonly [string, CaptureProblemCode, string])[] = [
  ['\x1f\x8b', 'compressed', 'gzip'],
  ['\x28\xb5\x2f\xfd', 'compressed', 'Zstandard'],
  ['\x04\x22\x4d\x18', 'compressed', 'LZ4'],
  ['\xfd7zX', 'compressed', 'xz'],
  ['BZh', 'compressed', 'bzip2'],
  ['7z\xbc\xaf', 'compressed', '7-Zip'],
  ['PK', 'compressed', 'ZIP'],
  ['\xa1\xb2\xcd\x34', 'other-format', 'pcap (Kuznetzov)'],
  ['\x34\xcd\xb2\xa1', 'other-format', 'pcap (Kuznetzov)'],
  ['snoo', 'other-format', 'snoop (Sun)'],
  ['RTSS', 'other-format', 'NetMon 1'],
  ['GMBU', 'other-format', 'NetMon 2'],
  ['XCP\0', 'other-format', 'NetXray, Sniffer (Windows)'],
  ['TRSN', 'other-format', 'Sniffer (DOS)'],
  ['Obse', 'other-format', 'Observer'],
  ['\x01\x10\x4c\0', 'other-format', 'LANalyzer'],
  ['\x05VNF', 'other-format', 'Visual Networks'],
  ['\xaa\xaa\xaa\xaa', 'other-format', '5View'],
  ['TR\0\x64', 'other-format', 'nettl (HP-UX)'],
  ['iptr', 'other-format', 'iptrace (AIX)'],
  ['btsn', 'other-format', 'btsnoop'],
  ['+---', 'other-format', 'K12'],
];

/** A state of the reader: how many bytes it needs next, and what it does with them. */
type Step = {
  needs: Bytes;
  take: (bytes: Uint8Array, at: Bytes) => Step;
  /** The file may end before it. */
  isBoundary?: true;
};

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * A capture being read. Give it the file in pieces of any size with `push`, then call `end`.
 * Frames go to `onFrame` in the order of the file; frames of another link type than Ethernet are counted and not given.
 */
export class CaptureReader {
  format: CaptureFormat | null = null;
  readonly interfaces: CaptureInterface[] = [];
  /** Why it stopped; nothing after is read. */
  problem: CaptureProblem | null = null;
  frames = 0;
  /** Frames of interfaces that are not Ethernet. */
  foreignFrames = 0;
  /** Blocks of a kind this reader has no use for. */
  otherBlocks = 0;

  readonly #onFrame: (frame: FrameRecord) => void;
  #step: Step;
  /** What a step still lacks is gathered here. */
  #held = new Uint8Array(65_536);
  #heldLength: Bytes = 0;
  /** Bytes of the file taken before `#held`. */
  #offset: Bytes = 0;
  /** Bytes to pass over. */
  #skip: Bytes = 0;
  #little = true;
  #clocks: Clock[] = [];
  /** Index in `interfaces` of the section's interface 0. */
  #firstOfSection = 0;
  #pcapClock = { numerator: 1000n, limit: 1_000_000 };

  constructor(onFrame: (frame: FrameRecord) => void) {
    this.#onFrame = onFrame;
    this.#step = { needs: 4, take: (bytes) => this.#magic(bytes) };
  }

  /** Bytes of the file taken so far. */
  get position(): Bytes {
    return this.#offset + this.#heldLength;
  }

  /** The next bytes of the file. Frames given to `onFrame` are views into them. */
  push(chunk: Uint8Array): void {
    let at = 0;
    try {
      while (!this.problem && at < chunk.length) {
        if (this.#skip > 0) {
          const passed = Math.min(this.#skip, chunk.length - at);
          this.#skip -= passed;
          this.#offset += passed;
          at += passed;
          continue;
        }
        const { needs, take } = this.#step;
        if (this.#heldLength === 0 && chunk.length - at >= needs) {
          this.#step = take(chunk.subarray(at, at + needs), this.#offset);
          this.#offset += needs;
          at += needs;
          continue;
        }
        const part = Math.min(needs - this.#heldLength, chunk.length - at);
        this.#hold(chunk.subarray(at, at + part));
        at += part;
        if (this.#heldLength === needs) {
          const whole = this.#held.subarray(0, needs);
          this.#heldLength = 0;
          this.#step = take(whole, this.#offset);
          this.#offset += needs;
        }
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.problem = error.problem;
    }
  }

  /** The file ends here: in the middle of something, that is a problem too. */
  end(): void {
    if (this.problem) return;
    const length = this.position;
    if (length === 0) this.problem = { code: 'empty', offset: 0, args: {} };
    else if (this.format === null) this.problem = { code: 'not-a-capture', offset: 0, args: {} };
    else if (this.#heldLength > 0 || this.#skip > 0 || !this.#step.isBoundary) {
      const missing = this.#skip > 0 ? this.#skip : this.#step.needs - this.#heldLength;
      this.problem = { code: 'cut-short', offset: length, args: { missing } };
    }
  }

  #hold(bytes: Uint8Array): void {
    if (this.#heldLength + bytes.length > this.#held.length) {
      const larger = new Uint8Array(Math.max(this.#held.length * 2, this.#heldLength + bytes.length));
      larger.set(this.#held.subarray(0, this.#heldLength));
      this.#held = larger;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength += bytes.length;
  }

  #magic(bytes: Uint8Array): Step {
    const magic = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
    switch (magic) {
      case 0xa1b2c3d4:
      case 0xd4c3b2a1:
        return this.#pcap(magic === 0xd4c3b2a1, 1000n, 1_000_000);
      case 0xa1b23c4d:
      case 0x4d3cb2a1:
        return this.#pcap(magic === 0x4d3cb2a1, 1n, 1_000_000_000);
      case SECTION_HEADER:
        this.format = 'pcapng';
        return { needs: 8, take: (rest) => this.#sectionStart(rest, 4) };
    }
    const start = String.fromCharCode(...bytes);
    const other = OTHER_FILES.find(([signature]) => start.startsWith(signature));
    if (other) throw fault(other[1], 0, { name: other[2] });
    throw fault('not-a-capture', 0);
  }

  // Classic pcap: a header of 24 bytes, then records of 16 + n bytes.

  #pcap(little: boolean, nanosecondsPerUnit: bigint, limit: number): Step {
    this.format = 'pcap';
    this.#little = little;
    this.#pcapClock = { numerator: nanosecondsPerUnit, limit };
    return { needs: 20, take: (bytes) => this.#pcapHeader(view(bytes)) };
  }

  #pcapHeader(header: DataView): Step {
    const major = header.getUint16(0, this.#little);
    const minor = header.getUint16(2, this.#little);
    if (major !== 2) throw fault('bad-version', 4, { version: `${major}.${minor}` });
    // The upper bits tell whether frames end with their check sequence, which then is a trailer like another.
    const linkType = header.getUint32(16, this.#little) & 0xffff;
    if (linkType !== ETHERNET) throw fault('link-type', 20, { name: linkTypeName(linkType) });
    this.interfaces.push({ name: '', linkType, offset: 20 });
    return this.#pcapRecordHeader();
  }

  #pcapRecordHeader(): Step {
    return { needs: 16, take: (bytes, at) => this.#pcapRecord(view(bytes), at), isBoundary: true };
  }

  #pcapRecord(header: DataView, at: Bytes): Step {
    const seconds = header.getUint32(0, this.#little);
    const fraction = header.getUint32(4, this.#little);
    const captured = header.getUint32(8, this.#little);
    const originalLength = header.getUint32(12, this.#little);
    const record = this.frames + 1;
    if (fraction >= this.#pcapClock.limit)
      throw fault('time-out-of-range', at + 4, { value: fraction, limit: this.#pcapClock.limit, record });
    if (captured > MAX_FRAME)
      throw fault('frame-too-long', at + 8, { value: captured, limit: MAX_FRAME, record });
    if (captured > originalLength)
      throw fault('captured-more-than-sent', at + 8, { captured, original: originalLength, record });
    const time = BigInt(seconds) * 1_000_000_000n + BigInt(fraction) * this.#pcapClock.numerator;
    const give = (bytes: Uint8Array, offset: Bytes): Step => {
      this.#give({
        bytes,
        offset,
        originalLength,
        interfaceId: 0,
        time,
        comment: null,
        direction: null,
      });
      return this.#pcapRecordHeader();
    };
    return captured === 0 ? give(new Uint8Array(0), at + 16) : { needs: captured, take: give };
  }

  // pcapng: blocks that begin and end with their length.

  #block(): Step {
    return { needs: 8, take: (bytes, at) => this.#blockStart(bytes, at), isBoundary: true };
  }

  #blockStart(bytes: Uint8Array, at: Bytes): Step {
    const header = view(bytes);
    const type = header.getUint32(0, this.#little);
    if (type === SECTION_HEADER)
      return {
        needs: 4,
        take: (magic) => {
          const rest = new Uint8Array(8);
          rest.set(bytes.subarray(4, 8));
          rest.set(magic, 4);
          return this.#sectionStart(rest, at + 4);
        },
      };
    const length = header.getUint32(4, this.#little);
    this.#checkLength(length, 12, at);
    const isOurs =
      type === INTERFACE_DESCRIPTION || type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === PACKET;
    if (!isOurs) {
      this.otherBlocks++;
      this.#skip = length - 12;
      return { needs: 4, take: (tail) => this.#blockEnd(tail, length, at) };
    }
    if (length > MAX_BLOCK) throw fault('block-too-long', at + 4, { value: length, limit: MAX_BLOCK });
    return {
      needs: length - 8,
      take: (body) => {
        const next = this.#blockEnd(body.subarray(length - 12), length, at);
        this.#blockBody(type, body.subarray(0, length - 12), at + 8);
        return next;
      },
    };
  }

  /** @param rest the length and the byte-order magic. @param at where they begin */
  #sectionStart(rest: Uint8Array, at: Bytes): Step {
    const header = view(rest);
    if (header.getUint32(4, true) === BYTE_ORDER_MAGIC) this.#little = true;
    else if (header.getUint32(4, false) === BYTE_ORDER_MAGIC) this.#little = false;
    else throw fault('bad-byte-order', at + 4);
    const length = header.getUint32(0, this.#little);
    this.#checkLength(length, 28, at - 4);
    if (length > MAX_BLOCK) throw fault('block-too-long', at, { value: length, limit: MAX_BLOCK });
    return {
      needs: length - 12,
      take: (body) => {
        const next = this.#blockEnd(body.subarray(length - 16), length, at - 4);
        const version = view(body);
        const major = version.getUint16(0, this.#little);
        const minor = version.getUint16(2, this.#little);
        if (major !== 1) throw fault('bad-version', at + 8, { version: `${major}.${minor}` });
        this.#clocks = [];
        this.#firstOfSection = this.interfaces.length;
        return next;
      },
    };
  }

  #checkLength(length: Bytes, least: Bytes, at: Bytes): void {
    if (length < least) throw fault('block-too-short', at + 4, { value: length, least });
    if (length % 4 !== 0) throw fault('block-not-aligned', at + 4, { value: length });
  }

  #blockEnd(tail: Uint8Array, length: Bytes, at: Bytes): Step {
    const again = view(tail).getUint32(0, this.#little);
    if (again !== length)
      throw fault('block-lengths-differ', at + length - 4, { first: length, second: again });
    return this.#block();
  }

  #blockBody(type: number, body: Uint8Array, at: Bytes): void {
    if (type === INTERFACE_DESCRIPTION) this.#interface(body, at);
    else if (type === ENHANCED_PACKET) this.#enhanced(body, at);
    else if (type === SIMPLE_PACKET) this.#simple(body, at);
    else this.#packet(body, at);
  }

  #interface(body: Uint8Array, at: Bytes): void {
    if (body.length < 8) throw fault('block-too-short', at - 4, { value: body.length + 12, least: 20 });
    if (this.interfaces.length >= MAX_INTERFACES)
      throw fault('too-many-interfaces', at - 8, { limit: MAX_INTERFACES });
    const header = view(body);
    const found: CaptureInterface = { name: '', linkType: header.getUint16(0, this.#little), offset: at - 8 };
    const clock: Clock = { ...MICROSECONDS, snapLength: header.getUint32(4, this.#little) };
    for (const { code, bytes } of this.#options(body.subarray(8))) {
      if (code === OPTION.name) found.name = text(bytes);
      else if (code === OPTION.description) found.description = text(bytes);
      else if (code === OPTION.speed && bytes.length === 8)
        found.bitsPerSecond = Number(view(bytes).getBigUint64(0, this.#little));
      else if (code === OPTION.resolution && bytes.length === 1) Object.assign(clock, resolutionOf(bytes[0]));
      else if (code === OPTION.timeOffset && bytes.length === 8)
        clock.offset = view(bytes).getBigInt64(0, this.#little) * 1_000_000_000n;
    }
    this.#clocks.push(clock);
    this.interfaces.push(found);
  }

  #enhanced(body: Uint8Array, at: Bytes): void {
    if (body.length < 20) throw fault('block-too-short', at - 4, { value: body.length + 12, least: 32 });
    const header = view(body);
    this.#stamped(body, at, header.getUint32(0, this.#little));
  }

  /** The packet block of the first drafts: a 16-bit interface and a drop count in front. */
  #packet(body: Uint8Array, at: Bytes): void {
    if (body.length < 20) throw fault('block-too-short', at - 4, { value: body.length + 12, least: 32 });
    this.#stamped(body, at, view(body).getUint16(0, this.#little));
  }

  #stamped(body: Uint8Array, at: Bytes, id: number): void {
    const header = view(body);
    const clock = this.#clock(id, at);
    const units =
      (BigInt(header.getUint32(4, this.#little)) << 32n) | BigInt(header.getUint32(8, this.#little));
    const captured = header.getUint32(12, this.#little);
    // A frame was at least as long as what was caught of it, whatever its block says.
    const originalLength = Math.max(captured, header.getUint32(16, this.#little));
    const options = this.#frameOptions(body, at, captured);
    this.#give({
      bytes: body.subarray(20, 20 + captured),
      offset: at + 20,
      originalLength,
      interfaceId: this.#firstOfSection + id,
      time: (units * clock.numerator) / clock.denominator + clock.offset,
      ...options,
    });
  }

  #simple(body: Uint8Array, at: Bytes): void {
    if (body.length < 4) throw fault('block-too-short', at - 4, { value: body.length + 12, least: 16 });
    const { snapLength } = this.#clock(0, at);
    const originalLength = view(body).getUint32(0, this.#little);
    const captured = snapLength > 0 ? Math.min(originalLength, snapLength) : originalLength;
    if (captured > body.length - 4)
      throw fault('frame-beyond-block', at, { captured, room: body.length - 4 });
    this.#give({
      bytes: body.subarray(4, 4 + captured),
      offset: at + 4,
      originalLength,
      interfaceId: this.#firstOfSection,
      time: null,
      comment: null,
      direction: null,
    });
  }

  #clock(id: number, at: Bytes): Clock {
    const clock = this.#clocks[id];
    if (!clock) throw fault('no-interface', at, { id, count: this.#clocks.length });
    return clock;
  }

  #frameOptions(body: Uint8Array, at: Bytes, captured: Bytes): Pick<FrameRecord, 'comment' | 'direction'> {
    if (captured > body.length - 20)
      throw fault('frame-beyond-block', at + 12, { captured, room: body.length - 20 });
    const found: Pick<FrameRecord, 'comment' | 'direction'> = { comment: null, direction: null };
    for (const { code, bytes } of this.#options(body.subarray(20 + ((captured + 3) & ~3)))) {
      if (code === OPTION.comment && found.comment === null) found.comment = text(bytes);
      else if (code === OPTION.flags && bytes.length === 4) {
        const way = view(bytes).getUint32(0, this.#little) & 3;
        found.direction = way === 1 ? 'in' : way === 2 ? 'out' : null;
      }
    }
    return found;
  }

  /** Options never make a block unreadable: a bad one ends them. */
  *#options(bytes: Uint8Array): Generator<{ code: number; bytes: Uint8Array }> {
    const options = view(bytes);
    let at = 0;
    for (let n = 0; n < MAX_OPTIONS && at + 4 <= bytes.length; n++) {
      const code = options.getUint16(at, this.#little);
      const length = options.getUint16(at + 2, this.#little);
      if (code === OPTION.end || at + 4 + length > bytes.length) return;
      yield { code, bytes: bytes.subarray(at + 4, at + 4 + length) };
      at += 4 + ((length + 3) & ~3);
    }
  }

  #give(frame: FrameRecord): void {
    if (frame.bytes.length > MAX_FRAME)
      throw fault('frame-too-long', frame.offset, { value: frame.bytes.length, limit: MAX_FRAME });
    if (this.interfaces[frame.interfaceId].linkType !== ETHERNET) {
      this.foreignFrames++;
      return;
    }
    this.frames++;
    this.#onFrame(frame);
  }
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const text = (bytes: Uint8Array): string => utf8.decode(bytes).replace(/\0+$/, '').slice(0, MAX_TEXT);

/** if_tsresol: a negative power of ten, or of two when the highest bit is set. */
function resolutionOf(byte: number): Pick<Clock, 'numerator' | 'denominator'> {
  const power = BigInt(byte & 0x7f);
  return { numerator: 1_000_000_000n, denominator: byte & 0x80 ? 2n ** power : 10n ** power };
}

/** A file or bytes in memory. */
export type CaptureSource = Blob | Uint8Array;

export const sourceLength = (source: CaptureSource): Bytes =>
  source instanceof Uint8Array ? source.length : source.size;

/** Bytes of a piece of the source; fewer when it ends before. */
export async function readPiece(source: CaptureSource, offset: Bytes, length: Bytes): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source.subarray(offset, offset + length);
  return new Uint8Array(await source.slice(offset, offset + length).arrayBuffer());
}

export interface ReadOptions {
  onFrame: (frame: FrameRecord) => void;
  /** After each piece. */
  onProgress?: (done: Bytes, total: Bytes) => void;
  /** Stops between two pieces; what was read stays. */
  signal?: AbortSignal;
  pieceBytes?: Bytes;
}

/**
 * Reads a whole capture with bounded memory.
 * @returns the reader: format, interfaces, counts, and the problem that ended the reading if one did
 */
export async function readCapture(source: CaptureSource, options: ReadOptions): Promise<CaptureReader> {
  const { onFrame, onProgress, signal, pieceBytes = 4 << 20 } = options;
  const reader = new CaptureReader(onFrame);
  const total = sourceLength(source);
  for (let offset = 0; offset < total && !reader.problem; offset += pieceBytes) {
    if (signal?.aborted) return reader;
    let piece: Uint8Array;
    try {
      piece = await readPiece(source, offset, Math.min(pieceBytes, total - offset));
    } catch {
      reader.problem = { code: 'unreadable', offset, args: {} };
      return reader;
    }
    reader.push(piece);
    onProgress?.(Math.min(offset + pieceBytes, total), total);
  }
  reader.end();
  return reader;
}
