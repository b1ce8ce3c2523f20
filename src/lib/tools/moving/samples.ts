/**
 * Machines to try without files of one's own: configurations written after each product's known keys, and the first
 * sectors of their disks, which is all that is ever read of one. The sizes of the files are stated, not stored.
 */
import { MIB_BYTES, type Bytes, type Mebibytes } from '#lib/units';
import type { Readable } from './vmdk';
import { writeVmx } from './vmx';

const SECTOR: Bytes = 512;

/** A descriptor as hosted products write it. */
export function descriptorText(options: {
  createType: string;
  extents: readonly string[];
  hardware: number;
  adapter: 'buslogic' | 'lsilogic' | 'ide';
  parentCid?: string;
  sectors: number;
}): string {
  const { createType, extents, hardware, adapter, parentCid = 'ffffffff', sectors } = options;
  return [
    '# Disk DescriptorFile',
    'version=1',
    'CID=5b7e0c2d',
    `parentCID=${parentCid}`,
    `createType="${createType}"`,
    '',
    '# Extent description',
    ...extents,
    '',
    '# The Disk Data Base ',
    '#DDB',
    '',
    `ddb.virtualHWVersion = "${hardware}"`,
    `ddb.geometry.cylinders = "${Math.min(16_383, Math.floor(sectors / (255 * 63)))}"`,
    'ddb.geometry.heads = "255"',
    'ddb.geometry.sectors = "63"',
    `ddb.adapterType = "${adapter}"`,
    '',
  ].join('\n');
}

/** The first sectors of a growing disk in one file, its descriptor in them. */
export function sparseHead(capacity: Bytes, descriptor: string): Uint8Array {
  const bytes = new Uint8Array(21 * SECTOR);
  const view = new DataView(bytes.buffer);
  const long = (offset: number, value: number) => view.setBigUint64(offset, BigInt(value), true);
  view.setUint32(0, 0x564d444b, true);
  view.setUint32(4, 1, true);
  view.setUint32(8, 3, true);
  long(12, capacity / SECTOR);
  long(20, 128);
  long(28, 1);
  long(36, 20);
  view.setUint32(44, 512, true);
  long(48, 21);
  long(56, 26);
  long(64, 128);
  bytes.set([0, 10, 32, 13, 10], 72);
  bytes.set(new TextEncoder().encode(descriptor), SECTOR);
  return bytes;
}

/** The first sector of a disk as ESX 2 exports it. */
export function cowdHead(capacity: Bytes): Uint8Array {
  const bytes = new Uint8Array(4 * SECTOR);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x44574f43, true);
  view.setUint32(4, 1, true);
  view.setUint32(8, 3, true);
  view.setUint32(12, capacity / SECTOR, true);
  view.setUint32(16, 1, true);
  view.setUint32(20, 4, true);
  return bytes;
}

/** A file whose beginning is there and whose size is stated; beyond, zeros. */
export function stated(name: string, head: Uint8Array, size: Bytes = head.length): Readable {
  return {
    name,
    size,
    read: (offset, length) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      bytes.set(head.subarray(offset, offset + bytes.length));
      return Promise.resolve(bytes);
    },
  };
}

export const textFile = (name: string, text: string): Readable =>
  stated(name, new TextEncoder().encode(text));

/** A growing disk in one file. */
function growing(
  name: string,
  capacity: Mebibytes,
  stored: Mebibytes,
  hardware: number,
  adapter: 'buslogic' | 'lsilogic' | 'ide',
): Readable {
  const sectors = (capacity * MIB_BYTES) / SECTOR;
  const base = name.split('/').at(-1)!;
  const descriptor = descriptorText({
    createType: 'monolithicSparse',
    extents: [`RW ${sectors} SPARSE "${base}"`],
    hardware,
    adapter,
    sectors,
  });
  return stated(name, sparseHead(capacity * MIB_BYTES, descriptor), stored * MIB_BYTES);
}

/** An allocated disk: a descriptor and its one flat part. */
function allocated(
  name: string,
  capacity: Mebibytes,
  hardware: number,
  adapter: 'buslogic' | 'lsilogic' | 'ide',
): Readable[] {
  const sectors = (capacity * MIB_BYTES) / SECTOR;
  const flat = name.replace(/\.vmdk$/, '-flat.vmdk');
  const text = descriptorText({
    createType: 'monolithicFlat',
    extents: [`RW ${sectors} FLAT "${flat.split('/').at(-1)}" 0`],
    hardware,
    adapter,
    sectors,
  });
  return [textFile(name, text), stated(flat, new Uint8Array(SECTOR), capacity * MIB_BYTES)];
}

const settings = (pairs: Readonly<Record<string, string>>) =>
  Object.entries(pairs).map(([key, value]) => ({ key, value }));

/** Disks of the story's first machine, from its own listing: capacity in MiB. */
const STORY_DISKS = [
  ['bootC', 8192, 3170],
  ['netE', 1024, 212],
  ['risF', 8192, 4480],
  ['remboG', 8192, 2035],
  ['ghostH', 8192, 5120],
  ['tmpJ', 8192, 96],
] as const;

function storyMachine(): Readable[] {
  const disks: Record<string, string> = {};
  STORY_DISKS.forEach(([partition], i) => {
    // Target 7 is the controller's own; six disks do not reach it.
    disks[`scsi0:${i}.present`] = 'TRUE';
    disks[`scsi0:${i}.fileName`] = `w2k3srv-risghost-${partition}.vmdk`;
  });
  const vmx = writeVmx(
    settings({
      'config.version': '8',
      'virtualHW.version': '4',
      displayName: 'w2k3srv-risghost',
      guestOS: 'winNetStandard',
      memsize: '512',
      'scsi0.present': 'TRUE',
      'scsi0.virtualDev': 'buslogic',
      ...disks,
      'ide1:0.present': 'TRUE',
      'ide1:0.deviceType': 'cdrom-raw',
      'ide1:0.fileName': 'auto detect',
      'floppy0.present': 'FALSE',
      'ethernet0.present': 'TRUE',
      'ethernet0.connectionType': 'custom',
      'ethernet0.vnet': 'VMnet1',
      'ethernet0.addressType': 'generated',
      'ethernet0.generatedAddress': '00:0c:29:5e:41:07',
      'ethernet0.generatedAddressOffset': '0',
      'usb.present': 'TRUE',
      'sound.present': 'TRUE',
      'sound.autodetect': 'TRUE',
    }),
  );
  return [
    textFile('risghost/w2k3srv-risghost.vmx', `#!/usr/bin/vmware\n${vmx}`),
    ...STORY_DISKS.map(([partition, capacity, stored]) =>
      growing(`risghost/w2k3srv-risghost-${partition}.vmdk`, capacity, stored, 4, 'buslogic'),
    ),
  ];
}

function workstation45(): Readable[] {
  return [
    textFile(
      'xp-pxe/xp-pxe.vmx',
      writeVmx(
        settings({
          'config.version': '7',
          'virtualHW.version': '3',
          displayName: 'XP PXE',
          guestOS: 'winXPPro',
          memsize: '256',
          'scsi0.present': 'TRUE',
          'scsi0:0.present': 'TRUE',
          'scsi0:0.fileName': 'xp-pxe.vmdk',
          'scsi0:0.mode': 'independent-persistent',
          'ethernet0.present': 'TRUE',
          'ethernet0.virtualDev': 'vmxnet',
          'ethernet0.addressType': 'generated',
          'ethernet0.generatedAddress': '00:0c:29:1b:77:c0',
        }),
      ),
    ),
    ...allocated('xp-pxe/xp-pxe.vmdk', 4000, 3, 'buslogic'),
  ];
}

function ideLinux(): Readable[] {
  return [
    textFile(
      'ubuntu/ubuntu.vmx',
      writeVmx(
        settings({
          'config.version': '8',
          'virtualHW.version': '4',
          displayName: 'Ubuntu',
          guestOS: 'ubuntu-64',
          memsize: '768',
          'ide0:0.present': 'TRUE',
          'ide0:0.fileName': 'ubuntu.vmdk',
          'checkpoint.vmState': 'ubuntu.vmss',
          'ethernet0.present': 'TRUE',
          'ethernet0.virtualDev': 'e1000',
          'ethernet0.connectionType': 'nat',
          'ethernet0.addressType': 'static',
          'ethernet0.address': '00:16:3e:12:34:56',
        }),
      ),
    ),
    growing('ubuntu/ubuntu.vmdk', 8192, 2210, 4, 'ide'),
  ];
}

/** The story's production server, as ESX 2.5 keeps it: for the way back. */
function esxServer(): Readable[] {
  return [
    textFile(
      'wus/stisrv5-w2k3srv-wus.vmx',
      writeVmx(
        settings({
          'config.version': '6',
          'virtualHW.version': '3',
          displayName: 'stisrv5-w2k3srv-wus',
          guestOS: 'winNetStandard',
          memsize: '640',
          'scsi0.present': 'TRUE',
          'scsi0.virtualDev': 'vmxlsilogic',
          'scsi0:0.present': 'TRUE',
          'scsi0:0.name': 'wrk:stisrv5-w2k3srv-wus-bootC.vmdk',
          'scsi0:0.mode': 'persistent',
          'scsi0:1.present': 'TRUE',
          'scsi0:1.name': 'wrk:stisrv5-w2k3srv-wus-patchE.vmdk',
          'scsi0:1.mode': 'persistent',
          'ethernet0.present': 'TRUE',
          'ethernet0.virtualDev': 'vmxnet',
          'ethernet0.networkName': 'Réal',
          'ethernet0.addressType': 'generated',
          'ethernet0.generatedAddress': '00:0c:29:23:1a:57',
        }),
      ),
    ),
    stated('wus/stisrv5-w2k3srv-wus-bootC.vmdk', new Uint8Array(SECTOR), 6000 * MIB_BYTES + 512),
    stated('wus/stisrv5-w2k3srv-wus-patchE.vmdk', new Uint8Array(SECTOR), 102_400 * MIB_BYTES + 512),
  ];
}

function gsx2(): Readable[] {
  return [
    textFile(
      'nt4/nt4.cfg',
      writeVmx(
        settings({
          'config.version': '6',
          'virtualHW.version': '2',
          displayName: 'NT4 print server',
          guestOS: 'winNT',
          memsize: '128',
          'scsi0.present': 'TRUE',
          'scsi0:0.present': 'TRUE',
          'scsi0:0.fileName': 'nt4.vmdk',
          'scsi0:0.mode': 'undoable',
          'ethernet0.present': 'TRUE',
          'ethernet0.connectionType': 'bridged',
        }),
      ),
    ),
    stated('nt4/nt4.vmdk', cowdHead(2000 * MIB_BYTES), 900 * MIB_BYTES),
  ];
}

export const SAMPLES = {
  story: storyMachine,
  'workstation-4.5': workstation45,
  'ide-64-bit': ideLinux,
  'esx-2.5': esxServer,
  'gsx-2': gsx2,
} as const;
export type SampleId = keyof typeof SAMPLES;
export const SAMPLE_IDS = Object.keys(SAMPLES) as SampleId[];
