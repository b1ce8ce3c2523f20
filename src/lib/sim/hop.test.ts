/** A packet is followed hop by hop: each step ends where something happens to it, and at its end no time passes. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { secondsToNs } from '#lib/units';
import { scenarioSchema } from '#lib/world/schema';
import { Engine } from './engine';
import { nodeSurroundings } from './node-surroundings';

const core = WebAssembly.compile(readFileSync('wasm/build/core.wasm'));
const story = v.parse(scenarioSchema, JSON.parse(readFileSync('content/scenarios/esx-story.json', 'utf8')));

it('steps through NAT and firewall with one packet among all that the network carries', async () => {
  const engine = new Engine(nodeSurroundings(() => core));
  const t = secondsToNs(300);
  await engine.open({ v: 1, scenario: story, seed: story.seed, commands: [], t, view: {} });
  const wire = async (after: number) =>
    (await engine.read({ network: { wire: { count: 5000, after } } })).network!.wire.reverse();
  for (const [machine, host] of [
    ['nat-wxp', 'www.example.org'],
    ['local-wxp', 'update.example'],
  ] as const)
    await engine.do({ kind: 'start-job', machine, job: { kind: 'ping', host } });
  // The first frame that leaves the machine behind the NAT.
  const { nodes } = (await engine.read({ network: {} })).network!;
  const idOf = (name: RegExp) => nodes.find((node) => name.test(node.name))!.node;
  const own = idOf(/^nat-wxp$/);
  let last = (await engine.read({ network: {} })).network!.wireLast;
  let frame = 0;
  while (frame === 0) {
    expect(await engine.step('frame')).toBe(true);
    frame =
      (await wire(last)).find((one) => one.kind === 'sent' && one.node === own && one.length > 64)?.frame ??
      0;
  }

  const family = new Set([frame]);
  /** Where it was, each place once in a row. */
  const way: string[] = [];
  let others = 0;
  for (;;) {
    last = (await engine.read({ network: {} })).network!.wireLast;
    const before = await engine.fingerprint();
    if (!(await engine.step('hop', frame))) {
      expect(await engine.fingerprint()).toEqual(before);
      break;
    }
    const fresh = await wire(last);
    const mine = fresh.filter((one) => family.has(one.frame) || family.has(one.parent));
    // It stopped at the first thing, not at a later one: all of it came with the last event.
    expect(mine.length).toBeGreaterThan(0);
    expect(new Set(mine.map(({ timeNs }) => timeNs)).size).toBe(1);
    for (const one of mine) family.add(one.frame);
    others += fresh.length - mine.length;
    for (const { node } of mine) {
      const { name } = nodes.find((one) => one.node === node)!;
      if (name !== way.at(-1)) way.push(name);
    }
    expect(way.length).toBeLessThan(80);
  }
  // The question, rewritten by both, and its answer, back by the same way.
  const there = ['Nat', 'local-w2k3srv-nat', 'Local', 'real-w2k3srv-isa', 'Réal', 'Campus', 'campus-dns'];
  expect(way).toEqual([...there, ...there.slice(0, -1).reverse(), 'nat-wxp']);
  expect(others).toBeGreaterThan(0);
});
