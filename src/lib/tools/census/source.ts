import type { Bytes } from '#lib/units';
import type { FileKey, Problem, ProblemCode } from './protocol';

/** A file as the census reads it: anywhere, in pieces, never whole. */
export interface Source {
  readonly key: FileKey;
  readonly name: string;
  readonly size: Bytes;
  /** @returns exactly `length` bytes, unless the file became shorter */
  read(offset: Bytes, length: Bytes): Promise<Uint8Array>;
  /** Takes what `read` gave back, to read the next piece into. */
  recycle?(bytes: Uint8Array): void;
  /** Size and date now, where that can be known. */
  stamp?(): { size: Bytes; lastModified: number };
}

/** The reading of a file cannot go on, for a reason that has words. */
export class ReadProblem extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly key: FileKey,
    readonly offset: Bytes,
  ) {
    super(`${code} at ${offset}`);
  }

  get problem(): Problem {
    return { code: this.code, offset: this.offset };
  }
}

/** Buffers that are read into again and again: a browser is slow to give the memory of dropped ones back. */
class Pool {
  readonly #free: ArrayBuffer[] = [];

  take(length: Bytes): ArrayBuffer {
    const at = this.#free.findIndex((buffer) => buffer.byteLength >= length);
    return at >= 0 ? this.#free.splice(at, 1)[0] : new ArrayBuffer(length);
  }

  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength > 0 && this.#free.length < 8) this.#free.push(buffer);
  }
}

const pool = new Pool();

/**
 * Readers under way. Chromium (seen in 156) does not itself hold on to a blob's byte stream that waits for data: without
 * this, a garbage collection in the middle of a read leaves it waiting for ever.
 */
const underWay = new Set<ReadableStreamBYOBReader>();

/**
 * Reads a piece of a blob into a pooled buffer, by a "bring your own buffer" reader (WHATWG Streams, §4.5). Measured in
 * Chromium over 1.5 GB: 25 MB of growth, where `arrayBuffer()` on each piece grows by 200 MB.
 * @returns undefined where the browser's blobs have no such reader
 */
async function readInto(piece: Blob): Promise<Uint8Array | undefined> {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = piece.stream().getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
  underWay.add(reader);
  let buffer = pool.take(piece.size);
  let filled = 0;
  try {
    while (filled < piece.size) {
      const rest = piece.size - filled;
      // `min` saves the round trips of many small chunks where it is known; elsewhere it is ignored.
      const options = { min: rest } as { min: number };
      const { done, value } = await reader.read(new Uint8Array(buffer, filled, rest), options);
      if (value) buffer = value.buffer;
      if (done) break;
      filled += value.length;
    }
  } finally {
    underWay.delete(reader);
  }
  void reader.cancel();
  return new Uint8Array(buffer, 0, filled);
}

/** A reader silent for this long is given up, and the piece read the plain way: slow drives only lose time by it. */
const SILENCE_MS = 10_000;

function orSilence<T>(reading: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), SILENCE_MS);
    reading.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A file chosen or dropped by the visitor. */
export function fileSource(key: FileKey, name: string, file: File): Source {
  return {
    key,
    name,
    size: file.size,
    read: async (offset, length) => {
      const piece = file.slice(offset, offset + length);
      return (await orSilence(readInto(piece))) ?? new Uint8Array(await piece.arrayBuffer());
    },
    recycle: (bytes) => pool.give(bytes.buffer as ArrayBuffer),
    stamp: () => ({ size: file.size, lastModified: file.lastModified }),
  };
}

/**
 * Reads, and turns what the browser throws into a `ReadProblem`.
 * `NotFoundError` and `NotReadableError` are those of the File API (W3C, "Reading a file: errors").
 */
export async function readExactly(source: Source, offset: Bytes, length: Bytes): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await source.read(offset, length);
  } catch (error) {
    const name = (error as { name?: string } | null)?.name;
    const code = name === 'NotFoundError' ? 'gone' : offset === 0 ? 'unreadable' : 'lost';
    throw new ReadProblem(code, source.key, offset);
  }
  if (bytes.length !== length) throw new ReadProblem('changed', source.key, offset + bytes.length);
  return bytes;
}
