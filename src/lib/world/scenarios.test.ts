import { describe, expect, it } from 'vitest';
import { checkScenario } from './limits';
import { nameParts } from './names';
import { HOME_SCENARIO_ID, PRESET_IDS } from './presets';
import { SCENARIO_IDS, scenarioById } from './scenarios';

describe.each([...SCENARIO_IDS])('scenario %s', (id) => {
  it('keeps the schema, and its id is its file’s name', () => expect(scenarioById(id)?.id).toBe(id));
  // Hosts smaller than ESX allowed are fair in a lesson; VMs that its core refuses are not.
  it('has VMs that its host takes', () => {
    const scenario = scenarioById(id);
    const findings = scenario ? checkScenario(scenario) : [];
    expect(findings.filter(({ field, level }) => level === 'error' && field.startsWith('vms'))).toEqual([]);
  });
});

it('every preset is there, and each of its VMs can start beside the others', () => {
  for (const id of [...PRESET_IDS, HOME_SCENARIO_ID]) {
    const scenario = scenarioById(id);
    expect(scenario, id).not.toBeNull();
    if (scenario) expect(checkScenario(scenario), id).toEqual([]);
  }
});

it('the author’s host is the article’s: 8 GiB, an 800 MiB console, names by the rule, 640 MiB for the WSUS server', () => {
  const scenario = scenarioById('story-host');
  expect(scenario?.host).toMatchObject({ name: 'stisrv4', memoryMib: 8192, consoleMib: 800 });
  expect(scenario?.vms.every((vm) => nameParts(vm.name) !== null)).toBe(true);
  expect(scenario?.vms.find((vm) => vm.name === 'stisrv5-w2k3srv-wus')?.memoryMib).toBe(640);
});

it('ten-linux is the experiment of figure 4 of OSDI 2002: ten equal VMs of 40 MiB with 32 MiB of overhead', () => {
  const scenario = scenarioById('ten-linux');
  expect(scenario?.vms).toHaveLength(10);
  const shapes = new Set(scenario?.vms.map((vm) => JSON.stringify({ ...vm, name: '' })));
  expect(shapes.size).toBe(1);
  expect(scenario?.vms[0]).toMatchObject({ memoryMib: 40, workload: 'spec95', guest: 'linux-24' });
  expect(scenario?.host.options.overheadBaseMib).toBe(32);
});

it('the home page’s VMs start one after another, never more than 60 s apart', () => {
  const starts = scenarioById(HOME_SCENARIO_ID)?.vms.map((vm) => vm.powerOnAtSeconds ?? -1) ?? [];
  expect(starts).toHaveLength(6);
  starts.slice(1).forEach((start, index) => expect(start - starts[index]).toBeLessThanOrEqual(60));
});
