/**
 * What a figure needs to hear the page around before anything was said: whose messages are ours, how many, and where
 * answers go. The schemas of the messages (contract.ts) come with the first one.
 */
export const MESSAGE_VERSION = 1;
export const MESSAGE_LIMITS = { bytes: 64 * 1024, depth: 16, values: 4096, perSecond: 100 } as const;

export const REQUEST_TYPES: readonly string[] = [
  'alacarte:play',
  'alacarte:pause',
  'alacarte:step',
  'alacarte:seek',
  'alacarte:do',
  'alacarte:getState',
  'alacarte:setState',
  'alacarte:theme',
  'alacarte:lang',
];

/** The type of a message that asks something of a figure; null: it is not ours to answer. Never throws. */
export function requestType(data: unknown): string | null {
  if (!isPlain(data) || ownValue(data, 'v') !== MESSAGE_VERSION) return null;
  const type = ownValue(data, 'type');
  return typeof type === 'string' && REQUEST_TYPES.includes(type) ? type : null;
}

export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function ownValue(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

/** Lets so many messages through in a second; of what comes too fast, the first alone is answered. */
export class RateGate {
  #sinceMs = -Infinity;
  #passed = 0;
  #hasComplained = false;

  constructor(readonly perSecond: number = MESSAGE_LIMITS.perSecond) {}

  /** @param nowMs a clock that only goes on, in milliseconds */
  admit(nowMs: number): 'pass' | 'complain' | 'drop' {
    if (nowMs - this.#sinceMs >= 1000) {
      // A whole second within the limit makes the next excess worth a word again.
      if (this.#passed < this.perSecond) this.#hasComplained = false;
      this.#sinceMs = nowMs;
      this.#passed = 0;
    }
    if (this.#passed < this.perSecond) {
      this.#passed++;
      return 'pass';
    }
    if (this.#hasComplained) return 'drop';
    this.#hasComplained = true;
    return 'complain';
  }
}

/**
 * Where an answer may go. A page of a file or of a sandbox has the origin "null", which `postMessage` cannot name: its
 * answers go to the window that asked, whatever it holds by then.
 */
export const targetOriginOf = (origin: string): string => (origin === '' || origin === 'null' ? '*' : origin);
