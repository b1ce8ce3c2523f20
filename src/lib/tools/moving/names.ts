/**
 * The story's naming rule. A configuration is `place-system-role`; a disk adds the partition and its letter. The place
 * is a virtual network or, for a machine of the real world, its DNS name.
 */
import { GUESTS, guestOf } from './guests';
import type { Machine } from './machine';
import { baseName, type TargetNames } from './rules';

export const NAME_PROBLEMS = [
  'bad-characters',
  'no-place',
  'no-system',
  'no-role',
  'no-partition',
  'too-many-parts',
] as const;
export type NameProblem = (typeof NAME_PROBLEMS)[number];

export interface NameReading {
  kind: 'configuration' | 'disk';
  place: string;
  system: string | null;
  role: string | null;
  partition: string | null;
  problems: readonly NameProblem[];
}

const isSystem = (word: string): boolean =>
  GUESTS.some(({ code }) => code === word.toLowerCase()) ||
  /^(w2k3?(srv|adv)?|nt4|rhel\d|sles\d+|vista)$/i.test(word);

/** Reads a name without its ending. A disk that is the only one of its machine may go without a partition. */
export function checkName(name: string, kind: NameReading['kind'], isOnly = false): NameReading {
  // A name that begins with its system lacks the place, not the system.
  const lacksPlace = isSystem(name.split('-')[0]!);
  const parts = lacksPlace ? ['', ...name.split('-')] : name.split('-');
  const [place = '', second = null, third = null, fourth = null] = parts;
  const system = second !== null && isSystem(second) ? second : null;
  const problems: NameProblem[] = [];
  if (!/^[\w-]+$/.test(name)) problems.push('bad-characters');
  if (lacksPlace) problems.push('no-place');
  if (system === null) problems.push('no-system');
  if (!third) problems.push('no-role');
  if (kind === 'disk' && !isOnly && !/^\w+[A-Z]$/.test(fourth ?? '')) problems.push('no-partition');
  if (parts.length > (kind === 'disk' ? 4 : 3)) problems.push('too-many-parts');
  return { kind, place, system, role: third, partition: kind === 'disk' ? fourth : null, problems };
}

/** A name's own word: ASCII letters, digits and `_`. */
const slug = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');

export interface Suggestion {
  now: string;
  kind: NameReading['kind'];
  reading: NameReading;
  /** What it could be called; null where it follows the rule. */
  could: string | null;
}

/** The names of a machine: its configuration and its disks, each read, and what each could be. */
export function suggestNames(machine: Machine, names: TargetNames): Suggestion[] {
  const configuration = baseName(machine.file ?? `${machine.name}.vmx`).replace(/\.(vmx|cfg)$/i, '');
  const system = guestOf(machine.guest)?.code ?? 'os';
  const own = checkName(configuration, 'configuration');
  const words = configuration.split(/[-\s]+/).filter((word) => word && !isSystem(word));
  const role = own.problems.length === 0 ? own.role! : slug(words.slice(-2).join(' ')) || 'role';
  const nic = machine.nics[0];
  const network = nic ? (nic.connection === 'network' ? nic.network : names.networks[nic.connection]) : null;
  const place = own.problems.length === 0 ? own.place : slug(network ?? 'local') || 'local';
  const base = `${place}-${system}-${role}`;
  const isOnly = machine.disks.length === 1;
  const letters = 'CDEFGHIJKLMNOPQRSTUVWXYZ';
  return [
    { now: configuration, kind: 'configuration', reading: own, could: own.problems.length > 0 ? base : null },
    ...machine.disks.map((disk, i): Suggestion => {
      const now = baseName(disk.file).replace(/\.vmdk$/i, '');
      const reading = checkName(now, 'disk', isOnly);
      const last = now.split('-').at(-1)!;
      const partition = /^[a-z]+[A-Z]$/.test(last)
        ? last
        : `${i === 0 ? 'boot' : 'data'}${letters[i % letters.length]}`;
      return {
        now,
        kind: 'disk',
        reading,
        could: reading.problems.length > 0 ? `${base}-${partition}` : null,
      };
    }),
  ];
}
