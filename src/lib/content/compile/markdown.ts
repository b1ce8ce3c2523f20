/**
 * A lesson's prose in one language: Markdown in, data out. Runs at build time only.
 * A closed list of elements and directives; no HTML, no script, no images; each fault names its file and line.
 *
 *   # Title
 *   The question, one paragraph.
 *   ## Title of a step {#step-id}
 *   Prose, with :live{value=…} :scrub[name]{option=… min=… max=…} :see[words]{target=… page=…} :term[words]{id=…}
 *   :::task   :::hint (three: a nudge, a pointer, what "show me" will do)   :::guess   :::caption
 */
import type { PhrasingContent, Root, RootContent } from 'mdast';
import type { ContainerDirective, TextDirective } from 'mdast-util-directive';
import remarkDirective from 'remark-directive';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { OPTION_NAMES } from '../../world/vocabulary.ts';
import {
  STAGE_VIEWS,
  type CompiledLesson,
  type CompiledStep,
  type ProseNode,
  type ProseTag,
} from '../lesson-types.ts';
import { isMeasure } from '../measures.ts';
import { MODEL_WORDS } from '../model-measures.ts';
import '../network-measures.ts';
import { LessonProblem } from './problem.ts';
import { typeset } from './typography.ts';

export interface Glossary {
  [id: string]: { term: string; meaning: string };
}

export interface ProseSource {
  file: string;
  text: string;
  id: string;
  lang: 'fr' | 'en';
  glossary: Glossary;
}

type AnyNode = Root | RootContent | PhrasingContent;
type Attributes = Record<string, string | null | undefined>;

const parser = unified().use(remarkParse).use(remarkGfm).use(remarkDirective);

/** Of hosts and of models. */
const OPTIONS: readonly string[] = [
  ...OPTION_NAMES,
  ...Object.values(MODEL_WORDS).flatMap(({ options }) => options),
];

const BLOCKS = ['task', 'hint', 'guess', 'caption'] as const;
type Block = (typeof BLOCKS)[number];
const isBlock = (name: string): name is Block => (BLOCKS as readonly string[]).includes(name);

const SIMPLE_TAGS: Partial<Record<AnyNode['type'], ProseTag>> = {
  paragraph: 'p',
  emphasis: 'em',
  strong: 'strong',
  blockquote: 'blockquote',
  listItem: 'li',
};

class Compiler {
  constructor(private readonly source: ProseSource) {}

  problem(node: AnyNode | null, what: string): LessonProblem {
    return new LessonProblem(this.source.file, node?.position?.start.line ?? 1, what);
  }

  lesson(): CompiledLesson {
    const { id, lang, text } = this.source;
    const [title, question, ...rest] = parser.parse(text).children;
    if (title?.type !== 'heading' || title.depth !== 1)
      throw this.problem(title ?? null, 'a lesson starts with "# Title"');
    if (question?.type !== 'paragraph')
      throw this.problem(question ?? null, 'after the title: the question, a paragraph');
    return { id, lang, title: this.words(title), question: this.words(question), steps: this.steps(rest) };
  }

  steps(nodes: RootContent[]): CompiledStep[] {
    const steps: CompiledStep[] = [];
    for (const node of nodes) {
      if (node.type === 'heading' && node.depth === 2) {
        const heading = /^(.+?)\s*\{#([a-z][a-z0-9-]*)\}$/.exec(this.words(node));
        if (!heading) throw this.problem(node, 'a step is headed "## Title {#step-id}"');
        const [, title = '', id = ''] = heading;
        if (steps.some((step) => step.id === id)) throw this.problem(node, `step "${id}" is there twice`);
        const line = node.position?.start.line ?? 1;
        steps.push({ id, title, line, prose: [], task: null, hints: [], guess: null, caption: null });
        continue;
      }
      const step = steps.at(-1);
      if (!step) throw this.problem(node, 'prose before the first step');
      if (node.type === 'containerDirective') this.block(node, step);
      else step.prose.push(...this.node(node));
    }
    return steps;
  }

  block(node: ContainerDirective, step: CompiledStep): void {
    if (!isBlock(node.name)) throw this.problem(node, `unknown directive ":::${node.name}"`);
    const content = this.nodes(node.children);
    if (node.name === 'hint') step.hints.push(content);
    else if (step[node.name]) throw this.problem(node, `step "${step.id}" has ":::${node.name}" twice`);
    else step[node.name] = content;
  }

  nodes(nodes: readonly AnyNode[]): ProseNode[] {
    const made = nodes.flatMap((node) => this.node(node));
    // Neighbouring texts (a directive given back its characters) are one text again before it is typeset.
    const joined: ProseNode[] = [];
    for (const node of made) {
      const last = joined.at(-1);
      if (typeof node === 'string' && typeof last === 'string') joined[joined.length - 1] = last + node;
      else joined.push(node);
    }
    return joined.map((node) => (typeof node === 'string' ? typeset(node, this.source.lang) : node));
  }

  node(node: AnyNode): ProseNode[] {
    const tag = SIMPLE_TAGS[node.type];
    if (tag && 'children' in node) return [{ tag, children: this.nodes(node.children) }];
    switch (node.type) {
      case 'text':
        return [node.value.replace(/\s*\n\s*/g, ' ')];
      case 'inlineCode':
        return [{ tag: 'code', children: [node.value] }];
      case 'break':
        return [{ tag: 'br', children: [] }];
      case 'list':
        return [{ tag: node.ordered ? 'ol' : 'ul', children: this.nodes(node.children) }];
      case 'link':
        if (!/^(https:\/\/|\.\.?\/|#)/.test(node.url))
          throw this.problem(node, `link to "${node.url}": https or relative only`);
        return [{ tag: 'a', href: node.url, children: this.nodes(node.children) }];
      case 'table': {
        const rows = node.children.map((row, at): ProseNode => ({
          tag: 'tr',
          children: row.children.map((cell) => ({
            tag: at === 0 ? 'th' : 'td',
            children: this.nodes(cell.children),
          })),
        }));
        return [
          {
            tag: 'table',
            children: [
              { tag: 'thead', children: rows.slice(0, 1) },
              { tag: 'tbody', children: rows.slice(1) },
            ],
          },
        ];
      }
      case 'textDirective':
        return this.textDirective(node);
      case 'leafDirective':
        throw this.problem(node, `unknown directive "::${node.name}"`);
      case 'containerDirective':
        throw this.problem(node, `":::${node.name}" cannot be here`);
      case 'html':
        throw this.problem(node, 'a lesson holds no HTML');
      default:
        throw this.problem(node, `a lesson holds no ${node.type}`);
    }
  }

  textDirective(node: TextDirective): ProseNode[] {
    const attributes: Attributes = node.attributes ?? {};
    const children = () => this.nodes(node.children);
    switch (node.name) {
      case 'live':
        return [this.live(node, attributes)];
      case 'scrub':
        return [this.scrub(node, attributes)];
      case 'see': {
        const target = STAGE_VIEWS.find((view) => view === attributes['target']);
        if (!target)
          throw this.problem(node, `:see: no part of the stage is called "${attributes['target']}"`);
        const page = attributes['page'];
        return [{ widget: 'see', target, ...(page ? { page } : {}), children: children() }];
      }
      case 'term': {
        const id = attributes['id'] ?? '';
        const entry = this.source.glossary[id];
        if (!entry) throw this.problem(node, `:term: the glossary has no "${id}"`);
        const meaning = typeset(entry.meaning, this.source.lang);
        return [{ widget: 'term', id, term: entry.term, meaning, children: children() }];
      }
      default:
        // "12:30" or "a:b" are words, not directives.
        if (node.children.length === 0 && Object.keys(attributes).length === 0) return [`:${node.name}`];
        throw this.problem(node, `unknown directive ":${node.name}"`);
    }
  }

  live(node: TextDirective, attributes: Attributes): ProseNode {
    const name = attributes['value'] ?? '';
    if (!isMeasure(name)) throw this.problem(node, `:live: nothing is measured under the name "${name}"`);
    const at = attributes['at'] ?? 'start';
    if (at !== 'start' && at !== 'done') throw this.problem(node, ':live: at=start or at=done');
    return { widget: 'live', measure: name, at, measured: null };
  }

  scrub(node: TextDirective, attributes: Attributes): ProseNode {
    const option = OPTIONS.find((name) => name === attributes['option']);
    if (!option) throw this.problem(node, `:scrub: no option is called "${attributes['option']}"`);
    const number = (name: string) => {
      const value = Number(attributes[name]);
      if (!Number.isInteger(value)) throw this.problem(node, `:scrub: ${name} must be a whole number`);
      return value;
    };
    const [min, max, step, start] = [number('min'), number('max'), number('step'), number('start')];
    if (!(min <= start && start <= max && step > 0))
      throw this.problem(node, ':scrub: min ≤ start ≤ max, step > 0');
    const label = this.words(node);
    if (!label) throw this.problem(node, ':scrub needs a name in brackets');
    return { widget: 'scrub', option, min, max, step, start, label };
  }

  /** Plain words only. */
  words(node: AnyNode): string {
    const text = (inner: AnyNode): string => {
      if (inner.type === 'text') return inner.value;
      if (inner.type === 'textDirective' && inner.children.length === 0) return `:${inner.name}`;
      if (inner === node || inner.type === 'emphasis')
        return 'children' in inner ? inner.children.map(text).join('') : '';
      throw this.problem(inner, 'plain words only here');
    };
    return typeset(text(node).replace(/\s*\n\s*/g, ' '), this.source.lang);
  }
}

/** @throws LessonProblem with file and line. */
export const compileProse = (source: ProseSource): CompiledLesson => new Compiler(source).lesson();
