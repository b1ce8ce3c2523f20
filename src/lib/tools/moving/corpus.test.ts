/**
 * One machine of each product, written line by line after the keys that the product itself writes, against the family's
 * table of generations: `config.version`, the hardware that is written and the hardware that is run. The table is that
 * of Broadcom KB 1003746 and of the products' manuals; it stands here a second time, so that it can disagree.
 */
import { describe, expect, it } from 'vitest';
import { MIB_BYTES } from '#lib/units';
import { evaluate } from './evaluate';
import { readFolder } from './folder';
import { PRODUCT_IDS, type ProductId } from './products';
import { cowdHead, descriptorText, sparseHead, stated, textFile } from './samples';
import type { Readable } from './vmdk';

const GENERATIONS: Record<ProductId, { config: number; written: number; run: number[] }> = {
  'workstation-3': { config: 6, written: 2, run: [2] },
  'gsx-2': { config: 6, written: 2, run: [2] },
  'workstation-4': { config: 7, written: 3, run: [3] },
  'workstation-4.5': { config: 7, written: 3, run: [3] },
  'gsx-3': { config: 7, written: 3, run: [3] },
  'esx-2.5': { config: 6, written: 3, run: [3] },
  'workstation-5': { config: 8, written: 4, run: [3, 4] },
  'workstation-5.5': { config: 8, written: 4, run: [3, 4] },
  'server-1.0': { config: 8, written: 4, run: [3, 4] },
  'player-1': { config: 8, written: 4, run: [3, 4] },
  'esx-3.0': { config: 8, written: 4, run: [4] },
};

const CAPACITY = 4000 * MIB_BYTES;
const SECTORS = CAPACITY / 512;

const cowd = (name: string): Readable[] => [stated(name, cowdHead(CAPACITY), 900 * MIB_BYTES)];
const descriptor = (
  createType: string,
  extents: string[],
  hardware: number,
  adapter: 'buslogic' | 'lsilogic',
) => descriptorText({ createType, extents, hardware, adapter, sectors: SECTORS });
const sparse = (name: string, hardware: number, adapter: 'buslogic' | 'lsilogic'): Readable[] => [
  stated(
    name,
    sparseHead(
      CAPACITY,
      descriptor('monolithicSparse', [`RW ${SECTORS} SPARSE "${name}"`], hardware, adapter),
    ),
    900 * MIB_BYTES,
  ),
];
const flat = (name: string, hardware: number, kind: 'FLAT' | 'VMFS'): Readable[] => {
  const part = name.replace('.vmdk', '-flat.vmdk');
  const extent = kind === 'FLAT' ? `RW ${SECTORS} FLAT "${part}" 0` : `RW ${SECTORS} VMFS "${part}"`;
  return [
    textFile(
      name,
      descriptor(
        kind === 'FLAT' ? 'monolithicFlat' : 'vmfs',
        [extent],
        hardware,
        kind === 'FLAT' ? 'buslogic' : 'lsilogic',
      ),
    ),
    stated(part, new Uint8Array(512), CAPACITY),
  ];
};

/** What each writes; `onEsx25`: what ESX Server 2.5 says of it, as the reference's table of moves has it. */
const CORPUS: { product: ProductId; file: string; lines: string[]; disks: Readable[]; onEsx25: string }[] = [
  {
    product: 'workstation-3',
    file: 'win2000.vmx',
    lines: [
      '#!/usr/bin/vmware',
      'config.version = "6"',
      'virtualHW.version = "2"',
      'displayName = "Windows 2000"',
      'guestOS = "win2000Pro"',
      'memsize = "128"',
      'scsi0.present = "TRUE"',
      'scsi0:0.present = "TRUE"',
      'scsi0:0.fileName = "disk.vmdk"',
      'scsi0:0.mode = "persistent"',
      'ethernet0.present = "TRUE"',
      'ethernet0.connectionType = "bridged"',
      'draw = "gdi"',
    ],
    disks: cowd('disk.vmdk'),
    onEsx25: 'after hardware-older disk-form controller-word nic-slow nic-connection',
  },
  {
    product: 'gsx-2',
    file: 'nt4.cfg',
    lines: [
      'config.version = "6"',
      'virtualHW.version = "2"',
      'displayName = "NT4"',
      'guestOS = "winNT"',
      'memsize = "96"',
      'scsi0.present = "TRUE"',
      'scsi0:0.present = "TRUE"',
      'scsi0:0.fileName = "disk.vmdk"',
      'scsi0:0.mode = "undoable"',
      'ethernet0.present = "TRUE"',
      'ethernet0.connectionType = "hostonly"',
    ],
    disks: cowd('disk.vmdk'),
    onEsx25: 'after hardware-older disk-form controller-word nic-slow nic-connection',
  },
  {
    product: 'workstation-4',
    file: 'server.vmx',
    lines: [
      'config.version = "7"',
      'virtualHW.version = "3"',
      'displayName = "Server"',
      'guestOS = "win2000Serv"',
      'memsize = "256"',
      'scsi0.present = "TRUE"',
      'scsi0:0.present = "TRUE"',
      'scsi0:0.fileName = "disk.vmdk"',
      'scsi0:0.redo = ""',
      'ethernet0.present = "TRUE"',
      'ethernet0.virtualDev = "vmxnet"',
      'ethernet0.addressType = "generated"',
      'ethernet0.generatedAddress = "00:0c:29:11:22:33"',
      'ethernet0.generatedAddressOffset = "0"',
    ],
    disks: sparse('disk.vmdk', 3, 'buslogic'),
    onEsx25: 'refused config-newer disk-form controller-word nic-connection',
  },
  {
    product: 'workstation-4.5',
    file: 'xp.vmx',
    lines: [
      'config.version = "7"',
      'virtualHW.version = "3"',
      'displayName = "XP"',
      'guestOS = "winXPPro"',
      'memsize = "256"',
      'scsi0.present = "TRUE"',
      'scsi0.virtualDev = "buslogic"',
      'scsi0:0.present = "TRUE"',
      'scsi0:0.fileName = "disk.vmdk"',
      'ethernet0.present = "TRUE"',
      'ethernet0.virtualDev = "vmxnet"',
      'ethernet0.connectionType = "nat"',
      'uuid.location = "56 4d 3a 5c 11 22 33 44-55 66 77 88 99 aa bb cc"',
      'uuid.bios = "56 4d 3a 5c 11 22 33 44-55 66 77 88 99 aa bb cc"',
    ],
    disks: flat('disk.vmdk', 3, 'FLAT'),
    onEsx25: 'refused config-newer disk-form controller-word nic-connection',
  },
  {
    product: 'gsx-3',
    file: 'srv2003.vmx',
    lines: [
      'config.version = "7"',
      'virtualHW.version = "3"',
      'displayName = "Server 2003"',
      'guestOS = "winNetStandard"',
      'memsize = "384"',
      'scsi0.present = "TRUE"',
      'scsi0.virtualDev = "lsilogic"',
      'scsi0:0.present = "TRUE"',
      'scsi0:0.fileName = "disk.vmdk"',
      'ethernet0.present = "TRUE"',
      'ethernet0.virtualDev = "vmxnet"',
      'ethernet0.connectionType = "bridged"',
      'priority.grabbed = "normal"',
    ],
    disks: sparse('disk.vmdk', 3, 'lsilogic'),
    onEsx25: 'refused config-newer disk-form controller-word nic-connection',
  },
  {
    product: 'workstation-5',
    file: 'lab.vmx',
    lines: [
      'config.version = "8"',
      'virtualHW.version = "4"',
      'displayName = "Lab"',
      'guestOS = "winNetEnterprise"',
      'memsize = "384"',
      'scsi0.present = "TRUE"',
      'scsi0.virtualDev = "lsilogic"',
      'scsi0:0.present = "TRUE"',
      'scsi0:0.fileName = "disk.vmdk"',
      'ethernet0.present = "TRUE"',
      'ethernet0.virtualDev = "vmxnet"',
      'tools.syncTime = "FALSE"',
      'snapshot0.present = "FALSE"',
    ],
    disks: sparse('disk.vmdk', 4, 'lsilogic'),
    onEsx25:
      'refused hardware-newer disk-hardware-newer config-newer disk-form controller-word nic-connection',
  },
  {
    product: 'workstation-5.5',
    file: 'suse.vmx',
    lines: [
      '.encoding = "UTF-8"',
      'config.version = "8"',
      'virtualHW.version = "4"',
      'displayName = "SUSE"',
      'guestOS = "suse"',
      'memsize = "512"',
      'scsi0.present = "TRUE"',
      'scsi0.virtualDev = "buslogic"',
      'scsi0:0.present = "TRUE"',
      'scsi0:0.fileName = "disk.vmdk"',
      'scsi0:0.writeThrough = "TRUE"',
      'ethernet0.present = "TRUE"',
      'ethernet0.virtualDev = "vmxnet"',
      'ethernet0.wakeOnPcktRcv = "FALSE"',
    ],
    disks: flat('disk.vmdk', 4, 'FLAT'),
    onEsx25:
      'refused hardware-newer disk-hardware-newer config-newer disk-form controller-word nic-connection',
  },
  {
    product: 'server-1.0',
    file: 'web.vmx',
    lines: [
      'config.version = "8"',
      'virtualHW.version = "4"',
      'displayName = "Web"',
      'guestOS = "rhel4"',
      'memsize = "256"',
      'scsi0.present = "TRUE"',
      'scsi0.virtualDev = "lsilogic"',
      'scsi0:0.present = "TRUE"',
      'scsi0:0.fileName = "disk.vmdk"',
      'ethernet0.present = "TRUE"',
      'ethernet0.virtualDev = "vmxnet"',
      'ethernet0.connectionType = "bridged"',
      'priority.ungrabbed = "normal"',
    ],
    disks: sparse('disk.vmdk', 4, 'lsilogic'),
    onEsx25:
      'refused hardware-newer disk-hardware-newer config-newer disk-form controller-word nic-connection',
  },
  {
    product: 'esx-2.5',
    file: 'stock.vmx',
    lines: [
      'config.version = "6"',
      'virtualHW.version = "3"',
      'displayName = "Stock"',
      'guestOS = "winNetStandard"',
      'memsize = "384"',
      'sched.mem.minsize = "192"',
      'scsi0.present = "true"',
      'scsi0.virtualDev = "vmxlsilogic"',
      'scsi0:0.present = "true"',
      'scsi0:0.name = "wrk:disk.vmdk"',
      'scsi0:0.mode = "persistent"',
      'ethernet0.present = "true"',
      'ethernet0.virtualDev = "vmxnet"',
      'ethernet0.networkName = "Local"',
    ],
    disks: [stated('disk.vmdk', new Uint8Array(512), CAPACITY + 512)],
    onEsx25: 'runs',
  },
  {
    product: 'esx-3.0',
    file: 'mail.vmx',
    lines: [
      '#!/usr/bin/vmware',
      'config.version = "8"',
      'virtualHW.version = "4"',
      'displayName = "Mail"',
      'guestOS = "winNetEnterprise"',
      'memsize = "512"',
      'sched.mem.max = "512"',
      'sched.cpu.shares = "normal"',
      'scsi0.present = "true"',
      'scsi0.virtualDev = "lsilogic"',
      'scsi0:0.present = "true"',
      'scsi0:0.fileName = "disk.vmdk"',
      'scsi0:0.deviceType = "scsi-hardDisk"',
      'ethernet0.present = "true"',
      'ethernet0.virtualDev = "vmxnet"',
      'ethernet0.networkName = "VM Network"',
    ],
    disks: flat('disk.vmdk', 4, 'VMFS'),
    onEsx25: 'refused hardware-newer disk-hardware-newer config-newer disk-form controller-word',
  },
];

const verdictOf = async (entry: (typeof CORPUS)[number], target: ProductId) => {
  const folder = await readFolder([textFile(entry.file, `${entry.lines.join('\n')}\n`), ...entry.disks]);
  expect(folder.problems).toEqual([]);
  expect(folder.machines).toHaveLength(1);
  expect(folder.machines[0]!.problems).toEqual([]);
  const verdict = evaluate(folder.machines[0]!.machine, target);
  const rules = verdict.lines.filter(({ severity }) => severity !== 'note').map(({ rule }) => rule as string);
  return { outcome: verdict.outcome, rules: [...new Set(rules)] };
};

describe.each(CORPUS)('a machine of $product', (entry) => {
  it('runs where it was made', async () => {
    expect((await verdictOf(entry, entry.product)).outcome).toBe('runs');
  });

  it(`on ESX Server 2.5: ${entry.onEsx25}`, async () => {
    const { outcome, rules } = await verdictOf(entry, 'esx-2.5');
    expect([outcome, ...rules].join(' ')).toBe(entry.onEsx25);
  });

  it('is of a generation that each product takes, or refuses, as the table says', async () => {
    const made = GENERATIONS[entry.product];
    for (const target of PRODUCT_IDS) {
      const { config, run } = GENERATIONS[target];
      const { outcome, rules } = await verdictOf(entry, target);
      expect(rules.includes('hardware-newer'), `${target}: hardware`).toBe(made.written > Math.max(...run));
      expect(rules.includes('config-newer'), `${target}: configuration`).toBe(made.config > config);
      if (made.written > Math.max(...run)) expect(outcome, target).toBe('refused');
    }
  });
});
