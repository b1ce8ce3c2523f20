import '#lib/content/model-measures';
import { defineLesson, type LessonMove } from '#lib/content/lesson-types';
import type { ModelAction } from '#lib/content/model-types';

const acts = (...actions: ModelAction[]): LessonMove[] => actions.map((action) => ({ kind: 'act', action }));
const boot = (target: string): ModelAction => ({ kind: 'boot', target });
const clone: ModelAction = { kind: 'clone', target: 'files' };

/** Physical servers made virtual: the list, the cold copy, both costs, and thirty that need each other (L. Kling, EPFL, 2006). */
export default defineLesson({
  id: 'from-metal',
  number: 7,
  minutes: 12,
  sources: [
    {
      text: 'Laurent Kling, À la carte, ou la virtualisation avec VMware ESX',
      where: 'EPFL, 2006: P2V, the SUS server that was not on the list',
    },
    { text: 'Robert Tarjan, Depth-first search and linear graph algorithms', where: 'SIAM J. Comput., 1972' },
  ],
  pages: {},
  steps: [
    {
      id: 'the-list',
      stage: { views: ['metal-servers'], focus: 'metal-servers' },
      controls: [],
      world: { model: 'metal', moves: [] },
      task: { done: { measure: 'metal.booted', atLeast: 2 } },
      showMe: { moves: acts(boot('sus'), boot('files')), tell: ['metal.booted'] },
      bookmark: 1,
    },
    {
      id: 'guess',
      stage: { views: ['metal-servers'], focus: 'metal-servers' },
      controls: [],
      world: { model: 'metal', moves: acts(boot('sus'), boot('files')) },
      guess: {
        kind: 'value',
        unit: 'time',
        min: 0,
        max: 6 * 3600e9,
        step: 300e9,
        measure: 'metal.cloneTime',
        world: { model: 'metal', moves: acts(boot('files'), clone) },
      },
      bookmark: 2,
    },
    {
      id: 'another-machine',
      stage: { views: ['metal-clone'], focus: 'metal-clone' },
      controls: [],
      world: { model: 'metal', moves: acts(boot('sus'), boot('files')) },
      task: { done: { measure: 'metal.runs', atLeast: 1 } },
      showMe: {
        moves: acts(clone, { kind: 'connect-clone' }, { kind: 'install-clone-tools' }),
        tell: ['metal.cloneTime', 'metal.faults', 'metal.runs'],
      },
      bookmark: 3,
    },
    {
      id: 'two-ways',
      stage: { views: ['metal-costs'], focus: 'metal-costs' },
      controls: [],
      world: { model: 'metal', moves: acts(boot('files')) },
      task: { done: { measure: 'metal.installDearer', atLeast: 1 } },
      showMe: {
        moves: acts({ kind: 'set', target: 'staleServices', value: 3 }),
        tell: ['metal.convertCost', 'metal.installCost', 'metal.installDearer'],
      },
      bookmark: 4,
    },
    {
      id: 'thirty',
      stage: { views: ['metal-plan'], focus: 'metal-plan' },
      controls: [],
      world: { model: 'metal', moves: [] },
      task: {
        done: {
          all: [
            { measure: 'metal.breaks', atMost: 0 },
            { measure: 'metal.split', atMost: 0 },
            { measure: 'metal.tooLong', atMost: 0 },
          ],
        },
      },
      showMe: {
        moves: acts({ kind: 'order-by-need' }),
        tell: ['metal.breaks', 'metal.split', 'metal.nights'],
      },
      bookmark: 5,
    },
    {
      id: 'both',
      stage: { views: ['metal-plan', 'metal-costs'], focus: 'metal-plan' },
      controls: [],
      bookmark: 6,
    },
  ],
});
