/** The figure's side of the messages: hears the page around and nobody else, one request after another. */
import type { FrameMessage, Request, RequestId } from './contract';
import { MESSAGE_LIMITS, MESSAGE_VERSION, RateGate, requestType, targetOriginOf } from './gate';

/** A message as the figure writes it: version and, in an answer, the id are put on when it is sent. */
export type Outgoing = FrameMessage extends infer M
  ? M extends FrameMessage
    ? Omit<M, 'v' | 'id'>
    : never
  : never;
export type Answer = Extract<Outgoing, { type: 'alacarte:state' | 'alacarte:error' }>;

/** Requests that wait for an answer. A page that asks faster than a world can be opened is told so. */
const MOST_WAITING = 200;

export class Conversation {
  readonly #gate = new RateGate();
  #origin = guessedOrigin();
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** @param answer carries a request out; never rejects */
  constructor(readonly answer: (request: Request) => Promise<Answer>) {}

  /** Nobody is around a figure that is a page of its own. */
  get isAlone(): boolean {
    return window.parent === window;
  }

  listen(): void {
    if (!this.isAlone) window.addEventListener('message', this.#hear);
  }

  send(message: Outgoing, id?: RequestId): void {
    if (this.isAlone) return;
    const whole = { v: MESSAGE_VERSION, ...message, ...(id !== undefined && { id }) };
    window.parent.postMessage(whole, targetOriginOf(this.#origin));
  }

  #hear = (event: MessageEvent): void => {
    if (event.source !== window.parent) return;
    if (requestType(event.data) === null) return;
    this.#origin = event.origin;
    const admitted = this.#gate.admit(performance.now());
    if (admitted === 'complain' || (admitted === 'pass' && this.#waiting >= MOST_WAITING))
      this.#refuse('too-many-messages', { perSecond: MESSAGE_LIMITS.perSecond });
    else if (admitted === 'pass') this.#enqueue(event.data);
  };

  #refuse(reason: string, args: Record<string, string | number>, id?: RequestId): void {
    this.send({ type: 'alacarte:error', reason, args }, id);
  }

  /** Reads and answers it after those before it. The schemas are fetched for the first one: most figures hear none. */
  #enqueue(data: unknown): void {
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      await this.#take(data).catch(() => this.#refuse('figure-not-loaded', {}));
      this.#waiting--;
    });
  }

  async #take(data: unknown): Promise<void> {
    const { parseMessage } = await import('./contract');
    const parsed = parseMessage(data);
    if (parsed.kind === 'refused') this.#refuse(parsed.reason, parsed.args, parsed.id);
    else if (parsed.kind === 'request') await this.#carryOut(parsed.request);
  }

  async #carryOut(request: Request): Promise<void> {
    const answer = await this.answer(request);
    // A request without an id wants no answer; a failure is worth a word all the same.
    if (request.id !== undefined || answer.type === 'alacarte:error') this.send(answer, request.id);
  }
}

/** The origin of the page around, before it has said anything; '' where the browser does not tell. */
function guessedOrigin(): string {
  const nearest = location.ancestorOrigins?.[0];
  if (nearest) return nearest;
  return URL.canParse(document.referrer) ? new URL(document.referrer).origin : '';
}
