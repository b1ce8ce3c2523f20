/**
 * The rules as data: what each looks for, what it rests on, how bad it is and what mends it. Their order is the order
 * of the work: a machine is switched off, learns its new controller where it still starts, is converted, and then its
 * disks are imported.
 */
import { MIB_BYTES, type Bytes } from '#lib/units';
import { CONVERTERS, type ConverterId } from './converters';
import { is64Bit, type Guest } from './guests';
import {
  busOf,
  isIde,
  type Controller,
  type Disk,
  type ExtraDevice,
  type Machine,
  type Nic,
  type ScsiDevice,
} from './machine';
import { controllerWord, newestHardware, type Product } from './products';
import { ARTICLE, guide25, guide21, IMPORTER, RECALLED, type Source } from './sources';
import { vmfsBytes } from './sizes';

/**
 * What happens without the mend. `refused`: the product will not have the machine as it is. `after`: it runs after a
 * step that every move has. `badly`: it runs, badly. `note`: it runs; know this.
 */
export const SEVERITIES = ['refused', 'after', 'badly', 'note'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A key to write (`to`) or to take out (`to: null`) in the configuration. */
export interface KeyChange {
  key: string;
  from: string | null;
  to: string | null;
}

export const MEND_CODES = [
  'resume-and-stop',
  'commit-snapshot',
  'convert',
  'upgrade',
  'write-versions',
  'clone-to-scsi',
  'move-slot',
  'import-disk',
  'export-disk',
  'name-disk',
  'write-mode',
  'second-controller',
  'name-controller',
  'use-vmxnet',
  'use-vlance',
  'connect-network',
  'renew-address',
  'remove-nic',
  'remove-device',
  'reduce-memory',
  'write-memory',
  'reduce-vcpus',
  'get-licence',
  'give-files',
  'install-afresh',
] as const;
export type MendCode = (typeof MEND_CODES)[number];

/** One way out. `applyMend` does it to a machine; `changes` are the same for its file. */
export interface Mend {
  code: MendCode;
  /** The part it is about: a slot, or a device. */
  slot?: string;
  changes: readonly KeyChange[];
  /** A line for the service console. */
  command?: string;
  converter?: ConverterId;
  /** The controller that takes over. */
  device?: ScsiDevice;
  /** A value it writes: memory in MiB, processors, hardware. */
  value?: number;
}

/** What a line rests on: a key and its value; the file and line where they stand, when they were read from one. */
export interface Rest {
  key: string;
  value: string;
  file: string | null;
  line: number | null;
}

export interface Finding {
  /** The part that it is about, or null for the whole machine. */
  subject: string | null;
  rests: readonly Rest[];
  /** What its words name. */
  args: Readonly<Record<string, string | number>>;
  mends: readonly Mend[];
}

/** Names on the target that the machine's own files cannot know. */
export interface TargetNames {
  /** Label of the VMFS volume. */
  volume: string;
  /** Network of each kind of connection of a hosted product. */
  networks: Readonly<Record<'bridged' | 'nat' | 'hostonly' | 'custom', string>>;
}

/** The story's names. */
export const STORY_NAMES: TargetNames = {
  volume: 'wrk',
  networks: { bridged: 'Réal', nat: 'Nat', hostonly: 'Local', custom: 'VMnet1' },
};

export interface Asked {
  machine: Machine;
  product: Product;
  guest: Guest | null;
  names: TargetNames;
}

export interface Rule {
  code: RuleCode;
  severity: Severity;
  source: (product: Product) => Source;
  find: (asked: Asked) => readonly Finding[];
}

export const RULE_CODES = [
  'suspended',
  'snapshot-pending',
  'disk-missing',
  'hardware-newer',
  'hardware-older',
  'hardware-unsaid',
  'disk-hardware-newer',
  'config-newer',
  'guest-64-bit',
  'raw-device',
  'ide-disk',
  'reserved-slot',
  'disk-form',
  'disk-form-unknown',
  'disk-name',
  'disk-too-large',
  'disk-mode',
  'grows-to-full',
  'over-2-gb',
  'controller-unsupported',
  'controller-other',
  'controller-driver',
  'controller-word',
  'too-many-cards',
  'nics-too-many',
  'nic-unsupported',
  'nic-slow',
  'nic-driver',
  'nic-connection',
  'no-nat-no-dhcp',
  'address-refused',
  'address-changes',
  'device-absent',
  'memory-too-large',
  'memory-unsaid',
  'vcpus-too-many',
  'vcpus-licence',
  'guest-unknown',
] as const;
export type RuleCode = (typeof RULE_CODES)[number];

const CONSOLE_FILE_LIMIT: Bytes = 2 * 1024 * MIB_BYTES;
const PCI_CARDS = 5;

const change = (key: string, from: string | number | null, to: string | number | null): KeyChange => ({
  key,
  from: from === null ? null : String(from),
  to: to === null ? null : String(to),
});

/** A key of the configuration. */
const key = (machine: Machine, name: string, value: string | number | null): Rest => ({
  key: name,
  value: value === null ? '' : String(value),
  file: machine.file ?? null,
  line: machine.lines?.[name.toLowerCase()] ?? null,
});

/** A key of a disk's own descriptor. */
const diskKey = (disk: Disk, name: string, value: string | number | null): Rest => ({
  key: name,
  value: value === null ? '' : String(value),
  file: disk.descriptor?.file ?? disk.file,
  line: disk.descriptor?.lines[name.toLowerCase()] ?? null,
});

/** What a descriptor calls its disk; headers of other kinds have no such key. */
const createType = (disk: Disk): Rest[] =>
  disk.descriptor ? [diskKey(disk, 'createType', disk.descriptor.createType)] : [];

const naming = (machine: Machine, disk: Disk): Rest => key(machine, `${disk.slot}.${disk.key}`, disk.file);

/** The file's own name, without volume and folders. */
export const baseName = (path: string): string =>
  path
    .split(/[/\\]/)
    .at(-1)!
    .replace(/^[^:]*:/, '');

/** Where a disk's controller sits. */
export const controllerOf = (machine: Machine, slot: string): Controller | null =>
  isIde(slot) ? null : (machine.controllers.find(({ bus }) => bus === busOf(slot)) ?? null);

const used = (machine: Machine): Controller[] =>
  machine.controllers.filter(({ bus }) =>
    machine.disks.some(({ slot }) => !isIde(slot) && busOf(slot) === bus),
  );

const bring = (asked: Asked, hardware: number): Mend[] => {
  const { machine, product, guest } = asked;
  const mends: Mend[] = [];
  const changes = [
    change('virtualHW.version', machine.hardware, hardware),
    change('config.version', machine.configVersion, product.configVersion),
  ];
  if (hardware === 3 && CONVERTERS['vm-importer'].takes(machine, guest))
    mends.push({ code: 'convert', converter: 'vm-importer', value: hardware, changes });
  mends.push({ code: 'install-afresh', value: hardware, changes: [] });
  return mends;
};

/** The disk as the target's configuration would name it. */
export const nameOnTarget = (product: Product, names: TargetNames, disk: Disk): string => {
  // Pieces and the -flat part belong to hosted products; VMFS has one file and no folders.
  const base = baseName(disk.file);
  return product.diskKey === 'name' ? `${names.volume}:${base}` : base;
};

const rename = (product: Product, names: TargetNames, disk: Disk): KeyChange[] => {
  const to = nameOnTarget(product, names, disk);
  return disk.key === product.diskKey
    ? disk.file === to
      ? []
      : [change(`${disk.slot}.${disk.key}`, disk.file, to)]
    : [
        change(`${disk.slot}.${disk.key}`, disk.file, null),
        change(`${disk.slot}.${product.diskKey}`, null, to),
      ];
};

const secondController = (product: Product, { bus, word }: Controller, device: ScsiDevice): Mend => ({
  code: 'second-controller',
  slot: `scsi${bus}`,
  device,
  changes: [change(`scsi${bus}.virtualDev`, word, controllerWord(product, device))],
});

const controllerRest = (machine: Machine, { bus, device, word }: Controller): Rest =>
  key(machine, `scsi${bus}.virtualDev`, word ?? `(${device})`);

const nicRest = (machine: Machine, nic: Nic): Rest =>
  key(machine, `${nic.slot}.virtualDev`, nic.word ?? '(vlance)');

const each = <T>(items: readonly T[], find: (item: T) => Finding | null): Finding[] =>
  items.flatMap((item) => find(item) ?? []);

/** Whether ESX gives this guest another controller than the one that its disks are on. */
const isReplaced = (
  machine: Machine,
  product: Product,
  guest: Guest | null,
  controller: Controller,
): boolean =>
  product.kind === 'esx' &&
  guest?.esxController === 'lsilogic' &&
  controller.device === 'buslogic' &&
  used(machine).includes(controller);

/** 00:50:56:00:00:00 to 00:50:56:3F:FF:FF: the only addresses that may be written by hand. */
const MANUAL_ADDRESS = /^00:50:56:[0-3][0-9a-f](:[0-9a-f]{2}){2}$/i;

const toVmxnet = (nic: Nic): Mend => ({
  code: 'use-vmxnet',
  slot: nic.slot,
  changes: [change(`${nic.slot}.virtualDev`, nic.word, 'vmxnet')],
});

export const RULES: readonly Rule[] = [
  {
    code: 'suspended',
    severity: 'refused',
    source: () => IMPORTER,
    find: ({ machine }) =>
      machine.suspended === null
        ? []
        : [
            {
              subject: null,
              rests: [key(machine, 'checkpoint.vmState', machine.suspended)],
              args: { file: machine.suspended },
              mends: [
                {
                  code: 'resume-and-stop',
                  changes: [change('checkpoint.vmState', machine.suspended, null)],
                },
              ],
            },
          ],
  },
  {
    code: 'snapshot-pending',
    severity: 'refused',
    source: () => RECALLED,
    find: ({ machine }) =>
      each(machine.disks, (disk) =>
        disk.isDelta
          ? {
              subject: disk.slot,
              rests: [naming(machine, disk)],
              args: { file: baseName(disk.file) },
              mends: [
                {
                  code: 'commit-snapshot',
                  slot: disk.slot,
                  changes: [change(`${disk.slot}.${disk.key}`, disk.file, wholeDisk(disk.file))],
                },
              ],
            }
          : null,
      ),
  },
  {
    code: 'disk-missing',
    severity: 'refused',
    source: () => RECALLED,
    find: ({ machine }) =>
      each(machine.disks, (disk) =>
        disk.missing.length > 0
          ? {
              subject: disk.slot,
              rests: [diskKey(disk, 'extent', disk.missing[0]!)],
              args: { file: disk.missing.slice(0, 3).join(', '), n: disk.missing.length },
              mends: [{ code: 'give-files', slot: disk.slot, changes: [] }],
            }
          : null,
      ),
  },
  {
    code: 'controller-unsupported',
    severity: 'refused',
    source: () => RECALLED,
    find: ({ machine, product }) =>
      each(used(machine), (controller) =>
        product.controllers.includes(controller.device)
          ? null
          : {
              subject: `scsi${controller.bus}`,
              rests: [controllerRest(machine, controller)],
              args: { device: controller.device, product: product.name },
              mends: [secondController(product, controller, product.controllers[0]!)],
            },
      ),
  },
  {
    code: 'controller-other',
    severity: 'refused',
    source: () => ARTICLE,
    find: ({ machine, product, guest }) =>
      guest === null
        ? []
        : each(used(machine), (controller) =>
            isReplaced(machine, product, guest, controller)
              ? {
                  subject: `scsi${controller.bus}`,
                  rests: [controllerRest(machine, controller), key(machine, 'guestOS', machine.guest)],
                  args: { guest: guest.name, product: product.name },
                  mends: [secondController(product, controller, 'lsilogic')],
                }
              : null,
          ),
  },
  {
    code: 'controller-driver',
    severity: 'refused',
    source: () => ARTICLE,
    find: ({ machine, product }) =>
      machine.drivers.scsi.length === 0
        ? []
        : each(used(machine), (controller) =>
            machine.drivers.scsi.includes(controller.device)
              ? null
              : {
                  subject: `scsi${controller.bus}`,
                  rests: [controllerRest(machine, controller)],
                  args: { device: controller.device },
                  mends: [secondController(product, controller, controller.device)],
                },
          ),
  },
  {
    code: 'hardware-newer',
    severity: 'refused',
    source: (product) => product.sources.hardware,
    find: (asked) => {
      const { machine, product } = asked;
      const newest = newestHardware(product);
      if (machine.hardware === null || machine.hardware <= newest) return [];
      return [
        {
          subject: null,
          rests: [key(machine, 'virtualHW.version', machine.hardware)],
          args: { hardware: machine.hardware, newest, product: product.name },
          mends: bring(asked, newest),
        },
      ];
    },
  },
  {
    code: 'hardware-older',
    severity: 'after',
    source: (product) => product.sources.hardware,
    find: ({ machine, product }) => {
      const { hardware } = machine;
      if (hardware === null || hardware > newestHardware(product) || product.hardwareRun.includes(hardware))
        return [];
      return [
        {
          subject: null,
          rests: [key(machine, 'virtualHW.version', hardware)],
          args: { hardware, written: product.hardwareWritten, product: product.name },
          mends: [
            {
              code: 'upgrade',
              value: product.hardwareWritten,
              changes: [
                change('virtualHW.version', hardware, product.hardwareWritten),
                change('config.version', machine.configVersion, product.configVersion),
              ],
            },
          ],
        },
      ];
    },
  },
  {
    code: 'hardware-unsaid',
    severity: 'after',
    source: () => RECALLED,
    find: ({ machine, product }) => {
      const missing = [
        ...(machine.configVersion === null ? ['config.version'] : []),
        ...(machine.hardware === null ? ['virtualHW.version'] : []),
      ];
      if (missing.length === 0) return [];
      return [
        {
          subject: null,
          rests: missing.map((name) => key(machine, name, null)),
          args: { keys: missing.join(', ') },
          mends: [
            {
              code: 'write-versions',
              changes: missing.map((name) =>
                change(
                  name,
                  null,
                  name === 'config.version' ? product.configVersion : product.hardwareWritten,
                ),
              ),
            },
          ],
        },
      ];
    },
  },
  {
    code: 'disk-hardware-newer',
    severity: 'refused',
    source: () => IMPORTER,
    find: (asked) => {
      const newest = newestHardware(asked.product);
      return each(asked.machine.disks, (disk) =>
        disk.hardware !== null && disk.hardware > newest && disk.form !== 'device'
          ? {
              subject: disk.slot,
              rests: [diskKey(disk, 'ddb.virtualHWVersion', disk.hardware)],
              args: { hardware: disk.hardware, newest, product: asked.product.name },
              mends: bring(asked, newest),
            }
          : null,
      );
    },
  },
  {
    code: 'config-newer',
    severity: 'refused',
    source: (product) => product.sources.config,
    find: ({ machine, product }) =>
      machine.configVersion !== null && machine.configVersion > product.configVersion
        ? [
            {
              subject: null,
              rests: [key(machine, 'config.version', machine.configVersion)],
              args: {
                version: machine.configVersion,
                newest: product.configVersion,
                product: product.name,
              },
              mends: [
                {
                  code: 'write-versions',
                  changes: [change('config.version', machine.configVersion, product.configVersion)],
                },
              ],
            },
          ]
        : [],
  },
  {
    code: 'guest-64-bit',
    severity: 'refused',
    source: () => RECALLED,
    find: ({ machine, product }) =>
      is64Bit(machine.guest) && !product.guests64
        ? [
            {
              subject: null,
              rests: [key(machine, 'guestOS', machine.guest)],
              args: { product: product.name },
              mends: [{ code: 'install-afresh', changes: [] }],
            },
          ]
        : [],
  },
  {
    code: 'raw-device',
    severity: 'refused',
    source: () => RECALLED,
    find: ({ machine, guest }) =>
      each(machine.disks, (disk) =>
        disk.form === 'device'
          ? {
              subject: disk.slot,
              rests: [naming(machine, disk), ...createType(disk)],
              args: { file: baseName(disk.file) },
              mends: cloned(machine, guest, disk),
            }
          : null,
      ),
  },
  {
    code: 'ide-disk',
    severity: 'refused',
    source: () => ARTICLE,
    find: ({ machine, product, guest }) =>
      product.ideDisks
        ? []
        : each(machine.disks, (disk) =>
            isIde(disk.slot)
              ? {
                  subject: disk.slot,
                  rests: [naming(machine, disk)],
                  args: { product: product.name, file: baseName(disk.file) },
                  mends: cloned(machine, guest, disk),
                }
              : null,
          ),
  },
  {
    code: 'reserved-slot',
    severity: 'refused',
    source: () => RECALLED,
    find: ({ machine }) =>
      each(machine.disks, (disk) => {
        if (!/^scsi\d+:7$/.test(disk.slot)) return null;
        const to = freeSlot(machine, busOf(disk.slot));
        return {
          subject: disk.slot,
          rests: [naming(machine, disk)],
          args: {},
          mends: to ? [{ code: 'move-slot', slot: disk.slot, changes: moved(disk, to) }] : [],
        };
      }),
  },
  {
    code: 'disk-form',
    severity: 'after',
    source: (product) => (product.kind === 'esx' ? ARTICLE : RECALLED),
    find: ({ machine, product, names }) =>
      each(machine.disks, (disk) => {
        if (disk.form === null || disk.form === 'device' || product.disks.includes(disk.form)) return null;
        const base = baseName(disk.file);
        const imports = product.imports.includes(disk.form);
        const esx = product.kind === 'esx';
        const mend: Mend = imports
          ? {
              code: 'import-disk',
              slot: disk.slot,
              converter: 'vmkfstools',
              command: `vmkfstools -i ${shellWord(base)} ${shellWord(`${names.volume}:${base}`)}`,
              changes: rename(product, names, disk),
            }
          : {
              code: 'export-disk',
              slot: disk.slot,
              converter: 'vmkfstools',
              command: `vmkfstools -e ${shellWord(base)} ${shellWord(`${names.volume}:${base}`)}`,
              changes: rename(product, names, disk),
            };
        const exportable = disk.form === 'esx-flat' || disk.form === 'vmfs';
        return {
          subject: disk.slot,
          rests: [naming(machine, disk), ...createType(disk)],
          args: { form: disk.form, file: base, product: product.name },
          // What came from a newer VMFS, or a stream, goes through a hosted product first.
          mends: imports || (exportable && !esx) ? [mend] : [{ code: 'install-afresh', changes: [] }],
        };
      }),
  },
  {
    code: 'disk-form-unknown',
    severity: 'note',
    source: () => RECALLED,
    find: ({ machine }) =>
      each(machine.disks, (disk) =>
        disk.form === null
          ? {
              subject: disk.slot,
              rests: [naming(machine, disk)],
              args: { file: baseName(disk.file) },
              mends: [{ code: 'give-files', slot: disk.slot, changes: [] }],
            }
          : null,
      ),
  },
  {
    code: 'disk-name',
    severity: 'after',
    source: () => guide25(52),
    find: ({ machine, product, names }) =>
      each(machine.disks, (disk) =>
        // A disk that is imported gets its name there.
        disk.key !== product.diskKey &&
        !isIde(disk.slot) &&
        (disk.form === null || product.disks.includes(disk.form))
          ? {
              subject: disk.slot,
              rests: [naming(machine, disk)],
              args: { key: `${disk.slot}.${product.diskKey}`, product: product.name },
              mends: [{ code: 'name-disk', slot: disk.slot, changes: rename(product, names, disk) }],
            }
          : null,
      ),
  },
  {
    code: 'disk-too-large',
    severity: 'refused',
    source: (product) => (product.kind === 'esx' ? ARTICLE : RECALLED),
    find: ({ machine, product }) =>
      each(machine.disks, (disk) =>
        disk.capacity !== null && disk.capacity > product.maxDisk
          ? {
              subject: disk.slot,
              rests: [naming(machine, disk)],
              args: { gib: product.maxDisk / 2 ** 30, product: product.name },
              mends: [{ code: 'install-afresh', changes: [] }],
            }
          : null,
      ),
  },
  {
    code: 'disk-mode',
    severity: 'after',
    source: () => RECALLED,
    find: ({ machine, product }) =>
      each(machine.disks, (disk) =>
        disk.mode !== null && !product.modes.includes(disk.mode.toLowerCase())
          ? {
              subject: disk.slot,
              rests: [key(machine, `${disk.slot}.mode`, disk.mode)],
              args: { mode: disk.mode, product: product.name, modes: product.modes.join(', ') },
              mends: [
                {
                  code: 'write-mode',
                  slot: disk.slot,
                  changes: [change(`${disk.slot}.mode`, disk.mode, plainMode(disk.mode, product))],
                },
              ],
            }
          : null,
      ),
  },
  {
    code: 'grows-to-full',
    severity: 'note',
    source: () => ARTICLE,
    find: ({ machine, product }) =>
      product.kind !== 'esx'
        ? []
        : each(machine.disks, (disk) =>
            disk.capacity !== null && disk.stored !== null && disk.stored < disk.capacity
              ? {
                  subject: disk.slot,
                  rests: [naming(machine, disk)],
                  args: { stored: disk.stored, full: vmfsBytes(disk.capacity) },
                  mends: [],
                }
              : null,
          ),
  },
  {
    code: 'over-2-gb',
    severity: 'note',
    source: () => guide25(234),
    find: ({ machine, product }) =>
      product.id !== 'esx-2.5'
        ? []
        : each(machine.disks, (disk) =>
            disk.longest !== null && disk.longest > CONSOLE_FILE_LIMIT && disk.form !== 'esx-flat'
              ? {
                  subject: disk.slot,
                  rests: [naming(machine, disk)],
                  args: { longest: disk.longest },
                  mends: [],
                }
              : null,
          ),
  },
  {
    code: 'controller-word',
    severity: 'after',
    source: () => ({ doc: 'howto' }),
    find: ({ machine, product, guest }) =>
      each(machine.controllers, (controller) => {
        const { bus, device, word } = controller;
        // Where another takes over, its name is written with it.
        if (isReplaced(machine, product, guest, controller)) return null;
        const right = controllerWord(product, device);
        if (word === right || (word === null && product.kind === 'hosted')) return null;
        return {
          subject: `scsi${bus}`,
          rests: [controllerRest(machine, controller)],
          args: { word: word ?? '', right, product: product.name },
          mends: [
            {
              code: 'name-controller',
              slot: `scsi${bus}`,
              changes: [change(`scsi${bus}.virtualDev`, word, right)],
            },
          ],
        };
      }),
  },
  {
    code: 'too-many-cards',
    severity: 'refused',
    source: () => RECALLED,
    find: ({ machine, product }) => {
      const cards = machine.controllers.length + machine.nics.length;
      if (product.kind !== 'esx' || cards <= PCI_CARDS) return [];
      const last = machine.nics.at(-1);
      return [
        {
          subject: null,
          rests: [
            ...machine.controllers.map((c) => controllerRest(machine, c)),
            ...machine.nics.map((n) => nicRest(machine, n)),
          ],
          args: { cards, max: PCI_CARDS },
          mends: last ? [withoutNic(last)] : [],
        },
      ];
    },
  },
  {
    code: 'nics-too-many',
    severity: 'refused',
    source: (product) => product.sources.limits,
    find: ({ machine, product }) =>
      each(machine.nics.slice(product.maxNics), (nic) => ({
        subject: nic.slot,
        rests: [key(machine, `${nic.slot}.present`, 'TRUE')],
        args: { max: product.maxNics, product: product.name },
        mends: [withoutNic(nic)],
      })),
  },
  {
    code: 'nic-unsupported',
    severity: 'after',
    source: () => RECALLED,
    find: ({ machine, product }) =>
      each(machine.nics, (nic) => {
        if (nic.word === null || (nic.device !== null && product.nics.includes(nic.device))) return null;
        const vlance: Mend = {
          code: 'use-vlance',
          slot: nic.slot,
          changes: [change(`${nic.slot}.virtualDev`, nic.word, 'vlance')],
        };
        return {
          subject: nic.slot,
          rests: [nicRest(machine, nic)],
          args: { device: nic.word, product: product.name, known: product.nics.join(', ') },
          mends: [toVmxnet(nic), vlance],
        };
      }),
  },
  {
    code: 'nic-slow',
    severity: 'badly',
    source: () => ARTICLE,
    find: ({ machine, product }) =>
      product.kind !== 'esx'
        ? []
        : each(machine.nics, (nic) =>
            nic.word === null || nic.device === 'vlance'
              ? {
                  subject: nic.slot,
                  rests: [nicRest(machine, nic)],
                  args: {},
                  mends: [toVmxnet(nic)],
                }
              : null,
          ),
  },
  {
    code: 'nic-driver',
    severity: 'badly',
    source: () => ARTICLE,
    find: ({ machine }) =>
      machine.drivers.vmxnet !== false
        ? []
        : each(machine.nics, (nic) =>
            nic.device === 'vmxnet'
              ? { subject: nic.slot, rests: [nicRest(machine, nic)], args: {}, mends: [toVmxnet(nic)] }
              : null,
          ),
  },
  {
    code: 'nic-connection',
    severity: 'after',
    source: () => RECALLED,
    find: ({ machine, product, names }) =>
      each(machine.nics, (nic) => {
        const onEsx = nic.connection === 'network';
        if (onEsx === (product.kind === 'esx')) return null;
        const { connection } = nic;
        const changes = [
          change(`${nic.slot}.connectionType`, onEsx ? null : connection, onEsx ? 'bridged' : null),
          change(`${nic.slot}.vnet`, onEsx ? null : nic.network, null),
          change(`${nic.slot}.devName`, null, null),
          change(
            `${nic.slot}.networkName`,
            onEsx ? nic.network : null,
            connection === 'network' ? null : names.networks[connection],
          ),
        ];
        return {
          subject: nic.slot,
          rests: [
            onEsx
              ? key(machine, `${nic.slot}.networkName`, nic.network)
              : key(machine, `${nic.slot}.connectionType`, connection),
          ],
          args: { connection, product: product.name },
          mends: [{ code: 'connect-network', slot: nic.slot, changes }],
        };
      }),
  },
  {
    code: 'no-nat-no-dhcp',
    severity: 'note',
    source: () => ARTICLE,
    find: ({ machine, product }) =>
      product.kind !== 'esx'
        ? []
        : each(machine.nics, (nic) =>
            nic.connection === 'nat' || nic.connection === 'hostonly'
              ? {
                  subject: nic.slot,
                  rests: [key(machine, `${nic.slot}.connectionType`, nic.connection)],
                  args: { connection: nic.connection },
                  mends: [],
                }
              : null,
          ),
  },
  {
    code: 'address-refused',
    severity: 'refused',
    source: () => guide25(301),
    find: ({ machine }) =>
      each(machine.nics, (nic) => {
        if (nic.addressType?.toLowerCase() !== 'static' || MANUAL_ADDRESS.test(nic.address ?? ''))
          return null;
        return {
          subject: nic.slot,
          rests: [key(machine, `${nic.slot}.address`, nic.address)],
          args: { address: nic.address ?? '' },
          mends: [
            {
              code: 'renew-address',
              slot: nic.slot,
              changes: [
                change(`${nic.slot}.addressType`, nic.addressType, 'generated'),
                change(`${nic.slot}.address`, nic.address, null),
              ],
            },
          ],
        };
      }),
  },
  {
    code: 'address-changes',
    severity: 'note',
    source: () => guide21(355),
    find: ({ machine }) =>
      each(machine.nics, (nic) =>
        nic.addressType?.toLowerCase() === 'generated' && nic.address
          ? {
              subject: nic.slot,
              rests: [key(machine, `${nic.slot}.generatedAddress`, nic.address)],
              args: { address: nic.address },
              mends: [],
            }
          : null,
      ),
  },
  {
    code: 'device-absent',
    severity: 'after',
    source: () => RECALLED,
    find: ({ machine, product }) =>
      each(machine.extras, (extra: ExtraDevice) =>
        product.extras.includes(extra)
          ? null
          : {
              subject: extra,
              rests: [key(machine, `${extra}.present`, 'TRUE')],
              args: { device: extra, product: product.name },
              mends: [
                {
                  code: 'remove-device',
                  slot: extra,
                  changes: [change(`${extra}.present`, 'TRUE', 'FALSE')],
                },
              ],
            },
      ),
  },
  {
    code: 'memory-too-large',
    severity: 'refused',
    source: (product) => product.sources.limits,
    find: ({ machine, product }) =>
      machine.memory !== null && machine.memory > product.maxMemory
        ? [
            {
              subject: null,
              rests: [key(machine, 'memsize', machine.memory)],
              args: { memory: machine.memory, max: product.maxMemory, product: product.name },
              mends: [
                {
                  code: 'reduce-memory',
                  value: product.maxMemory,
                  changes: [change('memsize', machine.memory, product.maxMemory)],
                },
              ],
            },
          ]
        : [],
  },
  {
    code: 'memory-unsaid',
    severity: 'note',
    source: () => RECALLED,
    find: ({ machine }) =>
      machine.memory === null
        ? [
            {
              subject: null,
              rests: [key(machine, 'memsize', null)],
              args: {},
              mends: [{ code: 'write-memory', value: 256, changes: [change('memsize', null, 256)] }],
            },
          ]
        : [],
  },
  {
    code: 'vcpus-too-many',
    severity: 'refused',
    source: (product) => product.sources.limits,
    find: ({ machine, product }) =>
      machine.vcpus > product.maxVcpus
        ? [
            {
              subject: null,
              rests: [key(machine, 'numvcpus', machine.vcpus)],
              args: { vcpus: machine.vcpus, max: product.maxVcpus, product: product.name },
              mends: [
                {
                  code: 'reduce-vcpus',
                  value: product.maxVcpus,
                  changes: [change('numvcpus', machine.vcpus, product.maxVcpus)],
                },
              ],
            },
          ]
        : [],
  },
  {
    code: 'vcpus-licence',
    severity: 'after',
    source: () => ARTICLE,
    find: ({ machine, product }) =>
      product.smpLicence && machine.vcpus > 1 && machine.vcpus <= product.maxVcpus && !machine.smpLicence
        ? [
            {
              subject: null,
              rests: [key(machine, 'numvcpus', machine.vcpus)],
              args: { vcpus: machine.vcpus },
              mends: [
                { code: 'reduce-vcpus', value: 1, changes: [change('numvcpus', machine.vcpus, 1)] },
                { code: 'get-licence', changes: [] },
              ],
            },
          ]
        : [],
  },
  {
    code: 'guest-unknown',
    severity: 'note',
    source: () => RECALLED,
    find: ({ machine, guest }) =>
      guest === null
        ? [
            {
              subject: null,
              rests: [key(machine, 'guestOS', machine.guest)],
              args: { guest: machine.guest ?? '' },
              mends: [],
            },
          ]
        : [],
  },
];

/** `disk-000002.vmdk` → `disk.vmdk`; `disk.vmdk.REDO` → `disk.vmdk`. */
export const wholeDisk = (file: string): string =>
  file.replace(/(?:\.REDO)+$/i, '').replace(/-\d{6}(\.vmdk)$/i, '$1');

/** The mode of the target that loses nothing, or that forgets as the old one did. */
const plainMode = (mode: string, product: Product): string => {
  const forgets = /nonpersistent/i.test(mode);
  return (forgets && product.modes.find((known) => known.endsWith('nonpersistent'))) || 'persistent';
};

/** Whether a word may go on the console's command line as it is. */
const shellWord = (word: string): string =>
  /^[\w.:/@+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

function freeSlot(machine: Machine, bus: number): string | null {
  for (let target = 0; target < 16; target++) {
    const slot = `scsi${bus}:${target}`;
    if (target !== 7 && !machine.disks.some((disk) => disk.slot === slot)) return slot;
  }
  return null;
}

const moved = (disk: Disk, to: string): KeyChange[] => [
  change(`${disk.slot}.present`, 'TRUE', null),
  change(`${disk.slot}.deviceType`, null, null),
  change(`${disk.slot}.${disk.key}`, disk.file, null),
  ...(disk.mode === null ? [] : [change(`${disk.slot}.mode`, disk.mode, null)]),
  change(`${to}.present`, null, 'TRUE'),
  change(`${to}.${disk.key}`, null, disk.file),
  ...(disk.mode === null ? [] : [change(`${to}.mode`, null, disk.mode)]),
];

/** A cold clone onto a SCSI disk; a new installation where the assistant does not know the system. */
function cloned(machine: Machine, guest: Guest | null, disk: Disk): Mend[] {
  const afresh: Mend = { code: 'install-afresh', changes: [] };
  const to = isIde(disk.slot) ? freeSlot(machine, 0) : disk.slot;
  if (!to || !CONVERTERS['p2v-assistant'].takes(machine, guest)) return [afresh];
  const device = guest?.esxController ?? 'buslogic';
  const controller = machine.controllers.some(({ bus }) => bus === 0)
    ? []
    : [change('scsi0.present', null, 'TRUE'), change('scsi0.virtualDev', null, device)];
  return [
    {
      code: 'clone-to-scsi',
      slot: disk.slot,
      converter: 'p2v-assistant',
      device,
      changes: to === disk.slot ? [] : [...controller, ...moved(disk, to)],
    },
    afresh,
  ];
}

const withoutNic = (nic: Nic): Mend => ({
  code: 'remove-nic',
  slot: nic.slot,
  changes: [change(`${nic.slot}.present`, 'TRUE', 'FALSE')],
});
