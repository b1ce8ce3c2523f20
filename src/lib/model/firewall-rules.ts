/** The rules that a firewall has now: as its scenario gave them, or as the last accepted command left them. Pure. */
import type { FirewallRule, MachineNetwork } from '#lib/world/network';
import type { RunDocument, Scenario } from '#lib/world/schema';

interface Networked {
  name: string;
  network?: MachineNetwork;
}

/** @param scenario of the run, where the run only names it. Commands of a run are the accepted ones. */
export function rulesOf(run: RunDocument, scenario: Scenario, machine: string): FirewallRule[] {
  const stations = (scenario as { network?: { stations?: Networked[] } }).network?.stations ?? [];
  const specs = [...(scenario.vms as Networked[]), ...stations];
  let rules = specs.find(({ name }) => name === machine)?.network?.roles?.firewall?.rules ?? [];
  for (const { timeNs, command } of [...(scenario.timeline ?? []), ...run.commands]) {
    if (timeNs > run.t) continue;
    // The network's commands are joined to the world's own.
    const order = command as { kind: string; machine?: string; rules?: FirewallRule[] };
    if (order.kind === 'set-firewall-rules' && order.machine === machine && order.rules) rules = order.rules;
  }
  return rules;
}

/** A rule moved up or down in its order; the same list at the ends. */
export function movedRule<T>(rules: readonly T[], index: number, by: -1 | 1): T[] {
  const next = [...rules];
  const other = index + by;
  if (other < 0 || other >= next.length) return next;
  [next[index], next[other]] = [next[other]!, next[index]!];
  return next;
}
