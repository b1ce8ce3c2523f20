/** What is kept of each frame so that it can be listed, searched and read again: 70 bytes, in columns that grow. */
import { PROTOCOLS, type ProtocolCode } from '#lib/capture/dissect';
import type { Bytes, Nanoseconds } from '#lib/units';

const NUMBERS = Object.fromEntries(PROTOCOLS.map((code, i) => [code, i])) as Record<ProtocolCode, number>;
/** The bit of a protocol in `layers`. */
export const MASKS = Object.fromEntries(PROTOCOLS.map((code, i) => [code, 2 ** i])) as Record<
  ProtocolCode,
  number
>;
export const FAULTY = 1;
export const COMMENTED = 2;

/** A list of a type of number that grows by half. */
class Column<A extends Float64Array | Uint32Array | Uint16Array | Uint8Array> {
  constructor(public data: A) {}
  set(at: number, value: number): void {
    if (at >= this.data.length) {
      const larger = new (this.data.constructor as new (length: number) => A)(Math.ceil(at * 1.5) + 1024);
      larger.set(this.data);
      this.data = larger;
    }
    this.data[at] = value;
  }
}

export interface IndexedFrame {
  time: Nanoseconds;
  offset: Bytes;
  capturedLength: Bytes;
  wireLength: Bytes;
  point: number;
  protocol: ProtocolCode;
  /** Bit by `PROTOCOLS`: those that its layers are of. */
  layers: number;
  src: string;
  dst: string;
  srcMac: string;
  dstMac: string;
  srcPort: number;
  dstPort: number;
  /** A name in it: a resource, a domain, a file. */
  detail: string;
  conversation: number;
  flags: number;
  direction: number;
}

/** Different strings that are kept; more are all the empty one. */
const MAX_STRINGS = 1_000_000;

export class FrameIndex {
  count = 0;
  readonly strings: string[] = [''];
  readonly #numbers = new Map<string, number>([['', 0]]);
  readonly time = new Column(new Float64Array(0));
  readonly offset = new Column(new Float64Array(0));
  readonly capturedLength = new Column(new Uint32Array(0));
  readonly wireLength = new Column(new Uint32Array(0));
  readonly point = new Column(new Uint16Array(0));
  readonly protocol = new Column(new Uint8Array(0));
  readonly layers = new Column(new Uint32Array(0));
  readonly src = new Column(new Uint32Array(0));
  readonly dst = new Column(new Uint32Array(0));
  readonly srcMac = new Column(new Uint32Array(0));
  readonly dstMac = new Column(new Uint32Array(0));
  readonly srcPort = new Column(new Uint16Array(0));
  readonly dstPort = new Column(new Uint16Array(0));
  readonly detail = new Column(new Uint32Array(0));
  /** Number of the conversation plus one. */
  readonly conversation = new Column(new Uint32Array(0));
  readonly flags = new Column(new Uint8Array(0));
  readonly direction = new Column(new Uint8Array(0));

  add(frame: IndexedFrame): void {
    const at = this.count++;
    this.time.set(at, frame.time);
    this.offset.set(at, frame.offset);
    this.capturedLength.set(at, frame.capturedLength);
    this.wireLength.set(at, frame.wireLength);
    this.point.set(at, frame.point);
    this.protocol.set(at, NUMBERS[frame.protocol]);
    this.layers.set(at, frame.layers);
    this.src.set(at, this.#number(frame.src));
    this.dst.set(at, this.#number(frame.dst));
    this.srcMac.set(at, this.#number(frame.srcMac));
    this.dstMac.set(at, this.#number(frame.dstMac));
    this.srcPort.set(at, frame.srcPort);
    this.dstPort.set(at, frame.dstPort);
    this.detail.set(at, this.#number(frame.detail));
    this.conversation.set(at, frame.conversation + 1);
    this.flags.set(at, frame.flags);
    this.direction.set(at, frame.direction);
  }

  #number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.strings.length >= MAX_STRINGS) return 0;
    this.strings.push(text);
    this.#numbers.set(text, this.strings.length - 1);
    return this.strings.length - 1;
  }

  /**
   * The frames in which every word is found: part of an address or a name, a port, or the name of a protocol.
   * A word with ! in front must not be found.
   */
  search(words: readonly string[], accepts: (at: number) => boolean): Uint32Array<ArrayBuffer> {
    const wanted = words.map((word) => {
      const isWanted = !word.startsWith('!');
      const text = (isWanted ? word : word.slice(1)).toLowerCase();
      const matches = new Uint8Array(this.strings.length);
      this.strings.forEach((string, i) => {
        if (text !== '' && i > 0 && string.toLowerCase().includes(text)) matches[i] = 1;
      });
      const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
      const protocol = (PROTOCOLS as readonly string[]).indexOf(text);
      return { isWanted, matches, port, mask: protocol < 0 ? 0 : 2 ** protocol };
    });
    const found: number[] = [];
    for (let at = 0; at < this.count; at++) {
      if (!accepts(at)) continue;
      const passes = wanted.every(
        ({ isWanted, matches, port, mask }) =>
          isWanted ===
          (matches[this.src.data[at]] === 1 ||
            matches[this.dst.data[at]] === 1 ||
            matches[this.srcMac.data[at]] === 1 ||
            matches[this.dstMac.data[at]] === 1 ||
            matches[this.detail.data[at]] === 1 ||
            this.srcPort.data[at] === port ||
            this.dstPort.data[at] === port ||
            (this.layers.data[at] & mask) !== 0),
      );
      if (passes) found.push(at);
    }
    return Uint32Array.from(found);
  }
}
