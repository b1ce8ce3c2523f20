import type { ScsiDevice } from './machine';

/** A guest system, by the words that `guestOS` uses for it. */
export interface Guest {
  id: string;
  /** A proper name: the same in every language. */
  name: string;
  /** Lower-case words of `guestOS`, without the `-64` of the 64-bit editions. */
  words: readonly string[];
  /** What the converters of the time can take back a generation. */
  family: 'windows-nt' | 'windows-9x' | 'linux' | 'other';
  /** Controllers whose driver is on the system's own discs. */
  scsi: readonly ScsiDevice[];
  /** The controller that ESX gives it: LSI where the system brings the driver, BusLogic elsewhere. Null: either. */
  esxController: ScsiDevice | null;
  /** Short word for the naming rule. */
  code: string;
}

const BUSLOGIC = ['buslogic'] as const;
const BOTH = ['buslogic', 'lsilogic'] as const;

export const GUESTS: readonly Guest[] = [
  {
    id: 'w2k3',
    name: 'Windows Server 2003',
    words: ['winnetenterprise', 'winnetstandard', 'winnetweb', 'winnetbusiness', 'winnetdatacenter'],
    family: 'windows-nt',
    scsi: ['lsilogic'],
    esxController: 'lsilogic',
    code: 'w2k3srv',
  },
  {
    id: 'wxp',
    name: 'Windows XP',
    words: ['winxppro', 'winxphome'],
    family: 'windows-nt',
    scsi: BUSLOGIC,
    esxController: 'buslogic',
    code: 'wxp',
  },
  {
    id: 'w2k',
    name: 'Windows 2000',
    words: ['win2000pro', 'win2000serv', 'win2000advserv', 'win2000'],
    family: 'windows-nt',
    scsi: BUSLOGIC,
    esxController: 'buslogic',
    code: 'w2k',
  },
  {
    id: 'wnt',
    name: 'Windows NT 4',
    words: ['winnt'],
    family: 'windows-nt',
    scsi: BUSLOGIC,
    esxController: 'buslogic',
    code: 'wnt4',
  },
  {
    id: 'w9x',
    name: 'Windows 95, 98, Me',
    words: ['win95', 'win98', 'winme', 'win31', 'dos'],
    family: 'windows-9x',
    scsi: [],
    esxController: null,
    code: 'w98',
  },
  {
    id: 'linux',
    name: 'Linux',
    words: [
      'linux',
      'redhat',
      'rhel2',
      'rhel3',
      'rhel4',
      'suse',
      'sles',
      'sles9',
      'mandrake',
      'mandriva',
      'turbolinux',
      'ubuntu',
      'debian',
      'otherlinux',
      'other24xlinux',
      'other26xlinux',
    ],
    family: 'linux',
    scsi: BOTH,
    esxController: null,
    code: 'linux',
  },
  {
    id: 'netware',
    name: 'NetWare',
    words: ['netware4', 'netware5', 'netware6'],
    family: 'other',
    scsi: BOTH,
    esxController: null,
    code: 'nw',
  },
  {
    id: 'freebsd',
    name: 'FreeBSD',
    words: ['freebsd'],
    family: 'other',
    scsi: BOTH,
    esxController: null,
    code: 'fbsd',
  },
];

/** The system that a value of `guestOS` names, or null. Case does not matter. */
export function guestOf(word: string | null): Guest | null {
  const plain = (word ?? '').toLowerCase().replace(/-64$/, '');
  return GUESTS.find((guest) => guest.words.includes(plain)) ?? null;
}

export const is64Bit = (word: string | null): boolean => /-64$/i.test(word ?? '');
