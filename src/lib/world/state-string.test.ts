import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunDocument } from './schema';
import { GUEST_IDS, OPTION_NAMES, WORKLOAD_IDS } from './vocabulary';
import {
  RUN_MAX_BYTES,
  checkRun,
  hashOfState,
  readRunFile,
  readState,
  stateInHash,
  writeRunFile,
  writeState,
} from './state-string';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const stateOf = (text: string | Uint8Array) => `1${deflateRawSync(text).toString('base64url')}`;

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const vm = fc.record({
  name,
  guest: fc.constantFrom(...GUEST_IDS),
  workload: fc.constantFrom(...WORKLOAD_IDS),
  memoryMib: fc.integer({ min: 1, max: 65_536 }),
  vcpus: fc.integer({ min: 1, max: 2 }),
  minMib: fc.integer({ min: 0, max: 65_536 }),
  shares: fc.integer({ min: 0, max: 100_000 }),
  tools: fc.boolean(),
  clients: fc.integer({ min: 0, max: 1000 }),
  touchMib: fc.integer({ min: 1, max: 512 }),
  powerOnAtSeconds: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 3600 })),
});
const command = fc.oneof(
  fc.record({ kind: fc.constant('add-vm' as const), spec: vm }),
  fc.record({ kind: fc.constant('clone-vm' as const), vm: name, name }),
  fc.record({
    kind: fc.constantFrom('remove-vm' as const, 'power-on' as const, 'power-off' as const, 'reset' as const),
    vm: name,
  }),
  fc.record({
    kind: fc.constant('set-memory' as const),
    vm: name,
    memoryMib: fc.integer({ min: 1, max: 3600 }),
  }),
  fc.record({ kind: fc.constant('set-min' as const), vm: name, minMib: fc.nat(65_536) }),
  fc.record({ kind: fc.constant('set-shares' as const), vm: name, shares: fc.nat(1_000_000) }),
  fc.record({ kind: fc.constant('set-tools' as const), vm: name, tools: fc.boolean() }),
  fc.record({
    kind: fc.constant('set-workload' as const),
    vm: name,
    workload: fc.constantFrom(...WORKLOAD_IDS),
    clients: fc.nat(100_000),
  }),
  fc.record({
    kind: fc.constant('set-option' as const),
    option: fc.constantFrom(...OPTION_NAMES),
    value: fc.integer({ min: 0, max: 10_000 }),
  }),
);
const seed = fc.integer({ min: 0, max: 4_294_967_295 });
const run: fc.Arbitrary<RunDocument> = fc.record({
  v: fc.constant(1 as const),
  scenario: fc.oneof(
    fc.constant('ten-linux'),
    fc.record({
      v: fc.constant(1 as const),
      id: fc.constant('mine'),
      seed,
      durationSeconds: fc.integer({ min: 1, max: 86_400 }),
      host: fc.record({
        name,
        memoryMib: fc.integer({ min: 1, max: 65_536 }),
        consoleMib: fc.integer({ min: 0, max: 800 }),
        swapMib: fc.integer({ min: 0, max: 65_536 }),
        generation: fc.constantFrom('2.5', '3.0'),
        options: fc.constant({ shareScanVm: 50 }),
      }),
      vms: fc.array(vm, { maxLength: 12 }),
      timeline: fc.constant([]),
    }),
  ),
  seed,
  commands: fc.array(fc.record({ timeNs: fc.maxSafeNat(), command }), { maxLength: 30 }),
  t: fc.maxSafeNat(),
  view: fc.dictionary(
    fc.stringMatching(/^[a-z]{1,8}$/),
    fc.oneof(fc.string({ maxLength: 40 }), fc.integer(), fc.boolean()),
  ),
}) as fc.Arbitrary<RunDocument>;

const sample: RunDocument = { v: 1, scenario: 'ten-linux', seed: 7, commands: [], t: 5, view: {} };

describe('the state string', () => {
  it('gives back the run that was written, for any run', async () => {
    await fc.assert(
      fc.asyncProperty(run, async (before) => {
        const written = await writeState(before);
        if (written.kind !== 'written') throw new Error(written.reason);
        expect(stateInHash(hashOfState(written.state))).toBe(written.state);
        expect(await readState(written.state)).toEqual({ kind: 'read', run: before });
      }),
      { numRuns: 300 },
    );
  });

  it('answers with a reason, never with an exception, for any string', async () => {
    const anything = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.stringMatching(/^1[A-Za-z0-9_-]{0,120}$/),
      fc.json({ maxDepth: 5 }).map(stateOf),
      fc.uint8Array({ maxLength: 200 }).map(stateOf),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (state) => {
        const answer = await readState(state);
        expect(answer.kind === 'read' || /^state-/.test(answer.reason)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  }, 60_000);

  it('survives any one character of a link being changed', async () => {
    const written = await writeState({
      ...sample,
      commands: [{ timeNs: 4, command: { kind: 'power-on', vm: 'a' } }],
    });
    if (written.kind !== 'written') throw new Error(written.reason);
    for (let at = 0; at < written.state.length; at++) {
      for (const character of 'A_9') {
        const answer = await readState(written.state.slice(0, at) + character + written.state.slice(at + 1));
        expect(['read', 'refused']).toContain(answer.kind);
      }
    }
  });

  it('stops a bomb at 256 KiB without unpacking it', async () => {
    const state = stateOf(new Uint8Array(20 * 1024 * 1024));
    expect(state.length).toBeLessThan(32 * 1024);
    expect(await readState(state)).toMatchObject({ reason: 'state-too-large' });
  });

  it.each([
    ['', 'state-empty'],
    [`1${'A'.repeat(40_000)}`, 'state-too-long'],
    ['9abcd', 'state-version-unknown'],
    ['1a+b/', 'state-not-base64'],
    ['1____', 'state-damaged'],
    [stateOf('{'), 'state-json-syntax'],
    [stateOf(new Uint8Array([0xff, 0xfe, 0x41])), 'state-not-text'],
    [stateOf('['.repeat(17) + ']'.repeat(17)), 'state-json-too-deep'],
    [stateOf(`[${'0,'.repeat(120_000)}0]`), 'state-json-too-many-values'],
    [stateOf(JSON.stringify({ ...sample, scenario: 'x'.repeat(2000) })), 'state-json-string-too-long'],
  ])('refuses %.20s… because %s', async (state, reason) => {
    expect(await readState(state)).toMatchObject({ kind: 'refused', reason });
  });

  it('sends a run that is too long for a link to a file', async () => {
    const commands = Array.from({ length: 2500 }, (_, i) => ({
      timeNs: i * 7_654_321 + ((i * 2_654_435_761) % 1_000_003),
      command: { kind: 'write-page' as const, vm: 'a', page: (i * 40_503) % 65_536 },
    }));
    expect(await writeState({ ...sample, commands })).toMatchObject({ reason: 'state-too-long' });
    const file = writeRunFile({ ...sample, commands: commands.slice(0, 1500) });
    if (file.kind !== 'written') throw new Error(file.reason);
    expect(readRunFile(bytesOf(file.text))).toMatchObject({ kind: 'read' });
  });
});

describe('what a run may hold', () => {
  it.each([
    [{ ...sample, admin: true }, 'state-unknown-field', 'admin'],
    [{ ...sample, seed: undefined }, 'state-wrong-type', 'seed'],
    [{ v: 1, scenario: 'blank', seed: 1, t: 0 }, 'state-missing-field', 'commands'],
    [{ ...sample, t: -1 }, 'state-too-small', 't'],
    [{ ...sample, t: 0.5 }, 'state-not-whole', 't'],
    [{ ...sample, v: 2 }, 'state-unknown-word', 'v'],
    [
      { ...sample, commands: [{ timeNs: 0, command: { kind: 'format-disk' } }] },
      'state-unknown-word',
      'commands[0].command.kind',
    ],
    [
      { ...sample, commands: [{ timeNs: 0, command: { kind: 'power-on', vm: '../x' } }] },
      'state-bad-name',
      'commands[0].command.vm',
    ],
    [
      { ...sample, scenario: { v: 1, id: 'x', seed: 1, durationSeconds: 60, host: {}, vms: [] } },
      'state-missing-field',
      'scenario.host.name',
    ],
  ])('%j is refused', (value, reason, place) => {
    expect(checkRun(value)).toMatchObject({ kind: 'refused', reason, args: { place } });
  });

  it('refuses fields that would reach an object’s prototype', async () => {
    for (const field of ['__proto__', 'constructor', 'toString'])
      for (const text of [
        `{"v":1,"scenario":"blank","seed":1,"commands":[],"t":0,"${field}":{"polluted":true}}`,
        `{"v":1,"scenario":"blank","seed":1,"commands":[{"timeNs":0,"command":{"kind":"power-on","vm":"a","${field}":1}}],"t":0}`,
      ])
        expect(await readState(stateOf(text))).toMatchObject({ reason: 'state-unknown-field' });
    const viewed = await readState(
      stateOf('{"v":1,"scenario":"blank","seed":1,"commands":[],"t":0,"view":{"__proto__":"x"}}'),
    );
    if (viewed.kind === 'read') expect(Object.keys(viewed.run.view)).toEqual([]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('a file', () => {
  it('says the line and column of a syntax error', () => {
    expect(readRunFile(bytesOf('{\n "v": 1,\n "seed": 01\n}'))).toMatchObject({
      reason: 'state-json-syntax',
      args: { line: 3, column: 11 },
    });
  });

  it('says the line of the field that is wrong', () => {
    const text = '{\n "v": 1,\n "scenario": "blank",\n "seed": 4,\n "commands": [],\n "t": "now"\n}';
    expect(readRunFile(bytesOf(text))).toMatchObject({
      reason: 'state-wrong-type',
      args: { place: 't', line: 6 },
    });
  });

  it('may be a bare scenario, and its places are its own', () => {
    const scenario = {
      v: 1,
      id: 'mine',
      seed: 3,
      durationSeconds: 60,
      host: { name: 'h', memoryMib: 512, consoleMib: 192 },
      vms: [],
    };
    expect(readRunFile(bytesOf(JSON.stringify(scenario)))).toMatchObject({
      kind: 'read',
      run: { seed: 3, t: 0 },
    });
    const wrong = { ...scenario, host: { ...scenario.host, name: '' } };
    expect(readRunFile(bytesOf(JSON.stringify(wrong)))).toMatchObject({
      reason: 'state-bad-name',
      args: { place: 'host.name', line: 1 },
    });
  });

  it('answers with a reason for any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(bytesOf)), (bytes) => {
        const answer = readRunFile(bytes);
        expect(answer.kind === 'read' || /^state-/.test(answer.reason)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('may not be larger than 256 KiB', () => {
    expect(readRunFile(new Uint8Array(RUN_MAX_BYTES + 1))).toMatchObject({ reason: 'state-too-large' });
  });
});
