import type { Plugin } from 'vite';
import { typeset } from '../src/lib/content/compile/typography.ts';

const WORDS = /[\\/]content[\\/]messages[\\/](fr|en)[\\/][a-z-]+\.json$/;

/** Messages, typeset at build time as lessons are: their authors type plain spaces and apostrophes. */
export function words(): Plugin {
  return {
    name: 'words',
    enforce: 'pre',
    transform(text, id) {
      const lang = WORDS.exec(id)?.[1] as 'fr' | 'en' | undefined;
      if (!lang) return;
      const messages = JSON.parse(text) as Record<string, string>;
      const set = Object.entries(messages).map(([key, message]) => [key, typeset(message, lang)]);
      return { code: JSON.stringify(Object.fromEntries(set)), map: null };
    },
  };
}
