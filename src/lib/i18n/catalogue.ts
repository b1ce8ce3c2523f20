/**
 * The words of both languages, an area at a time: a page fetches those it says, in its language.
 * English is the shape; the types below hold French to the same keys. Only the whole is taken from a file, so that the
 * build need not name each of its words.
 */
const en = {
  capture: () => import('#content/messages/en/capture.json').then((m) => m.default),
  census: () => import('#content/messages/en/census.json').then((m) => m.default),
  compare: () => import('#content/messages/en/compare.json').then((m) => m.default),
  embed: () => import('#content/messages/en/embed.json').then((m) => m.default),
  event: () => import('#content/messages/en/event.json').then((m) => m.default),
  frame: () => import('#content/messages/en/frame.json').then((m) => m.default),
  home: () => import('#content/messages/en/home.json').then((m) => m.default),
  host: () => import('#content/messages/en/host.json').then((m) => m.default),
  lab: () => import('#content/messages/en/lab.json').then((m) => m.default),
  lesson: () => import('#content/messages/en/lesson.json').then((m) => m.default),
  map: () => import('#content/messages/en/map.json').then((m) => m.default),
  model: () => import('#content/messages/en/model.json').then((m) => m.default),
  moving: () => import('#content/messages/en/moving.json').then((m) => m.default),
  network: () => import('#content/messages/en/network.json').then((m) => m.default),
  play: () => import('#content/messages/en/play.json').then((m) => m.default),
  policy: () => import('#content/messages/en/policy.json').then((m) => m.default),
  reason: () => import('#content/messages/en/reason.json').then((m) => m.default),
  shell: () => import('#content/messages/en/shell.json').then((m) => m.default),
  validation: () => import('#content/messages/en/validation.json').then((m) => m.default),
};

export type Area = keyof typeof en;
export type Catalogue = { [A in Area]: Awaited<ReturnType<(typeof en)[A]>> };
/** `area.key`, as `map.legend.shared`. */
export type MessageKey = { [A in Area]: `${A}.${keyof Catalogue[A] & string}` }[Area];

const fr: { [A in Area]: () => Promise<Catalogue[A]> } = {
  capture: () => import('#content/messages/fr/capture.json').then((m) => m.default),
  census: () => import('#content/messages/fr/census.json').then((m) => m.default),
  compare: () => import('#content/messages/fr/compare.json').then((m) => m.default),
  embed: () => import('#content/messages/fr/embed.json').then((m) => m.default),
  event: () => import('#content/messages/fr/event.json').then((m) => m.default),
  frame: () => import('#content/messages/fr/frame.json').then((m) => m.default),
  home: () => import('#content/messages/fr/home.json').then((m) => m.default),
  host: () => import('#content/messages/fr/host.json').then((m) => m.default),
  lab: () => import('#content/messages/fr/lab.json').then((m) => m.default),
  lesson: () => import('#content/messages/fr/lesson.json').then((m) => m.default),
  map: () => import('#content/messages/fr/map.json').then((m) => m.default),
  model: () => import('#content/messages/fr/model.json').then((m) => m.default),
  moving: () => import('#content/messages/fr/moving.json').then((m) => m.default),
  network: () => import('#content/messages/fr/network.json').then((m) => m.default),
  play: () => import('#content/messages/fr/play.json').then((m) => m.default),
  policy: () => import('#content/messages/fr/policy.json').then((m) => m.default),
  reason: () => import('#content/messages/fr/reason.json').then((m) => m.default),
  shell: () => import('#content/messages/fr/shell.json').then((m) => m.default),
  validation: () => import('#content/messages/fr/validation.json').then((m) => m.default),
};

export const AREAS = Object.keys(en) as Area[];
export const words = { en, fr };
