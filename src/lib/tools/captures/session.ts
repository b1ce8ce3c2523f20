/** A capture that is open: read once from end to end, then read again piece by piece as it is looked at. */
import { Conversations, type Conversation } from '#lib/capture/conversations';
import { digest, type Digest } from '#lib/capture/digest';
import { dissect, findField, isFaulty, PROTOCOLS, type Dissection } from '#lib/capture/dissect';
import { linkTypeName, type Direction, type FrameRecord } from '#lib/capture/frame-record';
import { PcapngWriter } from '#lib/capture/pcapng';
import { readCapture, type CaptureReader } from '#lib/capture/reader';
import type { Bytes, Nanoseconds } from '#lib/units';
import { COMMENTED, FAULTY, FrameIndex, MASKS, type IndexedFrame } from './frame-index';
import type {
  CaptureApi,
  CaptureReport,
  FoundObject,
  FrameFilter,
  FrameRow,
  OpenedFrame,
  ReplayReport,
  SequenceRow,
} from './protocol';
import type { ReplayedFrame, ReplayOptions } from './replay-switch';

/** 280 MB of index. */
export const MAX_FRAMES = 4_000_000;
const MAX_COMMENTS = 200_000;
const PIECE_BYTES: Bytes = 1 << 20;
const PROGRESS_EVERY_MS = 100;
/** How far a twin is looked for, in frames and in time. */
const TWIN_FRAMES = 400;
const TWIN_TIME: Nanoseconds = 1_000_000_000;
/** Frames whose bytes lie together are read at once. */
const JOINED_BYTES: Bytes = 1 << 20;
export const MAX_REPLAYED = 20_000;
const DIRECTIONS: readonly (Direction | null)[] = [null, 'in', 'out'];
export class CaptureSession implements CaptureApi {
  readonly #loadCore: () => Promise<WebAssembly.Module>;
  #file: Blob = new Blob();
  #index = new FrameIndex();
  #tracker = new Conversations();
  #reader: CaptureReader | null = null;
  #comments = new Map<number, string>();
  #origin = 0n;
  #shown = new Uint32Array(0);
  #abort: AbortController | null = null;

  /** @param loadCore the simulator's core, for a replay: fetched when one is wanted */
  constructor(loadCore: () => Promise<WebAssembly.Module> = () => Promise.reject(new Error('no core'))) {
    this.#loadCore = loadCore;
  }

  async open(
    file: Blob,
    onProgress: (done: Bytes, total: Bytes, frames: number) => void = () => undefined,
  ): Promise<CaptureReport> {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    const index = (this.#index = new FrameIndex());
    const tracker = (this.#tracker = new Conversations());
    this.#file = file;
    this.#comments = new Map();
    let start: bigint | null = null;
    let last: Nanoseconds = 0;
    let [earliest, latest]: Nanoseconds[] = [0, 0];
    let bytes: Bytes = 0;
    let faulty = 0;
    const byPoint: number[] = [];
    const byProtocol = new Map<number, number>();
    let isFull = false;
    const onFrame = (frame: FrameRecord) => {
      if (index.count >= MAX_FRAMES) {
        isFull = true;
        abort.abort();
        return;
      }
      start ??= frame.time;
      // A simple packet has no time: it came with the one before.
      const time = frame.time === null || start === null ? last : Number(frame.time - start);
      last = time;
      earliest = Math.min(earliest, time);
      latest = Math.max(latest, time);
      const dissection = dissect(frame.bytes, frame.originalLength, tracker.expect);
      const isBad = isFaulty(dissection);
      const ends = digest(dissection);
      const seen = {
        index: index.count,
        time,
        interfaceId: frame.interfaceId,
        bytes: frame.bytes,
        wireLength: frame.originalLength,
        offset: frame.offset,
      };
      const conversation = tracker.add(seen, dissection, ends);
      if (frame.comment !== null && this.#comments.size < MAX_COMMENTS)
        this.#comments.set(index.count, frame.comment);
      const row = facts(dissection, ends);
      row.time = time;
      row.offset = frame.offset;
      row.capturedLength = frame.bytes.length;
      row.wireLength = frame.originalLength;
      row.point = frame.interfaceId;
      row.conversation = conversation?.id ?? -1;
      row.flags = (isBad ? FAULTY : 0) | (frame.comment === null ? 0 : COMMENTED);
      row.direction = DIRECTIONS.indexOf(frame.direction);
      index.add(row);
      const protocol = index.protocol.data[index.count - 1];
      byProtocol.set(protocol, (byProtocol.get(protocol) ?? 0) + 1);
      byPoint[frame.interfaceId] = (byPoint[frame.interfaceId] ?? 0) + 1;
      bytes += frame.originalLength;
      if (isBad) faulty++;
    };
    let told = performance.now();
    const reader = await readCapture(file, {
      onFrame,
      signal: abort.signal,
      pieceBytes: PIECE_BYTES,
      onProgress: (done, total) => {
        if (performance.now() - told < PROGRESS_EVERY_MS) return;
        told = performance.now();
        onProgress(done, total, index.count);
      },
    });
    tracker.end();
    this.#reader = reader;
    this.#origin = start ?? 0n;
    this.#shown = Uint32Array.from({ length: index.count }, (_, i) => i);
    const cancelled = abort.signal.aborted && !isFull;
    return {
      format: reader.format,
      size: file.size,
      readTo: reader.position,
      points: reader.interfaces.map(({ name, description, bitsPerSecond, linkType }, i) => ({
        name,
        description: description ?? '',
        bitsPerSecond: bitsPerSecond ?? null,
        linkType: linkTypeName(linkType),
        isRead: linkType === 1,
        frames: byPoint[i] ?? 0,
      })),
      frames: index.count,
      foreignFrames: reader.foreignFrames,
      bytes,
      start: this.#origin,
      duration: latest - earliest,
      protocols: [...byProtocol]
        .map(([code, frames]) => ({ code: PROTOCOLS[code], frames }))
        .sort((a, b) => b.frames - a.frames),
      conversations: tracker.list.length,
      objects: tracker.objects.length,
      faulty,
      problem: isFull
        ? { code: 'too-many-frames', offset: reader.position, args: { limit: MAX_FRAMES } }
        : reader.problem,
      cancelled,
    };
  }

  cancel(): void {
    this.#abort?.abort();
  }

  filter({ text, protocol, conversation, faultyOnly }: FrameFilter): number {
    const index = this.#index;
    const mask = protocol === null ? 0 : MASKS[protocol];
    const words = text.split(/\s+/).filter((word) => word !== '' && word !== '!');
    this.#shown = index.search(
      words,
      (at) =>
        (mask === 0 || (index.layers.data[at] & mask) !== 0) &&
        (conversation === null || index.conversation.data[at] === conversation + 1) &&
        (!faultyOnly || (index.flags.data[at] & FAULTY) !== 0),
    );
    return this.#shown.length;
  }

  async rows(from: number, to: number): Promise<FrameRow[]> {
    const wanted = [...this.#shown.subarray(Math.max(0, from), Math.max(0, to))];
    const rows: FrameRow[] = [];
    await this.#each(wanted, (index, bytes) => rows.push(this.#row(index, bytes)));
    return rows;
  }

  placeOf(index: number): number {
    let [low, high] = [0, this.#shown.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#shown[middle] < index) low = middle + 1;
      else high = middle;
    }
    return this.#shown[low] === index ? low : -1;
  }

  async frame(index: number): Promise<OpenedFrame | null> {
    if (!Number.isInteger(index) || index < 0 || index >= this.#index.count) return null;
    let opened: OpenedFrame | null = null;
    await this.#each([index], (_, bytes) => {
      const { conversation, direction, offset } = this.#index;
      const number = conversation.data[index] - 1;
      const ends = digest(dissect(bytes));
      opened = {
        row: this.#row(index, bytes),
        bytes: bytes.slice(),
        direction: DIRECTIONS[direction.data[index]],
        offset: offset.data[index],
        conversation: number < 0 ? null : number,
        twin: null,
        expected:
          ends === null
            ? null
            : (this.#tracker.expect(ends.src, ends.srcPort) ?? this.#tracker.expect(ends.dst, ends.dstPort)),
      };
    }).catch(() => (opened = null));
    const found = opened as OpenedFrame | null;
    if (found) found.twin = await this.#twin(index, found.bytes).catch(() => null);
    return found;
  }

  conversations(limit: number): { list: Omit<Conversation, 'frames'>[]; total: number } {
    const all = this.#tracker.list;
    const bytes = ({ traffic }: Conversation) => traffic[0].bytes + traffic[1].bytes;
    const list = [...all]
      .sort((a, b) => bytes(b) - bytes(a) || a.id - b.id)
      .slice(0, limit)
      .map(({ frames: _, ...rest }) => rest);
    return { list, total: all.length };
  }

  async sequence(
    conversation: number,
    from: number,
    count: number,
  ): Promise<{ rows: SequenceRow[]; total: number }> {
    const found = this.#tracker.list[conversation];
    if (!found) return { rows: [], total: 0 };
    const rows: SequenceRow[] = [];
    await this.#each(found.frames.slice(from, from + count), (index, bytes) => {
      const row = this.#row(index, bytes);
      rows.push({ ...row, from: row.src, to: row.dst });
    });
    return { rows, total: found.frames.length };
  }

  objects(limit: number): FoundObject[] {
    return this.#tracker.objects.slice(0, limit).map((object) => ({ ...object, extents: [] }));
  }

  /** Made of pieces of the file itself: nothing is read before it is saved. */
  object(place: number): Blob | null {
    const object = this.#tracker.objects[place];
    if (!object) return null;
    const pieces = object.extents.map(({ offset, length }) => this.#file.slice(offset, offset + length));
    return new Blob(pieces, { type: 'application/octet-stream' });
  }

  async exportFrames(): Promise<Blob> {
    const writer = new PcapngWriter({ application: 'À la carte' });
    const ids = new Map<number, number>();
    (this.#reader?.interfaces ?? []).forEach((point, i) => {
      if (point.linkType === 1) ids.set(i, writer.addInterface(point));
    });
    const parts: Blob[] = [];
    const flush = () => parts.push(new Blob([writer.take()]));
    await this.#each(this.#shown, (at, bytes) => {
      const { point, time, wireLength, direction } = this.#index;
      // Frames may stand in the file before earlier ones, and a damaged stamp lie outside what 64 bits can count.
      const moment = clampStamp(this.#origin + BigInt(time.data[at]));
      writer.frame(ids.get(point.data[at])!, moment, bytes, {
        originalLength: wireLength.data[at],
        comment: this.#comments.get(at),
        direction: DIRECTIONS[direction.data[at]] ?? undefined,
      });
      if (writer.pending > JOINED_BYTES) flush();
    });
    flush();
    return new Blob(parts, { type: 'application/x-pcapng' });
  }

  async replay(point: number, options: ReplayOptions): Promise<ReplayReport> {
    const { MAX_FRAME, playOnSwitch } = await import('./replay-switch');
    const module = await this.#loadCore();
    const wanted = this.#shown.filter((at) => this.#index.point.data[at] === point);
    const frames: ReplayedFrame[] = [];
    // Of what is too long for a card, no more is kept than shows that it is.
    await this.#each(wanted.subarray(0, MAX_REPLAYED), (at, bytes) =>
      frames.push({ time: this.#index.time.data[at], bytes: bytes.slice(0, MAX_FRAME + 1) }),
    );
    const writer = new PcapngWriter({ application: 'À la carte', comment: 'replayed onto a virtual switch' });
    const parts: Blob[] = [];
    let names = 0;
    const outcome = playOnSwitch(module, frames, options, (ports, port, time, bytes, dropped) => {
      for (; names < ports.length; names++) writer.addInterface({ name: ports[names].mac });
      writer.frame(
        port,
        time,
        bytes,
        dropped === null ? { direction: 'in' } : { comment: `dropped: ${dropped}` },
      );
      if (writer.pending > JOINED_BYTES) parts.push(new Blob([writer.take()]));
    });
    parts.push(new Blob([writer.take()]));
    return {
      ...outcome,
      isCut: outcome.isCut || wanted.length > MAX_REPLAYED,
      pcapng: new Blob(parts, { type: 'application/x-pcapng' }),
    };
  }

  #row(index: number, bytes: Uint8Array): FrameRow {
    const { time, wireLength, capturedLength, protocol, src, dst, flags, point, strings } = this.#index;
    return {
      index,
      time: time.data[index],
      protocol: PROTOCOLS[protocol.data[index]],
      src: strings[src.data[index]],
      dst: strings[dst.data[index]],
      wireLength: wireLength.data[index],
      capturedLength: capturedLength.data[index],
      summary: dissect(bytes, wireLength.data[index], this.#tracker.expect).summary,
      isFaulty: (flags.data[index] & FAULTY) !== 0,
      mark: this.#tracker.marks.get(index) ?? null,
      comment: this.#comments.get(index) ?? null,
      point: point.data[index],
    };
  }

  /** Gives the bytes of frames again, those that lie together in one reading. @throws when the file is gone */
  async #each(indices: ArrayLike<number>, use: (index: number, bytes: Uint8Array) => void): Promise<void> {
    const { offset, capturedLength } = this.#index;
    for (let i = 0; i < indices.length;) {
      const first = offset.data[indices[i]];
      let end = first + capturedLength.data[indices[i]];
      let next = i + 1;
      for (; next < indices.length; next++) {
        const from = offset.data[indices[next]];
        const to = from + capturedLength.data[indices[next]];
        if (from < end || from > end + 65_536 || to - first > JOINED_BYTES) break;
        end = to;
      }
      const piece = new Uint8Array(await this.#file.slice(first, end).arrayBuffer());
      if (piece.length !== end - first) throw new Error('the file became shorter');
      for (; i < next; i++) {
        const from = offset.data[indices[i]] - first;
        use(indices[i], piece.subarray(from, from + capturedLength.data[indices[i]]));
      }
    }
  }

  /** The same IP packet at another point: same identification and same data, soon before or after. */
  async #twin(index: number, bytes: Uint8Array): Promise<OpenedFrame['twin']> {
    const { time, point, layers, count } = this.#index;
    const own = identity(dissect(bytes));
    if (own === null) return null;
    const near: number[] = [];
    for (let i = Math.max(0, index - TWIN_FRAMES); i < Math.min(count, index + TWIN_FRAMES); i++) {
      if (i === index || point.data[i] === point.data[index]) continue;
      if (Math.abs(time.data[i] - time.data[index]) > TWIN_TIME) continue;
      // The same layers, but for a tag that may have been put in or taken out.
      if ((layers.data[i] | VLAN_MASK) === (layers.data[index] | VLAN_MASK)) near.push(i);
    }
    near.sort((a, b) => Math.abs(a - index) - Math.abs(b - index));
    for (const candidate of near.slice(0, 64)) {
      let isSame = false;
      await this.#each([candidate], (_, other) => (isSame = identity(dissect(other)) === own));
      if (isSame) return { index: candidate, point: point.data[candidate] };
    }
    return null;
  }
}

const MAX_STAMP = 2n ** 64n - 1n;
const clampStamp = (stamp: bigint): bigint => (stamp < 0n ? 0n : stamp > MAX_STAMP ? MAX_STAMP : stamp);

const VLAN_MASK = MASKS.vlan;

/** What no router and no NAT changes of a packet: its identification, and what its innermost layer carries. */
function identity(dissection: Dissection): string | null {
  const layers = dissection.layers.filter(({ protocol }) => protocol !== 'vlan');
  const ip = layers.find(({ protocol }) => protocol === 'ip');
  if (!ip) return null;
  const deepest = layers[layers.length - 1];
  const kept = [
    'ip.id',
    'ip.len',
    'tcp.seq_raw',
    'tcp.ack_raw',
    'udp.length',
    'icmp.seq',
    'gre.sequence_number',
  ];
  const parts = kept.map((code) =>
    layers.map((layer) => findField(layer.fields, code)?.display ?? '').join(),
  );
  return `${deepest.protocol} ${parts.join(' ')}`;
}

/** Arguments of a summary that name something to look for. */
const DETAILS = [
  'uri',
  'name',
  'file',
  'hostname',
  'bootfile',
  'your',
  'requested',
  'target',
  'message',
  'phrase',
];

/** What is searched for in a frame; where it stands and when it came is for the caller to fill in. */
function facts({ layers, summary }: Dissection, ends: Digest | null): IndexedFrame {
  const hasPorts = ends?.kind === 'tcp' || ends?.kind === 'udp';
  let mask = 0;
  for (const { protocol } of layers) mask |= MASKS[protocol];
  let detail = '';
  for (const key of DETAILS) {
    const value = summary.args[key];
    if (typeof value === 'string' && value !== '') detail += detail === '' ? value : ` ${value}`;
  }
  // The first two fields of Ethernet, where there are that many.
  const [dst, src] = layers[0]?.fields ?? [];
  return {
    protocol: ends?.protocol ?? ('eth' as const),
    layers: mask >>> 0,
    src: ends?.src ?? '',
    dst: ends?.dst ?? '',
    srcMac: src?.code === 'eth.src' ? src.display : '',
    dstMac: dst?.display ?? '',
    srcPort: hasPorts ? ends.srcPort : 0,
    dstPort: hasPorts ? ends.dstPort : 0,
    detail: detail.slice(0, 200),
    time: 0,
    offset: 0,
    capturedLength: 0,
    wireLength: 0,
    point: 0,
    conversation: -1,
    flags: 0,
    direction: 0,
  };
}
