/** Every command about the host and its VMs that can be refused is: with its reason, in words, and nothing changed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Field } from '#lib/core/core';
import { AREAS } from '#lib/i18n/catalogue';
import { I18n, LANGUAGES, loadCatalogue } from '#lib/i18n/i18n';
import { explainInLine } from '#lib/model/reasons';
import type { Command, HostSpec, Scenario, VmSpec } from '#lib/world/schema';
import { RefusedWorld, World } from './world';

const core = new WebAssembly.Module(readFileSync('wasm/build/core.wasm'));
const words = await Promise.all(
  LANGUAGES.map(async (lang) => new I18n(lang, await loadCatalogue(lang, AREAS))),
);

const vm = (name: string, more: Partial<VmSpec> = {}): VmSpec => ({
  name,
  guest: 'linux-24',
  workload: 'idle',
  memoryMib: 32,
  vcpus: 1,
  tools: true,
  powerOnAtSeconds: null,
  ...more,
});
const scenario = (vms: VmSpec[], host: Partial<HostSpec> = {}): Scenario => ({
  v: 1,
  id: 'refusals',
  seed: 3,
  durationSeconds: 60,
  host: { name: 'host', memoryMib: 160, consoleMib: 0, generation: '2.5', options: {}, ...host },
  vms,
  timeline: [],
});
const fingerprint = ({ core: { x } }: World) => BigInt.asUintN(64, x.fingerprint());

/** No sentence has a hole, in no language. */
function expectWords(reason: string, args: Record<string, string | number>): void {
  for (const i18n of words) {
    const line = explainInLine(i18n, reason, args);
    expect(line).not.toMatch(/[{}]/);
    expect(line).not.toContain(reason);
  }
}

function expectRefusal(world: World, command: Command, reason: string): void {
  const before = fingerprint(world);
  const { registry } = world;
  const receipt = world.apply(command);
  expect(receipt).toMatchObject({ kind: 'refused', reason });
  expect(fingerprint(world), 'the state').toBe(before);
  expect(world.registry, 'the names').toBe(registry);
  if (receipt.kind === 'refused') expectWords(reason, receipt.args);
}

/** One VM that runs, one that is off, and 160 MB, of which a second one takes more than is left. */
function host(spec: Partial<HostSpec> = {}): World {
  const world = new World(core, scenario([vm('on', { minMib: 8 }), vm('off', { minMib: 32 })], spec), 3, []);
  expect(world.apply({ kind: 'power-on', vm: 'on' }).kind).toBe('accepted');
  while (world.advance(50e9, world.core.field(Field.eventSequence)));
  return world;
}

describe('refused, with the reason in words, and nothing changed', () => {
  it.each<[string, Command]>([
    ['not-enough-memory', { kind: 'power-on', vm: 'off' }],
    ['min-above-max', { kind: 'set-min', vm: 'on', minMib: 33 }],
    ['min-above-max', { kind: 'set-min', vm: 'off', minMib: 33 }],
    ['min-above-max', { kind: 'add-vm', spec: vm('other', { minMib: 33 }) }],
    ['shares-out-of-range', { kind: 'set-shares', vm: 'on', shares: 100_001 }],
    ['vm-already-on', { kind: 'power-on', vm: 'on' }],
    ['vm-already-off', { kind: 'power-off', vm: 'off' }],
    ['vm-already-off', { kind: 'reset', vm: 'off' }],
    ['vm-already-off', { kind: 'write-page', vm: 'off', page: 0 }],
    ['vm-is-on', { kind: 'set-memory', vm: 'on', memoryMib: 64 }],
    ['vm-is-on', { kind: 'remove-vm', vm: 'on' }],
    ['unknown-vm', { kind: 'power-on', vm: 'nobody' }],
    ['unknown-vm', { kind: 'clone-vm', vm: 'nobody', name: 'copy' }],
    ['name-taken', { kind: 'add-vm', spec: vm('off') }],
    ['name-taken', { kind: 'clone-vm', vm: 'on', name: 'on' }],
    ['name-invalid', { kind: 'clone-vm', vm: 'on', name: 'no spaces' }],
    ['guest-memory-too-small', { kind: 'set-memory', vm: 'off', memoryMib: 2 }],
    ['guest-memory-too-small', { kind: 'add-vm', spec: vm('other', { memoryMib: 2 }) }],
    ['vm-memory-out-of-range', { kind: 'set-memory', vm: 'off', memoryMib: 3601 }],
    ['vm-memory-out-of-range', { kind: 'add-vm', spec: vm('other', { memoryMib: 3601 }) }],
    ['option-out-of-range', { kind: 'set-option', option: 'idleTax', value: 100 }],
    ['option-out-of-range', { kind: 'set-option', option: 'freeHigh', value: 501 }],
    ['threshold-out-of-order', { kind: 'set-option', option: 'freeHigh', value: 39 }],
    ['threshold-out-of-order', { kind: 'set-option', option: 'freeSoft', value: 61 }],
    ['threshold-out-of-order', { kind: 'set-option', option: 'freeSoft', value: 19 }],
    ['threshold-out-of-order', { kind: 'set-option', option: 'freeHard', value: 41 }],
    ['threshold-out-of-order', { kind: 'set-option', option: 'freeHard', value: 9 }],
    ['threshold-out-of-order', { kind: 'set-option', option: 'freeLow', value: 21 }],
    ['page-out-of-range', { kind: 'write-page', vm: 'on', page: 8192 }],
    ['page-out-of-range', { kind: 'scan-page', vm: 'on', page: 8192 }],
    ['page-not-present', { kind: 'scan-page', vm: 'off', page: 0 }],
    // Numbers that would begin again at 0 in 32 bits.
    ['min-above-max', { kind: 'set-min', vm: 'on', minMib: 2 ** 24 + 8 }],
    ['shares-out-of-range', { kind: 'set-shares', vm: 'on', shares: 2 ** 32 + 5 }],
    ['vm-memory-out-of-range', { kind: 'set-memory', vm: 'off', memoryMib: 2 ** 24 + 64 }],
    ['option-out-of-range', { kind: 'set-option', option: 'idleTax', value: 2 ** 32 + 75 }],
    ['no-network', { kind: 'add-switch', switch: 'Local' }],
  ])('%s: %o', (reason, command) => expectRefusal(host(), command, reason));

  it('not-enough-swap: of a VM that is powered on, and of a minimum that is lowered while it runs', () => {
    const world = host({ swapMib: 24 });
    expect(world.apply({ kind: 'set-min', vm: 'off', minMib: 4 }).kind).toBe('accepted');
    expectRefusal(world, { kind: 'power-on', vm: 'off' }, 'not-enough-swap');
    expectRefusal(world, { kind: 'set-min', vm: 'on', minMib: 4 }, 'not-enough-swap');
  });

  it('not-enough-memory: of a minimum that is raised while the VM runs', () => {
    const world = new World(
      core,
      scenario([vm('large', { memoryMib: 256, minMib: 8 })], { swapMib: 400 }),
      3,
      [],
    );
    expect(world.apply({ kind: 'power-on', vm: 'large' }).kind).toBe('accepted');
    expectRefusal(world, { kind: 'set-min', vm: 'large', minMib: 200 }, 'not-enough-memory');
  });

  it('page-in-balloon: the guest does not write what its driver holds', () => {
    const world = host({ memoryMib: 140 });
    world.apply({ kind: 'set-shares', vm: 'on', shares: 0 });
    for (const option of ['freeHigh', 'freeSoft'] as const)
      expect(world.apply({ kind: 'set-option', option, value: 500 }).kind).toBe('accepted');
    while (world.advance(70e9, world.core.field(Field.eventSequence)));
    const ballooned = Array.from({ length: 8192 }, (_, page) => page).find(
      (page) => world.core.x.guestPageClass(1, page) >> 8 === 5,
    );
    expectRefusal(world, { kind: 'write-page', vm: 'on', page: ballooned! }, 'page-in-balloon');
  });

  it('no-free-vm-slot and too-many-images: a host has room for 80 VMs', () => {
    const names = Array.from({ length: 80 }, (_, n) => `vm-${n}`);
    const world = new World(core, scenario(names.map((name) => vm(name))), 3, []);
    expectRefusal(world, { kind: 'add-vm', spec: vm('one-more') }, 'no-free-vm-slot');
    expectRefusal(world, { kind: 'clone-vm', vm: 'vm-0', name: 'one-more' }, 'no-free-vm-slot');
  });
});

it('a copy of a VM is a VM: it is there, off, and boots', () => {
  const world = host({ memoryMib: 400 });
  expect(world.apply({ kind: 'clone-vm', vm: 'on', name: 'copy' })).toMatchObject({
    kind: 'accepted',
    vm: 3,
  });
  expect(world.core.power(3)).toBe('off');
  expect(world.apply({ kind: 'power-on', vm: 'copy' }).kind).toBe('accepted');
  while (world.advance(110e9, world.core.field(Field.eventSequence)));
  expect(world.core.power(3)).toBe('on');
});

describe('thresholds of a host that is opened', () => {
  const opened = (options: HostSpec['options']) => new World(core, scenario([], { options }), 3, []);

  it('may come in any order of their names, as long as high ≥ soft ≥ hard ≥ low in the end', () => {
    expect(opened({ freeLow: 300, freeHard: 300, freeSoft: 400, freeHigh: 450 }).core.x).toBeDefined();
    expect(opened({ freeHigh: 0, freeSoft: 0, freeHard: 0, freeLow: 0 }).core.x).toBeDefined();
  });

  it.each([{ freeHigh: 30 }, { freeLow: 25 }, { freeSoft: 10, freeHard: 5 }])(
    'in another order it is refused: %o',
    (options) => {
      try {
        opened(options);
      } catch (error) {
        if (!(error instanceof RefusedWorld)) throw error;
        expect(error.reason).toBe('threshold-out-of-order');
        return expectWords(error.reason, error.args);
      }
      expect.fail('it was opened');
    },
  );
});
