import { evaluate, type Verdict, type VerdictLine } from './evaluate';
import { type Controller, type Disk, type DiskForm, type Machine, type ScsiDevice } from './machine';
import { PRODUCTS, type ProductId } from './products';
import { STORY_NAMES, type KeyChange, type Mend, type TargetNames } from './rules';
import { vmfsBytes } from './sizes';

/** Mends that somebody has to do elsewhere: applying them changes nothing here. */
const ELSEWHERE = new Set<Mend['code']>(['give-files', 'install-afresh']);

/** The guest after it was started once with a second controller of this kind: it has its driver. */
export const learnDriver = (machine: Machine, device: ScsiDevice): Machine =>
  machine.drivers.scsi.includes(device)
    ? machine
    : { ...machine, drivers: { ...machine.drivers, scsi: [...machine.drivers.scsi, device] } };

/**
 * The machine after a mend: what the tool did (a conversion, an import), then what the mend's `changes` say. A mend
 * that is done elsewhere returns the machine itself.
 */
export function applyMend(machine: Machine, mend: Mend, target: ProductId): Machine {
  if (ELSEWHERE.has(mend.code)) return machine;
  return withChanges(worked(machine, mend, target), mend.changes);
}

/** The part of a mend that no key shows. */
function worked(machine: Machine, mend: Mend, target: ProductId): Machine {
  const product = PRODUCTS[target];
  const disk = (change: Partial<Disk>): Machine => ({
    ...machine,
    disks: machine.disks.map((old) => (old.slot === mend.slot ? { ...old, ...change } : old)),
  });
  const current = machine.disks.find(({ slot }) => slot === mend.slot);
  switch (mend.code) {
    case 'commit-snapshot':
      return disk({ isDelta: false });
    case 'convert':
    case 'upgrade':
      return {
        ...machine,
        disks: machine.disks.map((old) => ({
          ...old,
          hardware: mend.value ?? old.hardware,
          descriptor: undefined,
        })),
      };
    case 'import-disk': {
      const form: DiskForm = product.id === 'esx-2.5' ? 'esx-flat' : 'vmfs';
      const full = current?.capacity == null ? null : vmfsBytes(current.capacity);
      return disk({ form, stored: full, longest: full, descriptor: undefined });
    }
    case 'export-disk':
      return disk({
        form: product.hardwareWritten < 3 ? 'legacy-sparse' : 'split-sparse',
        hardware: product.hardwareWritten,
        descriptor: undefined,
      });
    case 'clone-to-scsi': {
      const cloned = disk({
        form: 'sparse',
        hardware: Math.min(3, product.hardwareWritten),
        descriptor: undefined,
      });
      return mend.device ? learnDriver(cloned, mend.device) : cloned;
    }
    case 'second-controller':
      return mend.device ? learnDriver(machine, mend.device) : machine;
    case 'use-vmxnet':
      return { ...machine, drivers: { ...machine.drivers, vmxnet: true } };
    case 'get-licence':
      return { ...machine, smpLicence: true };
    default:
      return machine;
  }
}

/** The machine that a configuration with these changes describes. */
export function withChanges(machine: Machine, changes: readonly KeyChange[]): Machine {
  return changes.reduce(withChange, machine);
}

function withChange(machine: Machine, { key, to }: KeyChange): Machine {
  const lower = key.toLowerCase();
  switch (lower) {
    case 'config.version':
      return { ...machine, configVersion: to === null ? null : Number(to) };
    case 'virtualhw.version':
      return { ...machine, hardware: to === null ? null : Number(to) };
    case 'memsize':
      return { ...machine, memory: to === null ? null : Number(to) };
    case 'numvcpus':
      return { ...machine, vcpus: to === null ? 1 : Number(to) };
    case 'checkpoint.vmstate':
      return { ...machine, suspended: to };
    case 'usb.present':
    case 'sound.present':
      return { ...machine, extras: machine.extras.filter((extra) => `${extra}.present` !== lower) };
  }
  const dot = key.lastIndexOf('.');
  const slot = key.slice(0, dot);
  const field = lower.slice(dot + 1);
  if (/^ethernet\d+$/.test(slot)) return withNic(machine, slot, field, to);
  if (/^scsi\d+$/.test(slot)) return withController(machine, Number(slot.slice(4)), field, to);
  if (/^(scsi|ide)\d+:\d+$/.test(slot)) return withDisk(machine, slot, field, to);
  return machine;
}

function withNic(machine: Machine, slot: string, field: string, to: string | null): Machine {
  if (field === 'present') return { ...machine, nics: machine.nics.filter((nic) => nic.slot !== slot) };
  return {
    ...machine,
    nics: machine.nics.map((nic) => {
      if (nic.slot !== slot) return nic;
      switch (field) {
        case 'virtualdev': {
          const device = to === 'vmxnet' || to === 'vlance' || to === 'e1000' ? to : null;
          return { ...nic, word: to, device };
        }
        case 'networkname':
          return { ...nic, network: to, connection: to === null ? 'bridged' : 'network' };
        case 'addresstype':
          return { ...nic, addressType: to };
        case 'address':
          return { ...nic, address: to };
        default:
          return nic;
      }
    }),
  };
}

/** `vmxlsilogic` → `lsilogic`; anything else is the default, a BusLogic. */
export const deviceOfWord = (word: string | null): ScsiDevice =>
  /lsilogic$/i.test(word ?? '') ? 'lsilogic' : 'buslogic';

function withController(machine: Machine, bus: number, field: string, to: string | null): Machine {
  const others = machine.controllers.filter((controller) => controller.bus !== bus);
  const old: Controller = machine.controllers.find((controller) => controller.bus === bus) ?? {
    bus,
    device: 'buslogic',
    word: null,
  };
  const changed = field === 'virtualdev' ? { ...old, word: to, device: deviceOfWord(to) } : old;
  return { ...machine, controllers: [...others, changed].sort((a, b) => a.bus - b.bus) };
}

/**
 * A move to another slot takes keys out of one and writes them in the other: the disk with the same file is taken
 * along. `present` of a new slot comes before its name, so that it opens the place.
 */
function withDisk(machine: Machine, slot: string, field: string, to: string | null): Machine {
  const at = machine.disks.findIndex((disk) => disk.slot === slot);
  const replace = (disk: Disk): Machine => ({ ...machine, disks: machine.disks.with(at, disk) });
  const disk = machine.disks[at];
  if (field === 'present' && to === 'TRUE' && !disk) {
    // The place is taken by the disk that lost its own.
    const homeless = machine.disks.findIndex((other) => other.slot === '');
    return homeless < 0
      ? machine
      : { ...machine, disks: machine.disks.with(homeless, { ...machine.disks[homeless]!, slot }) };
  }
  if (!disk) return machine;
  if (field === 'present') return to === null ? replace({ ...disk, slot: '' }) : machine;
  if (field === 'mode') return replace({ ...disk, mode: to });
  if ((field === 'filename' || field === 'name') && to !== null)
    return replace({ ...disk, file: to, key: field === 'name' ? 'name' : 'fileName' });
  return machine;
}

/** One step of the work: the line that asked for it and the mend that was taken. */
export interface MendStep {
  line: VerdictLine;
  mend: Mend;
}

export interface MendPlan {
  target: ProductId;
  steps: readonly MendStep[];
  /** The changes to the configuration, one a key, in the order of the work. */
  changes: readonly KeyChange[];
  /** The machine after all of it. */
  machine: Machine;
  /** What the target makes of it then. */
  verdict: Verdict;
  /** Whether nothing but notes is left. */
  complete: boolean;
}

const MAX_STEPS = 400;

/**
 * Every mend that brings the machine to the target, in the order of the work: the first way out of each line.
 * What has no way out stays in `verdict`.
 */
export function planMends(machine: Machine, target: ProductId, names: TargetNames = STORY_NAMES): MendPlan {
  const steps: MendStep[] = [];
  const tried = new Set<string>();
  let now = machine;
  let verdict = evaluate(now, target, names);
  while (steps.length < MAX_STEPS) {
    const line = verdict.lines.find(
      (found) =>
        found.severity !== 'note' &&
        found.mends.length > 0 &&
        !ELSEWHERE.has(found.mends[0]!.code) &&
        !tried.has(`${found.rule} ${found.subject} ${found.mends[0]!.slot}`),
    );
    if (!line) break;
    const mend = line.mends[0]!;
    tried.add(`${line.rule} ${line.subject} ${mend.slot}`);
    now = applyMend(now, mend, target);
    steps.push({ line, mend });
    verdict = evaluate(now, target, names);
  }
  const complete = verdict.outcome === 'runs';
  return { target, steps, changes: lastChanges(steps), machine: now, verdict, complete };
}

/** The last word on each key, with what it was before the first. A key that is opened and closed again is left out. */
function lastChanges(steps: readonly MendStep[]): KeyChange[] {
  const changes = new Map<string, KeyChange>();
  for (const { key, from, to } of steps.flatMap(({ mend }) => mend.changes)) {
    const before = changes.get(key.toLowerCase());
    changes.delete(key.toLowerCase());
    changes.set(key.toLowerCase(), { key, from: before ? before.from : from, to });
  }
  return [...changes.values()];
}
