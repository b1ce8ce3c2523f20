import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate';
import { readFolder } from './folder';
import { EMPTY_MACHINE, type Machine } from './machine';
import { applyMend, learnDriver, planMends, withChanges } from './mend';
import { PRODUCT_IDS } from './products';
import { SAMPLES, SAMPLE_IDS, textFile, type SampleId } from './samples';
import { changeVmx, printVmx } from './vmx';

const read = async (id: SampleId) => {
  const folder = await readFolder(SAMPLES[id]());
  expect(folder.problems).toEqual([]);
  expect(folder.strays).toEqual([]);
  expect(folder.machines).toHaveLength(1);
  const only = folder.machines[0]!;
  expect(only.problems).toEqual([]);
  return only;
};

const rulesOn = (machine: Machine, target: Parameters<typeof evaluate>[1]) => {
  const verdict = evaluate(machine, target);
  const stops = verdict.lines.filter(({ severity }) => severity !== 'note');
  return [verdict.outcome, ...new Set(stops.map(({ rule }) => rule))].join(' ');
};

describe('the corpus on each product', () => {
  const EXPECTED: Record<SampleId, Partial<Record<Parameters<typeof evaluate>[1], string>>> = {
    story: {
      'esx-2.5':
        'refused controller-other hardware-newer disk-hardware-newer config-newer disk-form nic-slow nic-connection device-absent',
      'esx-3.0': 'refused controller-other disk-form nic-slow nic-connection device-absent',
      'gsx-3': 'refused hardware-newer disk-hardware-newer config-newer',
      'workstation-4': 'refused hardware-newer disk-hardware-newer config-newer',
      'workstation-5.5': 'runs',
      'server-1.0': 'runs',
      'player-1': 'runs',
      'workstation-3': 'refused hardware-newer disk-hardware-newer config-newer disk-form',
    },
    'workstation-4.5': {
      'esx-2.5': 'refused config-newer disk-form disk-mode controller-word nic-connection',
      'workstation-5.5': 'runs',
      'gsx-3': 'runs',
      'esx-3.0': 'after hardware-older disk-form controller-word nic-connection',
    },
    'ide-64-bit': {
      'esx-2.5':
        'refused suspended hardware-newer disk-hardware-newer config-newer guest-64-bit ide-disk disk-form nic-unsupported nic-connection address-refused',
      'workstation-5.5': 'refused suspended address-refused',
    },
    'esx-2.5': {
      'esx-2.5': 'runs',
      'esx-3.0': 'after hardware-older disk-form controller-word',
      'server-1.0': 'after disk-form controller-word nic-connection',
    },
    'gsx-2': {
      'gsx-2': 'runs',
      'workstation-3': 'runs',
      'workstation-4.5': 'after hardware-older',
      'esx-2.5': 'after hardware-older disk-form controller-word nic-slow nic-connection',
    },
  };
  for (const id of SAMPLE_IDS)
    for (const [target, expected] of Object.entries(EXPECTED[id]))
      it(`${id} on ${target}: ${expected}`, async () => {
        const { machine } = await read(id);
        expect(rulesOn(machine, target as keyof (typeof EXPECTED)['story'])).toBe(expected);
      });
});

describe('the mends', () => {
  it('bring each sample to each product, or say what is left', async () => {
    const never = new Set<string>();
    for (const id of SAMPLE_IDS) {
      const { machine } = await read(id);
      for (const target of PRODUCT_IDS) {
        const plan = planMends(machine, target);
        if (!plan.complete)
          never.add(
            `${id} ${target} ${[...new Set(plan.verdict.lines.filter((l) => l.severity !== 'note').map((l) => l.rule))]}`,
          );
      }
    }
    expect([...never].filter((line) => line.startsWith('story'))).toEqual([
      'story gsx-2 hardware-newer,disk-hardware-newer,disk-form',
      'story workstation-3 hardware-newer,disk-hardware-newer,disk-form',
    ]);
    expect([...never].filter((line) => line.startsWith('ide-64-bit esx-2.5'))).toEqual([
      'ide-64-bit esx-2.5 hardware-newer,disk-hardware-newer,guest-64-bit,ide-disk',
    ]);
  });

  it('a corrected file describes the machine that the mends made, and its product takes it', async () => {
    for (const id of SAMPLE_IDS) {
      const { machine, document } = await read(id);
      for (const target of PRODUCT_IDS) {
        const plan = planMends(machine, target);
        if (!plan.complete) continue;
        const text = printVmx(changeVmx(document, plan.changes));
        const again = (await readFolder([textFile('again.vmx', text)])).machines[0]!;
        expect(again.problems).toEqual([]);
        const { outcome, lines } = evaluate(again.machine, target);
        expect([id, target, outcome, lines.filter((l) => l.severity !== 'note').map((l) => l.rule)]).toEqual([
          id,
          target,
          'runs',
          [],
        ]);
        const shape = ({
          configVersion,
          hardware,
          guest,
          memory,
          vcpus,
          controllers,
          nics,
          extras,
          suspended,
        }: Machine) => ({
          configVersion,
          hardware,
          guest,
          memory,
          vcpus,
          controllers,
          extras,
          suspended,
          nics: nics.map(({ slot, device, connection, network }) => ({ slot, device, connection, network })),
        });
        expect(shape(again.machine)).toEqual(shape(plan.machine));
        expect(again.machine.disks.map(({ slot, file, key, mode }) => [slot, file, key, mode])).toEqual(
          plan.machine.disks.map(({ slot, file, key, mode }) => [slot, file, key, mode]),
        );
      }
    }
  });

  it('a mend takes its own line away', async () => {
    for (const id of SAMPLE_IDS) {
      const { machine } = await read(id);
      for (const target of PRODUCT_IDS)
        for (const line of evaluate(machine, target).lines)
          for (const mend of line.mends) {
            if (mend.code === 'install-afresh' || mend.code === 'give-files') continue;
            const after = evaluate(applyMend(machine, mend, target), target);
            // A line on a disk may stay for the slot that it moved to.
            expect(
              after.lines.some(({ rule, subject }) => rule === line.rule && subject === line.subject),
              `${id} ${target} ${line.rule} ${line.subject} ${mend.code}`,
            ).toBe(false);
          }
    }
  });

  it('changing the controller without its driver stops the guest, as it did; with it, not', () => {
    const machine: Machine = {
      ...EMPTY_MACHINE,
      configVersion: 6,
      hardware: 3,
      guest: 'winNetStandard',
      memory: 512,
      controllers: [{ bus: 0, device: 'buslogic', word: 'vmxbuslogic' }],
      disks: [
        {
          slot: 'scsi0:0',
          file: 'wrk:a.vmdk',
          key: 'name',
          form: 'esx-flat',
          capacity: 2 ** 30,
          stored: 2 ** 30 + 512,
          longest: 2 ** 30 + 512,
          hardware: 3,
          mode: 'persistent',
          isDelta: false,
          missing: [],
        },
      ],
      drivers: { scsi: ['buslogic'], vmxnet: true },
    };
    expect(rulesOn(machine, 'esx-2.5')).toBe('refused controller-other');
    const swapped = withChanges(machine, [
      { key: 'scsi0.virtualDev', from: 'vmxbuslogic', to: 'vmxlsilogic' },
    ]);
    expect(rulesOn(swapped, 'esx-2.5')).toBe('refused controller-driver');
    expect(rulesOn(learnDriver(swapped, 'lsilogic'), 'esx-2.5')).toBe('runs');
  });

  it('a machine of any numbers gets a verdict, and planning ends', () => {
    const machines = fc.record({
      configVersion: fc.option(fc.nat(12)),
      hardware: fc.option(fc.nat(8)),
      guest: fc.option(fc.constantFrom('winNetStandard', 'winXPPro', 'ubuntu-64', 'other', 'solaris10')),
      memory: fc.option(fc.nat(20_000)),
      vcpus: fc.nat(8),
    });
    fc.assert(
      fc.property(machines, fc.constantFrom(...PRODUCT_IDS), (some, target) => {
        const plan = planMends({ ...EMPTY_MACHINE, ...some }, target);
        expect(plan.steps.length).toBeLessThan(20);
      }),
      { numRuns: 500 },
    );
  });
});
