import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { runnerImport, type Plugin } from 'vite';
import { checkLesson } from '../src/lib/content/compile/check.ts';
import { compileProse, type Glossary } from '../src/lib/content/compile/markdown.ts';
import type {
  CompiledLesson,
  LessonDefinition,
  LessonIndexEntry,
  ProseNode,
} from '../src/lib/content/lesson-types.ts';

const INDEX = 'virtual:lessons';
const DEFINITIONS = 'virtual:lesson-definitions';
const PROSE = /[\\/]content[\\/]lessons[\\/]([a-z0-9-]+)[\\/](fr|en)\.md$/;

/** Figures of a lesson as its own engine measured them: { step: { start | done: { measure: value } } }. */
type Measured = Record<string, Partial<Record<'start' | 'done', Record<string, number>>>>;

/**
 * Lessons, at build time: `content/lessons/<id>/{fr,en}.md` become modules of data, `virtual:lessons` the light index of
 * all of them. Every lesson is checked before anything is built; a fault stops the build with its file and line.
 */
export function lessons(): Plugin {
  let root = process.cwd();
  const folder = () => join(root, 'content/lessons');
  const name = (file: string) => relative(root, file).split(sep).join('/');
  const definitionOf = (id: string) => join(folder(), id, 'lesson.ts');
  const read = (file: string) => readFileSync(file, 'utf8');
  const json = <T>(file: string, otherwise: T): T =>
    existsSync(file) ? (JSON.parse(read(file)) as T) : otherwise;

  const ids = () =>
    readdirSync(folder(), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(definitionOf(entry.name)))
      .map((entry) => entry.name);

  function prose(id: string, lang: 'fr' | 'en'): CompiledLesson {
    const file = join(folder(), id, `${lang}.md`);
    const glossary = json<Glossary>(join(folder(), `glossary.${lang}.json`), {});
    const compiled = compileProse({ file: name(file), text: read(file), id, lang, glossary });
    const measured = json<Measured>(join(folder(), id, 'measured.json'), {});
    for (const step of compiled.steps)
      fill([step.prose, step.task, ...step.hints, step.guess, step.caption], measured[step.id] ?? {});
    return compiled;
  }

  function scenarios(): Map<string, { file: string; text: string }> {
    const found = new Map<string, { file: string; text: string }>();
    for (const entry of readdirSync(join(root, 'content/scenarios'), { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.json')) continue;
      const file = join(root, 'content/scenarios', entry);
      found.set(basename(entry, '.json'), { file: name(file), text: read(file) });
    }
    return found;
  }

  /** What all lessons are made of, by one runner for all: each would take a second to begin. */
  async function definitions(): Promise<Record<string, LessonDefinition>> {
    const lines = ids().map(
      (id) => `export { default as ${JSON.stringify(id)} } from '${definitionOf(id)}';`,
    );
    const { module } = await runnerImport<Record<string, LessonDefinition>>(DEFINITIONS, {
      root,
      configFile: false,
      logLevel: 'error',
      plugins: [
        {
          name: DEFINITIONS,
          resolveId: (source) => (source === DEFINITIONS ? source : undefined),
          load: (id) => (id === DEFINITIONS ? lines.join('\n') : undefined),
        },
      ],
    });
    return module;
  }

  async function index(): Promise<LessonIndexEntry[]> {
    const entries: LessonIndexEntry[] = [];
    for (const [id, definition] of Object.entries(await definitions())) {
      const file = definitionOf(id);
      const [fr, en] = [prose(id, 'fr'), prose(id, 'en')];
      checkLesson({ file: name(file), text: read(file), definition, fr, en, scenarios: scenarios() });
      entries.push({
        id,
        number: definition.number,
        minutes: definition.minutes,
        title: { fr: fr.title, en: en.title },
        question: { fr: fr.question, en: en.question },
        stepIds: definition.steps.map((step) => step.id),
      });
    }
    return entries.sort((a, b) => a.number - b.number);
  }

  return {
    name: 'alacarte-lessons',
    enforce: 'pre',
    configResolved(config) {
      root = config.root;
    },
    resolveId: (source) => (source === INDEX ? `\0${INDEX}` : undefined),
    async load(id) {
      if (id !== `\0${INDEX}`) return undefined;
      return `export default ${JSON.stringify(await index())};`;
    },
    transform: {
      filter: { id: PROSE },
      handler(_code, id) {
        const found = PROSE.exec(id);
        const lang = found?.[2];
        if (!found?.[1] || (lang !== 'fr' && lang !== 'en')) return undefined;
        this.addWatchFile(join(folder(), found[1], 'measured.json'));
        this.addWatchFile(join(folder(), `glossary.${lang}.json`));
        return { code: `export default ${JSON.stringify(prose(found[1], lang))};`, map: null };
      },
    },
    handleHotUpdate({ file, server }) {
      if (!file.startsWith(folder())) return;
      for (const environment of Object.values(server.environments)) {
        const module = environment.moduleGraph.getModuleById(`\0${INDEX}`);
        if (module) environment.moduleGraph.invalidateModule(module);
      }
    },
  };
}

/** Puts the measured values into the live numbers. */
function fill(nodes: (ProseNode[] | ProseNode | null)[], measured: Measured[string]): void {
  for (const node of nodes) {
    if (node === null || typeof node === 'string') continue;
    if (Array.isArray(node)) fill(node, measured);
    else if ('children' in node) fill(node.children, measured);
    else if (node.widget === 'live') node.measured = measured[node.at]?.[node.measure] ?? null;
  }
}
