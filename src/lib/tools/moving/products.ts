import type { Bytes, Mebibytes } from '#lib/units';
import type { DiskForm, ExtraDevice, NicDevice, ScsiDevice } from './machine';
import { guide21, KB1003746, RECALLED, type Source } from './sources';

/** One product of the family, as far as a machine that arrives can tell. */
export interface Product {
  id: ProductId;
  /** A proper name: the same in every language. */
  name: string;
  kind: 'hosted' | 'esx';
  /** The highest `config.version` that it reads, which is also the one that it writes. */
  configVersion: number;
  hardwareWritten: number;
  hardwareRun: readonly number[];
  /** Disks that it starts as they are, and those that it imports first. */
  disks: readonly DiskForm[];
  imports: readonly DiskForm[];
  ideDisks: boolean;
  controllers: readonly ScsiDevice[];
  /** In front of the name of a controller: ESX 2 writes `vmxbuslogic`. */
  controllerPrefix: '' | 'vmx';
  diskKey: 'fileName' | 'name';
  nics: readonly NicDevice[];
  maxNics: number;
  maxVcpus: number;
  /** From two processors on, a licence of its own is needed. */
  smpLicence: boolean;
  maxMemory: Mebibytes;
  /** Of one virtual SCSI disk. */
  maxDisk: Bytes;
  guests64: boolean;
  extras: readonly ExtraDevice[];
  /** Values of `.mode` that it knows. */
  modes: readonly string[];
  /** How changes are taken back. */
  undo: 'undoable disks' | 'snapshot' | 'snapshots' | 'none';
  sources: { hardware: Source; config: Source; limits: Source };
}

export const PRODUCT_IDS = [
  'esx-2.5',
  'esx-3.0',
  'gsx-2',
  'gsx-3',
  'server-1.0',
  'player-1',
  'workstation-3',
  'workstation-4',
  'workstation-4.5',
  'workstation-5',
  'workstation-5.5',
] as const;
export type ProductId = (typeof PRODUCT_IDS)[number];

const GIB: Bytes = 2 ** 30;
const HOSTED_FORMS: readonly DiskForm[] = ['sparse', 'split-sparse', 'flat', 'split-flat', 'legacy-sparse'];
const OLD_MODES = ['persistent', 'nonpersistent', 'undoable', 'append'];
const INDEPENDENT = ['persistent', 'independent-persistent', 'independent-nonpersistent'];
const OLD_SOURCES = { hardware: RECALLED, config: RECALLED, limits: RECALLED };
const KNOWN_SOURCES = { hardware: KB1003746, config: RECALLED, limits: RECALLED };

const HOSTED = {
  kind: 'hosted',
  disks: HOSTED_FORMS,
  imports: [],
  ideDisks: true,
  controllers: ['buslogic', 'lsilogic'],
  controllerPrefix: '',
  diskKey: 'fileName',
  nics: ['vlance', 'vmxnet'],
  maxNics: 3,
  maxVcpus: 1,
  smpLicence: false,
  maxMemory: 3600,
  maxDisk: 256 * GIB,
  guests64: false,
  extras: ['usb', 'sound'],
  modes: INDEPENDENT,
  undo: 'snapshot',
} as const satisfies Partial<Product>;

const GENERATION_2 = {
  ...HOSTED,
  configVersion: 6,
  hardwareWritten: 2,
  hardwareRun: [2],
  disks: ['legacy-sparse'],
  controllers: ['buslogic'],
  maxMemory: 1024,
  maxDisk: 128 * GIB,
  modes: OLD_MODES,
  undo: 'undoable disks',
  sources: OLD_SOURCES,
} as const;

const GENERATION_3 = {
  ...HOSTED,
  configVersion: 7,
  hardwareWritten: 3,
  hardwareRun: [3],
  modes: [...INDEPENDENT, 'nonpersistent', 'undoable'],
  sources: KNOWN_SOURCES,
} as const;

const GENERATION_4 = {
  ...HOSTED,
  configVersion: 8,
  hardwareWritten: 4,
  hardwareRun: [3, 4],
  nics: ['vlance', 'vmxnet', 'e1000'],
  maxVcpus: 2,
  guests64: true,
  sources: KNOWN_SOURCES,
} as const;

export const PRODUCTS: Readonly<Record<ProductId, Product>> = {
  'esx-2.5': {
    id: 'esx-2.5',
    name: 'ESX Server 2.5',
    kind: 'esx',
    configVersion: 6,
    hardwareWritten: 3,
    hardwareRun: [3],
    disks: ['esx-flat'],
    imports: ['sparse', 'split-sparse', 'flat', 'split-flat', 'legacy-sparse'],
    ideDisks: false,
    controllers: ['buslogic', 'lsilogic'],
    controllerPrefix: 'vmx',
    diskKey: 'name',
    nics: ['vlance', 'vmxnet'],
    maxNics: 4,
    maxVcpus: 2,
    smpLicence: true,
    maxMemory: 3600,
    maxDisk: 9 * 1024 * GIB,
    guests64: false,
    extras: [],
    modes: OLD_MODES,
    undo: 'undoable disks',
    sources: { hardware: KB1003746, config: RECALLED, limits: guide21(400) },
  },
  'esx-3.0': {
    id: 'esx-3.0',
    name: 'ESX Server 3.0',
    kind: 'esx',
    configVersion: 8,
    hardwareWritten: 4,
    hardwareRun: [4],
    disks: ['vmfs'],
    imports: ['sparse', 'split-sparse', 'flat', 'split-flat', 'legacy-sparse', 'esx-flat'],
    ideDisks: false,
    controllers: ['buslogic', 'lsilogic'],
    controllerPrefix: '',
    diskKey: 'fileName',
    nics: ['vlance', 'vmxnet', 'e1000'],
    maxNics: 4,
    maxVcpus: 4,
    smpLicence: true,
    maxMemory: 16_384,
    maxDisk: 2048 * GIB,
    guests64: true,
    extras: [],
    modes: INDEPENDENT,
    undo: 'snapshots',
    sources: { hardware: KB1003746, config: RECALLED, limits: { doc: 'maximums-3' } },
  },
  'gsx-2': { ...GENERATION_2, id: 'gsx-2', name: 'GSX Server 2' },
  'gsx-3': { ...GENERATION_3, id: 'gsx-3', name: 'GSX Server 3', maxNics: 4 },
  'server-1.0': { ...GENERATION_4, id: 'server-1.0', name: 'VMware Server 1.0' },
  'player-1': { ...GENERATION_4, id: 'player-1', name: 'VMware Player 1', undo: 'none' },
  'workstation-3': { ...GENERATION_2, id: 'workstation-3', name: 'Workstation 3' },
  'workstation-4': { ...GENERATION_3, id: 'workstation-4', name: 'Workstation 4', maxMemory: 1024 },
  'workstation-4.5': { ...GENERATION_3, id: 'workstation-4.5', name: 'Workstation 4.5' },
  'workstation-5': {
    ...GENERATION_4,
    id: 'workstation-5',
    name: 'Workstation 5',
    maxVcpus: 1,
    guests64: false,
    undo: 'snapshots',
  },
  'workstation-5.5': { ...GENERATION_4, id: 'workstation-5.5', name: 'Workstation 5.5', undo: 'snapshots' },
};

/** The word for a controller in this product's files. */
export const controllerWord = (product: Product, device: ScsiDevice): string =>
  product.controllerPrefix + device;
/** The newest hardware that the product runs. */
export const newestHardware = (product: Product): number => Math.max(...product.hardwareRun);
