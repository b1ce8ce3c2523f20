/** A view of the stage comes with the words it says: of itself, of its parts, and of what they ask for in words. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const LIB = 'src/lib';
const AREAS = readdirSync('content/messages/fr').map((file) => basename(file, '.json'));
/** Said by every page of a lesson. */
const THERE = ['shell', 'lesson', 'map'];
const SCENES = `${LIB}/components/lesson/StageScenes.svelte`;

const pathOf = (from: string, wanted: string) =>
  wanted.startsWith('#lib/') ? join(LIB, wanted.slice('#lib/'.length)) : join(dirname(from), wanted);

/** The areas of the words that a component says, with its parts and the models that it gets its words from. */
function areasOf(file: string, seen = new Set<string>()): Set<string> {
  const areas = new Set<string>();
  if (seen.has(file)) return areas;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, area = ''] of text.matchAll(/['`]([a-z]+)\.[\w$]/g))
    if (AREAS.includes(area)) areas.add(area);
  for (const [, wanted = ''] of text.matchAll(
    /^\s*import (?!type\b)[^;]*? from '([^']*\/[A-Z]\w*\.svelte)';/gm,
  ))
    for (const area of areasOf(pathOf(file, wanted), seen)) areas.add(area);
  return areas;
}

describe('the stage of a lesson', () => {
  const views = [
    ...readFileSync(SCENES, 'utf8').matchAll(/saying\(\s*\[([^\]]*)\],\s*import\('([^']+)'\)/g),
  ].map(([, areas = '', component = '']) => ({
    component,
    fetched: [...areas.matchAll(/'(\w+)'/g)].map(([, area]) => area!),
  }));

  it('has views', () => expect(views.length).toBeGreaterThan(12));

  it.each(views)('$component says nothing that was not fetched for it', ({ component, fetched }) => {
    const said = areasOf(pathOf(SCENES, component));
    expect([...said].filter((area) => ![...THERE, ...fetched].includes(area))).toEqual([]);
  });
});
