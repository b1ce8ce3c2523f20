/** The figure's side of the messages: hears the page around and nobody else, one request after another. */
import {
  MESSAGE_LIMITS,
  MESSAGE_VERSION,
  parseMessage,
  RateGate,
  targetOriginOf,
  type FrameMessage,
  type Request,
  type RequestId,
} from './contract';

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
    const parsed = parseMessage(event.data);
    if (parsed.kind === 'ignored') return;
    this.#origin = event.origin;
    const refuse = (reason: string, args: Record<string, string | number>, id?: RequestId) =>
      this.send({ type: 'alacarte:error', reason, args }, id);
    const admitted = this.#gate.admit(performance.now());
    if (admitted === 'complain' || (admitted === 'pass' && this.#waiting >= MOST_WAITING))
      refuse('too-many-messages', { perSecond: MESSAGE_LIMITS.perSecond });
    else if (admitted === 'pass' && parsed.kind === 'refused') refuse(parsed.reason, parsed.args, parsed.id);
    else if (admitted === 'pass' && parsed.kind === 'request') this.#enqueue(parsed.request);
  };

  #enqueue(request: Request): void {
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      const answer = await this.answer(request);
      this.#waiting--;
      // A request without an id wants no answer; a failure is worth a word all the same.
      if (request.id !== undefined || answer.type === 'alacarte:error') this.send(answer, request.id);
    });
  }
}

/** The origin of the page around, before it has said anything; '' where the browser does not tell. */
function guessedOrigin(): string {
  const nearest = location.ancestorOrigins?.[0];
  if (nearest) return nearest;
  return URL.canParse(document.referrer) ? new URL(document.referrer).origin : '';
}
