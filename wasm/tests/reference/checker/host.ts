/** What all mechanisms of a host know: the time, the options, the VMs, and the list of what happened. */
import type { EventKind } from '../../../shared/events';
import type { Reason } from '../../../shared/reasons';
import type { Vm } from './vm';

export interface CheckedEvent {
  timeNs: number;
  kind: EventKind;
  reason: Reason;
  vm: number;
  a: number;
  b: number;
  c: number;
  cause: number;
}

/** Smallest value, largest value, default: in the order of the core's numbers, from 1. */
export const OPTIONS: Readonly<Record<string, readonly [min: number, max: number, value: number]>> = {
  shareScanVm: [0, 1_000_000, 50],
  shareScanTotal: [0, 1_000_000, 200],
  shareHashBits: [8, 64, 64],
  shareEnabled: [0, 1, 1],
  overheadBaseMib: [0, 1024, 54],
  overheadVcpuMib: [0, 1024, 10],
  overheadGibMib: [0, 1024, 32],
  traceTouches: [0, 1, 0],
  balancePeriod: [1, 600, 15],
  samplePeriod: [1, 600, 30],
  samplePages: [1, 256, 100],
  idleTax: [0, 99, 75],
  ctlMaxPercent: [0, 100, 50],
  freeHigh: [0, 500, 60],
  freeSoft: [0, 500, 40],
  freeHard: [0, 500, 20],
  freeLow: [0, 500, 10],
  freeMargin: [0, 100, 5],
  sampleSlowGain: [1, 100, 12],
  sampleFastGain: [1, 100, 60],
  swapOutRate: [0, 40_000, 5000],
  swapInMs: [0, 1000, 8],
  guestFaultMs: [0, 1000, 8],
  hotIoCopies: [0, 1000, 16],
};

export class Host {
  timeNs = 0;
  readonly events: CheckedEvent[] = [];
  readonly vms = new Map<number, Vm>();
  readonly options = new Map(Object.entries(OPTIONS).map(([name, [, , value]]) => [name, value]));

  option(name: string): number {
    const value = this.options.get(name);
    if (value === undefined) throw new Error(`there is no option ${name}`);
    return value;
  }

  /** VMs that are on, by slot. */
  get running(): Vm[] {
    return [...this.vms.values()].filter((vm) => vm.isOn).sort((a, b) => a.slot - b.slot);
  }

  get seconds(): number {
    return Math.floor(this.timeNs / 1e9);
  }

  /** @returns its number, from 1. */
  tell(kind: EventKind, reason: Reason, vm: number, a = 0, b = 0, c = 0, cause = 0): number {
    return this.events.push({ timeNs: this.timeNs, kind, reason, vm, a, b, c, cause });
  }
}
