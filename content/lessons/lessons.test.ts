import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { lessonIndex, loadLesson } from '#lib/content/index';
import { SPEEDS } from '#lib/model/speed';

it('every lesson of the menu is played', () => {
  expect(lessonIndex.length).toBeGreaterThan(0);
  for (const { id } of lessonIndex)
    expect(existsSync(`content/lessons/${id}/lesson.test.ts`), `a test of ${id}`).toBe(true);
});

it('a step plays at a speed that the bar of time can show', async () => {
  for (const { id } of lessonIndex)
    for (const step of (await loadLesson(id, 'en'))!.definition.steps)
      if (step.speed !== undefined) expect(SPEEDS, `${id}, ${step.id}`).toContain(step.speed);
});
