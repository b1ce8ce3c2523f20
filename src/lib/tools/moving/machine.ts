/**
 * A virtual machine as the rules see it: what it is made of, whoever says so. A folder of files gives one
 * (`folder.ts`); a lesson or a world may write one by hand. Plain data, so that it can be copied, kept and compared.
 *
 *   evaluate(machine, 'esx-2.5')          the verdict on one product, line by line (`evaluate.ts`)
 *   applyMend(machine, line.mends[0])     the machine after one of the mends of a line (`mend.ts`)
 *   planMends(machine, 'esx-2.5')         every mend in the order of the work, and the machine at the end (`mend.ts`)
 *
 * Names of slots and keys are those of a .vmx: `scsi0:1`, `ethernet0`. Sizes are in bytes, memory in MiB.
 */
import type { Bytes, Mebibytes } from '#lib/units';

/** Virtual SCSI controllers. The real cards: BusLogic BT-958, LSI Logic 53C1030. */
export type ScsiDevice = 'buslogic' | 'lsilogic';
export const SCSI_NAMES: Readonly<Record<ScsiDevice, string>> = {
  buslogic: 'BusLogic',
  lsilogic: 'LSI Logic',
};
export type NicDevice = 'vlance' | 'vmxnet' | 'e1000';

/**
 * How a disk lies in files. `esx-flat` is that of ESX 2: one allocated file, 512 bytes longer than the disk.
 * `legacy-sparse` begins with COWD: what ESX 2 exports, and Workstation before 4. `device` is a real disk or partition.
 */
export const DISK_FORMS = [
  'sparse',
  'split-sparse',
  'flat',
  'split-flat',
  'legacy-sparse',
  'esx-flat',
  'vmfs',
  'stream',
  'device',
] as const;
export type DiskForm = (typeof DISK_FORMS)[number];

/** Where a key stands in a text: 1-based. Keys are in lower case. */
export type Lines = Readonly<Record<string, number>>;

export interface Controller {
  /** 0 to 3: `scsi0` to `scsi3`. */
  bus: number;
  device: ScsiDevice;
  /** The value of `scsiN.virtualDev`; null when the key is absent. ESX 2 writes `vmxbuslogic`, the others `buslogic`. */
  word: string | null;
}

export interface Disk {
  /** `scsi0:0`, `ide0:1`. */
  slot: string;
  /** As the configuration names it, folder and volume included. */
  file: string;
  /** Which key names it: `fileName`, or `name` with a volume in front, as ESX 2 does. */
  key: 'fileName' | 'name';
  /** Null: not known, for the file was not given. */
  form: DiskForm | null;
  capacity: Bytes | null;
  /** What its files take now: what a copy over the network sends. */
  stored: Bytes | null;
  /** The longest of its files. */
  longest: Bytes | null;
  /** Virtual hardware that the disk itself was written for. */
  hardware: number | null;
  /** The value of `.mode`: persistent, independent-nonpersistent … Null when the key is absent. */
  mode: string | null;
  /** Holds only what changed since a snapshot. */
  isDelta: boolean;
  /** Extents that its descriptor names and that are not there. */
  missing: readonly string[];
  /** The disk's own descriptor: the file it is in, what it calls the kind of disk, and where its keys stand. */
  descriptor?: { file: string; createType: string | null; lines: Lines };
}

export interface Nic {
  /** `ethernet0`. */
  slot: string;
  /** Null: the key is absent; every product then gives a vlance. */
  device: NicDevice | null;
  /** The value of `.virtualDev`, known or not. */
  word: string | null;
  /** Hosted products: bridged (also when absent), nat, hostonly, custom. ESX: a named network. */
  connection: 'bridged' | 'nat' | 'hostonly' | 'custom' | 'network';
  /** Its name: on ESX, and of a custom connection's virtual network (`VMnet1`). */
  network: string | null;
  addressType: string | null;
  address: string | null;
}

export const EXTRA_DEVICES = ['usb', 'sound'] as const;
export type ExtraDevice = (typeof EXTRA_DEVICES)[number];

export interface Machine {
  name: string;
  /** The configuration file it was read from, and where its keys stand; both may be absent. */
  file?: string;
  lines?: Lines;
  configVersion: number | null;
  hardware: number | null;
  /** The value of `guestOS`. */
  guest: string | null;
  memory: Mebibytes | null;
  vcpus: number;
  controllers: readonly Controller[];
  disks: readonly Disk[];
  nics: readonly Nic[];
  extras: readonly ExtraDevice[];
  /** Name of the suspended state, or null. */
  suspended: string | null;
  /** What the guest has learnt to start with, whatever its system brings. */
  drivers: {
    scsi: readonly ScsiDevice[];
    /** Whether VMware Tools' network driver is installed; null: not known. */
    vmxnet: boolean | null;
  };
  /** Whether the target host has the Virtual SMP licence; absent: not known. */
  smpLicence?: boolean;
}

/** A machine with nothing in it, to write others from. */
export const EMPTY_MACHINE: Machine = {
  name: '',
  configVersion: null,
  hardware: null,
  guest: null,
  memory: null,
  vcpus: 1,
  controllers: [],
  disks: [],
  nics: [],
  extras: [],
  suspended: null,
  drivers: { scsi: [], vmxnet: null },
};

/** The bus of a slot: `scsi1:0` → 1. */
export const busOf = (slot: string): number => Number(/^\w+?(\d+):/.exec(slot)?.[1] ?? 0);
export const isIde = (slot: string): boolean => slot.startsWith('ide');
