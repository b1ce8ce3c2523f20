/**
 * `<a-la-carte scene="memory" lang="fr"></a-la-carte>`: a figure of this site in anybody's page.
 * It makes one iframe in a shadow root, gives it the height it asks for, and passes messages both ways. It reads only
 * messages of its own frame. Until the frame has answered, and where frames are refused, what stands between the tags
 * is shown. No style element is made: pages that refuse inline styles can use it too.
 */
import { PARAMETERS } from './options';

const VERSION = 1;
/** A frame that has loaded and says nothing for so long will not come. */
const SILENCE_MS = 10_000;
/** No figure needs more; a larger figure than this is a mistake. */
const MAX_HEIGHT_PX = 20_000;
const ATTRIBUTES = ['lang', 'state', ...PARAMETERS];

interface Answer {
  resolve(message: FrameAnswer): void;
  reject(error: Error): void;
}
interface FrameAnswer {
  state: string;
  t: number;
  playing: boolean;
  fingerprint: string | null;
}

/** The folder this script came from: the root of the site. */
function ownFolder(): string | null {
  const script = document.currentScript;
  // A module has no current script: the first address in a stack is that of this file.
  const address =
    script instanceof HTMLScriptElement
      ? script.src
      : /https?:\/\/[^\s()@]+?\/[^\s()@/?#:]*\.m?js/.exec(new Error().stack ?? '')?.[0];
  return address ? new URL('.', address).href : null;
}
const base = ownFolder();

class FigureElement extends HTMLElement {
  static readonly observedAttributes = ATTRIBUTES;

  #frame: HTMLIFrameElement | null = null;
  #fallback: HTMLSlotElement | null = null;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #isReady = false;
  #asked = 0;
  readonly #waiting = new Map<number, Answer>();
  readonly #beforeReady: object[] = [];

  /** Whether the frame has answered. */
  get ready(): boolean {
    return this.#isReady;
  }

  connectedCallback(): void {
    if (base === null || this.#frame) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    const frame = document.createElement('iframe');
    frame.title = this.getAttribute('label') ?? 'À la carte';
    frame.loading = 'lazy';
    frame.allow = 'fullscreen';
    // Set one by one: unlike a style attribute, this is allowed under every Content Security Policy.
    Object.assign(frame.style, { display: 'block', width: '100%', height: '480px', border: '0' });
    this.style.display ||= 'block';
    frame.addEventListener('load', this.#loaded);
    this.#fallback = document.createElement('slot');
    this.#fallback.hidden = true;
    this.#frame = frame;
    window.addEventListener('message', this.#listen);
    frame.src = this.#address();
    root.replaceChildren(frame, this.#fallback);
  }

  disconnectedCallback(): void {
    window.removeEventListener('message', this.#listen);
    clearTimeout(this.#silence);
    this.#frame?.remove();
    this.#frame = null;
    this.#isReady = false;
    this.#giveUp('The figure was taken out of the page');
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (!this.#frame || before === now) return;
    if (this.#isReady && name === 'theme') this.#post({ type: 'alacarte:theme', theme: now ?? 'auto' });
    else if (this.#isReady && name === 'lang') this.#post({ type: 'alacarte:lang', lang: this.#language() });
    else {
      this.#isReady = false;
      this.#giveUp('The figure was changed');
      this.#frame.src = this.#address();
    }
  }

  /** Starts the figure if need be, and lets simulated time run. */
  play = () => this.#ask({ type: 'alacarte:play' });
  pause = () => this.#ask({ type: 'alacarte:pause' });
  /** @param unit `event`, `tick` (100 ms) or `second` */
  step = (unit: 'event' | 'tick' | 'second' = 'event') => this.#ask({ type: 'alacarte:step', unit });
  /** @param t simulated seconds since the world was opened */
  seek = (t: number) => this.#ask({ type: 'alacarte:seek', t });
  /** @param command as in schema/command.json */
  do = (command: object) => this.#ask({ type: 'alacarte:do', command });
  getState = () => this.#ask({ type: 'alacarte:getState' });
  setState = (state: string) => this.#ask({ type: 'alacarte:setState', state });

  #language(): string {
    const tag =
      this.getAttribute('lang') ?? this.closest('[lang]')?.getAttribute('lang') ?? navigator.language;
    return tag.slice(0, 2).toLowerCase() === 'fr' ? 'fr' : 'en';
  }

  #address(): string {
    const address = new URL(`embed/${this.#language()}/`, base!);
    for (const name of PARAMETERS) {
      const value = this.getAttribute(name);
      if (value !== null) address.searchParams.set(name, value);
    }
    const state = this.getAttribute('state');
    if (state) address.hash = `s=${state.replace(/^#?s=/, '')}`;
    return address.href;
  }

  #loaded = (): void => {
    clearTimeout(this.#silence);
    if (!this.#isReady) this.#silence = setTimeout(() => this.#show('fallback'), SILENCE_MS);
  };

  #show(what: 'frame' | 'fallback'): void {
    if (!this.#frame || !this.#fallback) return;
    this.#frame.hidden = what === 'fallback';
    this.#frame.style.display = what === 'fallback' ? 'none' : 'block';
    this.#fallback.hidden = what === 'frame';
  }

  #post(message: object): void {
    const whole = { v: VERSION, ...message };
    if (this.#isReady) this.#frame?.contentWindow?.postMessage(whole, new URL(base!).origin);
    else this.#beforeReady.push(whole);
  }

  #ask(message: object): Promise<FrameAnswer> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      if (!this.#frame) {
        reject(new Error('The figure is not in a page'));
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#post({ ...message, id });
    });
  }

  #giveUp(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
    this.#beforeReady.length = 0;
  }

  #listen = (event: MessageEvent): void => {
    // Nothing but this element's own frame is heard, whatever else the page receives.
    if (!this.#frame || event.source !== this.#frame.contentWindow) return;
    const { data } = event as { data: unknown };
    if (typeof data !== 'object' || data === null || Reflect.get(data, 'v') !== VERSION) return;
    const message = data as Record<string, unknown>;
    const { type, id } = message;
    if (typeof type !== 'string' || !type.startsWith('alacarte:')) return;
    if (type === 'alacarte:ready') this.#ready();
    if (type === 'alacarte:height') this.#resize(message.px);
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (waiting && (type === 'alacarte:state' || type === 'alacarte:error')) {
      this.#waiting.delete(id as number);
      if (type === 'alacarte:state') waiting.resolve(message as unknown as FrameAnswer);
      else waiting.reject(new Error(String(message.reason), { cause: message }));
    }
    this.dispatchEvent(new CustomEvent(type.slice('alacarte:'.length), { detail: message }));
  };

  #ready(): void {
    clearTimeout(this.#silence);
    this.#isReady = true;
    this.#show('frame');
    for (const message of this.#beforeReady.splice(0)) this.#post(message);
  }

  #resize(px: unknown): void {
    if (typeof px !== 'number' || !(px > 0 && px <= MAX_HEIGHT_PX)) return;
    this.#frame!.style.height = `${Math.ceil(px)}px`;
  }
}

/** Each parameter is a property too, that reflects its attribute. */
for (const name of ['state', ...PARAMETERS])
  Object.defineProperty(FigureElement.prototype, name, {
    configurable: true,
    enumerable: true,
    get(this: HTMLElement) {
      return this.getAttribute(name) ?? '';
    },
    set(this: HTMLElement, value: unknown) {
      this.setAttribute(name, String(value));
    },
  });

if (base === null) console.error('a-la-carte: this script does not know where it came from');
else if (!customElements.get('a-la-carte')) customElements.define('a-la-carte', FigureElement);
