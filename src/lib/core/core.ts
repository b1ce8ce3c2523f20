/**
 * The core with types: reads its tables through views, decodes, and gives reasons their names.
 * Views are made at each use: a call may have grown the memory, and an old view would be empty.
 */
import { Field, VmColumn, VmPower } from '#wasm/shared/columns';
import { EVENT_RING_RECORDS, MAX_CELLS, MAX_VMS, PAGE_BYTES } from '#wasm/shared/limits';
import { Reason } from '#wasm/shared/reasons';
import type { CoreExports } from './abi';
import { instantiate } from './load';

export { Field, VmColumn, VmPower, Reason };

export const EVENT_BYTES = 32;
/** The state is hashed and compared in parts of this size. */
export const CHUNK_BYTES = 65_536;
export const NO_PAGE = 0xffff_ffff;
const POWERS = ['off', 'booting', 'on'] as const;

export class Core {
  readonly x: CoreExports;

  constructor(module: WebAssembly.Module) {
    this.x = instantiate(module);
  }

  /** A field of the world's header as a JavaScript number (exact below 2⁵³). */
  field(field: Field): number {
    return Number(new BigUint64Array(this.x.memory.buffer, this.x.headerPtr(), Field.count)[field]);
  }

  vm(vm: number, column: VmColumn): number {
    return new Uint32Array(this.x.memory.buffer, this.x.vmColumnPtr(column), MAX_VMS + 1)[vm]!;
  }

  /** The same for whoever reads many of them before the world goes on: one view of the whole table. */
  vmReader(): (vm: number, column: VmColumn) => number {
    const rows = MAX_VMS + 1;
    const words = new Uint32Array(this.x.memory.buffer, this.x.vmColumnPtr(0), VmColumn.count * rows);
    return (vm, column) => words[column * rows + vm]!;
  }

  power(vm: number): (typeof POWERS)[number] {
    return POWERS[this.vm(vm, VmColumn.power)] ?? 'off';
  }

  /** Time of the next thing that will happen; beyond any run when nothing will. */
  nextNs(): number {
    return Number(BigInt.asUintN(64, this.x.nextTime()));
  }

  option(which: number): number {
    return new Uint32Array(this.x.memory.buffer, this.x.optionPtr() + which * 4, 1)[0]!;
  }

  /** Copies records `from + 1 … to` (sequence numbers) from the core's ring into another: `target`, as long as it is. */
  copyEvents(from: number, to: number, target: Uint8Array): void {
    const ring = new Uint8Array(this.x.memory.buffer, this.x.ringPtr(), EVENT_RING_RECORDS * EVENT_BYTES);
    const capacity = target.length / EVENT_BYTES;
    for (let next = from; next < to;) {
      const slot = next % EVENT_RING_RECORDS;
      const there = next % capacity;
      const run = Math.min(to - next, EVENT_RING_RECORDS - slot, capacity - there);
      target.set(ring.subarray(slot * EVENT_BYTES, (slot + run) * EVENT_BYTES), there * EVENT_BYTES);
      next += run;
    }
  }

  /**
   * Classes of map cells. `starts`: VM slot << 24 | first page; `counts`: pages of each.
   * @returns one u16 a cell: owner (low byte), state (high byte). A copy.
   */
  classify(starts: Uint32Array, counts: Uint32Array): Uint16Array {
    const total = starts.length;
    const classes = new Uint16Array(total);
    for (let from = 0; from < total; from += MAX_CELLS) {
      const n = Math.min(MAX_CELLS, total - from);
      const cells = new Uint32Array(this.x.memory.buffer, this.x.cellsInPtr(), n * 2);
      for (let i = 0; i < n; i++) {
        cells[i * 2] = starts[from + i]!;
        cells[i * 2 + 1] = counts[from + i]!;
      }
      this.x.classify(n);
      classes.set(new Uint16Array(this.x.memory.buffer, this.x.cellsOutPtr(), n), from);
    }
    return classes;
  }

  /** Guest pages mapped to a machine page, at most `limit` of them. */
  owners(machinePage: number, limit: number): { vm: number; page: number }[] {
    const found = this.x.owners(machinePage, limit);
    const pairs = new Uint32Array(this.x.memory.buffer, this.x.cellsInPtr(), found * 2);
    return Array.from({ length: found }, (_, i) => ({ vm: pairs[i * 2]!, page: pairs[i * 2 + 1]! }));
  }

  /** Guest pages that are sampled in this period, and whether each was touched. */
  samples(vm: number): { page: number; touched: boolean }[] {
    const count = this.x.samples(vm);
    const pages = new Uint32Array(this.x.memory.buffer, this.x.cellsInPtr(), count * 2);
    return Array.from({ length: count }, (_, i) => ({
      page: pages[i * 2]!,
      touched: pages[i * 2 + 1] === 1,
    }));
  }

  /** The 4096 bytes of a machine page. A copy. */
  bytes(machinePage: number): Uint8Array {
    this.x.pageBytes(machinePage, 0);
    return new Uint8Array(this.x.memory.buffer, this.x.pageAPtr(), PAGE_BYTES).slice();
  }

  /** Machine page behind a guest page, null when it was never touched. */
  backing(vm: number, page: number): number | null {
    const machinePage = this.x.backingPage(vm, page) >>> 0;
    return machinePage === NO_PAGE ? null : machinePage;
  }

  /** Hashes of the state's 64 KiB chunks. A copy. */
  chunkHashes(): BigUint64Array {
    const n = this.x.hashChunks();
    return new BigUint64Array(this.x.memory.buffer, this.x.cellsInPtr(), n).slice();
  }

  /**
   * The 32-bit words of a chunk of 64 KiB of the state, from byte `offset`, that differ from `then` (null: zeros).
   * @returns null when they are more than `limit`. Copies.
   */
  diffChunk(
    offset: number,
    then: Uint8Array | null,
    limit: number,
  ): { places: Uint16Array; words: Uint32Array } | null {
    const { buffer } = this.x.memory;
    const at = this.x.cellsInPtr();
    const under = new Uint8Array(buffer, at, CHUNK_BYTES);
    if (then) under.set(then);
    else under.fill(0);
    const count = this.x.diffChunk(offset, limit) >>> 0;
    if (count > limit) return null;
    return {
      places: new Uint16Array(buffer, this.x.cellsOutPtr(), count).slice(),
      words: new Uint32Array(buffer, at + CHUNK_BYTES, count).slice(),
    };
  }

  state(): Uint8Array {
    return new Uint8Array(this.x.memory.buffer, this.x.statePtr(), this.x.stateBytes());
  }
}

export const hex64 = (value: bigint): string => BigInt.asUintN(64, value).toString(16).padStart(16, '0');
