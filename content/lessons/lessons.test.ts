import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { lessonIndex } from '#lib/content/index';

it('every lesson of the menu is played', () => {
  expect(lessonIndex.length).toBeGreaterThan(0);
  for (const { id } of lessonIndex)
    expect(existsSync(`content/lessons/${id}/lesson.test.ts`), `a test of ${id}`).toBe(true);
});
