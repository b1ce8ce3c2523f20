/** Who speaks to whom: conversations of a capture, what went wrong in them, and the objects they carried. Bounded. */
import type { Nanoseconds } from '#lib/units';
import { digest, type ConversationKind, type Digest, type Exchange, type TcpDigest } from './digest';
import { dissect, type Dissection, type Expect, type ProtocolCode } from './dissect';
import { HttpExchange, type HttpObject } from './http-objects';
import { sequenceDifference, TcpStream } from './tcp-stream';

export type { ConversationKind } from './digest';
export type { HttpObject } from './http-objects';

/** What there is to say of a frame in its conversation. */
export type FrameMark =
  | 'retransmission'
  | 'out-of-order'
  | 'duplicate-ack'
  | 'zero-window'
  | 'keep-alive'
  | 'no-reply'
  | 'lost-before';

export interface End {
  address: string;
  /** Port, echo identifier, or 0. */
  port: number;
}

/** Of one direction. */
export interface Traffic {
  frames: number;
  /** On the wire. */
  bytes: number;
}

/** How a TCP connection stands where the capture ends. */
export type TcpState = 'opening' | 'open' | 'half-closed' | 'closed' | 'reset' | 'joined-late';

export interface TcpReading {
  state: TcpState;
  /** From SYN to the ACK that ends the handshake; null when it was not seen whole. */
  handshake: Nanoseconds | null;
  retransmissions: number;
  outOfOrder: number;
  duplicateAcks: number;
  zeroWindows: number;
  /** From data to its acknowledgement, as the capture point sees it. */
  roundTrip: { least: Nanoseconds; mean: Nanoseconds; samples: number } | null;
}

export interface Conversation {
  id: number;
  kind: ConversationKind;
  /** The innermost protocol seen. */
  protocol: ProtocolCode;
  /** Where it was caught: the same frame at two points is not sent twice. */
  interfaceId: number;
  /** Who began. */
  a: End;
  b: End;
  /** a to b, b to a. */
  traffic: [Traffic, Traffic];
  first: Nanoseconds;
  last: Nanoseconds;
  /** Numbers of its frames in the capture, in order. */
  frames: number[];
  tcp: TcpReading | null;
  /** Questions (echoes, names, addresses) that were answered, and how soon. */
  exchanges: { requests: number; replies: number; least: Nanoseconds; mean: Nanoseconds } | null;
}

/** A frame to take account of. */
export interface SeenFrame {
  /** Its number in the capture. */
  index: number;
  time: Nanoseconds;
  interfaceId: number;
  bytes: Uint8Array;
  wireLength: number;
  /** Of its first byte in the file. */
  offset: number;
}

const MAX_CONVERSATIONS = 100_000;
const MAX_OBJECTS = 20_000;
const MAX_EXPECTED = 4096;
const MAX_OUTSTANDING = 256;

/** Follows a capture frame by frame, in order. */
export class Conversations {
  readonly list: Conversation[] = [];
  readonly objects: (HttpObject & { conversation: number })[] = [];
  readonly marks = new Map<number, FrameMark>();
  /** Frames of conversations beyond the limit. */
  uncounted = 0;

  readonly #byKey = new Map<string, Tracked>();
  readonly #expected = new Map<string, ProtocolCode>();

  /** What earlier frames announced: give it to `dissect`. */
  readonly expect: Expect = (address, port) => this.#expected.get(`${address} ${port}`) ?? null;

  /** @returns the conversation it belongs to; null when it belongs to none */
  add(
    frame: SeenFrame,
    dissection: Dissection,
    found: Digest | null = digest(dissection),
  ): Conversation | null {
    if (!found) return null;
    if (dissection.summary.code === 'tftp-read' || dissection.summary.code === 'tftp-write')
      this.#expectAt(found.src, found.srcPort);
    const tracked = this.#find(found, frame);
    if (!tracked) {
      this.uncounted++;
      return null;
    }
    const mark = tracked.add(found, frame);
    if (mark) this.marks.set(frame.index, mark);
    return tracked.reading;
  }

  /** The same for a frame that nobody has looked into yet. */
  hear(frame: SeenFrame): Conversation | null {
    return this.add(frame, dissect(frame.bytes, frame.wireLength, this.expect));
  }

  /** The capture ends here. */
  end(): void {
    for (const tracked of this.#byKey.values()) {
      tracked.end();
      for (const index of tracked.unanswered()) this.marks.set(index, 'no-reply');
    }
  }

  #expectAt(address: string, port: number): void {
    // The oldest goes first.
    if (this.#expected.size >= MAX_EXPECTED) this.#expected.delete(this.#expected.keys().next().value!);
    this.#expected.set(`${address} ${port}`, 'tftp');
  }

  #find(found: Digest, frame: SeenFrame): Tracked | null {
    const { kind, src, srcPort, dst, dstPort } = found;
    const one = `${src} ${srcPort}`;
    const two = `${dst} ${dstPort}`;
    const key = `${frame.interfaceId} ${kind} ${one < two ? `${one} ${two}` : `${two} ${one}`}`;
    const known = this.#byKey.get(key);
    // Ports come again: a SYN after the end is another connection.
    const isAnother = known?.isOver && found.tcp?.isSyn && !found.tcp.isAck;
    if (known && !isAnother) return known;
    if (this.list.length >= MAX_CONVERSATIONS) return null;
    if (known) known.end();
    const id = this.list.length;
    const tracked = new Tracked(id, found, frame, (object) => {
      if (this.objects.length < MAX_OBJECTS) this.objects.push(Object.assign(object, { conversation: id }));
    });
    this.list.push(tracked.reading);
    this.#byKey.set(key, tracked);
    return tracked;
  }
}

class Tracked {
  readonly reading: Conversation;
  readonly #sides: [Side, Side] | null = null;
  #tcp: TcpTracker | null = null;
  readonly #questions = new Map<number, { index: number; time: Nanoseconds }>();
  readonly #http: HttpExchange | null = null;

  constructor(id: number, found: Digest, frame: SeenFrame, onObject: (object: HttpObject) => void) {
    // An answer seen first: who was asked is the other.
    const { tcp } = found;
    // Joined late: the smaller port is the service's.
    const isAnswer = tcp ? (tcp.isSyn ? tcp.isAck : found.srcPort < found.dstPort) : found.exchange?.isReply;
    const src = { address: found.src, port: found.srcPort };
    const dst = { address: found.dst, port: found.dstPort };
    this.reading = {
      id,
      kind: found.kind,
      protocol: found.protocol,
      interfaceId: frame.interfaceId,
      a: isAnswer ? dst : src,
      b: isAnswer ? src : dst,
      traffic: [
        { frames: 0, bytes: 0 },
        { frames: 0, bytes: 0 },
      ],
      first: frame.time,
      last: frame.time,
      frames: [],
      tcp: null,
      exchanges: null,
    };
    if (found.tcp) {
      const http = (this.#http = new HttpExchange(onObject));
      this.#tcp = new TcpTracker(frame.time);
      this.reading.tcp = this.#tcp.reading;
      this.#sides = [new Side(new TcpStream(http.requests)), new Side(new TcpStream(http.responses))];
    }
  }

  get isOver(): boolean {
    const state = this.reading.tcp?.state;
    return state === 'closed' || state === 'reset';
  }

  add(found: Digest, frame: SeenFrame): FrameMark | null {
    const { reading } = this;
    const from = found.src === reading.a.address && found.srcPort === reading.a.port ? 0 : 1;
    reading.frames.push(frame.index);
    reading.last = frame.time;
    reading.traffic[from].frames++;
    reading.traffic[from].bytes += frame.wireLength;
    if (DEPTH[found.protocol] > DEPTH[reading.protocol]) reading.protocol = found.protocol;
    if (found.exchange) this.#addExchange(found.exchange, frame);
    if (found.tcp && this.#tcp && this.#sides) {
      const [me, peer] = [this.#sides[from], this.#sides[1 - from]];
      const mark = this.#tcp.add(found.tcp, frame, me, peer, from);
      if (this.isOver) this.end();
      return mark;
    }
    return null;
  }

  end(): void {
    for (const side of this.#sides ?? []) side.stream.end();
    // Only an orderly close ends a body that has no other end.
    if (this.#sides?.[1].hasFin) this.#http?.responses.end();
  }

  /** Requests that nobody answered. */
  unanswered(): number[] {
    return [...this.#questions.values()].map(({ index }) => index);
  }

  #addExchange({ isReply, id }: Exchange, { index, time }: SeenFrame): void {
    const all = (this.reading.exchanges ??= { requests: 0, replies: 0, least: 0, mean: 0 });
    if (!isReply) {
      all.requests++;
      // Asked again: the answer is to the first.
      if (this.#questions.size < MAX_OUTSTANDING && !this.#questions.has(id))
        this.#questions.set(id, { index, time });
      return;
    }
    const question = this.#questions.get(id);
    if (!question) return;
    this.#questions.delete(id);
    const took = time - question.time;
    all.replies++;
    all.least = all.replies === 1 ? took : Math.min(all.least, took);
    all.mean += (took - all.mean) / all.replies;
  }
}

/** A protocol inside another says more of a conversation. */
const DEPTH: Readonly<Record<ProtocolCode, number>> = {
  data: 0,
  eth: 0,
  vlan: 0,
  arp: 1,
  rarp: 1,
  ip: 1,
  gre: 2,
  ppp: 3,
  icmp: 3,
  udp: 3,
  tcp: 3,
  nbss: 4,
  lcp: 4,
  ipcp: 4,
  ccp: 4,
  pap: 4,
  chap: 4,
  dhcp: 5,
  dns: 5,
  http: 5,
  tftp: 5,
  pptp: 5,
  smb: 5,
};

/** One end of a connection: what it sent. */
class Side {
  hasSyn = false;
  hasFin = false;
  lastAck: number | null = null;
  lastWindow = -1;
  /** Data not yet acknowledged: where it ends, when it was sent, whether it was sent again (then it says nothing). */
  outstanding: { end: number; time: Nanoseconds; isRepeated: boolean }[] = [];
  constructor(readonly stream: TcpStream) {}
}

class TcpTracker {
  readonly reading: TcpReading = {
    state: 'joined-late',
    handshake: null,
    retransmissions: 0,
    outOfOrder: 0,
    duplicateAcks: 0,
    zeroWindows: 0,
    roundTrip: null,
  };
  #synAt: Nanoseconds | null = null;
  #synAckAt: Nanoseconds | null = null;

  constructor(readonly start: Nanoseconds) {}

  add(tcp: TcpDigest, frame: SeenFrame, me: Side, peer: Side, from: number): FrameMark | null {
    this.#handshake(tcp, frame.time, me, from);
    if (tcp.isAck) this.#acknowledge(tcp.ack, frame.time, peer);
    let mark = this.#data(tcp, frame, me);
    mark ??= this.#acknowledgements(tcp, me, peer);
    if (tcp.isAck) {
      me.lastAck = tcp.ack;
      me.lastWindow = tcp.window;
    }
    if (tcp.isFin) me.hasFin = true;
    const { reading } = this;
    if (tcp.isRst) reading.state = 'reset';
    else if (me.hasFin && peer.hasFin && reading.state !== 'reset') reading.state = 'closed';
    else if ((me.hasFin || peer.hasFin) && reading.state !== 'reset') reading.state = 'half-closed';
    return mark;
  }

  #handshake(tcp: TcpDigest, time: Nanoseconds, me: Side, from: number): void {
    const { reading } = this;
    if (tcp.isSyn) {
      me.hasSyn = true;
      me.stream.begin(tcp.seq + 1);
      if (!tcp.isAck && this.#synAt === null) {
        this.#synAt = time;
        reading.state = 'opening';
      } else if (tcp.isAck) this.#synAckAt ??= time;
    } else if (reading.state === 'opening' && from === 0 && tcp.isAck && this.#synAckAt !== null) {
      reading.state = 'open';
      reading.handshake = time - this.#synAt!;
    }
  }

  /** Round trips by what comes back (Karn: not of what was sent twice). */
  #acknowledge(ack: number, time: Nanoseconds, peer: Side): void {
    let sample: Nanoseconds | null = null;
    while (peer.outstanding.length > 0 && sequenceDifference(ack, peer.outstanding[0].end) >= 0) {
      const { time: sent, isRepeated } = peer.outstanding.shift()!;
      if (!isRepeated) sample = time - sent;
    }
    if (sample === null) return;
    const trip = (this.reading.roundTrip ??= { least: sample, mean: 0, samples: 0 });
    trip.samples++;
    trip.least = Math.min(trip.least, sample);
    trip.mean += (sample - trip.mean) / trip.samples;
  }

  #data(tcp: TcpDigest, frame: SeenFrame, me: Side): FrameMark | null {
    if (tcp.isSyn || tcp.payloadLength === 0) return null;
    const { next, highest } = me.stream;
    // One byte just before what is due, or none at all, asks whether the other is still there (RFC 9293, 3.8.4).
    if (tcp.payloadLength === 1 && next !== null && sequenceDifference(tcp.seq, next) === -1)
      return 'keep-alive';
    const bytes = frame.bytes.subarray(tcp.payloadAt, tcp.payloadAt + tcp.payloadLength);
    const arrival = me.stream.segment(
      tcp.seq,
      bytes,
      tcp.payloadLength,
      frame.offset + tcp.payloadAt,
      frame.index,
    );
    const end = (tcp.seq + tcp.payloadLength) >>> 0;
    if (arrival === 'again') {
      this.reading.retransmissions++;
      for (const sent of me.outstanding) if (sequenceDifference(sent.end, end) >= 0) sent.isRepeated = true;
      return 'retransmission';
    }
    if (me.outstanding.length < MAX_OUTSTANDING)
      me.outstanding.push({ end, time: frame.time, isRepeated: false });
    if (arrival === 'early')
      return highest !== null && sequenceDifference(tcp.seq, highest) > 0 ? 'lost-before' : null;
    // It fills a hole before what was already seen: sent again, or overtaken on the way. A capture cannot tell; what
    // comes sooner than anyone could have asked for it was overtaken (3 ms, as Wireshark).
    if (highest !== null && sequenceDifference(tcp.seq, highest) < 0) {
      const last = me.outstanding[me.outstanding.length - 2];
      if (last && frame.time - last.time < 3_000_000) {
        this.reading.outOfOrder++;
        return 'out-of-order';
      }
      this.reading.retransmissions++;
      return 'retransmission';
    }
    return null;
  }

  #acknowledgements(tcp: TcpDigest, me: Side, peer: Side): FrameMark | null {
    if (!tcp.isAck || tcp.isSyn || tcp.isFin || tcp.isRst || tcp.payloadLength > 0) return null;
    if (tcp.window === 0) {
      this.reading.zeroWindows++;
      return 'zero-window';
    }
    const isSame = me.lastAck === tcp.ack && me.lastWindow === tcp.window;
    // With nothing on the way it is a keep-alive's answer or an update of the window.
    const isAwaited = peer.stream.highest !== null && sequenceDifference(peer.stream.highest, tcp.ack) > 0;
    if (!isSame || !isAwaited) return null;
    this.reading.duplicateAcks++;
    return 'duplicate-ack';
  }
}
