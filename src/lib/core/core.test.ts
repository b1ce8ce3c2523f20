/** The one door to the core: what it reads is what the core holds, and a core of another version is not let in. */
import { beforeAll, expect, test } from 'vitest';
import { EventKind } from '#wasm/shared/events';
import { Option } from '#wasm/shared/options';
import { PAGE_BYTES } from '#wasm/shared/limits';
import { COMPILE_MS, coreModule } from '../../../wasm/tests/core';
import { xxh3 } from '../../../wasm/tests/reference/xxh3';
import { EVENT_CODES, eventCode, OPTION_NUMBERS, REASON_CODES, reasonCode, toKebab } from './codes';
import { Core, EVENT_BYTES, Field, hex64, VmColumn } from './core';
import { instantiate } from './load';

let module: WebAssembly.Module;
beforeAll(() => {
  module = coreModule('debug');
}, COMPILE_MS);

function booted(): Core {
  const core = new Core(module);
  expect(core.x.openWorld(64 * 256, 1024, 0, 1)).toBe(0);
  expect(core.x.addVm(core.x.freeSlot(), 4096, 1)).toBe(0);
  expect(core.x.setOption(Option.overheadBaseMib, 1)).toBe(0);
  expect(core.x.powerOn(1)).toBe(0);
  return core;
}

test('names are of the core’s own enums, in kebab-case', () => {
  expect(toKebab('copyOnWriteBreaks')).toBe('copy-on-write-breaks');
  expect(eventCode(EventKind.pageShared)).toBe('page-shared');
  expect(eventCode(999)).toBe('unknown-999');
  expect(EVENT_CODES).not.toContain('none');
  expect(new Set(EVENT_CODES).size).toBe(EVENT_CODES.length);
  expect(REASON_CODES).toContain(reasonCode(10));
  expect(OPTION_NUMBERS).toMatchObject({
    shareScanVm: Option.shareScanVm,
    traceTouches: Option.traceTouches,
  });
  expect(Object.keys(OPTION_NUMBERS)).not.toContain('count');
  expect(hex64(-1n)).toBe('ffffffffffffffff');
  expect(hex64(10n)).toBe('000000000000000a');
});

test('a core of another version is told so in words', () => {
  // (module (func (export "abiVersion") (result i32) (i32.const 99)))
  const bytes = '0061736d01000000010501600001 7f03020100070e010a61626956657273696f6e00000a0701050041e3000b';
  const other = new WebAssembly.Module(
    Uint8Array.from(bytes.replace(/ /g, '').match(/../g)!, (x) => parseInt(x, 16)),
  );
  expect(() => instantiate(other)).toThrow(/version 99/);
});

test('an instance holds one world', () => {
  const core = booted();
  expect(reasonCode(core.x.openWorld(64 * 256, 1024, 0, 1))).toBe('world-open');
});

test('fields, columns, options, pages and hashes', () => {
  const core = booted();
  expect(core.field(Field.hostPages)).toBe(64 * 256);
  expect(core.vm(1, VmColumn.maxPages)).toBe(4096);
  expect(core.power(1)).toBe('booting');
  expect(core.option(Option.overheadBaseMib)).toBe(1);
  expect(core.backing(1, 7)).toBeNull();
  core.x.writePage(1, 7);
  const machinePage = core.backing(1, 7)!;
  const bytes = core.bytes(machinePage);
  expect(bytes).toHaveLength(PAGE_BYTES);
  expect(BigInt.asUintN(64, core.x.pageHash(machinePage))).toBe(xxh3(bytes));
  expect(core.owners(machinePage, 9)).toEqual([{ vm: 1, page: 7 }]);
  expect(core.nextNs()).toBeGreaterThan(0);
});

test('the core’s hash of any memory is XXH3-64; the fingerprint is that of its state', () => {
  const core = booted();
  const state = core.state();
  expect(state.length).toBe(core.x.stateBytes());
  const { byteOffset } = state;
  for (const length of [0, 1, 16, 240, 241, 4096, 70_001])
    expect(BigInt.asUintN(64, core.x.hash(byteOffset, length))).toBe(xxh3(state.slice(0, length)));
  expect(core.x.fingerprint()).toBe(core.x.hash(byteOffset, state.length));
  expect(core.chunkHashes()).toHaveLength(Math.ceil(state.length / 65_536));
});

test('cells: one class each, of no pages and of many', () => {
  const core = booted();
  core.x.writePage(1, 0);
  const cells = [
    [0, 1],
    [0, 0],
    [0xffffff, 1],
    [(1 << 24) | 0, 1],
    [(1 << 24) | 1, 4000],
    [(2 << 24) | 0, 1],
  ] as const;
  const classes = core.classify(
    Uint32Array.from(cells, ([start]) => start),
    Uint32Array.from(cells, ([, count]) => count),
  );
  const OUTSIDE = 8 << 8;
  expect([...classes]).toEqual([(7 << 8) | 252, OUTSIDE, OUTSIDE, (1 << 8) | 1, 1, OUTSIDE]);
});

test('events leave the ring for a larger or a smaller one, whole', () => {
  const core = booted();
  for (let page = 0; page < 300; page++) core.x.writePage(1, page % 50);
  for (let n = 0; n < 20_000; n++) core.x.setOption(Option.shareScanVm, n % 1000);
  const last = core.field(Field.eventSequence);
  const from = last - 5000;
  for (const capacity of [5000, 6007]) {
    const target = new Uint8Array(capacity * EVENT_BYTES);
    core.copyEvents(from, last, target);
    const view = new DataView(target.buffer);
    for (const sequence of [from + 1, from + 2500, last]) {
      const at = ((sequence - 1) % capacity) * EVENT_BYTES;
      expect(view.getUint16(at + 8, true)).toBe(EventKind.optionChanged);
      // b is the value before c.
      const [b, c] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
      expect((b + 1) % 1000).toBe(c);
    }
  }
});
