import { CHUNK_BYTES, Field, type Core } from '#lib/core/core';
import type { Bytes, Nanoseconds } from '#lib/units';

/** A chunk in which at most so many 32-bit words differ from an older one is kept as those words. */
const MAX_PATCH_WORDS = CHUNK_BYTES / 4 / 4;

/** The words in which a chunk differs from `under`, a whole one (null: zeros). */
interface Patch {
  under: Uint8Array | null;
  places: Uint16Array;
  words: Uint32Array;
}

/** null = all zeros. */
type Chunk = Uint8Array | Patch | null;

export interface Checkpoint<Meta> {
  timeNs: Nanoseconds;
  /** Queue entries the core had processed: the cost of getting here. */
  steps: number;
  eventSequence: number;
  stateBytes: Bytes;
  hashes: BigUint64Array;
  /** One 64 KiB chunk each, shared with the neighbours where nothing changed. */
  chunks: Chunk[];
  meta: Meta;
  /** Bytes that `meta` holds, shared with the neighbours: they count. */
  kept: readonly Uint8Array[];
}

/**
 * Checkpoints of one run. Each keeps the chunks that changed since the one before (told by their XXH3-64), a little
 * changed chunk as its changed words; over the budget, the one whose absence costs least is dropped. The first one
 * stays.
 */
export class Checkpoints<Meta> {
  #list: Checkpoint<Meta>[] = [];
  #uses = new Map<Uint8Array | Patch, number>();
  #bytes = 0;
  #zeroHash: bigint | null = null;

  constructor(readonly budgetBytes: Bytes) {}

  get count(): number {
    return this.#list.length;
  }

  /** Bytes held. */
  get bytes(): Bytes {
    return this.#bytes;
  }

  get last(): Checkpoint<Meta> | undefined {
    return this.#list[this.#list.length - 1];
  }

  /** Takes one now. Later ones than now may be there too: those of the same future. */
  take(core: Core, meta: Meta, kept: readonly Uint8Array[] = []): Checkpoint<Meta> {
    const timeNs = core.field(Field.timeNs);
    const hashes = core.chunkHashes();
    const stateBytes = core.x.stateBytes();
    const state = core.state();
    const before = this.before(timeNs);
    const zero = this.#hashOfZeros(core, hashes);
    const chunks = Array.from(hashes, (hash, i) => {
      if (
        before &&
        i < before.hashes.length &&
        before.hashes[i] === hash &&
        this.#sameLength(before, stateBytes, i)
      )
        return before.chunks[i]!;
      const chunk = state.subarray(i * CHUNK_BYTES, Math.min(stateBytes, (i + 1) * CHUNK_BYTES));
      if (chunk.length < CHUNK_BYTES) return chunk.slice();
      if (hash === zero) return null;
      return patchOf(core, i, wholeOf(before?.chunks[i] ?? null)) ?? chunk.slice();
    });
    const checkpoint: Checkpoint<Meta> = {
      timeNs,
      steps: core.field(Field.steps),
      eventSequence: core.field(Field.eventSequence),
      stateBytes,
      hashes,
      chunks,
      meta,
      kept,
    };
    const at = this.#list.findIndex((other) => other.timeNs > timeNs);
    this.#list.splice(at < 0 ? this.#list.length : at, 0, checkpoint);
    for (const chunk of [...chunks, ...kept]) this.#use(chunk, 1);
    while (this.#bytes > this.budgetBytes && this.#list.length > 2) this.#thin();
    return checkpoint;
  }

  /** The newest one at or before a moment. */
  before(timeNs: Nanoseconds): Checkpoint<Meta> | undefined {
    let found: Checkpoint<Meta> | undefined;
    for (const checkpoint of this.#list) {
      if (checkpoint.timeNs > timeNs) break;
      found = checkpoint;
    }
    return found;
  }

  /** @throws Error when the browser refuses the memory that the world had then. */
  restore(core: Core, checkpoint: Checkpoint<Meta>): void {
    if (!core.x.prepareRestore(checkpoint.stateBytes))
      throw new Error('The browser gave no memory to go back');
    // Only chunks that differ are written: going back a little is cheap, and pages never used stay unused.
    const present = new Uint8Array(core.x.memory.buffer, core.x.statePtr(), checkpoint.stateBytes);
    const now = core.chunkHashes();
    const comparable = Math.min(checkpoint.stateBytes, core.x.stateBytes());
    checkpoint.chunks.forEach((chunk, i) => {
      const from = i * CHUNK_BYTES;
      const to = Math.min(checkpoint.stateBytes, from + CHUNK_BYTES);
      if (from + CHUNK_BYTES <= comparable && now[i] === checkpoint.hashes[i]) return;
      const whole = wholeOf(chunk);
      if (whole) present.set(whole, from);
      else present.fill(0, from, to);
      if (chunk && !(chunk instanceof Uint8Array)) applyPatch(chunk, present.subarray(from, to));
    });
  }

  /** Forgets the first one that is of another future, and all after it. */
  dropFrom(isOfAnotherFuture: (checkpoint: Checkpoint<Meta>) => boolean): void {
    const at = this.#list.findIndex(isOfAnotherFuture);
    if (at < 0) return;
    for (const gone of this.#list.splice(at)) this.#release(gone);
  }

  /** The newest one that fits. */
  findLast(fits: (checkpoint: Checkpoint<Meta>) => boolean): Checkpoint<Meta> | undefined {
    return this.#list.findLast(fits);
  }

  /** Counts who keeps a chunk; a patch keeps the chunk under it. */
  #use(chunk: Chunk, difference: 1 | -1): void {
    if (!chunk) return;
    const before = this.#uses.get(chunk) ?? 0;
    const uses = before + difference;
    if (uses === 0) this.#uses.delete(chunk);
    else this.#uses.set(chunk, uses);
    if (before > 0 && uses > 0) return;
    this.#bytes += difference * bytesOf(chunk);
    if (!(chunk instanceof Uint8Array)) this.#use(chunk.under, difference);
  }

  /** Drops the one between whose neighbours the replay is shortest. */
  #thin(): void {
    let best = 1;
    let least = Infinity;
    for (let i = 1; i < this.#list.length - 1; i++) {
      const gap = this.#list[i + 1]!.steps - this.#list[i - 1]!.steps;
      if (gap < least) [best, least] = [i, gap];
    }
    const [gone] = this.#list.splice(best, 1);
    this.#release(gone!);
  }

  #release({ chunks, kept }: Checkpoint<Meta>): void {
    for (const chunk of [...chunks, ...kept]) this.#use(chunk, -1);
  }

  #sameLength(before: Checkpoint<Meta>, stateBytes: Bytes, chunk: number): boolean {
    const length = (bytes: Bytes) => Math.min(CHUNK_BYTES, bytes - chunk * CHUNK_BYTES);
    return length(before.stateBytes) === length(stateBytes);
  }

  /** Hash of a chunk of zeros, learnt from the first one that a young world has. */
  #hashOfZeros(core: Core, hashes: BigUint64Array): bigint | null {
    if (this.#zeroHash !== null) return this.#zeroHash;
    const state = core.state();
    for (let i = 0; i < hashes.length; i++) {
      const chunk = state.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
      if (chunk.length === CHUNK_BYTES && chunk.every((byte) => byte === 0)) {
        this.#zeroHash = hashes[i]!;
        break;
      }
    }
    return this.#zeroHash;
  }
}

const wholeOf = (chunk: Chunk): Uint8Array | null =>
  chunk === null || chunk instanceof Uint8Array ? chunk : chunk.under;

const bytesOf = (chunk: Uint8Array | Patch): Bytes =>
  chunk instanceof Uint8Array ? chunk.length : chunk.places.byteLength + chunk.words.byteLength;

/** @returns null when too many words differ for a patch to be worth it, or `under` is part of a smaller state. */
function patchOf(core: Core, chunk: number, under: Uint8Array | null): Patch | null {
  if (under && under.length < CHUNK_BYTES) return null;
  const difference = core.diffChunk(chunk * CHUNK_BYTES, under, MAX_PATCH_WORDS);
  return difference && { under, ...difference };
}

function applyPatch({ places, words }: Patch, chunk: Uint8Array): void {
  const target = new Uint32Array(chunk.buffer, chunk.byteOffset, CHUNK_BYTES / 4);
  for (let i = 0; i < places.length; i++) target[places[i]!] = words[i]!;
}
