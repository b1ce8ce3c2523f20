/**
 * An embedded figure before it is started: the picture stands in the page already; this waits for the reader, or for the
 * page around, and only then fetches the engine and the views. It is all the script that a figure costs until then.
 */
import { Conversation, type Answer } from './conversation';
import type { Request } from './contract';
import { keepFitted } from './fit';
import type { Figure } from './figure.svelte';
import { EMBED_LANGUAGES, readOptions, type EmbedTheme } from './options';

const root = document.documentElement;
const place = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no part named ${id}`);
  return found;
};
const whole = place('figure');
const opening = place('opening');
const live = place('live');

const { options, notes } = readOptions(location.search, location.hash);
for (const note of notes) console.info(`À la carte, embedded figure: ${note}`);
const languageOf = () => EMBED_LANGUAGES.find((lang) => lang === root.lang) ?? 'en';
let { theme } = options;
let figure: Promise<Figure> | null = null;
let picturePx = 320;

/** The still that is in sight, with its words and its button. */
const still = (): HTMLElement | undefined =>
  [...opening.querySelectorAll<HTMLElement>('[data-still]')].find((part) => part.offsetHeight > 0);

/** The state that will be opened: of the address, of the still, or set by the page around. */
const stateBefore = async (): Promise<string> =>
  options.state ?? still()?.dataset.state ?? (await import('./runs')).stateOfScenario(options.scenario);

/** Fetches everything and opens the world; once. @param plays whether time runs at once */
function start(plays: boolean): Promise<Figure> {
  figure ??= open();
  if (plays) void figure.then((opened) => opened.play()).catch(() => {});
  return figure;
}

async function open(): Promise<Figure> {
  const hadFocus = opening.contains(document.activeElement);
  root.dataset.opening = '';
  try {
    const [{ openFigure }, state] = await Promise.all([import('./live'), stateBefore()]);
    const opened = await openFigure({
      target: live,
      options,
      lang: languageOf(),
      state,
      picturePx,
      send: (message) => conversation.send(message),
      onshown: () => {
        opening.remove();
        delete root.dataset.opening;
        // Where Start was, there is the button that pauses.
        if (hadFocus) live.querySelector<HTMLElement>('[data-time] button, a')?.focus();
      },
    });
    return opened;
  } catch (error) {
    // A file that could not be fetched may come the next time.
    figure = null;
    delete root.dataset.opening;
    root.dataset.failed = '';
    throw error;
  }
}

function setTheme(next: EmbedTheme): void {
  theme = next;
  if (next === 'auto') delete root.dataset.theme;
  else root.dataset.theme = next;
}

/** Until it is started the words are those of the page: another language is another page. */
async function setLanguage(lang: 'fr' | 'en'): Promise<void> {
  if (lang === languageOf()) return;
  if (figure) {
    await (await figure).setLanguage(lang);
    root.lang = lang;
    return;
  }
  const address = new URL(`../${lang}/`, location.href);
  const query = new URLSearchParams(location.search);
  if (theme !== options.theme) query.set('theme', theme);
  address.search = query.toString();
  if (options.state !== null) address.hash = `s=${options.state}`;
  location.replace(address);
}

const refusal = (reason: string, args: Record<string, string | number> = {}): Answer => ({
  type: 'alacarte:error',
  reason,
  args,
});

async function answer(request: Request): Promise<Answer> {
  try {
    const refused = await obey(request);
    if (refused) return refused;
    if (figure) {
      const now = await (await figure).snapshot();
      if (now.kind === 'refused') return refusal(now.reason, now.args);
      const { state, t, playing, fingerprint } = now;
      return { type: 'alacarte:state', state, t, playing, fingerprint };
    }
    const state = await stateBefore();
    const { momentOfState } = await import('./runs');
    return {
      type: 'alacarte:state',
      state,
      t: await momentOfState(state),
      playing: false,
      fingerprint: null,
    };
  } catch {
    return refusal('figure-not-loaded');
  }
}

/** @returns what was refused, null when it was done */
async function obey(request: Request): Promise<Answer | null> {
  switch (request.type) {
    case 'alacarte:theme':
      setTheme(request.theme);
      return null;
    case 'alacarte:lang':
      await setLanguage(request.lang);
      return null;
    case 'alacarte:getState':
      return null;
    case 'alacarte:setState': {
      const { readState } = await import('#lib/world/state-string');
      const read = await readState(request.state);
      if (read.kind === 'refused') return refusal(read.reason, read.args);
      if (figure) return openAgain(await figure, read.run);
      options.state = request.state;
      // The picture is of another run.
      root.dataset.scenario = '';
      return null;
    }
    default: {
      const refused = await (await start(false)).obey(request);
      return refused && refusal(refused.reason, refused.args);
    }
  }
}

async function openAgain(opened: Figure, run: Parameters<Figure['open']>[0]): Promise<Answer | null> {
  const refused = await opened.open(run);
  return refused && refusal(refused.reason, refused.args);
}

const conversation = new Conversation(answer);
opening.addEventListener('click', (event) => {
  if ((event.target as Element).closest('[data-start]')) void start(true).catch(() => {});
});
keepFitted(whole, options.scene, (naturalPx, nowPx) => {
  picturePx = nowPx;
  void figure?.then((opened) => opened.resize(nowPx)).catch(() => {});
  conversation.send({ type: 'alacarte:height', px: naturalPx });
});
conversation.listen();
root.dataset.awake = '';
conversation.send({
  type: 'alacarte:ready',
  scene: options.scene,
  lang: languageOf(),
  theme,
  started: options.start === 'playing' || !options.poster,
});
if (options.start === 'playing' || !options.poster) void start(options.start === 'playing').catch(() => {});
