/**
 * The words of both languages, an area at a time: a page fetches those it says, in its language.
 * English is the shape; the types below hold French to the same keys.
 */
const en = {
  census: () => import('#content/messages/en/census.json'),
  embed: () => import('#content/messages/en/embed.json'),
  event: () => import('#content/messages/en/event.json'),
  home: () => import('#content/messages/en/home.json'),
  lab: () => import('#content/messages/en/lab.json'),
  lesson: () => import('#content/messages/en/lesson.json'),
  map: () => import('#content/messages/en/map.json'),
  model: () => import('#content/messages/en/model.json'),
  reason: () => import('#content/messages/en/reason.json'),
  shell: () => import('#content/messages/en/shell.json'),
};

export type Area = keyof typeof en;
export type Catalogue = { [A in Area]: Awaited<ReturnType<(typeof en)[A]>>['default'] };
/** `area.key`, as `map.legend.shared`. */
export type MessageKey = { [A in Area]: `${A}.${keyof Catalogue[A] & string}` }[Area];

const fr: { [A in Area]: () => Promise<{ default: Catalogue[A] }> } = {
  census: () => import('#content/messages/fr/census.json'),
  embed: () => import('#content/messages/fr/embed.json'),
  event: () => import('#content/messages/fr/event.json'),
  home: () => import('#content/messages/fr/home.json'),
  lab: () => import('#content/messages/fr/lab.json'),
  lesson: () => import('#content/messages/fr/lesson.json'),
  map: () => import('#content/messages/fr/map.json'),
  model: () => import('#content/messages/fr/model.json'),
  reason: () => import('#content/messages/fr/reason.json'),
  shell: () => import('#content/messages/fr/shell.json'),
};

export const AREAS = Object.keys(en) as Area[];
export const words = { en, fr };
