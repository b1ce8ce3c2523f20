/**
 * One physical server: may the tool take it, how long is it down, what is another machine afterwards, and what do
 * converting and installing anew cost. Hours, prices and lists are the reader's inputs: nothing here is history. Pure.
 */
import type { Bytes } from '#lib/units';
import { transferSeconds } from '../moving/sizes';

export interface MetalServer {
  id: string;
  system: string;
  /** Model of its network card, and the speed of its port in bits per second. */
  nic: string;
  nicRate: number;
  /** Model of its disk controller. */
  controller: string;
  disks: readonly { capacity: Bytes }[];
}

/** What the tool's boot disc has drivers for, and which systems it can change. */
export interface SupportedHardware {
  nics: readonly string[];
  controllers: readonly string[];
  systems: readonly string[];
}

export interface Refused {
  part: 'nic' | 'controller' | 'system';
  name: string;
}

/** Why the tool cannot take a server; empty when it can. One part off its list is enough. */
export function refusals(server: MetalServer, list: SupportedHardware): Refused[] {
  const found: Refused[] = [];
  if (!list.nics.includes(server.nic)) found.push({ part: 'nic', name: server.nic });
  if (!list.controllers.includes(server.controller))
    found.push({ part: 'controller', name: server.controller });
  if (!list.systems.includes(server.system)) found.push({ part: 'system', name: server.system });
  return found;
}

/**
 * Seconds that a cold copy takes at the least: whole disks, at the speed of the slower of the two cards.
 * @param consoleRate of the card of the host's service console, in bits per second
 */
export function cloneSeconds({ disks, nicRate }: MetalServer, consoleRate: number): number {
  const bytes = disks.reduce((sum, { capacity }) => sum + capacity, 0);
  return transferSeconds(bytes, Math.min(nicRate, consoleRate));
}

/** What the reader believes about the work; every figure is an input. */
export interface CostInputs {
  /** Of one hour of an administrator. */
  hourPrice: number;
  /** Of one licence of the tool: one for each server converted. */
  licencePrice: number;
  /** Of one hour in which the service is away. */
  downHourPrice: number;
  /** To prepare a conversion and set its addresses and drivers right afterwards. */
  convertHours: number;
  /** To install the system, its software and its data anew when the documentation is right. */
  installHours: number;
  /** To find out one service that the documentation has wrong or not at all. */
  discoverHours: number;
  /** How many services of this server are undocumented, or documented as they no longer are. */
  staleServices: number;
  /** How long a newly installed server's users wait while it takes over. */
  switchHours: number;
}

export interface Cost {
  hours: number;
  downHours: number;
  licences: number;
  total: number;
}

/** What each way costs. A conversion copies what nobody wrote down; an installation has to find it out. */
export function costsOf(inputs: CostInputs, copySeconds: number): { convert: Cost; install: Cost } {
  const cost = (hours: number, downHours: number, licences: number): Cost => ({
    hours,
    downHours,
    licences,
    total: hours * inputs.hourPrice + downHours * inputs.downHourPrice + licences * inputs.licencePrice,
  });
  return {
    convert: cost(inputs.convertHours, copySeconds / 3600, 1),
    install: cost(inputs.installHours + inputs.staleServices * inputs.discoverHours, inputs.switchHours, 0),
  };
}
