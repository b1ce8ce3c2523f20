/**
 * What must hold of every world, whatever is done to it: random small hosts × random lists of commands. A failure
 * prints seed and path; worlds.ts says how to run that case again. Each promise counts how often it was really put to
 * the test, and none may be zero.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Core, Field, VmColumn } from '../../src/lib/core/core';
import { World } from '../../src/lib/sim/world';
import { COMPILE_MS, coreModule } from './core';
import { Checker } from './reference/checker/checker';
import { differences } from './reference/checker/compare';
import {
  advanceTo,
  anyCommand,
  anyScenario,
  commandsUpTo,
  fingerprint,
  openRun,
  replaying,
  runTo,
  SECOND,
  visible,
} from './worlds';

let debug: WebAssembly.Module;
let release: WebAssembly.Module;

beforeAll(() => {
  debug = coreModule('debug');
  release = coreModule('release');
}, COMPILE_MS);

/** How often each promise was tried. */
const tried = {
  audits: 0,
  refusals: 0,
  comparisons: 0,
  rewinds: 0,
  undos: 0,
  forks: 0,
  slicings: 0,
  neighbours: 0,
};
const seen = { falseMatches: 0, staleHints: 0, copies: 0, shares: 0 };

afterAll(() => {
  for (const [promise, times] of Object.entries(tried)) expect(times, promise).toBeGreaterThan(0);
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
});

const LEDGER = [
  Field.consolePages,
  Field.vmkernelPages,
  Field.overheadPages,
  Field.privatePages,
  Field.sharedCopies,
  Field.freePages,
];

function auditNow(core: Core): void {
  tried.audits++;
  expect(core.x.audit(), 'differences between the ledger and the tables').toBe(0);
  const sum = LEDGER.reduce((total, part) => total + core.field(part), 0);
  expect(sum, 'sum of the ledger').toBe(core.field(Field.hostPages));
}

const WORLDS = 1000;
/** Most worlds end while their guests boot; one in twelve sees the end of it. */
const shortOrLong = fc
  .oneof({ arbitrary: fc.constant(4), weight: 11 }, { arbitrary: fc.constant(45), weight: 1 })
  .chain((seconds) => commandsUpTo(seconds, 12).map((commands) => ({ seconds, commands })));
const MINUTE = 60_000;

describe('every world', () => {
  test(
    `adds up after every command and at every sample, and a refused command changes nothing (${WORLDS} worlds)`,
    () => {
      fc.assert(
        fc.property(anyScenario, shortOrLong, (scenario, { seconds, commands }) => {
          const world = new World(debug, scenario, scenario.seed, []);
          const { core } = world;
          for (const { timeNs, command } of commands) {
            advanceTo(world, timeNs);
            auditNow(core);
            const before = fingerprint(core);
            const receipt = world.apply(command);
            if (receipt.kind === 'refused') {
              tried.refusals++;
              expect(fingerprint(core), `refused for ${receipt.reason}`).toBe(before);
            } else auditNow(core);
          }
          advanceTo(world, (seconds + 0.35) * SECOND);
          auditNow(core);
          if (core.field(Field.falseMatches)) seen.falseMatches++;
          if (core.field(Field.staleHints)) seen.staleHints++;
          if (core.field(Field.copyOnWriteBreaks)) seen.copies++;
          if (core.field(Field.sharedGuestPages)) seen.shares++;
        }),
        { numRuns: WORLDS, ...replaying },
      );
    },
    4 * MINUTE,
  );

  test(
    'is the world of the checker: pages, counts, classes, events, bytes, refusals (16 worlds)',
    () => {
      fc.assert(
        fc.property(anyScenario, commandsUpTo(45, 25), (scenario, commands) => {
          const world = new World(debug, scenario, scenario.seed, []);
          const checker = new Checker(scenario, scenario.seed);
          let eventsFrom = 0;
          const compare = () => {
            tried.comparisons++;
            expect(differences(world.core, checker, { eventsFrom, everyPage: 61 })).toEqual([]);
            eventsFrom = checker.events.length;
          };
          compare();
          for (const { timeNs, command } of commands) {
            advanceTo(world, timeNs);
            checker.advance(timeNs);
            const receipt = world.apply(command);
            const refusal = checker.apply(command);
            expect(receipt.kind === 'refused' ? receipt.reason : null, JSON.stringify(command)).toBe(refusal);
            if (commands.length < 6) compare();
          }
          for (const seconds of [45, 46.05]) {
            advanceTo(world, seconds * SECOND);
            checker.advance(seconds * SECOND);
            compare();
          }
        }),
        { numRuns: 16, ...replaying },
      );
    },
    4 * MINUTE,
  );

  test(
    'goes back to any moment and comes forward to the same one (40 worlds)',
    () => {
      fc.assert(
        fc.property(
          anyScenario,
          commandsUpTo(45, 10),
          fc.array(fc.nat(47_000), { minLength: 1, maxLength: 5 }),
          fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
          (scenario, commands, moments, order) => {
            const run = openRun(release, scenario, commands);
            const sorted = moments.map((ms) => ms * 1e6).sort((a, b) => a - b);
            const there = sorted.map((timeNs) => {
              runTo(run, timeNs);
              return visible(run);
            });
            runTo(run, 50 * SECOND);
            const end = visible(run);
            for (const i of order) {
              const timeNs = sorted[i];
              if (timeNs === undefined) continue;
              tried.rewinds++;
              run.rewind(timeNs);
              runTo(run, timeNs);
              expect(visible(run)).toEqual(there[i]);
            }
            runTo(run, 50 * SECOND);
            expect(visible(run)).toEqual(end);
          },
        ),
        { numRuns: 40, ...replaying },
      );
    },
    4 * MINUTE,
  );

  test(
    'undo is the run without the command (40 worlds)',
    () => {
      fc.assert(
        fc.property(
          anyScenario,
          commandsUpTo(40, 8),
          anyCommand,
          fc.nat(4000),
          (scenario, commands, last, ms) => {
            const timeNs = 40 * SECOND + ms * 1e6;
            const run = openRun(release, scenario, commands);
            runTo(run, timeNs);
            if (run.do(last).kind === 'refused') return;
            runTo(run, 46 * SECOND);
            const backTo = run.takeBack();
            expect(backTo).toBe(46 * SECOND);
            runTo(run, 46 * SECOND);
            const without = openRun(release, scenario, commands);
            runTo(without, 46 * SECOND);
            tried.undos++;
            expect(visible(run)).toEqual(visible(without));
            expect(run.commands).toEqual(without.commands);
          },
        ),
        { numRuns: 40, ...replaying },
      );
    },
    4 * MINUTE,
  );

  test(
    'acting in the past forgets that future; the run is as if it had always been so (30 worlds)',
    () => {
      fc.assert(
        fc.property(
          anyScenario,
          commandsUpTo(40, 8),
          anyCommand,
          fc.nat(400),
          (scenario, commands, other, tenths) => {
            const at = tenths * (SECOND / 10);
            const run = openRun(release, scenario, commands);
            runTo(run, 42 * SECOND);
            run.rewind(at);
            runTo(run, at);
            if (run.do(other).kind === 'refused') return;
            runTo(run, 42 * SECOND);
            const fresh = openRun(release, scenario, run.toDocument().commands);
            runTo(fresh, 42 * SECOND);
            tried.rewinds++;
            expect(visible(run)).toEqual(visible(fresh));
          },
        ),
        { numRuns: 30, ...replaying },
      );
    },
    4 * MINUTE,
  );

  test(
    'a fork goes on as its original does (30 worlds)',
    () => {
      fc.assert(
        fc.property(anyScenario, commandsUpTo(40, 8), fc.nat(40_000), (scenario, commands, ms) => {
          const run = openRun(release, scenario, commands);
          runTo(run, ms * 1e6);
          const copy = run.fork();
          expect(fingerprint(copy.world.core)).toBe(fingerprint(run.world.core));
          const from = run.log.drained;
          // A fork has no commands of the future.
          copy.commands.push(...run.commands.slice(copy.commands.length));
          runTo(run, 44 * SECOND);
          runTo(copy, 44 * SECOND);
          tried.forks++;
          expect(fingerprint(copy.world.core)).toBe(fingerprint(run.world.core));
          const since = (events: { sequence: number }[]) => events.filter(({ sequence }) => sequence > from);
          expect(since(visible(copy).events)).toEqual(since(visible(run).events));
        }),
        { numRuns: 30, ...replaying },
      );
    },
    4 * MINUTE,
  );

  test(
    'does not depend on how time is sliced, nor on assertions being compiled in (25 worlds)',
    () => {
      fc.assert(
        fc.property(
          anyScenario,
          commandsUpTo(40, 8),
          fc.array(fc.nat(42_000), { maxLength: 20 }),
          (scenario, commands, stops) => {
            const whole = openRun(release, scenario, commands);
            runTo(whole, 42 * SECOND);
            const expected = visible(whole);
            for (const [module, budget] of [
              [debug, undefined],
              [release, 1],
              [release, 7],
              [release, 512],
              [release, 2048],
            ] as const) {
              const run = openRun(module, scenario, commands, () => 0);
              for (const ms of [...stops].sort((a, b) => a - b)) runTo(run, ms * 1e6 + 17, budget);
              runTo(run, 42 * SECOND, budget);
              tried.slicings++;
              expect(visible(run), `budget ${budget}`).toEqual(expected);
            }
          },
        ),
        { numRuns: 25, ...replaying },
      );
    },
    4 * MINUTE,
  );

  test(
    'a neighbour changes nothing in what a guest does (25 worlds)',
    () => {
      fc.assert(
        fc.property(anyScenario, fc.nat(60), (scenario, seconds) => {
          const [first] = scenario.vms;
          const roomy = { ...scenario.host, memoryMib: 512 };
          const alone = new World(release, { ...scenario, host: roomy, vms: [first!] }, scenario.seed, []);
          const beside = new World(release, { ...scenario, host: roomy }, scenario.seed, []);
          for (const world of [alone, beside]) advanceTo(world, seconds * SECOND);
          tried.neighbours++;
          const life = (world: World) => {
            const { core } = world;
            const pages = core.vm(1, VmColumn.maxPages);
            return Array.from({ length: pages }, (_, page) =>
              [
                core.x.guestClass(1, page),
                core.x.backingPage(1, page) === -1 ? 'untouched' : 'touched',
                zeroOrNot(core, page),
              ].join(),
            );
          };
          expect(life(beside)).toEqual(life(alone));
          for (const column of [
            VmColumn.readCursor,
            VmColumn.cachePages,
            VmColumn.uptimeMs,
            VmColumn.scatterKey,
          ])
            expect(beside.core.vm(1, column)).toBe(alone.core.vm(1, column));
        }),
        { numRuns: 25, ...replaying },
      );
    },
    4 * MINUTE,
  );
});

/** States private … shared-zero come in pairs: zeros or not, whoever else has the page. */
function zeroOrNot(core: Core, page: number): string {
  const state = core.x.guestPageClass(1, page) >> 8;
  return state === 3 || state === 4 ? 'zeros' : 'data';
}

test('another seed is another world, the same seed the same one', () => {
  fc.assert(
    fc.property(anyScenario, fc.nat(0xffff_ffff), (scenario, seed) => {
      const at = (chosen: number) => {
        const world = new World(release, scenario, chosen, []);
        advanceTo(world, 5 * SECOND);
        return fingerprint(world.core);
      };
      expect(at(scenario.seed)).toBe(at(scenario.seed));
      if (seed !== scenario.seed) expect(at(seed)).not.toBe(at(scenario.seed));
    }),
    { numRuns: 10, ...replaying },
  );
});
