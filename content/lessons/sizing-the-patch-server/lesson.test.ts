import { describe, expect, it } from 'vitest';
import { loadLesson } from '#lib/content/index';
import { measure, MEASURED, type MeasureName } from '#lib/content/measures';
import { holds } from '#lib/content/predicate';
import { planOf } from '#lib/model/comparison';
import { secondsToNs } from '#lib/units';
import { runOf, scenarioById } from '#lib/world/scenarios';
import { newEngine, testLesson } from '../played';

await testLesson('sizing-the-patch-server');

const lesson = (await loadLesson('sizing-the-patch-server', 'en'))!;
const WSUS = 'stisrv5-w2k3srv-wus';
const step = (id: string) => lesson.definition.steps.find((one) => one.id === id)!;

describe('the figures that its words print', () => {
  it('three worlds: what 512, 640 and 1024 MB lose to waiting, and that the first still has reports to take', async () => {
    const { scenario: id, changes } = step('three-worlds').comparison!;
    const scenario = scenarioById(id)!;
    const lost: number[] = [];
    const areReportsTaken: boolean[] = [];
    for (const change of [null, ...changes]) {
      const engine = newEngine();
      await engine.open(planOf(runOf(id), scenario, change).run, undefined, undefined, true);
      await engine.seek(secondsToNs(scenario.durationSeconds));
      const reading = await engine.read(MEASURED);
      const of = (name: string) => measure(`${name}@${WSUS}` as MeasureName, reading);
      lost.push(Math.round(of('vm.lost') / 1e9));
      areReportsTaken.push(of('vm.phase') > 2 || of('vm.phaseDone') > 0.99);
    }
    expect(lost).toEqual([238, 844, 238]);
    expect(areReportsTaken).toEqual([true, false, true]);
  }, 60_000);

  it('par: 552 MB end the day in time, 548 do not; both wait three times as long as 640', async () => {
    const { task, showMe } = step('par');
    const days: { isDone: boolean; lost: number }[] = [];
    for (const mib of [552, 548, 640]) {
      const engine = newEngine();
      await engine.open({ ...runOf('lesson-patch-day'), t: secondsToNs(200) }, undefined, undefined, true);
      for (const move of showMe!.moves) {
        if (move.kind !== 'do') continue;
        const command =
          move.command.kind === 'set-memory' ? { ...move.command, memoryMib: mib } : move.command;
        expect((await engine.do(command as Parameters<typeof engine.do>[0])).kind).toBe('accepted');
      }
      // Long after the deadline: what is late has ended too.
      await engine.seek(secondsToNs(200 + 2960));
      const reading = await engine.read(MEASURED);
      days.push({
        isDone: holds(task!.done, reading, {}),
        lost: measure(`vm.lost@${WSUS}`, reading) / 1e9,
      });
    }
    const [par, less, decided] = days;
    expect([par!.isDone, less!.isDone, decided!.isDone]).toEqual([true, false, true]);
    expect(par!.lost / decided!.lost).toBeCloseTo(3, 0);
  }, 60_000);
});
