import { describe, expect, it } from 'vitest';
import type { RunDocument, Scenario } from '#lib/world/schema';
import { movedRule, rulesOf } from './firewall-rules';

const rule = (name: string) => ({
  name,
  allow: true,
  from: 'any',
  to: 'any',
  protocol: 'any',
  ports: null,
  users: 'all',
});
const scenario = {
  vms: [{ name: 'isa', network: { cards: [], roles: { firewall: { rules: [rule('web by proxy only')] } } } }],
} as unknown as Scenario;
const set = (timeNs: number, name: string) => ({
  timeNs,
  command: { kind: 'set-firewall-rules', machine: 'isa', rules: [rule(name)] },
});
const run = (t: number) => ({ t, commands: [set(10, 'first'), set(20, 'second')] }) as unknown as RunDocument;
const names = (t: number) => rulesOf(run(t), scenario, 'isa').map(({ name }) => name);

describe('the rules of a firewall', () => {
  it('are those of the scenario until a command sets others, and go back with time', () => {
    expect(names(5)).toEqual(['web by proxy only']);
    expect(names(15)).toEqual(['first']);
    expect(names(20)).toEqual(['second']);
    expect(rulesOf(run(20), scenario, 'somebody-else')).toEqual([]);
  });

  it('change places with their neighbours, and not beyond the ends', () => {
    expect(movedRule(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
    expect(movedRule(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c']);
  });
});
