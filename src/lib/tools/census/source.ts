import type { Bytes } from '#lib/units';
import type { FileKey, Problem, ProblemCode } from './protocol';

/** A file as the census reads it: anywhere, in pieces, never whole. */
export interface Source {
  readonly key: FileKey;
  readonly name: string;
  readonly size: Bytes;
  /** @returns exactly `length` bytes, unless the file became shorter. The caller may detach the buffer. */
  read(offset: Bytes, length: Bytes): Promise<Uint8Array>;
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

/** A file chosen or dropped by the visitor. */
export function fileSource(key: FileKey, name: string, file: File): Source {
  return {
    key,
    name,
    size: file.size,
    read: async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
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

/** Gives the memory of a read buffer back at once, rather than at the next garbage collection. */
export function release(bytes: Uint8Array): void {
  const buffer = bytes.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer };
  buffer.transfer?.(0);
}
