/** The three ways to put a figure into a page, as text to copy. Pure. */
import { embedPath, PARAMETERS, type EmbedOptions } from './options';

export interface SnippetRequest {
  /** Root of the site, with its slash: `https://example.org/lab/`. */
  root: string;
  lang: string;
  options: Partial<EmbedOptions>;
  /** Names the figure for those who do not see it. */
  title: string;
  /** The same in the lab, for readers whose page blocks the script. */
  labHref: string;
  /** Picture of the figure under the root; null when the scene has none. */
  picture: string | null;
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (letter) => escapes[letter]);
const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>]/g, '\\$&');

const addressOf = ({ root, lang, options }: SnippetRequest): string => root + embedPath(lang, options);

export const iframeSnippet = (request: SnippetRequest): string =>
  `<iframe src="${escape(addressOf(request))}" title="${escape(request.title)}"\n` +
  `  width="100%" height="520" loading="lazy" style="border: 0"></iframe>\n`;

/** Attributes are what the address holds: the element makes the same address of them. */
export function elementSnippet(request: SnippetRequest): string {
  const query = new URL(addressOf(request), 'https://example.org/').searchParams;
  const attributes = PARAMETERS.flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [` ${name}="${escape(value)}"`];
  });
  return (
    `<script src="${escape(request.root)}embed.js" async></` +
    `script>\n<a-la-carte lang="${escape(request.lang)}"${attributes.join('')}>\n` +
    `  <a href="${escape(request.labHref)}">${escape(request.title)}</a>\n</a-la-carte>\n`
  );
}

export function markdownSnippet(request: SnippetRequest): string {
  const { root, picture, title } = request;
  const words = escapeMarkdown(title);
  const face = picture === null ? words : `![${words}](${root}${picture})`;
  return `[${face}](${addressOf(request)})\n`;
}
