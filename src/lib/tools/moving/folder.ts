/** Files as they were dropped, put together into machines. */
import {
  busOf,
  EXTRA_DEVICES,
  isIde,
  type Controller,
  type Disk,
  type DiskForm,
  type Machine,
  type Nic,
} from './machine';
import { deviceOfWord } from './mend';
import type { Problem } from './problem';
import { baseName } from './rules';
import { VMFS_EXTRA } from './sizes';
import { isDelta, readVmdk, type Descriptor, type Readable, type VmdkResult } from './vmdk';
import { parseVmx, settingsOf, type VmxDocument } from './vmx';
import { MAX_TEXT } from './text';

export interface FileProblem extends Problem {
  file: string;
}

/** A machine that was read, and what it was read from. */
export interface MachineFolder {
  machine: Machine;
  document: VmxDocument;
  problems: readonly FileProblem[];
}

export interface FolderReading {
  machines: readonly MachineFolder[];
  /** Of files that no machine owns, or that gave none. */
  problems: readonly FileProblem[];
  /** Disks that no configuration names. */
  strays: readonly string[];
  /** How many files were left out because there were too many. */
  leftOut: number;
}

export const MAX_FOLDER_FILES = 2000;

const folderOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/') + 1));
const isDiskFile = (name: string): boolean => /\.(vmdk|dsk|REDO)$/i.test(name);

/** Reads whatever was dropped: each configuration with the disks that it names. Bounded time and memory; never throws. */
export async function readFolder(dropped: readonly Readable[]): Promise<FolderReading> {
  const files = dropped.slice(0, MAX_FOLDER_FILES);
  const problems: FileProblem[] = [];
  const machines: MachineFolder[] = [];
  const owned = new Set<string>();
  const readings = new Map<string, Promise<VmdkResult>>();
  const diskOf = (file: Readable) => {
    let reading = readings.get(file.name);
    if (!reading) readings.set(file.name, (reading = readVmdk(file)));
    return reading;
  };
  for (const file of files.filter(({ name }) => /\.(vmx|cfg)$/i.test(name))) {
    const own: FileProblem[] = [];
    let bytes: Uint8Array;
    try {
      bytes = await file.read(0, Math.min(file.size, MAX_TEXT + 1));
    } catch {
      problems.push({ file: file.name, code: 'unreadable', offset: 0, isWarning: false });
      continue;
    }
    const { document, problems: found } = parseVmx(bytes);
    own.push(...found.map((problem) => ({ file: file.name, ...problem })));
    if (!document || settingsOf(document).length === 0) {
      problems.push(...own);
      if (own.length === 0)
        problems.push({ file: file.name, code: 'no-equals', line: 1, column: 1, isWarning: false });
      continue;
    }
    const near = filesNear(files, file.name);
    const disks = new Map<string, DiskFacts>();
    for (const name of diskNames(document)) {
      const diskFile = near(name);
      if (!diskFile) continue;
      owned.add(diskFile.name);
      const { reading, problems: wrong } = await diskOf(diskFile);
      own.push(...wrong.map((problem) => ({ file: diskFile.name, ...problem })));
      if (reading) disks.set(name, diskFacts(diskFile, reading, near, owned));
    }
    const machine = machineOf(document, file.name, disks, own);
    machines.push({ machine, document, problems: own });
  }
  const strays = files.filter(({ name }) => isDiskFile(name) && !owned.has(name)).map(({ name }) => name);
  return { machines, problems, strays, leftOut: dropped.length - files.length };
}

type Near = (name: string) => Readable | undefined;

/** A file by the name that another gives it: in that one's folder, then anywhere if only one has the name. */
function filesNear(files: readonly Readable[], from: string): Near {
  const byName = new Map<string, Readable>();
  const byBase = new Map<string, Readable[]>();
  for (const file of files) {
    byName.set(file.name.toLowerCase(), file);
    const base = baseName(file.name).toLowerCase();
    byBase.set(base, [...(byBase.get(base) ?? []), file]);
  }
  const folder = folderOf(from).toLowerCase();
  return (name) => {
    const plain = name.replace(/^[^:/\\]*:/, '').replaceAll('\\', '/');
    const exact =
      byName.get(folder + plain.toLowerCase()) ?? byName.get(folder + baseName(plain).toLowerCase());
    if (exact) return exact;
    const same = byBase.get(baseName(plain).toLowerCase()) ?? [];
    return same.length === 1 ? same[0] : undefined;
  };
}

type DiskFacts = Pick<
  Disk,
  'form' | 'capacity' | 'stored' | 'longest' | 'hardware' | 'isDelta' | 'missing' | 'descriptor'
>;

function diskFacts(
  file: Readable,
  reading: NonNullable<VmdkResult['reading']>,
  near: Near,
  owned: Set<string>,
): DiskFacts {
  const facts = (form: DiskForm | null, capacity: number): DiskFacts => ({
    form,
    capacity,
    stored: file.size,
    longest: file.size,
    hardware: null,
    isDelta: false,
    missing: [],
  });
  if (reading.kind === 'cowd')
    return { ...facts('legacy-sparse', reading.capacity), isDelta: /\.REDO$/i.test(file.name) };
  if (reading.kind === 'plain') return facts('esx-flat', Math.max(0, reading.capacity - VMFS_EXTRA));
  const { descriptor } = reading;
  const own = facts(reading.form, reading.capacity);
  if (!descriptor) return own;
  const said = {
    hardware: descriptor.hardware,
    isDelta: isDelta(descriptor),
    descriptor: { file: file.name, createType: descriptor.createType, lines: descriptor.lines },
  };
  if (reading.kind === 'sparse') return { ...own, ...said };
  const parts = partsOf(descriptor, near);
  for (const part of parts.found) owned.add(part.name);
  const sizes = parts.found.map(({ size }) => size);
  const isWhole = parts.missing.length === 0;
  return {
    ...own,
    ...said,
    // Without all of its parts what it takes is not known.
    stored: isWhole ? sizes.reduce((sum, size) => sum + size, file.size) : null,
    longest: isWhole ? Math.max(0, ...sizes) : null,
    missing: parts.missing,
  };
}

function partsOf(descriptor: Descriptor, near: Near): { found: Readable[]; missing: string[] } {
  const found = new Set<Readable>();
  const missing = new Set<string>();
  for (const { file, type } of descriptor.extents) {
    if (!file || type === 'ZERO' || file.startsWith('/dev/') || file.startsWith('\\\\.\\')) continue;
    const part = near(file);
    if (part) found.add(part);
    else missing.add(file);
  }
  return { found: [...found], missing: [...missing] };
}

/** Settings by lower-case key; of a key that is there twice, the last line. */
function byKey(document: VmxDocument): Map<string, { value: string; line: number }> {
  return new Map(settingsOf(document).map(({ key, value, line }) => [key.toLowerCase(), { value, line }]));
}

const SLOT = /^((?:scsi|ide)\d:\d{1,2})\.(filename|name)$/;

function diskNames(document: VmxDocument): string[] {
  const settings = byKey(document);
  return [...settings].flatMap(([key, { value }]) => {
    const match = SLOT.exec(key);
    return match && isDiskThere(settings, match[1]!) ? [value] : [];
  });
}

type Settings = Map<string, { value: string; line: number }>;

const isTrue = (settings: Settings, key: string): boolean =>
  /^(true|yes|y|1)$/i.test(settings.get(key)?.value ?? '');

/** A disk, not a CD or a raw SCSI device. */
function isDiskThere(settings: Settings, slot: string): boolean {
  if (!isTrue(settings, `${slot}.present`)) return false;
  const type = settings.get(`${slot}.devicetype`)?.value ?? '';
  return !/cdrom|atapi|passthru/i.test(type);
}

/** The machine that a configuration describes, with what is known of its disks. */
export function machineOf(
  document: VmxDocument,
  file: string,
  disks: ReadonlyMap<string, DiskFacts>,
  problems: FileProblem[] = [],
): Machine {
  const settings = byKey(document);
  const text = (key: string): string | null => settings.get(key)?.value ?? null;
  const number = (key: string): number | null => {
    const entry = settings.get(key);
    if (!entry || entry.value.trim() === '') return null;
    if (/^\d{1,7}$/.test(entry.value.trim())) return Number(entry.value);
    problems.push({
      file,
      code: 'bad-number',
      line: entry.line,
      column: 1,
      what: `${key} = ${entry.value.slice(0, 30)}`,
      isWarning: false,
    });
    return null;
  };
  const controllers: Controller[] = [];
  const found: Disk[] = [];
  const nics: Nic[] = [];
  for (const key of settings.keys()) {
    const disk = SLOT.exec(key);
    if (disk && isDiskThere(settings, disk[1]!)) {
      const slot = disk[1]!;
      const named = text(key)!;
      const facts = disks.get(named);
      const onVmfs = disk[2] === 'name';
      found.push({
        slot,
        file: named,
        key: onVmfs ? 'name' : 'fileName',
        // A volume in front of the name: only ESX 2 writes that, and there a disk has one form.
        form: facts?.form ?? (onVmfs && /^[^:/\\]+:./.test(named) ? 'esx-flat' : null),
        capacity: facts?.capacity ?? null,
        stored: facts?.stored ?? null,
        longest: facts?.longest ?? null,
        hardware: facts?.hardware ?? null,
        mode: text(`${slot}.mode`),
        // A name is a guess where no descriptor says whether there is a parent.
        isDelta: facts?.isDelta === true || (!facts?.descriptor && /-\d{6}\.vmdk$|\.REDO$/i.test(named)),
        missing: facts?.missing ?? [],
        ...(facts?.descriptor && { descriptor: facts.descriptor }),
      });
    }
    const controller = /^scsi([0-3])\.present$/.exec(key);
    if (controller && isTrue(settings, key)) {
      const word = text(`scsi${controller[1]}.virtualdev`);
      controllers.push({ bus: Number(controller[1]), device: deviceOfWord(word), word });
    }
    const nic = /^(ethernet\d)\.present$/.exec(key);
    if (nic && isTrue(settings, key)) nics.push(nicOf(nic[1]!, text));
  }
  // A disk whose controller is not there starts nowhere; hosted products write both, so the controller is taken as meant.
  const lines = Object.fromEntries([...settings].map(([key, { line }]) => [key, line]));
  const drivers = [
    ...new Set(
      controllers
        .filter(({ bus }) => found.some((disk) => !isIde(disk.slot) && busOf(disk.slot) === bus))
        .map(({ device }) => device),
    ),
  ];
  const suspended = text('checkpoint.vmstate');
  return {
    name: text('displayname') || baseName(file).replace(/\.(vmx|cfg)$/i, ''),
    file,
    lines,
    configVersion: number('config.version'),
    hardware: number('virtualhw.version'),
    guest: text('guestos'),
    memory: number('memsize'),
    vcpus: number('numvcpus') ?? 1,
    controllers: controllers.sort((a, b) => a.bus - b.bus),
    disks: found.sort((a, b) => (a.slot < b.slot ? -1 : 1)),
    nics: nics.sort((a, b) => (a.slot < b.slot ? -1 : 1)),
    extras: EXTRA_DEVICES.filter((extra) => isTrue(settings, `${extra}.present`)),
    suspended: suspended?.trim() ? suspended : null,
    drivers: { scsi: drivers, vmxnet: null },
  };
}

function nicOf(slot: string, text: (key: string) => string | null): Nic {
  const word = text(`${slot}.virtualdev`);
  const lower = word?.toLowerCase();
  const network = text(`${slot}.networkname`) ?? text(`${slot}.devname`);
  const type = text(`${slot}.connectiontype`)?.toLowerCase() ?? null;
  const isEsx = type === 'monitor_dev' || (type === null && network !== null);
  return {
    slot,
    word,
    device:
      lower === undefined
        ? null
        : lower === 'vlance' || lower === 'vmxnet' || lower === 'e1000'
          ? lower
          : null,
    connection: isEsx
      ? 'network'
      : type === 'nat' || type === 'hostonly' || type === 'custom'
        ? type
        : 'bridged',
    network: isEsx ? network : type === 'custom' ? text(`${slot}.vnet`) : null,
    addressType: text(`${slot}.addresstype`),
    address: text(`${slot}.address`) ?? text(`${slot}.generatedaddress`),
  };
}
