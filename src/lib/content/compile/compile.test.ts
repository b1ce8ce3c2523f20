import { describe, expect, it } from 'vitest';
import type { LessonDefinition, StepDefinition } from '../lesson-types';
import { checkLesson } from './check';
import { compileProse } from './markdown';
import { LessonProblem } from './problem';
import { numbersIn, typeset } from './typography';

const scenario = JSON.stringify({
  v: 1,
  id: 'two',
  seed: 1,
  durationSeconds: 60,
  host: { name: 'h', memoryMib: 256, consoleMib: 64 },
  vms: [{ name: 'linux-1', guest: 'linux-24', memoryMib: 40 }],
});

const glossary = { hash: { term: 'hash', meaning: 'a number' } };
const compile = (text: string, lang: 'fr' | 'en' = 'en') =>
  compileProse({ file: `${lang}.md`, text, id: 'lesson', lang, glossary });

const head = '# Title\n\nThe question?\n\n## Step {#one}\n\n';
const end = '\n\n:::caption\nSo it is.\n:::\n';

const where = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof LessonProblem) return error.message;
    throw error;
  }
  return 'no problem';
};

describe('prose of a lesson', () => {
  it('gives clock times and other colons back as they were written', () => {
    const [paragraph] = compile(`${head}At 12:30, a:b.`).steps[0]?.prose ?? [];
    expect(paragraph).toEqual({ tag: 'p', children: ['At 12:30, a:b.'] });
  });

  it('turns directives into data', () => {
    const text = `${head}Now :live{value=sharing.shared}, :see[here]{target=map page=a} and :term[hashes]{id=hash}.`;
    expect(compile(text).steps[0]?.prose[0]).toEqual({
      tag: 'p',
      children: [
        'Now ',
        { widget: 'live', measure: 'sharing.shared', at: 'start', measured: null },
        ', ',
        { widget: 'see', target: 'map', page: 'a', children: ['here'] },
        ' and ',
        { widget: 'term', id: 'hash', term: 'hash', meaning: 'a number', children: ['hashes'] },
        '.',
      ],
    });
  });

  it.each([
    ['an unknown text directive', 'a :blink[b]{c=d}', ':blink'],
    ['an unknown container', ':::aside\nb\n:::', ':::aside'],
    ['HTML', '<script>1</script>', 'HTML'],
    ['inline HTML', 'a <b>c</b>', 'HTML'],
    ['an image', '![a](b.png)', 'image'],
    ['a link to a script', '[a](javascript:1)', 'https or relative'],
    ['an unknown measure', ':live{value=sharing.luck}', 'sharing.luck'],
    ['an unknown option', ':scrub[a]{option=luck min=0 max=1 step=1 start=0}', 'luck'],
    ['an unknown part of the stage', ':see[a]{target=cellar}', 'cellar'],
    ['a term that the glossary lacks', ':term[a]{id=nope}', 'nope'],
  ])('refuses %s and says on which line', (_, body, words) => {
    const message = where(() => compile(`${head}Fine.\n\n${body}\n`));
    expect(message).toContain('en.md:9: ');
    expect(message).toContain(words);
  });

  it('sets French spaces and apostrophes, and leaves English ones', () => {
    expect(typeset("l'hôte : « oui » ? 20 480 pages, 67 %", 'fr')).toBe(
      'l’hôte\u202f: «\u202foui\u202f»\u202f? 20\u202f480\u00a0pages, 67\u202f%',
    );
    expect(typeset("it's 40 MB: yes", 'en')).toBe('it’s 40\u00a0MB: yes');
    expect(typeset('{share} % de {pages} pages à 100 Mbit/s', 'fr')).toBe(
      '{share}\u202f% de {pages}\u00a0pages à 100\u00a0Mbit/s',
    );
  });

  it('reads the same numbers in both languages, and none in names', () => {
    expect(numbersIn('linux-2 : 20\u202f480 pages, 0,4 %', 'fr')).toEqual(
      numbersIn('linux-1: 20,480 pages, 0.4 %', 'en'),
    );
  });
});

describe('a lesson as a whole', () => {
  const step: StepDefinition = {
    id: 'one',
    stage: { views: ['map'], focus: 'map' },
    controls: [],
    world: { scenario: 'two', moves: [] },
  };
  const lesson: LessonDefinition = {
    id: 'lesson',
    number: 1,
    minutes: 5,
    sources: [],
    pages: {},
    steps: [step],
  };
  const setup = (over: { steps?: StepDefinition[]; fr?: string; en?: string; scenario?: string } = {}) => ({
    file: 'content/lessons/lesson/lesson.ts',
    text: "export default {\n  steps: [\n    { id: 'one' },\n    { id: 'two' },\n  ],\n};\n",
    definition: { ...lesson, steps: over.steps ?? lesson.steps },
    fr: compile(over.fr ?? `${head}Un.${end}`, 'fr'),
    en: compile(over.en ?? `${head}One.${end}`, 'en'),
    scenarios: new Map([['two', { file: 'content/scenarios/two.json', text: over.scenario ?? scenario }]]),
  });

  it('passes when all is there', () => {
    expect(where(() => checkLesson(setup()))).toBe('no problem');
  });

  it('misses a step that one language lacks', () => {
    const steps = [step, { ...step, id: 'two' }];
    const two = `${head}One.${end}\n## Two {#two}\n\nTwo.${end}`;
    expect(where(() => checkLesson(setup({ steps, en: two })))).toMatch(
      /^content\/lessons\/lesson\/fr\.md:1: step "two".*missing/,
    );
  });

  it('sees steps in another order', () => {
    const steps = [step, { ...step, id: 'two' }];
    const right = `${head}One.${end}\n## Two {#two}\n\nTwo.${end}`;
    const wrong = `# T\n\nQ\n\n## Two {#two}\n\nTwo.${end}\n## One {#one}\n\nOne.${end}`;
    expect(where(() => checkLesson(setup({ steps, fr: right, en: wrong })))).toMatch(
      /en\.md:13: step "one" is out of order/,
    );
  });

  it('knows the VMs of a step', () => {
    const task: StepDefinition = {
      ...step,
      task: { done: { measure: 'vm.shared@linux-9', atLeast: 1 } },
      showMe: { moves: [], tell: [] },
    };
    expect(where(() => checkLesson(setup({ steps: [task] })))).toMatch(
      /lesson\.ts:3: step "one": no VM "linux-9"/,
    );
  });

  describe('that stands on a model', () => {
    const onModel: StepDefinition = {
      ...step,
      stage: { views: ['transfer'], focus: 'transfer' },
      world: { model: 'transfer', moves: [{ kind: 'act', action: { kind: 'convert' } }] },
    };
    const fault = (over: Partial<StepDefinition>) =>
      where(() => checkLesson(setup({ steps: [{ ...onModel, ...over }] })));

    it('passes without a scenario', () => {
      expect(fault({})).toBe('no problem');
    });

    it.each<[string, Partial<StepDefinition>, string]>([
      [
        'a measure of hosts',
        { task: { done: { measure: 'ledger.free', atLeast: 1 } }, showMe: { moves: [], tell: [] } },
        '"ledger.free" is no measure of its world',
      ],
      [
        'time that passes',
        { world: { model: 'transfer', moves: [{ kind: 'run', seconds: 1 }] } },
        '"run" is no move in its world',
      ],
      ['a view of hosts', { stage: { views: ['map'], focus: 'map' } }, 'has no "map" to show'],
    ])('refuses %s', (_, over, words) => {
      expect(fault(over)).toMatch(/lesson\.ts:3: step "one"/);
      expect(fault(over)).toContain(words);
    });

    it('has one kind of world in all its steps', () => {
      const steps = [step, { ...onModel, id: 'two' }];
      const text = `${head}One.${end}\n## Two {#two}\n\nTwo.${end}`;
      expect(where(() => checkLesson(setup({ steps, fr: text, en: text })))).toContain('of another kind');
    });
  });

  it('names the line of a scenario that is not valid', () => {
    const broken = '{\n  "v": 1,\n  "id": "two",\n  "seed": 1,\n  "durationSeconds": -1\n}';
    expect(where(() => checkLesson(setup({ scenario: broken })))).toMatch(
      /^content\/scenarios\/two\.json:\d+: /,
    );
  });

  it('sees numbers that differ between the languages', () => {
    const message = where(() => checkLesson(setup({ fr: `${head}40 Mo.${end}`, en: `${head}41 MB.${end}` })));
    expect(message).toContain('the numbers differ: fr 40 · en 41');
  });

  it('sees a live number that one language lacks', () => {
    const message = where(() => checkLesson(setup({ fr: `${head}:live{value=time}${end}` })));
    expect(message).toContain('the live parts differ');
  });
});
