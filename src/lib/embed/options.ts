/**
 * What an embedded figure can be told in its address: `embed/<lang>/?scene=<id>&…`. Pure; shared by the frame, the
 * element and the page that builds the snippets. An address is written by anybody: what is not understood is noted,
 * and the figure shows without it.
 */
import type { Language } from '#lib/i18n/i18n';

export const SCENES = ['memory', 'ledger', 'sharing', 'network'] as const;
export type SceneId = (typeof SCENES)[number];

/** Listed again, because the list of the words brings the interface's library with it. */
export const EMBED_LANGUAGES = ['fr', 'en'] as const satisfies readonly Language[];

export const EMBED_THEMES = ['auto', 'light', 'dark'] as const;
export type EmbedTheme = (typeof EMBED_THEMES)[number];

/**
 * What the reader can work: `time` play, pause and the line of time; `pace` speed and steps as well; `scene` the
 * scene's own buttons, table and files; `legend` what the map prints.
 */
export const CONTROLS = ['time', 'pace', 'scene', 'legend'] as const;
export type ControlId = (typeof CONTROLS)[number];

/** Parts that can be taken away: the sentence under the picture, the link to the lab. */
export const PARTS = ['caption', 'lab'] as const;
export type PartId = (typeof PARTS)[number];

export const PARAMETERS = [
  'scene',
  'scenario',
  'theme',
  'controls',
  'hide',
  'start',
  'poster',
  'speed',
  'together',
] as const;
export type ParameterName = (typeof PARAMETERS)[number];

/** Scenarios that have a picture of their own; the moment of the picture is the moment the figure starts from. */
export const POSTER_MOMENTS_SECONDS = {
  home: 100,
  'ten-linux': 300,
  'story-host': 600,
  'esx-story': 120,
} as const;
export type PosterScenario = keyof typeof POSTER_MOMENTS_SECONDS;
export const POSTER_SCENARIOS = Object.keys(POSTER_MOMENTS_SECONDS) as PosterScenario[];
export const hasPoster = (scenario: string): scenario is PosterScenario =>
  Object.hasOwn(POSTER_MOMENTS_SECONDS, scenario);

/** Simulated seconds a second, where the address asks for none. */
export const DEFAULT_SPEED = 20;
/** So slow that each frame is seen from hop to hop. */
const NETWORK_SPEED = 0.02;
const SPEED_MIN = 0.001;
const SPEED_MAX = 100_000;

export interface EmbedOptions {
  scene: SceneId;
  /** Id of a scenario of the site. */
  scenario: string;
  /** State string, without its `#s=`; it says the scenario too. */
  state: string | null;
  theme: EmbedTheme;
  controls: readonly ControlId[];
  hide: readonly PartId[];
  start: 'paused' | 'playing';
  poster: boolean;
  speed: number;
  /** Runs beside other running figures of the same page, instead of pausing them. */
  together: boolean;
}

export const DEFAULT_OPTIONS: EmbedOptions = {
  scene: 'memory',
  scenario: 'home',
  state: null,
  theme: 'auto',
  controls: ['time'],
  hide: [],
  start: 'paused',
  poster: true,
  speed: DEFAULT_SPEED,
  together: false,
};

/** What a scene shows, and how fast, where the address says nothing; static/embed-boot.js knows the world too. */
export const usualOf = (scene: SceneId): Pick<EmbedOptions, 'scenario' | 'speed'> =>
  scene === 'network'
    ? { scenario: 'esx-story', speed: NETWORK_SPEED }
    : { scenario: DEFAULT_OPTIONS.scenario, speed: DEFAULT_SPEED };

const SCENARIO_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

const word = <T extends string>(words: readonly T[], text: string): T | null =>
  words.find((one) => one === text) ?? null;

/** The words of a list that are known; `none` and nothing at all are the empty list. */
function list<T extends string>(words: readonly T[], text: string, note: (rest: string) => void): T[] {
  const given = text.split(',').flatMap((one) => one.trim() || []);
  const unknown = given.filter((one) => one !== 'none' && !word(words, one));
  if (unknown.length > 0) note(unknown.join(', '));
  return words.filter((one) => given.includes(one));
}

/**
 * @param search the query of the address, with or without `?`
 * @param hash its fragment, with or without `#`: `s=…` holds a state
 * @returns the options, and one line for each thing that was not understood
 */
export function readOptions(search: string, hash = ''): { options: EmbedOptions; notes: string[] } {
  const options: EmbedOptions = { ...DEFAULT_OPTIONS };
  const notes: string[] = [];
  const query = new URLSearchParams(search);
  const refuse = (name: string, value: string) =>
    notes.push(`${name}: "${value.slice(0, 64)}" is not understood and is left out`);
  const set = <K extends keyof EmbedOptions>(
    name: K & string,
    value: EmbedOptions[K] | null,
    text: string,
  ) => {
    if (value === null) refuse(name, text);
    else options[name] = value;
  };
  const flag = (text: string) => (text === '1' ? true : text === '0' ? false : null);
  const readers: Record<ParameterName, (text: string) => void> = {
    scene: (text) => set('scene', word(SCENES, text), text),
    scenario: (text) => set('scenario', SCENARIO_ID.test(text) ? text : null, text),
    theme: (text) => set('theme', word(EMBED_THEMES, text), text),
    controls: (text) =>
      set(
        'controls',
        list(CONTROLS, text, (rest) => refuse('controls', rest)),
        text,
      ),
    hide: (text) =>
      set(
        'hide',
        list(PARTS, text, (rest) => refuse('hide', rest)),
        text,
      ),
    start: (text) => set('start', word(['paused', 'playing'] as const, text), text),
    poster: (text) => set('poster', flag(text), text),
    speed: (text) => {
      const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
      set('speed', speed >= SPEED_MIN && speed <= SPEED_MAX ? speed : null, text);
    },
    together: (text) => set('together', flag(text), text),
  };
  for (const [name, text] of query) {
    const known = word(PARAMETERS, name);
    if (known) readers[known](text);
    else notes.push(`unknown parameter "${name.slice(0, 64)}"`);
  }
  const usual = usualOf(options.scene);
  if (!query.has('scenario')) options.scenario = usual.scenario;
  if (!query.has('speed')) options.speed = usual.speed;
  const state = /^#?s=(.+)$/s.exec(hash)?.[1];
  if (state !== undefined) options.state = state;
  return { options, notes };
}

/** The address of a figure under the site's root, with what differs from the defaults only: `embed/fr/?scene=memory`. */
export function embedPath(lang: string, options: Partial<EmbedOptions>): string {
  const query = new URLSearchParams();
  const { state = null, ...rest } = options;
  const texts: Partial<Record<ParameterName, string>> = {
    scene: rest.scene ?? DEFAULT_OPTIONS.scene,
    scenario: state === null ? rest.scenario : undefined,
    theme: rest.theme,
    controls: rest.controls && (rest.controls.join(',') || 'none'),
    hide: rest.hide?.join(','),
    start: rest.start,
    poster: rest.poster === undefined ? undefined : rest.poster ? '1' : '0',
    speed: rest.speed?.toString(),
    together: rest.together === undefined ? undefined : rest.together ? '1' : '0',
  };
  const ofScene = usualOf(options.scene ?? DEFAULT_OPTIONS.scene);
  const usual: Partial<Record<ParameterName, string>> = {
    scenario: ofScene.scenario,
    theme: DEFAULT_OPTIONS.theme,
    controls: DEFAULT_OPTIONS.controls.join(','),
    hide: '',
    start: DEFAULT_OPTIONS.start,
    poster: '1',
    speed: String(ofScene.speed),
    together: '0',
  };
  for (const name of PARAMETERS) {
    const text = texts[name];
    if (text !== undefined && text !== usual[name]) query.set(name, text);
  }
  const list = query.toString().replaceAll('%2C', ',');
  return `embed/${lang}/?${list}${state === null ? '' : `#s=${state}`}`;
}
