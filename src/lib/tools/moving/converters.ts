import type { Guest } from './guests';
import type { Machine } from './machine';
import { ARTICLE, IMPORTER, RECALLED, type Source } from './sources';

export const CONVERTER_IDS = ['vm-importer', 'p2v-assistant', 'vmkfstools'] as const;
export type ConverterId = (typeof CONVERTER_IDS)[number];

export interface Converter {
  id: ConverterId;
  name: string;
  source: Source;
  /** Whether it takes this machine. The story's rule: switched off, no snapshot pending. */
  takes: (machine: Machine, guest: Guest | null) => boolean;
  /** Hardware of what comes out; null: as it went in. */
  hardware: number | null;
}

export const CONVERTERS: Readonly<Record<ConverterId, Converter>> = {
  /** Reads newer VMware machines and writes the format of Workstation 4, which GSX 3 and ESX 2 run. */
  'vm-importer': {
    id: 'vm-importer',
    name: 'VMware Virtual Machine Importer 2.0',
    source: IMPORTER,
    takes: (machine, guest) => guest?.family === 'windows-nt' && machine.suspended === null,
    hardware: 3,
  },
  /** Copies the disks of a machine started from its CD, real or virtual, into SCSI disks of a new one. */
  'p2v-assistant': {
    id: 'p2v-assistant',
    name: 'VMware P2V Assistant 2.0',
    source: ARTICLE,
    takes: (_machine, guest) => guest?.family === 'windows-nt',
    hardware: 3,
  },
  vmkfstools: {
    id: 'vmkfstools',
    name: 'vmkfstools',
    source: RECALLED,
    takes: () => true,
    hardware: null,
  },
};
