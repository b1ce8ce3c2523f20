/** « Why? » on a host that is full: from a balloon or a target back to its first cause, each link in words. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AREAS } from '#lib/i18n/catalogue';
import { I18n, LANGUAGES, loadCatalogue } from '#lib/i18n/i18n';
import { causesOf } from '#lib/model/causes';
import { eventReason, eventSentence } from '#lib/model/events';
import type { EventRecord } from '#lib/sim/protocol';
import { scenarioById } from '#lib/world/scenarios';
import { Run } from './run';

const core = new WebAssembly.Module(readFileSync('wasm/build/core.wasm'));

it('what comes of a periodic reallocation leads to the state of the host, and each link has its words and its reason', async () => {
  const scenario = scenarioById('full-host')!;
  const { seed } = scenario;
  const run = new Run(core, { v: 1, scenario, seed, commands: [], t: 0, view: {} }, scenario, () => 0, 0);
  while (run.advance(700e9));
  const words = await Promise.all(
    LANGUAGES.map(async (lang) => new I18n(lang, await loadCatalogue(lang, AREAS))),
  );
  const kinds = new Set([
    'target-set',
    'balloon-target-set',
    'balloon-inflated',
    'balloon-deflated',
    'vm-blocked',
    'page-swapped-out',
  ]);
  const asked = run.log.newest(run.log.drained, { count: 400, kinds });
  let periodic = 0;
  for (const event of asked) {
    const chain = await causesOf(event, (sequence) => Promise.resolve(run.log.get(sequence) ?? null));
    expect(chain.isCut).toBe(false);
    const names = chain.events.map(({ kind }) => kind);
    expect(names.length, event.kind).toBeGreaterThan(0);
    if (chain.events.some(({ reason }) => reason === 'periodic')) {
      periodic++;
      expect(names).toEqual(['targets-set', 'state-changed']);
    }
    for (const link of [event, ...chain.events] as EventRecord[])
      for (const i18n of words) {
        const said = [eventSentence(link, (vm) => `vm-${vm}`, i18n), eventReason(link, i18n)];
        for (const sentence of said) expect(sentence, link.kind).toMatch(/^[^{}]{3,}$/);
      }
  }
  expect(periodic).toBeGreaterThan(0);
});
