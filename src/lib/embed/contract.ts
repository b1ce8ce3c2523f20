/**
 * The messages between an embedded figure and the page around it: types, schemas, and the reading of what came in.
 * Pure. Messages are plain objects `{ type: 'alacarte:…', v: 1, … }`. What a stranger sends is copied value by value
 * within limits before a schema sees it: no accessor, prototype or exotic object of theirs is ever touched again.
 * `t` is simulated time in seconds. A request may carry an `id`; its answer carries the same.
 */
import * as v from 'valibot';
import type { Language } from '#lib/i18n/i18n';
import type { ReasonArgs, ReasonCode } from '#lib/sim/protocol';
import { commandSchema } from '#lib/world/schema';
import { isPlain, MESSAGE_LIMITS, MESSAGE_VERSION, ownValue, requestType } from './gate';
import { EMBED_LANGUAGES, EMBED_THEMES, type EmbedTheme, type SceneId } from './options';

const idSchema = v.optional(v.union([v.pipe(v.string(), v.maxLength(128)), v.pipe(v.number(), v.finite())]));
const request = <const T extends string, E extends v.ObjectEntries>(type: T, entries: E) =>
  v.strictObject({
    type: v.literal(`alacarte:${type}`),
    v: v.literal(MESSAGE_VERSION),
    id: idSchema,
    ...entries,
  });

export const requestSchema = v.variant('type', [
  request('play', {}),
  request('pause', {}),
  request('step', { unit: v.optional(v.picklist(['event', 'tick', 'second']), 'event') }),
  request('seek', { t: v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(31_536_000)) }),
  request('do', { command: commandSchema }),
  request('getState', {}),
  request('setState', { state: v.string() }),
  request('theme', { theme: v.picklist(EMBED_THEMES) }),
  request('lang', { lang: v.picklist(EMBED_LANGUAGES) }),
]);
/** What the page around may ask of a figure. */
export type Request = v.InferOutput<typeof requestSchema>;
export type RequestId = Request['id'];

/** Why a message was not carried out, besides the reasons of commands and of states. */
export const MESSAGE_REASONS = [
  'message-invalid',
  'message-too-large',
  'message-not-data',
  'too-many-messages',
  'figure-not-loaded',
  'engine-gone',
] as const;

interface Envelope<T extends string> {
  type: `alacarte:${T}`;
  v: typeof MESSAGE_VERSION;
}
/** What a figure says to the page around. */
export type FrameMessage =
  | (Envelope<'ready'> & { scene: SceneId; lang: Language; theme: EmbedTheme; started: boolean })
  | (Envelope<'height'> & { px: number })
  | (Envelope<'state'> & {
      id?: RequestId;
      state: string;
      t: number;
      playing: boolean;
      /** XXH3-64 of the world, 16 hexadecimal digits; null until the figure is started and while time runs. */
      fingerprint: string | null;
    })
  | (Envelope<'event'> & { kind: string; t: number; subject: string; reason: ReasonCode; sequence: number })
  | (Envelope<'error'> & { id?: RequestId; reason: ReasonCode; args: ReasonArgs });

export type Parsed =
  /** Not ours to answer. */
  | { kind: 'ignored' }
  | { kind: 'refused'; id: RequestId; reason: ReasonCode; args: ReasonArgs }
  | { kind: 'request'; request: Request };

const IGNORED: Parsed = { kind: 'ignored' };

/**
 * Reads a message. Never throws.
 * @param data what arrived: a structured clone of anything
 */
export function parseMessage(data: unknown): Parsed {
  const type = requestType(data);
  if (type === null || !isPlain(data)) return IGNORED;
  const id = v.safeParse(idSchema, ownValue(data, 'id'));
  const refuse = (reason: ReasonCode, args: ReasonArgs = {}): Parsed => ({
    kind: 'refused',
    id: id.success ? id.output : undefined,
    reason,
    args: { message: type, ...args },
  });
  const budget = { bytes: MESSAGE_LIMITS.bytes, values: MESSAGE_LIMITS.values };
  const copy = copyWithin(data, MESSAGE_LIMITS.depth, budget);
  if (copy === TOO_LARGE)
    return refuse('message-too-large', { maxKib: MESSAGE_LIMITS.bytes / 1024, depth: MESSAGE_LIMITS.depth });
  if (copy === NOT_PLAIN) return refuse('message-not-data');
  const read = v.safeParse(requestSchema, copy, { abortEarly: true });
  if (read.success) return { kind: 'request', request: read.output };
  return refuse('message-invalid', { place: (v.getDotPath(read.issues[0]) ?? '').slice(0, 128) });
}

const TOO_LARGE = Symbol('too large');
const NOT_PLAIN = Symbol('not plain data');

/** UTF-8 length of a text, counted only as far as it matters. */
function textBytes(text: string, most: number): number {
  if (text.length > most) return text.length;
  return new TextEncoder().encode(text).length;
}

/** A copy made of fresh plain objects, arrays, texts, finite numbers, booleans and null. */
function copyWithin(value: unknown, depth: number, budget: { bytes: number; values: number }): unknown {
  const spend = (bytes: number) => (budget.bytes -= bytes) < 0;
  if (--budget.values < 0) return TOO_LARGE;
  switch (typeof value) {
    case 'string':
      return spend(textBytes(value, budget.bytes) + 2) ? TOO_LARGE : value;
    case 'number':
      return Number.isFinite(value) ? (spend(8) ? TOO_LARGE : value) : NOT_PLAIN;
    case 'boolean':
      return value;
    case 'object':
      break;
    default:
      return NOT_PLAIN;
  }
  if (value === null) return null;
  if (depth === 0) return TOO_LARGE;
  if (Array.isArray(value)) {
    if (value.length > budget.values) return TOO_LARGE;
    const copy: unknown[] = [];
    for (let index = 0; index < value.length; index++) {
      const item = copyWithin(ownValue(value, String(index)), depth - 1, budget);
      if (typeof item === 'symbol') return item;
      copy.push(item);
    }
    return copy;
  }
  if (!isPlain(value)) return NOT_PLAIN;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    // A field that could become a prototype somewhere is no field of ours.
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') return NOT_PLAIN;
    if (spend(textBytes(key, budget.bytes) + 4)) return TOO_LARGE;
    const item = ownValue(value, key);
    // An optional field that is written out as undefined is an absent one.
    if (item === undefined) continue;
    const field = copyWithin(item, depth - 1, budget);
    if (typeof field === 'symbol') return field;
    copy[key] = field;
  }
  return copy;
}
