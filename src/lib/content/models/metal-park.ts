/**
 * Thirty physical servers, made up for the lesson: systems, cards and controllers of the time, and who needs whom. The two
 * of its first steps are the story's: the old SUS server, which the tool refused, and a file server.
 */
import type { MetalServer, SupportedHardware } from '#lib/tools/metal/convert';

export interface ParkServer extends MetalServer {
  /** Servers whose services it needs. */
  needs: readonly string[];
}

const GB = 1e9;
const FAST = 1e9;
const OLD = 1e8;

/** An example of such a list: the tool's own was not at hand. */
export const SUPPORTED: SupportedHardware = {
  nics: ['Intel PRO/100', 'Intel PRO/1000', '3Com 3C905', 'Broadcom NetXtreme'],
  controllers: ['IDE', 'Adaptec AIC-7899', 'PERC 3', 'PERC 4'],
  systems: ['Windows NT 4', 'Windows 2000', 'Windows 2003'],
};

export const SUS: MetalServer = {
  id: 'sus',
  system: 'Windows 2000',
  nic: 'Intel PRO/100',
  nicRate: OLD,
  controller: 'Promise FastTrak',
  disks: [{ capacity: 80 * GB }],
};

export const FILES: MetalServer = {
  id: 'files',
  system: 'Windows 2003',
  nic: 'Intel PRO/100',
  nicRate: OLD,
  controller: 'PERC 3',
  disks: [{ capacity: 36_000_000_000 }, { capacity: 73_000_000_000 }],
};

const server = (id: string, gigabytes: number, nicRate: number, needs = ''): ParkServer => ({
  id,
  system: 'Windows 2000',
  nic: nicRate === FAST ? 'Intel PRO/1000' : 'Intel PRO/100',
  nicRate,
  controller: 'PERC 3',
  disks: [{ capacity: gigabytes * GB }],
  needs: needs === '' ? [] : needs.split(' '),
});

/** In the order of the alphabet, which is the order in which lists of servers are kept and moved. */
export const PARK: readonly ParkServer[] = [
  server('accounts', 36, OLD, 'sql licences directory'),
  server('antivirus', 18, OLD, 'directory files'),
  server('archive', 146, FAST, 'files backup'),
  server('backup', 73, FAST, 'directory'),
  server('cad', 73, OLD, 'licences files'),
  server('calendar', 36, OLD, 'mail directory'),
  server('certificates', 18, OLD, 'directory'),
  server('courses', 36, OLD, 'web sql files'),
  server('dhcp', 9, OLD, 'dns'),
  server('directory', 18, OLD, 'dns'),
  server('dns', 9, OLD, 'directory'),
  server('doors', 18, OLD, 'sql'),
  server('fax', 9, OLD, 'mail printing'),
  server('files', 109, OLD, 'directory'),
  server('ftp', 36, OLD, 'files'),
  server('helpdesk', 18, OLD, 'web sql mail'),
  server('intranet', 36, OLD, 'web directory'),
  server('inventory', 18, OLD, 'sql directory'),
  server('library', 36, OLD, 'sql web'),
  server('licences', 9, OLD, 'sql'),
  server('lists', 18, OLD, 'mail'),
  server('mail', 73, FAST, 'directory dns certificates'),
  server('measures', 73, OLD, 'files sql'),
  server('monitoring', 18, OLD, 'sql mail'),
  server('printing', 18, OLD, 'directory'),
  server('proxy', 36, OLD, 'dns directory'),
  server('sql', 73, FAST, 'directory licences'),
  server('terminal', 36, OLD, 'directory licences files'),
  server('time', 4, OLD),
  server('web', 36, OLD, 'dns certificates'),
];
